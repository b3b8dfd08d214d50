//! Staying inside the deployment's rate limits.

use std::{collections::HashMap, num::NonZeroU32, time::Duration};

use tokio::time::Instant;

use crate::exchange::{Answer, Credential};

/// No wait is longer; a deployment that asks for more has something else in mind.
const LONGEST: Duration = Duration::from_mins(2);
/// What is added to a wait, because the deployment's seconds are whole.
const MARGIN: Duration = Duration::from_millis(500);
/// How often one request is repeated after a 429.
pub(crate) const REPEATS: usize = 3;

/// What the answers so far say about the allowance that is left.
///
/// Tokens of one organization share its allowance, and those of one user the user's; nobody tells
/// whose they are, so that what one is told holds for all.
#[derive(Default)]
pub(crate) struct Pace {
    /// How long to leave between two requests.
    interval: Duration,
    /// When the last one was let through.
    last: Option<Instant>,
    /// Until when there is none left, for requests with a token and for those without one.
    exhausted: HashMap<bool, Instant>,
    /// After a wait that changed nothing the headers are no guide; a 429 still is.
    distrusted: bool,
}

impl Pace {
    /// A pace of so many requests a minute at most.
    pub(crate) fn new(per_minute: Option<NonZeroU32>) -> Self {
        let interval = per_minute.map_or(Duration::ZERO, |n| Duration::from_mins(1) / n.get());
        Self { interval, ..Self::default() }
    }

    /// How long to wait before the next request, for the pace that was asked for.
    pub(crate) fn step(&mut self) -> Duration {
        let now = Instant::now();
        let due = self.last.map_or(now, |last| (last + self.interval).max(now));
        self.last = Some(due);
        due - now
    }

    /// How long to wait before the next request with this credential.
    pub(crate) fn wait_before(&mut self, credential: Credential) -> Option<Duration> {
        let until = self.exhausted.remove(&credential.is_known())?;
        let wait = until.saturating_duration_since(Instant::now());
        (!wait.is_zero() && !self.distrusted).then_some(wait)
    }

    /// Takes note of an answer, and of whether its request was waited for.
    pub(crate) fn observe(&mut self, credential: Credential, answer: &Answer, waited: bool) {
        // The wait after a 429 is dealt with on the spot.
        if answer.status == 429 {
            return;
        }
        if let Some(wait) = exhausted_for(answer) {
            self.distrusted |= waited && !is_of_one(answer);
            let until = Instant::now() + wait;
            let known = self.exhausted.entry(credential.is_known()).or_insert(until);
            *known = until.max(*known);
        }
    }

    /// How long a 429 asks to wait.
    pub(crate) fn wait_after_refusal(answer: &Answer, repeat: usize) -> Duration {
        let body = answer.json.as_ref().and_then(|body| body.get("reset")?.as_u64());
        let wait = exhausted_for(answer)
            .or_else(|| body.map(|seconds| Duration::from_secs(seconds) + MARGIN))
            .unwrap_or_else(|| Duration::from_secs(1 << repeat.min(5)));
        wait.min(LONGEST)
    }
}

/// Whether an allowance is a single request, which is used up by the answer that tells it.
fn is_of_one(answer: &Answer) -> bool {
    ["RateLimit-Limit", "RateLimit-User-Limit"].iter().any(|name| answer.header(name) == Some("1"))
}

/// The time until the windows that have nothing left start anew.
fn exhausted_for(answer: &Answer) -> Option<Duration> {
    let number = |name: &str| answer.header(name)?.trim().parse::<u64>().ok();
    [
        ("RateLimit-Remaining", "RateLimit-Reset"),
        ("RateLimit-User-Remaining", "RateLimit-User-Reset"),
    ]
    .into_iter()
    .filter(|(remaining, _)| number(remaining) == Some(0))
    .filter_map(|(_, reset)| number(reset))
    .max()
    .map(|seconds| (Duration::from_secs(seconds) + MARGIN).min(LONGEST))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn answer(status: u16, headers: &[(&str, &str)]) -> Answer {
        let headers: BTreeMap<String, String> =
            headers.iter().map(|(name, value)| (name.to_lowercase(), (*value).into())).collect();
        Answer { status, headers, text: String::new(), json: None, leaked_secret: false }
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
        assert_eq!(pace.step(), Duration::ZERO);
        assert_eq!(pace.step(), Duration::from_secs(2));
        tokio::time::advance(Duration::from_secs(10)).await;
        assert_eq!(pace.step(), Duration::ZERO);
        assert_eq!(Pace::new(None).step(), Duration::ZERO);
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
    }
}
