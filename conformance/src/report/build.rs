//! Puts the report of a run together.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use chrono::{DateTime, SecondsFormat, Utc};

use super::{
    CaseReport, DeploymentReport, Difference, FORMAT_VERSION, Finding, LostResponse, Report,
    RequestExcerpt, ResponseExcerpt, Seen, Status, Topic, Totals, Verdict, requirements,
};
use crate::{
    case::{Case, Check, anywhere},
    contract::{Kind, Problem},
    coverage::coverage,
    engine::deployment::Deployment,
    exchange::{CurlNames, Exchange},
    group::Group,
    level::Level,
    observed::{Fault, NotJudged, Observed, Stop},
    outcome::{Found, Origin, OwnOutcome},
    plan,
    profile::Profile,
    readings::readings,
    steps::Step,
    transcript,
};

/// What is known of a run beside what it has seen.
pub(crate) struct Facts<'a> {
    pub(crate) deployment: &'a Deployment,
    pub(crate) embedded: bool,
    pub(crate) started_at: DateTime<Utc>,
    pub(crate) duration: Duration,
    pub(crate) requests: usize,
    /// Which part of the API, and which cases, were chosen.
    pub(crate) group: Option<Group>,
    pub(crate) filters: Vec<String>,
    pub(crate) left_behind: (Vec<String>, bool),
    /// Until when cases are looked at, if there is a limit, and what is said of the others.
    pub(crate) judged_until: Option<(Instant, String)>,
}

impl Facts<'_> {
    /// Why nothing is looked at any more, if that is so.
    fn out_of_time(&self) -> Option<&str> {
        let (until, why) = self.judged_until.as_ref()?;
        (Instant::now() >= *until).then_some(why)
    }
}

/// What `curl` lines are made with.
struct Curl<'a> {
    base_url: &'a str,
    names: CurlNames,
}

/// Looks at every case and puts the report together.
pub(crate) fn build(cases: &[&Case], run: &Observed, facts: Facts<'_>) -> Report {
    let base_url = &facts.deployment.base_url;
    let curl = &Curl { base_url, names: facts.deployment.curl_names() };
    // A request that several cases look at counts for the first of them.
    let mut charged = BTreeSet::new();
    let looked_at = cases.iter().map(|case| Check::new(case, run));
    let mut out_of_time = None;
    let cases: Vec<CaseReport> = looked_at
        .map(|check| {
            out_of_time = facts.out_of_time();
            case_report(check, curl, &mut charged, out_of_time)
        })
        .collect();
    let stopped = run.stopped.as_ref().map(Stop::reason).or(out_of_time).map(str::to_owned);
    let is_whole =
        stopped.is_none() && cases.len() >= plan::selected(&[], Profile::Core, None).len();
    let own = run.own.iter().map(|outcome| own_report(outcome, run, curl));
    let cases: Vec<CaseReport> = cases.into_iter().chain(own).collect();
    let readings = readings(run);
    let report = Report {
        format_version: FORMAT_VERSION,
        suite_version: env!("CARGO_PKG_VERSION").into(),
        contract_version: run.contract.version().into(),
        started_at: facts.started_at.to_rfc3339_opts(SecondsFormat::Secs, true),
        duration_ms: milliseconds(facts.duration),
        profile: run.profile,
        group: facts.group,
        filters: facts.filters.clone(),
        deployment: DeploymentReport {
            base_url: base_url.clone(),
            organization: run.organization.clone(),
            embedded: facts.embedded,
        },
        verdict: Verdict::Incomplete,
        strict: false,
        totals: Totals::default(),
        stopped,
        requests: facts.requests,
        requirements: requirements::judged(&cases, &readings, run.profile),
        coverage: coverage(run.contract, run.every()),
        cases,
        known: Vec::new(),
        seed: run.explored.as_ref().and_then(|explored| explored.seed),
        readings,
        // Lists show every exchange before them: a part of a run has other transcripts.
        differences: if is_whole { differences(run, &facts) } else { Vec::new() },
        lost_responses: run.faults.iter().map(lost_response).collect(),
        left_behind: facts.left_behind.0,
        left_behind_uncertain: facts.left_behind.1,
    };
    report.judged()
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn lost_response(fault: &Fault) -> LostResponse {
    let Fault { exchange, reason, is_answered } = fault.clone();
    LostResponse { exchange, reason, answered: is_answered }
}

fn case_report(
    mut check: Check<'_>,
    curl: &Curl<'_>,
    charged: &mut BTreeSet<Step>,
    out_of_time: Option<&str>,
) -> CaseReport {
    let (case, run) = (check.case, check.run);
    let begun = Instant::now();
    let outcome = match out_of_time {
        Some(why) => Err(NotJudged::Error(why.to_owned())),
        None => case.check(&mut check),
    };
    let outcome = match (outcome, &run.stopped) {
        // It is not this case that lacks something.
        (Err(_), Some(Stop::Void(reason))) => Err(NotJudged::Error(reason.clone())),
        (outcome, _) => outcome,
    };
    let (status, reason) = judged(&check.found, outcome);
    let mut operations: Vec<String> = Vec::new();
    for step in case.steps(run.profile) {
        let operation = step.definition().operation;
        if !operations.iter().any(|known| known == operation) {
            operations.push(operation.to_owned());
        }
    }
    let needed = plan::steps_of(&[case], run.profile, None);
    let sent = needed.into_iter().filter(|step| run.sent(*step).is_ok());
    let sent: Vec<Step> = sent.filter(|step| charged.insert(*step)).collect();
    let explored = run.explored.as_ref().zip(case.exploration());
    let explored = explored.map(|(explored, what)| {
        let took = explored.took.get(&what).copied().unwrap_or_default();
        (explored.requests.get(&what).copied().unwrap_or_default(), took)
    });
    let (explored, exploring) = explored.unwrap_or_default();
    let sending: Duration = sent.iter().filter_map(|step| run.took.get(step)).sum();
    let requests = sent.len() + explored;
    let took = sending + exploring + begun.elapsed();
    let finding = |found| finding(case.name, case.requirement, run, curl, found);
    CaseReport {
        name: case.name.into(),
        level: case.level(),
        status,
        own: false,
        topic: Topic::of(case),
        requirement: case.requirement.into(),
        citation: case.citation(),
        operations,
        requests,
        duration_ms: milliseconds(took),
        reason,
        open: check.open.into_iter().map(str::to_owned).collect(),
        findings: check.found.into_iter().map(finding).collect(),
    }
}

/// The report of a case that was added.
fn own_report(case: &OwnOutcome, run: &Observed, curl: &Curl<'_>) -> CaseReport {
    let (found, outcome) = match &case.outcome {
        Ok(found) => (found.clone(), Ok(())),
        Err(not_judged) => (Vec::new(), Err(not_judged.clone())),
    };
    let (status, reason) = judged(&found, outcome);
    let finding = |found| finding(&case.name, &case.requirement, run, curl, found);
    CaseReport {
        name: case.name.clone(),
        level: case.citation.grade.level(),
        status,
        own: true,
        topic: Topic::default(),
        requirement: case.requirement.clone(),
        citation: case.citation.clone(),
        operations: case.operations.clone(),
        requests: case.requests,
        duration_ms: milliseconds(case.took),
        reason,
        open: Vec::new(),
        findings: found.into_iter().map(finding).collect(),
    }
}

/// The status of a case and, if it was not judged, why.
fn judged(found: &[Found], outcome: Result<(), NotJudged>) -> (Status, Option<String>) {
    let worst = found.iter().map(|found| found.problem.level).min();
    match (worst, outcome) {
        (Some(Level::Must), _) => (Status::Fail, None),
        (Some(Level::Should), _) => (Status::Warn, None),
        (_, Ok(())) => (Status::Pass, None),
        (_, Err(NotJudged::Skip(reason))) => (Status::Skip, Some(reason)),
        (_, Err(NotJudged::Error(reason))) => (Status::Error, Some(reason)),
    }
}

fn finding(
    case: &str,
    requirement: &str,
    run: &Observed,
    curl: &Curl<'_>,
    found: Found,
) -> Finding {
    let (name, exchange) = match &found.origin {
        Origin::Step(step) => (step.definition().name, run.sent(*step).ok()),
        Origin::Other(exchange) => (exchange.name.as_str(), Some(&**exchange)),
    };
    let request = exchange.map(|exchange| &exchange.request);
    let operation = request.map(|request| request.operation).unwrap_or_default();
    let problem = found.problem;
    let response = |it: &Exchange| ResponseExcerpt::of(operation, &it.answer, &problem);
    Finding {
        case: case.into(),
        operation: operation.into(),
        exchange: name.into(),
        kind: problem.kind,
        level: problem.level,
        requirement: requirement.into(),
        seen: seen(run, &problem, exchange),
        curl: exchange
            .map(|it| it.request.curl_with(curl.base_url, &curl.names))
            .unwrap_or_default(),
        request: exchange.map(|it| RequestExcerpt::of(&it.request)),
        response: exchange.map(response),
        known: None,
        citation: problem.citation,
        place: problem.place,
        schema_path: problem.schema_path,
        expected: problem.expected,
        received: problem.received,
    }
}

/// In how many responses a problem of one of them is seen. What a case expects of one exchange is not
/// looked for in others.
fn seen(run: &Observed, problem: &Problem, exchange: Option<&Exchange>) -> Vec<Seen> {
    let is_contract = problem.kind != Kind::Behaviour;
    let Some(exchange) = exchange.filter(|_| is_contract) else { return Vec::new() };
    // The bodies of errors are others than those of successes; headers are the same.
    let is_error = |it: &Exchange| it.answer.status >= 400 && problem.kind != Kind::Header;
    let place = anywhere(problem.place.as_deref());
    let is_it = |other: &Problem| {
        other.kind == problem.kind
            && other.expected == problem.expected
            && anywhere(other.place.as_deref()) == place
    };
    let mut counts: BTreeMap<(&str, u16), (usize, usize)> = BTreeMap::new();
    for it in run.every().filter(|it| is_error(it) == is_error(exchange)) {
        let (seen, all) = counts.entry((it.request.operation, it.answer.status)).or_default();
        *seen += usize::from(it.problems(run.contract).iter().any(is_it));
        *all += 1;
    }
    let mut all: Vec<Seen> = Vec::new();
    for ((operation, _), (responses, of)) in counts.into_iter().filter(|(_, (seen, _))| *seen > 0) {
        match all.last_mut().filter(|last| last.operation == operation) {
            Some(last) => {
                last.responses += responses;
                last.of = last.of.map(|all| all + of);
            }
            None => all.push(Seen { operation: operation.into(), responses, of: Some(of) }),
        }
    }
    all
}

fn differences(run: &Observed, facts: &Facts<'_>) -> Vec<Difference> {
    let differing = |(step, text): (Step, String)| {
        if facts.out_of_time().is_some() {
            return None;
        }
        let definition = step.definition();
        Some(Difference {
            exchange: definition.name.into(),
            operation: definition.operation.into(),
            diff: transcript::difference(step, &text)?,
        })
    };
    transcript::transcripts(run).into_iter().filter_map(differing).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Contract;

    #[test]
    fn what_is_not_judged_in_time_is_said_to_be_that() {
        let deployment = Deployment::new("http://127.0.0.1:1/v2", "org", "bkua_a").unwrap();
        let run = Observed::new(Contract::built_in(), Profile::Core, &deployment, "tag".to_owned());
        let cases = plan::selected(&[], Profile::Core, None);
        let facts = Facts {
            deployment: &deployment,
            embedded: false,
            started_at: Utc::now(),
            duration: Duration::ZERO,
            requests: 0,
            group: None,
            filters: Vec::new(),
            left_behind: (Vec::new(), false),
            judged_until: Some((Instant::now(), "too late".to_owned())),
        };
        let report = build(&cases, &run, facts);
        assert_eq!(
            (report.verdict, report.stopped.as_deref()),
            (Verdict::Incomplete, Some("too late"))
        );
        assert_eq!(report.count(Status::Error), cases.len());
        assert!(report.cases.iter().all(|case| case.reason.as_deref() == Some("too late")));
    }
}
