//! A server, a token for it, and requests that are short to write.

use std::sync::Arc;

use registries_server::{Embedded, EmbeddedOptions, ManualClock, RateLimit, Scope};
use reqwest::header::HeaderMap;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::postgres;

/// Where the server of a test keeps what it keeps.
pub(crate) enum Database {
    Memory,
    File(TempDir),
    Postgres(postgres::Database),
}

impl Database {
    pub(crate) fn options(&self) -> EmbeddedOptions {
        let database = match self {
            Self::Memory => None,
            Self::File(directory) => {
                Some(format!("sqlite://{}/registries.db", directory.path().display()))
            }
            Self::Postgres(database) => Some(database.url()),
        };
        // A minute does not end.
        let clock = Arc::new(ManualClock::at("2026-01-01T00:00:00Z".parse().unwrap()));
        EmbeddedOptions { database, clock, ..EmbeddedOptions::default() }
    }
}

/// Runs these tests on every database.
macro_rules! on_every_database {
    ($($test:ident),* $(,)?) => {
        mod in_memory {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                super::$test(crate::harness::Database::Memory).await;
            })*
        }

        mod in_a_file {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                let directory = tempfile::tempdir().unwrap();
                super::$test(crate::harness::Database::File(directory)).await;
            })*
        }

        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                let Some(database) = crate::postgres::Database::create() else { return };
                super::$test(crate::harness::Database::Postgres(database)).await;
            })*
        }
    };
}
pub(crate) use on_every_database;

/// A server of its own for one test, and a caller who may do everything in `example-org`.
pub(crate) struct Api {
    pub(crate) server: Embedded,
    pub(crate) client: reqwest::Client,
    pub(crate) token: String,
}

impl Api {
    pub(crate) async fn start() -> Self {
        Self::start_on(&Database::Memory).await
    }

    pub(crate) async fn start_on(database: &Database) -> Self {
        Self::start_with(database.options()).await
    }

    pub(crate) async fn start_with(options: EmbeddedOptions) -> Self {
        let server = Embedded::start_with(options).await.unwrap();
        let token = server.create_token(server.organization(), &Scope::ALL).await.unwrap();
        Self { server, client: http_client(), token }
    }

    /// As above, with limits that are enforced.
    pub(crate) async fn start_limited() -> Self {
        let limit = RateLimit::PerMinute(100);
        Self::start_with(EmbeddedOptions {
            organization_rate_limit: limit,
            user_rate_limit: limit,
            ..Database::Memory.options()
        })
        .await
    }

    /// How many requests are left to the caller with the token, and to one without. The second pair
    /// is what would be left if nothing was counted until the next look.
    pub(crate) async fn remaining(&self) -> ([u32; 2], [u32; 2]) {
        let anonymous = Answer::to(self.request("GET", "/access-token")).await;
        let answers = [self.get("/access-token").await, anonymous];
        let left = answers.map(|answer| answer.number("ratelimit-user-remaining"));
        (left, left.map(|left| left - 1))
    }

    /// A token for `example-org` with these scopes.
    pub(crate) async fn token(&self, scopes: &[Scope]) -> String {
        self.server.create_token(self.server.organization(), scopes).await.unwrap()
    }

    /// The path of the registries of `example-org`.
    pub(crate) fn registries(&self) -> String {
        format!("/packages/organizations/{}/registries", self.server.organization())
    }

    /// The path of one of them.
    pub(crate) fn registry(&self, slug: &str) -> String {
        format!("{}/{slug}", self.registries())
    }

    pub(crate) fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        self.client.request(method, format!("{}{path}", self.server.base_url()))
    }

    /// Sends a request with the token and, unless it is null, a JSON body.
    pub(crate) async fn send(&self, method: &str, path: &str, body: Value) -> Answer {
        let request = self.request(method, path).bearer_auth(&self.token);
        let request = if body.is_null() { request } else { request.json(&body) };
        Answer::to(request).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, Value::Null).await
    }

    /// Creates a registry, and returns it.
    pub(crate) async fn create(&self, name: &str) -> Value {
        self.create_with(json!({"name": name, "ecosystem": "ruby"})).await
    }

    /// Creates a registry token, and returns its id.
    pub(crate) async fn create_registry_token(&self, slug: &str) -> String {
        let path = format!("{}/tokens", self.registry(slug));
        let answer = self.send("POST", &path, json!({"description": "made for a test"})).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body["id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn create_with(&self, body: Value) -> Value {
        let answer = self.send("POST", &self.registries(), body).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body
    }
}

/// A client that goes to the server itself, past any proxy that the environment names.
pub(crate) fn http_client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// Null if there was none.
    pub(crate) body: Value,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) async fn to(request: reqwest::RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.unwrap();
        let body = if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() };
        let answer = Self { status, headers, body, text };
        answer.assert_common();
        answer
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// A number in a header.
    pub(crate) fn number(&self, name: &str) -> u32 {
        self.header(name).unwrap().parse().unwrap()
    }

    /// The headers that not every response has, or not with the same values.
    pub(crate) fn special_headers(&self) -> String {
        let everywhere = |name: &str| {
            ["content-length", "content-type", "date", "vary", "x-request-id"].contains(&name)
                || name.starts_with("access-control-")
                || name.starts_with("ratelimit-")
        };
        let special = self.headers.iter().filter(|(name, _)| !everywhere(name.as_str()));
        special
            .map(|(name, value)| format!("\n{name}: {}", value.to_str().unwrap()))
            .collect::<Vec<_>>()
            .concat()
    }

    /// The field, code and message of every problem in a validation failure.
    pub(crate) fn problems(&self) -> Vec<(&str, &str, &str)> {
        assert_eq!(self.status, 422, "{}", self.text);
        let first = self.body["errors"][0]["message"].as_str().unwrap();
        assert_eq!(self.body["message"], format!("Validation Failed: {first}"));
        let text = |entry: &'static str, problem: &Value| -> bool {
            !problem[entry].as_str().unwrap().is_empty()
        };
        self.body["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|problem| {
                assert!(["field", "code", "message"].iter().all(|entry| text(entry, problem)));
                assert_eq!(problem.as_object().unwrap().len(), 3);
                let part = |entry| problem[entry].as_str().unwrap();
                (part("field"), part("code"), part("message"))
            })
            .collect()
    }

    /// What holds for every response, whatever was asked.
    fn assert_common(&self) {
        assert_eq!(self.header("access-control-allow-origin"), Some("*"), "{self:?}");
        assert_eq!(self.header("access-control-expose-headers"), Some("link"), "{self:?}");
        let vary = "origin, access-control-request-method, access-control-request-headers";
        assert_eq!(self.header("vary"), Some(vary), "{self:?}");
        for (prefix, scope) in [("ratelimit", "rest"), ("ratelimit-user", "rest_user")] {
            assert_eq!(self.header(&format!("{prefix}-scope")), Some(scope), "{self:?}");
            let number = |name| self.number(&format!("{prefix}-{name}"));
            assert!(number("remaining") <= number("limit"), "{self:?}");
            assert!((1..=60).contains(&number("reset")), "{self:?}");
        }
        if !self.text.is_empty() {
            assert_eq!(self.header("content-type"), Some("application/json"), "{self:?}");
        }
        if self.status.is_client_error() || self.status.is_server_error() {
            let message = self.body["message"].as_str();
            assert!(message.is_some_and(|message| message.len() > 5), "{self:?}");
        }
        assert_eq!(self.header("www-authenticate").is_some(), self.status == 401, "{self:?}");
    }
}
