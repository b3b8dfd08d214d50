//! The operations on the access token itself.

use std::sync::Arc;
use std::time::Duration;

use registries_server::{EmbeddedOptions, ManualClock, Scope, TokenRequest};
use serde_json::{Value, json};

use crate::harness::{Answer, Api, Database, on_every_database};

on_every_database! {
    the_documented_example_is_reproduced_property_by_property,
    a_token_that_does_not_expire_says_null,
    no_scope_is_needed,
    a_revoked_token_stops_working_and_others_do_not,
    a_token_works_until_it_expires,
}

const RESPONSE: &str = include_str!("../data/access-token/get-the-current-token.response.json");

fn clock() -> Arc<ManualClock> {
    let documented = "2025-07-16T06:07:42Z".parse().unwrap();
    Arc::new(ManualClock::at(documented))
}

async fn the_documented_example_is_reproduced_property_by_property(database: Database) {
    let options = EmbeddedOptions { clock: clock(), ..database.options() };
    let api = Api::start_with(options).await;
    let token = api
        .server
        .issue_token(&TokenRequest {
            description: "Development Token".to_owned(),
            user: Some("algernon.m@buildkite.com".to_owned()),
            expires_in: Some(Duration::from_hours(7 * 24)),
            ..TokenRequest::new("example-org", &[Scope::ReadRegistries])
        })
        .await
        .unwrap();
    let answer = Answer::to(api.request("GET", "/access-token").bearer_auth(&token)).await;
    assert_eq!(answer.status, 200);
    let mut expected: Value = serde_json::from_str(RESPONSE).unwrap();
    expected["uuid"] = answer.body["uuid"].clone();
    // The example's scope belongs to another part of the API, its name is not the command's to set.
    expected["scopes"] = json!(["read_registries"]);
    expected["user"]["name"] = json!("algernon.m");
    assert_eq!(answer.body, expected);
    assert!(uuid::Uuid::try_parse(answer.body["uuid"].as_str().unwrap()).is_ok());
}

async fn a_token_that_does_not_expire_says_null(database: Database) {
    let api = Api::start_on(&database).await;
    let answer = api.get("/access-token").await;
    assert_eq!(answer.body["expires_at"], Value::Null);
    let scopes: Vec<String> = Scope::ALL.iter().map(ToString::to_string).collect();
    assert_eq!(answer.body["scopes"], json!(scopes));
    assert!(!answer.text.contains(&api.token));
}

async fn no_scope_is_needed(database: Database) {
    let mut api = Api::start_on(&database).await;
    api.token = api.token(&[]).await;
    let answer = api.get("/access-token").await;
    assert_eq!((answer.status.as_u16(), &answer.body["scopes"]), (200, &json!([])));
    assert_eq!(api.send("DELETE", "/access-token", Value::Null).await.status, 204);
}

async fn a_revoked_token_stops_working_and_others_do_not(database: Database) {
    let api = Api::start_on(&database).await;
    let other = api.token(&Scope::ALL).await;
    let answer = api.send("DELETE", "/access-token", Value::Null).await;
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (204, ""));
    for (method, path) in [
        ("GET", "/access-token".to_owned()),
        ("DELETE", "/access-token".to_owned()),
        ("GET", api.registries()),
    ] {
        let answer = api.send(method, &path, Value::Null).await;
        assert_eq!(answer.status, 401);
        assert!(answer.body["message"].as_str().unwrap().contains("revoked"));
    }
    let answer = Answer::to(api.request("GET", &api.registries()).bearer_auth(other)).await;
    assert_eq!(answer.status, 200);
}

async fn a_token_works_until_it_expires(database: Database) {
    let clock = clock();
    let options = EmbeddedOptions { clock: clock.clone(), ..database.options() };
    let mut api = Api::start_with(options).await;
    api.token = api
        .server
        .issue_token(&TokenRequest {
            expires_in: Some(Duration::from_mins(1)),
            ..TokenRequest::new("example-org", &Scope::ALL)
        })
        .await
        .unwrap();
    clock.advance(Duration::from_secs(59));
    assert_eq!(api.get("/access-token").await.status, 200);
    clock.advance(Duration::from_secs(1));
    let answer = api.get("/access-token").await;
    assert_eq!(answer.status, 401);
    assert!(answer.body["message"].as_str().unwrap().contains("expired"));
}
