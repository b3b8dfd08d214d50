//! The server inside another program.

use registries_server::{Embedded, Scope};
use serde_json::json;

use crate::harness::http_client;

#[tokio::test]
async fn it_answers_counts_and_stops() {
    let server = Embedded::start().await.unwrap();
    let organization = server.organization().to_owned();
    let token = server.create_token(&organization, &Scope::ALL).await.unwrap();
    let url = format!("{}/packages/organizations/{organization}/registries", server.base_url());
    let client = http_client();
    let create = client.post(&url).bearer_auth(&token);
    let response =
        create.json(&json!({"name": "my registry", "ecosystem": "ruby"})).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(server.registries().await.unwrap(), 1);
    server.shutdown().await;
    assert!(client.get(&url).send().await.unwrap_err().is_connect());
}

#[tokio::test]
async fn organizations_and_tokens_that_cannot_be_are_refused() {
    let server = Embedded::start().await.unwrap();
    server.create_organization("other").await.unwrap();
    let error = server.create_organization("other").await.unwrap_err();
    assert_eq!(error.to_string(), "there is an organization \"other\" already");
    let error = server.create_organization("Other Org").await.unwrap_err();
    assert!(error.to_string().contains("lower-case letters"), "{error}");
    let error = server.create_token("nobody", &Scope::ALL).await.unwrap_err();
    assert!(error.to_string().contains("no organization \"nobody\""), "{error}");
}
