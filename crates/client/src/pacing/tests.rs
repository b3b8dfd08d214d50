//! Several processes before one limit, with a time of their own.

use std::{cmp::Reverse, collections::BinaryHeap, time::Duration};

use super::{state::State, window::Hold};
use crate::{RateLimits, rate_limit};

const MINUTE: u64 = 60_000;

/// What happens when, in milliseconds.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// A process looks whether it may send.
    Look { process: usize },
    /// A request arrives, and is answered after so long.
    Arrive { process: usize, sent: u64, after: u64 },
    /// A response arrives: when its request was sent, whether it is a 429, what is left, and the
    /// seconds of the window.
    Answer { process: usize, sent: u64, refused: bool, remaining: i64, reset: u64 },
    /// A connection breaks, without a response.
    Break { process: usize },
}

/// What becomes of the first request.
#[derive(Clone, Copy, PartialEq, Eq)]
enum First {
    /// It is answered like the others.
    Answered,
    /// It is answered after so many milliseconds.
    Slow(u64),
    /// No connection comes about.
    Unsent,
}

struct Outcome {
    refused: u64,
    /// When the last response came, in milliseconds.
    end: u64,
}

/// So many processes with so many requests each, at so many a minute.
fn simulate(
    processes: usize,
    requests: u64,
    limit: i64,
    mut first: First,
    mut seed: u64,
) -> Outcome {
    let mut random = |most: u64| {
        // The constants of Knuth's MMIX.
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % most
    };
    // A request may be late on its way, or its response.
    let is_late_on_the_way = random(2) == 0;
    let mut events = BinaryHeap::new();
    let mut states: Vec<_> = (0..processes).map(|_| (State::new(None), requests)).collect();
    for process in 0..processes {
        events.push(Reverse((10_000 + random(50), Event::Look { process })));
    }
    let (mut minute, mut used) = (0, 0);
    let mut outcome = Outcome { refused: 0, end: 0 };
    while let Some(Reverse((now, event))) = events.pop() {
        let time = Duration::from_millis(now);
        match event {
            Event::Look { process } => {
                let (state, left) = &mut states[process];
                while *left > 0 {
                    let (ticket, _) = state.join("o", false, time);
                    let started = state.start("o", ticket, time);
                    state.leave("o", ticket);
                    match started {
                        Ok(()) => {
                            *left -= 1;
                            let after = 1 + random(200);
                            let next = match std::mem::replace(&mut first, First::Answered) {
                                First::Slow(after) if is_late_on_the_way => {
                                    events.push(Reverse((
                                        now + after,
                                        Event::Arrive { process, sent: now, after: 1 },
                                    )));
                                    continue;
                                }
                                First::Answered => Event::Arrive { process, sent: now, after },
                                First::Slow(after) => Event::Arrive { process, sent: now, after },
                                First::Unsent => Event::Break { process },
                            };
                            events.push(Reverse((now + 1 + random(200), next)));
                        }
                        Err(Hold::Behind(_)) => unreachable!("each looks alone"),
                        Err(Hold::Unanswered(when) | Hold::Exhausted(when)) => {
                            let when = u64::try_from(when.as_millis()).unwrap();
                            events.push(Reverse((when, Event::Look { process })));
                            break;
                        }
                    }
                }
            }
            Event::Arrive { process, sent, after } => {
                if now / MINUTE != minute {
                    (minute, used) = (now / MINUTE, 0);
                }
                used += 1;
                let answer = Event::Answer {
                    process,
                    sent,
                    refused: used > limit,
                    remaining: limit - used,
                    // Whole seconds, rounded up.
                    reset: 60 - now % MINUTE / 1000,
                };
                events.push(Reverse((now + after, answer)));
            }
            Event::Break { process } => {
                states[process].0.dropped("o");
                events.push(Reverse((now, Event::Look { process })));
            }
            Event::Answer { process, sent, refused, remaining, reset } => {
                let (state, left) = &mut states[process];
                let window = rate_limit::Window {
                    limit: u64::try_from(limit).ok(),
                    remaining: Some(remaining),
                    reset: Some(Duration::from_secs(reset)),
                    warning: false,
                };
                let limits = RateLimits { user: window, ..RateLimits::default() };
                state.answered("o", Duration::from_millis(sent), time, &limits, refused);
                if refused {
                    outcome.refused += 1;
                    *left += 1;
                    state.close("o", &limits, time + Duration::from_millis(reset * 1000 + 750));
                }
                outcome.end = outcome.end.max(now);
                events.push(Reverse((now, Event::Look { process })));
            }
        }
    }
    outcome
}

#[test]
fn one_process_is_never_refused_and_uses_every_window() {
    for seed in 0..50 {
        let Outcome { refused, end } = simulate(1, 300, 50, First::Answered, seed);
        assert_eq!(refused, 0, "seed {seed}");
        assert_eq!(end / MINUTE, 5, "seed {seed}: six windows of 50");
    }
}

#[test]
fn a_first_request_that_is_slow_or_fails_lets_no_other_be_refused() {
    for first in [First::Slow(4_000), First::Slow(6_000), First::Slow(30_000), First::Unsent] {
        for seed in 0..50 {
            let Outcome { refused, .. } = simulate(1, 300, 50, first, seed);
            assert_eq!(refused, 0, "seed {seed}");
        }
    }
}

#[test]
fn of_several_processes_few_are_refused() {
    for processes in 2..=4 {
        for seed in 0..50 {
            let Outcome { refused, end } = simulate(processes, 100, 50, First::Answered, seed);
            let windows = end / MINUTE + 1;
            let most = windows * u64::try_from(processes - 1).unwrap();
            assert!(refused <= most, "{processes} processes, seed {seed}: {refused} of {most}");
            let needed = 2 * u64::try_from(processes).unwrap();
            assert!(windows <= needed + 1, "{processes} processes, seed {seed}: {windows} windows");
        }
    }
}
