//! Spans of calls and attempts, with OpenTelemetry's names.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex},
};

use registries_client::TestClock;
use tracing::{
    Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{
    Layer,
    layer::{Context, SubscriberExt as _},
    registry::LookupSpan,
};

use crate::support::{REGISTRY, Reply, Scripted};

/// A span: its name, the name of the one around it, and its fields.
#[derive(Clone, Debug, Default)]
struct Seen {
    name: String,
    parent: Option<String>,
    fields: BTreeMap<String, String>,
}

impl Seen {
    fn field(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str)
    }
}

impl Visit for Seen {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.fields.insert(field.name().to_owned(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.fields.insert(field.name().to_owned(), value.to_owned());
    }
}

/// The spans of the client, in the order in which they began.
#[derive(Clone, Default)]
struct Spans(Arc<Mutex<Vec<(Id, Seen)>>>);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Spans {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if !attributes.metadata().target().starts_with("registries_client") {
            return;
        }
        let parent = context.span(id).unwrap().parent().map(|it| it.name().to_owned());
        let mut seen =
            Seen { name: attributes.metadata().name().to_owned(), parent, ..Seen::default() };
        attributes.record(&mut seen);
        self.0.lock().unwrap().push((id.clone(), seen));
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, _: Context<'_, S>) {
        let mut spans = self.0.lock().unwrap();
        // Ids are used again.
        if let Some((_, seen)) = spans.iter_mut().rev().find(|(known, _)| known == id) {
            values.record(seen);
        }
    }
}

/// The spans of getting a registry with this slug from a server that replies so.
async fn spans_of(slug: &str, replies: Vec<Reply>) -> (Vec<Seen>, Scripted) {
    let server = Scripted::start(replies).await;
    let client = server.builder().clock(TestClock::default()).build().unwrap();
    let spans = Spans::default();
    let subscriber = tracing_subscriber::registry().with(spans.clone());
    let guard = tracing::subscriber::set_default(subscriber);
    // While there is only one subscriber, a span that another thread reaches first is switched off for
    // all threads.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let _ = client.organization("my-org").registry(slug).get().await;
    drop(guard);
    let spans = spans.0.lock().unwrap().iter().map(|(_, seen)| seen.clone()).collect();
    (spans, server)
}

#[tokio::test]
async fn a_call_has_a_span_and_each_attempt_one_within() {
    let replies = vec![Reply::new(503, "", ""), Reply::json(200, REGISTRY)];
    let (spans, server) = spans_of("r", replies).await;
    let [call, first, second] = &spans[..] else { panic!("{spans:?}") };
    assert_eq!((&*call.name, call.field("otel.name")), ("call", Some("get_registry")));
    assert_eq!(call.field("error.type"), None);
    for attempt in [first, second] {
        assert_eq!(attempt.parent.as_deref(), Some("call"));
        assert_eq!(attempt.field("otel.kind"), Some("client"));
        assert_eq!(attempt.field("otel.name"), Some("GET"));
        assert_eq!(attempt.field("http.request.method"), Some("GET"));
        assert_eq!(attempt.field("server.address"), Some("127.0.0.1"));
        let url = format!("{}/packages/organizations/my-org/registries/r", server.base_url());
        assert_eq!(attempt.field("url.full"), Some(&*url));
        assert!(url.contains(&format!(":{}/", attempt.field("server.port").unwrap())));
    }
    assert_eq!(first.field("http.response.status_code"), Some("503"));
    assert_eq!(first.field("error.type"), Some("503"));
    assert_eq!(first.field("otel.status_code"), Some("ERROR"));
    assert_eq!(first.field("http.request.resend_count"), None);
    assert_eq!(second.field("http.response.status_code"), Some("200"));
    assert_eq!(second.field("http.request.resend_count"), Some("1"));
    assert_eq!(second.field("error.type"), None);
}

#[tokio::test]
async fn a_failure_says_its_type() {
    let (spans, _server) = spans_of("r", vec![Reply::json(404, "{}")]).await;
    assert_eq!(spans[0].field("error.type"), Some("404"));
    assert_eq!(spans[0].field("otel.status_code"), Some("ERROR"));
    let (spans, _server) = spans_of("r", vec![Reply::Nothing; 4]).await;
    assert_eq!(spans.len(), 5);
    assert!(spans.iter().all(|span| span.field("error.type") == Some("transport")), "{spans:?}");
    let (spans, _server) = spans_of("..", vec![]).await;
    assert!(spans.is_empty(), "what is not sent has no span");
}

#[tokio::test]
async fn no_span_has_a_secret() {
    // The slug is a token, given by mistake.
    for slug in ["bkua_0123456789abcdef", "a-token-secret-as-a-slug"] {
        let (spans, _server) = spans_of(slug, vec![Reply::json(200, REGISTRY)]).await;
        let text = format!("{spans:?}");
        assert!(!text.contains("0123456789abcdef") && !text.contains("Bearer"), "{text}");
    }
}
