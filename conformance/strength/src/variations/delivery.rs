//! Deployments that show writes late, or whose responses are sometimes lost on the way.

use std::{
    collections::BTreeSet,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use http::{Method, StatusCode};

use super::of;
use crate::{
    deviation::{Class, Deviation},
    faulty_proxy::{Answering, Behaviour, Incoming, Outgoing, Upstream},
    replica::{Behind, Replica},
};

pub(super) fn delivery() -> Vec<Deviation> {
    let late = |millis| Behind::Time(Duration::from_millis(millis));
    let reads = |request: &Incoming| request.is_get() || request.is_list();
    vec![
        of(
            "list-shows-writes-late",
            Class::Persistence,
            Replica::new(late(1500), Incoming::is_list),
        )
        .shown_late(),
        of("gets-show-writes-late", Class::Persistence, Replica::new(late(700), Incoming::is_get))
            .shown_late(),
        of("all-reads-show-writes-late", Class::Persistence, Replica::new(late(300), reads))
            .shown_late(),
        of("some-requests-do-not-arrive", Class::Status, Lossy::new(false, |_| true)),
        of("some-responses-are-lost", Class::Status, Lossy::new(true, |_| true)),
        of(
            "some-descriptions-of-the-token-are-lost",
            Class::Status,
            Lossy::new(true, Incoming::is_about_token),
        )
        .limited(),
        of(
            "requests-for-an-unknown-organization-arrive-at-the-second-attempt",
            Class::Status,
            SecondAttempt::default(),
        ),
    ]
}

/// One in so many requests is lost.
const LOST: usize = 23;

/// Loses some requests, before or after they are carried out. A token that was revoked cannot be
/// revoked again, so that nothing shows the outcome of that.
struct Lossy {
    carries_out: bool,
    concerns: fn(&Incoming) -> bool,
    seen: AtomicUsize,
}

impl Lossy {
    fn new(carries_out: bool, concerns: fn(&Incoming) -> bool) -> Self {
        Self { carries_out, concerns, seen: AtomicUsize::new(1) }
    }
}

impl Behaviour for Lossy {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let is_revocation = request.is_about_token() && request.method == http::Method::DELETE;
            let is_lost = (self.concerns)(&request)
                && self.seen.fetch_add(1, Ordering::SeqCst).is_multiple_of(LOST);
            let mut outgoing = if self.carries_out || !is_lost || is_revocation {
                upstream.send(&request).await
            } else {
                upstream.send(&Incoming { method: http::Method::OPTIONS, ..request.clone() }).await
            };
            if is_lost && !is_revocation {
                lose(&mut outgoing);
            }
            outgoing
        })
    }
}

/// Loses the response to the first of each request for an organization that is not there. The refusal
/// of the second is the deployment's own, and says nothing of the first.
#[derive(Default)]
struct SecondAttempt {
    seen: Mutex<BTreeSet<(Method, String)>>,
}

impl Behaviour for SecondAttempt {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let mut outgoing = upstream.send(&request).await;
            let is_concerned = request.path.contains("/organizations/conformance-");
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            if is_concerned && seen.insert((request.method, request.path)) {
                lose(&mut outgoing);
            }
            outgoing
        })
    }
}

fn lose(outgoing: &mut Outgoing) {
    outgoing.status = StatusCode::BAD_GATEWAY;
    outgoing.body = b"<h1>Bad Gateway</h1>".to_vec();
}
