//! The report of a run: for people and for machines.

mod build;
mod causes;
pub mod diff;
mod excerpt;
mod github;
mod html;
mod human;
mod junit;
pub mod known;
mod markdown;
mod reach;
mod requirements;
mod styled;
mod topic;
pub(crate) mod visible;
mod words;

use std::process::ExitCode;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(crate) use self::build::{Facts, build};
use self::known::{Excuse, KnownReport};
pub use self::{
    causes::{Cause, causes},
    excerpt::{BodyExcerpt, Marked, RequestExcerpt, ResponseExcerpt},
    github::github,
    html::html,
    human::{human, verbose},
    junit::junit,
    markdown::markdown,
    requirements::{RequirementReport, RequirementStatus},
    styled::Styled,
    topic::Topic,
    visible::{json, visible},
};
pub use crate::coverage::{Aspect, Coverage, PropertyCoverage, StatusCoverage, ValueCoverage};
pub use crate::readings::Reading;
use crate::{
    contract::Kind,
    group::Group,
    level::{Citation, Level},
    profile::Profile,
};

/// The version of the report's form. It changes when a reader of the older form would be misled.
pub const FORMAT_VERSION: u32 = 1;

/// The report of a run.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub struct Report {
    /// The version of this form.
    pub format_version: u32,
    /// The version of the suite.
    pub suite_version: String,
    /// The version of the contract that the deployment was validated against.
    pub contract_version: String,
    /// When the run started, in RFC 3339.
    pub started_at: String,
    /// The duration in milliseconds.
    pub duration_ms: u64,
    /// The profile.
    #[serde(default)]
    pub profile: Profile,
    /// The group of operations, if it was not the whole API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Group>,
    /// The texts of `--filter`, if not all cases were run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub filters: Vec<String>,
    /// The tested deployment.
    pub deployment: DeploymentReport,
    /// Whether the deployment conforms.
    pub verdict: Verdict,
    /// Whether warnings fail the deployment too.
    #[serde(default)]
    pub strict: bool,
    /// The number of cases, and of each status.
    #[serde(default)]
    pub totals: Totals,
    /// Why the run was stopped before its end, if it was.
    pub stopped: Option<String>,
    /// The number of requests.
    pub requests: usize,
    /// The cases, each with its status.
    pub cases: Vec<CaseReport>,
    /// The expected failures, and their results.
    #[serde(default)]
    pub known: Vec<KnownReport>,
    /// The seed of the random tests; `--seed` repeats them.
    #[serde(default)]
    pub seed: Option<u64>,
    /// The interpretation of each disputed point that the deployment follows.
    pub readings: Vec<Reading>,
    /// Every requirement with its result.
    #[serde(default)]
    pub requirements: Vec<RequirementReport>,
    /// The coverage of the contract in the run.
    #[serde(default)]
    pub coverage: Coverage,
    /// Where the deployment differs from the reference transcripts, if every case was run. A
    /// difference is no deviation.
    pub differences: Vec<Difference>,
    /// Requests whose first response was lost, so that they were sent again.
    #[serde(default)]
    pub lost_responses: Vec<LostResponse>,
    /// Slugs of registries that the run created and could not remove.
    pub left_behind: Vec<String>,
    /// Whether the run may have created a registry that it could not find again.
    pub left_behind_uncertain: bool,
}

/// The number of cases of a run, and of each status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct Totals {
    /// All cases.
    pub cases: usize,
    /// Those that passed.
    pub passed: usize,
    /// Those that failed.
    pub failed: usize,
    /// Those that warned.
    pub warned: usize,
    /// Those that were skipped.
    pub skipped: usize,
    /// Those that could not be judged.
    pub not_judged: usize,
    /// Failed or warned cases that do not affect the verdict, since they are expected.
    pub known: usize,
}

/// A request whose first response was lost.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct LostResponse {
    /// The exchange.
    pub exchange: String,
    /// The status (502, 503 or 504), or why there was no response.
    pub reason: String,
    /// Whether the request got a response when it was sent again.
    pub answered: bool,
}

/// The tested deployment.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub struct DeploymentReport {
    /// The API root.
    pub base_url: String,
    /// The organization's slug.
    pub organization: String,
    /// Whether it is the reference server, started for the run.
    pub embedded: bool,
}

/// The verdict of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// No requirement of the level `must` is violated.
    Conforms,
    /// A requirement of the level `must` is violated.
    Deviates,
    /// Unknown, because something could not be carried out.
    Incomplete,
}

impl From<Verdict> for ExitCode {
    /// What the command exits with: 0, 1 or, without a verdict, 3.
    fn from(verdict: Verdict) -> Self {
        Self::from(match verdict {
            Verdict::Conforms => 0,
            Verdict::Deviates => 1,
            Verdict::Incomplete => 3,
        })
    }
}

/// The status of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// It passed; findings, if there are any, are of the level `may`.
    Pass,
    /// It failed, on the level `must`.
    Fail,
    /// It failed, on the level `should`.
    Warn,
    /// It was skipped, for the reason given. That does not affect the verdict.
    Skip,
    /// It could not be carried out.
    Error,
}

/// A case and its result.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub struct CaseReport {
    /// The case's stable name.
    pub name: String,
    /// Its level.
    pub level: Level,
    /// Its result.
    pub status: Status,
    /// Whether it was added to those of the suite.
    #[serde(default)]
    pub own: bool,
    /// The part of the exchange that it is about.
    #[serde(default)]
    pub topic: Topic,
    /// The expected value.
    pub requirement: String,
    /// The source of the requirement.
    pub citation: Citation,
    /// The operations that it looks at.
    #[serde(default)]
    pub operations: Vec<String>,
    /// The number of requests that were sent for this case. Later cases share them.
    pub requests: usize,
    /// The duration of these requests and the check, in milliseconds.
    #[serde(default)]
    pub duration_ms: u64,
    /// Why it was skipped or could not be carried out.
    pub reason: Option<String>,
    /// The requirements of the case that this run did not show, although it was carried out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub open: Vec<String>,
    /// Its findings.
    pub findings: Vec<Finding>,
}

/// A deviation of a deployment from a requirement.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct Finding {
    /// The case.
    pub case: String,
    /// The operation.
    pub operation: String,
    /// The exchange of the run, as transcripts call it.
    pub exchange: String,
    /// The part of the exchange that it is about.
    pub kind: Kind,
    /// The level of the requirement.
    pub level: Level,
    /// The expected value.
    pub requirement: String,
    /// The source of the requirement.
    pub citation: Citation,
    /// The place: a JSON pointer into the body, or a header's name.
    pub place: Option<String>,
    /// The place in the contract.
    pub schema_path: Option<String>,
    /// What was expected.
    pub expected: String,
    /// What was received.
    pub received: String,
    /// A command that repeats the request, with the token as `$REGISTRIES_TOKEN`.
    pub curl: String,
    /// In how many responses of which operations it was seen; empty when it is about this exchange only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub seen: Vec<Seen>,
    /// The request, if it was sent.
    pub request: Option<RequestExcerpt>,
    /// The response.
    pub response: Option<ResponseExcerpt>,
    /// The entry of the list of expected failures that it matches, if there is one.
    pub known: Option<Excuse>,
}

/// The number of responses of an operation that show something.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct Seen {
    /// The operation.
    pub operation: String,
    /// The number of responses that show it.
    pub responses: usize,
    /// The number of responses with this status.
    pub of: Option<usize>,
}

/// Where an exchange differs from its reference transcript.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct Difference {
    /// The exchange.
    pub exchange: String,
    /// The operation.
    pub operation: String,
    /// The difference, as a unified diff.
    pub diff: String,
}

impl Report {
    /// The report without tolerance for warnings: they fail their cases' deployment too.
    #[must_use]
    pub fn strict(mut self) -> Self {
        self.strict = true;
        self.judged()
    }

    /// The report with the verdict that its cases come to.
    fn judged(mut self) -> Self {
        self.verdict = verdict(&self.cases, self.stopped.is_some(), self.strict);
        self.totals = Totals {
            cases: self.cases.len(),
            passed: self.count(Status::Pass),
            failed: self.count(Status::Fail),
            warned: self.count(Status::Warn),
            skipped: self.count(Status::Skip),
            not_judged: self.count(Status::Error),
            known: self.cases.iter().filter(|case| case.is_excused()).count(),
        };
        self
    }

    /// Every finding, in the order of the cases.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.cases.iter().flat_map(|case| &case.findings)
    }

    /// How many cases have this status.
    #[must_use]
    pub fn count(&self, status: Status) -> usize {
        self.cases.iter().filter(|case| case.status == status).count()
    }
}

impl CaseReport {
    /// The status as far as it touches the verdict: findings that are known do not.
    #[must_use]
    pub fn counts_as(&self) -> Status {
        if !matches!(self.status, Status::Fail | Status::Warn) {
            return self.status;
        }
        match self.findings.iter().filter(|it| !it.is_excused()).map(|it| it.level).min() {
            Some(Level::Must) => Status::Fail,
            Some(Level::Should) => Status::Warn,
            Some(Level::May) | None => Status::Pass,
        }
    }

    /// Whether it would touch the verdict otherwise, were it not for findings that are known.
    #[must_use]
    pub fn is_excused(&self) -> bool {
        self.counts_as() != self.status
    }
}

impl Finding {
    /// The schema of the contract that it is about, by its name.
    pub(crate) fn schema(&self) -> Option<&str> {
        let path = self.schema_path.as_deref()?.strip_prefix("#/components/schemas/")?;
        path.split('/').next()
    }

    /// Whether it is known, and the time until which it is has not passed.
    #[must_use]
    pub fn is_excused(&self) -> bool {
        self.known.as_ref().is_some_and(|known| !known.expired)
    }
}

/// What cases come to.
fn verdict(cases: &[CaseReport], stopped: bool, strict: bool) -> Verdict {
    let has = |status| cases.iter().any(|case| case.counts_as() == status);
    let judged = [Status::Pass, Status::Fail, Status::Warn].into_iter().any(has);
    match () {
        () if stopped => Verdict::Incomplete,
        () if has(Status::Fail) || (strict && has(Status::Warn)) => Verdict::Deviates,
        () if has(Status::Error) || !judged => Verdict::Incomplete,
        () => Verdict::Conforms,
    }
}

/// The JSON Schema of the report.
#[must_use]
pub fn json_schema() -> serde_json::Value {
    schemars::schema_for!(Report).to_value()
}
