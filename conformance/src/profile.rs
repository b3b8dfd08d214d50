//! How much of a deployment a run looks at, and how many requests that takes.

use std::fmt;

use crate::group::Group;
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
pub enum Profile {
    /// Only `GET` requests: nothing is written.
    Smoke,
    /// Most of what a deployment must and should do.
    #[default]
    Core,
    /// All of it: what `core` leaves out, and exploration, in some hundred requests.
    Deep,
}

impl Profile {
    /// The most requests that a run takes in the profile, without those that remove what is left, for
    /// all of the API or for a group of it. `deep` has none: `--max-requests` limits it.
    #[must_use]
    pub const fn budgets(self) -> &'static [(Option<Group>, usize)] {
        match self {
            Self::Smoke => &[(None, 8)],
            Self::Core => &[(None, 75), (Some(Group::Registries), 45)],
            Self::Deep => &[],
        }
    }

    /// What it is, in a line.
    #[must_use]
    pub fn summary(self) -> String {
        let most = |index: usize| self.budgets().get(index).map_or(0, |(_, most)| *most);
        match self {
            Self::Smoke => format!("Only GET requests, at most {}: nothing is written", most(0)),
            Self::Core => format!(
                "Most of what a deployment must and should do, in at most {} requests ({} with --group \
                 registries)",
                most(0),
                most(1)
            ),
            Self::Deep => {
                "All of it: what core leaves out, and exploration, in some hundred requests"
                    .to_owned()
            }
        }
    }
}

#[cfg(feature = "clap")]
impl clap::ValueEnum for Profile {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Smoke, Self::Core, Self::Deep]
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        Some(clap::builder::PossibleValue::new(self.to_string()).help(self.summary()))
    }
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
