//! What the server says of itself: where the contract is, the contract, and a page that shows it.
//!
//! None of it needs a token or counts as a request of the API.

#[cfg_attr(not(feature = "swagger-ui"), path = "without/page.rs")]
mod page;

use std::net::SocketAddr;

use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::json;

use crate::app::App;
use crate::config::PublicUrls;
use crate::error::Error;
use crate::network::Network;

/// The contract as it is written.
const CONTRACT: &str = include_str!("../../../openapi.yaml");

/// The servers that it names, which are the vendor's, as parts of its text.
const API: &str = "  - url: https://api.buildkite.com/v2
    description: The vendor's deployment; any other deployment of the API has its own URL.
";
const HOST: &str = "      - url: https://api.buildkite.com
        description: The host of the vendor's deployment.
";

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/.well-known/api-catalog", get(catalog))
        .route("/openapi.yaml", get(yaml))
        .merge(page::routes())
}

/// What surrounds these routes. They cost nothing of the API's limits and have one of their own;
/// and what they answer is shown by browsers, with headers that restrict it to what it needs.
pub(crate) fn around(routes: Router<App>, app: App) -> Router<App> {
    let policy = content_security_policy(&app.config.urls.at("/"));
    let policy = HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static("sandbox"));
    routes.layer(from_fn_with_state((app, policy), protected))
}

async fn protected(
    State((app, policy)): State<(App, HeaderValue)>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    let window = app.limits.count_description(Network::of(peer.ip()), &*app.clock);
    let mut response = if window.is_exceeded() {
        let mut refused = Error::RateLimited { scope: "description", window }.into_response();
        refused.headers_mut().insert(header::RETRY_AFTER, window.reset.into());
        refused
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// The page runs its own scripts, asks this server and the API, and stands in no frame. Swagger UI
/// needs the styles within its elements and pictures within its style sheets.
fn content_security_policy(root: &str) -> String {
    // These would end the list of addresses.
    let root = root.replace(';', "%3B").replace(',', "%2C");
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
         img-src 'self' data:; font-src 'self' data:; connect-src 'self' {root}; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}

/// Where the API is described (documented, REST API overview; RFC 9727).
async fn catalog(State(app): State<App>) -> Response {
    let urls = &app.config.urls;
    let link = |(path, media)| json!({"href": urls.at(path), "type": media});
    let contract = [("/openapi.yaml", YAML)].into_iter().chain(page::CONTRACT).map(link);
    let mut described =
        json!({"anchor": urls.base(), "service-desc": contract.collect::<Vec<_>>()});
    if let Some(page) = page::PAGE.map(link) {
        described["service-doc"] = json!([page]);
    }
    let catalog = json!({"linkset": [described]});
    let link = format!("<{}>; rel=\"api-catalog\"", urls.at("/.well-known/api-catalog"));
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(LINKSET));
    headers.extend(HeaderValue::try_from(link).map(|link| (header::LINK, link)));
    (headers, catalog.to_string()).into_response()
}

const LINKSET: &str =
    "application/linkset+json; profile=\"https://www.rfc-editor.org/info/rfc9727\"";
const YAML: &str = "application/yaml";

async fn yaml(State(app): State<App>) -> Response {
    let text = app.contract.get_or_init(|| contract(&app.config.urls).into()).clone();
    ([(header::CONTENT_TYPE, YAML)], text).into_response()
}

/// The contract with this deployment in place of the vendor's.
fn contract(urls: &PublicUrls) -> String {
    let server = |indent: &str, url: &str| {
        // A JSON string is one of YAML as well.
        format!("{indent}- url: {}\n{indent}  description: This deployment.\n", json!(url))
    };
    CONTRACT
        .replace(API, &server("  ", &urls.base()))
        .replace(HOST, &server("      ", &urls.at("")))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn the_contract_names_this_deployment_and_no_other() {
        let urls = PublicUrls::new(&"https://example.org/a".parse().unwrap(), None);
        let contract: Value = serde_saphyr::from_str(&contract(&urls)).unwrap();
        let servers = |place: &str| contract.pointer(place).unwrap().as_array().unwrap().clone();
        let [api] = &servers("/servers")[..] else { panic!("one server") };
        assert_eq!(api["url"], "https://example.org/a/v2");
        let [host] = &servers("/paths/~1/servers")[..] else { panic!("one server") };
        assert_eq!(host["url"], "https://example.org/a");
    }

    #[test]
    fn the_policy_for_browsers_stays_one_policy() {
        let policy = content_security_policy("https://example.org/a;b,c/");
        assert!(policy.contains("connect-src 'self' https://example.org/a%3Bb%2Cc/; base-uri"));
    }
}
