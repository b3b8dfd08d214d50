//! What is wrong with a change before anything is sent: what the contract says of the requests' bodies,
//! and names that lead to one slug.

use registries_client::Ecosystem;
use registries_command_line::meant;

use super::{Change, Declared, plan::What};

/// What the contract says against the requests of a change. Policies are validated with the file.
pub(super) fn problems(change: &Change) -> Vec<String> {
    let (texts, teams): (Vec<(&str, &str)>, &[String]) = match &change.what {
        What::Create(declared) => {
            let Declared { name, ecosystem, color, team_ids, .. } = &**declared;
            let color = color.value().map(|color| ("color", color.as_str()));
            let texts = [("name", name.as_str()), ("ecosystem", ecosystem)];
            (texts.into_iter().chain(color).collect(), team_ids)
        }
        What::Update { differences, .. } => {
            let texts = differences.iter();
            let texts = texts.filter_map(|it| Some((it.property.as_str(), it.to.as_str()?)));
            (texts.collect(), &[])
        }
        What::Delete { .. } => return Vec::new(),
    };
    let problem = |(property, text): (&str, &str)| {
        Some(format!("{property} is {text:?}; expected {}", expected(property, text)?))
    };
    let mut problems: Vec<String> = texts.into_iter().filter_map(problem).collect();
    if !teams.iter().all(|id| is_uuid(id)) {
        problems.push(format!("team_ids is {teams:?}; expected UUIDs such as {UUID:?}"));
    }
    problems
}

const UUID: &str = "018f3b1c-6c3e-7d62-8f5a-4d7c9a3e1b20";

/// What the contract expects in the place of the text of a property. It is written out: with a JSON Schema
/// validator the program is half as large again, and starts later.
fn expected(property: &str, text: &str) -> Option<&'static str> {
    match property {
        "name" | "ecosystem" if text.is_empty() => Some("at least one character"),
        "color" if !is_color(text) => Some("a hex code such as \"#f0ccff\", or null for none"),
        _ => None,
    }
}

fn is_color(text: &str) -> bool {
    let is_hex = |digits: &str| digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit());
    text.is_empty() || text.strip_prefix('#').is_some_and(is_hex)
}

fn is_uuid(id: &str) -> bool {
    /// The lengths of the parts between the hyphens.
    const PARTS: [usize; 5] = [8, 4, 4, 4, 12];
    let is_hex = id.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    is_hex && id.split('-').map(str::len).eq(PARTS)
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

/// The slug that a name leads to where it is free: its words in lower case, joined by hyphens. Nothing
/// where the kebab-case form of a name is disputed, as of other characters or of capitals within a word.
pub(super) fn slug(name: &str) -> Option<String> {
    let is_plain = |word: &str| {
        let mut letters = word.chars();
        letters.next().is_none_or(|first| first.is_ascii_alphanumeric())
            && letters.all(|it| it.is_ascii_lowercase() || it.is_ascii_digit())
    };
    let mut slug = String::with_capacity(name.len());
    for word in name.split([' ', '-']).filter(|word| !word.is_empty()) {
        if !is_plain(word) {
            return None;
        }
        if !slug.is_empty() {
            slug.push('-');
        }
        slug.push_str(word);
    }
    slug.make_ascii_lowercase();
    (!slug.is_empty()).then_some(slug)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use registries_contract::{Contract, Part};
    use serde_json::{Value, json};

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
                json!([UUID]),
                vec![json!(["all"]), json!(["018f3b1c6c3e7d628f5a4d7c9a3e1b20"]), json!([""])],
            ),
        ];
        let contract = Contract::built_in();
        let body = |property: &str, value: &Value| {
            let mut body = json!({ "name": "x", "ecosystem": "ruby" });
            body[property] = value.clone();
            body.to_string()
        };
        let is_expected = |property: &str, value: &Value| match value {
            Value::Array(ids) => ids.iter().all(|id| is_uuid(id.as_str().unwrap())),
            text => expected(property, text.as_str().unwrap()).is_none(),
        };
        for (property, right, wrong) in &values {
            assert_eq!(contract.validate_request("create_registry", &body(property, right)), []);
            assert!(is_expected(property, right), "{property}: {right}");
            for wrong in wrong {
                let problems = contract.validate_request("create_registry", &body(property, wrong));
                assert_ne!(problems, [], "{property}: {wrong}");
                assert!(!is_expected(property, wrong), "{property}: {wrong}");
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
