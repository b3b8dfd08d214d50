//! What the requests of a client know of the rate limits.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use super::window::Window;
use crate::{RateLimits, rate_limit};

const MINUTE: Duration = Duration::from_secs(60);

/// Every request counts in the user's window and in that of one organization.
#[derive(Debug, Default)]
pub(super) struct State {
    user: Window,
    organizations: HashMap<String, Window>,
    own: Option<PerMinute>,
}

impl State {
    pub(super) fn new(per_minute: Option<u32>) -> Self {
        let own = per_minute.map(|most| PerMinute { most, started: VecDeque::new() });
        Self { own, ..Self::default() }
    }

    /// Starts a request, if it may be sent now; or else when to look again, and whether something may
    /// come back before.
    pub(super) fn start(
        &mut self,
        organization: &str,
        now: Duration,
    ) -> Result<(), (Duration, bool)> {
        if !self.organizations.contains_key(organization) {
            self.organizations.retain(|_, window| !window.is_forgotten(now));
            self.organizations.insert(organization.to_owned(), Window::default());
        }
        let Some(window) = self.organizations.get_mut(organization) else { return Ok(()) };
        let own = self.own.as_mut().map_or(Ok(()), |own| own.may_start(now));
        let waits = [self.user.may_start(now), window.may_start(now), own];
        if let Some(when) = waits.into_iter().filter_map(Result::err).max() {
            return Err((when, self.user.is_busy()));
        }
        self.user.start(now);
        window.start(now);
        if let Some(own) = &mut self.own {
            own.started.push_back(now);
        }
        Ok(())
    }

    /// A request was answered. What is no refusal and says nothing of limits shows that there are
    /// none.
    pub(super) fn answered(
        &mut self,
        organization: &str,
        now: Duration,
        limits: &RateLimits,
        is_refusal: bool,
    ) {
        self.user.answered(now, &limits.user, !is_refusal);
        self.with(organization, |window| {
            window.answered(now, &limits.organization, !is_refusal);
        });
    }

    pub(super) fn dropped(&mut self, organization: &str) {
        self.user.dropped();
        self.with(organization, Window::dropped);
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

    fn with(&mut self, organization: &str, change: impl FnOnce(&mut Window)) {
        if let Some(window) = self.organizations.get_mut(organization) {
            change(window);
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
    fn may_start(&mut self, now: Duration) -> Result<(), Duration> {
        while self.started.front().is_some_and(|first| first.saturating_add(MINUTE) <= now) {
            self.started.pop_front();
        }
        let is_full = self.started.len() >= self.most as usize;
        match self.started.front() {
            Some(first) if is_full => Err(first.saturating_add(MINUTE)),
            _ => Ok(()),
        }
    }
}
