//! What the server says of itself: where the contract is, the contract, and a page that shows it.
//!
//! None of it needs a token or counts as a request of the API.

use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use serde_json::{Value, json};
use utoipa_swagger_ui::Config as Page;

use crate::app::App;
use crate::config::PublicUrls;
use crate::error::Error;

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
        .route("/openapi.json", get(contract_as_json))
        // Relative: a proxy in front may have put the server under a path of its own.
        .route("/docs", get(async || Redirect::permanent("docs/")))
        .route("/docs/", get(async || asset("index.html")))
        .route("/docs/{file}", get(named_asset))
}

async fn named_asset(file: Result<Path<String>, PathRejection>) -> Response {
    match file {
        Ok(Path(file)) => asset(&file),
        Err(_) => Error::RouteNotFound.into_response(),
    }
}

/// Where the API is described (documented, REST API overview; RFC 9727).
async fn catalog(State(app): State<App>) -> Response {
    let urls = &app.config.urls;
    let at = |path: &str, media: &str| json!([{"href": urls.at(path), "type": media}]);
    let contract = [at("/openapi.yaml", YAML), at("/openapi.json", JSON)];
    let catalog = json!({"linkset": [{
        "anchor": urls.base(),
        "service-desc": contract.map(|link| link[0].clone()),
        "service-doc": at("/docs/", "text/html"),
    }]});
    let link = format!("<{}>; rel=\"api-catalog\"", urls.at("/.well-known/api-catalog"));
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(LINKSET));
    headers.extend(HeaderValue::try_from(link).map(|link| (header::LINK, link)));
    (headers, catalog.to_string()).into_response()
}

const LINKSET: &str =
    "application/linkset+json; profile=\"https://www.rfc-editor.org/info/rfc9727\"";
const YAML: &str = "application/yaml";
const JSON: &str = "application/json";

async fn yaml(State(app): State<App>) -> Response {
    ([(header::CONTENT_TYPE, YAML)], contract(&app.config.urls)).into_response()
}

/// Made once: whoever asks need not say who it is, and making it takes milliseconds.
async fn contract_as_json(State(app): State<App>) -> Result<Response, Error> {
    let text = if let Some(text) = app.contract_as_json.get() {
        text.clone()
    } else {
        let parsed: Value = serde_saphyr::from_str(&contract(&app.config.urls))
            .map_err(|error| Error::Internal(error.into()))?;
        app.contract_as_json.get_or_init(|| parsed.to_string().into()).clone()
    };
    Ok(([(header::CONTENT_TYPE, JSON)], text).into_response())
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

/// A file of the page, all of which are in the program.
fn asset(file: &str) -> Response {
    static PAGE: LazyLock<Arc<Page<'static>>> = LazyLock::new(|| {
        let page = Page::new(["../openapi.json"]);
        // It would send the contract to others to have it looked at.
        Arc::new(page.validator_url("none").try_it_out_enabled(true).deep_linking(true))
    });
    match utoipa_swagger_ui::serve(file, Arc::clone(&PAGE)) {
        Ok(Some(file)) => {
            ([(header::CONTENT_TYPE, file.content_type)], file.bytes.into_owned()).into_response()
        }
        Ok(None) => Error::RouteNotFound.into_response(),
        Err(error) => Error::Internal(format!("the page's {file}: {error}").into()).into_response(),
    }
}

#[cfg(test)]
mod tests {
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
}
