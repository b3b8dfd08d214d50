//! The seed's three requests against a deployment that was set up by hand.

use serde_json::Value;

use crate::harness::{Deployment, http_client};

const CREATE_REQUEST: &str = documented!("seed-registries/create-a-registry.request.json");
const CREATE_RESPONSE: &str = documented!("seed-registries/create-a-registry.response.json");
const GET_RESPONSE: &str = documented!("seed-registries/get-a-registry.response.json");
const LIST_RESPONSE: &str = documented!("seed-registries/list-all-registries.response.json");

/// With the seed's public addresses, responses are as the seed prints them. They differ in what
/// identifies the registry, and in the one `web_url` in which the seed disagrees with itself.
#[tokio::test(flavor = "multi_thread")]
async fn the_seeds_requests_give_the_seeds_responses() {
    let deployment = Deployment::new();
    let server = deployment.serve(&[
        "--public-url",
        "https://api.buildkite.com",
        "--public-web-url",
        "https://buildkite.com",
    ]);
    let (token, client) = (deployment.token(), http_client());

    let create = client.post(server.registries()).bearer_auth(&token);
    let create = create.header("Content-Type", "application/json").body(CREATE_REQUEST);
    let created = answer(create).await;
    assert_eq!(created, like(CREATE_RESPONSE, &created));

    let found = answer(client.get(server.registries() + "/my-registry").bearer_auth(&token)).await;
    assert_eq!(found, like(GET_RESPONSE, &created));

    let list = answer(client.get(server.registries()).bearer_auth(&token)).await;
    let mut expected = like(LIST_RESPONSE, &created);
    expected[0]["web_url"] = created["web_url"].clone();
    assert_eq!(list, expected);
}

async fn answer(request: reqwest::RequestBuilder) -> Value {
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/json");
    response.json().await.unwrap()
}

/// What the seed prints, about this registry.
fn like(printed: &str, created: &Value) -> Value {
    let mut value: Value = serde_json::from_str(printed).unwrap();
    let registry = if value.is_array() { &mut value[0] } else { &mut value };
    for property in ["id", "graphql_id"] {
        assert!(registry[property].is_string());
        registry[property] = created[property].clone();
    }
    // Clients need it, and the seed is older.
    assert_eq!(created["type"], "source");
    registry["type"] = created["type"].clone();
    value
}
