//! JSON in another layout: properties in their order, and numbers as they are written.

use serde_json::value::RawValue;

/// Valid JSON, indented by two spaces.
pub(crate) fn indented(json: &RawValue) -> String {
    laid_out(json.get(), true)
}

/// Valid JSON, in one line without spaces.
pub(crate) fn in_a_line(json: &RawValue) -> String {
    laid_out(json.get(), false)
}

fn laid_out(json: &str, is_indented: bool) -> String {
    let mut text = String::with_capacity(json.len() * 2);
    let mut depth = 0_usize;
    let line = |text: &mut String, depth: usize| {
        if is_indented {
            text.push('\n');
            text.extend(std::iter::repeat_n("  ", depth));
        }
    };
    let (mut is_string, mut is_escaped) = (false, false);
    for c in json.chars() {
        if is_string {
            text.push(c);
            is_string = is_escaped || c != '"';
            is_escaped = c == '\\' && !is_escaped;
            continue;
        }
        match c {
            '{' | '[' => {
                text.push(c);
                depth += 1;
                line(&mut text, depth);
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                // Nothing is in it.
                let inner = text.trim_end().len();
                if text[..inner].ends_with(['{', '[']) {
                    text.truncate(inner);
                } else {
                    line(&mut text, depth);
                }
                text.push(c);
            }
            ',' => {
                text.push(c);
                line(&mut text, depth);
            }
            ':' => text.push_str(if is_indented { ": " } else { ":" }),
            ' ' | '\n' | '\r' | '\t' => {}
            c => {
                is_string = c == '"';
                text.push(c);
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_layout_changes() {
        let json = r#" { "b" : [1.0,1e400, 123456789012345678901234567890 ], "a":"x\" {,:}\\",
            "c":{ }, "d": [ ], "é": [[true], {"z": null}] } "#;
        let json = RawValue::from_string(json.to_owned()).unwrap();
        insta::assert_snapshot!(indented(&json), @r#"
        {
          "b": [
            1.0,
            1e400,
            123456789012345678901234567890
          ],
          "a": "x\" {,:}\\",
          "c": {},
          "d": [],
          "é": [
            [
              true
            ],
            {
              "z": null
            }
          ]
        }
        "#);
        let line = in_a_line(&json);
        insta::assert_snapshot!(line, @r#"{"b":[1.0,1e400,123456789012345678901234567890],"a":"x\" {,:}\\","c":{},"d":[],"é":[[true],{"z":null}]}"#);
        assert_eq!(in_a_line(&RawValue::from_string(indented(&json)).unwrap()), line);
    }
}
