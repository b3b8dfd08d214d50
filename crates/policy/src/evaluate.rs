//! What a policy makes of an OIDC token (documented, OIDC in package registries).
//!
//! Where the documentation leaves something open, the reading is the one that lets fewer people in
//! (choice): a rule about a claim that the token does not have does not match, whatever its matchers;
//! nor does one about a claim that is a list or a map; a number equals no text; `matches` does not
//! hold for a claim that is not a string. One reading lets more people in: a token need not have
//! `nbf` (choice), which not every issuer sends.

use chrono::{DateTime, SecondsFormat, Utc};

use super::check::{is_scalar, type_name};
use crate::Json;
use crate::shown as quoted;

/// What a policy makes of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// What the token may do, or why nothing.
    pub outcome: Result<Granted, Refused>,
    /// Matchers that were looked at and may not do what they are meant to.
    pub warnings: Vec<String>,
}

/// What a token may do, and which statement says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Granted {
    /// The first statement that matches, counted from 1.
    pub statement: usize,
    /// What it may do, such as `read_packages`.
    pub scopes: Vec<String>,
}

/// Why a token may do nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
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

/// Compares the claims of a token, whose signature was verified elsewhere, with a valid policy.
/// `audience` is what `aud` has to be.
pub(super) fn evaluate(
    policy: &Json,
    claims: &[(String, Json)],
    audience: &str,
    now: DateTime<Utc>,
) -> Verdict {
    let token = Token { claims };
    let mut warnings = Vec::new();
    let problems = token.problems(audience, now);
    if !problems.is_empty() {
        return Verdict { outcome: Err(Refused::Token(problems)), warnings };
    }
    let statements = list(policy);
    let mut reasons = Vec::with_capacity(statements.len());
    for (index, statement) in statements.iter().enumerate() {
        let number = index + 1;
        token.doubts(number, statement, &mut warnings);
        match token.fails(statement) {
            None => {
                let granted = Granted { statement: number, scopes: scopes(statement) };
                return Verdict { outcome: Ok(granted), warnings };
            }
            Some(reason) => reasons.push(reason),
        }
    }
    Verdict { outcome: Err(Refused::NoStatement(reasons)), warnings }
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
        let issued = self.time("iat", true, &mut problems);
        // Not every issuer sends it.
        let begins = self.time("nbf", false, &mut problems);
        let expires = self.time("exp", true, &mut problems);
        for (name, time) in [("iat", issued), ("nbf", begins)] {
            if let Some(time) = time.filter(|time| *time > now) {
                problems.push(format!("{name} is not in the past: {}", compared(time, now)));
            }
        }
        if let Some(expires) = expires.filter(|expires| *expires <= now) {
            problems.push(format!("exp is not in the future: {}", compared(expires, now)));
        }
        if let (Some(issued), Some(expires)) = (issued, expires)
            && expires - issued > MAX_LIFETIME
        {
            let lifetime = expires - issued;
            problems.push(format!("exp is more than 5 minutes after iat: {lifetime} seconds"));
        }
        problems.extend(self.audience_problem(audience));
        problems
    }

    /// A claim that is a time, in seconds since 1970; what is none is a problem.
    #[expect(clippy::cast_precision_loss, reason = "times of this age fit exactly")]
    fn time(&self, name: &str, required: bool, problems: &mut Vec<String>) -> Option<f64> {
        match self.claim(name) {
            Some(Json::Integer(seconds)) => return Some(*seconds as f64),
            Some(Json::Float(seconds)) => return Some(*seconds),
            Some(other) => problems.push(format!(
                "{name} is no time: it is {}, and must be a number of seconds since 1970",
                typed(other)
            )),
            None if required => problems.push(format!("{name} is missing")),
            None => {}
        }
        None
    }

    /// `aud` is one text (documented, OIDC token requirements), although a JWT may have a list there.
    fn audience_problem(&self, audience: &str) -> Option<String> {
        match self.claim("aud") {
            Some(Json::Text(aud)) if aud == audience => None,
            Some(Json::Text(aud)) => Some(format!("aud is not {audience}: it is {}", quoted(aud))),
            Some(aud @ Json::Array(_)) => {
                Some(format!("aud is a list, {}; it must be the string {audience}", aud.shown()))
            }
            Some(other) => Some(format!("aud is not {audience}: it is {}", typed(other))),
            None => Some(format!("aud is missing; it must be {audience}")),
        }
    }

    /// Why a statement does not match, if it does not: the issuer is another one, or the first of
    /// its rules that does not match.
    fn fails(&self, statement: &Json) -> Option<String> {
        let Some(issuer) = get(statement, "iss") else { return Some("it has no iss".to_owned()) };
        match self.claim("iss") {
            Some(claim) if equals(claim, issuer) => {}
            Some(claim) => return Some(unequal("iss", "equals", issuer, claim)),
            None => return Some("the token has no iss".to_owned()),
        }
        let rules = get(statement, "claims").map(entries).unwrap_or_default();
        rules.iter().find_map(|(claim, rule)| self.breaks(claim, rule))
    }

    /// Why a rule does not match, if it does not. A scalar is the same as `equals`; of several
    /// matchers all must hold.
    fn breaks(&self, claim: &str, rule: &Json) -> Option<String> {
        let Some(value) = self.claim(claim) else {
            return Some(format!("the token has no {}", name(claim)));
        };
        matchers(rule)
            .find(|(matcher, expected)| !matches_value(matcher, value, expected))
            .map(|(matcher, expected)| unequal(claim, matcher, expected, value))
    }

    /// Adds the matchers of a statement that are applied to a value of another type than they are
    /// for: the author may have meant something else.
    fn doubts(&self, number: usize, statement: &Json, warnings: &mut Vec<String>) {
        let is_issuer = |issuer| self.claim("iss").is_some_and(|claim| equals(claim, issuer));
        if !get(statement, "iss").is_some_and(is_issuer) {
            return;
        }
        for (claim, rule) in get(statement, "claims").map(entries).unwrap_or_default() {
            let Some(value) = self.claim(claim) else { continue };
            for (matcher, expected) in matchers(rule) {
                let doubt = match (matcher, value) {
                    ("matches", Json::Text(_)) => continue,
                    ("matches", _) => {
                        "`matches` is documented for strings only; on other types it does not match here"
                    }
                    ("not_equals" | "not_in", _)
                        if matches_value(matcher, value, expected)
                            && !has_type_of(expected, value) =>
                    {
                        "it matches because the types differ"
                    }
                    _ => continue,
                };
                warnings.push(format!(
                    "statement {number}, claim {}: {matcher} {} is applied to {}: {doubt}",
                    name(claim),
                    shown(expected),
                    typed(value)
                ));
            }
        }
    }
}

/// The matchers of a rule with what they compare to.
fn matchers(rule: &Json) -> Box<dyn Iterator<Item = (&str, &Json)> + '_> {
    match rule {
        Json::Object(matchers) => {
            Box::new(matchers.iter().map(|(matcher, expected)| (matcher.as_str(), expected)))
        }
        scalar => Box::new(std::iter::once(("equals", scalar))),
    }
}

fn matches_value(matcher: &str, value: &Json, expected: &Json) -> bool {
    match matcher {
        "equals" => equals(value, expected),
        "not_equals" => is_scalar(value) && !equals(value, expected),
        "in" => list(expected).iter().any(|one| equals(value, one)),
        "not_in" => is_scalar(value) && !list(expected).iter().any(|one| equals(value, one)),
        "matches" => {
            let Json::Text(text) = value else { return false };
            operands(expected)
                .iter()
                .any(|glob| matches!(glob, Json::Text(glob) if matches_glob(text, glob)))
        }
        _ => false,
    }
}

/// What a matcher compares with, one value or several.
fn operands(expected: &Json) -> &[Json] {
    match expected {
        Json::Array(items) => items,
        one => std::slice::from_ref(one),
    }
}

/// Whether a value has the type of one of those that it is compared with.
fn has_type_of(expected: &Json, value: &Json) -> bool {
    operands(expected).iter().any(|one| type_name(one) == value.type_name())
}

/// Why a matcher does not match, with the value of the token, and both types where they differ.
fn unequal(claim: &str, matcher: &str, expected: &Json, value: &Json) -> String {
    let mut types: Vec<&str> = Vec::new();
    for one in operands(expected).iter().map(type_name) {
        if !types.contains(&one) {
            types.push(one);
        }
    }
    let mismatch = if types.contains(&value.type_name()) {
        String::new()
    } else {
        format!(" ({}, not {})", value.type_name(), types.join(" or "))
    };
    let (claim, expected, value) = (name(claim), shown(expected), value.shown());
    format!("{claim}: {matcher} {expected} does not match; the token has {value}{mismatch}")
}

/// The name of a claim as it is, or in quotes where it is no word.
fn name(claim: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./:@".contains(c);
    let is_word = (1..=80).contains(&claim.len()) && claim.chars().all(is_plain);
    if is_word { claim.to_owned() } else { quoted(claim) }
}

/// A value with its type, unless that is its own name.
fn typed(value: &Json) -> String {
    match value {
        Json::Null => "null".to_owned(),
        other => format!("{} ({})", other.shown(), other.type_name()),
    }
}

/// A time of a token beside the time at which it is looked at.
fn compared(time: f64, now: f64) -> String {
    format!("it is {}, and the time is {}", instant(time), instant(now))
}

/// Seconds since 1970 as people read them, where they are a time at all.
#[expect(clippy::cast_possible_truncation, reason = "beyond an integer there is no time either")]
fn instant(seconds: f64) -> String {
    match DateTime::from_timestamp_millis((seconds * 1000.0) as i64) {
        Some(time) => time.to_rfc3339_opts(SecondsFormat::AutoSi, true),
        None => format!("{seconds:?}"),
    }
}

/// Whether a claim and a value of a policy are the same scalar. `1` and `1.0` are the same number.
#[expect(clippy::float_cmp, reason = "equal is what the matcher asks for")]
#[expect(clippy::cast_precision_loss, reason = "the other side is a float that lost it before")]
fn equals(value: &Json, expected: &Json) -> bool {
    match (value, expected) {
        (Json::Null, Json::Null) => true,
        (Json::Text(value), Json::Text(expected)) => value == expected,
        (Json::Bool(value), Json::Bool(expected)) => value == expected,
        (Json::Integer(value), Json::Integer(expected)) => value == expected,
        (Json::Float(value), Json::Float(expected)) => value == expected,
        (Json::Integer(value), Json::Float(expected)) => *value as f64 == *expected,
        (Json::Float(value), Json::Integer(expected)) => *value == *expected as f64,
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

fn scopes(statement: &Json) -> Vec<String> {
    let named = get(statement, "scopes").map(list).unwrap_or_default();
    let mut scopes: Vec<String> = named
        .iter()
        .filter_map(|scope| match scope {
            Json::Text(scope) => Some(scope.clone()),
            _ => None,
        })
        .collect();
    if scopes.is_empty() {
        scopes = DEFAULT_SCOPES.map(str::to_owned).to_vec();
    }
    scopes
}

fn get<'a>(map: &'a Json, name: &str) -> Option<&'a Json> {
    entries(map).iter().find(|(key, _)| key == name).map(|(_, value)| value)
}

fn entries(node: &Json) -> &[(String, Json)] {
    match node {
        Json::Object(entries) => entries,
        _ => &[],
    }
}

fn list(node: &Json) -> &[Json] {
    match node {
        Json::Array(items) => items,
        _ => &[],
    }
}

/// A value of a policy for messages: in one line, escaped, and cut where it is long.
fn shown(node: &Json) -> String {
    const MAX_ITEMS: usize = 20;
    match node {
        Json::Float(value) => value.to_string(),
        Json::Array(items) => {
            let first = items.iter().take(MAX_ITEMS).map(shown);
            let more = (items.len() > MAX_ITEMS).then(|| "\u{2026}".to_owned());
            format!("[{}]", first.chain(more).collect::<Vec<_>>().join(", "))
        }
        Json::Object(_) => "a map".to_owned(),
        other => other.shown(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OidcPolicy;

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
        OidcPolicy::from_yaml(policy).unwrap().evaluate(&claims, AUDIENCE, now).outcome
    }

    /// Why a rule about the claim `c` does not match for a token with that claim, or that it does.
    fn reason(rule: &str, claim: &str) -> String {
        let policy = format!("[{{iss: 'https://agent.buildkite.com', claims: {{c: {rule}}}}}]");
        match decide(&policy, &format!(r#""c": {claim}"#)) {
            Ok(_) => "matches".to_owned(),
            Err(Refused::NoStatement(reasons)) => reasons.join("\n"),
            Err(other) => panic!("{rule} {claim}: {other:?}"),
        }
    }

    #[test]
    fn a_rule_holds_or_is_shown_with_the_value_of_the_token_and_types_that_differ() {
        let mut rendered = String::new();
        for (rule, claims) in [
            ("main", r#""main" "Main" "dev" ["main"] null"#),
            ("{equals: main}", r#""main" "Main" ["main"]"#),
            ("1", r#"1 1.0 "1" true"#),
            ("'42'", "42"),
            ("true", "true 1"),
            ("null", r#"null "null" 0"#),
            ("~", r#"null "null" 0"#),
            ("{equals: null}", r#"null "null" 0"#),
            ("{in: [a, null]}", r#"null "null" 0"#),
            ("{in: [a, 1, b]}", r#""a" 1 "1" false 2"#),
            ("{not_equals: null}", r#""a" null"#),
            ("{not_equals: main}", r#""dev" "main" ["main",{"b":1},[1]]"#),
            ("{not_in: [a, b]}", r#""c" 1 null "b""#),
            ("{not_in: [null]}", "null"),
            ("{matches: 'refs/*'}", r#""refs/heads/main""#),
            ("{matches: ['x', 'v?.?']}", r#""v1.2" 1.5"#),
            ("{matches: 'v?'}", r#""v""#),
            ("{matches: 'a*b'}", r#""a-b-c""#),
            ("{matches: '*'}", r#""" 1 ["a"] null"#),
            (
                "{matches: 'release/*', not_in: [release/old]}",
                r#""release/new" "release/old" "main""#,
            ),
        ] {
            rendered.extend([format!("{rule}\n")]);
            for claim in claims.split(' ') {
                rendered.extend([format!("    {claim}: {}\n", reason(rule, claim))]);
            }
        }
        insta::assert_snapshot!("rules", rendered);
        // A claim that the token lacks is not one that is null.
        let policy = "[{iss: 'https://agent.buildkite.com', claims: {c: null}}]";
        assert!(decide(policy, r#""d": 1"#).is_err());
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
    fn all_rules_of_a_statement_must_hold() {
        let policy = "[{iss: 'https://agent.buildkite.com', claims: {a: 1, b: {not_equals: 2}}}]";
        assert!(decide(policy, r#""a": 1, "b": 1"#).is_ok());
        let refused = |reason: &str| Err(Refused::NoStatement(vec![reason.to_owned()]));
        assert_eq!(
            decide(policy, r#""a": 2, "b": 1"#),
            refused("a: equals 1 does not match; the token has 2")
        );
        assert_eq!(
            decide(policy, r#""a": 1, "b": 2"#),
            refused("b: not_equals 2 does not match; the token has 2")
        );
        assert_eq!(decide(policy, r#""a": 1"#), refused("the token has no b"));
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
        assert_eq!(
            reasons[0],
            "iss: equals \"https://token.actions.githubusercontent.com\" does not match; the token has \
             \"https://agent.buildkite.com\""
        );
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
        let wrong = [
            times(1, 0, 2),
            times(0, 1, 2),
            times(-2, -2, 0),
            times(-1, -1, 300),
            r#""iat": "now", "nbf": null"#.to_owned(),
        ];
        insta::assert_snapshot!("times", wrong.map(|times| decide(&times).join("\n")).join("\n"));
        // Times of any size are times, or printed as the numbers that they are.
        for time in ["1e300", "-1e300", "170141183460469231731687303715884105727"] {
            decide(&format!(r#""iat": {time}, "nbf": {time}, "exp": {time}"#));
        }
    }

    #[test]
    fn the_audience_must_be_the_registry() {
        let policy = "[{iss: 'https://agent.buildkite.com', claims: {a: 1}}]";
        let list = format!(r#"["{AUDIENCE}"]"#);
        for (aud, expected) in [
            (
                r#""https://packages.buildkite.com/my-org/other""#,
                format!(
                    "aud is not {AUDIENCE}: it is \"https://packages.buildkite.com/my-org/other\""
                ),
            ),
            ("null", format!("aud is not {AUDIENCE}: it is null")),
            ("1", format!("aud is not {AUDIENCE}: it is 1 (a number)")),
            ("[]", format!("aud is a list, []; it must be the string {AUDIENCE}")),
            (&list, format!("aud is a list, {list}; it must be the string {AUDIENCE}")),
        ] {
            let token = format!(
                r#"{{"iss": "https://agent.buildkite.com", "aud": {aud}, "a": 1,
                    "iat": {NOW}, "exp": {}}}"#,
                NOW + 1
            );
            assert_eq!(decide_token(policy, &token), Err(Refused::Token(vec![expected])));
        }
    }

    #[test]
    fn what_is_shown_is_one_escaped_line_of_bounded_length() {
        let policy =
            r#"[{iss: 'https://agent.buildkite.com', claims: {"c\e\u202e": "a\n\u2028\e"}}]"#;
        let long = "x".repeat(100_000);
        for claim in [r#""\u001b[31m\n\u202e\u0085""#.to_owned(), format!("\"{long}\"")] {
            let Err(Refused::NoStatement(reasons)) =
                decide(policy, &format!(r#""c\u001b\u202e": {claim}"#))
            else {
                panic!("a statement matched")
            };
            let is_plain = |c: char| !c.is_control() && !"\u{202e}\u{2028}".contains(c);
            assert!(reasons[0].chars().all(is_plain), "{reasons:?}");
            assert!(reasons[0].len() < 500, "{reasons:?}");
        }
        let many = vec!["\"x\""; 10_000].join(", ");
        assert!(reason("a", &format!("[{many}]")).len() < 500);
    }

    #[test]
    fn matchers_for_another_type_than_the_claim_has_are_warned_of() {
        let policy = "
            - {iss: 'https://token.actions.githubusercontent.com', claims: {n: {matches: '*'}}}
            - {iss: 'https://agent.buildkite.com', claims: {n: {matches: ['4*']}}}
            - {iss: 'https://agent.buildkite.com', claims: {n: {not_in: ['42', '43']}, s: {matches: 'a'}}}
            - {iss: 'https://agent.buildkite.com', claims: {n: {matches: '?'}}}";
        let token = format!(
            r#"{{"iss": "https://agent.buildkite.com", "aud": "{AUDIENCE}", "iat": {NOW},
                "exp": {}, "n": 42, "s": "a"}}"#,
            NOW + 1
        );
        let claims = Json::parse(token.as_bytes()).unwrap();
        let now = DateTime::from_timestamp(NOW, 0).unwrap();
        let verdict = OidcPolicy::from_yaml(policy).unwrap().evaluate(&claims, AUDIENCE, now);
        assert_eq!(verdict.outcome.unwrap().statement, 3);
        assert_eq!(
            verdict.warnings,
            [
                "statement 2, claim n: matches [\"4*\"] is applied to 42 (a number): `matches` is \
                 documented for strings only; on other types it does not match here",
                "statement 3, claim n: not_in [\"42\", \"43\"] is applied to 42 (a number): it matches \
                 because the types differ",
            ]
        );
    }

    #[test]
    fn claims_that_are_no_object_are_those_of_no_token() {
        let policy = "[{iss: 'https://agent.buildkite.com', claims: {a: 1}}]";
        assert!(matches!(decide_token(policy, "[]"), Err(Refused::Token(_))));
    }
}
