//! Rate limits: how many requests a minute one user sends, and one organization receives.
//!
//! There are two windows of 60 seconds, one per organization and one per user (documented, Rate
//! limits). Here all windows begin with the minute of the clock (choice): what is counted can be
//! forgotten all at once, and servers that share a clock agree on the window.
//!
//! Servers that share a database which can count for all of them (`PostgreSQL`) hold the limits of users
//! and organizations together: they answer no more requests in a minute than one server would. But a
//! server whose clock is off by some seconds counts for as long in another minute, and a crash of the
//! database begins the minute again. Callers without a valid token are counted by each server for
//! itself, as everybody is on `SQLite`: with N servers they have N times the limit.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::config::{Limits, RateLimit};
use crate::storage::{CountedRequest, Counts as SharedCount, SharedCounts, StorageError};

/// The counters of one server process.
#[derive(Debug)]
pub(crate) struct RateLimits {
    limits: Limits,
    counts: Mutex<Counts>,
}

impl RateLimits {
    const WINDOW_SECONDS: i64 = 60;
    /// Callers that are told apart in one window. Those beyond share one counter, so that nobody
    /// can fill the memory by coming from ever new addresses.
    const MAX_CALLERS: usize = 100_000;

    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, counts: Mutex::new(Counts::default()) }
    }

    /// Counts one request in this process, or finds that it is one too many.
    ///
    /// A request that is one too many for its user is not counted against the organization: who is
    /// over their own limit must not use up everybody's.
    pub(crate) fn count(&self, caller: &Caller, now: DateTime<Utc>) -> Usage {
        let time = Time::at(now);
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.turn_to(time.minute);
        let user = increment(&mut counts.users, caller.user_key());
        let is_exceeded = Window::new(self.limits.user, Limits::USER, user, time).is_exceeded();
        let organization = if is_exceeded {
            counts.organizations.get(&caller.organization_key()).copied().unwrap_or(0)
        } else {
            increment(&mut counts.organizations, caller.organization_key())
        };
        self.usage(user, organization, time)
    }

    /// Counts one request where other processes count theirs.
    ///
    /// This process remembers only who is over their own limit, and refuses them by itself until the
    /// minute ends: to send too much must not make the database write.
    pub(crate) async fn count_with_others(
        &self,
        caller: &Caller,
        now: DateTime<Utc>,
        others: &dyn SharedCounts,
    ) -> Result<Usage, StorageError> {
        let Caller::User { user, organization } = *caller else {
            return Ok(self.count(caller, now));
        };
        let nothing_to_hold =
            self.limits.user == RateLimit::Off && self.limits.organization == RateLimit::Off;
        let time = Time::at(now);
        if nothing_to_hold || self.is_over(caller, time) {
            return Ok(self.count(caller, now));
        }
        let user_limit = match self.limits.user {
            RateLimit::PerMinute(limit) => limit,
            RateLimit::Off => u32::MAX,
        };
        let organization = organization.unwrap_or(user);
        let request = CountedRequest { minute: time.minute, user, user_limit, organization };
        let counted = others.count_request(&request).await?;
        let usage = self.usage(counted.user, counted.organization, time);
        if usage.user.is_exceeded() {
            self.remember(caller, time, counted);
        }
        Ok(usage)
    }

    /// What a request is told that could not be counted: nothing is used up.
    pub(crate) fn uncounted(&self, now: DateTime<Utc>) -> Usage {
        self.usage(0, 0, Time::at(now))
    }

    fn usage(&self, user: u32, organization: u32, time: Time) -> Usage {
        let Limits { user: user_limit, organization: organization_limit } = self.limits;
        Usage {
            organization: Window::new(organization_limit, Limits::ORGANIZATION, organization, time),
            user: Window::new(user_limit, Limits::USER, user, time),
        }
    }

    fn is_over(&self, caller: &Caller, time: Time) -> bool {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.turn_to(time.minute);
        let user = counts.users.get(&caller.user_key()).copied().unwrap_or(0);
        self.usage(user, 0, time).user.is_exceeded()
    }

    fn remember(&self, caller: &Caller, time: Time, counted: SharedCount) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.window == time.minute {
            raise(&mut counts.users, caller.user_key(), counted.user);
            raise(&mut counts.organizations, caller.organization_key(), counted.organization);
        }
    }
}

/// A time, as windows see it.
#[derive(Debug, Clone, Copy)]
struct Time {
    /// Minutes since 1970, which number the windows.
    minute: i64,
    /// Whole seconds until the next window, at least 1.
    reset: u32,
}

impl Time {
    fn at(now: DateTime<Utc>) -> Self {
        let second = now.timestamp();
        let reset = RateLimits::WINDOW_SECONDS - second.rem_euclid(RateLimits::WINDOW_SECONDS);
        Self {
            minute: second.div_euclid(RateLimits::WINDOW_SECONDS),
            reset: u32::try_from(reset).unwrap_or(u32::MAX),
        }
    }
}

/// Who sends a request to whom, as far as it is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Caller {
    /// A user with a valid token. The organization is the one that the request names if the token
    /// covers it, else the first one of the token.
    User { user: Uuid, organization: Option<Uuid> },
    /// Anybody else. They have windows of their own, which no organization shares.
    Anonymous(IpAddr),
}

impl Caller {
    fn user_key(&self) -> Key {
        match self {
            Self::User { user, .. } => Key::Id(*user),
            Self::Anonymous(address) => Key::network(*address),
        }
    }

    fn organization_key(&self) -> Key {
        match self {
            Self::User { organization: Some(organization), .. } => Key::Id(*organization),
            Self::User { user, organization: None } => Key::Id(*user),
            Self::Anonymous(address) => Key::network(*address),
        }
    }
}

/// Both windows after a request was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Usage {
    pub(crate) organization: Window,
    pub(crate) user: Window,
}

impl Usage {
    /// The window that refuses the request, if one does, with its scope.
    pub(crate) fn exceeded(&self) -> Option<(&'static str, Window)> {
        if self.user.is_exceeded() {
            Some((Self::USER_SCOPE, self.user))
        } else if self.organization.is_exceeded() {
            Some((Self::ORGANIZATION_SCOPE, self.organization))
        } else {
            None
        }
    }

    /// The name of the organization's window (documented, Rate limits).
    pub(crate) const ORGANIZATION_SCOPE: &str = "rest";
    /// The name of the user's window (documented, Rate limits).
    pub(crate) const USER_SCOPE: &str = "rest_user";
}

/// One window after a request was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) limit: u32,
    /// Requests in this window with the present one, and with those that were refused.
    pub(crate) current: u32,
    /// Whole seconds until the next window, at least 1.
    pub(crate) reset: u32,
    pub(crate) enforced: bool,
}

impl Window {
    fn new(limit: RateLimit, default: u32, current: u32, time: Time) -> Self {
        let reset = time.reset;
        match limit {
            RateLimit::PerMinute(limit) => Self { limit, current, reset, enforced: true },
            RateLimit::Off => Self { limit: default, current, reset, enforced: false },
        }
    }

    /// Requests left in this window. A limit that is not enforced has always all of them left: a
    /// client that heeds the headers must not wait for what never refuses it.
    pub(crate) fn remaining(&self) -> u32 {
        if self.enforced { self.limit.saturating_sub(self.current) } else { self.limit }
    }

    /// Whether the next request will be refused.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.enforced && self.current >= self.limit
    }

    /// Whether the present request is refused.
    pub(crate) fn is_exceeded(&self) -> bool {
        self.enforced && self.current > self.limit
    }
}

/// What was counted in one minute.
#[derive(Debug, Default)]
struct Counts {
    window: i64,
    organizations: HashMap<Key, u32>,
    users: HashMap<Key, u32>,
}

impl Counts {
    fn turn_to(&mut self, window: i64) {
        if self.window != window {
            *self = Self { window, ..Self::default() };
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Id(Uuid),
    Network(IpAddr),
    /// Everybody who came after there were too many to tell apart.
    Others,
}

impl Key {
    /// One subscriber's network: an IPv4 address, or the first half of an IPv6 address.
    fn network(address: IpAddr) -> Self {
        Self::Network(match address.to_canonical() {
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
            }
            address @ IpAddr::V4(_) => address,
        })
    }
}

fn increment(counts: &mut HashMap<Key, u32>, key: Key) -> u32 {
    let is_full = counts.len() >= RateLimits::MAX_CALLERS && !counts.contains_key(&key);
    let count = counts.entry(if is_full { Key::Others } else { key }).or_default();
    *count = count.saturating_add(1);
    *count
}

/// Others may have counted on while this count was on its way.
fn raise(counts: &mut HashMap<Key, u32>, key: Key, to: u32) {
    let count = counts.entry(key).or_default();
    *count = to.max(*count);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(organization: RateLimit, user: RateLimit) -> RateLimits {
        RateLimits::new(Limits { organization, user })
    }

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + second, 0).unwrap()
    }

    fn caller(user: u128, organization: u128) -> Caller {
        Caller::User {
            user: Uuid::from_u128(user),
            organization: Some(Uuid::from_u128(organization)),
        }
    }

    #[test]
    fn a_window_lasts_until_the_minute_ends() {
        let limits = limits(RateLimit::PerMinute(9), RateLimit::PerMinute(2));
        let first = limits.count(&caller(1, 1), at(20)).user;
        assert_eq!((first.limit, first.current, first.remaining(), first.reset), (2, 1, 1, 40));
        assert!(!first.is_exhausted());
        let second = limits.count(&caller(1, 1), at(59)).user;
        assert_eq!((second.remaining(), second.reset), (0, 1));
        assert!(second.is_exhausted() && !second.is_exceeded());
        let third = limits.count(&caller(1, 1), at(59));
        assert_eq!(
            third.exceeded().map(|(scope, window)| (scope, window.current)),
            Some(("rest_user", 3))
        );
        assert_eq!(limits.count(&caller(1, 1), at(60)).user, Window { reset: 60, ..first });
    }

    #[test]
    fn users_of_one_organization_share_its_window() {
        let limits = limits(RateLimit::PerMinute(2), RateLimit::PerMinute(9));
        limits.count(&caller(1, 1), at(0));
        limits.count(&caller(2, 1), at(0));
        let third = limits.count(&caller(3, 1), at(0));
        assert_eq!(third.exceeded().map(|(scope, _)| scope), Some("rest"));
        assert_eq!(limits.count(&caller(1, 2), at(0)).exceeded(), None);
    }

    #[test]
    fn who_is_over_their_own_limit_uses_up_nothing_else() {
        let limits = limits(RateLimit::PerMinute(3), RateLimit::PerMinute(1));
        for _ in 0..10 {
            limits.count(&caller(1, 1), at(0));
        }
        assert_eq!(limits.count(&caller(2, 1), at(0)).organization.current, 2);
    }

    #[test]
    fn a_limit_that_is_off_counts_and_refuses_nothing() {
        let limits = limits(RateLimit::Off, RateLimit::Off);
        let last = (0..300).map(|_| limits.count(&caller(1, 1), at(0))).last().unwrap();
        assert_eq!((last.user.limit, last.organization.limit), (50, 200));
        assert_eq!((last.user.remaining(), last.organization.remaining()), (50, 200));
        assert!(!last.user.is_exhausted() && last.exceeded().is_none());
    }

    #[test]
    fn anonymous_callers_are_told_apart_by_their_network() {
        let limits = limits(RateLimit::PerMinute(1), RateLimit::PerMinute(1));
        let current = |address: &str| {
            limits.count(&Caller::Anonymous(address.parse().unwrap()), at(0)).user.current
        };
        assert_eq!(current("192.0.2.1"), 1);
        assert_eq!(current("192.0.2.2"), 1);
        assert_eq!(current("::ffff:192.0.2.1"), 2);
        assert_eq!(current("2001:db8::1"), 1);
        assert_eq!(current("2001:db8::2"), 2);
        assert_eq!(current("2001:db8:0:1::1"), 1);
    }

    #[test]
    fn memory_is_bounded() {
        let limits = limits(RateLimit::PerMinute(1), RateLimit::PerMinute(1));
        for user in 0..u128::try_from(RateLimits::MAX_CALLERS + 10).unwrap() {
            limits.count(&caller(user, user), at(0));
        }
        let counts = limits.counts.lock().unwrap();
        assert_eq!(counts.users.len(), RateLimits::MAX_CALLERS + 1);
        assert_eq!(counts.users[&Key::Others], 10);
    }
}
