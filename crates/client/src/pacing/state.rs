//! Who waits, and what the requests of a client know of the rate limits.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use tokio::sync::Notify;

use super::{
    queue::{Before, Queue, Ticket},
    window::{Hold, Window},
};
use crate::{RateLimits, rate_limit};

const MINUTE: Duration = Duration::from_secs(60);

/// Every request counts in the user's window and in that of one organization. So there is a queue
/// for each organization: one that has nothing left holds up no other.
#[derive(Debug, Default)]
pub(super) struct State {
    user: Window,
    organizations: HashMap<String, Organization>,
    own: Option<PerMinute>,
    tickets: u64,
}

#[derive(Debug, Default)]
struct Organization {
    window: Window,
    queue: Queue,
}

impl State {
    pub(super) fn new(per_minute: Option<u32>) -> Self {
        let own = per_minute.map(|most| PerMinute { most, started: VecDeque::new() });
        Self { own, ..Self::default() }
    }

    /// Takes a place in the queue of an organization.
    pub(super) fn join(
        &mut self,
        organization: &str,
        is_again: bool,
        now: Duration,
    ) -> (Ticket, Arc<Notify>) {
        if !self.organizations.contains_key(organization) {
            self.organizations.retain(|_, it| !it.queue.is_empty() || !it.window.is_forgotten(now));
            self.organizations.insert(organization.to_owned(), Organization::default());
        }
        self.tickets += 1;
        let ticket = Ticket { is_first_send: !is_again, number: self.tickets };
        let it = self.organizations.get_mut(organization);
        let woken = it.map(|it| it.queue.join(ticket)).unwrap_or_default();
        (ticket, woken)
    }

    /// Leaves the queue.
    pub(super) fn leave(&mut self, organization: &str, ticket: Ticket) {
        if let Some(it) = self.organizations.get_mut(organization) {
            it.queue.leave(ticket);
        }
        self.wake();
    }

    /// Starts a request, which then leaves the queue, or says why it may not be sent now.
    pub(super) fn start(
        &mut self,
        organization: &str,
        ticket: Ticket,
        now: Duration,
    ) -> Result<(), Hold> {
        let all = self.user.may_start(now);
        let own = self.own.as_mut().map_or(Ok(()), |own| own.may_start(now));
        let Some(it) = self.organizations.get_mut(organization) else { return Ok(()) };
        it.queue.look(ticket);
        if let Some(before) = it.queue.before(ticket) {
            it.queue.wake();
            return Err(Hold::Behind(before));
        }
        let holds = [all, own, it.window.may_start(now)];
        if let Some(hold) = holds.into_iter().filter_map(Result::err).max() {
            return Err(hold);
        }
        let earlier = self.organizations.values_mut().find_map(|it| {
            let before = it.queue.before(ticket)?;
            it.window.may_start(now).is_ok().then_some((it, before))
        });
        if let Some((it, before)) = earlier {
            it.queue.wake();
            return Err(Hold::Behind(before));
        }
        self.user.start(now);
        self.with(organization, |window| window.start(now));
        if let Some(own) = &mut self.own {
            own.started.push_back(now);
        }
        Ok(())
    }

    /// A request that was sent then was answered. What is no refusal and says nothing of limits shows
    /// that there are none.
    pub(super) fn answered(
        &mut self,
        organization: &str,
        sent: Duration,
        now: Duration,
        limits: &RateLimits,
        is_refusal: bool,
    ) {
        self.user.answered(sent, now, &limits.user, !is_refusal);
        self.with(organization, |window| {
            window.answered(sent, now, &limits.organization, !is_refusal);
        });
        self.wake();
    }

    pub(super) fn dropped(&mut self, organization: &str) {
        self.user.dropped();
        self.with(organization, Window::dropped);
        self.wake();
    }

    /// A request was refused. If the headers do not say which window is exhausted, both may be.
    pub(super) fn close(&mut self, organization: &str, limits: &RateLimits, until: Duration) {
        let [user, rest] =
            [&limits.user, &limits.organization].map(rate_limit::Window::is_exhausted);
        if user || !rest {
            self.user.close(until);
        }
        if rest || !user {
            self.with(organization, |window| window.close(until));
        }
    }

    /// Who was before another one for a while is passed by it, unless it still looks.
    pub(super) fn pass_over(&mut self, before: Before) {
        self.organizations.values_mut().for_each(|it| it.queue.pass_over(before));
    }

    /// Whether a request is unanswered.
    pub(super) fn is_busy(&self) -> bool {
        self.user.is_busy()
    }

    /// Until when a limit has nothing left for an organization.
    pub(super) fn exhausted_until(
        &mut self,
        organization: &str,
        now: Duration,
    ) -> Option<Duration> {
        let it = self.organizations.get_mut(organization);
        let own = self.own.as_mut().map_or(Ok(()), |own| own.may_start(now));
        let windows = [&mut self.user].into_iter().chain(it.map(|it| &mut it.window));
        let holds = windows.map(|window| window.may_start(now)).chain([own]);
        let exhausted = holds.filter_map(|hold| match hold {
            Err(Hold::Exhausted(until)) => Some(until),
            _ => None,
        });
        exhausted.max()
    }

    /// Wakes the first of each queue.
    fn wake(&self) {
        self.organizations.values().for_each(|it| it.queue.wake());
    }

    fn with(&mut self, organization: &str, change: impl FnOnce(&mut Window)) {
        if let Some(it) = self.organizations.get_mut(organization) {
            change(&mut it.window);
        }
    }
}

/// At most so many requests in any 60 seconds.
#[derive(Debug)]
struct PerMinute {
    most: u32,
    /// When the last ones were started.
    started: VecDeque<Duration>,
}

impl PerMinute {
    fn may_start(&mut self, now: Duration) -> Result<(), Hold> {
        while self.started.front().is_some_and(|first| first.saturating_add(MINUTE) <= now) {
            self.started.pop_front();
        }
        let is_full = self.started.len() >= self.most as usize;
        match self.started.front() {
            Some(first) if is_full => Err(Hold::Exhausted(first.saturating_add(MINUTE))),
            _ => Ok(()),
        }
    }
}
