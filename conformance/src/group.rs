//! The parts of the API, of which a run may look at one only.

use std::fmt;

/// Operations that belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
pub enum Group {
    /// Registries, and the access token
    Registries,
    /// The tokens of registries
    RegistryTokens,
    /// Organizations, and their limits
    Organizations,
}

impl Group {
    /// The group of an operation of the contract.
    pub(crate) fn of(operation: &str) -> Self {
        match operation {
            "list_organizations" | "get_organization" | "get_rate_limit" => Self::Organizations,
            token if token.contains("registry_token") => Self::RegistryTokens,
            _ => Self::Registries,
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
