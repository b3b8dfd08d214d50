//! Reads that do not show the last write yet. No source promises that they do at once, so they are
//! repeated for a bounded time: what shows late is a warning, what never shows a deviation.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use chrono::{DateTime, Utc};

use super::Runner;
use crate::{
    cases,
    exchange::{Credential, Exchange, Request},
    observed::{Late, tells_nothing},
    steps::Step,
};

/// How many reads a run repeats at most.
const MOST: usize = 60;

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
    never: BTreeSet<&'static str>,
}

/// The repetitions of a read.
pub(crate) struct Asking {
    operation: &'static str,
    times: usize,
    waited: Duration,
    sent: Option<DateTime<Utc>>,
}

impl Asking {
    pub(crate) fn of(operation: &'static str) -> Self {
        Self { operation, times: 0, waited: Duration::ZERO, sent: None }
    }
}

impl Lateness {
    /// How long reads of an operation may be late. After one that was never right, it is only waited as
    /// long as that was of use.
    fn limit(&self, operation: &str, wait: Duration) -> Duration {
        if !self.never.contains(operation) {
            return wait;
        }
        self.longest.get(operation).map_or(Duration::ZERO, |longest| wait.min(*longest * 2))
    }

    /// How long to wait before the next repetition, unless the time is used up.
    fn next_wait(&self, asking: &Asking, wait: Duration) -> Option<Duration> {
        let rest = self.limit(asking.operation, wait).checked_sub(asking.waited)?;
        if rest.is_zero() || self.repeated >= MOST {
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
    /// Repeats a step that reads, while what it is answered does not show the writes before.
    pub(super) async fn repeat_while_late(&mut self, step: Step) {
        let definition = step.definition();
        if self.last_write.is_none() || !reads(step) {
            return;
        }
        let mut asking = Asking::of(definition.operation);
        while cases::find_fault_at(step, &self.observed) {
            let Ok(request) = self.observed.sent(step).map(|it| it.request.clone()) else { return };
            let Some(exchange) = self.ask_again(definition.name, &request, &mut asking).await
            else {
                self.lateness.never.insert(definition.operation);
                return;
            };
            if step == Step::ListAfter {
                self.ledger.settle(&exchange.answer);
            }
            self.observed.record(step, Ok(exchange));
        }
        let exchange = self.observed.sent(step).ok().cloned();
        self.note_late(&asking, exchange);
    }

    /// Waits, and sends a read again that may be late; nothing when the time is used up.
    pub(crate) async fn ask_again(
        &mut self,
        name: &str,
        request: &Request,
        asking: &mut Asking,
    ) -> Option<Exchange> {
        if self.requests >= self.options.max_requests {
            return None;
        }
        let again = format!("{name}{AGAIN}");
        if self.transport.recording().is_some() {
            if !self.transport.can_send(&again, request) {
                return None;
            }
        } else {
            let wait = self.lateness.next_wait(asking, self.options.consistency_wait)?;
            self.pause(wait).await.ok()?;
            asking.waited += wait;
        }
        asking.times += 1;
        self.lateness.repeated += 1;
        let outcome = self.exchange(Some(&again), request).await;
        asking.sent = self.begun;
        let exchange = self.account(name, request.clone(), outcome).ok()?;
        tells_nothing(exchange.answer.status).is_none().then_some(exchange)
    }

    /// Takes note that a read showed late what was written, if it had to be repeated.
    pub(crate) fn note_late(&mut self, asking: &Asking, exchange: Option<Exchange>) {
        let (Some(exchange), Some(sent), Some(written)) = (exchange, asking.sent, self.last_write)
        else {
            return;
        };
        let delay = (sent - written).to_std().unwrap_or_default();
        let longest = self.lateness.longest.entry(asking.operation).or_default();
        *longest = delay.max(*longest);
        self.observed.late.push(Late { exchange, delay, times: asking.times });
    }

    /// Takes note that a read never showed what was written.
    pub(crate) fn note_never(&mut self, asking: &Asking) {
        self.lateness.never.insert(asking.operation);
    }

    /// The longest delay until now.
    pub(super) fn longest_delay(&self) -> Duration {
        self.lateness.longest.values().max().copied().unwrap_or_default()
    }
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
    (reads && definition.credential == Credential::Main) || step == Step::GetRevokedToken
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
        let never = Lateness { never: ["get_registry"].into(), ..Lateness::default() };
        assert!(waits(&never, "get_registry").is_empty());
        assert!(!waits(&never, "list_registries").is_empty());
        let used_up = Lateness { repeated: MOST, ..Lateness::default() };
        assert!(waits(&used_up, "get_registry").is_empty());
    }
}
