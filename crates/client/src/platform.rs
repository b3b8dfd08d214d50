//! What a machine with an operating system has. In a browser it is `browser.rs`.

use std::time::Duration;

use reqwest::{Client, Request, Response, redirect};

pub(crate) use std::time::{Instant, SystemTime};
pub(crate) use tokio::time::sleep;

/// An HTTP client that follows no redirect.
pub(crate) fn http_client(connect_timeout: Duration, no_proxy: bool) -> reqwest::Result<Client> {
    let builder = Client::builder().connect_timeout(connect_timeout);
    let builder = builder.redirect(redirect::Policy::none());
    if no_proxy { builder.no_proxy() } else { builder }.build()
}

/// Sends a request.
pub(crate) async fn execute(client: &Client, request: Request) -> reqwest::Result<Response> {
    client.execute(request).await
}

/// Whether no connection came about.
pub(crate) fn is_connect(error: &reqwest::Error) -> bool {
    error.is_connect()
}
