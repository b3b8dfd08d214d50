//! Staying inside the deployment's rate limits.

use std::{collections::HashMap, num::NonZeroU32, time::Duration};

use chrono::Utc;
use tokio::time::Instant;

use crate::exchange::{Answer, Credential};

/// No wait is longer; a deployment that asks for more has something else in mind.
pub(crate) const LONGEST: Duration = Duration::from_mins(2);
/// What is added to a wait, because the deployment's seconds are whole.
const MARGIN: Duration = Duration::from_millis(500);
/// From here on, a number of seconds is a Unix time: a wait of decades is impossible.
const UNIX_TIME: u64 = 1_000_000_000;
/// How often one request is repeated after a 429.
pub(crate) const REPEATS: usize = 3;

/// What the responses so far say about the allowance that is left.
///
/// Tokens of one organization share its allowance, and those of one user the user's; their users
/// are unknown, so a limit of one applies to all.
#[derive(Default)]
pub(crate) struct Pace {
    /// How long to leave between two requests.
    interval: Duration,
    /// When the last one was let through.
    last: Option<Instant>,
    /// Until when there is none left, for requests with a token and for those without one.
    exhausted: HashMap<bool, Instant>,
    /// What the last response said of each window: how many are left in it, and until when.
    left: HashMap<bool, Vec<(u64, Instant)>>,
    /// After a wait that changed nothing the headers are no guide; a 429 still is.
    distrusted: bool,
}

impl Pace {
    /// A pace of so many requests a minute at most.
    pub(crate) fn new(per_minute: Option<NonZeroU32>) -> Self {
        let interval = per_minute.map_or(Duration::ZERO, |n| Duration::from_mins(1) / n.get());
        Self { interval, ..Self::default() }
    }

    /// How long to wait before so many requests at once, for the pace that was asked for. It holds on
    /// the average: what is sent at once is waited for before.
    pub(crate) fn steps(&mut self, count: usize) -> Duration {
        let now = Instant::now();
        for _ in 0..count {
            self.last = Some(self.last.map_or(now, |last| (last + self.interval).max(now)));
        }
        self.last.map_or(Duration::ZERO, |due| due.saturating_duration_since(now))
    }

    /// How long to wait before the next request with this credential.
    pub(crate) fn wait_before(&mut self, credential: Credential) -> Option<Duration> {
        let until = self.exhausted.remove(&credential.is_known())?;
        let wait = until.saturating_duration_since(Instant::now());
        (!wait.is_zero() && !self.distrusted).then_some(wait)
    }

    /// How long to wait before so many requests at once with this credential.
    pub(crate) fn wait_before_all(
        &mut self,
        credential: Credential,
        count: usize,
    ) -> Option<Duration> {
        let exhausted = self.wait_before(credential);
        let windows = self.left.remove(&credential.is_known()).unwrap_or_default();
        let too_few = windows.into_iter().filter(|(left, _)| *left < count as u64);
        let waits = too_few.map(|(_, until)| until.saturating_duration_since(Instant::now()));
        waits.filter(|wait| !wait.is_zero() && !self.distrusted).chain(exhausted).max()
    }

    /// Takes note of a response, and of whether its request was waited for.
    pub(crate) fn observe(&mut self, credential: Credential, answer: &Answer, waited: bool) {
        // The wait after a 429 is dealt with on the spot.
        if answer.status == 429 {
            return;
        }
        let now = Instant::now();
        let current = windows(answer).map(|(left, wait)| (left, now + wait.min(LONGEST))).collect();
        self.left.insert(credential.is_known(), current);
        if let Some(wait) = exhausted_for(answer) {
            self.distrusted |= waited && !is_of_one(answer);
            let until = now + wait.min(LONGEST);
            let known = self.exhausted.entry(credential.is_known()).or_insert(until);
            *known = until.max(*known);
        }
    }

    /// How long a 429 asks to wait.
    pub(crate) fn wait_after_refusal(answer: &Answer, repeat: usize) -> Duration {
        let current = reset_of_refusal(answer);
        current.unwrap_or_else(|| Duration::from_secs(1 << repeat.min(5))).min(LONGEST)
    }

    /// How long a 429 asks to wait, when that is longer than what is waited for.
    pub(crate) fn asks_too_much(answer: &Answer) -> Option<Duration> {
        let wait = reset_of_refusal(answer)?.saturating_sub(MARGIN);
        (wait > LONGEST).then_some(wait)
    }
}

/// Whether an allowance is a single request, which the response that reports it has used up.
fn is_of_one(answer: &Answer) -> bool {
    ["RateLimit-Limit", "RateLimit-User-Limit"].iter().any(|name| answer.header(name) == Some("1"))
}

/// How long a 429 says to wait, if it says anything.
fn reset_of_refusal(answer: &Answer) -> Option<Duration> {
    let body = answer.json.as_ref().and_then(|body| body.get("reset")?.as_u64());
    exhausted_for(answer).or_else(|| body.and_then(until_reset))
}

/// The time until the windows that have nothing left start anew.
fn exhausted_for(answer: &Answer) -> Option<Duration> {
    windows(answer).filter(|(left, _)| *left == 0).map(|(_, wait)| wait).max()
}

/// How many requests are left in each window, and how long to wait until it starts anew.
fn windows(answer: &Answer) -> impl Iterator<Item = (u64, Duration)> {
    [
        ("RateLimit-Remaining", "RateLimit-Reset"),
        ("RateLimit-User-Remaining", "RateLimit-User-Reset"),
    ]
    .into_iter()
    .filter_map(move |(remaining, reset)| {
        answer.count(remaining).zip(until_reset(answer.count(reset)?))
    })
}

/// How long to wait for a window to start anew. A number that is a Unix time says when, and not in
/// how many seconds; one that has passed says nothing.
fn until_reset(reset: u64) -> Option<Duration> {
    let seconds = if reset < UNIX_TIME {
        reset
    } else {
        let now = u64::try_from(Utc::now().timestamp()).ok()?;
        reset.checked_sub(now)?
    };
    Some(Duration::from_secs(seconds).saturating_add(MARGIN))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn answer(status: u16, headers: &[(&str, &str)]) -> Answer {
        let headers: BTreeMap<String, String> =
            headers.iter().map(|(name, value)| (name.to_lowercase(), (*value).into())).collect();
        Answer {
            status,
            headers,
            text: String::new(),
            json: None,
            leaked_secret: false,
            bytes: None,
            unrecorded: crate::wire::Unrecorded::default(),
        }
    }

    const EXHAUSTED: &[(&str, &str)] = &[
        ("RateLimit-Remaining", "150"),
        ("RateLimit-Reset", "50"),
        ("RateLimit-User-Remaining", "0"),
        ("RateLimit-User-Reset", "7"),
    ];

    #[tokio::test(start_paused = true)]
    async fn an_exhausted_window_is_waited_for_once_with_any_token() {
        let mut pace = Pace::default();
        pace.observe(Credential::Limited, &answer(200, EXHAUSTED), false);
        assert_eq!(pace.wait_before(Credential::Unknown), None);
        assert_eq!(pace.wait_before(Credential::Main), Some(Duration::from_millis(7500)));
        assert_eq!(pace.wait_before(Credential::Limited), None);
    }

    #[tokio::test(start_paused = true)]
    async fn less_than_nothing_is_nothing() {
        let mut pace = Pace::default();
        let exceeded = [("RateLimit-Remaining", "-14"), ("RateLimit-Reset", "7")];
        pace.observe(Credential::Main, &answer(200, &exceeded), false);
        assert_eq!(pace.wait_before(Credential::Main), Some(Duration::from_millis(7500)));
        let wait = Pace::wait_after_refusal(&answer(429, &exceeded), 0);
        assert_eq!(wait, Duration::from_millis(7500));
    }

    #[tokio::test(start_paused = true)]
    async fn time_that_has_passed_is_not_waited_for() {
        let mut pace = Pace::default();
        pace.observe(Credential::Main, &answer(200, EXHAUSTED), false);
        tokio::time::advance(Duration::from_secs(7)).await;
        assert_eq!(pace.wait_before(Credential::Main), Some(Duration::from_millis(500)));
        pace.observe(Credential::Main, &answer(200, EXHAUSTED), false);
        tokio::time::advance(Duration::from_secs(8)).await;
        assert_eq!(pace.wait_before(Credential::Main), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_pace_leaves_the_same_time_between_requests() {
        let mut pace = Pace::new(NonZeroU32::new(30));
        assert_eq!(pace.steps(1), Duration::ZERO);
        assert_eq!(pace.steps(1), Duration::from_secs(2));
        tokio::time::advance(Duration::from_secs(10)).await;
        assert_eq!(pace.steps(1), Duration::ZERO);
        assert_eq!(pace.steps(4), Duration::from_secs(8));
        assert_eq!(Pace::new(None).steps(4), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn requests_at_once_wait_for_a_window_that_has_enough_for_all() {
        let mut pace = Pace::default();
        let few = [("RateLimit-User-Remaining", "3"), ("RateLimit-User-Reset", "9")];
        pace.observe(Credential::Main, &answer(200, &few), false);
        assert_eq!(pace.wait_before_all(Credential::Main, 3), None);
        pace.observe(Credential::Main, &answer(200, &few), false);
        let wait = pace.wait_before_all(Credential::Main, 4);
        assert_eq!(wait, Some(Duration::from_millis(9500)));
    }

    #[tokio::test(start_paused = true)]
    async fn headers_that_never_change_are_not_waited_for_again() {
        let mut pace = Pace::default();
        pace.observe(Credential::Main, &answer(200, EXHAUSTED), false);
        assert!(pace.wait_before(Credential::Main).is_some());
        pace.observe(Credential::Main, &answer(200, EXHAUSTED), true);
        assert_eq!(pace.wait_before(Credential::Main), None);
    }

    #[tokio::test(start_paused = true)]
    async fn an_allowance_of_one_is_waited_for_every_time() {
        let mut pace = Pace::default();
        let one = [EXHAUSTED, &[("RateLimit-User-Limit", "1")]].concat();
        pace.observe(Credential::Main, &answer(200, &one), true);
        assert!(pace.wait_before(Credential::Main).is_some());
    }

    #[test]
    fn a_refusal_is_waited_for_as_its_headers_say_within_bounds() {
        let wait = |headers| Pace::wait_after_refusal(&answer(429, headers), 2);
        assert_eq!(wait(EXHAUSTED), Duration::from_millis(7500));
        assert_eq!(wait(&[]), Duration::from_secs(4));
        let forever = [("RateLimit-Remaining", "0"), ("RateLimit-Reset", "99999")];
        assert_eq!(wait(&forever), LONGEST);
        let at = |seconds: i64| {
            let reset = (Utc::now().timestamp() + seconds).to_string();
            let headers = [("RateLimit-Remaining", "0"), ("RateLimit-Reset", reset.as_str())];
            Pace::wait_after_refusal(&answer(429, &headers), 2)
        };
        let soon = at(10);
        assert!((9..=11).contains(&soon.as_secs()), "{soon:?}");
        assert_eq!((at(-10), at(i64::MAX / 2)), (Duration::from_secs(4), LONGEST));
        let endless = [("RateLimit-Remaining", "0"), ("RateLimit-Reset", "18446744073709551615")];
        assert_eq!(wait(&endless), LONGEST);
        let too_much = |headers| Pace::asks_too_much(&answer(429, headers));
        assert_eq!(too_much(&forever), Some(Duration::from_secs(99999)));
        assert!(too_much(&endless) > too_much(&forever));
        assert_eq!((too_much(EXHAUSTED), too_much(&[])), (None, None));
        let longest = [("RateLimit-Remaining", "0"), ("RateLimit-Reset", "120")];
        assert_eq!(too_much(&longest), None);
    }
}
