//! Tables for people.

use std::io::IsTerminal;

use anstyle::Style;
use comfy_table::{ContentArrangement, Table, presets::NOTHING};
use registries_command_line::time;
use serde_json::Value;

use crate::visible::{visible, visible_lines};

const BOLD: Style = Style::new().bold();

/// Objects as rows with these properties.
pub(crate) fn rows(objects: &[Value], properties: &[&str]) -> String {
    let mut table = new();
    table.set_header(properties.iter().map(|property| title(property)));
    for object in objects {
        table.add_row(properties.iter().map(|property| cell_of(property, &object[property])));
    }
    let text = finished(table);
    let (header, rows) = text.split_once('\n').unwrap_or((&text, ""));
    format!("{BOLD}{header}{BOLD:#}\n{rows}")
}

/// A row for each property that has a value. What has several lines stands below, as it is read.
pub(crate) fn properties(properties: &[(String, Value)]) -> String {
    let mut table = new();
    let mut below = Vec::new();
    for (property, value) in properties.iter().filter(|(_, value)| !value.is_null()) {
        match lines(value) {
            Some(text) => {
                let lines = text.lines().map(|line| format!("  {line}\n"));
                below.push(format!("\n{}\n{}", title(property), lines.collect::<String>()));
            }
            None => {
                table.add_row([title(property), cell_of(property, value)]);
            }
        }
    }
    finished(table) + &below.concat()
}

/// A text of several lines, or objects in YAML.
fn lines(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if text.trim_end().contains('\n') => Some(visible_lines(text)),
        Value::Array(items) if items.iter().any(Value::is_object) => {
            serde_saphyr::to_string(value).ok().map(|text| visible_lines(&text))
        }
        _ => None,
    }
}

fn new() -> Table {
    let mut table = Table::new();
    table.load_preset(NOTHING);
    if let Some(width) = width() {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    }
    table
}

/// How wide the terminal is; nothing where a program reads the table, whose rows must not wrap.
fn width() -> Option<u16> {
    if !std::io::stdout().is_terminal() {
        return None;
    }
    terminal_size::terminal_size().map(|(width, _)| width.0)
}

fn finished(mut table: Table) -> String {
    table.column_iter_mut().for_each(|column| {
        column.set_padding((0, 2));
    });
    let mut text = table.trim_fmt();
    text.push('\n');
    text
}

/// `created_at` as `CREATED AT`.
fn title(property: &str) -> String {
    property.to_uppercase().replace('_', " ")
}

/// A value in the form of its property: times in one form, whichever the API has, and seconds with their
/// unit.
fn cell_of(property: &str, value: &Value) -> String {
    match value {
        Value::String(text) if property.ends_with("_at") => {
            time(text).unwrap_or_else(|| visible(text))
        }
        Value::Number(seconds) if property == "reset" => format!("{seconds}s"),
        value => cell(value),
    }
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => visible(text.trim_end()),
        Value::Array(items) if items.iter().all(|item| !item.is_object()) => {
            items.iter().map(cell).collect::<Vec<_>>().join(", ")
        }
        Value::Object(object) => {
            let named = ["name", "slug", "email"].iter().find_map(|name| object.get(*name));
            named.map_or_else(|| visible(&value.to_string()), cell)
        }
        other => visible(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn objects_are_rows_and_one_object_is_a_column() {
        let objects = [
            json!({"slug": "a", "created_at": null, "ids": ["1", "2"]}),
            json!({"slug": "a-long\u{1b}name", "created_at": 7, "ids": []}),
        ];
        let text = rows(&objects, &["slug", "created_at", "ids"]);
        let text = anstream::adapter::strip_str(&text).to_string();
        insta::assert_snapshot!(text, @r"
        SLUG              CREATED AT  IDS
        a                 -           1, 2
        a-long\u001bname  7
        ");
        let object = [
            ("slug".to_owned(), json!("a")),
            ("emoji".to_owned(), json!(null)),
            ("created_by".to_owned(), json!({"name": "Ada", "id": "1"})),
            ("oidc_policy".to_owned(), json!("- a: b\n  c: \u{1b}\n")),
            ("created_at".to_owned(), json!("2026-11-30T21:10:38.894Z")),
            ("expires_at".to_owned(), json!("2026-11-30 21:10:38 UTC")),
            ("reset_at".to_owned(), json!("soon")),
            ("reset".to_owned(), json!(20)),
            ("statements".to_owned(), json!([{"iss": "x"}])),
        ];
        insta::assert_snapshot!(properties(&object), @r"
        SLUG        a
        CREATED BY  Ada
        CREATED AT  2026-11-30T21:10:38Z
        EXPIRES AT  2026-11-30T21:10:38Z
        RESET AT    soon
        RESET       20s

        OIDC POLICY
          - a: b
            c: \u001b

        STATEMENTS
          - iss: x
        ");
    }
}
