//! What the server says of itself: where the contract is, the contract, and a page that shows it.
//!
//! None of it needs a token or counts as a request of the API.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::PathRejection;
use axum::extract::{ConnectInfo, Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use serde_json::{Map, Value, json};

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
        .route(
            "/openapi.json",
            get(async |State(app): State<App>| {
                as_json(&app.contract_as_json, &app, |contract| contract)
            }),
        )
        // Relative: a proxy in front may have put the server under a path of its own.
        .route("/docs", get(async || Redirect::permanent("docs/")))
        .route("/docs/", get(async || asset("index.html")))
        .route(
            "/docs/openapi.json",
            get(async |State(app): State<App>| {
                as_json(&app.contract_of_page, &app, |contract| {
                    for_readers(contract, app.config.example_organization)
                })
            }),
        )
        .route("/docs/{file}", get(named_asset))
}

/// What surrounds these routes. They cost nothing of the API's limits and have one of their own; and
/// what they answer is shown by browsers, which are told to let it do no more than it has to.
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
    let text = app.contract.get_or_init(|| contract(&app.config.urls).into()).clone();
    ([(header::CONTENT_TYPE, YAML)], text).into_response()
}

/// Made once: whoever asks need not say who it is, and making it takes milliseconds.
fn as_json(
    made: &OnceLock<Bytes>,
    app: &App,
    view: impl FnOnce(Value) -> Value,
) -> Result<Response, Error> {
    let text = if let Some(text) = made.get() {
        text.clone()
    } else {
        let contract = serde_saphyr::from_str(&contract(&app.config.urls))
            .map_err(|error| Error::Internal(error.into()))?;
        made.get_or_init(|| view(contract).to_string().into()).clone()
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

/// The contract as the page shows it: with the scopes of each operation in its description, with an
/// organization that exists, if one may be named, and without what only programs of this project read.
fn for_readers(mut contract: Value, organization: Option<&str>) -> Value {
    const EXAMPLE: &str = "/components/parameters/OrganizationSlug/example";
    if let (Some(example), Some(slug)) = (contract.pointer_mut(EXAMPLE), organization) {
        *example = slug.into();
    }
    readable(contract)
}

fn readable(value: Value) -> Value {
    /// What the contract says, and what the page says in its place.
    const REWORDED: [(&str, &str); 3] = [
        ("The seed's example", "A basic example"),
        (
            "names\nthe scopes it needs in `x-required-scopes`; one of those in `any-of` is enough.",
            "names\nthe scope it needs.",
        ),
        (" (x-disagreements)", ""),
    ];
    match value {
        Value::Object(mut object) => {
            if let Some(scopes) = scopes(&object)
                && let Some(Value::String(description)) = object.get_mut("description")
            {
                *description = format!("{}\n\n{scopes}", description.trim_end());
            }
            let entries = object.into_iter().filter(|(name, _)| !name.starts_with("x-"));
            // The page begins with the first example, by name.
            let renamed = |name| if name == "seed" { "basic".to_owned() } else { name };
            entries.map(|(name, value)| (renamed(name), readable(value))).collect()
        }
        Value::Array(items) => items.into_iter().map(readable).collect(),
        Value::String(text) => {
            REWORDED.iter().fold(text, |text, (written, shown)| text.replace(written, shown)).into()
        }
        other => other,
    }
}

/// What an operation requires of an access token.
fn scopes(operation: &Map<String, Value>) -> Option<String> {
    let scopes = operation.get("x-required-scopes")?.get("any-of")?.as_array()?;
    let scopes: Vec<_> = scopes.iter().filter_map(Value::as_str).collect();
    Some(match &scopes[..] {
        [] if operation.contains_key("security") => "No access token is needed.".to_owned(),
        [] => "Required scope: none".to_owned(),
        scopes => format!("Required scope: `{}`", scopes.join("` or `")),
    })
}

/// A file of the page, all of which are in the program, and are sent from there.
fn asset(file: &str) -> Response {
    let sent = |media: String, bytes| ([(header::CONTENT_TYPE, media)], bytes).into_response();
    let own = match file {
        "index.html" => Some(("text/html", include_str!("description/index.html"))),
        "index.css" => Some(("text/css", include_str!("description/index.css"))),
        "swagger-initializer.js" => {
            Some(("text/javascript", include_str!("description/swagger-initializer.js")))
        }
        _ => None,
    };
    if let Some((media, text)) = own {
        return sent(format!("{media}; charset=utf-8"), Bytes::from_static(text.as_bytes()));
    }
    match utoipa_swagger_ui::serve(file, Arc::default()) {
        Ok(Some(file)) => sent(
            file.content_type,
            match file.bytes {
                Cow::Borrowed(bytes) => Bytes::from_static(bytes),
                Cow::Owned(bytes) => Bytes::from(bytes),
            },
        ),
        Ok(None) => Error::RouteNotFound.into_response(),
        Err(error) => Error::Internal(format!("the page's {file}: {error}").into()).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

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
    fn the_page_names_no_organization_that_it_is_not_told() {
        let contract: Value = serde_saphyr::from_str(CONTRACT).unwrap();
        let shown = for_readers(contract, None);
        assert_eq!(shown["components"]["parameters"]["OrganizationSlug"]["example"], "my-org");
    }

    /// Where the bytes of an answer are.
    async fn place(response: Response) -> (*const u8, usize) {
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (bytes.as_ptr(), bytes.len())
    }

    #[tokio::test]
    async fn what_many_ask_for_is_there_once() {
        for file in ["swagger-ui-bundle.js", "swagger-ui.css", "index.html"] {
            let places = [place(asset(file)).await, place(asset(file)).await];
            assert_eq!(places[0], places[1], "{file}");
            assert!(places[0].1 > 0, "{file}");
        }
        let app = State(App::in_memory());
        assert_eq!(place(yaml(app.clone()).await).await, place(yaml(app.clone()).await).await);
        let json = async || {
            place(as_json(&app.contract_as_json, &app, |contract| contract).unwrap()).await
        };
        assert_eq!(json().await, json().await);
    }

    #[test]
    fn the_policy_for_browsers_stays_one_policy() {
        let policy = content_security_policy("https://example.org/a;b,c/");
        assert!(policy.contains("connect-src 'self' https://example.org/a%3Bb%2Cc/; base-uri"));
    }
}
