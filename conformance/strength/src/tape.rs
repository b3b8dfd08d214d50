//! The responses of the reference server in one run. Most deviations change responses only, so the
//! server would respond the same in every run: they are measured with what was recorded. A run that asks for
//! anything else is measured with the server itself.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use http::{HeaderMap, StatusCode, header};
use tokio::sync::watch;

use super::{
    deviation::lock,
    faulty_proxy::{Incoming, Outgoing},
};

/// How many requests may overtake each other, as those do that are sent at the same time.
const AT_ONCE: usize = 8;

/// The exchanges of a run, in order.
#[derive(Debug, Default)]
pub(super) struct Tape(Mutex<Vec<(Incoming, Outgoing)>>);

impl Tape {
    pub(super) fn record(&self, request: &Incoming, outgoing: &Outgoing) {
        lock(&self.0).push((request.clone(), outgoing.clone()));
    }
}

/// Answers as the server did, as long as it is asked the same.
#[derive(Debug)]
pub(super) struct Player {
    tape: Arc<Tape>,
    taken: Mutex<BTreeSet<usize>>,
    /// What was asked last: a read that is repeated at once gets the same response.
    last: Mutex<Option<usize>>,
    has_diverged: watch::Sender<bool>,
}

impl Player {
    pub(super) fn of(tape: &Arc<Tape>) -> Self {
        Self {
            tape: Arc::clone(tape),
            taken: Mutex::default(),
            last: Mutex::default(),
            has_diverged: watch::Sender::new(false),
        }
    }

    /// Becomes true when it was asked for something that was not recorded.
    pub(super) fn has_diverged(&self) -> watch::Receiver<bool> {
        self.has_diverged.subscribe()
    }

    pub(super) fn answer(&self, request: &Incoming) -> Outgoing {
        let tape = lock(&self.tape.0);
        let mut taken = lock(&self.taken);
        let mut last = lock(&self.last);
        let left: Vec<usize> =
            (0..tape.len()).filter(|index| !taken.contains(index)).take(AT_ONCE).collect();
        let is_it = |index: &usize| is_same(&tape[*index].0, request);
        let repeated = last.filter(|index| request.method == http::Method::GET && is_it(index));
        if let Some(index) = repeated.filter(|_| !left.first().is_some_and(is_it)) {
            return tape[index].1.clone();
        }
        if let Some(index) = left.into_iter().find(is_it) {
            taken.insert(index);
            *last = Some(index);
            return tape[index].1.clone();
        }
        self.has_diverged.send_replace(true);
        Outgoing {
            status: StatusCode::BAD_GATEWAY,
            headers: HeaderMap::new(),
            body: b"this was not recorded".to_vec(),
            chunk: None,
        }
    }
}

/// Whether a server that knows nothing else would answer both alike.
fn is_same(one: &Incoming, other: &Incoming) -> bool {
    let token = |request: &Incoming| request.headers.get(header::AUTHORIZATION).cloned();
    one.method == other.method
        && one.path == other.path
        && one.body == other.body
        && token(one) == token(other)
}
