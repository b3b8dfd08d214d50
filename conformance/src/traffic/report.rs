//! The report of traffic, as JSON.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    contract::Kind,
    level::{Citation, Level},
    report::Verdict,
};

/// The version of the report's form. It changes when a reader of the older form would be misled.
pub const FORMAT_VERSION: u32 = 1;

/// What traffic shows of a deployment and of its clients.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub struct CheckReport {
    /// The version of this form.
    pub format_version: u32,
    /// The version of the suite.
    pub suite_version: String,
    /// The version of the contract that the exchanges were validated against.
    pub contract_version: String,
    /// What was looked at: the path of the archive, or the API root that the proxy stood before.
    pub looked_at: String,
    /// Whether the deployment conforms in what was seen; `incomplete` when nothing was, or no body of an
    /// operation.
    pub verdict: Verdict,
    /// How many exchanges there were.
    pub exchanges: usize,
    /// How many of them were validated.
    pub checked: usize,
    /// How many are not of this API.
    pub ignored: usize,
    /// How many got no answer, or one that only says that the deployment was not there (502 to 504).
    pub unanswered: usize,
    /// Of how many answers that were checked the body was not to be had, or is JSON beyond what this
    /// program reads.
    pub without_body: usize,
    /// Of how many answers that were checked headers were not kept.
    #[serde(default)]
    pub without_headers: usize,
    /// How many entries of the archive cannot be read.
    #[serde(default)]
    pub skipped: usize,
    /// The first of them.
    #[serde(default)]
    pub skipped_entries: Vec<SkippedEntry>,
    /// The requests that are not of this API, but nearly.
    #[serde(default)]
    pub near_misses: Vec<NearMiss>,
    /// The operations that were seen.
    pub operations: Vec<OperationSeen>,
    /// What is not as the contract says, each cause once.
    pub findings: Vec<Finding>,
}

/// An operation, and how often it was seen.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct OperationSeen {
    /// The operation.
    pub operation: String,
    /// How many of its exchanges were checked.
    pub exchanges: usize,
}

/// An entry of an archive that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct SkippedEntry {
    /// Its number, counted from 1.
    pub entry: usize,
    /// Why it cannot be read.
    pub why: String,
}

/// A request that is not of this API, but nearly: it was perhaps meant to be.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct NearMiss {
    /// The first such request: its method, and its URL without the query.
    pub request: String,
    /// In what its URL differs from that of an operation.
    pub why: String,
    /// How many such requests differ so.
    pub times: usize,
}

/// Whom a finding concerns.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Party {
    /// The deployment, which answered so.
    Deployment,
    /// The client, which asked so; that does not touch the verdict.
    Client,
}

/// One way in which an exchange is not as the contract says.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct Finding {
    /// Whom it concerns.
    pub about: Party,
    /// The operation.
    pub operation: String,
    /// The first exchange that shows it, counted from 1.
    pub exchange: usize,
    /// That exchange's request: its method, and its URL without the query.
    pub request: String,
    /// The status that it was answered with.
    pub status: u16,
    /// What it is about.
    pub kind: Kind,
    /// How binding the requirement is.
    pub level: Level,
    /// Where that comes from.
    pub citation: Citation,
    /// The place: a JSON pointer into the body, or a header's name.
    pub place: Option<String>,
    /// The place in the contract.
    pub schema_path: Option<String>,
    /// What was expected.
    pub expected: String,
    /// What was received, or sent.
    pub received: String,
    /// How often it was seen.
    pub times: usize,
}

/// The JSON Schema of the report.
#[must_use]
pub fn json_schema() -> serde_json::Value {
    schemars::schema_for!(CheckReport).to_value()
}
