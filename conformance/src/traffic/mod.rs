//! Traffic between others, as something recorded it or as it passes through, held against the
//! contract. What is not of this API is counted, and nothing more.

mod address;
mod human;
mod proxy;
mod report;

use std::collections::BTreeMap;

pub use self::{
    human::{human, human_finding},
    proxy::{FindingListener, Proxy, ProxyOptions, ReasonListener},
    report::{CheckReport, FORMAT_VERSION, Finding, OperationSeen, Party, json_schema},
};
use crate::{
    contract::{Contract, Kind, Problem},
    exchange::Answer,
    har::{Entry, Har},
    level::Level,
    observed::is_unavailable,
    report::Verdict,
    secrets::Secrets,
};

/// Holds every exchange of an archive against the contract, of the API below `base_url` or, without
/// one, of any API whose root ends in `/v2`. The report calls the archive `looked_at`.
#[must_use]
pub fn check(har: &Har, base_url: Option<&str>, looked_at: &str) -> CheckReport {
    let mut traffic = Traffic::new(base_url.map(str::to_owned));
    let is_of_the_api =
        |entry: &&Entry| traffic.is_of_the_api(&entry.request.method, &entry.request.url);
    let secrets = Secrets::of(har.log.entries.iter().filter(is_of_the_api));
    for entry in &har.log.entries {
        traffic.look_at_entry(entry, &secrets);
    }
    traffic.report(looked_at)
}

/// What has been seen so far.
pub(crate) struct Traffic {
    contract: &'static Contract,
    base_url: Option<String>,
    exchanges: usize,
    ignored: usize,
    unanswered: usize,
    without_body: usize,
    operations: BTreeMap<String, usize>,
    findings: Vec<Finding>,
}

/// An exchange of somebody else.
pub(crate) struct Passed<'a> {
    pub(crate) method: &'a str,
    pub(crate) url: &'a str,
    /// The body of the request, if there was one and it is known.
    pub(crate) body: Option<&'a str>,
    /// Whether the client has a copy, and asked whether it is still good.
    pub(crate) is_conditional: bool,
    /// The answer, and whether its body is known.
    pub(crate) answer: Option<(&'a Answer, bool)>,
}

impl Traffic {
    pub(crate) fn new(base_url: Option<String>) -> Self {
        Self {
            contract: Contract::built_in(),
            base_url,
            exchanges: 0,
            ignored: 0,
            unanswered: 0,
            without_body: 0,
            operations: BTreeMap::new(),
            findings: Vec::new(),
        }
    }

    fn look_at_entry(&mut self, entry: &Entry, secrets: &Secrets) {
        let request = &entry.request;
        // What is not of this API may be much, and is not worth searching for secrets.
        if !self.is_of_the_api(&request.method, &request.url) {
            self.exchanges += 1;
            self.ignored += 1;
            return;
        }
        let body = request.post_data.as_ref().and_then(crate::har::PostData::bytes);
        let body = body.map(|body| secrets.replaced(&String::from_utf8_lossy(&body)).0);
        let answer = entry.response.answer((&request.method, &request.url), secrets);
        self.look(&Passed {
            method: &request.method,
            url: &secrets.replaced(&request.url).0,
            body: body.as_deref().filter(|body| !body.is_empty()),
            is_conditional: request.headers.iter().any(|it| is_condition(&it.name)),
            answer: answer.as_ref().map(|(answer, known)| (answer, *known)),
        });
    }

    /// Whether an exchange is one of the API.
    pub(crate) fn is_of_the_api(&self, method: &str, url: &str) -> bool {
        address::operation(self.contract, self.base_url.as_deref(), method, url).is_some()
    }

    /// Takes an exchange into account, and tells what it shows that was not seen before.
    pub(crate) fn look(&mut self, passed: &Passed<'_>) -> Vec<Finding> {
        self.exchanges += 1;
        let base_url = self.base_url.as_deref();
        let operation = address::operation(self.contract, base_url, passed.method, passed.url);
        let Some(operation) = operation.map(|operation| operation.id.clone()) else {
            self.ignored += 1;
            return Vec::new();
        };
        let Some((answer, known)) = passed.answer.filter(|(it, _)| !is_unavailable(it.status))
        else {
            self.unanswered += 1;
            return Vec::new();
        };
        *self.operations.entry(operation.clone()).or_default() += 1;
        let mut problems = Vec::new();
        // That a copy is still good is HTTP's answer, not the API's.
        if answer.status != 304 || !passed.is_conditional {
            self.without_body +=
                usize::from(!known && self.contract.has_body(&operation, answer.status));
            let held = self.contract.hold_parts(&operation, answer, known);
            problems.extend(held.into_iter().map(|problem| (Party::Deployment, problem)));
        }
        let asked = passed.body.map(|body| self.contract.hold_request(&operation, body));
        let asked = asked.into_iter().flatten();
        problems.extend(asked.map(|problem| (Party::Client, problem)));
        let found: Vec<Finding> = problems
            .into_iter()
            .map(|(about, problem)| self.finding(about, &operation, passed, answer, problem))
            .collect();
        found.into_iter().filter_map(|finding| self.take_note(finding)).collect()
    }

    fn finding(
        &self,
        about: Party,
        operation: &str,
        passed: &Passed<'_>,
        answer: &Answer,
        problem: Problem,
    ) -> Finding {
        Finding {
            about,
            operation: operation.to_owned(),
            exchange: self.exchanges,
            request: format!("{} {}", passed.method, address::shown(passed.url)),
            status: answer.status,
            kind: problem.kind,
            level: problem.level,
            citation: problem.citation,
            place: problem.place,
            schema_path: problem.schema_path,
            expected: problem.expected,
            received: problem.received,
            times: 1,
        }
    }

    /// Counts a finding that is known, and returns one that is new.
    fn take_note(&mut self, finding: Finding) -> Option<Finding> {
        if let Some(known) = self.findings.iter_mut().find(|known| is_same(known, &finding)) {
            known.times += 1;
            return None;
        }
        self.findings.push(finding.clone());
        Some(finding)
    }

    /// What all of it comes to.
    pub(crate) fn report(&self, looked_at: &str) -> CheckReport {
        let mut findings = self.findings.clone();
        findings.sort_by_key(|finding| (finding.about, finding.level));
        let fails = |it: &Finding| it.about == Party::Deployment && it.level == Level::Must;
        let checked = self.operations.values().sum();
        let verdict = match checked {
            0 => Verdict::Incomplete,
            _ if findings.iter().any(fails) => Verdict::Deviates,
            _ => Verdict::Conforms,
        };
        CheckReport {
            format_version: FORMAT_VERSION,
            suite_version: env!("CARGO_PKG_VERSION").into(),
            contract_version: self.contract.version().into(),
            looked_at: looked_at.to_owned(),
            verdict,
            exchanges: self.exchanges,
            checked,
            ignored: self.ignored,
            unanswered: self.unanswered,
            without_body: self.without_body,
            operations: self
                .operations
                .iter()
                .map(|(operation, exchanges)| OperationSeen {
                    operation: operation.clone(),
                    exchanges: *exchanges,
                })
                .collect(),
            findings,
        }
    }
}

/// Whether a header of a request asks for an answer only if the client's copy is out of date.
pub(crate) fn is_condition(name: &str) -> bool {
    ["if-none-match", "if-modified-since"].iter().any(|it| name.eq_ignore_ascii_case(it))
}

/// Whether two findings are of one cause. Headers are the same for all operations, and an element of
/// a list is like the others.
fn is_same(one: &Finding, other: &Finding) -> bool {
    let is_value = |kind| matches!(kind, Kind::Body | Kind::Header);
    (one.about, one.kind, &one.expected) == (other.about, other.kind, &other.expected)
        && (one.kind == Kind::Header || one.operation == other.operation)
        && (one.kind != Kind::Header || one.place == other.place)
        && one.schema_path == other.schema_path
        && (is_value(one.kind) || one.received == other.received)
}
