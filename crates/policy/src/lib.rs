//! OIDC policies of registries: who may do what with the packages of a registry.
//!
//! A policy is a list of statements `{iss, scopes, claims}`, given as YAML text or as a JSON array
//! (documented, Create a registry and OIDC policies). Both become one tree, which is
//! validated against the rules of the policy language. The answer is always a text (client-observed): a
//! text exactly as it was given, an array as YAML that says the same.

mod check;
mod evaluate;
mod json;
mod render;
mod yaml;

use chrono::{DateTime, Utc};

pub use self::evaluate::{Granted, Refused, Verdict};
pub use self::json::Json;

/// What is wrong with a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What kind of problem it is.
    pub kind: Kind,
    /// A sentence, with the statement, the claim and the matcher.
    pub message: String,
}

/// What programs print of a policy that is valid.
pub const VALID: &str = "the policy is valid";

/// What programs print of an empty text, which is no policy.
pub const NO_POLICY: &str = "the text is empty: there is no policy, and no OIDC token is accepted";

/// What programs print of a policy that is not valid: the file, and a line for each problem.
pub fn not_valid(file: &str, problems: &[Problem]) -> String {
    let lines = problems.iter().map(|problem| format!("\n  - {}", problem.message));
    format!("{file}: the policy is not valid:{}", lines.collect::<String>())
}

/// The kinds of problems.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A required property is absent.
    Missing,
    /// The value has another type than is taken there.
    WrongType,
    /// The type is right, the value is not.
    Invalid,
    /// The policy is longer than is stored.
    TooLong,
    /// The policy language has no such property or matcher.
    Unknown,
}

/// A policy that follows the rules, as the YAML text that is stored and returned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OidcPolicy(String);

impl OidcPolicy {
    /// The longest text that is stored (choice).
    const MAX_BYTES: usize = 64 * 1024;

    /// A policy given as YAML text.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it.
    pub fn from_yaml(text: &str) -> Result<Self, Vec<Problem>> {
        if text.len() > Self::MAX_BYTES {
            return Err(vec![too_long()]);
        }
        let node = parse(text).map_err(|reason| {
            let message = format!("oidc_policy is not a policy in plain YAML: {reason}");
            vec![Problem { kind: Kind::Invalid, message }]
        })?;
        checked(&node)?;
        Ok(Self(text.to_owned()))
    }

    /// A policy given as a JSON array of statements.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it, and where it has no form as YAML.
    pub fn from_json(statements: &[Json]) -> Result<Self, Vec<Problem>> {
        let node = Json::Array(statements.to_vec());
        checked(&node)?;
        let text = render::yaml(&node);
        if text.len() > Self::MAX_BYTES {
            return Err(vec![too_long()]);
        }
        // A policy that reads as another one must not be stored.
        if yaml::parse(&text) != Ok(node) {
            let message = "oidc_policy cannot be written as YAML; send it as a string of YAML";
            return Err(vec![Problem { kind: Kind::Invalid, message: message.to_owned() }]);
        }
        Ok(Self(text))
    }

    /// A policy that was valid when it was stored.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What the policy makes of a token with these claims, whose signature was verified elsewhere.
    /// `audience` is what its `aud` has to be.
    pub fn evaluate(&self, claims: &Json, audience: &str, now: DateTime<Utc>) -> Verdict {
        // What is stored was parsed before; were it no policy, it would match no token.
        let policy = parse(&self.0).unwrap_or(Json::Array(Vec::new()));
        let claims = match claims {
            Json::Object(claims) => claims.as_slice(),
            _ => &[],
        };
        evaluate::evaluate(&policy, claims, audience, now)
    }
}

/// A policy as text: YAML, or a JSON array. YAML takes JSON too, but for keys beyond 1024 characters and
/// escapes of surrogate pairs, which programs write for emoji.
fn parse(text: &str) -> Result<Json, String> {
    yaml::parse(text).or_else(|reason| match Json::parse(text.as_bytes()) {
        Ok(statements @ Json::Array(_)) => Ok(statements),
        _ => Err(reason),
    })
}

fn checked(node: &Json) -> Result<(), Vec<Problem>> {
    let problems = check::problems(node);
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

fn too_long() -> Problem {
    let message = format!("oidc_policy must not be longer than {} bytes", OidcPolicy::MAX_BYTES);
    Problem { kind: Kind::TooLong, message }
}

/// A text that the caller gave, in quotes and with everything escaped that cannot be seen. It is
/// cut at a readable length: a name may be as long as a body, and stands in the message of every
/// problem below it.
pub fn shown(text: &str) -> String {
    const MAX_CHARS: usize = 80;
    match text.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => format!("{:?}", format!("{}\u{2026}", &text[..end])),
        None => format!("{text:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from_json(text: &str) -> Result<OidcPolicy, Vec<Problem>> {
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
        let given = Json::Array(statements.clone());
        let policy = OidcPolicy::from_json(&statements).unwrap();
        assert_eq!(yaml::parse(policy.as_str()), Ok(given), "{}", policy.as_str());
        assert_eq!(OidcPolicy::from_yaml(policy.as_str()), Ok(policy));
    }

    #[test]
    fn whatever_is_accepted_can_be_read_back() {
        let emoji = "\u{1f33b}".repeat(1_023);
        let escaped = "\\u0000\\\"".repeat(200);
        let long = "x".repeat(5_000);
        for claim in [&*emoji, &escaped, &long, &long[..998], &long[..999], &long[..1_025]] {
            for value in ["1e300", "-1e-7", "1e20", "null", "[]", r#""\u0000""#, "{}"] {
                let text = format!(
                    r#"[{{"iss": "https://agent.buildkite.com",
                        "claims": {{"a": 1, "{claim}": {{"in": [{value}]}}, "z": {value}}}}}]"#
                );
                let Json::Array(statements) = Json::parse(text.as_bytes()).unwrap() else {
                    panic!("not an array")
                };
                let given = Json::Array(statements.clone());
                for policy in [OidcPolicy::from_json(&statements), OidcPolicy::from_yaml(&text)]
                    .into_iter()
                    .flatten()
                {
                    assert_eq!(parse(policy.as_str()).as_ref(), Ok(&given), "{}", policy.as_str());
                }
                let is_scalar = !value.starts_with(['[', '{']);
                assert_eq!(OidcPolicy::from_json(&statements).is_ok(), is_scalar, "{value}");
                assert_eq!(OidcPolicy::from_yaml(&text).is_ok(), is_scalar, "{value}");
            }
        }
    }

    #[test]
    fn floats_are_written_so_that_every_version_of_yaml_reads_them_as_floats() {
        let policy = from_json(
            r#"[{"iss": "https://agent.buildkite.com",
                 "claims": {"a": {"in": [1e20, 1.5e-9, 2.0, -1e300]}}}]"#,
        );
        let policy = policy.unwrap();
        for float in ["- 1.0e+20\n", "- 1.5e-9\n", "- 2.0\n", "- -1.0e+300\n"] {
            assert!(policy.as_str().contains(float), "{}", policy.as_str());
        }
    }

    #[test]
    fn an_empty_list_lets_nobody_in() {
        assert_eq!(from_json("[]").unwrap().as_str(), "[]\n");
        assert!(OidcPolicy::from_yaml("[]").is_ok());
    }

    #[test]
    fn long_policies_and_long_lists_of_problems_are_cut() {
        let text = format!("# {}\n[]", "x".repeat(OidcPolicy::MAX_BYTES));
        assert_eq!(OidcPolicy::from_yaml(&text).unwrap_err()[0].kind, Kind::TooLong);
        let value = "x".repeat(OidcPolicy::MAX_BYTES);
        let array =
            format!(r#"[{{"iss": "https://agent.buildkite.com", "claims": {{"a": "{value}"}}}}]"#);
        assert_eq!(from_json(&array).unwrap_err()[0].kind, Kind::TooLong);
        let problems = from_json(&format!("[{}1]", "1,".repeat(50))).unwrap_err();
        assert_eq!(problems.len(), 21);
        assert_eq!(problems[20].message, "oidc_policy has 31 more problems");
    }
}
