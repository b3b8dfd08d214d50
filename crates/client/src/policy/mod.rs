//! Policies: which OIDC tokens may do what with the packages of a registry.

mod matcher;
mod read;
mod statement;

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

pub use self::{
    matcher::{Matcher, Matchers, Scalar},
    statement::{PolicyScope, Statement, StatementBuilder},
};
use crate::{Error, Field};

/// A policy: which OIDC tokens are accepted, and what they may do. The first statement that matches a
/// token decides.
///
/// Built from [statements](Statement), it is valid:
///
/// ```
/// use registries_client::{Matcher, Policy, PolicyScope, Statement};
///
/// let policy = Policy::new([
///     Statement::builder(Statement::BUILDKITE)
///         .claim("organization_slug", "my-org")
///         .claim("pipeline_slug", Matcher::one_of(["my-pipeline", "my-other-pipeline"]))
///         .scopes([PolicyScope::ReadPackages])
///         .build()?,
///     Statement::builder(Statement::GITHUB_ACTIONS)
///         .claim("repository", "my-org/my-repository")
///         .claim("ref", [Matcher::matches("refs/tags/*"), Matcher::not_equals("refs/tags/v0")])
///         .build()?,
/// ]);
/// assert_eq!(policy.statements()?.len(), 2);
/// # Ok::<(), registries_client::PolicyError>(())
/// ```
///
/// Text (`"- iss: …".into()`) and what a deployment returns are kept as they are.
/// [`statements`](Self::statements) reads them in either form.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy(Form);

/// The form in which a policy was sent.
#[derive(Clone, Debug, PartialEq)]
enum Form {
    Text(String),
    Json(Value),
}

impl Policy {
    /// A policy of these statements. Without any no token is accepted.
    pub fn new(statements: impl IntoIterator<Item = Statement>) -> Self {
        let statements = statements.into_iter().map(|statement| statement.to_json());
        Self(Form::Json(statements.collect()))
    }

    /// A policy as YAML text, which is sent unchanged, comments included.
    ///
    /// ```
    /// # use registries_client::{Policy, PolicyError};
    /// let policy = Policy::from_yaml(
    ///     "
    ///     ## Who may publish.
    ///     - iss: https://agent.buildkite.com
    ///       scopes: [write_packages]
    ///       claims:
    ///         organization_slug: my-org
    ///     ",
    /// )?;
    /// assert_eq!(policy.statements()?[0].issuer(), "https://agent.buildkite.com");
    /// assert!(Policy::from_yaml("- iss: https://agent.buildkite.com").is_err()); // no claims
    /// # Ok::<(), PolicyError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// With everything that is wrong with it, when it is no valid policy.
    #[cfg(feature = "yaml")]
    pub fn from_yaml(text: impl Into<String>) -> Result<Self, PolicyError> {
        let policy = Self(Form::Text(text.into()));
        policy.statements().map(|_| policy)
    }

    /// The policy as YAML text: the text that it was given as, or one that says the same.
    ///
    /// # Errors
    ///
    /// When the policy is not text and has no YAML form.
    #[cfg(feature = "yaml")]
    pub fn to_yaml(&self) -> Result<String, PolicyError> {
        match &self.0 {
            Form::Text(text) => Ok(text.clone()),
            Form::Json(value) => serde_saphyr::to_string(value)
                .map_err(|error| PolicyError::new(format!("it has no YAML form: {error}"))),
        }
    }

    /// The statements, read from text or from a list. There are none in an empty text or list.
    ///
    /// YAML text is read with the feature `yaml`, and JSON text without it too.
    ///
    /// # Errors
    ///
    /// With everything that is wrong with it, when this is no valid policy, or is one that this version
    /// does not know: an issuer, a scope or a matcher that is new.
    pub fn statements(&self) -> Result<Vec<Statement>, PolicyError> {
        match &self.0 {
            Form::Json(value) => read::statements(value),
            Form::Text(text) if text.is_empty() => Ok(Vec::new()),
            Form::Text(text) => read::statements(&read::text(text)?),
        }
    }

    /// The text, when the policy was given, or returned, as text.
    pub fn as_text(&self) -> Option<&str> {
        match &self.0 {
            Form::Text(text) => Some(text),
            Form::Json(_) => None,
        }
    }

    /// The JSON, when the policy was given, or returned, as a list of statements or in any other form
    /// than text.
    pub fn as_json(&self) -> Option<&Value> {
        match &self.0 {
            Form::Text(_) => None,
            Form::Json(value) => Some(value),
        }
    }
}

impl Serialize for Policy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Form::Text(text) => text.serialize(serializer),
            Form::Json(value) => value.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Policy {
    /// Takes any JSON: what a deployment returns must not make a registry unreadable.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(match Value::deserialize(deserializer)? {
            Value::String(text) => Form::Text(text),
            value => Form::Json(value),
        }))
    }
}

impl From<&str> for Policy {
    /// A policy as YAML text, which the deployment checks.
    fn from(yaml: &str) -> Self {
        Self(Form::Text(yaml.to_owned()))
    }
}

impl From<String> for Policy {
    /// A policy as YAML text, which the deployment checks.
    fn from(yaml: String) -> Self {
        Self(Form::Text(yaml))
    }
}

impl From<Statement> for Policy {
    fn from(statement: Statement) -> Self {
        Self::new([statement])
    }
}

impl From<Vec<Statement>> for Policy {
    fn from(statements: Vec<Statement>) -> Self {
        Self::new(statements)
    }
}

impl From<&str> for Field<Policy> {
    fn from(yaml: &str) -> Self {
        Self::Value(yaml.into())
    }
}

impl From<String> for Field<Policy> {
    fn from(yaml: String) -> Self {
        Self::Value(yaml.into())
    }
}

impl From<Statement> for Field<Policy> {
    fn from(statement: Statement) -> Self {
        Self::Value(statement.into())
    }
}

impl From<Vec<Statement>> for Field<Policy> {
    fn from(statements: Vec<Statement>) -> Self {
        Self::Value(statements.into())
    }
}

/// Why a policy, or a statement, is not valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyError {
    problems: Vec<String>,
}

impl PolicyError {
    fn new(problem: impl Into<String>) -> Self {
        Self { problems: vec![problem.into()] }
    }

    /// `value`, when there are no problems.
    fn unless_empty<T>(problems: Vec<String>, value: T) -> Result<T, Self> {
        if problems.is_empty() { Ok(value) } else { Err(Self { problems }) }
    }

    /// The problems one by one, each with its place.
    pub fn problems(&self) -> &[String] {
        &self.problems
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid policy: {}", self.problems.join("; "))
    }
}

impl std::error::Error for PolicyError {}

impl From<PolicyError> for Error {
    fn from(error: PolicyError) -> Self {
        Self::InvalidParameter(error.to_string())
    }
}
