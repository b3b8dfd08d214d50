//! Those that wait for one organization.

use std::{collections::BTreeMap, sync::Arc};

use tokio::sync::Notify;

/// The order of those that wait: what is sent again, then first come, first served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ticket {
    pub(super) is_first_send: bool,
    pub(super) number: u64,
}

/// Who is before another one, and how often it had looked whether it may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Before {
    ticket: Ticket,
    looked: u64,
}

#[derive(Debug, Default)]
pub(super) struct Queue(BTreeMap<Ticket, Waiter>);

#[derive(Debug, Default)]
struct Waiter {
    woken: Arc<Notify>,
    looked: u64,
    /// Whether its future was woken and not polled since: others pass it until it is.
    is_absent: bool,
}

impl Queue {
    /// Takes a place, and returns what wakes it.
    pub(super) fn join(&mut self, ticket: Ticket) -> Arc<Notify> {
        Arc::clone(&self.0.entry(ticket).or_default().woken)
    }

    pub(super) fn leave(&mut self, ticket: Ticket) {
        self.0.remove(&ticket);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// It looks whether it may be sent.
    pub(super) fn look(&mut self, ticket: Ticket) {
        if let Some(waiter) = self.0.get_mut(&ticket) {
            waiter.looked += 1;
            waiter.is_absent = false;
        }
    }

    /// The first of those that are polled, if it is before `ticket`.
    pub(super) fn before(&self, ticket: Ticket) -> Option<Before> {
        let (&first, waiter) = self.0.iter().find(|(_, waiter)| !waiter.is_absent)?;
        (first < ticket).then_some(Before { ticket: first, looked: waiter.looked })
    }

    /// Wakes the first.
    pub(super) fn wake(&self) {
        if let Some(waiter) = self.0.values().find(|waiter| !waiter.is_absent) {
            waiter.woken.notify_one();
        }
    }

    /// It was woken a while ago: if it has not looked since, its future is no longer polled.
    pub(super) fn pass_over(&mut self, before: Before) {
        if let Some(waiter) = self.0.get_mut(&before.ticket) {
            waiter.is_absent = waiter.looked == before.looked;
        }
    }
}
