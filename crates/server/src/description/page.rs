//! The page that shows the contract, and the contract as JSON, which it reads.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use serde_json::{Map, Value};

use super::contract;
use crate::app::App;
use crate::error::Error;

/// Where the contract is, besides `/openapi.yaml`.
pub(super) const CONTRACT: Option<(&str, &str)> = Some(("/openapi.json", JSON));
/// Where the page is.
pub(super) const PAGE: Option<(&str, &str)> = Some(("/docs/", "text/html"));
const JSON: &str = "application/json";

pub(super) fn routes() -> Router<App> {
    Router::new()
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

async fn named_asset(file: Result<Path<String>, PathRejection>) -> Response {
    match file {
        Ok(Path(file)) => asset(&file),
        Err(_) => Error::RouteNotFound.into_response(),
    }
}

/// Made once: it needs no token, and making it takes milliseconds.
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

/// The contract as the page shows it. The description of each operation has its scopes. The
/// organization is one that exists, if one may be named. What only programs of this project read is
/// left out.
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
        "index.html" => Some(("text/html", include_str!("index.html"))),
        "index.css" => Some(("text/css", include_str!("index.css"))),
        "swagger-initializer.js" => {
            Some(("text/javascript", include_str!("swagger-initializer.js")))
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

    use super::super::{CONTRACT as YAML, yaml};
    use super::*;

    #[test]
    fn the_page_names_no_organization_that_is_not_set() {
        let contract: Value = serde_saphyr::from_str(YAML).unwrap();
        let shown = for_readers(contract, None);
        assert_eq!(shown["components"]["parameters"]["OrganizationSlug"]["example"], "my-org");
    }

    /// Where the bytes of a response are.
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
}
