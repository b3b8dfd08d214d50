//! What a machine with an operating system has. In a browser it is `browser.rs`.

use std::{env, ffi::OsStr, time::Duration};

use reqwest::{Client, ClientBuilder, Request, Response, redirect};

pub(crate) use std::time::{Instant, SystemTime};
pub(crate) use tokio::time::sleep;

/// An HTTP client that follows no redirect. One for `http` URLs alone has no use for the certificates of
/// the system, which take longer to read than a request does. Only a proxy may need them.
pub(crate) fn http_client(
    connect_timeout: Duration,
    no_proxy: bool,
    is_http_only: bool,
) -> ClientBuilder {
    let builder = Client::builder().connect_timeout(connect_timeout);
    let builder = builder.redirect(redirect::Policy::none());
    let builder = if no_proxy { builder.no_proxy() } else { builder };
    let may_use_proxy = !no_proxy && env::vars_os().any(|(name, _)| is_of_proxies(&name));
    if is_http_only && !may_use_proxy { without_certificates(builder) } else { builder }
}

/// Trusts no certificate, and so reads none of the system.
fn without_certificates(builder: ClientBuilder) -> ClientBuilder {
    #[cfg(any(feature = "rustls", feature = "rustls-ring", feature = "native-tls"))]
    let builder = builder.tls_certs_only([]);
    builder
}

/// Whether a variable of the environment may name a proxy, such as `HTTP_PROXY` and `all_proxy`.
fn is_of_proxies(name: &OsStr) -> bool {
    name.to_string_lossy().to_ascii_lowercase().ends_with("_proxy")
}

/// Sends a request. The response is read as it comes in, by who bounds it.
pub(crate) async fn execute(
    client: &Client,
    request: Request,
    _: usize,
) -> reqwest::Result<Response> {
    client.execute(request).await
}

/// Whether no connection came about.
pub(crate) fn is_connect(error: &reqwest::Error) -> bool {
    error.is_connect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_of_proxies_are_known_in_both_cases() {
        for name in ["HTTP_PROXY", "http_proxy", "https_proxy", "ALL_PROXY", "No_Proxy"] {
            assert!(is_of_proxies(OsStr::new(name)), "{name}");
        }
        for name in ["PROXY", "HTTP_PROXY_PORT", "PATH"] {
            assert!(!is_of_proxies(OsStr::new(name)), "{name}");
        }
    }
}
