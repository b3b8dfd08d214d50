//! The rules of the policy language (documented, OIDC policies).

use crate::Json;
use crate::{Kind, Problem, shown};

/// Everything in which a policy breaks the rules, with the statement, the claim and the matcher.
///
/// Statements are counted from 1. Where the documentation leaves something open, the stricter
/// interpretation applies (choice). A statement must name claims, since without them it would match
/// every token of its issuer. `scopes` may be left out, as in the documented example, but not be
/// empty. A policy without statements matches no token.
pub(super) fn problems(policy: &Json) -> Vec<Problem> {
    let mut problems = Problems::default();
    match policy {
        Json::Array(statements) => {
            for (index, statement) in statements.iter().enumerate() {
                let place = format!("statement {}", index + 1);
                check_statement(&place, statement, &mut problems);
            }
        }
        other => problems.add(Kind::WrongType, || {
            format!("oidc_policy must be a list of statements, not {}", type_name(other))
        }),
    }
    problems.into_problems()
}

/// The problems that were found: the first ones, and how many more there are. A body full of problems
/// costs no more than its own size.
#[derive(Default)]
struct Problems {
    first: Vec<Problem>,
    more: usize,
}

impl Problems {
    /// How many problems of one policy are reported at most (choice).
    const MAX: usize = 20;

    /// Adds a problem, whose message is made only if it is kept.
    fn add(&mut self, kind: Kind, message: impl FnOnce() -> String) {
        if self.first.len() < Self::MAX {
            self.first.push(Problem { kind, message: message() });
        } else {
            self.more += 1;
        }
    }

    fn into_problems(self) -> Vec<Problem> {
        let Self { first: mut problems, more } = self;
        if more > 0 {
            let message = format!("oidc_policy has {more} more problems");
            problems.push(Problem { kind: Kind::Invalid, message });
        }
        problems
    }
}

const ISSUERS: [&str; 2] =
    ["https://agent.buildkite.com", "https://token.actions.githubusercontent.com"];
const CIRCLECI: &str = "https://oidc.circleci.com/org/";
const SCOPES: [&str; 3] = ["read_packages", "write_packages", "delete_packages"];

fn check_statement(place: &str, statement: &Json, problems: &mut Problems) {
    let Json::Object(properties) = statement else {
        wrong_type(problems, place, "a map of iss, scopes and claims", statement);
        return;
    };
    for required in ["iss", "claims"] {
        if !properties.iter().any(|(name, _)| name == required) {
            problems.add(Kind::Missing, || format!("{place}: {required} is required"));
        }
    }
    for (name, value) in properties {
        match name.as_str() {
            "iss" => check_issuer(place, value, problems),
            "scopes" => check_scopes(place, value, problems),
            "claims" => check_claims(place, value, problems),
            other => problems.add(Kind::Unknown, || {
                format!(
                    "{place}: there is no {} in a statement, only iss, scopes, claims",
                    shown(other)
                )
            }),
        }
    }
}

fn check_issuer(place: &str, issuer: &Json, problems: &mut Problems) {
    let Json::Text(text) = issuer else {
        wrong_type(problems, &format!("{place}, iss"), "a string", issuer);
        return;
    };
    let is_circleci = text
        .strip_prefix(CIRCLECI)
        .is_some_and(|organization| !organization.is_empty() && !organization.contains('/'));
    if !is_circleci && !ISSUERS.contains(&text.as_str()) {
        problems.add(Kind::Invalid, || {
            format!(
                "{place}, iss: {} is not an issuer that is supported; those are {}, {} and \
                 {CIRCLECI}ORG",
                shown(text),
                ISSUERS[0],
                ISSUERS[1]
            )
        });
    }
}

fn check_scopes(place: &str, scopes: &Json, problems: &mut Problems) {
    let place = format!("{place}, scopes");
    let Json::Array(items) = scopes else {
        wrong_type(problems, &place, "a list of scopes", scopes);
        return;
    };
    if items.is_empty() {
        problems.add(Kind::Invalid, || format!("{place}: at least one scope is required"));
    }
    for item in items {
        match item {
            Json::Text(text) if SCOPES.contains(&text.as_str()) => {}
            Json::Text(text) => problems.add(Kind::Invalid, || {
                format!("{place}: {} is none of {}", shown(text), SCOPES.join(", "))
            }),
            other => wrong_type(problems, &place, "a list of strings", other),
        }
    }
}

fn check_claims(place: &str, claims: &Json, problems: &mut Problems) {
    let Json::Object(claims) = claims else {
        wrong_type(problems, &format!("{place}, claims"), "a map of rules", claims);
        return;
    };
    if claims.is_empty() {
        let reason = "without a claim every token of the issuer would match";
        problems.add(Kind::Invalid, || format!("{place}, claims: {reason}"));
    }
    for (claim, rule) in claims {
        check_rule(&format!("{place}, claim {}", shown(claim)), rule, problems);
    }
}

/// A rule is a scalar, which is the same as `equals`, or a map of matchers.
fn check_rule(place: &str, rule: &Json, problems: &mut Problems) {
    match rule {
        Json::Object(matchers) if matchers.is_empty() => {
            problems.add(Kind::Invalid, || format!("{place}: at least one matcher is required"));
        }
        Json::Object(matchers) => {
            for (matcher, operand) in matchers {
                check_matcher(place, matcher, operand, problems);
            }
        }
        Json::Array(_) => wrong_type(problems, place, "a scalar or a map of matchers", rule),
        _ => {}
    }
}

fn check_matcher(place: &str, matcher: &str, operand: &Json, problems: &mut Problems) {
    let place = format!("{place}, matcher {}", shown(matcher));
    let (holds, expected) = match matcher {
        "equals" | "not_equals" => (is_scalar(operand), "a scalar"),
        "in" | "not_in" => (is_list_of(operand, is_scalar), "a list of scalars, not empty"),
        "matches" => (
            is_text(operand) || is_list_of(operand, is_text),
            "a glob, or a list of globs, not empty; a glob is a string",
        ),
        _ => {
            problems.add(Kind::Unknown, || {
                format!("{place}: there are only equals, not_equals, in, not_in and matches")
            });
            return;
        }
    };
    if !holds {
        wrong_type(problems, &place, expected, operand);
    }
}

/// Whether the node is a value that a rule compares: a string, a number, a boolean or null
/// (documented, Claim rules).
pub(super) fn is_scalar(node: &Json) -> bool {
    !matches!(node, Json::Array(_) | Json::Object(_))
}

fn is_text(node: &Json) -> bool {
    matches!(node, Json::Text(_))
}

fn is_list_of(node: &Json, is_item: fn(&Json) -> bool) -> bool {
    matches!(node, Json::Array(items) if !items.is_empty() && items.iter().all(is_item))
}

fn wrong_type(problems: &mut Problems, place: &str, expected: &str, found: &Json) {
    problems
        .add(Kind::WrongType, || format!("{place}: must be {expected}, not {}", type_name(found)));
}

/// The name of the node's type as policies call it, for messages.
pub(super) fn type_name(node: &Json) -> &'static str {
    match node {
        Json::Array(items) if items.is_empty() => "an empty list",
        Json::Array(_) => "such a list",
        Json::Object(_) => "a map",
        scalar => scalar.type_name(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml;

    const ISS: &str = "iss: https://agent.buildkite.com";

    fn check(text: &str) -> Vec<Problem> {
        problems(&yaml::parse(text).unwrap())
    }

    #[test]
    fn what_the_documentation_shows_is_valid() {
        for rest in [
            "claims: {organization_slug: my-org, pipeline_slug: {in: [a, b]}}",
            "scopes: [read_packages], claims: {a: 1}",
            "scopes: [read_packages, write_packages, delete_packages], claims: {a: true}",
            "claims: {a: {equals: x, not_equals: y, in: [1, 2.5], not_in: [z], matches: 'x*'}}",
            "claims: {a: {matches: ['x*', '?y']}}",
            "claims: {a: null, b: , c: {equals: ~, not_equals: null, in: [x, null], not_in: [~]}}",
        ] {
            assert_eq!(check(&format!("[{{{ISS}, {rest}}}]")), [], "{rest}");
        }
    }

    #[test]
    fn documented_issuers_are_valid() {
        for issuer in [
            "https://agent.buildkite.com",
            "https://token.actions.githubusercontent.com",
            "https://oidc.circleci.com/org/0191df84-85e4-77aa-83ba-6579084728eb",
            // The contract says of an organization only that it has no slash.
            "https://oidc.circleci.com/org/my_org.example",
        ] {
            assert_eq!(check(&format!("[{{iss: '{issuer}', claims: {{a: b}}}}]")), [], "{issuer}");
        }
    }

    #[test]
    fn each_broken_rule_is_reported_with_its_place() {
        let mut rendered = String::new();
        for statement in [
            "x",
            "{claims: {a: b}}",
            "{ISS}",
            "{iss: 1, claims: {a: b}}",
            "{iss: '', claims: {a: b}}",
            "{iss: 'https://agent.buildkite.com/', claims: {a: b}}",
            "{iss: 'http://agent.buildkite.com', claims: {a: b}}",
            "{iss: 'https://oidc.circleci.com/org/', claims: {a: b}}",
            "{iss: 'https://oidc.circleci.com/org/a/b', claims: {a: b}}",
            "{iss: 'https://oidc.circleci.com.example.org/org/a', claims: {a: b}}",
            "{ISS, claims: {a: b}, aud: x}",
            "{ISS, claims: []}",
            "{ISS, claims: {}}",
            "{ISS, claims: }",
            "{ISS, claims: {a: b}, scopes: x}",
            "{ISS, claims: {a: b}, scopes: []}",
            "{ISS, claims: {a: b}, scopes: [1]}",
            "{ISS, claims: {a: b}, scopes: [read_registries]}",
            "{ISS, claims: {a: [b]}}",
            "{ISS, claims: {a: {}}}",
            "{ISS, claims: {a: {like: b}}}",
            "{ISS, claims: {a: {equals: [b]}}}",
            "{ISS, claims: {a: {not_equals: {b: c}}}}",
            "{ISS, claims: {a: {in: b}}}",
            "{ISS, claims: {a: {not_in: []}}}",
            "{ISS, claims: {a: {in: [[b]]}}}",
            "{ISS, claims: {a: {matches: 1}}}",
            "{ISS, claims: {a: {matches: [b, 1]}}}",
            "{iss: x, claims: {a: [], b: {c: d}}, scopes: y}",
        ] {
            let text = format!("[{{ISS, claims: {{a: b}}}}, {statement}]").replace("ISS", ISS);
            let problems = check(&text);
            let problems = problems.iter().map(|it| format!("    {:?}: {}\n", it.kind, it.message));
            rendered.extend([format!("{statement}\n"), problems.collect::<Vec<_>>().concat()]);
        }
        insta::assert_snapshot!("problems", rendered);
    }

    #[test]
    fn long_words_are_cut() {
        let name = "\u{fc}".repeat(10_000);
        let problems = check(&format!("[{{{ISS}, claims: {{{name}: {{{name}: 1}}}}}}]"));
        assert!(problems[0].message.chars().count() < 300, "{}", problems[0].message);
    }

    #[test]
    fn a_policy_is_a_list() {
        for text in ["x", "{}", "1", "~", "iss: https://agent.buildkite.com"] {
            assert_eq!(check(text)[0].kind, Kind::WrongType, "{text}");
        }
    }
}
