//! The server inside another program.

use registries_server::{Embedded, EmbeddedOptions, Scope, TokenRequest};
use serde_json::json;

use crate::harness::{Database, http_client, on_every_database};

on_every_database! {
    names_and_addresses_that_are_too_long_are_refused,
}

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
    assert_eq!(error.to_string(), "the organization \"other\" exists already");
    let error = server.create_organization("Other Org").await.unwrap_err();
    assert!(error.to_string().contains("lower-case letters"), "{error}");
    let error = server.create_token("nobody", &Scope::ALL).await.unwrap_err();
    assert!(error.to_string().contains("unknown organization \"nobody\""), "{error}");
}

#[tokio::test]
async fn servers_on_one_database_share_it() {
    let directory = tempfile::tempdir().unwrap();
    let database = format!("sqlite://{}", directory.path().join("registries.db").display());
    let options = EmbeddedOptions { database: Some(database), ..EmbeddedOptions::default() };
    let one = Embedded::start_with(options.clone()).await.unwrap();
    let other = Embedded::start_with(options).await.unwrap();
    let token = one.create_token(one.organization(), &Scope::ALL).await.unwrap();
    let url = format!("{}/access-token", other.base_url());
    let response = http_client().get(&url).bearer_auth(&token).send().await.unwrap();
    assert_eq!(response.status(), 200);
}

#[tokio::test]
async fn a_text_that_no_database_keeps_is_refused() {
    let server = Embedded::start().await.unwrap();
    let request = TokenRequest::new(server.organization(), &Scope::ALL);
    let user = Some("a\0@example.org".to_owned());
    for request in [
        TokenRequest { description: "a\0".to_owned(), ..request.clone() },
        TokenRequest { user, ..request },
    ] {
        let error = server.issue_token(&request).await.unwrap_err();
        assert!(error.to_string().contains("NUL"), "{error}");
    }
}

async fn names_and_addresses_that_are_too_long_are_refused(database: Database) {
    let server = Embedded::start_with(database.options()).await.unwrap();
    let organization = server.organization();
    // Text that does not become shorter by what a database does to it.
    let long = |length| (0_u32..length).map(|i| char::from_u32(0x4e00 + i * 7).unwrap()).collect();
    let (longest, too_long): (String, String) = (long(255), long(256));
    server.create_team(organization, &longest).await.unwrap();
    let error = server.create_team(organization, &too_long).await.unwrap_err();
    assert_eq!(error.to_string(), "the name of a team must not be longer than 255 characters");
    let request = |mailbox: &str| TokenRequest {
        user: Some(format!("{mailbox}@example.org")),
        ..TokenRequest::new(organization, &Scope::ALL)
    };
    let mailbox: String = longest.chars().skip("@example.org".len()).collect();
    server.issue_token(&request(&mailbox)).await.unwrap();
    let error = server.issue_token(&request(&longest)).await.unwrap_err();
    assert_eq!(error.to_string(), "an email address must not be longer than 255 characters");
}

#[tokio::test]
async fn a_database_that_is_none_is_reported_without_its_password() {
    for database in ["postgres://u:hidden@host:port/a", "postgres://u:hidden@127.0.0.1:1/a"] {
        let database = Some(database.to_owned());
        let options = EmbeddedOptions { database, ..EmbeddedOptions::default() };
        let Err(error) = Embedded::start_with(options).await else { panic!("it started") };
        let text = format!("{error} {error:?}");
        assert!(text.contains("cannot start") && !text.contains("hidden"), "{text}");
    }
}
