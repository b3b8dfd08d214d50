//! OIDC policies of registries: who may do what with the packages of a registry.
//!
//! A policy is a list of statements `{iss, scopes, claims}`, given as YAML text or as a JSON array
//! (documented, Create a registry and OIDC policies). Both become one tree of [`Node`]s, which is
//! held against the rules of the policy language. The answer is always a text (client-observed): a
//! text exactly as it was given, an array as YAML that says the same.

mod check;
mod evaluate;
mod render;
mod yaml;

use chrono::{DateTime, Utc};

pub(crate) use self::evaluate::{Granted, Refused};
use super::json::Json;
use super::problem::Code;
use super::properties::Refusal;

/// A policy that follows the rules, as the YAML text that is stored and returned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OidcPolicy(String);

impl OidcPolicy {
    /// The longest text that is stored (choice).
    const MAX_BYTES: usize = 64 * 1024;
    /// How many problems of one policy are told at most (choice): the answer to a policy in which
    /// everything is wrong must not be larger than the policy by orders of magnitude.
    const MAX_PROBLEMS: usize = 20;

    /// A policy given as YAML text.
    pub(crate) fn from_yaml(text: &str) -> Result<Self, Vec<Refusal>> {
        if text.len() > Self::MAX_BYTES {
            return Err(vec![too_long()]);
        }
        let node = yaml::parse(text).map_err(|reason| {
            vec![(Code::Invalid, format!("oidc_policy is not a policy in plain YAML: {reason}"))]
        })?;
        checked(&node)?;
        Ok(Self(text.to_owned()))
    }

    /// A policy given as a JSON array of statements.
    pub(crate) fn from_json(statements: &[Json]) -> Result<Self, Vec<Refusal>> {
        let node = Node::List(statements.iter().map(Node::from).collect());
        checked(&node)?;
        let text = render::yaml(&node);
        if text.len() > Self::MAX_BYTES { Err(vec![too_long()]) } else { Ok(Self(text)) }
    }

    /// A policy that was valid when it was stored.
    pub(crate) fn from_stored(text: String) -> Self {
        Self(text)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// What the policy makes of a token with these claims, whose signature was verified elsewhere.
    /// `audience` is what its `aud` has to be.
    pub(crate) fn evaluate(
        &self,
        claims: &Json,
        audience: &str,
        now: DateTime<Utc>,
    ) -> Result<Granted, Refused> {
        // What is stored was parsed before; were it no policy, it would let nobody in.
        let policy = yaml::parse(&self.0).unwrap_or(Node::List(Vec::new()));
        let claims = match claims {
            Json::Object(claims) => claims.as_slice(),
            _ => &[],
        };
        evaluate::evaluate(&policy, claims, audience, now)
    }
}

/// A value in a policy, whichever notation it was written in.
#[derive(Debug, Clone, PartialEq)]
enum Node {
    Scalar(Scalar),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

#[derive(Debug, Clone, PartialEq)]
enum Scalar {
    Null,
    Bool(bool),
    Integer(i128),
    Float(f64),
    Text(String),
}

impl From<&Json> for Node {
    fn from(json: &Json) -> Self {
        match json {
            Json::Null => Self::Scalar(Scalar::Null),
            Json::Bool(value) => Self::Scalar(Scalar::Bool(*value)),
            Json::Integer(value) => Self::Scalar(Scalar::Integer(*value)),
            Json::Float(value) => Self::Scalar(Scalar::Float(*value)),
            Json::Text(text) => Self::Scalar(Scalar::Text(text.clone())),
            Json::Array(items) => Self::List(items.iter().map(Self::from).collect()),
            Json::Object(properties) => Self::Map(
                properties.iter().map(|(name, value)| (name.clone(), value.into())).collect(),
            ),
        }
    }
}

fn checked(node: &Node) -> Result<(), Vec<Refusal>> {
    let mut problems = check::problems(node);
    if problems.is_empty() {
        return Ok(());
    }
    let more = problems.len().saturating_sub(OidcPolicy::MAX_PROBLEMS);
    if more > 0 {
        problems.truncate(OidcPolicy::MAX_PROBLEMS);
        problems.push((Code::Invalid, format!("oidc_policy has {more} more problems")));
    }
    Err(problems)
}

fn too_long() -> Refusal {
    let message = format!("oidc_policy must not be longer than {} bytes", OidcPolicy::MAX_BYTES);
    (Code::TooLong, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from_json(text: &str) -> Result<OidcPolicy, Vec<Refusal>> {
        let Json::Array(statements) = Json::parse(text.as_bytes()).unwrap() else {
            panic!("not an array: {text}")
        };
        OidcPolicy::from_json(&statements)
    }

    #[test]
    fn a_text_is_kept_to_the_letter() {
        let text = "# who publishes\n- iss:   https://agent.buildkite.com\n  claims: { a: b }\n";
        assert_eq!(OidcPolicy::from_yaml(text).unwrap().as_str(), text);
    }

    #[test]
    fn an_array_becomes_yaml() {
        let policy = from_json(
            r#"[{"iss": "https://agent.buildkite.com",
                 "claims": {"organization_slug": "my-org",
                            "pipeline_slug": {"in": ["my-pipeline", "my-other-pipeline"]}}}]"#,
        );
        assert_eq!(
            policy.unwrap().as_str(),
            "- iss: \"https://agent.buildkite.com\"\n  claims:\n    \
             organization_slug: \"my-org\"\n    pipeline_slug:\n      in:\n        \
             - \"my-pipeline\"\n        - \"my-other-pipeline\"\n"
        );
    }

    #[test]
    fn an_array_and_its_yaml_say_the_same() {
        let hostile = r#"[{"iss": "https://token.actions.githubusercontent.com",
            "scopes": ["read_packages", "delete_packages"],
            "claims": {
                "n": 1, "big": 18446744073709551615, "f": 1.5, "e": 1e300, "neg": -0.0,
                "yes": true, "no": {"equals": "no", "not_equals": false},
                "null": "null", "~": "~", "": "", "a b": ": - #", "- x": "*alias", "'": "\"\\",
                "ctl": "\u0001\u0007\u007f\u0085\u2028\ufeff\n\t", "uni": "ü🌻\u00a0",
                "oct": {"in": ["0o7", "007", "0x1F", ".5", "1_000", "2026-01-01", "=", "<<"]},
                "glob": {"matches": "refs/*"}, "globs": {"matches": ["a?", "!b", "%c", "@d", "`e"]}
            }}]"#;
        let Json::Array(statements) = Json::parse(hostile.as_bytes()).unwrap() else {
            panic!("not an array")
        };
        let given = Node::List(statements.iter().map(Node::from).collect());
        let policy = OidcPolicy::from_json(&statements).unwrap();
        assert_eq!(yaml::parse(policy.as_str()), Ok(given), "{}", policy.as_str());
        assert_eq!(OidcPolicy::from_yaml(policy.as_str()), Ok(policy));
    }

    #[test]
    fn an_empty_list_lets_nobody_in() {
        assert_eq!(from_json("[]").unwrap().as_str(), "[]\n");
        assert!(OidcPolicy::from_yaml("[]").is_ok());
    }

    #[test]
    fn long_policies_and_long_lists_of_problems_are_cut() {
        let text = format!("# {}\n[]", "x".repeat(OidcPolicy::MAX_BYTES));
        assert_eq!(OidcPolicy::from_yaml(&text).unwrap_err()[0].0, Code::TooLong);
        let value = "x".repeat(OidcPolicy::MAX_BYTES);
        let array =
            format!(r#"[{{"iss": "https://agent.buildkite.com", "claims": {{"a": "{value}"}}}}]"#);
        assert_eq!(from_json(&array).unwrap_err()[0].0, Code::TooLong);
        let problems = from_json(&format!("[{}1]", "1,".repeat(50))).unwrap_err();
        assert_eq!(problems.len(), 21);
        assert_eq!(problems[20].1, "oidc_policy has 31 more problems");
    }
}
