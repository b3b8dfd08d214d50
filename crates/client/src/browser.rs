//! What a browser has in the place of `platform.rs`.
//!
//! Its futures stay on their thread. Each runs by itself, and sends its result through a channel
//! that any thread can wait for.

use std::{
    collections::VecDeque,
    future::{Future, poll_fn},
    pin::pin,
    time::Duration,
};

use bytes::Bytes;
use futures_core::Stream as _;
use reqwest::{Client, ClientBuilder, Request, StatusCode, header::HeaderMap};
use tokio::sync::oneshot;
use wasm_bindgen_futures::spawn_local;

pub(crate) use web_time::{Instant, SystemTime};

/// The browser decides about connections, proxies and redirects.
pub(crate) fn http_client(_: Duration, _: bool, _: bool) -> ClientBuilder {
    Client::builder()
}

/// Sends a request, and reads its response until it is longer than `limit` bytes.
pub(crate) async fn execute(
    client: &Client,
    request: Request,
    limit: usize,
) -> reqwest::Result<Response> {
    let client = client.clone();
    detached(async move {
        let response = client.execute(request).await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let mut stream = pin!(response.bytes_stream());
        let (mut body, mut length) = (VecDeque::new(), 0);
        while length <= limit
            && let Some(chunk) = poll_fn(|context| stream.as_mut().poll_next(context)).await
        {
            length += chunk.as_ref().map_or(0, Bytes::len);
            body.push_back(chunk);
        }
        Ok(Response { status, headers, body })
    })
    .await
}

/// A response that was read.
pub(crate) struct Response {
    status: StatusCode,
    headers: HeaderMap,
    body: VecDeque<reqwest::Result<Bytes>>,
}

impl Response {
    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    pub(crate) fn headers_mut(&mut self) -> &mut HeaderMap {
        &mut self.headers
    }

    #[expect(clippy::unused_async, reason = "elsewhere it waits")]
    pub(crate) async fn chunk(&mut self) -> reqwest::Result<Option<Bytes>> {
        self.body.pop_front().transpose()
    }
}

pub(crate) async fn sleep(time: Duration) {
    detached(gloo_timers::future::sleep(time)).await;
}

/// A browser does not say why there is no response.
pub(crate) fn is_connect(_: &reqwest::Error) -> bool {
    false
}

fn detached<T: Send + 'static>(
    future: impl Future<Output = T> + 'static,
) -> impl Future<Output = T> + Send {
    let (sender, receiver) = oneshot::channel();
    spawn_local(async move {
        // The receiver may be gone.
        let _ = sender.send(future.await);
    });
    async move { receiver.await.expect("the future runs to its end") }
}
