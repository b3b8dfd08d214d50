//! What a run says of each requirement.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{CaseReport, Finding, Reading, Report, Status};
use crate::{
    case::Case,
    level::{Citation, Level},
    profile::Profile,
    requirements::{self, Requirement, RequirementKind},
    verified::verifying,
};

/// A requirement and its result.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct RequirementReport {
    /// Its stable id.
    pub id: String,
    /// The area of the API that it is about.
    pub area: String,
    /// Whether it is required or disputed.
    pub kind: RequirementKind,
    /// The statement.
    pub text: String,
    /// The source.
    pub citation: Citation,
    /// Its result.
    pub status: RequirementStatus,
    /// Why it was not covered.
    pub reason: Option<String>,
    /// The cases of the suite that verify it, whether they were run or not.
    pub cases: Vec<String>,
}

/// The result for a requirement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RequirementStatus {
    /// Verified by a case, without a finding that breaks it. Of a disputed point, the run shows the
    /// interpretation that the deployment follows.
    Verified,
    /// A case that verifies it has a finding of the same level or a stricter one. The other
    /// requirements of that case fail as well.
    Failed,
    /// No case verifies it, or none was carried out, for the reason given.
    NotCovered,
}

impl Report {
    /// How many requirements have this status.
    #[must_use]
    pub fn count_requirements(&self, status: RequirementStatus) -> usize {
        self.requirements.iter().filter(|requirement| requirement.status == status).count()
    }

    /// The cases that break a requirement, those apart of which that is known.
    pub(super) fn breaking(
        &self,
        requirement: &RequirementReport,
    ) -> impl Iterator<Item = &CaseReport> {
        let level = requirement.citation.grade.level();
        let breaks = move |finding: &Finding| breaks(level, finding) && !finding.is_excused();
        let cases = self.cases.iter().filter(|case| requirement.cases.contains(&case.name));
        cases.filter(move |case| case.findings.iter().any(breaks))
    }
}

/// Every requirement of the suite, with what the cases and the readings of the run say of it.
pub(super) fn judged(
    cases: &[CaseReport],
    readings: &[Reading],
    profile: Profile,
) -> Vec<RequirementReport> {
    requirements::all()
        .iter()
        .map(|requirement| {
            let names: Vec<String> = verifying(requirement).map(|it| it.name.to_owned()).collect();
            let (status, reason) = match (&requirement.uncovered, &requirement.disagreement) {
                (Some(why), _) => (RequirementStatus::NotCovered, Some(why.clone())),
                (None, Some(id)) => shown(readings, id),
                (None, None) => {
                    let run = cases.iter().filter(|case| names.contains(&case.name));
                    outcome(requirement, &run.collect::<Vec<_>>(), profile)
                }
            };
            let Requirement { id, area, kind, text, citation, .. } = requirement.clone();
            RequirementReport { id, area, kind, text, citation, status, reason, cases: names }
        })
        .collect()
}

/// What a disputed point comes to.
fn shown(readings: &[Reading], id: &str) -> (RequirementStatus, Option<String>) {
    if readings.iter().any(|reading| reading.id == id && reading.follows.is_some()) {
        return (RequirementStatus::Verified, None);
    }
    (
        RequirementStatus::NotCovered,
        Some("the run does not show which interpretation is followed".into()),
    )
}

/// Whether a finding binds as much as a requirement of this level.
fn breaks(level: Level, finding: &Finding) -> bool {
    finding.level <= level && finding.level != Level::May
}

/// What the cases come to that verify a requirement and were selected.
fn outcome(
    requirement: &Requirement,
    cases: &[&CaseReport],
    profile: Profile,
) -> (RequirementStatus, Option<String>) {
    let mut findings = cases.iter().flat_map(|case| &case.findings);
    if findings.any(|finding| breaks(requirement.level(), finding)) {
        return (RequirementStatus::Failed, None);
    }
    let was_carried_out =
        |case: &&&CaseReport| !matches!(case.status, Status::Skip | Status::Error);
    let mut carried_out = cases.iter().filter(was_carried_out).peekable();
    let left_open = carried_out.peek().map(|case| case.name.clone());
    if carried_out.any(|case| !case.open.contains(&requirement.id)) {
        return (RequirementStatus::Verified, None);
    }
    let reason = match cases.first() {
        _ if let Some(name) = left_open => format!("{name}: this run does not show it"),
        Some(CaseReport { name, reason: Some(reason), .. }) => format!("{name}: {reason}"),
        _ => match verifying(requirement).map(Case::profile).min() {
            Some(needed) if needed > profile => format!("its cases are part of {needed}"),
            _ => "none of its cases was run".to_owned(),
        },
    };
    (RequirementStatus::NotCovered, Some(reason))
}
