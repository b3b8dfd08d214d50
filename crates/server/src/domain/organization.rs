//! Organizations and their users.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

/// An organization as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Organization {
    pub(crate) id: Uuid,
    pub(crate) slug: OrganizationSlug,
    pub(crate) name: String,
}

/// The user that a token belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) id: Uuid,
    pub(crate) email: String,
    pub(crate) name: String,
}

/// The slug of an organization: lower-case letters, digits, `-` and `_`.
///
/// Most documented examples are kebab-case and some have underscores (`my_great_org`); both are
/// accepted, beginning with a letter or digit.
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
        let starts_well = text.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
        let allowed =
            |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
        if starts_well && text.len() <= Self::MAX_LENGTH && text.chars().all(allowed) {
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
#[error("a slug has 1 to 64 lower-case letters, digits, `-` and `_`, the first a letter or digit")]
pub(crate) struct InvalidOrganizationSlug;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documented_forms_are_accepted() {
        for slug in ["my-org", "my_great_org", "acme", "42", "a".repeat(64).as_str()] {
            assert_eq!(slug.parse::<OrganizationSlug>().unwrap().as_str(), slug);
        }
    }

    #[test]
    fn nothing_else_is() {
        let long = "a".repeat(65);
        for slug in ["", "-a", "_a", "My-Org", "a b", "a/b", "..", "a.b", "\u{fc}", "a\0", &long] {
            assert!(slug.parse::<OrganizationSlug>().is_err(), "{slug:?}");
        }
    }
}
