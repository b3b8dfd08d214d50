//! What is fixed about a step before the run, and how its request is made.

use serde_json::Value;

use super::{Step, texts::UNKNOWN_TOKEN_ID};
use crate::{
    exchange::Credential,
    observed::{Observed, Unmet},
};

/// Declares the steps: each with its name, operation, credential, the steps before it that it
/// cannot do without, and how its request is made from what they were answered.
macro_rules! steps {
    ($($(#[doc = $doc:literal])* $step:ident = $name:literal, $operation:literal, $credential:ident,
        needs [$($need:ident),*], $draft:expr;)*) => {
        /// An exchange of a run.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(crate) enum Step {
            $($(#[doc = $doc])* $step,)*
        }

        impl Step {
            /// Every step, in the order in which they happen.
            pub(crate) const ALL: &[Step] = &[$(Step::$step),*];

            pub(crate) fn definition(self) -> Definition {
                match self {
                    $(Step::$step => Definition {
                        name: $name,
                        operation: $operation,
                        credential: Credential::$credential,
                        needs: &[$(Step::$need),*],
                        draft: $draft,
                    },)*
                }
            }
        }
    };
}

/// What is fixed about a step before the run.
pub(crate) struct Definition {
    /// Its name in snapshots and messages.
    pub(crate) name: &'static str,
    /// The operation that it exercises.
    pub(crate) operation: &'static str,
    /// The credential that it carries.
    pub(crate) credential: Credential,
    /// The steps that its request is made from.
    pub(crate) needs: &'static [Step],
    /// Makes the request from what the steps before it were answered.
    pub(crate) draft: fn(&Observed) -> Result<Draft, Unmet>,
}

/// What of a request depends on the run.
#[derive(Clone, Default)]
pub(crate) struct Draft {
    /// The organization, when it is another one than the run's.
    pub(crate) organization: Option<String>,
    /// The registry's slug, for operations on one registry.
    pub(crate) slug: Option<String>,
    /// The registry token's id, for operations on one of those.
    pub(crate) token: Option<String>,
    /// The body.
    pub(crate) body: Option<String>,
    /// The query, for a part of a list.
    pub(crate) query: Option<&'static str>,
    /// Whether a create goes without the team that registries are created for.
    pub(crate) names_no_team: bool,
}

#[expect(clippy::unnecessary_wraps, reason = "every draft has this type")]
pub(super) fn nothing() -> Result<Draft, Unmet> {
    Ok(Draft::default())
}

#[expect(clippy::unnecessary_wraps, reason = "every draft has this type")]
pub(super) fn raw(body: String) -> Result<Draft, Unmet> {
    Ok(Draft { body: Some(body), ..Draft::default() })
}

pub(super) fn create(body: &Value) -> Result<Draft, Unmet> {
    raw(body.to_string())
}

#[expect(clippy::unnecessary_wraps, reason = "every draft has this type")]
pub(super) fn get(slug: String) -> Result<Draft, Unmet> {
    Ok(Draft { slug: Some(slug), ..Draft::default() })
}

#[expect(clippy::unnecessary_wraps, reason = "every draft has this type")]
pub(super) fn update(slug: String, body: &Value) -> Result<Draft, Unmet> {
    Ok(Draft { slug: Some(slug), body: Some(body.to_string()), ..Draft::default() })
}

#[expect(clippy::unnecessary_wraps, reason = "every draft has this type")]
pub(super) fn of_organization(slug: String, body: Option<&Value>) -> Result<Draft, Unmet> {
    let body = body.map(ToString::to_string);
    Ok(Draft { organization: Some(slug), body, ..Draft::default() })
}

#[expect(clippy::unnecessary_wraps, reason = "every draft has this type")]
pub(super) fn page(query: &'static str) -> Result<Draft, Unmet> {
    Ok(Draft { query: Some(query), ..Draft::default() })
}

/// To a registry's tokens, or to one of them.
#[expect(clippy::unnecessary_wraps, reason = "every draft has this type")]
pub(super) fn token(
    slug: String,
    id: Option<String>,
    body: Option<&Value>,
) -> Result<Draft, Unmet> {
    let body = body.map(ToString::to_string);
    Ok(Draft { slug: Some(slug), token: id, body, ..Draft::default() })
}

/// To the first of the tokens that the run creates.
pub(super) fn first_token(run: &Observed, body: Option<&Value>) -> Result<Draft, Unmet> {
    token(run.slug(Step::CreateMinimal)?, Some(run.token_id(Step::CreateRegistryToken)?), body)
}

/// To a token that the registry does not have.
pub(super) fn unknown_token(run: &Observed, body: Option<&Value>) -> Result<Draft, Unmet> {
    token(run.slug(Step::CreateMinimal)?, Some(UNKNOWN_TOKEN_ID.into()), body)
}
