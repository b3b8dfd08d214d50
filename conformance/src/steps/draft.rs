//! What of a request depends on the run.

use serde_json::Value;

use crate::observed::NotJudged;

/// What of a request depends on the run: the values of its path, its query and its body.
#[derive(Clone, Debug, Default)]
pub(crate) struct Draft {
    /// The values of path parameters, by their names in the contract.
    pub(crate) path: Vec<(&'static str, String)>,
    /// The body.
    pub(crate) body: Option<String>,
    /// The query, for a part of a list.
    pub(crate) query: Option<&'static str>,
    /// Whether a create goes without the team that registries are created for.
    pub(crate) names_no_team: bool,
}

impl Draft {
    /// Puts a value where the path has this parameter.
    #[must_use]
    pub(crate) fn with(mut self, parameter: &'static str, value: impl Into<String>) -> Self {
        self.path.retain(|(name, _)| *name != parameter);
        self.path.push((parameter, value.into()));
        self
    }

    /// Of another organization than the run's.
    #[must_use]
    pub(crate) fn organization(self, slug: impl Into<String>) -> Self {
        self.with("org_slug", slug)
    }

    /// To a registry, by its slug.
    pub(crate) fn registry(slug: impl Into<String>) -> Self {
        Self::default().with("registry_slug", slug)
    }

    /// To a token of that registry, by its id.
    #[must_use]
    pub(crate) fn token(self, id: impl Into<String>) -> Self {
        self.with("token_id", id)
    }

    /// With a body.
    #[must_use]
    pub(crate) fn body(self, body: &Value) -> Self {
        Self { body: Some(body.to_string()), ..self }
    }

    /// With a body as it is written, JSON or not.
    #[must_use]
    pub(crate) fn raw(self, body: String) -> Self {
        Self { body: Some(body), ..self }
    }

    /// The value of a path parameter.
    pub(crate) fn value(&self, parameter: &str) -> Option<&str> {
        self.path.iter().find(|(name, _)| *name == parameter).map(|(_, value)| value.as_str())
    }
}

/// A request that depends on nothing.
#[expect(clippy::unnecessary_wraps, reason = "every draft has this type")]
pub(crate) fn nothing() -> Result<Draft, NotJudged> {
    Ok(Draft::default())
}

/// A request with a body and no values in its path.
#[expect(clippy::unnecessary_wraps, reason = "every draft has this type")]
pub(crate) fn create(body: &Value) -> Result<Draft, NotJudged> {
    Ok(Draft::default().body(body))
}

/// A request about a registry.
#[expect(clippy::unnecessary_wraps, reason = "every draft has this type")]
pub(crate) fn get(slug: String) -> Result<Draft, NotJudged> {
    Ok(Draft::registry(slug))
}

/// A request that changes a registry.
#[expect(clippy::unnecessary_wraps, reason = "every draft has this type")]
pub(crate) fn update(slug: String, body: &Value) -> Result<Draft, NotJudged> {
    Ok(Draft::registry(slug).body(body))
}
