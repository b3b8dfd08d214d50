//! Handles and calls, against the reference server and a scripted one.

use std::{collections::BTreeSet, future::IntoFuture as _, time::Duration};

use registries_client::{
    Client, Error, Field, Method, RetryPolicy, StatusCode, TestClock, Token, types,
};
use registries_server::{Embedded, Scope};
use serde_json::{Value, json};

use crate::support::{REGISTRY, Reply, Scripted, builder};

/// A server, the slug of its organization, and a client with every scope.
async fn start() -> (Embedded, String, Client) {
    let server = Embedded::start().await.unwrap();
    let organization = server.organization().to_owned();
    let secret = server.create_token(&organization, &Scope::ALL).await.unwrap();
    let client = builder(server.base_url(), &secret).build().unwrap();
    (server, organization, client)
}

#[tokio::test]
async fn a_registry_is_handled_from_its_creation_to_its_end() {
    let (server, org, client) = start().await;
    let org = client.organization(org);
    let made = org.create_registry("My Gems", "ruby").description("gems").emoji(":gem:").await;
    let made = made.unwrap();
    assert_eq!((&*made.slug, made.description.as_deref()), ("my-gems", Some("gems")));
    assert_eq!(org.registries().await.unwrap(), std::slice::from_ref(&made));

    let mut gems = org.registry(made.slug);
    assert_eq!(gems.get().await.unwrap().id, made.id);
    let updated = gems.update().color("#000000").clear_description().await.unwrap();
    assert_eq!(updated.color.as_deref(), Some("#000000"), "set");
    assert_eq!(updated.description, None, "cleared");
    assert_eq!(updated.emoji.as_deref(), Some(":gem:"), "kept");

    let renamed = gems.rename("Your Gems").await.unwrap();
    assert_eq!((gems.slug(), &*renamed.slug), ("your-gems", "your-gems"));
    assert_eq!(gems.find().await.unwrap().unwrap().id, made.id);
    assert!(org.registry("my-gems").find().await.unwrap().is_none());

    assert!(gems.delete_if_exists().await.unwrap());
    assert!(!gems.delete_if_exists().await.unwrap());
    assert!(gems.delete().await.unwrap_err().is_not_found());
    assert_eq!(server.registries().await.unwrap(), 0);
}

#[tokio::test]
async fn a_registry_token_is_handled_from_its_creation_to_its_end() {
    let (_server, org, client) = start().await;
    let org = client.organization(org);
    org.create_registry("gems", "ruby").await.unwrap();
    let gems = org.registry("gems");

    let created = gems.create_token("CI").await.unwrap();
    assert!(created.secret.expose().len() > 20);
    assert!(!format!("{created:?}").contains(created.secret.expose()));
    assert_eq!(created.description.as_deref(), Some("CI"));
    assert_eq!(gems.tokens().await.unwrap()[0].id, created.id);

    let token = gems.token(&created.id);
    assert_eq!(token.get().await.unwrap().id, created.id);
    let updated = token.update("people").await.unwrap();
    assert_eq!(updated.description.as_deref(), Some("people"));
    assert!(token.find().await.unwrap().is_some());
    assert!(token.delete_if_exists().await.unwrap());
    assert!(!token.delete_if_exists().await.unwrap());
    assert!(token.find().await.unwrap().is_none());
    assert!(token.delete().await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn organization_access_token_and_root_are_read() {
    let (_server, slug, client) = start().await;
    let org = client.organization(&slug);
    assert_eq!(org.get().await.unwrap().slug, slug);
    assert_eq!(org.find().await.unwrap().unwrap().slug, slug);
    assert!(client.organization("no-such-one").find().await.unwrap().is_none());
    assert!(org.rate_limits().await.unwrap().scopes.unwrap().rest.is_some());
    assert!(client.root().await.unwrap().message.is_some());
    let token = client.access_token();
    assert_eq!(token.get().await.unwrap().scopes.len(), Scope::ALL.len());
    token.revoke().await.unwrap();
    assert!(token.get().await.unwrap_err().is_unauthorized());
}

#[tokio::test]
async fn a_call_borrows_nothing_and_its_response_has_the_rest() {
    let (_server, org, client) = start().await;
    let created = {
        let org = client.organization(org.clone());
        let call = org.create_registry("gems", "ruby").team_ids(Vec::<String>::new());
        tokio::spawn(call.into_future())
    };
    drop(client.clone());
    assert_eq!(created.await.unwrap().unwrap().name, "gems");

    let gems = client.organization(&org).registry("gems");
    let response = gems.get().send().await.unwrap();
    assert_eq!((response.status(), response.operation()), (StatusCode::OK, "get_registry"));
    assert!(response.rate_limits().user.limit.is_some());
    let body: Value = serde_json::from_slice(response.body()).unwrap();
    assert_eq!(body["slug"], "gems");
    let missing = client.organization(org).registry("no").find().send().await.unwrap();
    assert_eq!((missing.status(), missing.into_inner()), (StatusCode::NOT_FOUND, None));
}

#[tokio::test]
async fn every_property_of_a_creation_and_an_update_is_sent() {
    let server = Scripted::start(vec![Reply::json(200, REGISTRY); 3]).await;
    let org = server.client().organization("my-org");
    let yaml = "- iss: https://agent.buildkite.com";
    let create = org.create_registry("n", "ruby").description("d").emoji("e").color("c");
    create.policy(yaml).team_ids(["a", "b"]).await.unwrap();
    let registry = org.registry("r");
    registry.update().description("d").emoji("e").color("c").policy(yaml).await.unwrap();
    let cleared = registry.update().clear_description().clear_emoji().clear_color();
    cleared.clear_policy().await.unwrap();

    let received = server.received();
    let bodies = received.iter().map(|it| serde_json::from_str(&it.body).unwrap());
    let set = json!({"description": "d", "emoji": "e", "color": "c", "oidc_policy": yaml});
    let mut created = set.clone();
    created["name"] = json!("n");
    created["ecosystem"] = json!("ruby");
    created["team_ids"] = json!(["a", "b"]);
    let cleared = json!({"description": null, "emoji": null, "color": null, "oidc_policy": null});
    assert_eq!(bodies.collect::<Vec<Value>>(), [created, set, cleared]);
}

#[tokio::test]
async fn a_deletion_whose_response_was_lost_is_sent_again_if_it_may_find_nothing() {
    let gone = || Reply::json(404, r#"{"message":"No registry found"}"#);
    for lost in [Reply::Nothing, Reply::new(503, "", "")] {
        let server = Scripted::start([lost.clone(), gone()]).await;
        let client = server.builder().clock(TestClock::default()).build().unwrap();
        let registry = client.organization("my-org").registry("r");
        assert!(registry.delete_if_exists().await.unwrap(), "the first attempt deleted it");
        assert_eq!(server.received().len(), 2);

        let server = Scripted::start([lost, gone()]).await;
        let client = server.builder().clock(TestClock::default()).build().unwrap();
        client.organization("my-org").registry("r").delete().await.unwrap_err();
        assert_eq!(server.received().len(), 1, "an unconditional one is not");
    }
    // After a 429 nothing was lost.
    let server = Scripted::start([Reply::new(429, "RateLimit-Reset: 1", ""), gone()]).await;
    let client = server.builder().clock(TestClock::default()).build().unwrap();
    assert!(!client.organization("my-org").registry("r").delete_if_exists().await.unwrap());
}

#[tokio::test]
async fn a_new_token_without_its_secret_is_an_error_that_keeps_the_response() {
    let server = Scripted::start([Reply::json(200, r#"{"id":"an-id"}"#)]).await;
    let registry = server.client().organization("my-org").registry("r");
    let error = registry.create_token("CI").await.unwrap_err();
    let Error::Decode(error) = error else { panic!("{error}") };
    assert!(error.to_string().contains("missing field `token`"), "{error}");
    assert_eq!(error.body(), r#"{"id":"an-id"}"#);
}

#[tokio::test]
async fn a_rename_that_fails_leaves_the_handle_as_it_was() {
    let server = Scripted::start([Reply::json(422, "{}")]).await;
    let mut registry = server.client().organization("my-org").registry("r");
    registry.rename("other").timeout(Duration::from_mins(1)).await.unwrap_err();
    assert_eq!(registry.slug(), "r");
}

#[tokio::test]
async fn a_call_has_headers_and_a_policy_of_its_own() {
    let server = Scripted::start([
        Reply::json(200, REGISTRY),
        Reply::new(503, "", ""),
        Reply::json(200, REGISTRY),
        Reply::json(200, REGISTRY),
    ])
    .await;
    let client = server.builder().clock(TestClock::default()).build().unwrap();
    let registry = client.organization("my-org").registry("r");
    registry.get().header("X-Mine", "1").header("Accept", "text/plain").await.unwrap();
    registry.get().retry(RetryPolicy::none()).await.unwrap_err();
    registry.update().color("#000000").idempotent().await.unwrap();
    registry.get().await.unwrap();

    let received = server.received();
    assert_eq!(received[0].header("x-mine"), Some("1"));
    assert_eq!(received[0].header("accept"), Some("text/plain"));
    assert_eq!(received[3].header("x-mine"), None, "another call does not have it");
    for (name, value) in [("Authorization", "x"), ("a b", "x"), ("X-Mine", "a\nb")] {
        let error = registry.get().header(name, value).await.unwrap_err();
        assert!(matches!(error, Error::InvalidParameter(_)), "{error}");
    }
    assert_eq!(server.received().len(), 4);
}

#[tokio::test]
async fn a_call_that_may_be_repeated_is() {
    let server = Scripted::start([Reply::new(503, "", ""), Reply::json(200, REGISTRY)]).await;
    let client = server.builder().clock(TestClock::default()).build().unwrap();
    let update = client.organization("my-org").registry("r").update().color("#000000");
    update.idempotent().await.unwrap();
    assert_eq!(server.received().len(), 2);
}

#[tokio::test]
async fn one_attempt_is_given_its_time() {
    let server = Scripted::start([Reply::Silence]).await;
    let registry = server.client().organization("my-org").registry("r");
    let error = registry.get().timeout(Duration::from_millis(10)).await.unwrap_err();
    assert!(matches!(&error, Error::Transport(error) if error.is_timeout()), "{error}");
}

#[tokio::test]
async fn a_deadline_counts_attempts_and_waits() {
    // A wait of 42.5 seconds and more would end after the deadline, and is not begun.
    let limited = Reply::new(429, "RateLimit-Remaining: 0\nRateLimit-Reset: 42", "");
    let server = Scripted::start([limited, Reply::json(200, REGISTRY)]).await;
    let clock = TestClock::default();
    let client = server.builder().clock(clock.clone()).build().unwrap();
    let registry = client.organization("my-org").registry("r");
    let error = registry.get().deadline(Duration::from_secs(42)).await.unwrap_err();
    assert!(error.is_rate_limited() && clock.waits().is_empty(), "{error}");
    registry.get().deadline(Duration::from_mins(1)).await.unwrap();
}

#[tokio::test]
async fn a_call_ends_by_default_within_the_time_limit_of_its_policy() {
    let limited = Reply::new(429, "RateLimit-Remaining: 0\nRateLimit-Reset: 100", "");
    let server = Scripted::start(vec![limited; 4]).await;
    let clock = TestClock::default();
    let client = server.builder().clock(clock.clone()).build().unwrap();
    let error = client.access_token().get().await.unwrap_err();
    assert!(error.is_rate_limited());
    assert_eq!(clock.waits().len(), 1, "a second wait would end after three minutes");
}

#[tokio::test]
async fn generated_builders_take_no_options_of_other_calls() {
    let server = Scripted::start(vec![Reply::json(200, REGISTRY); 2]).await;
    let client = server.client();
    client.organization("o").registry("r").get().header("X-Mine", "1").await.unwrap();
    let update = types::UpdateRegistry::builder().description(Field::Null);
    let request = client.update_registry().org_slug("o").registry_slug("r").body(update);
    request.send().await.unwrap();
    assert_eq!(server.received()[1].header("x-mine"), None);
}

#[tokio::test]
async fn what_the_contract_does_not_have_is_requested_all_the_same() {
    let (_server, org, client) = start().await;
    let registries = ["packages", "organizations", &org, "registries"];
    let body = json!({"name": "gems", "ecosystem": "ruby"});
    let created = client.request(Method::POST, registries).json(&body).send_json::<Value>().await;
    assert_eq!(created.unwrap()["slug"], "gems");
    let listed = client.request(Method::GET, registries).query("page", 1).await.unwrap();
    assert!(serde_json::from_slice::<Value>(&listed).unwrap().is_array());
    let missing = client.request(Method::GET, ["organizations", "no"]).await.unwrap_err();
    let printed = missing.to_string();
    assert!(missing.is_not_found(), "{printed}");
    assert!(printed.starts_with("GET /organizations/no returned 404"), "{printed}");
}

#[tokio::test]
async fn the_segments_of_a_request_are_encoded_or_refused() {
    let server = Scripted::start(vec![Reply::json(200, "[]"); 2]).await;
    let client = server.client();
    client.request(Method::GET, ["a/b", "ü ?"]).query("q", "a&b=c").send().await.unwrap();
    let received = server.only();
    assert_eq!(received.line, "GET /v2/a%2Fb/%C3%BC%20%3F?q=a%26b%3Dc");
    assert_eq!(received.header("authorization"), Some("Bearer secret"));
    for segments in [["a", ".."], [".", "a"], ["", "a"]] {
        let error = client.request(Method::GET, segments).await.unwrap_err();
        assert!(matches!(error, Error::InvalidParameter(_)), "{error}");
    }
    let error = client.request(Method::GET, ["a"]).send_json::<u8>().await.unwrap_err();
    assert!(matches!(error, Error::Decode(_)), "{error}");
}

#[tokio::test]
async fn a_body_of_any_media_type_is_sent_as_it_is_and_again_after_a_429() {
    let limited = Reply::new(429, "Retry-After: 1", "");
    let server = Scripted::start([limited, Reply::json(200, "{}")]).await;
    let client = server.builder().clock(TestClock::default()).build().unwrap();
    let call = client.request(Method::PUT, ["a"]).body("text/yaml; charset=utf-8", "a: [1]\n");
    call.await.unwrap();
    let received = server.received();
    assert_eq!(received.len(), 2);
    for request in received {
        assert_eq!(request.header("content-type"), Some("text/yaml; charset=utf-8"));
        assert_eq!(request.body, "a: [1]\n");
    }
    let error = client.request(Method::PUT, ["a"]).body("a\nb", "").await.unwrap_err();
    assert!(error.to_string().contains("media type"), "{error}");
}

#[tokio::test]
async fn a_path_is_sent_as_it_is_given_and_stays_below_the_base_url() {
    let server = Scripted::start(vec![Reply::json(200, "[]"); 2]).await;
    let client = server.client();
    let path = "/a%2Fb//c;d?q=a%20b+c&&e=%2e%2E&f";
    client.request_path(Method::GET, path).await.unwrap();
    assert_eq!(server.only().line, format!("GET /v2{path}"));
    assert_eq!(server.only().header("authorization"), Some("Bearer secret"));
    let refused = ["a", "", "/../x", "/a/%2e%2E/x", "/a/.", "/a\\..\\b", "/.\t./x", "/a#b", "/a\n"];
    for path in refused {
        let error = client.request_path(Method::GET, path).await.unwrap_err();
        assert!(matches!(error, Error::InvalidParameter(_)), "{path}: {error}");
    }
}

#[test]
fn calls_and_handles_can_be_sent_to_other_threads() {
    fn is_send<T: Send + 'static>(_: T) {}
    let client = Client::builder().base_url("http://h/v2").token(Token::new("t").unwrap());
    let client = client.build().unwrap();
    let org = client.organization("o");
    is_send(org.create_registry("n", "e"));
    is_send(org.create_registry("n", "e").send());
    is_send(org.create_registry("n", "e").into_future());
    is_send(client.organizations());
    is_send(client.organizations().all());
    is_send(client.request(Method::GET, ["a"]).send_json::<Value>());
    let mut registry = org.registry("r");
    is_send(async move { registry.rename("n").await });
}

#[test]
fn the_readme_lists_every_operation() {
    let readme = include_str!("../../README.md");
    let table = readme.split("## Operations").nth(1).unwrap().split("\n## ").next().unwrap();
    let rows = table.lines().filter(|line| line.starts_with("| `"));
    let named =
        rows.filter_map(|row| row.split('|').nth(3)?.trim().strip_prefix('`')?.strip_suffix('`'));
    let listed = include_str!("../../api.txt").lines();
    let listed = listed.filter_map(|line| line.strip_prefix("operation "));
    assert_eq!(named.collect::<BTreeSet<_>>(), listed.collect::<BTreeSet<_>>());
}
