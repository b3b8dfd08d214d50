//! What of an operation a case is about, as the grid of the HTML report shows it.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::case::{Case, Looks};

/// The part of an operation that a case is about.
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
pub enum Topic {
    /// Statuses, bodies and content types.
    Schema,
    /// Behaviour.
    #[default]
    Behaviour,
    /// Text values.
    Text,
    /// Rejection of invalid requests, and missing resources.
    Refusals,
    /// Access and secrets.
    Access,
    /// Rate limits.
    Limits,
}

impl Topic {
    /// Every topic, in the order of the grid.
    pub(super) const ALL: [Self; 6] =
        [Self::Schema, Self::Behaviour, Self::Text, Self::Refusals, Self::Access, Self::Limits];

    /// What a case of the suite is about, by what it verifies and how it looks.
    pub(super) fn of(case: &Case) -> Self {
        let first = case.verifies.first().copied().unwrap_or_default();
        let has = |ids: &[&str]| case.verifies.iter().any(|id| ids.contains(id));
        let last = first.rsplit('.').next().unwrap_or_default();
        let is_about_access = has(&ACCESS)
            || first.starts_with("cors.")
            || last.contains("secret")
            || ["scope", "scope-required", "patch-and-put-access"].contains(&last);
        match () {
            () if is_about_access => Self::Access,
            () if first.starts_with("rate-limit.") => Self::Limits,
            () if matches!(case.looks, Looks::Operation(..)) || has(&SCHEMA) => Self::Schema,
            () if matches!(case.looks, Looks::AtRefusals(_)) || is_refusal(first, last) => {
                Self::Refusals
            }
            () if TEXT.contains(&last) => Self::Text,
            () => Self::Behaviour,
        }
    }
}

/// Whether a requirement is about what must be rejected.
fn is_refusal(id: &str, last: &str) -> bool {
    id.starts_with("common.error.validation")
        || last.ends_with("-required")
        || ["types", "refused", "no-others", "plain-yaml"].contains(&last)
}

/// Requirements about who may do something.
const ACCESS: [&str; 7] = [
    "access.bearer-token",
    "access.refusal-status",
    "access.no-basic",
    "access.token-scopes",
    "access.token-revocation",
    "access-token.token-needed",
    "access-token.no-secret",
];

/// Requirements about what every response looks like.
const SCHEMA: [&str; 4] = [
    "common.json.successes",
    "common.json.errors",
    "common.error.validation-body",
    "common.http.end",
];

/// The ends of requirements about what becomes of text.
const TEXT: [&str; 6] = ["name", "description", "emoji", "emoji-character", "color", "exact"];

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Schema => "schema",
            Self::Behaviour => "behaviour",
            Self::Text => "text",
            Self::Refusals => "refusals",
            Self::Access => "access",
            Self::Limits => "limits",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan;

    #[test]
    fn cases_are_about_what_their_names_say() {
        for (name, expected) in [
            ("get-registry-fits-the-contract", Topic::Schema),
            ("errors-are-json", Topic::Schema),
            ("get-succeeds", Topic::Behaviour),
            ("update-keeps-what-it-does-not-name", Topic::Behaviour),
            ("access-token-tells-its-scopes", Topic::Behaviour),
            ("texts-are-returned-unchanged", Topic::Text),
            ("create-stores-description", Topic::Text),
            ("name-must-be-text", Topic::Refusals),
            ("name-is-required", Topic::Refusals),
            ("deleted-registry-is-gone", Topic::Refusals),
            ("generated-invalid-bodies-are-refused", Topic::Refusals),
            ("unknown-organization-is-refused", Topic::Refusals),
            ("token-is-required", Topic::Access),
            ("delete-needs-its-scope", Topic::Access),
            ("secrets-are-not-returned", Topic::Access),
            ("any-origin-may-read", Topic::Access),
            ("rate-limit-needs-its-scope", Topic::Access),
            ("rate-limit-headers-are-sent", Topic::Limits),
            ("user-limit-is-enforced", Topic::Limits),
        ] {
            let case = plan::all().find(|case| case.name == name).unwrap();
            assert_eq!(Topic::of(case), expected, "{name}");
        }
        for topic in Topic::ALL {
            assert!(plan::all().filter(|case| Topic::of(case) == topic).count() > 3, "{topic}");
        }
    }
}
