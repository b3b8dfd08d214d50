//! What is wrong with a change before anything is sent: what the contract says of the requests' bodies,
//! and names that lead to one slug.

use registries_client::Ecosystem;
use registries_command_line::meant;
use serde_json::{Map, Value};

use super::{Change, Declared, Difference, plan::What};

/// What the contract says against the requests of a change. Policies are validated with the file.
pub(super) fn problems(change: &Change) -> Vec<String> {
    let body = match &change.what {
        What::Create(declared) => created(declared),
        What::Update { differences, .. } => changed(differences),
        What::Delete { .. } => return Vec::new(),
    };
    let problem = |(property, value): (&String, &Value)| {
        let expected = expected(property, value)?;
        Some(format!("{property} is {value}; expected {expected}"))
    };
    body.iter().filter_map(problem).collect()
}

/// What the contract expects in the place of the value of a property, whose type is that of the file. It
/// is written out: with a JSON Schema validator the program is half as large again, and starts later.
fn expected(property: &str, value: &Value) -> Option<&'static str> {
    match (property, value) {
        ("name" | "ecosystem", Value::String(text)) if text.is_empty() => {
            Some("at least one character")
        }
        ("color", Value::String(text)) if !is_color(text) => {
            Some("a hex code such as \"#f0ccff\", or null for none")
        }
        ("team_ids", Value::Array(ids)) if !ids.iter().all(is_uuid) => {
            Some("UUIDs such as \"018f3b1c-6c3e-7d62-8f5a-4d7c9a3e1b20\"")
        }
        _ => None,
    }
}

fn is_color(text: &str) -> bool {
    let is_hex = |digits: &str| digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit());
    text.is_empty() || text.strip_prefix('#').is_some_and(is_hex)
}

fn is_uuid(id: &Value) -> bool {
    /// The lengths of the parts between the hyphens.
    const PARTS: [usize; 5] = [8, 4, 4, 4, 12];
    let is_part = |part: &str| part.bytes().all(|b| b.is_ascii_hexdigit());
    let parts: Vec<&str> = id.as_str().unwrap_or_default().split('-').collect();
    parts.iter().all(|part| is_part(part)) && parts.iter().map(|part| part.len()).eq(PARTS)
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
    use std::collections::BTreeSet;

    use registries_contract::{Contract, Part};
    use serde_json::json;

    use super::*;

    /// A value that the contract allows and one that it does not, of each property that it restricts by
    /// more than a type.
    #[test]
    fn the_contract_expects_the_same() {
        let values = [
            ("name", json!("x"), vec![json!("")]),
            ("ecosystem", json!("swift"), vec![json!("")]),
            (
                "color",
                json!("#F0ccff"),
                ["red", "#abc", "f0ccff", "#f0ccff0"].map(Value::from).into(),
            ),
            ("color", json!(""), vec![json!("#f0ccfg")]),
            (
                "team_ids",
                json!(["018f3b1c-6c3e-7d62-8f5a-4d7c9a3e1b20"]),
                vec![json!(["all"]), json!(["018f3b1c6c3e7d628f5a4d7c9a3e1b20"]), json!([""])],
            ),
        ];
        let contract = Contract::built_in();
        let body = |property: &str, value: &Value| {
            let mut body = json!({ "name": "x", "ecosystem": "ruby" });
            body[property] = value.clone();
            body.to_string()
        };
        for (property, right, wrong) in &values {
            assert_eq!(contract.validate_request("create_registry", &body(property, right)), []);
            assert_eq!(expected(property, right), None, "{property}: {right}");
            for wrong in wrong {
                let problems = contract.validate_request("create_registry", &body(property, wrong));
                assert_ne!(problems, [], "{property}: {wrong}");
                assert!(expected(property, wrong).is_some(), "{property}: {wrong}");
            }
        }
        let known: BTreeSet<&str> = values.iter().map(|(property, ..)| *property).collect();
        for operation in ["create_registry", "update_registry"] {
            let schema = contract.body_schema(operation, Part::Request).unwrap();
            let (_, schema) = contract.resolved(schema).unwrap();
            for (property, schema) in schema["properties"].as_object().unwrap() {
                let text = schema.to_string();
                let words =
                    ["pattern", "minLength", "maxLength", "format", "enum", "minItems", "maxItems"];
                let is_restricted = words.iter().any(|it| text.contains(&format!("\"{it}\":")));
                assert!(!is_restricted || known.contains(property.as_str()), "{property}");
            }
        }
    }

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
