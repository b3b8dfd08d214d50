//! Times of the reference server, as times.

use std::sync::Arc;

use registries_client::jiff::Timestamp;
use registries_server::{Embedded, EmbeddedOptions, ManualClock, Scope};

use crate::support::{Reply, Scripted, builder};

#[tokio::test]
async fn every_time_of_a_response_is_read() {
    let now: Timestamp = "2026-02-03T04:05:06.789Z".parse().unwrap();
    let clock = ManualClock::at("2026-02-03T04:05:06.789Z".parse().unwrap());
    let options = EmbeddedOptions { clock: Arc::new(clock), ..EmbeddedOptions::default() };
    let server = Embedded::start_with(options).await.unwrap();
    let secret = server.create_token(server.organization(), &Scope::ALL).await.unwrap();
    let client = builder(server.base_url(), &secret).build().unwrap();
    let org = client.organization(server.organization());
    org.create_registry("gems", "ruby").await.unwrap();
    let gems = org.registry("gems");

    let created = gems.create_token("CI").await.unwrap();
    assert_eq!(created.created_at().unwrap(), Some(now));
    let token = gems.token(&created.id).get().await.unwrap();
    assert_eq!(token.created_at().unwrap(), Some(now));
    assert_eq!(token.created_by.unwrap().created_at().unwrap(), Some(now));
    assert_eq!(org.get().await.unwrap().created_at().unwrap(), Some(now));

    let second = Some("2026-02-03T04:05:06Z".parse().unwrap());
    let own = client.access_token().get().await.unwrap();
    assert_eq!(own.created_at.as_deref(), Some("2026-02-03 04:05:06 UTC"), "the other form");
    assert_eq!((own.created_at().unwrap(), own.expires_at().unwrap()), (second, None));
    assert_eq!(client.root().await.unwrap().timestamp().unwrap(), second);
    let rest = org.rate_limits().await.unwrap().scopes.unwrap().rest.unwrap();
    assert!(rest.reset_at().unwrap() > second, "{rest:?}");
}

#[tokio::test]
async fn what_is_no_time_is_an_error_where_it_is_read_and_not_before() {
    let token = r#"{"uuid": "1", "scopes": [], "created_at": "yesterday"}"#;
    let server = Scripted::start([Reply::json(200, token)]).await;
    let token = server.client().access_token().get().await.unwrap();
    let error = token.created_at().unwrap_err();
    assert_eq!(error.property(), "created_at");
    assert!(error.to_string().contains("\"yesterday\", which is no time"), "{error}");
}
