//! A deployment whose reads come from a replica, which shows writes late, or never the last one.

use std::{
    sync::Mutex,
    time::{Duration, Instant},
};

use http::StatusCode;
use serde_json::{Value, json};

use super::{
    deviation::lock,
    faulty_proxy::{Answering, Behaviour, Incoming, Outgoing, Upstream},
};

/// Answers the reads of interest from a copy that is behind.
pub(super) struct Replica {
    behind: Behind,
    of_interest: fn(&Incoming) -> bool,
    history: Mutex<Vec<Written>>,
}

/// How far a copy is behind.
pub(super) enum Behind {
    /// It shows a write after this time.
    Time(Duration),
    /// It shows a write with the next one.
    OneWrite,
}

/// All registries, as a write left them.
struct Written {
    at: Instant,
    /// The path of the organization that has them.
    organization: String,
    registries: Vec<Value>,
}

impl Replica {
    pub(super) fn new(behind: Behind, of_interest: fn(&Incoming) -> bool) -> Self {
        Self { behind, of_interest, history: Mutex::default() }
    }

    /// What the copy has now of the organization that a request is about.
    fn registries(&self, request: &Incoming) -> Option<Vec<Value>> {
        let history = lock(&self.history);
        let shown = match self.behind {
            Behind::Time(delay) => history.iter().rev().find(|it| it.at.elapsed() >= delay),
            Behind::OneWrite => history.iter().rev().nth(1),
        };
        let shown = shown.or(history.first())?;
        request.path.starts_with(&shown.organization).then(|| shown.registries.clone())
    }

    /// Takes note of all registries, with the token of the request.
    async fn note(&self, request: &Incoming, upstream: &Upstream) {
        let Some((organization, _)) = request.path.split_once("registries") else { return };
        let organization = organization.to_owned();
        let list = Incoming {
            method: http::Method::GET,
            path: format!("{organization}registries"),
            body: Vec::new(),
            ..request.clone()
        };
        let list = upstream.send(&list).await;
        if let Some(Value::Array(registries)) = list.json().filter(|_| list.status.is_success()) {
            lock(&self.history).push(Written { at: Instant::now(), organization, registries });
        }
    }
}

impl Behaviour for Replica {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let is_write = request.is_create() || request.is_update() || request.is_delete();
            if is_write && lock(&self.history).is_empty() {
                self.note(&request, upstream).await;
            }
            let mut outgoing = upstream.send(&request).await;
            if is_write && outgoing.status.is_success() {
                self.note(&request, upstream).await;
            }
            // A client that may not read gets the status at once.
            let is_read = outgoing.status == StatusCode::OK
                || (outgoing.status == StatusCode::NOT_FOUND && !request.is_list());
            if is_read
                && (self.of_interest)(&request)
                && let Some(registries) = self.registries(&request)
            {
                show(&request, &registries, &mut outgoing);
            }
            outgoing
        })
    }
}

/// Answers a read with what the copy has.
fn show(request: &Incoming, registries: &[Value], outgoing: &mut Outgoing) {
    if request.is_list() {
        outgoing.set_json(&Value::Array(registries.to_vec()));
        return;
    }
    let asked = request.last_segment();
    if let Some(registry) = registries.iter().find(|it| it["slug"] == asked) {
        outgoing.status = StatusCode::OK;
        outgoing.set_json(registry);
    } else {
        outgoing.status = StatusCode::NOT_FOUND;
        outgoing.set_json(&json!({"message": "Not Found"}));
    }
}
