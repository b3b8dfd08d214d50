//! Tables for people.

use std::io::IsTerminal;

use anstyle::Style;
use comfy_table::{ContentArrangement, Table, presets::NOTHING};
use serde_json::Value;

use crate::visible::visible;

const BOLD: Style = Style::new().bold();

/// Objects as rows with these properties.
pub(crate) fn rows(objects: &[Value], properties: &[&str]) -> String {
    let mut table = new();
    table.set_header(properties.iter().map(|property| title(property)));
    for object in objects {
        table.add_row(properties.iter().map(|property| cell(&object[property])));
    }
    let text = finished(table);
    let (header, rows) = text.split_once('\n').unwrap_or((&text, ""));
    format!("{BOLD}{header}{BOLD:#}\n{rows}")
}

/// A row for each property that has a value.
pub(crate) fn properties(properties: &[(String, Value)]) -> String {
    let mut table = new();
    for (property, value) in properties.iter().filter(|(_, value)| !value.is_null()) {
        table.add_row([title(property), cell(value)]);
    }
    finished(table)
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

fn cell(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => visible(text),
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
        ];
        insta::assert_snapshot!(properties(&object), @r"
        SLUG        a
        CREATED BY  Ada
        ");
    }
}
