//! What an area declares about each of its operations, and the ways in which a request must be
//! rejected.

use crate::{
    exchange::Credential,
    observed::{NotJudged, Observed},
    steps::{Draft, Step},
};

/// What an area declares about one of its operations. All else stands in the contract.
pub(crate) struct Operation {
    /// Its `operationId`.
    pub(crate) id: &'static str,
    /// What it is called in the names of steps.
    pub(crate) word: &'static str,
    /// The name of the case that validates its exchanges, and what that verifies.
    pub(crate) fits: (&'static str, &'static [&'static str]),
    /// The step that shows, when it succeeds, that a deployment serves the operation: only then a
    /// 404 is about the resource, and not about the route.
    pub(crate) served_by: Option<Step>,
    /// The steps that `attempt` is made from.
    pub(crate) needs: &'static [Step],
    /// A request that would be carried out if it came from one who may.
    pub(crate) attempt: fn(&Observed, Wrong) -> Result<Draft, NotJudged>,
}

/// What is wrong with a request that is otherwise as it has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Wrong {
    /// It has no token.
    NoToken,
    /// Its token is unknown.
    UnknownToken,
    /// The token is sent as a password.
    Password,
    /// The token lacks every scope that is enough, and may read registries.
    MissingScope,
    /// The token may not read registries.
    MissingReadScope,
    /// The organization is not there.
    UnknownOrganization,
}

impl Wrong {
    pub(crate) const ALL: [Self; 6] = [
        Self::NoToken,
        Self::UnknownToken,
        Self::UnknownOrganization,
        Self::Password,
        Self::MissingReadScope,
        Self::MissingScope,
    ];

    /// The credential that such a request carries.
    pub(crate) fn credential(self) -> Credential {
        match self {
            Self::NoToken => Credential::None,
            Self::UnknownToken => Credential::Unknown,
            Self::Password => Credential::Basic,
            Self::MissingScope => Credential::Limited,
            Self::MissingReadScope => Credential::Revocable,
            Self::UnknownOrganization => Credential::Main,
        }
    }

    /// The name of the step that sends such a request to an operation.
    pub(crate) fn step(self, word: &str) -> String {
        match self {
            Self::NoToken => format!("{word}-without-token"),
            Self::UnknownToken => format!("{word}-unknown-token"),
            Self::Password => format!("{word}-with-basic"),
            Self::MissingScope => format!("limited-{word}"),
            Self::MissingReadScope => format!("{word}-without-scope"),
            Self::UnknownOrganization => match (word, word.strip_suffix("-organization")) {
                // It is itself what is not there.
                (_, Some(verb)) => format!("{verb}-unknown-organization"),
                ("list" | "create", _) => format!("{word}-unknown-organization"),
                _ => format!("{word}-of-unknown-organization"),
            },
        }
    }

    /// Why it must be refused.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::NoToken => "there is no token",
            Self::UnknownToken => "the token is unknown",
            Self::Password => "the scheme is Basic",
            Self::MissingScope | Self::MissingReadScope => "the scope is missing",
            Self::UnknownOrganization => "there is no such organization",
        }
    }

    /// What says that it must be refused, whatever the operation is.
    pub(crate) fn requirement(self) -> &'static str {
        match self {
            Self::NoToken | Self::UnknownToken => "access.bearer-token",
            Self::Password => "access.no-basic",
            Self::MissingScope | Self::MissingReadScope => "access.token-scopes",
            Self::UnknownOrganization => "common.organization",
        }
    }

    /// The word in the name of what such a request would create.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::NoToken => "iota",
            Self::UnknownToken => "lambda",
            Self::Password => "omega",
            Self::MissingScope => "kappa",
            Self::MissingReadScope => "chi",
            Self::UnknownOrganization => "sigma",
        }
    }

    /// What such a request would write.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::NoToken => "by nobody",
            Self::UnknownToken => "by a stranger",
            Self::Password | Self::MissingScope | Self::MissingReadScope => "by the wrong token",
            Self::UnknownOrganization => "of nobody",
        }
    }
}
