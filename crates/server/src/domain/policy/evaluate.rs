//! What a policy makes of an OIDC token (documented, OIDC in package registries).
//!
//! Where the documentation leaves something open, the reading is the one that lets fewer people in
//! (choice): a rule about a claim that the token does not have does not hold, whatever its matchers;
//! nor does one about a claim that is a list or a map; a number equals no text; `matches` does not
//! hold for a claim that is not a string. One reading lets more people in: a token need not have
//! `nbf` (choice), which not every issuer sends.

use chrono::{DateTime, Utc};

use super::{Node, Scalar};
use crate::domain::json::Json;

/// What a token may do, and which statement says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Granted {
    /// The first statement that matches, counted from 1.
    pub(crate) statement: usize,
    pub(crate) scopes: Vec<String>,
}

/// Why a token may do nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The token itself is not in order, in each of these ways.
    Token(Vec<String>),
    /// No statement matches: why the first one does not, why the second one does not, and so on.
    NoStatement(Vec<String>),
}

/// The scopes of a statement that names none: a token that complies can read and write packages
/// (documented, OIDC in package registries).
const DEFAULT_SCOPES: [&str; 2] = ["read_packages", "write_packages"];

/// The longest time between `iat` and `exp`, in seconds (documented, OIDC token requirements).
const MAX_LIFETIME: f64 = 300.0;

/// Holds the claims of a token, whose signature was verified elsewhere, against a valid policy.
/// `audience` is what `aud` has to be.
pub(super) fn evaluate(
    policy: &Node,
    claims: &[(String, Json)],
    audience: &str,
    now: DateTime<Utc>,
) -> Result<Granted, Refused> {
    let token = Token { claims };
    let problems = token.problems(audience, now);
    if !problems.is_empty() {
        return Err(Refused::Token(problems));
    }
    let statements = list(policy);
    let mut reasons = Vec::with_capacity(statements.len());
    for (index, statement) in statements.iter().enumerate() {
        match token.fails(statement) {
            None => return Ok(Granted { statement: index + 1, scopes: scopes(statement) }),
            Some(reason) => reasons.push(reason),
        }
    }
    Err(Refused::NoStatement(reasons))
}

/// The claims of a token.
struct Token<'a> {
    claims: &'a [(String, Json)],
}

impl<'a> Token<'a> {
    fn claim(&self, name: &str) -> Option<&'a Json> {
        self.claims.iter().find(|(claim, _)| claim == name).map(|(_, value)| value)
    }

    /// In what the token is not as every token has to be.
    fn problems(&self, audience: &str, now: DateTime<Utc>) -> Vec<String> {
        #[expect(clippy::cast_precision_loss, reason = "milliseconds of this age fit exactly")]
        let now = now.timestamp_millis() as f64 / 1000.0;
        let mut problems = Vec::new();
        let (issued, expires) = (self.time("iat"), self.time("exp"));
        match issued {
            None => problems.push("iat is missing or no time".to_owned()),
            Some(issued) if issued > now => problems.push("iat is not in the past".to_owned()),
            Some(_) => {}
        }
        // Not every issuer sends it.
        if self.claim("nbf").is_some() {
            match self.time("nbf") {
                None => problems.push("nbf is no time".to_owned()),
                Some(begins) if begins > now => problems.push("nbf is not in the past".to_owned()),
                Some(_) => {}
            }
        }
        match expires {
            None => problems.push("exp is missing or no time".to_owned()),
            Some(expires) if expires <= now => {
                problems.push("exp is not in the future".to_owned());
            }
            Some(_) => {}
        }
        if let (Some(issued), Some(expires)) = (issued, expires)
            && expires - issued > MAX_LIFETIME
        {
            problems.push("exp is more than 5 minutes after iat".to_owned());
        }
        if !matches!(self.claim("aud"), Some(Json::Text(aud)) if aud == audience) {
            problems.push(format!("aud is not {audience}"));
        }
        problems
    }

    /// A claim that is a time, in seconds since 1970.
    #[expect(clippy::cast_precision_loss, reason = "times of this age fit exactly")]
    fn time(&self, name: &str) -> Option<f64> {
        match self.claim(name)? {
            Json::Integer(seconds) => Some(*seconds as f64),
            Json::Float(seconds) => Some(*seconds),
            _ => None,
        }
    }

    /// Why a statement does not match, if it does not: the issuer is another one, or the first of
    /// its rules that does not hold.
    fn fails(&self, statement: &Node) -> Option<String> {
        let Some(issuer) = get(statement, "iss") else { return Some("it has no iss".to_owned()) };
        if !self.claim("iss").is_some_and(|claim| equals(claim, issuer)) {
            return Some(format!("iss is not {}", shown(issuer)));
        }
        let rules = get(statement, "claims").map(entries).unwrap_or_default();
        rules.iter().find_map(|(claim, rule)| self.breaks(claim, rule))
    }

    /// Why a rule does not hold, if it does not. A scalar is the same as `equals`; of several
    /// matchers all must hold.
    fn breaks(&self, claim: &str, rule: &Node) -> Option<String> {
        let Some(value) = self.claim(claim) else { return Some(format!("there is no {claim}")) };
        let failing = match rule {
            Node::Map(matchers) => matchers
                .iter()
                .find(|(matcher, expected)| !holds(matcher, value, expected))
                .map(|(matcher, expected)| (matcher.as_str(), expected)),
            scalar => (!equals(value, scalar)).then_some(("equals", scalar)),
        };
        failing.map(|(matcher, expected)| {
            format!("{claim}: {matcher} {} does not hold", shown(expected))
        })
    }
}

fn holds(matcher: &str, value: &Json, expected: &Node) -> bool {
    match matcher {
        "equals" => equals(value, expected),
        "not_equals" => is_scalar(value) && !equals(value, expected),
        "in" => list(expected).iter().any(|one| equals(value, one)),
        "not_in" => is_scalar(value) && !list(expected).iter().any(|one| equals(value, one)),
        "matches" => {
            let Json::Text(text) = value else { return false };
            let globs = match expected {
                Node::List(globs) => globs.as_slice(),
                glob => std::slice::from_ref(glob),
            };
            globs.iter().any(
                |glob| matches!(glob, Node::Scalar(Scalar::Text(glob)) if matches_glob(text, glob)),
            )
        }
        _ => false,
    }
}

fn is_scalar(value: &Json) -> bool {
    !matches!(value, Json::Null | Json::Array(_) | Json::Object(_))
}

/// Whether a claim and a value of a policy are the same scalar. `1` and `1.0` are the same number.
#[expect(clippy::float_cmp, reason = "equal is what the matcher asks for")]
#[expect(clippy::cast_precision_loss, reason = "the other side is a float that lost it before")]
fn equals(value: &Json, expected: &Node) -> bool {
    let Node::Scalar(expected) = expected else { return false };
    match (value, expected) {
        (Json::Text(value), Scalar::Text(expected)) => value == expected,
        (Json::Bool(value), Scalar::Bool(expected)) => value == expected,
        (Json::Integer(value), Scalar::Integer(expected)) => value == expected,
        (Json::Float(value), Scalar::Float(expected)) => value == expected,
        (Json::Integer(value), Scalar::Float(expected)) => *value as f64 == *expected,
        (Json::Float(value), Scalar::Integer(expected)) => *value == *expected as f64,
        _ => false,
    }
}

/// Whether all of `text` is as `glob` says: `*` stands for any characters, also none, and `?` for
/// one. The time it takes grows with the product of both lengths at most.
fn matches_glob(text: &str, glob: &str) -> bool {
    let (text, glob): (Vec<char>, Vec<char>) = (text.chars().collect(), glob.chars().collect());
    let (mut t, mut g) = (0, 0);
    // Where the last `*` stands, and the text that it does not cover yet.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match glob.get(g) {
            Some('*') => {
                star = Some((g, t));
                g += 1;
            }
            Some(c) if *c == '?' || *c == text[t] => {
                t += 1;
                g += 1;
            }
            _ => {
                let Some((at, covered)) = star else { return false };
                star = Some((at, covered + 1));
                (t, g) = (covered + 1, at + 1);
            }
        }
    }
    glob[g..].iter().all(|c| *c == '*')
}

fn scopes(statement: &Node) -> Vec<String> {
    let named = get(statement, "scopes").map(list).unwrap_or_default();
    let mut scopes: Vec<String> = named
        .iter()
        .filter_map(|scope| match scope {
            Node::Scalar(Scalar::Text(scope)) => Some(scope.clone()),
            _ => None,
        })
        .collect();
    if scopes.is_empty() {
        scopes = DEFAULT_SCOPES.map(str::to_owned).to_vec();
    }
    scopes
}

fn get<'a>(map: &'a Node, name: &str) -> Option<&'a Node> {
    entries(map).iter().find(|(key, _)| key == name).map(|(_, value)| value)
}

fn entries(node: &Node) -> &[(String, Node)] {
    match node {
        Node::Map(entries) => entries,
        _ => &[],
    }
}

fn list(node: &Node) -> &[Node] {
    match node {
        Node::List(items) => items,
        _ => &[],
    }
}

fn shown(node: &Node) -> String {
    match node {
        Node::Scalar(Scalar::Null) => "null".to_owned(),
        Node::Scalar(Scalar::Bool(value)) => value.to_string(),
        Node::Scalar(Scalar::Integer(value)) => value.to_string(),
        Node::Scalar(Scalar::Float(value)) => value.to_string(),
        Node::Scalar(Scalar::Text(text)) => format!("{text:?}"),
        Node::List(items) => {
            format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(", "))
        }
        Node::Map(_) => "a map".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::policy::OidcPolicy;

    const AUDIENCE: &str = "https://packages.buildkite.com/my-org/my-registry";
    const NOW: i64 = 1_800_000_000;

    /// What a policy makes of a token of the agent with more claims.
    fn decide(policy: &str, more: &str) -> Result<Granted, Refused> {
        let token = format!(
            r#"{{"iss": "https://agent.buildkite.com", "aud": "{AUDIENCE}",
                "iat": {}, "nbf": {}, "exp": {}, {more}}}"#,
            NOW - 10,
            NOW - 10,
            NOW + 290
        );
        decide_token(policy, &token)
    }

    fn decide_token(policy: &str, token: &str) -> Result<Granted, Refused> {
        let claims = Json::parse(token.as_bytes()).unwrap();
        let now = DateTime::from_timestamp(NOW, 0).unwrap();
        OidcPolicy::from_yaml(policy).unwrap().evaluate(&claims, AUDIENCE, now)
    }

    /// Whether a rule about the claim `c` holds for a token with that claim.
    fn holds(rule: &str, claim: &str) -> bool {
        let policy = format!("[{{iss: 'https://agent.buildkite.com', claims: {{c: {rule}}}}}]");
        decide(&policy, &format!(r#""c": {claim}"#)).is_ok()
    }

    #[test]
    fn a_scalar_is_the_same_as_equals() {
        for rule in ["main", "{equals: main}"] {
            assert!(holds(rule, r#""main""#));
            assert!(!holds(rule, r#""Main""#) && !holds(rule, r#"["main"]"#));
        }
        assert!(holds("1", "1") && holds("1", "1.0") && !holds("1", r#""1""#));
        assert!(holds("true", "true") && !holds("true", "1"));
    }

    #[test]
    fn not_equals_and_not_in_hold_for_other_scalars() {
        assert!(
            holds("{not_equals: main}", r#""dev""#) && !holds("{not_equals: main}", r#""main""#)
        );
        assert!(holds("{not_in: [a, b]}", r#""c""#) && !holds("{not_in: [a, b]}", r#""b""#));
        assert!(holds("{not_in: [a, b]}", "1") && !holds("{not_in: [a, b]}", "null"));
        assert!(!holds("{not_equals: main}", r#"["main"]"#));
    }

    #[test]
    fn in_holds_for_one_of_the_list() {
        assert!(holds("{in: [a, 1]}", r#""a""#) && holds("{in: [a, 1]}", "1"));
        assert!(!holds("{in: [a, 1]}", r#""1""#));
    }

    #[test]
    fn matches_takes_a_glob_or_a_list_of_globs() {
        assert!(holds("{matches: 'refs/*'}", r#""refs/heads/main""#));
        assert!(holds("{matches: ['x', 'v?.?']}", r#""v1.2""#));
        assert!(!holds("{matches: 'v?'}", r#""v""#) && !holds("{matches: 'a*b'}", r#""a-b-c""#));
    }

    #[test]
    fn matches_is_only_applied_to_strings() {
        assert!(!holds("{matches: '*'}", "1") && !holds("{matches: '*'}", r#"["a"]"#));
        assert!(holds("{matches: '*'}", r#""""#));
    }

    #[test]
    fn globs_are_anchored_and_know_two_signs() {
        for (text, glob, expected) in [
            ("", "", true),
            ("", "*", true),
            ("", "?", false),
            ("abc", "abc", true),
            ("abcd", "abc", false),
            ("aXbXc", "a*b*c", true),
            ("abab", "*ab", true),
            ("a", "**", true),
            ("[a]", "[a]", true),
            ("a", "[a]", false),
            ("\u{1f33b}", "?", true),
        ] {
            assert_eq!(matches_glob(text, glob), expected, "{text:?} {glob:?}");
        }
        assert!(!matches_glob(&"a".repeat(5000), &format!("{}b", "a*".repeat(500))));
    }

    #[test]
    fn all_matchers_of_a_rule_must_hold() {
        let rule = "{matches: 'release/*', not_in: [release/old]}";
        assert!(holds(rule, r#""release/new""#));
        assert!(!holds(rule, r#""release/old""#) && !holds(rule, r#""main""#));
    }

    #[test]
    fn all_rules_of_a_statement_must_hold() {
        let policy = "[{iss: 'https://agent.buildkite.com', claims: {a: 1, b: {not_equals: 2}}}]";
        assert!(decide(policy, r#""a": 1, "b": 1"#).is_ok());
        let refused = |reason: &str| Err(Refused::NoStatement(vec![reason.to_owned()]));
        assert_eq!(decide(policy, r#""a": 2, "b": 1"#), refused("a: equals 1 does not hold"));
        assert_eq!(decide(policy, r#""a": 1, "b": 2"#), refused("b: not_equals 2 does not hold"));
        assert_eq!(decide(policy, r#""a": 1"#), refused("there is no b"));
    }

    #[test]
    fn the_first_statement_that_matches_decides_the_scopes() {
        let policy = "
            - {iss: 'https://token.actions.githubusercontent.com', claims: {a: 1}}
            - {iss: 'https://agent.buildkite.com', claims: {a: 2}, scopes: [delete_packages]}
            - {iss: 'https://agent.buildkite.com', claims: {a: 1}, scopes: [read_packages]}
            - {iss: 'https://agent.buildkite.com', claims: {a: 1}, scopes: [write_packages]}";
        let granted = decide(policy, r#""a": 1"#).unwrap();
        assert_eq!(granted, Granted { statement: 3, scopes: vec!["read_packages".to_owned()] });
        let Err(Refused::NoStatement(reasons)) = decide(policy, r#""a": 3"#) else {
            panic!("a statement matched")
        };
        assert_eq!(reasons.len(), 4);
        assert!(reasons[0].starts_with("iss is not"), "{reasons:?}");
    }

    #[test]
    fn a_statement_without_scopes_reads_and_writes() {
        let policy = "[{iss: 'https://agent.buildkite.com', claims: {a: 1}}]";
        assert_eq!(decide(policy, r#""a": 1"#).unwrap().scopes, DEFAULT_SCOPES);
    }

    #[test]
    fn a_policy_without_statements_lets_nobody_in() {
        assert_eq!(decide("[]", r#""a": 1"#), Err(Refused::NoStatement(Vec::new())));
    }

    #[test]
    fn the_times_of_a_token_must_be_in_order() {
        let policy = "[{iss: 'https://agent.buildkite.com', claims: {a: 1}}]";
        let decide = |times: &str| {
            let token = format!(
                r#"{{"iss": "https://agent.buildkite.com", "aud": "{AUDIENCE}", "a": 1, {times}}}"#
            );
            match decide_token(policy, &token) {
                Ok(_) => Vec::new(),
                Err(Refused::Token(problems)) => problems,
                Err(other) => panic!("{other:?}"),
            }
        };
        let times = |iat: i64, nbf: i64, exp: i64| {
            format!(r#""iat": {}, "nbf": {}, "exp": {}"#, NOW + iat, NOW + nbf, NOW + exp)
        };
        assert!(decide(&times(-1, -1, 299)).is_empty());
        assert!(decide(&times(0, 0, 300)).is_empty());
        assert!(decide(&format!(r#""iat": {NOW}.0, "exp": {}"#, NOW + 1)).is_empty());
        assert_eq!(decide(&times(1, 0, 2)), ["iat is not in the past"]);
        assert_eq!(decide(&times(0, 1, 2)), ["nbf is not in the past"]);
        assert_eq!(decide(&times(-2, -2, 0)), ["exp is not in the future"]);
        assert_eq!(decide(&times(-1, -1, 300)), ["exp is more than 5 minutes after iat"]);
        let none = decide(r#""iat": "now", "nbf": null"#);
        let expected = ["iat is missing or no time", "nbf is no time", "exp is missing or no time"];
        assert_eq!(none, expected);
    }

    #[test]
    fn the_audience_must_be_the_registry() {
        let policy = "[{iss: 'https://agent.buildkite.com', claims: {a: 1}}]";
        for aud in [r#""https://packages.buildkite.com/my-org/other""#, "null", "[]"] {
            let token = format!(
                r#"{{"iss": "https://agent.buildkite.com", "aud": {aud}, "a": 1,
                    "iat": {NOW}, "exp": {}}}"#,
                NOW + 1
            );
            let expected = vec![format!("aud is not {AUDIENCE}")];
            assert_eq!(decide_token(policy, &token), Err(Refused::Token(expected)));
        }
    }

    #[test]
    fn claims_that_are_no_object_are_those_of_no_token() {
        let policy = "[{iss: 'https://agent.buildkite.com', claims: {a: 1}}]";
        assert!(matches!(decide_token(policy, "[]"), Err(Refused::Token(_))));
    }
}
