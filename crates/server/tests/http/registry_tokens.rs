//! The operations on registry tokens.

use std::sync::Arc;

use registries_server::{EmbeddedOptions, ManualClock, Scope, TokenRequest};
use serde_json::{Value, json};

use crate::harness::{Answer, Api, Database, on_every_database};
use crate::transcript::{Transcript, brief};

on_every_database! {
    the_documented_example_is_reproduced_property_by_property,
    tokens_are_created_listed_got_updated_and_deleted,
    a_token_belongs_to_its_registry,
    a_token_goes_with_its_registry,
    what_is_wrong_with_a_body_is_reported,
    a_registry_token_is_no_access_token,
    an_id_has_one_spelling,
    a_long_list_has_every_token_once,
}

const RESPONSE: &str = documented!("registry-tokens/create-a-registry-token.response.json");

fn tokens(api: &Api, slug: &str) -> String {
    format!("{}/tokens", api.registry(slug))
}

async fn the_documented_example_is_reproduced_property_by_property(database: Database) {
    let mut expected: Value = serde_json::from_str(RESPONSE).unwrap();
    let created_at: chrono::DateTime<chrono::Utc> =
        expected["created_at"].as_str().unwrap().parse().unwrap();
    let clock = Arc::new(ManualClock::at(created_at));
    let mut api = Api::start_with(EmbeddedOptions { clock, ..database.options() }).await;
    let user = Some("eminem@buildkite.com".to_owned());
    let request = TokenRequest { user, ..TokenRequest::new("example-org", &Scope::ALL) };
    api.token = api.server.issue_token(&request).await.unwrap();
    let registry = api.create("my registry").await;
    let path = tokens(&api, "my-registry");
    let answer = api.send("POST", &path, json!({"description": "Usher"})).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("cache-control"), Some("no-store"), "there is a secret in it");
    let base = api.server.base_url();
    let origin = base.strip_suffix("/v2").unwrap();
    let body = &answer.body;
    // What depends on the deployment: ids, and addresses, which the documentation prints wrongly.
    for (pointer, value) in [
        ("/id", body["id"].clone()),
        ("/graphql_id", body["graphql_id"].clone()),
        ("/url", json!(format!("{base}{path}/{}", body["id"].as_str().unwrap()))),
        ("/created_by/id", body["created_by"]["id"].clone()),
        ("/created_by/graphql_id", body["created_by"]["graphql_id"].clone()),
        ("/created_by/name", json!("eminem")),
        (
            "/created_by/created_at",
            json!(created_at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)),
        ),
        ("/organization/id", body["organization"]["id"].clone()),
        ("/organization/slug", json!("example-org")),
        ("/organization/url", json!(format!("{base}/organizations/example-org"))),
        ("/organization/web_url", json!(format!("{origin}/organizations/example-org"))),
        ("/registry/id", registry["id"].clone()),
        ("/registry/graphql_id", registry["graphql_id"].clone()),
        ("/registry/url", registry["url"].clone()),
        ("/registry/web_url", registry["web_url"].clone()),
    ] {
        *expected.pointer_mut(pointer).unwrap() = value;
    }
    // The printed example leaves the secret out.
    expected["token"] = body["token"].clone();
    assert_eq!(*body, expected);
}

async fn tokens_are_created_listed_got_updated_and_deleted(database: Database) {
    let api = Api::start_on(&database).await;
    api.create("a").await;
    let path = tokens(&api, "a");
    let mut transcript = Transcript::of(&api);
    transcript.get(&path).await;
    let created = transcript.send("POST", &path, json!({"description": "one"})).await;
    let one = format!("{path}/{}", created.body["id"].as_str().unwrap());
    transcript.send("POST", &path, json!({"description": "one"})).await;
    transcript.get(&path).await;
    transcript.get(&one).await;
    let updated = transcript.send("POST", &one, json!({"description": "changed \u{1f33b}"})).await;
    assert_eq!(api.get(&one).await.body, updated.body);
    transcript.send("DELETE", &one, Value::Null).await;
    for (method, body) in on_one() {
        transcript.send(method, &one, body).await;
    }
    transcript.get(&path).await;
    insta::assert_snapshot!("registry-tokens", transcript);
}

/// What may be asked about a token.
fn on_one() -> [(&'static str, Value); 3] {
    [("GET", Value::Null), ("POST", json!({"description": "x"})), ("DELETE", Value::Null)]
}

async fn a_token_belongs_to_its_registry(database: Database) {
    let api = Api::start_on(&database).await;
    api.create("a").await;
    api.create("b").await;
    let token = api.create_registry_token("a").await;
    assert_eq!(api.get(&tokens(&api, "b")).await.body, json!([]));
    for (path, message) in [
        (format!("{}/{token}", tokens(&api, "b")), NO_TOKEN),
        (format!("{}/no-uuid", tokens(&api, "a")), NO_TOKEN),
        (format!("{}/{}", tokens(&api, "a"), uuid::Uuid::now_v7()), NO_TOKEN),
        (format!("{}/%ff", tokens(&api, "a")), NO_TOKEN),
        (format!("{}/{token}", tokens(&api, "unknown")), NO_REGISTRY),
        (tokens(&api, "unknown"), NO_REGISTRY),
    ] {
        for (method, body) in on_one() {
            if method == "DELETE" && path.ends_with("/tokens") {
                continue;
            }
            let answer = api.send(method, &path, body).await;
            let got = (answer.status.as_u16(), &answer.body["message"]);
            assert_eq!(got, (404, &json!(message)), "{method} {path}");
        }
    }
    assert_eq!(api.get(&format!("{}/{token}", tokens(&api, "a"))).await.status, 200);
}

const NO_TOKEN: &str =
    "No registry token found. Check its id, and that it is a token of this registry.";
const NO_REGISTRY: &str =
    "No registry found. Check its slug, which changes when the registry is renamed.";

async fn a_token_goes_with_its_registry(database: Database) {
    let api = Api::start_on(&database).await;
    api.create("a").await;
    let token = api.create_registry_token("a").await;
    api.send("DELETE", &api.registry("a"), Value::Null).await;
    let path = format!("{}/{token}", tokens(&api, "a"));
    assert_eq!(api.get(&path).await.status, 404);
    api.create("a").await;
    assert_eq!(api.get(&path).await.status, 404);
    assert_eq!(api.get(&tokens(&api, "a")).await.body, json!([]));
}

async fn what_is_wrong_with_a_body_is_reported(database: Database) {
    let api = Api::start_on(&database).await;
    api.create("a").await;
    let token = api.create_registry_token("a").await;
    let path = tokens(&api, "a");
    let mut transcript = Transcript::of(&api);
    for body in [
        json!({}),
        json!({"description": null}),
        json!({"description": 1}),
        json!({"description": "a\u{0}b"}),
        json!({"description": "x".repeat(4097)}),
        json!([]),
    ] {
        let created = api.send("POST", &path, body.clone()).await;
        let updated = api.send("POST", &format!("{path}/{token}"), body.clone()).await;
        assert_eq!((updated.status, &updated.body), (created.status, &created.body), "{body}");
        transcript.row(&brief(&body), &created);
    }
    assert_eq!(api.get(&path).await.body[0]["description"], "made for a test");
    assert_eq!(api.get(&path).await.body[1], Value::Null);
    insta::assert_snapshot!("wrong-registry-tokens", transcript);
}

async fn a_registry_token_is_no_access_token(database: Database) {
    let api = Api::start_on(&database).await;
    api.create("a").await;
    let created = api.send("POST", &tokens(&api, "a"), json!({"description": ""})).await;
    let secret = created.body["token"].as_str().unwrap();
    for path in ["/access-token".to_owned(), api.registries(), api.registry("a")] {
        let answer = Answer::to(api.request("GET", &path).bearer_auth(secret)).await;
        assert_eq!(answer.status, 401, "{path}");
    }
}

async fn an_id_has_one_spelling(database: Database) {
    let api = Api::start_on(&database).await;
    api.create("a").await;
    let id = api.create_registry_token("a").await;
    let uuid: uuid::Uuid = id.parse().unwrap();
    let mut other = id.clone();
    other.replace_range(0..1, "%30");
    for spelling in [
        id.to_uppercase(),
        uuid.simple().to_string(),
        uuid.braced().to_string(),
        uuid.urn().to_string(),
        format!("%7B{id}%7D"),
        format!("{id}%20"),
        format!("%20{id}"),
        other,
    ] {
        let path = format!("{}/{spelling}", tokens(&api, "a"));
        for (method, body) in on_one() {
            let answer = api.send(method, &path, body).await;
            let got = (answer.status.as_u16(), &answer.body["message"]);
            assert_eq!(got, (404, &json!(NO_TOKEN)), "{method} {path}");
        }
    }
    assert_eq!(api.get(&format!("{}/{id}", tokens(&api, "a"))).await.status, 200);
}

async fn a_long_list_has_every_token_once(database: Database) {
    let api = Api::start_on(&database).await;
    api.create("a").await;
    let path = tokens(&api, "a");
    let mut created = Vec::new();
    // More than one part, by their number and by their length.
    for index in 0..300 {
        let description = "x".repeat(if index < 100 { 4000 } else { 1 });
        let answer = api.send("POST", &path, json!({"description": description})).await;
        created.push(answer.body["id"].clone());
    }
    let answer = api.get(&path).await;
    assert_eq!(answer.header("content-length"), None, "it is made while it is sent");
    let listed = answer.body.as_array().unwrap().iter().map(|token| token["id"].clone());
    assert_eq!(listed.collect::<Vec<_>>(), created);
}
