//! Conversions that make policies pleasant to write.

use crate::{
    Field,
    types::{OidcClaimRule, OidcMatchersMatches, OidcPolicy, OidcScalar, OidcStatement},
};

impl From<&str> for OidcPolicy {
    /// A policy as YAML text.
    fn from(yaml: &str) -> Self {
        Self::String(yaml.to_owned())
    }
}

impl From<String> for OidcPolicy {
    /// A policy as YAML text.
    fn from(yaml: String) -> Self {
        Self::String(yaml)
    }
}

impl From<&str> for Field<OidcPolicy> {
    /// A policy as YAML text.
    fn from(yaml: &str) -> Self {
        Self::Value(yaml.into())
    }
}

impl From<String> for Field<OidcPolicy> {
    /// A policy as YAML text.
    fn from(yaml: String) -> Self {
        Self::Value(yaml.into())
    }
}

impl From<Vec<OidcStatement>> for Field<OidcPolicy> {
    fn from(statements: Vec<OidcStatement>) -> Self {
        Self::Value(statements.into())
    }
}

impl<T: Into<OidcScalar>> From<Option<T>> for OidcScalar {
    /// The value, or null.
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl From<&str> for OidcScalar {
    fn from(value: &str) -> Self {
        Self::String(value.to_owned())
    }
}

impl From<String> for OidcScalar {
    fn from(value: String) -> Self {
        Self::String(value)
    }
}

impl From<&str> for OidcClaimRule {
    /// The claim must equal `value`.
    fn from(value: &str) -> Self {
        Self::Scalar(value.into())
    }
}

impl From<String> for OidcClaimRule {
    /// The claim must equal `value`.
    fn from(value: String) -> Self {
        Self::Scalar(value.into())
    }
}

impl From<&str> for OidcMatchersMatches {
    /// One glob.
    fn from(glob: &str) -> Self {
        Self::String(glob.to_owned())
    }
}

impl From<String> for OidcMatchersMatches {
    /// One glob.
    fn from(glob: String) -> Self {
        Self::String(glob)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;
    use crate::types::OidcMatchers;

    #[test]
    fn a_policy_is_written_as_it_is_meant() {
        let matchers = OidcMatchers::builder()
            .in_(vec!["a".into(), OidcScalar::Number(42.into()), OidcScalar::Null])
            .not_in(vec![])
            .matches("release-*");
        let rules = BTreeMap::from([
            ("organization_slug".to_owned(), "my-org".into()),
            ("build_tag".to_owned(), OidcScalar::from(None::<String>).into()),
            ("pipeline_slug".to_owned(), OidcMatchers::try_from(matchers).unwrap().into()),
        ]);
        let statement = OidcStatement::builder()
            .iss("https://agent.buildkite.com")
            .scopes(vec!["read_packages".to_owned()])
            .claims(rules);
        let policy: Field<OidcPolicy> = vec![OidcStatement::try_from(statement).unwrap()].into();
        assert_eq!(
            serde_json::to_value(policy).unwrap(),
            json!([{
                "iss": "https://agent.buildkite.com",
                "scopes": ["read_packages"],
                "claims": {
                    "organization_slug": "my-org",
                    "build_tag": null,
                    "pipeline_slug": {"in": ["a", 42, null], "not_in": [], "matches": "release-*"},
                },
            }])
        );
        let yaml: Field<OidcPolicy> = "- iss: https://agent.buildkite.com".into();
        assert_eq!(
            serde_json::to_value(yaml).unwrap(),
            json!("- iss: https://agent.buildkite.com")
        );
    }
}
