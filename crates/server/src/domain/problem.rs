//! What can be wrong with one property of a request body.

use std::borrow::Cow;

use registries_policy::Kind;
use serde::Serialize;

/// One entry of `errors` in a validation failure: which property, what kind of problem, and a
/// sentence for the person who has to put it right.
///
/// The documentation shows that a validation failure is 422 with `message` and `errors`
/// (documented, elsewhere in the same API); what an entry holds is this server's choice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Problem {
    pub(crate) field: Cow<'static, str>,
    pub(crate) code: Code,
    pub(crate) message: String,
}

impl Problem {
    pub(crate) fn new(field: &'static str, code: Code, message: impl Into<String>) -> Self {
        Self { field: Cow::Borrowed(field), code, message: message.into() }
    }
}

/// The kinds of problem, for programs. A closed list here; clients should treat it as open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Code {
    /// A required property is absent.
    Missing,
    /// The value has another JSON type than the property takes.
    WrongType,
    /// The type is right, the value is not.
    Invalid,
    /// The value is longer than the server stores.
    TooLong,
    /// Another registry of the organization has the slug that the name leads to.
    Taken,
    /// The property cannot change after creation.
    Immutable,
    /// A policy has a property or a matcher that the policy language does not have.
    Unknown,
}

impl From<Kind> for Code {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Missing => Self::Missing,
            Kind::WrongType => Self::WrongType,
            Kind::Invalid => Self::Invalid,
            Kind::TooLong => Self::TooLong,
            Kind::Unknown => Self::Unknown,
        }
    }
}
