//! Rules about descriptions.

use serde_json::Value;

use crate::contract::operations_mut;

/// Says in an operation's description which scopes it needs (`x-required-scopes`).
///
/// Trap: progenitor ignores security, and with it what a caller has to ask for.
pub(super) fn name_scopes(contract: &mut Value) {
    for operation in operations_mut(contract) {
        let scopes = operation.pointer("/x-required-scopes/any-of").and_then(Value::as_array);
        let Some(scopes) = scopes else { continue };
        let names: Vec<_> =
            scopes.iter().filter_map(Value::as_str).map(|name| format!("`{name}`")).collect();
        let needed = match names.as_slice() {
            [] => "Needs no scope.".to_owned(),
            names => format!("Needs the scope {}.", names.join(" or ")),
        };
        let text = operation.get("description").and_then(Value::as_str).unwrap_or_default();
        operation["description"] = format!("{}\n\n{needed}", text.trim()).trim().into();
    }
}

/// Labels code fences in descriptions that have no label as text.
///
/// Trap: descriptions become doc comments, and rustdoc compiles and runs a fence without a label as
/// a Rust test.
pub(super) fn label_fences(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(label_fences),
        Value::Object(map) => {
            for (key, value) in map {
                match value {
                    Value::String(text) if key == "description" || key == "summary" => {
                        *text = with_labels(text);
                    }
                    value => label_fences(value),
                }
            }
        }
        _ => {}
    }
}

fn with_labels(text: &str) -> String {
    let mut open: Option<&str> = None;
    let mut lines = Vec::new();
    for line in text.lines() {
        let trimmed = line.trim();
        let fence = &trimmed[..trimmed.len() - trimmed.trim_start_matches(['`', '~']).len()];
        let is_fence = fence.len() >= 3;
        match open {
            None if is_fence => {
                open = Some(fence);
                let label = if trimmed == fence { "text" } else { "" };
                lines.push(format!("{line}{label}", line = line.trim_end()));
                continue;
            }
            Some(opening) if is_fence && trimmed == fence && fence.starts_with(opening) => {
                open = None;
            }
            _ => {}
        }
        lines.push(line.to_owned());
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_opening_fences_without_a_label_change() {
        let text = "Before\n```\nlet x;\n```\n~~~json\n{}\n~~~\nAfter";
        let labelled = "Before\n```text\nlet x;\n```\n~~~json\n{}\n~~~\nAfter";
        assert_eq!(with_labels(text), labelled);
    }

    #[test]
    fn fences_are_found_in_every_description() {
        let mut value = json!({"a": [{"description": "```\nx\n```"}], "example": "```\nx\n```"});
        label_fences(&mut value);
        let labelled = json!({"a": [{"description": "```text\nx\n```"}], "example": "```\nx\n```"});
        assert_eq!(value, labelled);
    }
}
