//! What the server says of itself.

use reqwest::Method;
use serde_json::Value;

use crate::harness::Api;
use crate::transcript::add_row;

async fn text(api: &Api, path: &str) -> (u16, String, String) {
    let root = api.server.base_url().strip_suffix("/v2").unwrap();
    let response = api.client.get(format!("{root}{path}")).send().await.unwrap();
    let media = response.headers()["content-type"].to_str().unwrap().to_owned();
    (response.status().as_u16(), media, response.text().await.unwrap())
}

#[tokio::test]
async fn the_catalog_leads_to_the_contract_and_to_the_page() {
    let api = Api::start().await;
    let root = api.server.base_url().strip_suffix("/v2").unwrap();
    let (status, media, body) = text(&api, "/.well-known/api-catalog").await;
    assert_eq!(status, 200);
    let profile = "profile=\"https://www.rfc-editor.org/info/rfc9727\"";
    assert_eq!(media, format!("application/linkset+json; {profile}"));
    let catalog: Value = serde_json::from_str(&body).unwrap();
    insta::assert_snapshot!("catalog", format!("{catalog:#}").replace(root, "[host]"));
    for relation in ["service-desc", "service-doc"] {
        let entry = &catalog["linkset"][0];
        for link in entry[relation].as_array().unwrap() {
            let path = link["href"].as_str().unwrap().strip_prefix(root).unwrap();
            let (status, media, _) = text(&api, path).await;
            assert_eq!(status, 200, "{link}");
            assert!(media.starts_with(link["type"].as_str().unwrap()), "{media}");
        }
    }
    let url = format!("{root}/.well-known/api-catalog");
    let head = api.client.request(Method::HEAD, &url).send().await.unwrap();
    assert_eq!(head.headers()["link"], format!("<{url}>; rel=\"api-catalog\""));
}

#[tokio::test]
async fn the_contract_is_the_same_in_yaml_and_json_and_names_this_server() {
    let api = Api::start().await;
    let yaml: Value = serde_saphyr::from_str(&text(&api, "/openapi.yaml").await.2).unwrap();
    let json: Value = serde_json::from_str(&text(&api, "/openapi.json").await.2).unwrap();
    assert_eq!(yaml, json);
    assert_eq!(json["servers"][0]["url"], api.server.base_url());
    assert_eq!(json["openapi"], "3.0.3");
    let written: Value = serde_saphyr::from_str(include_str!("../../../../openapi.yaml")).unwrap();
    assert_eq!(json["components"], written["components"]);
}

#[tokio::test]
async fn the_page_has_all_its_files_and_no_others() {
    let api = Api::start().await;
    let (status, media, page) = text(&api, "/docs").await;
    assert_eq!((status, media.as_str()), (200, "text/html; charset=utf-8"));
    let mut files = String::new();
    for file in page.split('"').filter_map(|part| part.strip_prefix("./")) {
        let (status, media, _) = text(&api, &format!("/docs/{file}")).await;
        files.extend([format!("{status} {media} {file}\n")]);
    }
    insta::assert_snapshot!("files", files);
    let (status, _, body) = text(&api, "/docs/unknown.js").await;
    assert_eq!(status, 404);
    assert!(serde_json::from_str::<Value>(&body).unwrap()["message"].is_string());
}

/// What is only for programs of this project is left out; what people ask is added.
#[tokio::test]
async fn the_page_shows_the_contract_to_people() {
    let api = Api::start().await;
    let (_, _, shown) = text(&api, "/docs/openapi.json").await;
    assert!(!shown.contains("seed") && !shown.contains("\"x-") && !shown.contains("`x-"));
    let shown: Value = serde_json::from_str(&shown).unwrap();
    let example = &shown["components"]["parameters"]["OrganizationSlug"]["example"];
    assert_eq!(example, api.server.organization());

    let mut text = String::new();
    for (path, methods) in shown["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            if let Some(description) = operation["description"].as_str() {
                let scopes = description.lines().last().unwrap();
                add_row(&mut text, &format!("{method} {path}"), &format!("    {scopes}\n"));
            }
        }
    }
    insta::assert_snapshot!("scopes", text);
}

#[tokio::test]
async fn headers_restrict_what_these_responses_may_do() {
    let api = Api::start().await;
    let root = api.server.base_url().strip_suffix("/v2").unwrap();
    let mut text = String::new();
    for (method, path) in [
        (Method::GET, "/docs"),
        (Method::GET, "/docs/index.html"),
        (Method::GET, "/docs/swagger-ui-bundle.js"),
        (Method::GET, "/docs/unknown"),
        (Method::GET, "/docs/%ff"),
        (Method::GET, "/openapi.yaml"),
        (Method::GET, "/openapi.json"),
        (Method::GET, "/.well-known/api-catalog"),
        (Method::POST, "/docs/"),
        (Method::DELETE, "/openapi.json"),
        (Method::PUT, "/.well-known/api-catalog"),
    ] {
        let request = api.client.request(method.clone(), format!("{root}{path}"));
        let response = request.send().await.unwrap();
        let mut outcome = format!("    {}\n", response.status());
        for (name, value) in response.headers() {
            if !["content-length", "content-type", "date", "x-request-id"].contains(&name.as_str())
            {
                outcome.extend([format!("    {name}: {}\n", value.to_str().unwrap())]);
            }
        }
        if response.status().is_client_error() {
            outcome.extend([format!("    {}\n", response.text().await.unwrap())]);
        }
        add_row(&mut text, &format!("{method} {path}"), &outcome);
    }
    insta::assert_snapshot!("browsers", text.replace(root, "[host]"));
}

#[tokio::test]
async fn looking_at_the_description_costs_nothing_of_the_limits() {
    let api = Api::start_limited().await;
    let root = api.server.base_url().strip_suffix("/v2").unwrap();
    let (_, uncounted) = api.remaining().await;
    for path in ["/.well-known/api-catalog", "/openapi.json", "/openapi.yaml", "/docs"] {
        let request = api.client.get(format!("{root}{path}"));
        for request in [request.try_clone().unwrap(), request.bearer_auth(&api.token)] {
            let response = request.send().await.unwrap();
            assert_eq!(response.status(), 200, "{path}");
            assert!(!response.headers().contains_key("ratelimit-remaining"), "{path}");
            assert!(response.headers().contains_key("x-request-id"), "{path}");
        }
    }
    assert_eq!(api.remaining().await.0, uncounted);
}

#[tokio::test]
async fn too_many_requests_for_the_description_are_429() {
    let api = Api::start_limited().await;
    let root = api.server.base_url().strip_suffix("/v2").unwrap();
    let get = async |path: &str| api.client.get(format!("{root}{path}")).send().await.unwrap();
    for _ in 0..300 {
        assert_eq!(get("/docs/index.css").await.status(), 200);
    }
    for path in ["/docs/", "/openapi.json", "/openapi.yaml", "/.well-known/api-catalog"] {
        let response = get(path).await;
        assert_eq!(response.status(), 429, "{path}");
        assert_eq!(response.headers()["retry-after"], "60", "{path}");
        let body: Value = response.json().await.unwrap();
        assert!(body["message"].is_string(), "{path}: {body}");
    }
    assert_eq!(get("/").await.status(), 200, "the API is not concerned");
    assert_eq!(api.get("/access-token").await.status, 200);
}
