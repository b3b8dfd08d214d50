//! What the client makes of what it receives.

use std::time::Duration;

use crate::support::{REGISTRY, Reply, Scripted};
use registries_client::{Ecosystem, Error, types};
use serde_json::{Value, json};

/// The seed's registry, changed.
fn registry_with(change: impl FnOnce(&mut Value)) -> Value {
    let mut registry = serde_json::from_str(REGISTRY).unwrap();
    change(&mut registry);
    registry
}

async fn get(reply: Reply) -> Result<registries_client::Response<types::Registry>, Error> {
    let server = Scripted::start([reply]).await;
    server.client().get_registry().org_slug("my-org").registry_slug("my-registry").send().await
}

/// The registry that the client makes of `json`.
async fn read(json: Value) -> types::Registry {
    get(Reply::json(200, &json.to_string())).await.unwrap().into_inner()
}

#[tokio::test]
async fn the_seed_registry_is_read() {
    let registry = read(registry_with(|_| ())).await;
    assert_eq!(registry.id, "0191df84-85e4-77aa-83ba-6579084728eb");
    assert_eq!(registry.slug, "my-registry");
    assert_eq!(registry.public, Some(false));
    assert_eq!((registry.description, registry.oidc_policy), (None, None));
}

#[tokio::test]
async fn what_the_contract_does_not_know_or_allow_is_read() {
    let odd = registry_with(|registry| {
        registry["slug"] = "Odd Slug_é".into();
        registry["ecosystem"] = "swift".into();
        registry["color"] = "chartreuse".into();
        registry["id"] = "17".into();
        registry["graphql_id"] = "?".into();
        registry["url"] = "not a url".into();
        registry["team_ids"] = json!(["team-one-uuid"]);
        registry["type"] = "composite".into();
        registry["unheard_of"] = json!({"nested": [1]});
    });
    let registry = read(odd).await;
    assert_eq!(registry.slug, "Odd Slug_é");
    assert_eq!(registry.ecosystem, "swift");
    assert!(!registry.ecosystem.is_known());
    assert_eq!(registry.team_ids.unwrap(), ["team-one-uuid"]);
    assert_eq!(registry.type_.as_deref(), Some("composite"));
}

#[tokio::test]
async fn what_is_missing_or_null_is_none() {
    let least = json!({"id": "1", "slug": "s", "name": "n", "ecosystem": "ruby"});
    let registry = read(least.clone()).await;
    assert_eq!((registry.public, registry.url, registry.team_ids), (None, None, None));

    let nulls = registry_with(|registry| {
        for (key, value) in registry.as_object_mut().unwrap() {
            if least.get(key).is_none() {
                *value = Value::Null;
            }
        }
        registry["team_ids"] = Value::Null;
    });
    let registry = read(nulls).await;
    assert_eq!((registry.public, registry.url, registry.team_ids), (None, None, None));
}

#[test]
fn an_ecosystem_is_a_known_one_or_any_other() {
    let known: Vec<_> = Ecosystem::known().iter().map(Ecosystem::to_string).collect();
    assert_eq!(known, ["ruby", "java", "python", "container"]);
    for text in ["ruby", "swift", "Ruby", ""] {
        let ecosystem: Ecosystem = text.parse().unwrap();
        assert_eq!((ecosystem.as_str(), ecosystem.to_string()), (text, text.to_owned()));
        assert_eq!(ecosystem.is_known(), text == "ruby");
        let json = serde_json::to_value(&ecosystem).unwrap();
        assert_eq!(json, text);
        assert_eq!(serde_json::from_value::<Ecosystem>(json).unwrap(), ecosystem);
    }
    assert!(matches!(Ecosystem::from("java"), Ecosystem::Java));
    assert_eq!(Ecosystem::Other("ruby".to_owned()), Ecosystem::Ruby);
    assert!(Ecosystem::Ruby == *"ruby");
}

/// Most deployments return it only when a registry token is created.
#[tokio::test]
async fn a_secret_that_is_returned_again_is_read_and_not_printed() {
    let response = Reply::json(200, r#"{"id": "1", "token": "bkpt_secret"}"#);
    let server = Scripted::start([response]).await;
    let client = server.client();
    let get = client.get_registry_token().org_slug("my-org").registry_slug("my-registry");
    let token = get.token_id("1").send().await.unwrap();
    assert!(!format!("{token:?}").contains("bkpt_secret"));
    assert_eq!(token.into_inner().token.unwrap().expose(), "bkpt_secret");
}

#[tokio::test]
async fn a_policy_is_read_as_text_or_structure() {
    for policy in
        [json!("- iss: x"), json!([{"iss": "x", "claims": {"a": {"in": [1]}}}]), json!({})]
    {
        let registry =
            read(registry_with(|registry| registry["oidc_policy"] = policy.clone())).await;
        assert_eq!(serde_json::to_value(registry.oidc_policy).unwrap(), policy);
    }
}

#[tokio::test]
async fn a_token_is_read_whatever_its_times_look_like() {
    for expires_at in [json!("2025-07-23 06:07:42 UTC"), json!("2025-07-23T06:07:42Z"), Value::Null]
    {
        let token = json!({
            "uuid": "not-a-uuid", "scopes": ["read_build", "unheard_of"], "description": null,
            "created_at": "yesterday", "expires_at": expires_at, "user": {"email": "odd", "name": "A"},
        });
        let server = Scripted::start([Reply::json(200, &token.to_string())]).await;
        let token = server.client().get_access_token().send().await.unwrap();
        assert_eq!(token.created_at.as_deref(), Some("yesterday"));
        assert_eq!(token.expires_at.as_deref(), expires_at.as_str());
        assert_eq!(token.scopes, ["read_build", "unheard_of"]);
    }
}

#[tokio::test]
async fn a_success_that_the_contract_does_not_name_is_a_success() {
    for status in [200, 201, 202] {
        let registry = get(Reply::json(status, REGISTRY)).await.unwrap();
        assert_eq!((registry.status().as_u16(), &*registry.slug), (status, "my-registry"));
    }
    for (status, body) in [(200, ""), (200, "{}"), (202, "<p>gone</p>"), (204, "")] {
        let server = Scripted::start([Reply::new(status, "", body)]).await;
        let client = server.client();
        let request = client.delete_registry().org_slug("my-org").registry_slug("my-registry");
        assert_eq!(request.send().await.unwrap().status().as_u16(), status);
    }
}

#[tokio::test]
async fn a_response_keeps_headers_and_rate_limits() {
    let headers = "
        Content-Type: application/json
        RateLimit-Remaining: 180
        RateLimit-Reset: 42
        RateLimit-User-Remaining: 0
        X-Request-Id: abc";
    let registry = get(Reply::new(200, headers, REGISTRY)).await.unwrap();
    assert_eq!(registry.headers()["x-request-id"], "abc");
    let limits = registry.rate_limits();
    assert_eq!(limits.organization.remaining, Some(180));
    assert_eq!(limits.organization.reset, Some(Duration::from_secs(42)));
    assert!(limits.user.is_exhausted() && !limits.organization.is_exhausted());
}

#[tokio::test]
async fn an_error_keeps_message_errors_headers_and_body() {
    let body = r#"{"message":"Validation Failed","errors":[{"field":"name","message":"name is required"},"odd"]}"#;
    let headers = "Content-Type: application/json\nRateLimit-Remaining: 3";
    let error = get(Reply::new(422, headers, body)).await.unwrap_err();
    assert!(error.is_validation() && !error.is_not_found());
    assert_eq!(error.status().unwrap(), 422);
    assert_eq!(error.message(), Some("Validation Failed"));
    assert_eq!(error.body().unwrap(), body);
    let text = error.to_string();
    assert!(text.contains("get_registry") && text.contains("name is required; odd"), "{text}");
    let Error::Api(error) = error else { panic!("{error}") };
    assert_eq!(error.errors()[0]["field"], "name");
    assert_eq!(error.rate_limits().organization.remaining, Some(3));
    assert_eq!(
        (error.operation(), error.json().unwrap()["message"].as_str()),
        ("get_registry", error.message())
    );
}

#[tokio::test]
async fn an_error_page_keeps_everything() {
    let page = "<html><body>Bad gateway</body></html>";
    for status in [401, 404, 418, 422, 502] {
        let reply = Reply::new(status, "Content-Type: text/html\nX-Request-Id: abc", page);
        let error = get(reply).await.unwrap_err();
        assert_eq!(error.status().unwrap().as_u16(), status);
        assert_eq!(error.headers().unwrap()["x-request-id"], "abc");
        assert_eq!(error.body().unwrap(), page);
        assert_eq!(error.message(), None);
        assert!(error.to_string().contains("37 bytes of text/html"), "{error}");
        let Error::Api(error) = error else { panic!("{error}") };
        assert_eq!(error.text(), page);
    }
}

#[tokio::test]
async fn an_error_body_of_any_shape_is_no_other_error() {
    for body in ["", "null", "[]", r#"{"message":42,"errors":"none"}"#, "{", "\u{0}"] {
        let error = get(Reply::json(403, body)).await.unwrap_err();
        assert!(error.is_forbidden(), "{error}");
        assert_eq!(error.message(), None);
    }
}

#[tokio::test]
async fn a_success_that_cannot_be_read_keeps_everything() {
    let page = "<html>Log in</html>";
    let headers = "Content-Type: text/html\nX-Request-Id: abc";
    let error = get(Reply::new(200, headers, page)).await.unwrap_err();
    assert!(matches!(error, Error::Decode(_)));
    assert_eq!(error.status().unwrap(), 200);
    assert_eq!(error.headers().unwrap()["x-request-id"], "abc");
    assert_eq!(error.body().unwrap(), page);
    let text = error.to_string();
    assert!(
        text.contains("succeeded with 200") && text.contains("19 bytes of text/html"),
        "{text}"
    );

    let error = get(Reply::new(204, "", "")).await.unwrap_err();
    assert!(matches!(error, Error::Decode(_)), "{error}");
    let error = get(Reply::json(200, &format!("{REGISTRY} and more"))).await.unwrap_err();
    assert!(matches!(error, Error::Decode(_)), "{error}");
}

#[tokio::test]
async fn an_error_says_where_in_the_body_it_is() {
    let list = json!([serde_json::from_str::<Value>(REGISTRY).unwrap(), {
        "id": "1", "slug": 7, "name": "n", "ecosystem": "ruby",
    }]);
    let server = Scripted::start([Reply::json(200, &list.to_string())]).await;
    let error = server.client().list_registries().org_slug("my-org").send().await.unwrap_err();
    let Error::Decode(error) = error else { panic!("{error}") };
    assert_eq!(error.path(), "[1].slug");
    assert!(error.to_string().contains("at [1].slug"), "{error}");
}

#[tokio::test]
async fn no_answer_is_an_error_of_its_own() {
    let error = get(Reply::Nothing).await.unwrap_err();
    let Error::Transport(error) = error else { panic!("{error}") };
    assert!(!error.is_connect() && !error.is_timeout());
    assert_eq!(error.operation(), "get_registry");

    let error = get(Reply::broken(200)).await.unwrap_err();
    assert!(matches!(error, Error::Transport(_)), "{error}");
    assert_eq!(error.status(), None);
}

#[tokio::test]
async fn a_timeout_is_known_as_one() {
    let server = Scripted::start([Reply::Silence]).await;
    let builder = server.builder().timeout(Duration::from_millis(50));
    let client = builder.retry(registries_client::RetryPolicy::none()).build().unwrap();
    let error = client.get_access_token().send().await.unwrap_err();
    let text = error.to_string();
    let Error::Transport(error) = error else { panic!("{error}") };
    assert!(error.is_timeout() && !error.is_connect());
    assert!(text.contains("in time"), "{text}");
}

#[tokio::test]
async fn an_error_says_what_is_wrong_with_a_body_without_its_values() {
    for (body, expected) in [
        (r#"{"id": "1", "slug": "hunter2"}"#, "missing field `ecosystem`"),
        (
            r#"{"id": "1", "slug": {"hunter2": 1}, "name": "n", "ecosystem": "e"}"#,
            "at slug: map instead of a string",
        ),
        (r#""hunter2""#, "string instead of struct Registry"),
        (r#"{"id": hunter2"#, "at id: expected value at line 1 column 8"),
        (r#"{"Hunter 2": ["#, "at ?"),
    ] {
        let error = get(Reply::json(200, body)).await.unwrap_err().to_string();
        assert!(error.contains(expected) && !error.to_lowercase().contains("hunter"), "{error}");
    }
}

#[tokio::test]
async fn the_status_alone_says_what_kind_of_error_it_is() {
    let page = Reply::new(404, "Content-Type: text/html", "<p>no</p>");
    let replies = [page, Reply::new(404, "", ""), Reply::json(404, "null"), Reply::broken(404)];
    for reply in replies {
        let error = get(reply.clone()).await.unwrap_err();
        assert!(error.is_not_found(), "{reply:?}: {error}");
        assert_eq!(error.status().unwrap(), 404);
    }
    let other = Reply::json(400, r#"{"message": "Not found", "status": 404}"#);
    assert!(!get(other).await.unwrap_err().is_not_found());
    assert!(get(Reply::broken(401)).await.unwrap_err().is_unauthorized());
    assert!(get(Reply::broken(429)).await.unwrap_err().is_rate_limited());
}

#[tokio::test]
async fn a_response_is_read_up_to_a_limit_that_can_be_set() {
    let list = format!("[{}{REGISTRY}]", format!("{REGISTRY},").repeat(9));
    let read = async |limit: usize, reply: Reply| {
        let server = Scripted::start([reply]).await;
        let builder = server.builder().retry(registries_client::RetryPolicy::none());
        let client = builder.max_response_size(limit).build().unwrap();
        client.list_registries().org_slug("my-org").send().await
    };
    assert_eq!(read(list.len(), Reply::json(200, &list)).await.unwrap().len(), 10);
    for reply in [Reply::json(200, &list), Reply::endless(200)] {
        let error = read(list.len() - 1, reply).await.unwrap_err();
        assert_eq!(error.status().unwrap(), 200);
        assert!(error.to_string().contains("max_response_size"), "{error}");
        let Error::TooLarge(error) = error else { panic!("{error}") };
        assert_eq!((error.operation(), error.limit()), ("list_registries", list.len() - 1));
    }
    // An error is one however long it is, and so is a success without a value.
    let error = read(usize::MAX, Reply::endless(404)).await.unwrap_err();
    assert!(error.is_not_found(), "{error}");
    assert_eq!(error.body().unwrap().len(), 1024 * 1024);
    let server = Scripted::start([Reply::endless(200)]).await;
    let client = server.builder().max_response_size(10).build().unwrap();
    let delete = client.delete_registry().org_slug("my-org").registry_slug("my-registry");
    assert_eq!(delete.send().await.unwrap().status(), 200);
}
