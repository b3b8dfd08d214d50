//! The operations on the access token itself.

use std::sync::Arc;
use std::time::Duration;

use registries_server::{EmbeddedOptions, ManualClock, Scope, TokenRequest};
use serde_json::{Value, json};

use crate::harness::{Answer, Api, Database, on_every_database};
use crate::transcript::Transcript;

on_every_database! {
    the_documented_example_is_reproduced_property_by_property,
    a_revoked_token_stops_working_and_others_do_not,
    a_token_works_until_it_expires,
}

const RESPONSE: &str = documented!("access-token/get-the-current-token.response.json");

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

async fn a_revoked_token_stops_working_and_others_do_not(database: Database) {
    let api = Api::start_on(&database).await;
    let mut transcript = Transcript::of(&api);
    transcript.get("/access-token").await;
    // No scope is needed.
    transcript.token = api.token(&[]).await;
    for method in ["GET", "DELETE", "GET", "DELETE"] {
        transcript.send(method, "/access-token", Value::Null).await;
    }
    transcript.get(&api.registries()).await;
    assert_eq!(api.get("/access-token").await.status, 200);
    insta::assert_snapshot!("access-token", transcript);
}

async fn a_token_works_until_it_expires(database: Database) {
    let clock = clock();
    let options = EmbeddedOptions { clock: clock.clone(), ..database.options() };
    let mut api = Api::start_with(options).await;
    let in_a_minute = TokenRequest {
        expires_in: Some(Duration::from_mins(1)),
        ..TokenRequest::new("example-org", &Scope::ALL)
    };
    api.token = api.server.issue_token(&in_a_minute).await.unwrap();
    clock.advance(Duration::from_secs(59));
    assert_eq!(api.get("/access-token").await.status, 200);
    clock.advance(Duration::from_secs(1));
    assert_eq!(api.get("/access-token").await.status, 401);
}
