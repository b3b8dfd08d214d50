//! What those who run a server ask it, on a listener of its own: it is no part of the API.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::app::App;
use crate::metrics::Metrics;
use crate::network::Network;

/// The routes of the second listener.
pub(crate) fn monitoring(app: App) -> Router {
    Router::new()
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .route_layer(from_fn_with_state(app.clone(), limited))
        // It costs nothing, and an orchestrator that gets an error may end the server.
        .route("/livez", get(async || "live\n"))
        .with_state(app)
}

/// Refuses a network that asks too often: what it asks for makes work, for the database as well.
async fn limited(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    let window = app.limits.count_monitoring(Network::of(peer.ip()), &*app.clock);
    if window.is_exceeded() {
        let wait = [(header::RETRY_AFTER, window.reset)];
        return (StatusCode::TOO_MANY_REQUESTS, wait, "too many requests\n").into_response();
    }
    next.run(request).await
}

/// Whether requests should be sent here: the database answers, and the server is not about to stop.
async fn ready(State(app): State<App>) -> (StatusCode, &'static str) {
    /// A database that needs longer for nothing at all is of no use to callers.
    const PATIENCE: Duration = Duration::from_secs(2);
    let unavailable = |reason| (StatusCode::SERVICE_UNAVAILABLE, reason);
    if app.is_stopping() {
        return unavailable("the server is stopping\n");
    }
    match tokio::time::timeout(PATIENCE, app.storage.ping()).await {
        Ok(Ok(())) => (StatusCode::OK, "ready\n"),
        Ok(Err(error)) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "not ready");
            unavailable("the database fails; the log says why\n")
        }
        Err(_) => unavailable("the database does not answer\n"),
    }
}

async fn metrics(State(app): State<App>) -> Response {
    match app.metrics.encode(app.storage.pool_size()) {
        Ok(text) => ([(header::CONTENT_TYPE, Metrics::CONTENT_TYPE)], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "the metrics cannot be encoded");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn without_its_database_a_server_is_not_ready() {
        let app = App::in_memory();
        // A machine that has much to do may take longer than it is given.
        while ready(State(app.clone())).await.0 != StatusCode::OK {}
        app.storage.close().await;
        let (status, reason) = ready(State(app)).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(reason, "the database fails; the log says why\n");
    }
}
