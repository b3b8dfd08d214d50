//! What is wrong with a change before anything is sent: what the contract says of the requests' bodies,
//! and names that lead to one slug.

use registries_client::Ecosystem;
use registries_command_line::meant;
use registries_contract::{Contract, Part};
use serde_json::{Map, Value};

use super::{Change, Declared, Difference, plan::What};

/// What the contract says against the requests of a change. Policies are validated with the file.
pub(super) fn problems(change: &Change) -> Vec<String> {
    let (operation, body) = match &change.what {
        What::Create(declared) => ("create_registry", created(declared)),
        What::Update { differences, .. } => ("update_registry", changed(differences)),
        What::Delete { .. } => return Vec::new(),
    };
    let contract = Contract::built_in();
    let problems = contract.validate_request(operation, &Value::from(body).to_string());
    let sentence = |problem: registries_contract::Problem| {
        let place = problem.place.unwrap_or_default();
        let property = place.trim_start_matches('/');
        let example = example(operation, property).map(|it| format!(", such as {it}"));
        let (expected, received) = (problem.expected, problem.received);
        format!("{property} is {received}; expected {expected}{}", example.unwrap_or_default())
    };
    problems.into_iter().map(sentence).collect()
}

/// The body that creates a registry: as it is declared, but for what has another name or request.
fn created(declared: &Declared) -> Map<String, Value> {
    let Ok(Value::Object(mut body)) = serde_json::to_value(declared) else { return Map::new() };
    body.retain(|property, _| !matches!(property.as_str(), "policy" | "tokens"));
    body
}

/// The body that changes these properties.
fn changed(differences: &[Difference]) -> Map<String, Value> {
    let properties = differences.iter().filter(|it| it.property != "policy");
    properties.map(|it| (it.property.clone(), it.to.clone())).collect()
}

/// A value of a property, as the contract has one.
fn example(operation: &str, property: &str) -> Option<&'static Value> {
    let contract = Contract::built_in();
    let (_, schema) = contract.resolved(contract.body_schema(operation, Part::Request)?)?;
    schema["properties"].get(property)?.get("example")
}

/// That the contract lists no such ecosystem. A deployment may have it: the list is open.
pub(super) fn unlisted(ecosystem: &str) -> Option<String> {
    let known: Vec<&str> = Ecosystem::known().iter().map(Ecosystem::as_str).collect();
    if known.contains(&ecosystem) {
        return None;
    }
    let hint = meant(ecosystem, known.iter().copied()).map(|it| format!("; did you mean {it}?"));
    let (known, hint) = (known.join(", "), hint.unwrap_or_default());
    Some(format!("the contract lists {known}, and deployments may have others{hint}"))
}

/// The slug that a name leads to on any deployment: its words in lower case, joined by hyphens. Nothing
/// where the kebab-case form of a name is disputed, as of other characters or of capitals within a word.
pub(super) fn slug(name: &str) -> Option<String> {
    let is_plain = |word: &str| {
        let mut letters = word.chars();
        letters.next().is_none_or(|first| first.is_ascii_alphanumeric())
            && letters.all(|it| it.is_ascii_lowercase() || it.is_ascii_digit())
    };
    let words: Vec<&str> = name.split([' ', '-']).filter(|word| !word.is_empty()).collect();
    let is_certain = !words.is_empty() && words.iter().all(|word| is_plain(word));
    is_certain.then(|| words.join("-").to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_known_only_of_plain_names() {
        for (name, expected) in [
            ("My Gems", Some("my-gems")),
            (" my--gems ", Some("my-gems")),
            ("A 2", Some("a-2")),
            ("MyGems", None),
            ("my_gems", None),
            ("Füße", None),
            ("", None),
            (" - ", None),
        ] {
            assert_eq!(slug(name).as_deref(), expected, "{name:?}");
        }
    }

    #[test]
    fn an_ecosystem_that_is_not_listed_may_be_another_one() {
        assert_eq!(unlisted("ruby"), None);
        assert!(unlisted("rubi").is_some_and(|it| it.ends_with("did you mean ruby?")));
        assert!(unlisted("debian").is_some_and(|it| it.ends_with("others")));
    }
}
