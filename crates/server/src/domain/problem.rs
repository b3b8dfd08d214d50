//! What can be wrong with one property of a request body.

use std::borrow::Cow;

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

/// A text that the caller gave, in quotes and with everything escaped that cannot be seen. It is cut
/// where nobody reads on: a name may be as long as a body, and stands in the message of every problem
/// below it.
pub(crate) fn shown(text: &str) -> String {
    const MAX_CHARS: usize = 80;
    match text.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => format!("{:?}", format!("{}\u{2026}", &text[..end])),
        None => format!("{text:?}"),
    }
}
