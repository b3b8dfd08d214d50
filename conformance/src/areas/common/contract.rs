//! Every exchange validated against the contract: one case an operation, and four for what is common to
//! all of them, so that what goes wrong everywhere is said once.

use super::super::operation::Operation;
use crate::{
    case::{Case, Check, Looks, anywhere},
    contract::{Kind, Problem},
    exchange::{Exchange, Unrecorded},
    observed::{NotJudged, Observed, beyond},
    outcome::Found,
    steps::Step,
};

/// A case for each operation that validates its exchanges.
pub(in crate::areas) fn of_operations(
    operations: impl Iterator<Item = &'static Operation>,
) -> Vec<Case> {
    let case = |operation: &Operation| {
        let (name, verifies) = operation.fits;
        let requirement = format!(
            "Every response to {} has a documented status and the body that goes with it.",
            operation.id
        );
        let looks = Looks::Operation(operation.id, fits_the_contract);
        Case { name, requirement: requirement.leak(), verifies, looks }
    };
    operations.map(case).collect()
}

pub(super) const CASES: &[Case] = &[
    Case {
        name: "successes-are-json",
        requirement: "Every success with a body is JSON, and has its content type.",
        verifies: &["common.json.successes"],
        looks: Looks::Everything(|check| {
            validated(check, SUCCESSES, |problem, status| {
                problem.kind == Kind::ContentType && status < 400
            })
        }),
    },
    Case {
        name: "errors-are-json",
        requirement: "Every error is JSON, and has its content type.",
        verifies: &["common.json.errors"],
        looks: Looks::Everything(|check| {
            validated(check, ERRORS, |problem, status| {
                problem.kind == Kind::ContentType && status >= 400
            })
        }),
    },
    Case {
        name: "errors-have-the-documented-body",
        requirement: "Every error is an object with a message.",
        verifies: &["common.error.validation-body", "common.error.message"],
        looks: Looks::Everything(|check| {
            let is_validation = |it: &Exchange| it.answer.status == 422 && it.answer.json.is_some();
            if !check.run.every().any(is_validation) {
                check.leaves_open("common.error.validation-body");
            }
            validated(check, ERRORS_IN_JSON, |problem, status| {
                matches!(problem.kind, Kind::Body | Kind::UndocumentedProperty) && status >= 400
            })
        }),
    },
    Case {
        name: "responses-end-where-they-say",
        requirement: "A response leaves no further bytes on the connection.",
        verifies: &["common.http.end"],
        looks: Looks::Everything(|check| {
            let run = check.run;
            let Some(overlong) = &run.overlong else {
                // Without a response there is nothing to look at.
                run.exchange(Step::ListBefore)?;
                check.saw();
                return Ok(());
            };
            let is_it = |it: &&Exchange| {
                it.request.method == overlong.method
                    && it.request.path == overlong.path
                    && it.answer.status == overlong.status
            };
            let expected = "a response that ends where its headers and its status say";
            let received = "further bytes, which preceded the next response on the connection";
            match run.every().filter(is_it).last() {
                Some(exchange) => check.find_in(exchange, None, expected, received),
                None => check.find(Step::ListBefore, None, expected, received),
            }
            Ok(())
        }),
    },
    Case {
        name: "rate-limit-headers-are-sent",
        requirement: "Every response has both rate limits in its headers.",
        verifies: &["rate-limit.headers"],
        looks: Looks::Everything(|check| {
            validated(check, WITH_HEADERS, |problem, _| problem.is_about_header("RateLimit-"))
        }),
    },
];

/// Which exchanges show something of what a case is about that validates all of them.
#[derive(Clone, Copy)]
pub(super) struct About {
    /// What they are, in the plural.
    what: &'static str,
    is: fn(&Observed, &Exchange) -> bool,
}

/// Every response, as far as it shows which headers there were.
pub(super) const WITH_HEADERS: About = About {
    what: "responses whose headers were all recorded",
    is: |_, it| it.answer.unrecorded == Unrecorded::Nothing,
};
const SUCCESSES: About = About {
    what: "successes with a body",
    is: |run, it| {
        it.answer.is_success() && run.contract.expects_body(it.request.operation, it.answer.status)
    },
};
const ERRORS: About = About { what: "errors", is: |_, it| it.answer.status >= 400 };
const ERRORS_IN_JSON: About = About {
    what: "errors in JSON",
    is: |_, it| it.answer.status >= 400 && it.answer.json.is_some(),
};
/// Rejections, which any path may return, show nothing of what an operation does.
const CARRIED_OUT: About =
    About { what: "successes with the documented body", is: |run, it| run.is_carried_out(it) };

fn fits_the_contract(check: &mut Check<'_>) -> Result<(), NotJudged> {
    let validated = validated(check, CARRIED_OUT, |problem, status| {
        let is_common = matches!(problem.kind, Kind::Header | Kind::ContentType);
        problem.kind == Kind::Status || (!is_common && status < 400)
    });
    let is_beyond = |it: &&Exchange| {
        let is_looked_at = check.case.looks_at(it.request.operation);
        is_looked_at && it.answer.is_success() && it.answer.is_json_beyond()
    };
    if let Some(exchange) = check.run.every().find(is_beyond) {
        return Err(beyond(&exchange.name));
    }
    validated?;
    // One without its body is reported as one that is no JSON.
    let run = check.run;
    let is_empty = |(_, it): &(Step, &Exchange)| {
        let Exchange { request, answer, .. } = it;
        check.case.looks_at(request.operation)
            && answer.is_success()
            && !run.contract.recognizes(request.operation, answer)
    };
    match run.all().find(is_empty) {
        Some((step, _)) => run.success(step).map(drop),
        None => Ok(()),
    }
}

/// Validates the case's exchanges against the contract, explored and replaced ones too. It keeps
/// the problems that are `of_interest`, by what they are and the response's status. A problem that
/// occurs several times is reported once. Without an exchange of those that the case is about, it
/// shows nothing.
pub(super) fn validated(
    check: &mut Check<'_>,
    about: About,
    of_interest: fn(&Problem, u16) -> bool,
) -> Result<(), NotJudged> {
    let run = check.run;
    let steps = check.case.steps(run.profile);
    let mut not_judged = None;
    let mut exchanges: Vec<(Option<Step>, &Exchange)> = Vec::new();
    for step in steps {
        match run.exchange_or_text(step) {
            Ok(exchange) => exchanges.push((Some(step), exchange)),
            Err(reason) => drop(not_judged.get_or_insert(reason)),
        }
    }
    let beside = run.beside_the_cases();
    let beside = beside.filter(|it| check.case.looks_at(it.request.operation));
    exchanges.extend(beside.map(|exchange| (None, exchange)));
    for (step, exchange) in &exchanges {
        for problem in exchange.problems(run.contract) {
            if of_interest(problem, exchange.answer.status) {
                let found = || match *step {
                    Some(step) => Found::at(step, problem.clone()),
                    None => Found::in_exchange(run.shared(exchange), problem.clone()),
                };
                note(&mut check.found, problem, found);
            }
        }
    }
    match not_judged {
        Some(reason) if exchanges.is_empty() => return Err(reason),
        _ if !exchanges.iter().any(|(_, exchange)| (about.is)(run, exchange)) => {
            return Err(NotJudged::Skip(format!("there were no {}", about.what)));
        }
        _ => {}
    }
    check.saw();
    Ok(())
}

/// Takes note of a problem, unless it is one that is known.
fn note(all: &mut Vec<Found>, problem: &Problem, found: impl Fn() -> Found) {
    let known = all.iter_mut().find(|known| {
        known.problem.expected == problem.expected
            && anywhere(known.problem.place.as_deref()) == anywhere(problem.place.as_deref())
    });
    match known {
        // The exchange that binds most stands for all of them.
        Some(known) if problem.level < known.problem.level => *known = found(),
        Some(_) => {}
        None => all.push(found()),
    }
}
