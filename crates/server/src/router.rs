//! Every route there is.

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tower_http::catch_panic::CatchPanicLayer;

use crate::app::App;
use crate::error::Error;
use crate::gate::gate;
use crate::log::log;
use crate::routes::{
    create_registry, delete_registry, get_access_token, get_registry, list_registries,
    revoke_access_token, update_registry,
};

/// The server as a service. The update of a registry is documented as POST, and official clients
/// send PATCH (Go) and PUT (Terraform): all three do the same (client-observed).
pub(crate) fn router(app: App) -> Router {
    let v2 = Router::new()
        .route(
            "/packages/organizations/{org}/registries",
            get(list_registries).post(create_registry),
        )
        .route(
            "/packages/organizations/{org}/registries/{slug}",
            get(get_registry)
                .post(update_registry)
                .patch(update_registry)
                .put(update_registry)
                .delete(delete_registry),
        )
        .route("/access-token", get(get_access_token).delete(revoke_access_token));
    around(Router::new().nest("/v2", v2), app)
}

/// What surrounds all routes, from the innermost to the outermost.
fn around(routes: Router<App>, app: App) -> Router {
    routes
        .fallback(async || Error::RouteNotFound)
        .method_not_allowed_fallback(async || Error::MethodNotAllowed)
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(app.clone(), gate))
        .layer(axum::middleware::from_fn(log))
        .with_state(app)
}

#[expect(clippy::needless_pass_by_value, reason = "the layer hands the panic over")]
fn panicked(panic: Box<dyn std::any::Any + Send + 'static>) -> Response {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&'static str>().copied())
        .unwrap_or("without a message");
    Error::Internal(format!("panic: {text}").into()).into_response()
}
