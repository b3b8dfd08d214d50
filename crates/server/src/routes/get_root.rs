//! Get the host's greeting.

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use crate::app::App;

/// Needs no token (documented, REST API overview).
pub(crate) async fn get_root(State(app): State<App>) -> Json<RootBody> {
    let message = "The Registries API is served under /v2.";
    Json(RootBody { message, timestamp: app.clock.now().timestamp() })
}

#[derive(Serialize)]
pub(crate) struct RootBody {
    message: &'static str,
    timestamp: i64,
}
