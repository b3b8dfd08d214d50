//! Rate limits: how many requests a minute one user sends, and one organization receives.
//!
//! There are two windows of 60 seconds, one per organization and one per user (documented, Rate
//! limits). Here all windows begin with the minute of the clock (choice): what is counted can be
//! forgotten all at once, and servers that share a clock agree on the window.
//!
//! Servers that share a database which can count for all of them (`PostgreSQL`) have the limits of
//! users and organizations together: they answer no more requests in a minute than one server
//! would. But a server whose clock is off by some seconds counts for as long in another minute. A
//! crash of the database begins the minute again. Callers without a valid token are counted by each
//! server for itself, as all callers are on `SQLite`: with N servers they have N times the limit.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::clock::Clock;
use crate::config::{Limits, RateLimit};
use crate::domain::token::TokenDigest;
use crate::network::Network;
use crate::storage::{CountedRequest, Counts as SharedCount, SharedCounts, StorageError};

/// The counters of one server process.
#[derive(Debug)]
pub(crate) struct RateLimits {
    limits: Limits,
    counts: Mutex<Counts>,
    known: Mutex<KnownTokens>,
}

impl RateLimits {
    const WINDOW_SECONDS: i64 = 60;
    /// Requests for the contract and the page that shows it, per minute and network. The page takes
    /// about ten.
    const DESCRIPTION: u32 = 300;
    /// Requests to the monitoring listener, per minute and network: ten a second. Who asks how the
    /// server is does so every few seconds.
    const MONITORING: u32 = 600;

    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, counts: Mutex::default(), known: Mutex::default() }
    }

    /// Counts one request in this process, or finds that it is one too many.
    ///
    /// A request that is one too many for its user is not counted against the organization: who is
    /// over their own limit must not use up everybody's.
    pub(crate) fn count(&self, caller: &Caller, clock: &dyn Clock) -> Usage {
        let (mut counts, time) = self.counts(clock);
        let Counts { users, organizations, networks, network_totals, .. } = &mut *counts;
        let (user, organization) = match *caller {
            Caller::User { user, organization } => {
                let organization = organization.unwrap_or(user);
                self.count_both((users, user), (organizations, organization), time)
            }
            Caller::Anonymous(network) => {
                self.count_both((networks, network), (network_totals, network), time)
            }
        };
        self.usage(user, organization, time)
    }

    fn count_both<K: Eq + Hash>(
        &self,
        (users, user): (&mut Callers<K>, K),
        (organizations, organization): (&mut Callers<K>, K),
        time: Time,
    ) -> (u32, u32) {
        let user = users.increment(user);
        if Window::new(self.limits.user, Limits::USER, user, time).is_exceeded() {
            (user, organizations.of(&organization))
        } else {
            (user, organizations.increment(organization))
        }
    }

    /// Counts one request where other processes count theirs.
    ///
    /// This process remembers only who is over their own limit, and refuses them by itself until the
    /// minute ends: to send too much must not make the database write.
    pub(crate) async fn count_with_others(
        &self,
        caller: &Caller,
        clock: &dyn Clock,
        others: &SharedCounts,
    ) -> Result<Usage, StorageError> {
        let Caller::User { user, organization } = *caller else {
            return Ok(self.count(caller, clock));
        };
        let nothing_to_hold =
            self.limits.user == RateLimit::Off && self.limits.organization == RateLimit::Off;
        if nothing_to_hold {
            return Ok(self.count(caller, clock));
        }
        let (time, is_over) = {
            let (counts, time) = self.counts(clock);
            (time, self.usage(counts.users.of(&user), 0, time).user.is_exceeded())
        };
        if is_over {
            return Ok(self.count(caller, clock));
        }
        let user_limit = match self.limits.user {
            RateLimit::PerMinute(limit) => limit,
            RateLimit::Off => u32::MAX,
        };
        let organization = organization.unwrap_or(user);
        let request = CountedRequest { minute: time.window, user, user_limit, organization };
        let counted = others.count_request(&request).await?;
        let usage = self.usage(counted.user, counted.organization, time);
        if usage.user.is_exceeded() {
            self.remember(&request, counted);
        }
        Ok(usage)
    }

    /// Counts one request for the contract or the page that shows it.
    pub(crate) fn count_description(&self, network: Network, clock: &dyn Clock) -> Window {
        let (mut counts, time) = self.counts(clock);
        Window::of(Self::DESCRIPTION, counts.readers.increment(network), time)
    }

    /// Counts one request to the monitoring listener that makes work.
    pub(crate) fn count_monitoring(&self, network: Network, clock: &dyn Clock) -> Window {
        let (mut counts, time) = self.counts(clock);
        Window::of(Self::MONITORING, counts.monitors.increment(network), time)
    }

    /// Allows the token to be looked up in the database, or returns the window that forbids it.
    /// [`Self::looked_up`] has to follow when the database has said whether the token is valid.
    ///
    /// In a minute, a network may present as many tokens that turn out not to be valid as an
    /// anonymous caller may send requests. Beyond that, only tokens are looked up that were valid
    /// before: to guess tokens must not keep the database busy.
    pub(crate) fn may_look_up(
        &self,
        network: Network,
        token: &TokenDigest,
        clock: &dyn Clock,
    ) -> Result<(), Window> {
        if self.limits.user == RateLimit::Off || self.known().contains(token) {
            return Ok(());
        }
        // Counted when it is known to be wrong: many callers with valid tokens may come at once.
        let (counts, time) = self.counts(clock);
        let current = counts.failures.of(&network).saturating_add(1);
        let window = Window::new(self.limits.user, Limits::USER, current, time);
        if window.is_exceeded() { Err(window) } else { Ok(()) }
    }

    /// Takes note of how a look-up went.
    pub(crate) fn looked_up(&self, network: Network, token: TokenDigest, was_valid: bool) {
        if self.limits.user == RateLimit::Off {
            return;
        }
        let mut known = self.known();
        if !was_valid {
            known.remove(&token);
            drop(known);
            self.lock().failures.increment(network);
        } else if !known.contains(&token) {
            known.insert(token);
        }
    }

    /// The limits in the response to a request that could not be counted: nothing is used up.
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

    fn remember(&self, request: &CountedRequest, counted: SharedCount) {
        let mut counts = self.lock();
        if counts.window == request.minute {
            counts.users.raise(request.user, counted.user);
            counts.organizations.raise(request.organization, counted.organization);
        }
    }

    /// The counters of the present window. The clock is asked under their lock. Otherwise two
    /// requests at the end of a minute could make it look as if it was set back.
    fn counts(&self, clock: &dyn Clock) -> (MutexGuard<'_, Counts>, Time) {
        let mut counts = self.lock();
        let time = Time::at(clock.now());
        counts.turn_to(time.window);
        let window = counts.window;
        (counts, Time { window, ..time })
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn known(&self) -> MutexGuard<'_, KnownTokens> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A time, as windows see it.
#[derive(Debug, Clone, Copy)]
struct Time {
    /// Minutes since 1970, which number the windows.
    window: i64,
    /// Whole seconds until the next window, at least 1.
    reset: u32,
}

impl Time {
    fn at(now: DateTime<Utc>) -> Self {
        let second = now.timestamp();
        let reset = RateLimits::WINDOW_SECONDS - second.rem_euclid(RateLimits::WINDOW_SECONDS);
        Self {
            window: second.div_euclid(RateLimits::WINDOW_SECONDS),
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
    /// A caller without a valid token. Their networks have windows of their own, which no
    /// organization shares.
    Anonymous(Network),
}

impl Caller {
    pub(crate) fn at(address: IpAddr) -> Self {
        Self::Anonymous(Network::of(address))
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
        match limit {
            RateLimit::PerMinute(limit) => Self::of(limit, current, time),
            RateLimit::Off => Self { enforced: false, ..Self::of(default, current, time) },
        }
    }

    fn of(limit: u32, current: u32, time: Time) -> Self {
        Self { limit, current, reset: time.reset, enforced: true }
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

/// What was counted in one minute. Callers with a token and callers without one never share a
/// counter, however many there are of either.
#[derive(Debug, Default)]
struct Counts {
    /// The minute of the clock.
    minute: i64,
    /// The minute that is counted in: another one if the clock was set back in it.
    window: i64,
    organizations: Callers<Uuid>,
    users: Callers<Uuid>,
    /// The requests of anonymous callers: against the limit of users, and against that of
    /// organizations.
    networks: Callers<Network>,
    network_totals: Callers<Network>,
    /// Tokens that were looked up and not valid.
    failures: Callers<Network>,
    /// Requests for the contract and the page that shows it.
    readers: Callers<Network>,
    /// Requests to the monitoring listener.
    monitors: Callers<Network>,
}

impl Counts {
    /// A new minute begins at nothing. Where the clock is set back, what was counted stays until
    /// the next minute by the new time: no client gets another window's worth of requests, and a
    /// clock that was ahead blocks clients no longer than that.
    fn turn_to(&mut self, minute: i64) {
        if minute > self.minute {
            *self = Self { minute, window: minute, ..Self::default() };
        }
        self.minute = minute;
    }
}

/// How often each caller was here.
#[derive(Debug)]
struct Callers<K> {
    counts: HashMap<K, u32>,
    /// All callers beyond the limit of counters.
    others: u32,
}

impl<K> Default for Callers<K> {
    fn default() -> Self {
        Self { counts: HashMap::new(), others: 0 }
    }
}

impl<K: Eq + Hash> Callers<K> {
    /// Callers with their own counter in one window. Those beyond share one counter, so that ever
    /// new addresses cannot fill the memory.
    const MOST: usize = 100_000;

    fn of(&self, key: &K) -> u32 {
        match self.counts.get(key) {
            Some(count) => *count,
            None if self.is_full() => self.others,
            None => 0,
        }
    }

    fn increment(&mut self, key: K) -> u32 {
        let count = self.counter(key);
        *count = count.saturating_add(1);
        *count
    }

    /// Others may have counted on while this count was on its way.
    fn raise(&mut self, key: K, to: u32) {
        let count = self.counter(key);
        *count = to.max(*count);
    }

    fn counter(&mut self, key: K) -> &mut u32 {
        if self.is_full() && !self.counts.contains_key(&key) {
            &mut self.others
        } else {
            self.counts.entry(key).or_default()
        }
    }

    fn is_full(&self) -> bool {
        self.counts.len() >= Self::MOST
    }
}

/// Tokens that were valid when they were last looked up. It says nothing about whether they still
/// are.
#[derive(Debug, Default)]
struct KnownTokens {
    recent: HashSet<TokenDigest>,
    before: HashSet<TokenDigest>,
}

impl KnownTokens {
    /// When there are so many, the half that was not seen since gives way.
    const MOST: usize = 10_000;

    fn contains(&mut self, token: &TokenDigest) -> bool {
        if self.recent.contains(token) {
            return true;
        }
        let is_known = self.before.contains(token);
        if is_known {
            self.insert(token.clone());
        }
        is_known
    }

    fn insert(&mut self, token: TokenDigest) {
        if self.recent.len() >= Self::MOST {
            self.before = std::mem::take(&mut self.recent);
        }
        self.recent.insert(token);
    }

    fn remove(&mut self, token: &TokenDigest) {
        self.recent.remove(token);
        self.before.remove(token);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    use crate::clock::ManualClock;
    use crate::domain::token::Secret;

    fn limits(organization: RateLimit, user: RateLimit) -> RateLimits {
        RateLimits::new(Limits { organization, user })
    }

    fn at(second: i64) -> &'static ManualClock {
        let now = DateTime::from_timestamp(1_800_000_000 + second, 0).unwrap();
        Box::leak(Box::new(ManualClock::at(now)))
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
    fn anonymous_callers_are_distinguished_by_their_network() {
        let limits = limits(RateLimit::PerMinute(1), RateLimit::PerMinute(1));
        let current =
            |address: &str| limits.count(&Caller::at(address.parse().unwrap()), at(0)).user.current;
        assert_eq!(current("192.0.2.1"), 1);
        assert_eq!(current("192.0.2.2"), 1);
        assert_eq!(current("::ffff:192.0.2.1"), 2);
        assert_eq!(current("2001:db8::1"), 1);
        assert_eq!(current("2001:db8::2"), 2);
        assert_eq!(current("2001:db8:0:1::1"), 1);
    }

    /// An address of IPv4, each another one.
    fn anonymous(number: usize) -> Caller {
        Caller::at(Ipv4Addr::from(u32::try_from(number).unwrap()).into())
    }

    #[test]
    fn memory_is_bounded() {
        let limits = limits(RateLimit::PerMinute(1), RateLimit::PerMinute(1));
        let clock = at(0);
        for number in 0..Callers::<Uuid>::MOST + 10 {
            let user = u128::try_from(number).unwrap();
            limits.count(&caller(user, user), clock);
            limits.count(&anonymous(number), clock);
        }
        let counts = limits.counts.lock().unwrap();
        assert_eq!(counts.users.counts.len(), Callers::<Uuid>::MOST);
        assert_eq!(counts.networks.counts.len(), Callers::<Network>::MOST);
        assert_eq!((counts.users.others, counts.networks.others), (10, 10));
    }

    #[test]
    fn no_number_of_anonymous_callers_takes_a_users_limit_away() {
        let limits = limits(RateLimit::PerMinute(1), RateLimit::PerMinute(1));
        let clock = at(0);
        for number in 0..Callers::<Network>::MOST + 10 {
            limits.count(&anonymous(number), clock);
        }
        assert!(limits.count(&anonymous(usize::MAX >> 33), clock).exceeded().is_some());
        for user in 0..10 {
            assert_eq!(limits.count(&caller(user, user), clock).exceeded(), None, "{user}");
        }
    }

    #[test]
    fn a_clock_that_is_set_back_empties_no_counter_and_blocks_no_client() {
        for back in [1, 59, 60, 61, 3600, 365 * 24 * 3600] {
            let limits = limits(RateLimit::PerMinute(9), RateLimit::PerMinute(2));
            let current = |second| limits.count(&caller(1, 1), at(second)).user.current;
            assert_eq!((current(61), current(62)), (1, 2));
            assert_eq!(current(62 - back), 3, "{back}");
            assert_eq!(current(62 - back), 4, "{back}");
            // The next minute by the new time is a new window.
            assert_eq!(current(62 - back + 60), 1, "{back}");
        }
    }

    #[test]
    fn a_network_presents_so_many_unknown_tokens_and_known_ones_all_the_same() {
        let limits = limits(RateLimit::PerMinute(9), RateLimit::PerMinute(2));
        let (clock, one) = (at(0), Network::of([192, 0, 2, 1].into()));
        let digest = |text: &str| Secret::presented(text).digest();
        let look_up = |network, text: &str, is_valid, clock| {
            let may = limits.may_look_up(network, &digest(text), clock).is_ok();
            if may {
                limits.looked_up(network, digest(text), is_valid);
            }
            may
        };
        assert!(look_up(one, "valid", true, clock), "it costs nothing");
        assert!(look_up(one, "a", false, clock) && look_up(one, "b", false, clock));
        assert!(!look_up(one, "c", false, clock));
        assert!(!look_up(one, "d", true, clock), "it is not yet known to be valid");
        assert!(look_up(one, "valid", true, clock));
        let other = Network::of([192, 0, 2, 2].into());
        assert!(look_up(other, "a", false, clock), "other networks have their own");
        // One that is not valid any more is known no longer.
        assert!(look_up(one, "valid", false, clock));
        assert!(!look_up(one, "valid", false, clock));
        assert!(look_up(one, "c", false, at(60)), "the next minute");
        // Valid ones may come at once, before any is known to be.
        let three = Network::of([192, 0, 2, 3].into());
        let at_once = ["a", "a", "b", "b", "c"];
        assert!(at_once.iter().all(|text| limits.may_look_up(three, &digest(text), clock).is_ok()));
        for text in at_once {
            limits.looked_up(three, digest(text), true);
        }
        assert!(look_up(three, "d", false, clock) && look_up(three, "e", false, clock));
        assert!(!look_up(three, "f", false, clock));
    }

    #[test]
    fn known_tokens_are_bounded_and_those_in_use_stay() {
        let mut known = KnownTokens::default();
        let digest = |number: usize| Secret::presented(&number.to_string()).digest();
        known.insert(digest(0));
        for number in 0..5 * KnownTokens::MOST {
            known.insert(digest(number));
            assert!(known.contains(&digest(0)));
        }
        assert!(known.recent.len() + known.before.len() <= 2 * KnownTokens::MOST);
        assert!(!known.contains(&digest(1)));
    }
}
