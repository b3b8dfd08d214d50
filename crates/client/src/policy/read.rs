//! Reads statements from the forms in which policies are sent.

use serde_json::Value;

use super::{Matcher, Matchers, PolicyError, PolicyScope, Scalar, Statement};

/// Reads the YAML of a policy, which is plain: no anchors, aliases or tags.
#[cfg(feature = "yaml")]
pub(super) fn text(text: &str) -> Result<Value, PolicyError> {
    // `no` is a word, as in YAML 1.2.
    let options = serde_saphyr::options! {
        strict_booleans: true,
        merge_keys: serde_saphyr::options::MergeKeyPolicy::AsOrdinary,
        budget: serde_saphyr::budget! { max_anchors: 0, max_aliases: 0 },
    };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        let error = error.without_snippet().to_string();
        PolicyError::new(format!("it is not plain YAML: {error}"))
    })
}

/// Reads the JSON of a policy.
#[cfg(not(feature = "yaml"))]
pub(super) fn text(text: &str) -> Result<Value, PolicyError> {
    serde_json::from_str(text).map_err(|_| {
        PolicyError::new("YAML is read with the feature `yaml` of registries-client only")
    })
}

/// Reads statements, or everything that is wrong with them.
pub(super) fn statements(policy: &Value) -> Result<Vec<Statement>, PolicyError> {
    let Value::Array(entries) = policy else {
        return Err(PolicyError::new("it is not a list of statements"));
    };
    let mut problems = Vec::new();
    let mut statements = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        match statement(entry) {
            Ok(statement) => statements.push(statement),
            Err(found) => {
                let place = index + 1;
                problems.extend(found.into_iter().map(|it| format!("statement {place}, {it}")));
            }
        }
    }
    PolicyError::unless_empty(problems, statements)
}

fn statement(value: &Value) -> Result<Statement, Vec<String>> {
    let Value::Object(properties) = value else {
        return Err(vec!["which is not a map".to_owned()]);
    };
    let mut problems = Vec::new();
    let mut builder = Statement::builder(match properties.get("iss") {
        Some(Value::String(issuer)) => issuer.as_str(),
        _ => "",
    });
    for (name, value) in properties {
        match (name.as_str(), value) {
            ("iss", _) => {}
            ("scopes", Value::Array(values)) => {
                let scopes: Option<Vec<_>> = values.iter().map(scope).collect();
                builder = builder.scopes(scopes.clone().unwrap_or(PolicyScope::ALL.to_vec()));
                if scopes.is_none() {
                    let known = PolicyScope::ALL.map(PolicyScope::as_str).join(", ");
                    problems.push(format!("scopes: there are only {known}"));
                }
            }
            ("claims", Value::Object(claims)) => {
                for (claim, rule) in claims {
                    match matchers(rule) {
                        Ok(rule) => builder = builder.claim(claim.as_str(), rule),
                        Err(problem) => {
                            // The claim is there, whatever its rule is.
                            builder = builder.claim(claim.as_str(), "");
                            problems.push(format!("claim {claim:?}: {problem}"));
                        }
                    }
                }
            }
            ("scopes", _) => problems.push("scopes: is not a list".to_owned()),
            ("claims", _) => problems.push("claims: is not a map".to_owned()),
            (other, _) => problems.push(format!("{other:?}: there is no such property")),
        }
    }
    match builder.build() {
        Ok(statement) if problems.is_empty() => Ok(statement),
        Ok(_) => Err(problems),
        Err(error) => {
            problems.extend(error.problems);
            Err(problems)
        }
    }
}

fn scope(value: &Value) -> Option<PolicyScope> {
    PolicyScope::ALL.into_iter().find(|scope| value == scope.as_str())
}

/// A value that a claim must equal, or a map of matchers.
fn matchers(rule: &Value) -> Result<Matchers, String> {
    if let Some(value) = Scalar::from_json(rule) {
        return Ok(value.into());
    }
    let Value::Object(entries) = rule else {
        return Err("is neither a value nor a map of matchers".to_owned());
    };
    let matchers: Result<Vec<_>, _> =
        entries.iter().map(|(name, operand)| matcher(name, operand)).collect();
    Ok(matchers?.into())
}

fn matcher(name: &str, operand: &Value) -> Result<Matcher, String> {
    let one = || Scalar::from_json(operand);
    let many = || operand.as_array()?.iter().map(Scalar::from_json).collect::<Option<Vec<_>>>();
    let globs = || match operand {
        Value::String(glob) => Some(vec![glob.clone()]),
        _ => operand.as_array()?.iter().map(|glob| glob.as_str().map(str::to_owned)).collect(),
    };
    let (read, expected) = match name {
        "equals" => (one().map(Matcher::Equals), "a value"),
        "not_equals" => (one().map(Matcher::NotEquals), "a value"),
        "in" => (many().map(Matcher::In), "a list of values"),
        "not_in" => (many().map(Matcher::NotIn), "a list of values"),
        "matches" => (globs().map(Matcher::Matches), "a glob, or a list of globs"),
        other => return Err(format!("matcher {other:?}: there is no such matcher")),
    };
    read.ok_or_else(|| format!("matcher `{name}`: is not {expected}"))
}
