//! How much of a deployment a run looks at, and how many requests that takes.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How much a run looks at. Ordered from little to much: each has everything of the one before.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Deserialize,
    Serialize,
    JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
pub enum Profile {
    /// Only `GET` requests, at most eight: nothing is written
    Smoke,
    /// Most of what a deployment must and should do, in at most 75 requests (45 with --group
    /// registries)
    #[default]
    Core,
    /// All of it: what core leaves out, and exploration, in some hundred requests
    Deep,
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Smoke => "smoke",
            Self::Core => "core",
            Self::Deep => "deep",
        })
    }
}
