//! Using up the user's allowance on purpose, as the last thing of a run: what it created is removed
//! by then, and nothing has to wait for the next window.

use std::{num::NonZeroU32, sync::Arc, time::Instant};

use serde_json::Value;

use super::{or_late, within_budget};
use crate::{
    contract::Problem,
    exchange::{Answer, Credential, Exchange, Purpose},
    level::Grade,
    observed::{NotJudged, why_not_judged},
    outcome::{Exploration, Explored},
    run::{Limits, Permission, Runner},
};

/// How many more requests it may take than what is left: the first one shows how many that are,
/// some are rejected, and other clients may use the same limit.
const MARGIN: u64 = 4;
/// How often the same may be left, before it means that nothing is counted.
const STILL: usize = 3;
/// How many requests have to succeed after the last one that was left, before it means that the
/// limit is not enforced: a deployment of several processes may count a little late.
const OVER: usize = 3;
const CITE: &str = "Rate limits, Exceeding the rate limit";

/// How many responses in a row may be lost on the way.
const LOST: usize = 3;

/// Uses up what is left of the user's allowance and looks at how the next request is refused. It is
/// left alone unless that was asked for, and where it takes too many requests, or would take from
/// others in the organization.
pub(crate) async fn exhaust(runner: &mut Runner) {
    let (before, begun) = (runner.requests(), Instant::now());
    let outcome = beyond_the_limit(runner).await.map_err(|not_judged| match not_judged {
        // Why it was left alone comes before how little is left.
        NotJudged::Skip(_) => not_judged,
        NotJudged::Error(_) => or_late(runner, not_judged),
    });
    let requests = runner.requests() - before;
    let (problems, not_judged) = match &outcome {
        Ok(End::OfUser(exchange)) => (problems(runner, exchange), None),
        Ok(End::OfAnother(exchange)) => {
            let why = "another limit than the user's was exceeded first".to_owned();
            (problems_of_another(runner, exchange), Some(NotJudged::Skip(why)))
        }
        Err(not_judged) => (Vec::new(), Some(not_judged.clone())),
    };
    let is_shown = matches!(outcome, Ok(End::OfUser(_)));
    let seen = outcome.ok().map(|(End::OfUser(exchange) | End::OfAnother(exchange))| exchange);
    let explored = runner.explored();
    explored.requests.insert(Exploration::Limits, requests);
    explored.took.insert(Exploration::Limits, begun.elapsed());
    explored.judged.insert(Exploration::Limits, usize::from(is_shown));
    explored.not_judged.extend(not_judged.map(|not_judged| (Exploration::Limits, not_judged)));
    if let Some(exchange) = seen.map(Arc::new) {
        let found = |problem| (Exploration::Limits, Arc::clone(&exchange), problem);
        explored.found.extend(problems.into_iter().map(found));
    }
}

/// How it came to an end.
enum End {
    /// With the response to a request that is one too many for the user.
    OfUser(Exchange),
    /// With a refusal by another limit: the organization's, or that of something in between.
    OfAnother(Exchange),
}

async fn beyond_the_limit(runner: &mut Runner) -> Result<End, NotJudged> {
    if !runner.options.exhaust_user_limit {
        return skipped(
            "it takes what the user's other tokens and jobs need for up to a minute; \
             --exhaust-user-limit allows it",
        );
    }
    if !runner.has_cleaned_up() {
        return skipped(
            "registries of this run could not be removed, which takes the requests that are left",
        );
    }
    within_budget(runner, 1)?;
    let request = runner.request_to("get_access_token", Credential::Main, None, None)?;
    // This one heeds the limits: it may be that nothing is left now.
    let first = runner.send(&Purpose::Explored, request.clone(), Permission::OwnOnly).await?;
    described(&first.answer)?;
    let mut known = Windows::of(&first.answer)?;
    let budget = known.user_left.saturating_add(MARGIN);
    affordable(runner, &known, budget)?;
    let (mut still, mut over, mut turned) = (0, 0, 0);
    let (mut sent, mut lost) = (0, 0);
    while sent < budget {
        within_budget(runner, 1)?;
        known.leave_enough_after(budget - sent)?;
        let faults = runner.observed().faults.len();
        let outcomes = runner.send_at_once(std::slice::from_ref(&request), Limits::Ignored).await?;
        if runner.observed().faults.len() > faults && lost < LOST {
            lost += 1;
            continue;
        }
        (sent, lost) = (sent + 1, 0);
        let exchange = outcomes
            .into_iter()
            .next()
            .ok_or_else(|| NotJudged::Error("no request was sent".into()))??;
        let status = exchange.answer.status;
        if status == 429 {
            let is_users = known.user_left == 0 || user_left(&exchange.answer) == Some(0);
            return Ok(if is_users { End::OfUser(exchange) } else { End::OfAnother(exchange) });
        }
        if let Some(why) = why_not_judged(status) {
            return Err(NotJudged::Error(why));
        }
        let now = Windows::of(&exchange.answer)?;
        if now.user_reset > known.user_reset {
            (still, over, turned) = (0, 0, turned + 1);
        } else if known.user_left == 0 {
            over += 1;
        } else if now.user_left < known.user_left {
            still = 0;
        } else {
            still += 1;
        }
        if over == OVER {
            return Ok(End::OfUser(exchange));
        }
        if over == 0 {
            described(&exchange.answer)?;
        }
        if still == STILL {
            return skipped("the user's remainder never decreases: there is no limit");
        }
        if turned > 1 {
            break;
        }
        known = now;
    }
    skipped("the window ended before its allowance was used up")
}

fn skipped<T>(why: &str) -> Result<T, NotJudged> {
    Err(NotJudged::Skip(why.into()))
}

/// Whether the deployment describes the token, which is what is asked for again and again.
fn described(answer: &Answer) -> Result<(), NotJudged> {
    if answer.is_success() {
        return Ok(());
    }
    skipped(&format!("the token is described with {}", answer.outline()))
}

/// Whether what is left may be used up within the run's budget and pace.
fn affordable(runner: &Runner, known: &Windows, budget: u64) -> Result<(), NotJudged> {
    let left = known.user_left;
    let rest = runner.options.max_requests.saturating_sub(runner.requests());
    if budget > rest as u64 {
        return skipped(&format!(
            "the user has {left} requests left, and the run {rest} (--max-requests)"
        ));
    }
    let is_too_slow = |pace: NonZeroU32| {
        budget.saturating_mul(60) > known.user_reset.saturating_mul(u64::from(pace.get()))
    };
    if runner.options.pace.is_some_and(is_too_slow) {
        return skipped(&format!(
            "with --pace, the {left} requests that the user has left are not used up in a window"
        ));
    }
    Ok(())
}

/// What a response says of the two windows.
struct Windows {
    user_left: u64,
    user_reset: u64,
    organization_left: u64,
}

impl Windows {
    fn of(answer: &Answer) -> Result<Self, NotJudged> {
        let number = |name: &str| {
            answer
                .count(name)
                .ok_or_else(|| NotJudged::Skip(format!("the response to {name} has no remainder")))
        };
        Ok(Self {
            user_left: number("RateLimit-User-Remaining")?,
            user_reset: number("RateLimit-User-Reset")?,
            organization_left: number("RateLimit-Remaining")?,
        })
    }

    /// Whether others in the organization have as much left after so many more requests.
    fn leave_enough_after(&self, requests: u64) -> Result<(), NotJudged> {
        let Self { user_left, organization_left, .. } = self;
        if *organization_left >= requests.saturating_mul(2) {
            return Ok(());
        }
        skipped(&format!(
            "the user has {user_left} requests left, and the organization only \
             {organization_left}: others need them"
        ))
    }
}

fn user_left(answer: &Answer) -> Option<u64> {
    answer.count("RateLimit-User-Remaining")
}

/// In what the refusal by another limit than the user's is not as documented: nothing is documented
/// of one that something in front of the API makes.
fn problems_of_another(runner: &Runner, exchange: &Exchange) -> Vec<Problem> {
    let Exchange { request, answer, .. } = exchange;
    let is_of_the_api = answer.json.as_ref().is_some_and(|body| body.get("scope").is_some());
    if is_of_the_api {
        runner.observed().contract.validate(request.operation, answer)
    } else {
        Vec::new()
    }
}

/// In what the response to a request that is one too many is not as documented.
fn problems(runner: &Runner, exchange: &Exchange) -> Vec<Problem> {
    let answer = &exchange.answer;
    let wrong = |place: Option<&str>, expected: String, received: String| {
        let wrong = Problem::new(Grade::Documented, CITE, expected, received);
        match place {
            Some(place) => wrong.at(place),
            None => wrong,
        }
    };
    if answer.status != 429 {
        let expected = "a rejection (429), nothing is left in this window".to_owned();
        return vec![wrong(None, expected, answer.outline())];
    }
    let mut problems = runner.observed().contract.validate(exchange.request.operation, answer);
    let warning = "RateLimit-User-Warning";
    if answer.header(warning).is_none() {
        let expected = "the header: the user's limit is exhausted".to_owned();
        problems.push(wrong(Some(warning), expected, "no such header".into()));
    }
    let body = |name: &str| answer.json.as_ref().and_then(|body| body.get(name));
    let number = |name: &str| body(name).and_then(Value::as_u64);
    let header = |name: &str| answer.count(name);
    // What the body lacks, or has of another type, is the contract's business.
    if let Some(scope) = body("scope").and_then(Value::as_str).filter(|it| *it != "rest_user") {
        problems.push(wrong(Some("/scope"), "rest_user".into(), scope.into()));
    }
    for (name, expected, fits) in NUMBERS {
        if let Some((received, reported)) = number(name).zip(header(expected))
            && !fits(received, reported)
        {
            let expected = format!("{reported}, as {expected} says");
            problems.push(wrong(Some(&format!("/{name}")), expected, received.to_string()));
        }
    }
    problems
}

/// How a number in the body of a refusal fits the one in a header. Whether rejected requests are
/// counted as well is not documented.
type Fits = fn(u64, u64) -> bool;
const NUMBERS: [(&str, &str, Fits); 3] = [
    ("limit", "RateLimit-User-Limit", |body, header| body == header),
    ("current", "RateLimit-User-Limit", |body, header| body >= header),
    ("reset", "RateLimit-User-Reset", |body, header| body.abs_diff(header) <= 1),
];

impl Runner {
    /// What was explored so far, to add to it.
    fn explored(&mut self) -> &mut Explored {
        self.observed_mut().explored.get_or_insert_with(|| Explored::nothing(None))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_number_in_a_header_is_too_large_to_be_reckoned_with() {
        for (user_left, organization_left) in [(u64::MAX, u64::MAX), (u64::MAX, 0), (0, u64::MAX)] {
            let known = Windows { user_left, user_reset: u64::MAX, organization_left };
            let budget = known.user_left.saturating_add(MARGIN);
            let is_enough = known.leave_enough_after(budget).is_ok();
            assert_eq!(is_enough, organization_left == u64::MAX, "{user_left} {organization_left}");
        }
    }
}
