//! Staying inside the deployment's rate limits.

use std::{collections::HashMap, time::Duration};

use crate::exchange::{Answer, Credential};

/// No wait is longer; a deployment that asks for more has something else in mind.
const LONGEST: Duration = Duration::from_mins(2);
/// What is added to a wait, because the deployment's seconds are whole.
const MARGIN: Duration = Duration::from_millis(500);
/// How often one request is repeated after a 429.
pub(crate) const REPEATS: usize = 3;

/// What the answers so far say about the allowance that is left.
#[derive(Default)]
pub(crate) struct Pace {
    waits: HashMap<Credential, Duration>,
    /// After a wait that changed nothing the headers are no guide; a 429 still is.
    distrusted: bool,
}

impl Pace {
    /// How long to wait before the next request with this credential.
    pub(crate) fn wait_before(&mut self, credential: Credential) -> Option<Duration> {
        if self.distrusted { None } else { self.waits.remove(&credential) }
    }

    /// Takes note of an answer, and of whether its request was waited for.
    pub(crate) fn observe(&mut self, credential: Credential, answer: &Answer, waited: bool) {
        match exhausted_for(answer) {
            Some(wait) if answer.status != 429 => {
                self.distrusted |= waited;
                self.waits.insert(credential, wait);
            }
            _ => {
                self.waits.remove(&credential);
            }
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

    #[test]
    fn an_exhausted_window_is_waited_for_and_a_fresh_one_is_not() {
        let mut pace = Pace::default();
        pace.observe(Credential::Main, &answer(200, EXHAUSTED), false);
        assert_eq!(pace.wait_before(Credential::Limited), None);
        assert_eq!(pace.wait_before(Credential::Main), Some(Duration::from_millis(7500)));
        assert_eq!(pace.wait_before(Credential::Main), None);
    }

    #[test]
    fn headers_that_never_change_are_not_waited_for_again() {
        let mut pace = Pace::default();
        pace.observe(Credential::Main, &answer(200, EXHAUSTED), false);
        assert!(pace.wait_before(Credential::Main).is_some());
        pace.observe(Credential::Main, &answer(200, EXHAUSTED), true);
        assert_eq!(pace.wait_before(Credential::Main), None);
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
