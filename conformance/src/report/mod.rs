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
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// How much of the deployment was looked at.
    #[serde(default)]
    pub profile: Profile,
    /// The part of the API that was looked at, if not all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Group>,
    /// The texts of which a case had to have one in its name, if not all cases were run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub filters: Vec<String>,
    /// What was looked at.
    pub deployment: DeploymentReport,
    /// Whether the deployment conforms.
    pub verdict: Verdict,
    /// Whether warnings fail the deployment too.
    #[serde(default)]
    pub strict: bool,
    /// How many cases there are, and of each status.
    #[serde(default)]
    pub totals: Totals,
    /// Why the run was stopped before its end, if it was.
    pub stopped: Option<String>,
    /// How many requests were sent.
    pub requests: usize,
    /// The cases, each with its status.
    pub cases: Vec<CaseReport>,
    /// The failures that were expected, and what became of them.
    #[serde(default)]
    pub known: Vec<KnownReport>,
    /// What random numbers came from; `--seed` with it explores the same again.
    #[serde(default)]
    pub seed: Option<u64>,
    /// Which reading of a disputed point the deployment follows.
    pub readings: Vec<Reading>,
    /// Every statement about the API, with what the run says of it.
    #[serde(default)]
    pub requirements: Vec<RequirementReport>,
    /// How much of the contract the run has seen.
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

/// How many cases a run has, and of each status.
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
    /// Those of the failed and the warned that do not touch the verdict, since that is known.
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

/// The deployment that a report is about.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub struct DeploymentReport {
    /// The API root.
    pub base_url: String,
    /// The organization's slug.
    pub organization: String,
    /// Whether it is the reference server, started for the run.
    pub embedded: bool,
}

/// What a run comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Nothing that the deployment must do is otherwise.
    Conforms,
    /// Something is.
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

/// What became of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// It held; findings, if any, only say what the deployment does.
    Pass,
    /// It did not hold, and must.
    Fail,
    /// It did not hold, and should.
    Warn,
    /// It was not looked at, for the reason given, and that does not touch the verdict.
    Skip,
    /// It could not be carried out.
    Error,
}

/// A case and what became of it.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub struct CaseReport {
    /// The case's stable name.
    pub name: String,
    /// How binding it is.
    pub level: Level,
    /// What became of it.
    pub status: Status,
    /// Whether it was added to those of the suite.
    #[serde(default)]
    pub own: bool,
    /// What it is about.
    #[serde(default)]
    pub topic: Topic,
    /// What is required.
    pub requirement: String,
    /// Where that comes from.
    pub citation: Citation,
    /// The operations that it looks at.
    #[serde(default)]
    pub operations: Vec<String>,
    /// The requests that were sent for this case first; cases after it share them.
    pub requests: usize,
    /// How long those requests and judging took, in milliseconds.
    #[serde(default)]
    pub duration_ms: u64,
    /// Why it was skipped or could not be carried out.
    pub reason: Option<String>,
    /// The requirements of the case that this run did not show, although it was carried out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub open: Vec<String>,
    /// In what it did not hold.
    pub findings: Vec<Finding>,
}

/// One way in which a deployment is not as required.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct Finding {
    /// The case.
    pub case: String,
    /// The operation.
    pub operation: String,
    /// The exchange of the run, as transcripts call it.
    pub exchange: String,
    /// What it is about.
    pub kind: Kind,
    /// How binding the requirement is.
    pub level: Level,
    /// What is required.
    pub requirement: String,
    /// Where that comes from.
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
    /// What came back.
    pub response: Option<ResponseExcerpt>,
    /// Why it was to be expected, if it was.
    pub known: Option<Excuse>,
}

/// In how many responses of an operation something was seen.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct Seen {
    /// The operation.
    pub operation: String,
    /// In how many of its responses.
    pub responses: usize,
    /// Of how many with such a status.
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
