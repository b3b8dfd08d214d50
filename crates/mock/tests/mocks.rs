//! The mocks with the real client, as a user has them.

use std::time::Duration;

use async_trait::async_trait;
use registries_client::types::{CreateRegistry, Registry};
use registries_client::{Error, ErrorKind, Method, Response, RetryPolicy};
use registries_mock::{MockServer, errors, examples, response};
use serde_json::json;

fn gems() -> Registry {
    let gems = Registry::builder().id("1").slug("gems").name("Gems").ecosystem("ruby");
    gems.try_into().expect("it is complete")
}

#[tokio::test]
async fn requests_match_by_parameters_bodies_and_headers() {
    let server = MockServer::start().await;
    let org = server.client().organization("my.org");
    let created = server.create_registry(|when, then| {
        let body = CreateRegistry::builder().name("Gems").ecosystem("ruby");
        when.org_slug("my.org").body(body).header("X-Team", "a");
        then.success(gems());
    });
    // A slug is no pattern, and is encoded as the client encodes it.
    let encoded = server.get_registry(|when, then| {
        when.org_slug("my.org").registry_slug("a b/c");
        then.example();
    });
    org.create_registry("Gems", "ruby").header("X-Team", "a").await.unwrap();
    assert!(org.create_registry("Others", "ruby").header("X-Team", "a").await.is_err());
    assert!(org.create_registry("Gems", "ruby").await.is_err());
    org.registry("a b/c").get().await.unwrap();
    assert!(server.client().organization("my-org").registry("a b/c").get().await.is_err());
    created.assert_calls(1);
    encoded.assert_calls(1);
}

#[tokio::test]
async fn every_example_is_what_the_client_reads() {
    let server = MockServer::start().await;
    server.list_organizations(|_, then| {
        then.example();
    });
    server.list_registries(|_, then| {
        then.example();
    });
    server.get_registry_token(|_, then| {
        then.example();
    });
    server.get_access_token(|_, then| {
        then.example();
    });
    // It has none.
    server.get_root(|_, then| {
        then.json(200, json!({"message": "Hello", "timestamp": 1}));
    });
    server.delete_registry(|_, then| {
        then.success();
    });
    let client = server.client();
    let org = client.organization("my-org");
    assert!(client.organizations().next().await.unwrap().is_ok());
    assert_eq!(org.registries().await.unwrap(), examples::list_registries());
    let token = org.registry("gems").token("1").get().await.unwrap();
    assert_eq!(token.id, examples::get_registry_token().id);
    assert!(!client.access_token().get().await.unwrap().scopes.is_empty());
    client.root().await.unwrap();
    org.registry("gems").delete().await.unwrap();
}

#[tokio::test]
async fn errors_are_those_of_the_api() {
    let server = MockServer::start().await;
    server.get_registry(|when, then| {
        when.registry_slug("gone");
        then.error(404, "No registry found").header("X-Request-Id", "abc");
    });
    server.get_registry(|when, then| {
        when.registry_slug("page");
        then.text(502, "text/html", "<h1>Bad gateway</h1>");
    });
    server.create_registry(|_, then| {
        let problem = json!({"field": "name", "code": "missing_field"});
        then.json(422, json!({"message": "Validation failed", "errors": [problem]}));
    });
    let org = server.client_builder().retry(RetryPolicy::none()).build().unwrap();
    let org = org.organization("my-org");
    let gone = org.registry("gone").get().await.unwrap_err();
    assert!(gone.is_not_found());
    assert_eq!((gone.message(), gone.request_id()), (Some("No registry found"), Some("abc")));
    let page = org.registry("page").get().await.unwrap_err();
    assert_eq!(page.kind(), ErrorKind::Unavailable);
    assert!(org.create_registry("", "ruby").await.unwrap_err().is_validation());
    // Nothing was said about this one.
    assert!(org.registry("other").get().await.unwrap_err().is_not_found());
    assert!(org.registry("gone").find().await.unwrap().is_none());
    assert!(org.registry("other").find().await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn a_limit_is_waited_for_and_a_sequence_goes_on() {
    let server = MockServer::start().await;
    let limited = server.get_registry(|_, then| {
        then.rate_limited(0).times(2);
    });
    let found = server.get_registry(|_, then| {
        then.example().rate_limit(7, 30);
    });
    let registry = server.client().organization("my-org").registry("gems");
    let response = registry.get().send().await.unwrap();
    let user = response.rate_limits().user;
    assert_eq!((user.remaining, user.reset), (Some(7), Some(Duration::from_secs(30))));
    limited.assert_calls(2);
    found.assert_calls(1);
}

#[tokio::test]
async fn time_limits_and_connections_fail() {
    let server = MockServer::start().await;
    server.get_registry(|when, then| {
        when.registry_slug("slow");
        then.example().delay(Duration::from_millis(500));
    });
    server.get_registry(|when, then| {
        when.registry_slug("broken");
        then.broken();
    });
    let client = server.client_builder().retry(RetryPolicy::none()).build().unwrap();
    let org = client.organization("my-org");
    let slow = org.registry("slow").get().timeout(Duration::from_millis(20)).await.unwrap_err();
    assert!(matches!(&slow, Error::Transport(error) if error.is_timeout()), "{slow}");
    let broken = org.registry("broken").get().await.unwrap_err();
    assert!(matches!(&broken, Error::Transport(error) if !error.is_timeout()), "{broken}");
}

/// What a user's own code depends on.
#[async_trait]
trait Registries {
    async fn find(&self, slug: &str) -> Result<Response<Registry>, Error>;
}

struct Double;

#[async_trait]
impl Registries for Double {
    async fn find(&self, slug: &str) -> Result<Response<Registry>, Error> {
        match slug {
            "gems" => Ok(response(gems())),
            _ => Err(errors::get_registry(404, "No registry found")),
        }
    }
}

#[tokio::test]
async fn a_double_returns_responses_and_errors() {
    assert_eq!(Double.find("gems").await.unwrap().slug, "gems");
    let error = Double.find("other").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(error.message(), Some("No registry found"));
}

#[test]
fn an_error_has_the_operation_and_its_method() {
    let lost = errors::create_registry(503, "later");
    let response = lost.response().unwrap();
    assert_eq!((response.operation(), response.method()), ("create_registry", &Method::POST));
    assert!(!lost.is_retryable(), "it may have been carried out");
    assert!(errors::list_registries(503, "later").is_retryable());
    assert_eq!(errors::delete_registry(403, "no").response().unwrap().method(), Method::DELETE);
}

#[test]
fn every_operation_has_a_mock() {
    const CONTRACT: &str = include_str!("../../../openapi.yaml");
    const MOCKS: &str = include_str!(concat!(env!("OUT_DIR"), "/mocks.rs"));
    let contract = registries_codegen::parse(CONTRACT).unwrap();
    let mut operations = 0;
    for operation in contract["paths"].as_object().unwrap().values().flat_map(|item| {
        item.as_object().unwrap().values().filter(|it| it.get("operationId").is_some())
    }) {
        if operation.get("x-alias-of").is_none() {
            let id = operation["operationId"].as_str().unwrap();
            assert!(MOCKS.contains(&format!("    pub fn {id}(\n        &self,")), "{id}");
            operations += 1;
        }
    }
    assert_eq!(operations, MOCKS.matches("&self,\n        configure:").count());
}
