//! What only shows where `deep` explores: the registries of the steps are as they should be.

use http::header;
use serde_json::{Map, Value, json};

use crate::strength::{
    between::{Behaviour, Incoming, Outgoing},
    deviation::{Class, Deviation, answer, registries},
};

pub(super) fn deviations() -> Vec<Deviation> {
    fn of(class: Class, name: &str, behaviour: impl Behaviour + 'static) -> Deviation {
        Deviation::new(class, format!("explored-{name}"), behaviour)
    }
    vec![
        of(
            Class::Shape,
            "registry-has-another-property",
            explored(|registry| drop(registry.insert("internal".into(), json!(true)))),
        ),
        of(
            Class::Shape,
            "registry-without-graphql_id",
            explored(|registry| drop(registry.remove("graphql_id"))),
        ),
        of(
            Class::Token,
            "registry-has-the-secret",
            answer(|request, outgoing| {
                let secret = request.headers.get(header::AUTHORIZATION).cloned();
                if is_explored(request, outgoing)
                    && let Some(secret) = secret
                {
                    outgoing.headers.insert("x-authorization", secret);
                }
            }),
        ),
        of(
            Class::RateLimit,
            "registry-without-limits",
            answer(|request, outgoing| {
                if is_explored(request, outgoing) {
                    outgoing.headers.remove("ratelimit-user-limit");
                }
            }),
        ),
    ]
}

/// Changes every registry that was explored, wherever it is answered.
fn explored(change: impl Fn(&mut Map<String, Value>) + Send + Sync + 'static) -> impl Behaviour {
    registries(
        |_| true,
        move |registry| {
            let name = registry.get("name").and_then(Value::as_str).unwrap_or_default();
            if name.contains("explored") {
                change(registry);
            }
        },
    )
}

/// Whether an exchange is about a registry that was explored.
fn is_explored(request: &Incoming, outgoing: &Outgoing) -> bool {
    let body = outgoing.json();
    let name = body.as_ref().and_then(|body| body.get("name")?.as_str());
    request.path.contains("explored") || name.is_some_and(|name| name.contains("explored"))
}
