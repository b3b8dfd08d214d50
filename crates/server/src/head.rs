//! The head of a request, before anything is made of it.

use std::iter;

use axum::extract::{Request, State};
use axum::http::uri::{Authority, PathAndQuery};
use axum::http::{HeaderMap, HeaderValue, Method, Uri, Version, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::error::Error;
use crate::gate::add_headers;

/// How long the head of a request may be over HTTP/2, in bytes. Over HTTP/1 the buffer limits it.
const LONGEST_HEAD: usize = 32 * 1024;

/// How long a head may be that HTTP/2 takes at all: longer than the above, which is rejected with a
/// `message`. The library rejects longer ones with a bare 431, to which no body can be added.
pub(crate) const LONGEST_HTTP2_HEAD: u32 = 64 * 1024;

/// Refuses what is no request of HTTP, and is not refused by the HTTP library.
pub(crate) async fn well_formed(State(app): State<App>, request: Request, next: Next) -> Response {
    let Err(error) = check(&request) else { return next.run(request).await };
    let is_http1 = request.version() < Version::HTTP_2;
    let mut response = error.into_response();
    add_headers(response.headers_mut(), app.limits.uncounted(app.clock.now()));
    if is_http1 {
        // Where this request ends and the next one begins may be another place for others.
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

fn check(request: &Request) -> Result<(), Error> {
    let headers = request.headers();
    if request.version() >= Version::HTTP_2 && length(request.uri(), headers) > LONGEST_HEAD {
        return Err(Error::HeadTooLarge { limit: LONGEST_HEAD });
    }
    check_host(request)?;
    if request.method() == Method::CONNECT {
        return Err(Error::MalformedRequest("this server does not accept CONNECT"));
    }
    let mut codings = headers.get_all(header::TRANSFER_ENCODING).iter();
    let is_chunked = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"chunked");
    if codings.next().is_some_and(|coding| !is_chunked(coding)) || codings.next().is_some() {
        return Err(Error::MalformedRequest(
            "the only Transfer-Encoding that is accepted is `chunked`, once",
        ));
    }
    Ok(())
}

/// A request has one host, and says which (RFC 9112, 3.2; RFC 9113, 8.3.1). It need not be this
/// server's own: a proxy in front may call it something else.
fn check_host(request: &Request) -> Result<(), Error> {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let (host, another) = (hosts.next(), hosts.next());
    if another.is_some() {
        return Err(Error::MalformedRequest("there is more than one Host header"));
    }
    let Some(host) = host else {
        let need_not_be_there = request.version() < Version::HTTP_11
            || request.version() >= Version::HTTP_2 && request.uri().authority().is_some();
        return if need_not_be_there {
            Ok(())
        } else {
            Err(Error::MalformedRequest("there is no Host header"))
        };
    };
    let is_host = host.is_empty()
        || Authority::try_from(host.as_bytes()).is_ok_and(|host| !host.as_str().contains('@'));
    if is_host { Ok(()) } else { Err(Error::MalformedRequest("the Host header is not a host")) }
}

/// As HTTP/2 counts it, nearly.
fn length(uri: &Uri, headers: &HeaderMap) -> usize {
    let target = uri.path_and_query().map_or(0, |target| target.as_str().len());
    let fields = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 32);
    fields.chain(iter::once(target)).sum()
}

/// The same without a slash at the end of the path, where the API's paths have none: the vendor takes
/// both (field-observed).
pub(crate) fn without_final_slash(uri: Uri) -> Uri {
    let trimmed = |uri: &Uri| {
        let path = uri.path().strip_suffix('/').filter(|path| path.starts_with("/v2/"))?;
        let target = match uri.query() {
            Some(query) => format!("{path}?{query}"),
            None => path.to_owned(),
        };
        PathAndQuery::try_from(target).ok()
    };
    let Some(target) = trimmed(&uri) else { return uri };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(target);
    Uri::from_parts(parts).unwrap_or(uri)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_slash_at_the_end_makes_no_difference() {
        for (given, expected) in [
            ("/v2/organizations/", "/v2/organizations"),
            ("/v2/organizations/?page=1", "/v2/organizations?page=1"),
            ("http://h/v2/organizations/?", "http://h/v2/organizations?"),
            ("/v2/organizations", "/v2/organizations"),
            ("/v2/organizations//", "/v2/organizations/"),
            ("/v2/organizations?a=/", "/v2/organizations?a=/"),
            ("/v2/", "/v2/"),
            ("/", "/"),
            ("/docs/", "/docs/"),
            ("*", "*"),
        ] {
            assert_eq!(without_final_slash(given.parse().unwrap()).to_string(), expected);
        }
    }
}
