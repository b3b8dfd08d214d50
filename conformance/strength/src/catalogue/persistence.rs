//! Persistence.

use std::{
    collections::{HashMap, HashSet},
    sync::Mutex,
    time::Duration,
};

use http::StatusCode;
use serde_json::Value;

use super::{OPTIONAL, as_delete, as_list, before_and_after, slug};
use crate::{
    deviation::{Cached, Class, Deviation, Lost, answer, as_get, bodies, lock, registries},
    faulty_proxy::{Answering, Behaviour, Incoming, Outgoing, Upstream},
    replica::{Behind, Replica},
};

pub(super) fn deviations() -> Vec<Deviation> {
    fn of(name: impl Into<String>, behaviour: impl Behaviour + 'static) -> Deviation {
        Deviation::new(Class::Persistence, name, behaviour)
    }
    let mut all = Vec::new();
    for property in OPTIONAL {
        let deviation = of(
            format!("create-loses-{property}"),
            Lost { property, of_interest: Incoming::is_create },
        );
        all.push(if property == "oidc_policy" { deviation.may() } else { deviation });
        let deviation = of(
            format!("create-ignores-{property}"),
            bodies(Incoming::is_create, move |body| {
                body.remove(property);
            }),
        );
        all.push(if property == "oidc_policy" { deviation.may() } else { deviation });
    }
    all.extend([
        of("create-is-not-stored", CreatesNothing),
        of("update-is-not-stored", UpdatesNothing),
        of("delete-does-nothing", DeletesNothing::default()),
        of(
            "delete-is-done-by-the-second-request",
            DeletesNothing { lazy: true, ..DeletesNothing::default() },
        ),
        of("delete-removes-another-registry-too", DeletesMore),
        of("gets-are-cached", Cached::new(Incoming::is_get)),
        of("list-is-cached", Cached::new(Incoming::is_list)),
        of(
            "everything-read-is-cached",
            Cached::new(|request| request.is_get() || request.is_list()),
        ),
        of(
            "list-shows-no-policy",
            registries(Incoming::is_list, |registry| {
                registry.insert("oidc_policy".into(), Value::Null);
            }),
        ),
        of("get-is-one-write-behind", Replica::new(Behind::OneWrite, Incoming::is_get)),
        of("list-is-one-write-behind", Replica::new(Behind::OneWrite, Incoming::is_list)),
        of("first-get-after-an-update-is-stale", StaleOnce::default()).should(),
        of("list-shows-writes-after-an-hour", Replica::new(AN_HOUR, Incoming::is_list)),
        of("get-shows-writes-after-an-hour", Replica::new(AN_HOUR, Incoming::is_get)),
        of("deleted-registry-comes-back-in-the-list", Resurrected::default()),
        of("deleted-registry-can-still-be-got", Undead::default()),
        of(
            "deleted-registry-is-answered-with-410",
            answer(|request, outgoing| {
                if request.is_get() && outgoing.status == StatusCode::NOT_FOUND {
                    outgoing.status = StatusCode::GONE;
                }
            }),
        )
        .should(),
        of("create-replaces-the-registry-of-that-name", Replaces),
    ]);
    all
}

/// Answers a create and removes the registry at once.
struct CreatesNothing;

impl Behaviour for CreatesNothing {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let outgoing = upstream.send(&request).await;
            if request.is_create()
                && let Some(slug) = slug(&outgoing)
            {
                let path = format!("{}/{slug}", request.path);
                upstream.send(&as_delete(&request, path)).await;
            }
            outgoing
        })
    }
}

/// Answers an update as it should, and undoes it.
struct UpdatesNothing;

impl Behaviour for UpdatesNothing {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            if !request.is_update() {
                return upstream.send(&request).await;
            }
            let (before, outgoing) = before_and_after(&request, upstream).await;
            if let (Some(Value::Object(mut before)), Some(slug)) = (before.json(), slug(&outgoing))
            {
                before.retain(|name, _| name == "name" || OPTIONAL.contains(&name.as_str()));
                let mut undo = request.clone();
                undo.path = undo.path.replace(request.last_segment(), &slug);
                undo.set_json(&Value::Object(before));
                upstream.send(&undo).await;
            }
            outgoing
        })
    }
}

/// Answers a delete as it should and does nothing; a lazy one does it when it is asked again.
#[derive(Default)]
struct DeletesNothing {
    lazy: bool,
    asked: Mutex<HashSet<String>>,
}

impl Behaviour for DeletesNothing {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            if !request.is_delete()
                || (!lock(&self.asked).insert(request.path.clone()) && self.lazy)
            {
                return upstream.send(&request).await;
            }
            let mut outgoing = upstream.send(&as_get(&request)).await;
            outgoing.body.clear();
            outgoing
        })
    }
}

/// Removes the registry that was asked for, and the first of the list with it.
struct DeletesMore;

impl Behaviour for DeletesMore {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let outgoing = upstream.send(&request).await;
            if request.is_delete() && outgoing.status.is_success() {
                let list = as_list(&request);
                let rest = upstream.send(&list).await;
                if let Some(slug) = rest.json().as_ref().and_then(|list| list[0]["slug"].as_str()) {
                    let path = format!("{}/{slug}", list.path);
                    upstream.send(&as_delete(&request, path)).await;
                }
            }
            outgoing
        })
    }
}

/// Creates over what has the same slug.
struct Replaces;

impl Behaviour for Replaces {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let outgoing = upstream.send(&request).await;
            let name = request.json().and_then(|body| body["name"].as_str().map(str::to_owned));
            if let Some(name) = name.filter(|_| {
                request.is_create() && outgoing.status == StatusCode::UNPROCESSABLE_ENTITY
            }) {
                let path = format!("{}/{}", request.path, name.to_lowercase().replace(' ', "-"));
                if upstream.send(&as_delete(&request, path)).await.status.is_success() {
                    return upstream.send(&request).await;
                }
            }
            outgoing
        })
    }
}

/// Longer than a run.
const AN_HOUR: Behind = Behind::Time(Duration::from_hours(1));

/// Answers the first get after an update with what was there before.
#[derive(Default)]
struct StaleOnce(Mutex<HashMap<String, Outgoing>>);

impl Behaviour for StaleOnce {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            if request.is_update() {
                let before = upstream.send(&as_get(&request)).await;
                lock(&self.0).insert(request.path.clone(), before);
            }
            let outgoing = upstream.send(&request).await;
            let before = if request.is_get() { lock(&self.0).remove(&request.path) } else { None };
            before.filter(|before| before.status.is_success()).unwrap_or(outgoing)
        })
    }
}

/// Lists what was deleted again.
#[derive(Default)]
struct Resurrected(Mutex<Option<Value>>);

impl Behaviour for Resurrected {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            if request.is_delete() {
                let before = upstream.send(&as_get(&request)).await;
                if before.status.is_success() {
                    *lock(&self.0) = before.json();
                }
            }
            let mut outgoing = upstream.send(&request).await;
            if request.is_list()
                && let Some(Value::Array(mut list)) = outgoing.json()
            {
                list.extend(lock(&self.0).clone());
                outgoing.set_json(&Value::Array(list));
            }
            outgoing
        })
    }
}

/// Goes on to answer gets of what was deleted.
#[derive(Default)]
struct Undead(Mutex<HashMap<String, Outgoing>>);

impl Behaviour for Undead {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            if request.is_delete() {
                let before = upstream.send(&as_get(&request)).await;
                if before.status.is_success() {
                    lock(&self.0).insert(request.path.clone(), before);
                }
            }
            let outgoing = upstream.send(&request).await;
            let dead = lock(&self.0).get(&request.path).cloned().filter(|_| request.is_get());
            dead.unwrap_or(outgoing)
        })
    }
}
