//! Traffic between others, as something recorded it or as it passes through, validated against the
//! contract. What is not of this API is counted, and nothing more.

mod address;
mod human;
mod proxy;
mod report;
mod verbatim;

use std::collections::BTreeMap;

pub use self::{
    human::{human, human_finding},
    proxy::{FindingListener, Proxy, ProxyOptions, ReasonListener},
    report::{
        CheckReport, FORMAT_VERSION, Finding, NearMiss, OperationSeen, Party, SkippedEntry,
        json_schema,
    },
};
use crate::{
    contract::{Contract, Kind, Problem, not_a_json_request},
    engine::har::{Entry, Har, Log, Passed, PostData, Skipped},
    engine::secrets::Secrets,
    exchange::{Answer, Unrecorded},
    level::Level,
    observed::is_unavailable,
    report::Verdict,
    text,
};

/// Validates every exchange of a recording: of the API below `base_url` or, without one, of any API
/// whose root ends in `/v2`. The report calls the archive `looked_at`.
#[must_use]
pub fn check(har: &Har, base_url: Option<&str>, looked_at: &str) -> CheckReport {
    let mut traffic = Traffic::new(base_url.map(str::to_owned));
    let is_of_the_api =
        |entry: &&Entry| traffic.is_of_the_api(&entry.request.method, &entry.request.url);
    let mut secrets = Secrets::of(har.log.entries.iter().filter(is_of_the_api));
    for request in har.log.skipped.iter().filter_map(|skipped| skipped.request.as_ref()) {
        secrets.learn_request(request);
    }
    secrets.prepare();
    for entry in &har.log.entries {
        traffic.look_at_entry(entry, &secrets);
    }
    traffic.skip(&har.log);
    if har.log.conformance.is_some() {
        traffic.leave_out_tests();
    }
    traffic.report(looked_at)
}

/// How many broken entries and near misses are listed; the others are only counted.
const LISTED: usize = 100;

/// What has been seen so far.
pub(crate) struct Traffic {
    contract: &'static Contract,
    base_url: Option<String>,
    exchanges: usize,
    ignored: usize,
    unanswered: usize,
    without_body: usize,
    without_headers: usize,
    invalid_tests: usize,
    skipped: usize,
    skipped_entries: Vec<SkippedEntry>,
    near_misses: Vec<NearMiss>,
    operations: BTreeMap<String, usize>,
    /// Of how many answers to an operation the body was to be judged, and of how many it was kept.
    bodies: BTreeMap<String, (usize, usize)>,
    findings: Vec<Finding>,
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
            without_headers: 0,
            invalid_tests: 0,
            skipped: 0,
            skipped_entries: Vec::new(),
            near_misses: Vec::new(),
            operations: BTreeMap::new(),
            bodies: BTreeMap::new(),
            findings: Vec::new(),
        }
    }

    fn look_at_entry(&mut self, entry: &Entry, secrets: &Secrets) {
        let request = &entry.request;
        let (url, _) = secrets.replaced(&request.url);
        // Findings name an exchange by its number in the archive.
        self.exchanges = entry.number.checked_sub(1).unwrap_or(self.exchanges);
        // What is not of this API may be much, and is not worth searching for secrets.
        if !self.is_of_the_api(&request.method, &request.url) {
            self.exchanges += 1;
            self.ignore(&request.method, &url);
            return;
        }
        if let Some(why) = interim(entry.response.status) {
            self.exchanges += 1;
            self.skipped += 1;
            self.skipped_entries.push(SkippedEntry { entry: entry.number, why });
            return;
        }
        let sent = request.post_data.as_ref();
        let body = sent.and_then(PostData::bytes).map(|body| secrets.replaced_body(&body));
        let header = request.headers.iter().find(|it| it.name.eq_ignore_ascii_case("content-type"));
        let declared = sent.map(|sent| sent.mime_type.as_str()).filter(|it| !it.is_empty());
        let answer = entry.response.answer((&request.method, &request.url), secrets);
        self.look(&Passed {
            method: &request.method,
            url: &url,
            body: body.as_deref().filter(|body| !body.is_empty()),
            content_type: header.map(|it| it.value.as_str()).or(declared),
            is_form: sent.is_some_and(|sent| sent.is_form),
            is_conditional: request.headers.iter().any(|it| is_condition(&it.name)),
            answer: answer.as_ref().map(|(answer, known)| (answer, *known)),
        });
    }

    /// Takes note of what of an archive cannot be read. What is not of this API is of no interest in
    /// that as well.
    fn skip(&mut self, log: &Log) {
        let is_other = |skipped: &&Skipped| {
            skipped.request.as_ref().is_some_and(|it| !self.is_of_the_api(&it.method, &it.url))
        };
        let others = log.skipped.iter().filter(is_other).count();
        let of_the_api = log.skipped.iter().filter(|skipped| !is_other(skipped)).take(LISTED);
        let described = of_the_api.map(|it| SkippedEntry { entry: it.entry, why: it.why.clone() });
        let described: Vec<SkippedEntry> = described.collect();
        self.skipped_entries.extend(described);
        self.skipped_entries.sort_by_key(|skipped| skipped.entry);
        self.skipped_entries.truncate(LISTED);
        self.ignored += others;
        self.skipped += log.skipped.len() - others;
        self.exchanges = log.entries.len() + log.skipped.len();
    }

    /// Counts the findings about the client instead of listing them: the suite sent these requests as
    /// tests.
    fn leave_out_tests(&mut self) {
        let tests = self.findings.extract_if(.., |it| it.about == Party::Client);
        self.invalid_tests = tests.map(|it| it.times).sum();
    }

    /// Counts a request that is not of this API, and says if it nearly is.
    fn ignore(&mut self, method: &str, url: &str) {
        self.ignored += 1;
        let base_url = self.base_url.as_deref();
        let Some(why) = address::near_miss(self.contract, base_url, method, url) else { return };
        if let Some(known) = self.near_misses.iter_mut().find(|known| known.why == why) {
            known.times += 1;
        } else if self.near_misses.len() < LISTED {
            let request = format!("{method} {}", address::shown(url));
            self.near_misses.push(NearMiss { request, why, times: 1 });
        }
    }

    /// Whether an exchange is one of the API.
    pub(crate) fn is_of_the_api(&self, method: &str, url: &str) -> bool {
        address::operation(self.contract, self.base_url.as_deref(), method, url).is_some()
    }

    /// Validates an exchange, and returns the findings that were not seen before.
    pub(crate) fn look(&mut self, passed: &Passed<'_>) -> Vec<Finding> {
        self.exchanges += 1;
        let base_url = self.base_url.as_deref();
        let operation = address::operation(self.contract, base_url, passed.method, passed.url);
        let Some(operation) = operation.map(|operation| operation.id.clone()) else {
            self.ignore(passed.method, passed.url);
            return Vec::new();
        };
        let Some((answer, known)) = passed.answer.filter(|(it, _)| !is_unavailable(it.status))
        else {
            self.unanswered += 1;
            return Vec::new();
        };
        // What cannot be read is as if it was not there.
        let known = known && !answer.is_json_beyond();
        self.without_headers += usize::from(answer.unrecorded != Unrecorded::Nothing);
        *self.operations.entry(operation.clone()).or_default() += 1;
        let mut problems = Vec::new();
        let not_json = self.contract.takes_json(&operation).then(|| not_json(passed)).flatten();
        // That a copy is still good is HTTP's answer, not the API's. Recorders do not always have what
        // was asked for it.
        let may_be_kept = passed.is_conditional || passed.method.eq_ignore_ascii_case("GET");
        if answer.status != 304 || !may_be_kept {
            if self.contract.has_body(&operation, answer.status) {
                let (all, kept) = self.bodies.entry(operation.clone()).or_default();
                *all += 1;
                *kept += usize::from(known);
                self.without_body += usize::from(!known);
            }
            let found = self.contract.validate_parts(&operation, answer, known);
            // How something else than JSON is refused, the contract does not say.
            let is_refusal = not_json.is_some() && (400..500).contains(&answer.status);
            let found = found.into_iter().filter(|it| !is_refusal || it.kind != Kind::Status);
            problems.extend(found.map(|problem| (Party::Deployment, problem)));
        }
        let asked = match (not_json, passed.body) {
            (Some(what), _) => vec![not_a_json_request(what)],
            (None, Some(body)) => {
                self.contract.validate_request(&operation, &String::from_utf8_lossy(body))
            }
            (None, None) => Vec::new(),
        };
        problems.extend(asked.into_iter().map(|problem| (Party::Client, problem)));
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
            // Of an operation without a single body, next to nothing was judged.
            _ if self.bodies.values().any(|(_, kept)| *kept == 0) => Verdict::Incomplete,
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
            without_headers: self.without_headers,
            invalid_tests: self.invalid_tests,
            skipped: self.skipped,
            skipped_entries: self.skipped_entries.clone(),
            near_misses: self.near_misses.clone(),
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

/// What is said of a recorded response that only announces another one.
fn interim(status: u16) -> Option<String> {
    let is_interim = (100..200).contains(&status);
    is_interim.then(|| format!("its response is an interim response ({status}), not the last one"))
}

/// What a client has sent that is no JSON, by what it is declared as.
fn not_json(passed: &Passed<'_>) -> Option<String> {
    let declared = passed.content_type.unwrap_or_default();
    let essence = declared.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_json = essence.ends_with("/json") || essence.ends_with("+json");
    let is_form = matches!(&*essence, "application/x-www-form-urlencoded" | "multipart/form-data");
    let has_body = passed.body.is_some() || passed.is_form;
    match (is_form || passed.is_form) && !is_json {
        _ if !has_body && !is_form => None,
        true if essence.is_empty() => Some("a form".into()),
        true => Some(format!("a form ({essence})")),
        // A body that is JSON all the same, whatever it is declared as, is judged as that.
        false if is_json || essence.is_empty() || passed.body.is_some_and(text::is_json) => None,
        false => Some(essence),
    }
}

/// Whether a header of a request asks for a response only if the client's copy is out of date.
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
