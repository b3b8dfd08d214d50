//! Reads that do not show the last write yet. No source promises that they do at once, so they are
//! repeated for a bounded time: what shows late is a warning, what never shows a deviation.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use chrono::{DateTime, Utc};

use super::Runner;
use crate::{
    exchange::{Credential, Exchange, Purpose, Request},
    observed::{Late, NotJudged, why_not_judged},
    plan,
    steps::Step,
};

/// How many reads a run repeats at most.
const MOST: usize = 60;

/// How often it is waited in full for reads of one operation that never show what they have to.
const MOST_NEVER: usize = 3;

/// How long to wait before the first repetition, where nothing is known of the delay.
const FIRST: Duration = Duration::from_millis(100);

/// No wait between two repetitions is longer.
const LONGEST: Duration = Duration::from_secs(1);

/// What is known of the delay with which a deployment shows writes.
#[derive(Debug, Default)]
pub(super) struct Lateness {
    /// How many reads were repeated.
    repeated: usize,
    /// The longest delay until now, of each operation.
    longest: BTreeMap<&'static str, Duration>,
    /// The operations of which a read never showed what it had to.
    never: BTreeMap<&'static str, Never>,
}

/// What reads of an operation never showed.
#[derive(Debug, Default)]
struct Never {
    /// How often it was waited for without any use.
    times: usize,
    /// What was wrong to the end.
    faults: BTreeSet<String>,
}

/// What became of asking again.
pub(crate) enum Again {
    /// The read got a response.
    Answered(Box<Exchange>),
    /// It was waited as long as it may be late.
    Never,
    /// It could not be asked again, so that what it would have shown is not known.
    Unknown(NotJudged),
}

/// The repetitions of a read.
pub(crate) struct Asking {
    operation: &'static str,
    times: usize,
    waited: Duration,
    sent: Option<DateTime<Utc>>,
    /// What is wrong with the newest answer, where that is known: what was written may show late while
    /// something else is wrong and stays so.
    faults: BTreeSet<String>,
}

impl Asking {
    pub(crate) fn of(operation: &'static str) -> Self {
        let (waited, faults) = (Duration::ZERO, BTreeSet::new());
        Self { operation, times: 0, waited, sent: None, faults }
    }

    /// Whether the read was sent again at all.
    pub(crate) fn was_repeated(&self) -> bool {
        self.times > 0
    }
}

impl Never {
    /// Whether it is of use to wait in full for faults that others had before.
    fn may_show(&self, faults: &BTreeSet<String>) -> bool {
        self.times < MOST_NEVER && !faults.is_subset(&self.faults)
    }
}

impl Lateness {
    /// How long a read may be late. For what another one of its operation never showed, it is only
    /// waited as long as that was of use.
    fn limit(&self, asking: &Asking, wait: Duration) -> Duration {
        let Some(never) = self.never.get(asking.operation) else { return wait };
        if never.may_show(&asking.faults) {
            return wait;
        }
        let longest = self.longest.get(asking.operation);
        longest.map_or(Duration::ZERO, |longest| wait.min(*longest * 2))
    }

    /// Takes note that a read did not show everything to the end, and whether it showed any of it late.
    fn never(&mut self, asking: &Asking, was_of_use: bool) {
        let never = self.never.entry(asking.operation).or_default();
        never.times += usize::from(!was_of_use);
        never.faults.extend(asking.faults.iter().cloned());
    }

    /// How long to wait before the next repetition, unless the time is used up.
    fn next_wait(&self, asking: &Asking, wait: Duration) -> Option<Duration> {
        let rest = self.limit(asking, wait).checked_sub(asking.waited)?;
        if rest.is_zero() {
            return None;
        }
        let next = match asking.times {
            // A delay that was seen before is waited for at once.
            0 => self.longest.values().max().copied().unwrap_or_default().max(FIRST),
            times => FIRST.saturating_mul(1 << times.min(8)).min(LONGEST),
        };
        Some(next.min(rest))
    }
}

impl Runner {
    /// Repeats a step that reads, while its response does not show the writes before.
    pub(super) async fn repeat_while_late(&mut self, step: Step) {
        let definition = step.definition();
        if self.last_write.is_none() || !reads(step) {
            return;
        }
        let mut asking = Asking::of(definition.operation);
        asking.faults = plan::faults_at(step, &self.observed);
        let mut shown = None;
        while !asking.faults.is_empty() {
            let Ok(request) = self.observed.sent(step).map(|it| it.request.clone()) else { break };
            let exchange = match self
                .ask_again(&Purpose::Step(definition.name), &request, &mut asking)
                .await
            {
                Again::Answered(exchange) => *exchange,
                Again::Never => {
                    self.lateness.never(&asking, shown.is_some());
                    break;
                }
                Again::Unknown(not_judged) => {
                    self.observed.record(step, Err(not_judged));
                    break;
                }
            };
            if step == Step::ListAfter {
                self.ledger.settle(&exchange.answer);
            }
            self.observed.record(step, Ok(exchange.clone()));
            let left = plan::faults_at(step, &self.observed);
            if !asking.faults.is_subset(&left) {
                shown = Some((exchange, asking.sent, asking.times));
            }
            asking.faults = left;
        }
        // What is wrong to the end does not hide what showed before.
        if let Some((exchange, sent, times)) = shown {
            self.note_late(&Asking { times, sent, ..asking }, exchange.into());
        }
    }

    /// Waits, and sends a read again that may be late.
    pub(crate) async fn ask_again(
        &mut self,
        purpose: &Purpose,
        request: &Request,
        asking: &mut Asking,
    ) -> Again {
        let name = purpose.name();
        let again = format!("{name}{AGAIN}");
        if self.transport.recording().is_some() {
            if !self.transport.can_send(&again, request) {
                return Again::Never;
            }
        } else {
            let wait = self.lateness.next_wait(asking, self.options.consistency_wait);
            let Some(wait) = wait else { return Again::Never };
            if let Err(why) = self.may_ask_again() {
                return not_shown(name, &why);
            }
            if let Err(why) = self.pause(wait).await {
                return not_shown(name, &why.to_string());
            }
            asking.waited += wait;
        }
        asking.times += 1;
        self.lateness.repeated += 1;
        let outcome = self.exchange(Some(&again), request).await;
        asking.sent = self.begun;
        let exchange = match self.account(purpose, request.clone(), outcome) {
            Ok(exchange) => exchange,
            Err(not_judged) => return Again::Unknown(not_judged),
        };
        match why_not_judged(exchange.answer.status) {
            Some(why) => not_shown(name, &why),
            None => Again::Answered(Box::new(exchange)),
        }
    }

    /// Whether a read may be repeated once more.
    fn may_ask_again(&self) -> Result<(), String> {
        let most = self.options.max_requests;
        if self.requests >= most {
            return Err(format!("the budget of {most} requests was used up (--max-requests)"));
        }
        if self.lateness.repeated >= MOST {
            return Err(format!("{MOST} reads were repeated already, which is the most in a run"));
        }
        Ok(())
    }

    /// Takes note that a read, which had to be repeated, showed late what was written.
    pub(crate) fn note_late(&mut self, asking: &Asking, exchange: Arc<Exchange>) {
        let (Some(sent), Some(written)) = (asking.sent, self.last_write) else { return };
        let delay = (sent - written).to_std().unwrap_or_default();
        let longest = self.lateness.longest.entry(asking.operation).or_default();
        *longest = delay.max(*longest);
        self.observed.late.push(Late { exchange, delay, times: asking.times });
    }

    /// Takes note that a read never showed what was written.
    pub(crate) fn note_never(&mut self, asking: &Asking) {
        self.lateness.never(asking, false);
    }

    /// The longest delay until now.
    pub(super) fn longest_delay(&self) -> Duration {
        self.lateness.longest.values().max().copied().unwrap_or_default()
    }
}

/// A read that did not show what was written, and could not be repeated.
fn not_shown(name: &str, why: &str) -> Again {
    let why = format!("{name} did not show the writes before it, and was not repeated: {why}");
    Again::Unknown(NotJudged::Error(why))
}

/// What a recording calls what is sent again, after the name of what it repeats.
pub(super) const AGAIN: &str = " again";

/// Whether a step reads what steps before it wrote.
fn reads(step: Step) -> bool {
    let definition = step.definition();
    let reads = matches!(
        definition.operation,
        "get_registry" | "list_registries" | "get_registry_token" | "list_registry_tokens"
    );
    let may_read = matches!(definition.credential, Credential::Main | Credential::Limited);
    (reads && may_read) || step == Step::GetRevokedToken
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAIT: Duration = Duration::from_secs(5);

    fn waits(lateness: &Lateness, operation: &'static str) -> Vec<Duration> {
        let mut asking = Asking::of(operation);
        std::iter::from_fn(|| {
            let wait = lateness.next_wait(&asking, WAIT)?;
            (asking.times, asking.waited) = (asking.times + 1, asking.waited + wait);
            Some(wait)
        })
        .collect()
    }

    #[test]
    fn a_read_is_repeated_for_the_whole_time_and_few_times() {
        let waits = waits(&Lateness::default(), "get_registry");
        assert_eq!(waits.iter().sum::<Duration>(), WAIT);
        assert!(waits.len() <= 10, "{waits:?}");
    }

    #[test]
    fn a_delay_that_is_known_is_waited_for_at_once() {
        let delay = Duration::from_millis(1500);
        let lateness =
            Lateness { longest: [("list_registries", delay)].into(), ..Lateness::default() };
        assert_eq!(waits(&lateness, "get_registry")[0], delay);
    }

    #[test]
    fn where_waiting_was_of_no_use_it_is_not_done_again() {
        let mut never = Lateness::default();
        never.never(&Asking::of("get_registry"), false);
        assert!(waits(&never, "get_registry").is_empty());
        assert!(!waits(&never, "list_registries").is_empty());
    }

    #[test]
    fn what_never_shows_does_not_shorten_the_wait_for_something_else() {
        let asking = |faults: &[&str]| {
            let faults = faults.iter().map(|it| (*it).to_owned()).collect();
            Asking { faults, ..Asking::of("get_registry") }
        };
        let mut lateness = Lateness::default();
        lateness.never(&asking(&["a /emoji"]), false);
        assert_eq!(lateness.limit(&asking(&["a /emoji"]), WAIT), Duration::ZERO);
        assert_eq!(lateness.limit(&asking(&["a /emoji", "a /name"]), WAIT), WAIT);
        lateness.longest.insert("get_registry", FIRST);
        assert_eq!(lateness.limit(&asking(&["a /emoji"]), WAIT), FIRST * 2);
        for fault in ["a /b", "a /c"] {
            lateness.never(&asking(&[fault]), false);
        }
        assert_eq!(lateness.limit(&asking(&["a /name"]), WAIT), FIRST * 2, "it has its bound");
    }
}
