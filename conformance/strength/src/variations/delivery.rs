//! Deployments that show writes late, or whose responses are sometimes lost on the way.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use http::StatusCode;

use super::of;
use crate::{
    deviation::{Class, Deviation},
    faulty_proxy::{Answering, Behaviour, Incoming, Upstream},
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
        of("some-requests-do-not-arrive", Class::Status, Lossy::new(false)),
        of("some-responses-are-lost", Class::Status, Lossy::new(true)),
    ]
}

/// One in so many requests is lost.
const LOST: usize = 23;

/// Loses some requests, before or after they are carried out. A token that was revoked cannot be
/// revoked again, so that nothing tells what became of that.
struct Lossy {
    carries_out: bool,
    seen: AtomicUsize,
}

impl Lossy {
    fn new(carries_out: bool) -> Self {
        Self { carries_out, seen: AtomicUsize::new(1) }
    }
}

impl Behaviour for Lossy {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let is_revocation = request.is_about_token() && request.method == http::Method::DELETE;
            let is_lost = self.seen.fetch_add(1, Ordering::SeqCst).is_multiple_of(LOST);
            let mut outgoing = if self.carries_out || !is_lost || is_revocation {
                upstream.send(&request).await
            } else {
                upstream.send(&Incoming { method: http::Method::OPTIONS, ..request.clone() }).await
            };
            if is_lost && !is_revocation {
                outgoing.status = StatusCode::BAD_GATEWAY;
                outgoing.body = b"<h1>Bad Gateway</h1>".to_vec();
            }
            outgoing
        })
    }
}
