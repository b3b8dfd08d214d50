//! How much of a deployment a run looks at, and how many requests that takes.

use std::fmt;

use crate::group::Group;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The test depth of a run. Ordered: each profile includes the one before.
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
    /// All of `core` and the other cases, with stateful and property-based tests, in some hundred
    /// requests.
    Deep,
}

impl Profile {
    /// The most requests that a run sends in the profile, for all of the API or for a group of it.
    /// Requests that remove what is left are not counted. `deep` has none: `--max-requests` limits
    /// it.
    #[must_use]
    pub const fn budgets(self) -> &'static [(Option<Group>, usize)] {
        match self {
            Self::Smoke => &[(None, 8)],
            Self::Core => &[(None, 75), (Some(Group::Registries), 45)],
            Self::Deep => &[],
        }
    }

    /// What `core` leaves out for want of room, and `deep` tests.
    pub const ONLY_DEEP: [&str; 10] = [
        "most operations without a token, or with an unknown one",
        "Basic credentials, unknown organizations, and most missing scopes",
        "other forms of policies, other ecosystems, an emoji as a character",
        "long text, and pages of a list",
        "whether the tokens of a deleted registry come back",
        "registries of a team, where --team names one",
        "limits that are used up",
        "invalid bodies generated from the contract, which must be rejected",
        "random sequences of operations, compared with a model of the API",
        "concurrent requests",
    ];

    /// What it looks at, in a line.
    #[must_use]
    pub const fn summary(self) -> &'static str {
        match self {
            Self::Smoke => "only GET requests: nothing is written",
            Self::Core => "most of what a deployment must and should do",
            Self::Deep => "all cases, with stateful and property-based tests",
        }
    }
}

#[cfg(feature = "clap")]
impl Profile {
    /// What it looks at, and with how many requests.
    fn help(self) -> String {
        let budgets = self.budgets().iter().map(|(group, most)| match group {
            None => format!("at most {most} requests"),
            Some(group) => format!("{most} with --group {group}"),
        });
        let budgets = budgets.collect::<Vec<_>>().join(", ");
        let summary = self.summary();
        if budgets.is_empty() { summary.to_owned() } else { format!("{summary} ({budgets})") }
    }
}

#[cfg(feature = "clap")]
impl clap::ValueEnum for Profile {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Smoke, Self::Core, Self::Deep]
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        Some(clap::builder::PossibleValue::new(self.to_string()).help(self.help()))
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
