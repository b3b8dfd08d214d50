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

/// The result of checking traffic.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub struct CheckReport {
    /// The version of this form.
    pub format_version: u32,
    /// The version of the suite.
    pub suite_version: String,
    /// The version of the contract that the exchanges were validated against.
    pub contract_version: String,
    /// The path of the recording, or the API root behind the proxy.
    pub looked_at: String,
    /// Whether the deployment conforms in what was seen; `incomplete` if nothing was seen, or no body of
    /// an operation.
    pub verdict: Verdict,
    /// How many exchanges there were.
    pub exchanges: usize,
    /// How many of them were validated.
    pub checked: usize,
    /// How many are not of this API.
    pub ignored: usize,
    /// How many got no response, or one that the deployment is unavailable (502 to 504).
    pub unanswered: usize,
    /// How many checked responses have no recorded body, or one beyond the limits of this program.
    pub without_body: usize,
    /// How many checked responses lack recorded headers.
    #[serde(default)]
    pub without_headers: usize,
    /// How often a request of the suite does not fit the contract, in a recorded run. The suite sends
    /// such requests as tests, so they are no findings.
    #[serde(default)]
    pub invalid_tests: usize,
    /// How many entries of the recording cannot be read.
    #[serde(default)]
    pub skipped: usize,
    /// The first of them.
    #[serde(default)]
    pub skipped_entries: Vec<SkippedEntry>,
    /// Requests whose URL nearly matches the API.
    #[serde(default)]
    pub near_misses: Vec<NearMiss>,
    /// The operations that were seen.
    pub operations: Vec<OperationSeen>,
    /// Violations of the contract, each cause once.
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

/// An entry of a recording that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct SkippedEntry {
    /// Its number, counted from 1.
    pub entry: usize,
    /// Why it cannot be read.
    pub why: String,
}

/// A request whose URL nearly matches the API, perhaps by mistake.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct NearMiss {
    /// The first such request: its method, and its URL without the query.
    pub request: String,
    /// The difference between its URL and that of an operation.
    pub why: String,
    /// How many requests have this difference.
    pub times: usize,
}

/// The side that a finding concerns.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Party {
    /// The deployment: its response violates the contract.
    Deployment,
    /// The client: its request violates the contract. That does not affect the verdict.
    Client,
}

/// A violation of the contract in an exchange.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct Finding {
    /// The side that it concerns.
    pub about: Party,
    /// The operation.
    pub operation: String,
    /// The first exchange that shows it, counted from 1.
    pub exchange: usize,
    /// That exchange's request: its method, and its URL without the query.
    pub request: String,
    /// The status of its response.
    pub status: u16,
    /// The part of the exchange that it is about.
    pub kind: Kind,
    /// The level of the requirement.
    pub level: Level,
    /// The source of the requirement.
    pub citation: Citation,
    /// The place: a JSON pointer into the body, or a header's name.
    pub place: Option<String>,
    /// The place in the contract.
    pub schema_path: Option<String>,
    /// What was expected.
    pub expected: String,
    /// What was received, or sent.
    pub received: String,
    /// The number of occurrences.
    pub times: usize,
}

/// The JSON Schema of the report.
#[must_use]
pub fn json_schema() -> serde_json::Value {
    schemars::schema_for!(CheckReport).to_value()
}
