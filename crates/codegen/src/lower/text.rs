//! Rules about descriptions.

use serde_json::Value;

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
