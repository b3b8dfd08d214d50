//! Every route there is.

use std::time::Duration;

use axum::Router;
use axum::http::{Method, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::{Any, CorsLayer};

use crate::app::App;
use crate::description;
use crate::error::Error;
use crate::gate::gate;
use crate::head::well_formed;
use crate::observe::observe;
use crate::routes::{
    create_registry, create_registry_token, delete_registry, delete_registry_token,
    get_access_token, get_organization, get_rate_limit, get_registry, get_registry_token, get_root,
    list_organizations, list_registries, list_registry_tokens, revoke_access_token,
    update_registry, update_registry_token,
};

/// The server as a service. The update of a registry is documented as POST, and official clients
/// send PATCH (Go) and PUT (Terraform): all three do the same (client-observed).
pub(crate) fn router(app: App) -> Router {
    let routes = Router::new()
        .route("/", get(get_root))
        .route(
            "/v2/packages/organizations/{org}/registries",
            get(list_registries).post(create_registry),
        )
        .route(
            "/v2/packages/organizations/{org}/registries/{slug}",
            get(get_registry)
                .post(update_registry)
                .patch(update_registry)
                .put(update_registry)
                .delete(delete_registry),
        )
        .route(
            "/v2/packages/organizations/{org}/registries/{slug}/tokens",
            get(list_registry_tokens).post(create_registry_token),
        )
        .route(
            "/v2/packages/organizations/{org}/registries/{slug}/tokens/{token}",
            get(get_registry_token).post(update_registry_token).delete(delete_registry_token),
        )
        .route("/v2/organizations", get(list_organizations))
        .route("/v2/organizations/{org}", get(get_organization))
        .route("/v2/organizations/{org}/rate_limit", get(get_rate_limit))
        .route("/v2/access-token", get(get_access_token).delete(revoke_access_token));
    around(routes, app)
}

/// What surrounds all routes, from the innermost to the outermost.
fn around(routes: Router<App>, app: App) -> Router {
    guarded(routes.fallback(async || Error::RouteNotFound))
        .layer(from_fn_with_state(app.clone(), gate))
        .merge(description::around(guarded(description::routes()), app.clone()))
        .layer(from_fn_with_state(app.clone(), well_formed))
        .layer(cors())
        .layer(from_fn_with_state(app.clone(), observe))
        .with_state(app)
}

/// Routes that answer what goes wrong as all of them do.
fn guarded(routes: Router<App>) -> Router<App> {
    routes
        .method_not_allowed_fallback(async || Error::MethodNotAllowed)
        .layer(CatchPanicLayer::custom(panicked))
}

/// Lets scripts of any origin call the API (documented, CORS headers). A preflight succeeds on
/// every path, costs nothing of the rate limits, and holds for a day (choice).
fn cors() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(Any)
        .expose_headers([header::LINK])
        .allow_methods([Method::GET, Method::POST, Method::PATCH, Method::PUT, Method::DELETE])
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE])
        .max_age(Duration::from_hours(24))
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

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use axum::body::Body;
    use axum::extract::connect_info::MockConnectInfo;
    use axum::http::{Request, StatusCode};
    use http_body_util::BodyExt;
    use tower::ServiceExt;

    use super::*;

    async fn get(routes: Router<App>, app: App, request: Request<Body>) -> (StatusCode, String) {
        let peer = MockConnectInfo(SocketAddr::from(([127, 0, 0, 1], 1)));
        let response = around(routes, app).layer(peer).oneshot(request).await.unwrap();
        let status = response.status();
        assert!(response.headers().contains_key("ratelimit-user-remaining"));
        assert_eq!(response.headers()["content-type"], "application/json");
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    const FAILED: &str =
        r#"{"message":"The server failed. The reason is in its log; try again later."}"#;

    #[tokio::test]
    async fn a_panic_is_a_500_that_tells_nothing() {
        async fn panics() -> Result<(), Error> {
            panic!("secret detail")
        }
        let routes = Router::new().route("/panic", axum::routing::get(panics));
        let request = Request::get("/panic").header("Host", "a").body(Body::empty()).unwrap();
        let answer = get(routes, App::in_memory(), request).await;
        assert_eq!(answer, (StatusCode::INTERNAL_SERVER_ERROR, FAILED.to_owned()));
    }

    #[tokio::test]
    async fn a_database_that_is_gone_is_a_503_that_tells_when_to_try_again() {
        let app = App::in_memory();
        app.storage.close().await;
        let routes = Router::new().route("/access-token", axum::routing::get(get_access_token));
        let request =
            Request::get("/access-token").header("Host", "a").header("Authorization", "Bearer a");
        let peer = MockConnectInfo(SocketAddr::from(([127, 0, 0, 1], 1)));
        let service = around(routes, app).layer(peer);
        let response = service.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()["retry-after"], "2");
        assert!(response.headers().contains_key("ratelimit-user-remaining"));
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert!(body.starts_with(br#"{"message":"The server cannot reach its database"#));
    }
}
