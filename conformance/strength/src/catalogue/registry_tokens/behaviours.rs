//! Deployments that do wrong by registry tokens in whole exchanges.

use std::{
    collections::{HashMap, HashSet},
    sync::Mutex,
};

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{
    super::{Which, collection},
    is_create, is_delete, is_get, is_list,
};
use crate::{
    deviation::{as_get, lock},
    faulty_proxy::{Answering, Behaviour, Incoming, Outgoing, Upstream},
};

/// How a secret is shown again.
pub(super) struct Remembered {
    pub(super) of_interest: Which,
    pub(super) show: fn(&mut Value, &str),
}

/// Keeps secrets as they are, and shows them again.
pub(super) struct Revealed {
    how: Remembered,
    secrets: Mutex<HashMap<String, String>>,
}

impl Revealed {
    pub(super) fn new(how: Remembered) -> Self {
        Self { how, secrets: Mutex::default() }
    }
}

impl Behaviour for Revealed {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let mut outgoing = upstream.send(&request).await;
            let text =
                |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
            let mut secrets = lock(&self.secrets);
            if let Some(token) = outgoing.json().filter(|_| is_create(&request)) {
                secrets.insert(text(&token, "id"), text(&token, "token"));
            } else if (self.how.of_interest)(&request) {
                outgoing.each("created_by", |token| {
                    if let Some(secret) = secrets.get(&text(token, "id")) {
                        (self.how.show)(token, secret);
                    }
                });
            }
            outgoing
        })
    }
}

/// Answers a write as it should, and undoes it.
pub(super) struct NotStored {
    pub(super) of_interest: Which,
}

impl NotStored {
    /// Instead of that, answers with what was there before.
    pub(super) fn stale(self) -> Stale {
        Stale(self.of_interest)
    }
}

impl Behaviour for NotStored {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            if !(self.of_interest)(&request) {
                return upstream.send(&request).await;
            }
            if is_delete(&request) {
                let mut outgoing = upstream.send(&as_get(&request)).await;
                outgoing.body.clear();
                return outgoing;
            }
            let before = upstream.send(&as_get(&request)).await;
            let outgoing = upstream.send(&request).await;
            if let Some(token) = outgoing.json().filter(|_| outgoing.status.is_success()) {
                let mut undo = request.clone();
                if is_create(&request) {
                    undo.method = Method::DELETE;
                    let id = token["id"].as_str().unwrap_or_default();
                    undo.path = format!("{}/{id}", request.path);
                } else if let Some(before) = before.json() {
                    undo.set_json(&json!({"description": before["description"]}));
                }
                upstream.send(&undo).await;
            }
            outgoing
        })
    }
}

/// Carries out a write, and answers with what was there before.
pub(super) struct Stale(Which);

impl Behaviour for Stale {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            if !(self.0)(&request) {
                return upstream.send(&request).await;
            }
            let before = upstream.send(&as_get(&request)).await;
            let outgoing = upstream.send(&request).await;
            if outgoing.status.is_success() { before } else { outgoing }
        })
    }
}

/// Shows what is deleted as it was last seen.
pub(super) struct Ghosts {
    shows: Which,
    seen: Mutex<HashMap<String, Outgoing>>,
}

impl Ghosts {
    pub(super) fn new(shows: Which) -> Self {
        Self { shows, seen: Mutex::default() }
    }
}

impl Behaviour for Ghosts {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            if is_delete(&request) {
                let last = upstream.send(&as_get(&request)).await;
                lock(&self.seen).insert(request.path.clone(), last);
            }
            let mut outgoing = upstream.send(&request).await;
            let seen = lock(&self.seen);
            if !(self.shows)(&request) {
                return outgoing;
            }
            if let Some(Value::Array(mut list)) = outgoing.json() {
                let gone = seen.iter().filter(|(path, _)| collection(path) == request.path);
                list.extend(
                    gone.filter_map(|(_, it)| it.json().filter(|_| it.status.is_success())),
                );
                outgoing.set_json(&Value::Array(list));
                return outgoing;
            }
            seen.get(&request.path).cloned().unwrap_or(outgoing)
        })
    }
}

/// Deletes every token of the registry.
pub(super) struct DeletesAll;

impl Behaviour for DeletesAll {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let outgoing = upstream.send(&request).await;
            if is_delete(&request) && outgoing.status.is_success() {
                let path = collection(&request.path);
                let list =
                    upstream.send(&Incoming { path: path.clone(), ..as_get(&request) }).await;
                for token in list.json().as_ref().and_then(Value::as_array).into_iter().flatten() {
                    let path = format!("{path}/{}", token["id"].as_str().unwrap_or_default());
                    upstream.send(&Incoming { path, ..request.clone() }).await;
                }
            }
            outgoing
        })
    }
}

/// Keeps giving a token whose registry is deleted.
#[derive(Default)]
pub(super) struct Outliving {
    created: Mutex<HashMap<String, Outgoing>>,
}

impl Behaviour for Outliving {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let mut outgoing = upstream.send(&request).await;
            let mut created = lock(&self.created);
            if let Some(mut token) = outgoing.json().filter(|_| is_create(&request))
                && let Some(id) = token["id"].as_str().map(str::to_owned)
            {
                token.as_object_mut().map(|token| token.remove("token"));
                let mut kept = outgoing.clone();
                kept.set_json(&token);
                created.insert(id, kept);
            } else if is_delete(&request) {
                created.remove(request.last_segment());
            } else if is_get(&request)
                && outgoing.status == StatusCode::NOT_FOUND
                && let Some(kept) = created.get(request.last_segment())
                && kept.json().is_some_and(|token| {
                    let url = token["url"].as_str().unwrap_or_default();
                    url.ends_with(&request.path)
                })
            {
                outgoing = kept.clone();
            }
            outgoing
        })
    }
}

/// Gives a new registry the tokens of a deleted one with its slug.
#[derive(Default)]
pub(super) struct Inherited {
    lists: Mutex<HashMap<String, Vec<Value>>>,
    deleted: Mutex<HashSet<String>>,
}

impl Behaviour for Inherited {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            if request.is_delete() {
                let path = format!("{}/tokens", request.path);
                let list =
                    upstream.send(&Incoming { path: path.clone(), ..as_get(&request) }).await;
                if let Some(Value::Array(list)) = list.json() {
                    lock(&self.lists).insert(path.clone(), list);
                    lock(&self.deleted).insert(path);
                }
            }
            let mut outgoing = upstream.send(&request).await;
            if is_list(&request)
                && lock(&self.deleted).contains(&request.path)
                && let Some(Value::Array(mut list)) = outgoing.json()
            {
                list.extend(lock(&self.lists).get(&request.path).cloned().unwrap_or_default());
                outgoing.set_json(&Value::Array(list));
            }
            outgoing
        })
    }
}

/// Does not look at whose token it is.
pub(super) struct Everywhere {
    pub(super) of_interest: Which,
}

impl Behaviour for Everywhere {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let outgoing = upstream.send(&request).await;
            let lacks = is_list(&request) || outgoing.status == StatusCode::NOT_FOUND;
            if !(self.of_interest)(&request) || !lacks {
                return outgoing;
            }
            let Some((registries, rest)) = request.path.split_once("/registries/") else {
                return outgoing;
            };
            let rest = rest.split_once('/').map_or("", |(_, rest)| rest);
            let registries = format!("{registries}/registries");
            let list =
                upstream.send(&Incoming { path: registries.clone(), ..as_get(&request) }).await;
            let mut all = Vec::new();
            for registry in list.json().as_ref().and_then(Value::as_array).into_iter().flatten() {
                let path = format!(
                    "{registries}/{}/{rest}",
                    registry["slug"].as_str().unwrap_or_default()
                );
                let other = upstream.send(&Incoming { path, ..as_get(&request) }).await;
                match other.json() {
                    Some(Value::Array(list)) => all.extend(list),
                    Some(_) if other.status.is_success() => return other,
                    _ => {}
                }
            }
            let mut outgoing = outgoing;
            if is_list(&request) && outgoing.status.is_success() {
                outgoing.set_json(&Value::Array(all));
            }
            outgoing
        })
    }
}

/// Refuses a registry token without a description, and stores it all the same.
pub(super) struct HalfWritten;

impl Behaviour for HalfWritten {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let outgoing = upstream.send(&request).await;
            if is_create(&request) && outgoing.status == StatusCode::UNPROCESSABLE_ENTITY {
                let mut valid = request.clone();
                valid.set_json(&json!({"description": "half written"}));
                upstream.send(&valid).await;
            }
            outgoing
        })
    }
}
