//! Scripts of other origins may read answers.

use super::contract::{WITH_HEADERS, validated};
use crate::{
    case::{Case, Check, Looks},
    exchange::Exchange,
    observed::NotJudged,
    steps::Step,
};

/// The header as browsers know it, and as it is printed.
const ALLOWS: [&str; 2] = ["Access-Control-Allow-Origin", "Access-Controller-Allow-Origin"];

pub(super) const CASES: &[Case] = &[
    Case {
        name: "any-origin-may-read",
        requirement: "Every response allows any origin to read it.",
        verifies: &["cors.allow-origin"],
        looks: Looks::Everything(any_origin_may_read),
    },
    Case {
        name: "link-may-be-read",
        requirement: "Every response lets scripts read its Link header.",
        verifies: &["cors.expose-link"],
        looks: Looks::Everything(|check| {
            validated(check, WITH_HEADERS, |problem, _| {
                problem.is_about_header("Access-Control-Expose")
            })
        }),
    },
];

/// Reports the first response that does not allow it, and how many there are.
fn any_origin_may_read(check: &mut Check<'_>) -> Result<(), NotJudged> {
    let run = check.run;
    run.exchange(Step::ListBefore)?;
    let allows =
        |exchange: &Exchange| ALLOWS.iter().any(|name| exchange.answer.header(name) == Some("*"));
    let has_recorded =
        |exchange: &Exchange| ALLOWS.iter().all(|name| exchange.answer.has_recorded(name));
    let steps = run.all().filter(|(step, it)| run.exchange(*step).is_ok() && has_recorded(it));
    let steps: Vec<(Step, &Exchange)> = steps.collect();
    if !steps.is_empty() {
        check.saw();
    }
    let refusing: Vec<_> = steps.into_iter().filter(|(_, it)| !allows(it)).collect();
    let Some((step, first)) = refusing.first() else { return Ok(()) };
    let received = ALLOWS.iter().find_map(|name| first.answer.header(name));
    let received = received.unwrap_or("no such header");
    let received = format!("{received} (in {} responses)", refusing.len());
    check.find(*step, Some(ALLOWS[0]), "*", received);
    Ok(())
}
