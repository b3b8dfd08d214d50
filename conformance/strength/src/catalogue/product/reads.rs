//! Every read repeated, and every read one write behind.

use std::{
    collections::HashMap,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use http::{Method, header};
use serde_json::{Value, json};

use super::super::{Which, collection};
use crate::{
    deviation::{Class, Deviation, answer, as_get, lock},
    faulty_proxy::{Answering, Behaviour, Incoming, Outgoing, Upstream},
};
use registries_conformance::contract::Contract;

const READS: [(&str, Which); 4] = [
    ("get", Incoming::is_get),
    ("list", Incoming::is_list),
    ("registry-token-get", |request| {
        request.method == Method::GET && request.path.contains("/tokens/")
    }),
    ("registry-token-list", |request| request.is("GET", "/tokens")),
];

pub(super) fn deviations() -> Vec<Deviation> {
    let mut all = Vec::new();
    for (read, of_interest) in READS {
        all.push(of(format!("{read}-is-behind-by-one-write"), Behind::new(of_interest)));
        all.push(of(
            format!("{read}-is-answered-to-anyone-once-it-was-answered"),
            Shared { of_interest, seen: Mutex::default() },
        ));
    }
    for property in Contract::built_in().required_properties("Registry") {
        // A policy may be kept back, and the forms of this address are an interpretation.
        if matches!(property.as_str(), "oidc_policy") {
            continue;
        }
        let name = format!("{}-changes-with-every-second-read", property.replace('_', "-"));
        all.push(of(name, changing(property)));
    }
    all
}

fn of(name: String, behaviour: impl Behaviour + 'static) -> Deviation {
    Deviation::new(Class::Persistence, name, behaviour)
}

/// Answers a property otherwise in every second read.
fn changing(property: String) -> impl Behaviour {
    let reads = AtomicUsize::new(0);
    answer(move |request, outgoing| {
        let is_read = request.is_get() || request.is_list();
        if !is_read || reads.fetch_add(1, Ordering::SeqCst).is_multiple_of(2) {
            return;
        }
        outgoing.each("ecosystem", |registry| {
            let value = &mut registry[property.as_str()];
            *value = match value {
                Value::Bool(it) => json!(!*it),
                Value::String(it) => json!(format!("{it}0")),
                _ => json!("changed"),
            };
        });
    })
}

/// Answers a read with what it was before the last write below the same organization.
struct Behind {
    of_interest: Which,
    before: Mutex<HashMap<String, Outgoing>>,
    known: Mutex<Vec<Incoming>>,
}

impl Behind {
    fn new(of_interest: Which) -> Self {
        Self { of_interest, before: Mutex::default(), known: Mutex::default() }
    }

    /// The reads that show what a write changes.
    fn reads_of(&self, write: &Incoming) -> Vec<Incoming> {
        let mut reads: Vec<Incoming> = Vec::new();
        for path in [write.path.clone(), collection(&write.path)] {
            reads.push(Incoming { path, ..as_get(write) });
        }
        reads.retain(|read| (self.of_interest)(read));
        for read in lock(&self.known).iter() {
            if !reads.iter().any(|it| it.path == read.path) {
                reads.push(read.clone());
            }
        }
        reads
    }
}

impl Behaviour for Behind {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            if request.method != Method::GET {
                let mut before = HashMap::new();
                for read in self.reads_of(&request) {
                    let outgoing = upstream.send(&read).await;
                    before.insert(read.path, outgoing);
                }
                let outgoing = upstream.send(&request).await;
                // Only what was carried out is a write.
                if outgoing.status.is_success() {
                    *lock(&self.before) = before;
                }
                return outgoing;
            }
            let outgoing = upstream.send(&request).await;
            if !(self.of_interest)(&request) {
                return outgoing;
            }
            if outgoing.status.is_success()
                && lock(&self.known).iter().all(|it| it.path != request.path)
            {
                lock(&self.known).push(request.clone());
            }
            let before = lock(&self.before).get(&request.path).cloned();
            before.filter(|it| it.status.is_success()).unwrap_or(outgoing)
        })
    }
}

/// Returns to every client the response that a client with a token received before.
struct Shared {
    of_interest: Which,
    seen: Mutex<HashMap<String, Outgoing>>,
}

impl Behaviour for Shared {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let outgoing = upstream.send(&request).await;
            if !(self.of_interest)(&request) {
                return outgoing;
            }
            let mut seen = lock(&self.seen);
            if outgoing.status.is_success() {
                seen.insert(request.path, outgoing.clone());
                return outgoing;
            }
            let is_stranger = !request.headers.contains_key(header::AUTHORIZATION)
                || outgoing.status == http::StatusCode::UNAUTHORIZED;
            seen.get(&request.path).filter(|_| is_stranger).cloned().unwrap_or(outgoing)
        })
    }
}
