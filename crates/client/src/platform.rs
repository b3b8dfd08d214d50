//! What a machine with an operating system has. In a browser it is `browser.rs`.

use std::time::Duration;

use reqwest::{Client, ClientBuilder, Request, Response, redirect};

pub(crate) use std::time::{Instant, SystemTime};
pub(crate) use tokio::time::sleep;

/// An HTTP client that follows no redirect.
pub(crate) fn http_client(connect_timeout: Duration, no_proxy: bool) -> ClientBuilder {
    let builder = Client::builder().connect_timeout(connect_timeout);
    let builder = builder.redirect(redirect::Policy::none());
    if no_proxy { builder.no_proxy() } else { builder }
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
