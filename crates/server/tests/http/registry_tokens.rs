//! The operations on registry tokens.

use std::sync::Arc;

use registries_server::{EmbeddedOptions, ManualClock, Scope, TokenRequest};
use serde_json::{Value, json};

use crate::harness::{Answer, Api, Database, on_every_database};

on_every_database! {
    the_documented_example_is_reproduced_property_by_property,
    the_secret_is_shown_once,
    tokens_are_listed_got_updated_and_deleted,
    a_token_belongs_to_its_registry,
    a_token_goes_with_its_registry,
    what_is_wrong_with_a_body_is_told,
    a_registry_token_is_no_access_token,
    an_id_has_one_spelling,
    a_long_list_has_every_token_once,
}

const RESPONSE: &str =
    include_str!("../data/registry-tokens/create-a-registry-token.response.json");

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

async fn the_secret_is_shown_once(database: Database) {
    let api = Api::start_on(&database).await;
    api.create("a").await;
    let path = tokens(&api, "a");
    let created = api.send("POST", &path, json!({"description": "one"})).await;
    let secret = created.body["token"].as_str().unwrap();
    assert!(secret.len() > 40, "{secret}");
    let one = format!("{path}/{}", created.body["id"].as_str().unwrap());
    for answer in [
        api.get(&path).await,
        api.get(&one).await,
        api.send("POST", &one, json!({"description": "two"})).await,
    ] {
        assert_eq!(answer.status, 200);
        assert!(!answer.text.contains(secret) && !answer.text.contains("\"token\""));
    }
    let other = api.send("POST", &path, json!({"description": "one"})).await;
    assert_ne!(other.body["token"], created.body["token"]);
}

async fn tokens_are_listed_got_updated_and_deleted(database: Database) {
    let api = Api::start_on(&database).await;
    api.create("a").await;
    let path = tokens(&api, "a");
    assert_eq!(api.get(&path).await.body, json!([]));
    let (first, second) =
        (api.create_registry_token("a").await, api.create_registry_token("a").await);
    let listed = api.get(&path).await.body;
    let ids: Vec<&str> =
        listed.as_array().unwrap().iter().map(|token| token["id"].as_str().unwrap()).collect();
    assert_eq!(ids, [&first, &second]);
    let one = format!("{path}/{first}");
    let got = api.get(&one).await;
    assert_eq!(got.body, listed[0]);
    let updated = api.send("POST", &one, json!({"description": "changed \u{1f33b}"})).await;
    let mut expected = got.body;
    expected["description"] = json!("changed \u{1f33b}");
    assert_eq!((updated.status.as_u16(), &updated.body), (200, &expected));
    assert_eq!(api.get(&one).await.body, expected);
    assert_eq!(api.send("DELETE", &one, Value::Null).await.status, 200);
    for (method, body) in
        [("GET", Value::Null), ("POST", json!({"description": "x"})), ("DELETE", Value::Null)]
    {
        assert_eq!(api.send(method, &one, body).await.status, 404, "{method}");
    }
    assert_eq!(api.get(&path).await.body.as_array().unwrap().len(), 1);
}

async fn a_token_belongs_to_its_registry(database: Database) {
    let api = Api::start_on(&database).await;
    api.create("a").await;
    api.create("b").await;
    let token = api.create_registry_token("a").await;
    assert_eq!(api.get(&tokens(&api, "b")).await.body, json!([]));
    for path in [
        format!("{}/{token}", tokens(&api, "b")),
        format!("{}/no-uuid", tokens(&api, "a")),
        format!("{}/{}", tokens(&api, "a"), uuid::Uuid::now_v7()),
        format!("{}/%ff", tokens(&api, "a")),
        format!("{}/{token}", tokens(&api, "unknown")),
    ] {
        for (method, body) in
            [("GET", Value::Null), ("POST", json!({"description": "x"})), ("DELETE", Value::Null)]
        {
            assert_eq!(api.send(method, &path, body).await.status, 404, "{method} {path}");
        }
    }
    for (method, body) in [("GET", Value::Null), ("POST", json!({"description": "x"}))] {
        assert_eq!(api.send(method, &tokens(&api, "unknown"), body).await.status, 404);
    }
    assert_eq!(api.get(&format!("{}/{token}", tokens(&api, "a"))).await.status, 200);
}

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

async fn what_is_wrong_with_a_body_is_told(database: Database) {
    let api = Api::start_on(&database).await;
    api.create("a").await;
    let token = api.create_registry_token("a").await;
    let path = tokens(&api, "a");
    for path in [path.clone(), format!("{path}/{token}")] {
        for (body, code) in [
            (json!({}), "missing"),
            (json!({"description": null}), "wrong_type"),
            (json!({"description": 1}), "wrong_type"),
            (json!({"description": "a\u{0}b"}), "invalid"),
            (json!({"description": "x".repeat(4097)}), "too_long"),
        ] {
            let answer = api.send("POST", &path, body).await;
            let problems = answer.problems();
            assert_eq!(problems.len(), 1, "{problems:?}");
            assert_eq!((problems[0].0, problems[0].1), ("description", code));
        }
        let answer = api.send("POST", &path, json!([])).await;
        assert_eq!(answer.problems()[0].0, "body");
        let request = api.request("POST", &path).bearer_auth(&api.token);
        let request = request.header("Content-Type", "application/json").body("{");
        assert_eq!(Answer::to(request).await.status, 400);
    }
    assert_eq!(api.get(&path).await.body.as_array().unwrap().len(), 1);
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
        for (method, body) in
            [("GET", Value::Null), ("POST", json!({"description": "x"})), ("DELETE", Value::Null)]
        {
            let answer = api.send(method, &path, body).await;
            assert_eq!(answer.status, 404, "{method} {path}");
            let message = answer.body["message"].as_str().unwrap();
            assert!(message.starts_with("No registry token found"), "{message}");
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
