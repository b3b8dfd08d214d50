//! What became better or worse between two runs.

mod human;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::human::human;
use super::{
    CaseReport, FORMAT_VERSION, Finding, Report, RequirementReport, RequirementStatus, Status,
    Verdict,
};
use crate::{contract::Kind, level::Level, profile::Profile};

/// The comparison of two runs.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct Comparison {
    /// The runs, the earlier one first.
    pub runs: [Run; 2],
    /// Whether anything became worse.
    pub regressed: bool,
    /// The cases whose status changed, or that only one of the runs has.
    pub cases: Vec<CaseChange>,
    /// The findings that only the later run has, of cases that the earlier one looked at too.
    pub appeared: Vec<FindingChange>,
    /// The findings that only the earlier run has, of cases that the later one judged too.
    pub vanished: Vec<FindingChange>,
    /// The requirements with a different result in the two runs.
    pub requirements: Vec<RequirementChange>,
    /// The disputed points on which the runs follow different interpretations.
    pub readings: Vec<ReadingChange>,
}

/// One of the runs that are compared.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct Run {
    /// The deployment's API root.
    pub base_url: String,
    /// When the run started.
    pub started_at: String,
    /// The profile.
    pub profile: Profile,
    /// The verdict.
    pub verdict: Verdict,
    /// The version of the suite.
    pub suite_version: String,
    /// The version of the contract.
    pub contract_version: String,
}

/// The direction of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// Worse. This includes a failure of what was skipped before, and an error in what passed
    /// before.
    Worse,
    /// Better.
    Better,
    /// Neither: one of the runs does not show it, or it does not matter.
    Unclear,
}

/// A case whose status changed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct CaseChange {
    /// The case.
    pub case: String,
    /// Its status in the earlier run, if it was in it.
    pub before: Option<Status>,
    /// Its status in the later run, if it was in it.
    pub after: Option<Status>,
    /// The direction of the change.
    pub change: Change,
    /// Why it was not judged in the later run.
    pub reason: Option<String>,
}

/// A finding that only one of the runs has.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct FindingChange {
    /// The finding.
    pub finding: Finding,
    /// Whether that is worse, or better.
    pub change: Change,
}

/// A requirement with a different result in the two runs.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct RequirementChange {
    /// The requirement.
    pub id: String,
    /// Its result in the earlier run.
    pub before: RequirementStatus,
    /// Its result in the later run.
    pub after: RequirementStatus,
    /// The direction of the change.
    pub change: Change,
    /// Why it was not covered in the later run.
    pub reason: Option<String>,
}

/// A disputed point on which the runs follow different interpretations.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct ReadingChange {
    /// The disagreement.
    pub id: String,
    /// What the earlier run shows.
    pub before: Option<String>,
    /// What the later run shows.
    pub after: Option<String>,
}

/// Why a text is not a report that can be compared.
#[derive(Debug, thiserror::Error)]
pub enum ForeignReport {
    /// It is no JSON.
    #[error("it is not JSON: {0}")]
    NotJson(serde_json::Error),
    /// It is JSON of another kind.
    #[error("it is not a report of `conformance run --report json=PATH`: it has no format_version")]
    NoVersion,
    /// Its form is another one.
    #[error("its format_version is {0}, and this command reads {FORMAT_VERSION}")]
    OtherVersion(u64),
    /// It says that it is a report and does not have the form of one.
    #[error("it is not a report of `conformance run --report json=PATH`: {0}")]
    OtherForm(serde_json::Error),
}

/// The JSON Schema of [`Comparison`].
#[must_use]
pub fn json_schema() -> serde_json::Value {
    schemars::schema_for!(Comparison).to_value()
}

/// Reads a report that a run has written.
pub fn read(text: &str) -> Result<Report, ForeignReport> {
    let value: serde_json::Value = serde_json::from_str(text).map_err(ForeignReport::NotJson)?;
    let version = value.get("format_version").and_then(serde_json::Value::as_u64);
    match version.ok_or(ForeignReport::NoVersion)? {
        version if version == u64::from(FORMAT_VERSION) => {
            serde_json::from_value(value).map_err(ForeignReport::OtherForm)
        }
        version => Err(ForeignReport::OtherVersion(version)),
    }
}

/// The comparison of two runs.
#[must_use]
pub fn compare(before: &Report, after: &Report) -> Comparison {
    let cases = case_changes(before, after);
    let appeared = only_in(after, before, Change::Worse);
    let vanished = only_in(before, after, Change::Better);
    let requirements = requirement_changes(before, after);
    let worse = |change| change == Change::Worse;
    Comparison {
        runs: [run(before), run(after)],
        regressed: cases.iter().any(|it| worse(it.change))
            || appeared.iter().any(|it| worse(it.change))
            || requirements.iter().any(|it| worse(it.change)),
        cases,
        appeared,
        vanished,
        requirements,
        readings: reading_changes(before, after),
    }
}

fn run(report: &Report) -> Run {
    Run {
        base_url: report.deployment.base_url.clone(),
        started_at: report.started_at.clone(),
        profile: report.profile,
        verdict: report.verdict,
        suite_version: report.suite_version.clone(),
        contract_version: report.contract_version.clone(),
    }
}

fn find<'a>(report: &'a Report, name: &str) -> Option<&'a CaseReport> {
    report.cases.iter().find(|case| case.name == name)
}

fn case_changes(before: &Report, after: &Report) -> Vec<CaseChange> {
    let only_before = before.cases.iter().filter(|case| find(after, &case.name).is_none());
    let pairs = after.cases.iter().map(|case| (find(before, &case.name), Some(case)));
    pairs
        .chain(only_before.map(|case| (Some(case), None)))
        .filter_map(|(old, new)| {
            let change = change(old.map(CaseReport::counts_as), new.map(CaseReport::counts_as));
            let (before, after) = (old.map(|it| it.status), new.map(|it| it.status));
            (before != after).then(|| CaseChange {
                case: new.or(old).map(|case| case.name.clone()).unwrap_or_default(),
                before,
                after,
                change,
                reason: new.and_then(|case| case.reason.clone()),
            })
        })
        .collect()
}

/// Which way a status changed. Nothing can be said of a case that only one of the runs looked at.
fn change(before: Option<Status>, after: Option<Status>) -> Change {
    use Status::{Error, Fail, Pass, Skip, Warn};
    let (Some(before), Some(after)) = (before, after) else { return Change::Unclear };
    match (before, after) {
        (Pass, Warn | Fail | Error) | (Warn, Fail | Error) | (Skip | Error, Warn | Fail) => {
            Change::Worse
        }
        (Fail, Warn | Pass) | (Warn | Error, Pass) => Change::Better,
        _ => Change::Unclear,
    }
}

/// What a finding is about, without what is different in every run.
type Identity<'a> = (&'a str, &'a str, String, String, Option<&'a str>);

fn identity(finding: &Finding) -> Identity<'_> {
    let place = finding.place.as_deref().unwrap_or_default();
    let is_index = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let parts = place.split('/').map(|part| if is_index(part) { "*" } else { part });
    let place: Vec<&str> = parts.collect();
    let kind = match finding.kind {
        // The place is that of the object, and what was received is the property's name.
        Kind::UndocumentedProperty => format!("undocumented {}", finding.received),
        kind => format!("{kind:?}"),
    };
    (&finding.case, &finding.exchange, kind, place.join("/"), finding.schema_path.as_deref())
}

/// The findings of one report that the other does not have as often. Of cases that the other has not
/// judged nothing has vanished, and of those that it has not looked at nothing has appeared.
fn only_in(report: &Report, other: &Report, change: Change) -> Vec<FindingChange> {
    let mut known: BTreeMap<Identity<'_>, usize> = BTreeMap::new();
    for finding in other.findings() {
        *known.entry(identity(finding)).or_default() += 1;
    }
    let judged = |case: &&CaseReport| match find(other, &case.name) {
        None => false,
        Some(other) => {
            change == Change::Worse || !matches!(other.status, Status::Skip | Status::Error)
        }
    };
    let findings = report.cases.iter().filter(judged).flat_map(|case| &case.findings);
    let left = findings.filter(|finding| match known.get_mut(&identity(finding)) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => true,
    });
    left.map(|finding| FindingChange {
        finding: finding.clone(),
        change: if finding.level == Level::May || finding.is_excused() {
            Change::Unclear
        } else {
            change
        },
    })
    .collect()
}

fn requirement_changes(before: &Report, after: &Report) -> Vec<RequirementChange> {
    let changed = after.requirements.iter().filter_map(|new| {
        let old = before.requirements.iter().find(|old| old.id == new.id)?;
        (old.status != new.status).then(|| RequirementChange {
            id: new.id.clone(),
            before: old.status,
            after: new.status,
            change: requirement_change((before, old), (after, new)),
            reason: new.reason.clone(),
        })
    });
    changed.collect()
}

/// Which way a requirement changed. A case that only one of the runs looked at says nothing.
fn requirement_change(
    (before, old): (&Report, &RequirementReport),
    (after, new): (&Report, &RequirementReport),
) -> Change {
    use RequirementStatus::{Failed, Verified};
    let was_judged = |case: &CaseReport| !matches!(case.status, Status::Skip | Status::Error);
    let mut worse = after.breaking(new).filter(|case| find(before, &case.name).is_some());
    let mut better =
        before.breaking(old).filter(|case| find(after, &case.name).is_some_and(was_judged));
    match (old.status, new.status) {
        (Verified, Failed) if worse.next().is_some() => Change::Worse,
        (Failed, Verified) if better.next().is_some() => Change::Better,
        _ => Change::Unclear,
    }
}

fn reading_changes(before: &Report, after: &Report) -> Vec<ReadingChange> {
    let shown = |report: &Report, id: &str| {
        let reading = report.readings.iter().find(|reading| reading.id == id);
        reading.and_then(|reading| reading.follows.clone())
    };
    let changed = after.readings.iter().map(|reading| ReadingChange {
        id: reading.id.clone(),
        before: shown(before, &reading.id),
        after: reading.follows.clone(),
    });
    changed.filter(|it| it.before != it.after).collect()
}
