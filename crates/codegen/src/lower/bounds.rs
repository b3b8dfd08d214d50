//! Says in descriptions what the contract says in keywords, before those are dropped.

use serde_json::Value;

use super::schemas::{Side, Sides, each_schema_of};
use crate::contract::{entries, entries_mut, operations_mut};

/// Says in the description of each parameter, and of each property of a request, which values it
/// takes and what its default is.
///
/// Trap: setters are documented with descriptions only; bounds and defaults are dropped, since a client
/// that enforced them would refuse what a deployment accepts.
pub(super) fn state_bounds(contract: &mut Value, sides: &Sides) {
    each_schema_of(contract, sides, Side::Request, &mut |_, schema| {
        let required = schema.get("required").cloned().unwrap_or_default();
        for (name, property) in entries_mut(schema, "properties") {
            let is_required = required.as_array().is_some_and(|it| it.contains(&name[..].into()));
            let bounds = bounds(property, is_required);
            add(property, &bounds);
        }
    });
    for operation in operations_mut(contract) {
        let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
        for parameter in parameters.into_iter().flatten() {
            let is_required = parameter.get("required") == Some(&Value::Bool(true));
            let bounds = bounds(&parameter["schema"], is_required);
            add(parameter, &bounds);
        }
    }
}

fn add(described: &mut Value, bounds: &str) {
    let text = described.get("description").and_then(Value::as_str).unwrap_or_default();
    let text = format!("{} {bounds}", text.trim());
    if let (Some(described), false) = (described.as_object_mut(), bounds.is_empty()) {
        described.insert("description".to_owned(), text.trim().into());
    }
}

/// Which values a schema allows, in sentences.
fn bounds(schema: &Value, is_required: bool) -> String {
    let mut sentences = Vec::new();
    sentences.extend(is_required.then(|| "Required.".to_owned()));
    for (keys, unit) in [
        (["minimum", "maximum"], ""),
        (["minLength", "maxLength"], " characters"),
        (["minItems", "maxItems"], " entries"),
        (["minProperties", "maxProperties"], " entries"),
    ] {
        sentences.extend(range(keys.map(|key| schema.get(key)), unit));
    }
    let items = schema.get("items").unwrap_or(&Value::Null);
    for (one, known) in [("One of", "enum"), ("Known values:", "x-known-values")] {
        let values = schema.get(known).or(items.get(known)).and_then(Value::as_array);
        sentences.extend(values.map(|values| {
            let values: Vec<_> = values.iter().map(shown).collect();
            format!("{one} {}.", values.join(", "))
        }));
    }
    for (words, key) in [("Matches", "pattern"), ("Default:", "default")] {
        sentences.extend(schema.get(key).map(|value| format!("{words} {}.", shown(value))));
    }
    sentences.join(" ")
}

fn range([least, most]: [Option<&Value>; 2], unit: &str) -> Option<String> {
    // Of one there is no plural.
    let unit = |n: &Value| if n == 1 { singular(unit) } else { unit.to_owned() };
    Some(match (least, most) {
        (Some(least), Some(most)) => format!("From {least} to {most}{}.", unit(most)),
        (Some(least), None) => format!("At least {least}{}.", unit(least)),
        (None, Some(most)) => format!("At most {most}{}.", unit(most)),
        (None, None) => return None,
    })
}

fn singular(unit: &str) -> String {
    match unit.strip_suffix("ies") {
        Some(stem) => format!("{stem}y"),
        None => unit.trim_end_matches('s').to_owned(),
    }
}

fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| format!("`{value}`"), |text| format!("`{text}`"))
}

/// Says in an operation's description with which statuses it fails (`# Errors`).
///
/// Trap: error responses are dropped, and with them what the contract says about failures.
pub(super) fn list_errors(contract: &mut Value) {
    for operation in operations_mut(contract) {
        let failures = entries(operation, "responses").filter(|(key, _)| !key.starts_with('2'));
        let lines: Vec<_> = failures
            .map(|(status, response)| {
                let text = response.get("description").and_then(Value::as_str).unwrap_or_default();
                let status = if status == "default" { "any other status" } else { status };
                format!("- {status}: {}\n", text.split_whitespace().collect::<Vec<_>>().join(" "))
            })
            .collect();
        let text = operation.get("description").and_then(Value::as_str).unwrap_or_default();
        let listed = if lines.is_empty() {
            "Of a response that is not a success, and of none.".to_owned()
        } else {
            format!(
                "The deployment answers with one of these, or does not answer:\n\n{}",
                lines.concat()
            )
        };
        operation["description"] = format!("{}\n\n# Errors\n\n{listed}", text.trim()).trim().into();
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn bounds_are_sentences() {
        for (schema, text) in [
            (json!({"type": "string", "minLength": 1}), "Required. At least 1 character."),
            (json!({"minLength": 2, "maxLength": 9}), "Required. From 2 to 9 characters."),
            (
                json!({"minimum": 1, "maximum": 100, "default": 30}),
                "Required. From 1 to 100. Default: `30`.",
            ),
            (
                json!({"minItems": 1, "items": {"enum": ["a", "b"]}}),
                "Required. At least 1 entry. One of `a`, `b`.",
            ),
            (
                json!({"x-known-values": ["a"], "pattern": "^a$"}),
                "Required. Known values: `a`. Matches `^a$`.",
            ),
            (json!({}), "Required."),
        ] {
            assert_eq!(bounds(&schema, true), text);
        }
        assert_eq!(bounds(&json!({"type": "string"}), false), "");
    }
}
