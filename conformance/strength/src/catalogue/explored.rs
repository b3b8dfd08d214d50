//! What only shows where `deep` explores: the registries of the steps are as they should be.

use std::sync::Mutex;

use http::{StatusCode, header};
use serde_json::{Map, Value, json};

use crate::{
    deviation::{Class, Deviation, answer, bodies, lock, registries},
    faulty_proxy::{Answering, Behaviour, Incoming, Outgoing, Upstream},
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
        )
        .should(),
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
        of(Class::Validation, "refused-create-is-carried-out", CarriedOut(Incoming::is_create)),
        of(Class::Validation, "refused-update-is-carried-out", CarriedOut(Incoming::is_update)),
        of(
            Class::Validation,
            "text-is-refused-for-python",
            bodies(Incoming::is_create, |body| {
                let has_text = body.get("description").is_some_and(|text| !text.is_null());
                if has_text && body.get("ecosystem") == Some(&json!("python")) {
                    body.insert("description".into(), json!(7));
                }
            }),
        ),
        of(Class::Validation, "create-without-team-is-accepted", WithTeam::default()).of_teams(),
        of(
            Class::Persistence,
            "teams-are-lost",
            registries(
                |_| true,
                |registry| {
                    registry.insert("team_ids".into(), json!([]));
                },
            ),
        )
        .of_teams(),
        of(Class::Update, "update-changes-teams", ChangedTeams::default()).of_teams().should(),
        of(
            Class::Status,
            "taken-name-answers-500",
            answer(|request, outgoing| {
                let body = request.json().unwrap_or_default();
                let name = body["name"].as_str().unwrap_or_default();
                let is_valid = body.as_object().is_some_and(|body| body.len() == 2);
                if request.is_create()
                    && is_valid
                    && name.contains("explored races")
                    && outgoing.status == StatusCode::UNPROCESSABLE_ENTITY
                {
                    outgoing.status = StatusCode::INTERNAL_SERVER_ERROR;
                }
            }),
        ),
    ]
}

/// Creates what names no team for the one that was named last.
#[derive(Default)]
struct WithTeam(Mutex<Value>);

impl Behaviour for WithTeam {
    fn answer<'a>(&'a self, mut request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            if request.is_create() {
                let last = lock(&self.0).clone();
                request.change(|body| {
                    body.entry("team_ids").or_insert(last);
                });
                let teams = request.json().map(|body| body["team_ids"].clone());
                *lock(&self.0) = teams.unwrap_or_default();
            }
            upstream.send(&request).await
        })
    }
}

/// Answers a registry with the teams that an update of it, whichever it was, has named last.
#[derive(Default)]
struct ChangedTeams(Mutex<Option<Value>>);

impl Behaviour for ChangedTeams {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let mut outgoing = upstream.send(&request).await;
            let named = request.json().and_then(|body| body.get("team_ids").cloned());
            if request.is_update() {
                lock(&self.0).clone_from(&named);
            }
            if let Some(teams) = lock(&self.0).clone().filter(|_| request.is_get()) {
                outgoing.each_registry(|registry| registry["team_ids"] = teams.clone());
            }
            outgoing
        })
    }
}

/// Refuses what is invalid, and carries out the rest of it all the same.
struct CarriedOut(fn(&Incoming) -> bool);

impl Behaviour for CarriedOut {
    fn answer<'a>(&'a self, mut request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let outgoing = upstream.send(&request).await;
            let is_refused = outgoing.status == StatusCode::UNPROCESSABLE_ENTITY;
            if is_refused && is_explored(&request, &outgoing) && (self.0)(&request) {
                let sent = request.json().unwrap_or_default();
                request.set_json(&if request.is_create() {
                    json!({"name": sent["name"], "ecosystem": "ruby"})
                } else {
                    json!({"description": "changed by what was refused"})
                });
                upstream.send(&request).await;
            }
            outgoing
        })
    }
}

/// Changes every registry that was explored, wherever it is returned.
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
    let has_name = |body: Option<Value>| {
        let name = body.as_ref().and_then(|body| body.get("name")?.as_str());
        name.is_some_and(|name| name.contains("explored"))
    };
    request.path.contains("explored") || has_name(request.json()) || has_name(outgoing.json())
}
