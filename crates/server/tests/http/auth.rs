//! Who may do what: every operation with every wrong credential.

use std::sync::Arc;
use std::time::Duration;

use registries_server::{EmbeddedOptions, ManualClock, Scope, TokenRequest};
use serde_json::{Value, json};

use crate::harness::{Answer, Api, Database, on_every_database};
use crate::transcript::Transcript;

on_every_database! {
    every_operation_refuses_every_wrong_credential,
    the_scheme_is_read_in_any_case,
    an_organization_that_the_token_does_not_cover_is_as_one_that_does_not_exist,
    every_operation_needs_its_scope_and_no_other,
    a_missing_scope_comes_before_whatever_else_is_wrong,
}

struct Operation {
    method: String,
    path: String,
    /// Each of these scopes is enough. None means that no scope is needed.
    scopes: Vec<Scope>,
    body: Option<&'static str>,
    /// What needs none stands outside the API's root, and needs no token.
    needs_token: bool,
}

const CREATE: &str = r#"{"name": "new", "ecosystem": "ruby"}"#;
const UPDATE: &str = r#"{"description": "changed"}"#;

/// The operations of the contract, with a request that is carried out.
fn operations() -> Vec<Operation> {
    let contract = include_str!("../../../../openapi.yaml");
    let contract: Value = serde_saphyr::from_str(contract).unwrap();
    let mut operations = Vec::new();
    for (path, item) in contract["paths"].as_object().unwrap() {
        let path = path
            .replace("{org_slug}", "ORG")
            .replace("{registry_slug}", "there")
            .replace("{token_id}", "TOKEN");
        for (method, operation) in item.as_object().unwrap() {
            let Some(id) = operation.get("operationId") else { continue };
            let scopes = operation["x-required-scopes"]["any-of"].as_array().unwrap();
            let takes_body = operation.get("requestBody").is_some();
            let needs_token = operation.get("security") != Some(&json!([]));
            assert_eq!(item.get("servers").is_none(), needs_token, "{path}");
            operations.push(Operation {
                method: method.to_uppercase(),
                path: path.clone(),
                scopes: scopes.iter().map(|it| it.as_str().unwrap().parse().unwrap()).collect(),
                body: takes_body.then_some(if id == "create_registry" { CREATE } else { UPDATE }),
                needs_token,
            });
        }
    }
    operations
}

impl Operation {
    /// A request to the organization and, where the path has one, about the registry token.
    fn request(&self, api: &Api, organization: &str, token: &str) -> reqwest::RequestBuilder {
        let path = self.path.replace("ORG", organization).replace("TOKEN", token);
        let request = if self.needs_token {
            api.request(&self.method, &path)
        } else {
            let host = api.server.base_url().strip_suffix("/v2").unwrap();
            api.client.request(self.method.parse().unwrap(), format!("{host}{path}"))
        };
        match self.body {
            Some(body) => request.header("Content-Type", "application/json").body(body),
            None => request,
        }
    }

    fn is_about_an_organization(&self) -> bool {
        self.path.contains("ORG")
    }
}

async fn every_operation_refuses_every_wrong_credential(database: Database) {
    let clock = Arc::new(ManualClock::at("2026-01-01T00:00:00Z".parse().unwrap()));
    let options = EmbeddedOptions { clock: clock.clone(), ..database.options() };
    let api = Api::start_with(options).await;
    api.create("there").await;
    let registry_token = api.create_registry_token("there").await;
    let expired = api
        .server
        .issue_token(&TokenRequest {
            expires_in: Some(Duration::from_secs(1)),
            ..TokenRequest::new("example-org", &Scope::ALL)
        })
        .await
        .unwrap();
    clock.advance(Duration::from_secs(1));
    let revoked = api.token(&Scope::ALL).await;
    Answer::to(api.request("DELETE", "/access-token").bearer_auth(&revoked)).await;

    let good = &api.token;
    let wrong = [
        ("none", vec![]),
        ("empty", vec![String::new()]),
        ("scheme only", vec!["Bearer".to_owned()]),
        ("no token", vec!["Bearer ".to_owned()]),
        ("no scheme", vec![good.clone()]),
        ("basic", vec![format!("Basic {good}")]),
        ("another scheme", vec![format!("Token {good}")]),
        ("two words", vec![format!("Bearer {good} {good}")]),
        ("two tokens", vec![format!("Bearer {good},{good}")]),
        ("two headers", vec![format!("Bearer {good}"), format!("Bearer {good}")]),
        ("unknown", vec!["Bearer bkrt_0000".to_owned()]),
        ("truncated", vec![format!("Bearer {}", &good[..good.len() - 1])]),
        ("other case", vec![format!("Bearer {}", good.to_uppercase())]),
        ("expired", vec![format!("Bearer {expired}")]),
        ("revoked", vec![format!("Bearer {revoked}")]),
    ];
    let refused = async |operation: &Operation| {
        let mut transcript = Transcript::of(&api);
        for (case, values) in &wrong {
            let mut request = operation.request(&api, "example-org", &registry_token);
            for value in values {
                request = request.header("Authorization", value);
            }
            transcript.row(case, &Answer::to(request).await);
        }
        transcript.to_string()
    };
    let operations = operations();
    let listing = operations.iter().find(|it| it.path.ends_with("/registries")).unwrap();
    let transcript = refused(listing).await;
    for operation in &operations {
        let Operation { method, path, needs_token, .. } = operation;
        assert_eq!(refused(operation).await == transcript, *needs_token, "{method} {path}");
    }
    insta::assert_snapshot!("wrong-credentials", transcript);
    let there = api.get(&api.registry("there")).await;
    assert_eq!(there.body["description"], Value::Null, "nothing was changed");
    assert_eq!(api.server.registries().await.unwrap(), 1);
    let tokens = api.get(&format!("{}/tokens", api.registry("there"))).await;
    assert_eq!(tokens.body[0]["description"], "made for a test");
    assert_eq!(tokens.body[1], Value::Null);
}

async fn the_scheme_is_read_in_any_case(database: Database) {
    let api = Api::start_on(&database).await;
    for scheme in ["bearer", "BEARER", "Bearer "] {
        let value = format!("{scheme} {}", api.token);
        let request = api.request("GET", "/access-token").header("Authorization", value);
        assert_eq!(Answer::to(request).await.status, 200, "{scheme:?}");
    }
}

async fn an_organization_that_the_token_does_not_cover_is_as_one_that_does_not_exist(
    database: Database,
) {
    let api = Api::start_on(&database).await;
    api.server.create_organization("other").await.unwrap();
    let theirs = api.server.create_token("other", &Scope::ALL).await.unwrap();
    let create = api.request("POST", "/packages/organizations/other/registries");
    let create = create.bearer_auth(&theirs).json(&json!({"name": "there", "ecosystem": "ruby"}));
    assert_eq!(Answer::to(create).await.status, 200);
    // The responses must not differ with a missing scope either, nor with an invalid body.
    let none = api.token(&[]).await;
    let unknown = uuid::Uuid::now_v7().to_string();
    for operation in operations().iter().filter(|operation| operation.is_about_an_organization()) {
        let mut bodies = Vec::new();
        for token in [&api.token, &none] {
            for organization in ["other", "unknown", "Not%20a%20slug", "%ff", "..%2fother"] {
                for request in [
                    operation.request(&api, organization, &unknown),
                    operation.request(&api, organization, &unknown).body("not json"),
                ] {
                    let answer = Answer::to(request.bearer_auth(token)).await;
                    let Operation { method, path, .. } = operation;
                    assert_eq!(answer.status, 404, "{method} {path}, {organization}: {answer:?}");
                    bodies.push(answer.text);
                }
            }
        }
        bodies.dedup();
        assert_eq!(bodies.len(), 1, "{bodies:?}");
    }
}

async fn every_operation_needs_its_scope_and_no_other(database: Database) {
    let api = Api::start_on(&database).await;
    let mut transcript = Transcript::of(&api);
    for operation in &operations() {
        let mut refused: Option<Answer> = None;
        for scope in Scope::ALL {
            api.send("DELETE", &api.registry("there"), Value::Null).await;
            api.send("DELETE", &api.registry("new"), Value::Null).await;
            api.create("there").await;
            let registry_token = api.create_registry_token("there").await;
            let token = api.token(&[scope]).await;
            let request = operation.request(&api, "example-org", &registry_token);
            let answer = Answer::to(request.bearer_auth(token)).await;
            let Operation { method, path, .. } = operation;
            if operation.scopes.is_empty() || operation.scopes.contains(&scope) {
                assert!(answer.status.is_success(), "{method} {path}, {scope}: {answer:?}");
                continue;
            }
            let there = api.get(&api.registry("there")).await;
            assert_eq!(there.body["description"], Value::Null, "{method} {path}, {scope}");
            assert_eq!(api.server.registries().await.unwrap(), 1, "{method} {path}, {scope}");
            if let Some(refused) = &refused {
                assert_eq!((answer.status, answer.text), (refused.status, refused.text.clone()));
            } else {
                transcript.row(&format!("{method} {path}"), &answer);
                refused = Some(answer);
            }
        }
    }
    insta::assert_snapshot!("missing-scopes", transcript);
}

async fn a_missing_scope_comes_before_whatever_else_is_wrong(database: Database) {
    let api = Api::start_on(&database).await;
    let token = api.token(&[Scope::ReadPackages]).await;
    let requests = [
        api.request("GET", &api.registry("unknown")),
        api.request("DELETE", &api.registry("unknown")),
        api.request("GET", &api.registry("%ff")),
        api.request("DELETE", &api.registry("%ff")),
        api.request("PATCH", &api.registry("%ff")).body("not json"),
        api.request("PATCH", &api.registry("unknown")).body("not json"),
        api.request("POST", &api.registries()).body("not json"),
    ];
    for request in requests {
        assert_eq!(Answer::to(request.bearer_auth(&token)).await.status, 403);
    }
}
