//! The parts of the API, of which a run may look at one only.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::contract::Contract;

/// Operations that belong together.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize, JsonSchema,
)]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
#[serde(rename_all = "kebab-case")]
pub enum Group {
    /// Registries, and the access token
    Registries,
    /// The tokens of registries
    RegistryTokens,
    /// Organizations, and their limits
    Organizations,
}

impl Group {
    /// The group of an operation of the contract, by its tag.
    ///
    /// # Panics
    ///
    /// When a group has no tag like that, which a test rules out for every operation.
    pub(crate) fn of(operation: &str) -> Self {
        let known = Contract::built_in().operation(operation);
        let tag = known.map(|operation| operation.tag.as_str());
        Self::of_tag(tag.unwrap_or_default())
            .unwrap_or_else(|| panic!("{operation} ({tag:?}) belongs to no group"))
    }

    fn of_tag(tag: &str) -> Option<Self> {
        match tag {
            "Registries" | "Access token" => Some(Self::Registries),
            "Registry tokens" => Some(Self::RegistryTokens),
            "Organizations" => Some(Self::Organizations),
            _ => None,
        }
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Registries => "registries",
            Self::RegistryTokens => "registry-tokens",
            Self::Organizations => "organizations",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A new tag does not fall into a group silently.
    #[test]
    fn every_operation_belongs_to_a_group() {
        for operation in Contract::built_in().operations() {
            assert!(Group::of_tag(&operation.tag).is_some(), "{}: {}", operation.id, operation.tag);
        }
    }
}
