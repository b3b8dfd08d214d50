//! The scopes of access tokens.

use std::fmt;
use std::str::FromStr;

/// What an access token may be used for.
///
/// `create_registries` is named by the seed (Create a registry) alone, the others are documented
/// (Access token scopes).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// List and get registries.
    ReadRegistries,
    /// Create registries: the name the seed gives to that permission.
    CreateRegistries,
    /// Create and update registries.
    WriteRegistries,
    /// Delete registries.
    DeleteRegistries,
    /// Read packages.
    ReadPackages,
    /// Publish packages.
    WritePackages,
    /// Delete packages.
    DeletePackages,
    /// List and get organizations.
    ReadOrganizations,
    /// Get an organization's rate limits (documented, Organization rate limits).
    ReadAccounts,
}

impl Scope {
    /// Every scope there is; what `all` stands for.
    pub const ALL: [Self; 9] = [
        Self::ReadRegistries,
        Self::CreateRegistries,
        Self::WriteRegistries,
        Self::DeleteRegistries,
        Self::ReadPackages,
        Self::WritePackages,
        Self::DeletePackages,
        Self::ReadOrganizations,
        Self::ReadAccounts,
    ];

    /// The scope as the API writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ReadRegistries => "read_registries",
            Self::CreateRegistries => "create_registries",
            Self::WriteRegistries => "write_registries",
            Self::DeleteRegistries => "delete_registries",
            Self::ReadPackages => "read_packages",
            Self::WritePackages => "write_packages",
            Self::DeletePackages => "delete_packages",
            Self::ReadOrganizations => "read_organizations",
            Self::ReadAccounts => "read_accounts",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        Self::ALL
            .into_iter()
            .find(|scope| scope.as_str() == text)
            .ok_or_else(|| UnknownScope(text.to_owned()))
    }
}

/// A word that is not a scope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown scope {0:?}; expected `all`, or some of {list}", list = list())]
pub struct UnknownScope(String);

fn list() -> String {
    Scope::ALL.map(Scope::as_str).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scope_is_parsed_from_what_it_prints() {
        for scope in Scope::ALL {
            assert_eq!(scope.to_string().parse(), Ok(scope));
        }
    }

    #[test]
    fn an_unknown_scope_is_rejected_with_those_there_are() {
        let error = "read_registry".parse::<Scope>().unwrap_err().to_string();
        assert!(error.contains("read_registry") && error.contains("read_registries, "), "{error}");
    }
}
