//! Updates.

use std::{collections::HashMap, sync::Mutex, time::Duration};

use http::StatusCode;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::{OPTIONAL, as_list, before_and_after, collection, slug};
use crate::{
    deviation::{
        Class, Deviation, Lost, Refused, answer, as_get, bodies, lock, registries, request,
    },
    faulty_proxy::{Answering, Behaviour, Incoming, Upstream},
};
use registries_conformance::internals::DESCRIPTIONS;

#[expect(clippy::too_many_lines, reason = "a catalogue")]
pub(super) fn deviations() -> Vec<Deviation> {
    fn of(name: impl Into<String>, behaviour: impl Behaviour + 'static) -> Deviation {
        Deviation::new(Class::Update, name, behaviour)
    }
    let mut all = Vec::new();
    for property in OPTIONAL {
        let is_policy = property == "oidc_policy";
        let deviation = of(
            format!("update-wipes-{property}"),
            bodies(Incoming::is_update, move |body| {
                body.entry(property).or_insert(Value::Null);
            }),
        );
        // Whether a policy is returned at all, the sources leave open.
        all.push(if is_policy { deviation.should() } else { deviation });
        all.push(
            of(
                format!("update-ignores-null-for-{property}"),
                bodies(Incoming::is_update, move |body| {
                    if body.get(property).is_some_and(Value::is_null) {
                        body.remove(property);
                    }
                }),
            )
            .should(),
        );
        all.push(
            of(
                format!("update-loses-{property}"),
                Lost { property, of_interest: Incoming::is_update },
            )
            .should(),
        );
        let lost = Lost { property, of_interest: Incoming::is_update };
        let name = format!("update-clears-{property}-in-the-answer-only");
        all.push(of(name, Uncleared(lost)).should());
    }
    let only = |method: &'static str| {
        request(move |request| {
            if request.method == method {
                request.change(|body| {
                    for property in OPTIONAL {
                        body.entry(property).or_insert(Value::Null);
                    }
                });
            }
        })
    };
    all.extend([
        of(
            "update-with-description-is-ignored",
            bodies(Incoming::is_update, |body| drop(body.remove("description"))),
        ),
        of(
            "update-with-name-is-ignored",
            bodies(Incoming::is_update, |body| drop(body.remove("name"))),
        ),
        of(
            "update-with-null-makes-it-empty",
            registries(Incoming::is_update, |registry| {
                if registry["description"].is_null() {
                    registry.insert("description".into(), json!(""));
                }
            }),
        )
        .should(),
        of(
            "update-is-refused",
            Refused(
                |request| request.is_update() && request.method == "POST",
                StatusCode::METHOD_NOT_ALLOWED,
            ),
        ),
        of(
            "update-with-a-policy-is-refused",
            Refused(
                |request| {
                    let body = request.json().filter(|_| request.is_update());
                    body.is_some_and(|body| body["oidc_policy"].is_string())
                },
                StatusCode::UNPROCESSABLE_ENTITY,
            ),
        ),
        of(
            "patch-is-refused",
            Refused(|request| request.method == "PATCH", StatusCode::METHOD_NOT_ALLOWED),
        )
        .should(),
        of(
            "put-is-refused",
            Refused(|request| request.method == "PUT", StatusCode::METHOD_NOT_ALLOWED),
        )
        .should(),
        of("put-replaces", only("PUT")).should(),
        of("patch-replaces", only("PATCH")).should(),
        of(
            "put-changes-nothing",
            request(|request| {
                if request.method == "PUT" {
                    request.set_json(&json!({}));
                }
            }),
        )
        .should(),
        of(
            "patch-changes-nothing",
            request(|request| {
                if request.method == "PATCH" {
                    request.set_json(&json!({}));
                }
            }),
        )
        .should(),
        of("ecosystem-can-change", Ecosystem::default()).should(),
        of(
            "update-changes-the-ecosystem",
            registries(Incoming::is_update, |registry| {
                drop(registry.insert("ecosystem".into(), json!("java")));
            }),
        ),
        of(
            "update-makes-public",
            registries(Incoming::is_update, |registry| {
                drop(registry.insert("public".into(), json!(true)));
            }),
        ),
        of("update-answers-the-state-before", StateBefore),
        of("update-changes-another-registry", UpdatesAnother),
        of("update-creates-what-is-unknown", Upsert),
        of("updates-at-the-same-time-are-mixed", Mixed::default()).should(),
        of("updates-at-the-same-time-fail", Locked::default()),
        of("rename-keeps-the-slug", Renamed { kept: "slug", known: Mutex::default() }),
        of("rename-keeps-the-url", Renamed { kept: "url", known: Mutex::default() }),
        of("rename-leaves-the-old-slug-working", Alias::default()),
        of(
            "rename-changes-the-id",
            registries(Incoming::is_update, |registry| {
                if registry["name"].as_str().is_some_and(|name| name.contains("Renamed")) {
                    registry.insert("id".into(), json!("0191df84-85e4-77aa-83ba-6579084728eb"));
                }
            }),
        ),
        of(
            "rename-loses-the-registry",
            answer(|request, outgoing| {
                if request.last_segment().ends_with("renamed") {
                    outgoing.status = StatusCode::NOT_FOUND;
                    outgoing.set_json(&json!({"message": "no"}));
                }
            }),
        ),
        of(
            "name-is-kept-in-lower-case-by-updates",
            bodies(Incoming::is_update, |body| {
                if let Some(name) = body.get("name").and_then(Value::as_str).map(str::to_lowercase)
                {
                    body.insert("name".into(), json!(name));
                }
            }),
        ),
    ]);
    all
}

/// Loses the nulls of a property, and nothing else.
struct Uncleared(Lost);

impl Behaviour for Uncleared {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        let is_cleared =
            request.json().is_some_and(|body| body.get(self.0.property) == Some(&Value::Null));
        if is_cleared {
            return self.0.answer(request, upstream);
        }
        Box::pin(async move { upstream.send(&request).await })
    }
}

/// Lets an update change the ecosystem.
#[derive(Default)]
struct Ecosystem(Mutex<HashMap<String, Value>>);

impl Behaviour for Ecosystem {
    fn answer<'a>(&'a self, mut request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let asked = request.json().and_then(|body| body.get("ecosystem").cloned());
            if let Some(ecosystem) = asked.filter(|_| request.is_update()) {
                request.change(|body| drop(body.remove("ecosystem")));
                lock(&self.0).insert(request.last_segment().to_owned(), ecosystem);
            }
            let mut outgoing = upstream.send(&request).await;
            let changed = lock(&self.0).clone();
            outgoing.each_registry(|registry| {
                let slug = registry["slug"].as_str().unwrap_or_default();
                if let Some(ecosystem) = changed.get(slug) {
                    registry["ecosystem"] = ecosystem.clone();
                }
            });
            outgoing
        })
    }
}

/// Answers an update with the registry as it was.
struct StateBefore;

impl Behaviour for StateBefore {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            if !request.is_update() {
                return upstream.send(&request).await;
            }
            let (before, outgoing) = before_and_after(&request, upstream).await;
            if outgoing.status.is_success() { before } else { outgoing }
        })
    }
}

/// Changes the first registry of the list as well.
struct UpdatesAnother;

impl Behaviour for UpdatesAnother {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let outgoing = upstream.send(&request).await;
            if request.is_update() && outgoing.status.is_success() {
                let list = as_list(&request);
                let all = upstream.send(&list).await.json().unwrap_or_default();
                let target = request.last_segment();
                let another =
                    all.as_array().into_iter().flatten().filter_map(|it| it["slug"].as_str());
                if let Some(another) = another.into_iter().find(|slug| *slug != target) {
                    let mut more = request.clone();
                    more.path = format!("{}/{another}", list.path);
                    more.change(|body| drop(body.remove("name")));
                    upstream.send(&more).await;
                }
            }
            outgoing
        })
    }
}

/// Where two updates that are sent at the same time wait for each other: whatever else the machine has to
/// do, both are under way then.
#[derive(Default)]
struct Meeting(Mutex<Option<oneshot::Sender<()>>>);

impl Meeting {
    /// How long one waits whose other one does not come.
    const PATIENCE: Duration = Duration::from_secs(20);

    /// Whether this one was there first.
    async fn meet(&self) -> bool {
        let received = {
            let mut waiting = lock(&self.0);
            // Who was there may have been given up.
            if waiting.take().is_some_and(|first| first.send(()).is_ok()) {
                return false;
            }
            let (first, received) = oneshot::channel();
            *waiting = Some(first);
            received
        };
        let _ = tokio::time::timeout(Self::PATIENCE, received).await;
        true
    }
}

fn is_sent_with_another(request: &Incoming) -> bool {
    let described = |body: Value| DESCRIPTIONS.iter().any(|it| body["description"] == *it);
    request.is_update() && request.json().is_some_and(described)
}

/// Applies updates at the same time property by property, one of them from its end on.
#[derive(Default)]
struct Mixed(Meeting);

impl Behaviour for Mixed {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let body = request.json().filter(|_| is_sent_with_another(&request));
            let Some(Value::Object(body)) = body else { return upstream.send(&request).await };
            let mut parts: Vec<(String, Value)> = body.into_iter().collect();
            if self.0.meet().await {
                parts.reverse();
            }
            let mut part = request.clone();
            for (index, (name, value)) in parts.iter().enumerate() {
                if index > 0 {
                    self.0.meet().await;
                }
                part.set_json(&json!({name: value}));
                upstream.send(&part).await;
            }
            upstream.send(&as_get(&request)).await
        })
    }
}

/// Fails when an update comes before another one is done.
#[derive(Default)]
struct Locked(Meeting);

impl Behaviour for Locked {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let is_late = is_sent_with_another(&request) && !self.0.meet().await;
            let mut outgoing = upstream.send(&request).await;
            if is_late {
                outgoing.status = StatusCode::INTERNAL_SERVER_ERROR;
                outgoing.set_json(&json!({"message": "the registry is locked"}));
            }
            outgoing
        })
    }
}

/// Creates a registry that is to be updated and is not there.
struct Upsert;

impl Behaviour for Upsert {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let outgoing = upstream.send(&request).await;
            if !request.is_update() || outgoing.status != StatusCode::NOT_FOUND {
                return outgoing;
            }
            let mut create = request.clone();
            create.method = http::Method::POST;
            create.path = collection(&request.path);
            create.set_json(&json!({"name": request.last_segment(), "ecosystem": "ruby"}));
            upstream.send(&create).await
        })
    }
}

/// Keeps a property of a registry that is renamed.
struct Renamed {
    kept: &'static str,
    known: Mutex<HashMap<String, Value>>,
}

impl Behaviour for Renamed {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let mut outgoing = upstream.send(&request).await;
            let mut known = lock(&self.known);
            if request.is_create()
                && let Some(body) = outgoing.json().filter(|_| outgoing.status.is_success())
            {
                known.insert(body["id"].to_string(), body[self.kept].clone());
            }
            outgoing.each_registry(|registry| {
                if let Some(kept) = known.get(&registry["id"].to_string()) {
                    registry[self.kept] = kept.clone();
                }
            });
            outgoing
        })
    }
}

/// Finds a renamed registry under its old slug as well.
#[derive(Default)]
struct Alias(Mutex<HashMap<String, String>>);

impl Behaviour for Alias {
    fn answer<'a>(&'a self, mut request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let outgoing = upstream.send(&request).await;
            if request.is_update()
                && let Some(slug) = slug(&outgoing).filter(|slug| slug != request.last_segment())
            {
                let renamed = format!("{}/{slug}", collection(&request.path));
                lock(&self.0).insert(request.path.clone(), renamed);
            }
            let renamed = lock(&self.0).get(&request.path).cloned();
            match renamed {
                Some(renamed) if request.is_get() => {
                    request.path = renamed;
                    upstream.send(&request).await
                }
                _ => outgoing,
            }
        })
    }
}
