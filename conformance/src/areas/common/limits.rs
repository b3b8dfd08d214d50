//! Rate limits, beyond the form of their headers.

use crate::{
    case::{Case, Check, Looks, Steps},
    exchange::{Answer, Credential},
    observed::NotJudged,
    steps::Step,
};

/// The headers of one window: what is left, of how many, and for how long.
struct Window {
    limit: &'static str,
    remaining: &'static str,
    reset: &'static str,
}

const WINDOWS: [Window; 2] = [
    Window { limit: "RateLimit-Limit", remaining: "RateLimit-Remaining", reset: "RateLimit-Reset" },
    Window {
        limit: "RateLimit-User-Limit",
        remaining: "RateLimit-User-Remaining",
        reset: "RateLimit-User-Reset",
    },
];

/// How long a window is, in seconds.
const LENGTH: i64 = 60;
/// The number of responses that must agree before it means something.
const ENOUGH: usize = 5;

pub(super) const CASES: &[Case] = &[
    Case {
        name: "rate-limit-remaining-is-within-its-limit",
        requirement: "The remaining requests are at most the limit.",
        verifies: &["rate-limit.remaining"],
        looks: Looks::At(&Steps([Step::ListBefore], |check, _| {
            each_window(check, |window, answer| {
                let (remaining, limit) =
                    (answer.number(window.remaining)?, answer.number(window.limit)?);
                let found = [format!("at most {limit}"), remaining.to_string()];
                Some(if remaining > limit { Err((window.remaining, found)) } else { Ok(()) })
            })
        })),
    },
    Case {
        name: "rate-limit-resets-within-its-window",
        requirement: "A window ends within 60 seconds.",
        verifies: &["rate-limit.windows"],
        looks: Looks::At(&Steps([Step::ListBefore], |check, _| {
            each_window(check, |window, answer| {
                let reset = answer.number(window.reset)?;
                let found = [format!("at most {LENGTH} seconds"), reset.to_string()];
                Some(if reset > LENGTH { Err((window.reset, found)) } else { Ok(()) })
            })
        })),
    },
    Case {
        name: "rate-limit-remaining-counts-down",
        requirement: "Every request lowers the remainder, unless there is no limit.",
        verifies: &["rate-limit.remaining"],
        looks: Looks::Everything(|check| {
            check.run.exchange(Step::ListBefore)?;
            // Both windows are looked at, whatever becomes of the first.
            let counts = WINDOWS.each_ref().map(|window| counts_down(check, window));
            let [organization, user] = counts;
            let (organization, user) = (organization?, user?);
            if organization || user {
                check.saw();
                return Ok(());
            }
            Err(NotJudged::Skip(
                "the remainder never decreases: the deployment enforces no rate limit".into(),
            ))
        }),
    },
    Case {
        name: "rate-limit-remaining-does-not-grow",
        requirement: "Within a window, the remainder does not grow.",
        verifies: &["rate-limit.remaining-in-a-window"],
        looks: Looks::Everything(|check| {
            check.run.exchange(Step::ListBefore)?;
            // Each of them is looked at, whatever the other shows.
            let [first, second] = WINDOWS.each_ref().map(|window| does_not_grow(check, window));
            first.or(second)
        }),
    },
];

/// How often more may be left than before beyond once in each window: a window may end between two
/// headers, and a response may overtake another.
const GROWTHS: u64 = 2;

/// Looks for what is left of a window that grows again and again without a new one.
fn does_not_grow(check: &mut Check<'_>, window: &Window) -> Result<(), NotJudged> {
    let windows = check.run.all().filter(|(_, it)| it.request.credential == Credential::Main);
    let windows: Vec<(Step, i64, i64, i64)> = windows
        .filter_map(|(step, exchange)| {
            let answer = &exchange.answer;
            let (left, limit) = (answer.number(window.remaining)?, answer.number(window.limit)?);
            Some((step, left, limit, answer.number(window.reset)?))
        })
        .collect();
    if windows.len() < 2 {
        return Err(NotJudged::Skip("fewer than two responses have the remainder".into()));
    }
    check.saw();
    let grown: Vec<_> = windows
        .windows(2)
        // A new window has more time left, and another limit says nothing of this one.
        .filter(|pair| pair[1].1 > pair[0].1 && pair[1].3 <= pair[0].3 && pair[1].2 == pair[0].2)
        .map(|pair| (pair[1].0, pair[0].1, pair[1].1))
        .collect();
    let is_much = u64::try_from(grown.len()).is_ok_and(|grown| grown > GROWTHS);
    if let (Some((step, before, after)), true) = (grown.first(), is_much) {
        let expected =
            format!("at most {before}, the remainder of an earlier response in the same window");
        let received = format!("{after}; the remainder grew in {} responses", grown.len());
        check.find(*step, Some(window.remaining), expected, received);
    }
    Ok(())
}

/// Whether a window is right; the header that is not, and what was expected and received there.
type Judged = Result<(), (&'static str, [String; 2])>;

/// Looks at every window of every response of the run, explored ones too, and reports the first one
/// that is wrong. A response that does not have the headers shows nothing; each window has to be
/// shown.
fn each_window(
    check: &mut Check<'_>,
    judged: fn(&Window, &Answer) -> Option<Judged>,
) -> Result<(), NotJudged> {
    let run = check.run;
    run.exchange(Step::ListBefore)?;
    let mut missing = Vec::new();
    for window in &WINDOWS {
        let steps = run.all().map(|(step, exchange)| (Some(step), exchange));
        let explored = run.beside_the_cases().map(|exchange| (None, exchange));
        let mut shown = false;
        let first = steps.chain(explored).find_map(|(step, exchange)| {
            let judged = judged(window, &exchange.answer)?;
            shown = true;
            Some((step, exchange, judged.err()?))
        });
        match first {
            Some((Some(step), _, (place, [expected, received]))) => {
                check.find(step, Some(place), expected, received);
            }
            Some((None, exchange, (place, [expected, received]))) => {
                check.find_in(exchange, Some(place), expected, received);
            }
            None if shown => check.saw(),
            None => missing.push(window.remaining.trim_end_matches("Remaining")),
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    Err(NotJudged::Skip(format!("no response has the headers {}…", missing.join("… and "))))
}

/// Whether the `remaining` that the run's own token received becomes less. A window that is not
/// enforced always has its whole allowance left.
fn counts_down(check: &mut Check<'_>, window: &Window) -> Result<bool, NotJudged> {
    let windows: Vec<(Step, i64, i64)> = check
        .run
        .all()
        .filter(|(_, exchange)| exchange.request.credential == Credential::Main)
        .filter_map(|(step, exchange)| {
            let answer = &exchange.answer;
            Some((step, answer.number(window.remaining)?, answer.number(window.limit)?))
        })
        .collect();
    let (Some((_, first, _)), Some((step, last, _))) = (windows.first(), windows.last()) else {
        return Err(NotJudged::Skip(format!("no response has {}", window.remaining)));
    };
    if windows.windows(2).any(|pair| pair[1].1 < pair[0].1) {
        return Ok(true);
    }
    if windows.iter().all(|(_, remaining, limit)| remaining == limit) {
        return Ok(false);
    }
    if windows.len() < ENOUGH {
        let why = format!("only {} responses have {}", windows.len(), window.remaining);
        return Err(NotJudged::Skip(why));
    }
    let expected = format!("less than {first}, or less than in an earlier response");
    let received =
        format!("{last}; the remainder decreased in none of {} responses", windows.len());
    check.find(*step, Some(window.remaining), expected, received);
    Ok(true)
}
