//! Organizations and their users.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use uuid::Uuid;

/// An organization as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Organization {
    pub(crate) id: Uuid,
    pub(crate) slug: OrganizationSlug,
    pub(crate) name: String,
    pub(crate) created_at: DateTime<Utc>,
}

/// A part of an organization. Where there are any, a registry is created for some of them (documented,
/// Create a registry: `team_ids`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Team {
    pub(crate) id: Uuid,
    pub(crate) organization_id: Uuid,
    /// No two teams of an organization have one name.
    pub(crate) name: String,
    pub(crate) created_at: DateTime<Utc>,
}

/// The user that a token belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) id: Uuid,
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) created_at: DateTime<Utc>,
}

/// The slug of an organization: words of `a` to `z` and digits, joined by single `-` or `_`.
///
/// Most documented examples are kebab-case and some have underscores (`my_great_org`); the contract's
/// pattern takes both. That there are at most 64 characters is this server's choice.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct OrganizationSlug(String);

impl OrganizationSlug {
    const MAX_LENGTH: usize = 64;

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for OrganizationSlug {
    type Err = InvalidOrganizationSlug;

    fn from_str(text: &str) -> Result<Self, InvalidOrganizationSlug> {
        let is_word = |word: &str| {
            !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        };
        if text.len() <= Self::MAX_LENGTH && text.split(['-', '_']).all(is_word) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidOrganizationSlug)
        }
    }
}

impl fmt::Display for OrganizationSlug {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A text that cannot be the slug of an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected words of lower-case letters and digits, joined by single `-` or `_`, of at most 64 \
     characters, for example my-org or my_great_org"
)]
pub(crate) struct InvalidOrganizationSlug;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documented_forms_are_accepted() {
        for slug in ["my-org", "my_great_org", "a_b-c", "acme", "42", "a".repeat(64).as_str()] {
            assert_eq!(slug.parse::<OrganizationSlug>().unwrap().as_str(), slug);
        }
    }

    #[test]
    fn nothing_else_is() {
        let long = "a".repeat(65);
        for slug in [
            "",
            "-",
            "_",
            "-a",
            "_a",
            "a-",
            "a_",
            "a--b",
            "a__b",
            "a-_b",
            "odd--org_",
            "My-Org",
            "a b",
            "a/b",
            "..",
            "a.b",
            "\u{fc}",
            "a\0",
            "a\n",
            &long,
        ] {
            assert!(slug.parse::<OrganizationSlug>().is_err(), "{slug:?}");
        }
    }
}
