//! How binding a requirement is, and how well it is known.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How well a fact about the API is known; `x-source.grade` in the contract.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Grade {
    /// The document that the project started from says it.
    Seed,
    /// The API's public documentation says it.
    Documented,
    /// An official client relies on it.
    ClientObserved,
    /// A third party's program or report, run against the vendor's deployment, shows it.
    FieldObserved,
    /// No source says it; the reference server does it.
    Choice,
}

impl Grade {
    /// The level of a requirement that rests on a fact of this grade.
    #[must_use]
    pub fn level(self) -> Level {
        match self {
            Self::Seed | Self::Documented => Level::Must,
            Self::ClientObserved => Level::Should,
            Self::FieldObserved | Self::Choice => Level::May,
        }
    }
}

impl fmt::Display for Grade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Seed => "original specification",
            Self::Documented => "documented",
            Self::ClientObserved => "client-observed",
            Self::FieldObserved => "field-observed",
            Self::Choice => "choice",
        })
    }
}

/// The severity of an unmet requirement. Ordered from strong to weak.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// It does not conform.
    Must,
    /// A warning.
    Should,
    /// It is reported only; both are allowed.
    May,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Must => "must",
            Self::Should => "should",
            Self::May => "may",
        })
    }
}

/// Where a requirement comes from.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct Citation {
    /// The grade of the source.
    pub grade: Grade,
    /// The section of the document, or the client, that says it.
    pub cite: String,
}

impl fmt::Display for Citation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.grade, self.cite)
    }
}
