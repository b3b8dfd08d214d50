//! Lists, for people and for machines.

use clap::Args;
use comfy_table::Table;
use comfy_table::presets::NOTHING;
use serde_json::Value;

use super::{Failure, print};

#[derive(Debug, Args)]
pub(super) struct ListOption {
    /// Print a JSON array instead of a table
    #[arg(long)]
    json: bool,
}

impl ListOption {
    /// Prints the entries, of which each is an object with these keys.
    pub(super) fn print(&self, keys: &[&str], entries: Vec<Value>) -> Result<(), Failure> {
        if self.json {
            return print(&format!("{:#}", Value::Array(entries)));
        }
        let mut table = Table::new();
        table.load_preset(NOTHING);
        table.set_header(keys.iter().map(|key| key.to_uppercase().replace('_', " ")));
        for entry in &entries {
            table.add_row(keys.iter().map(|key| cell(&entry[key])));
        }
        table.column_iter_mut().for_each(|column| {
            column.set_padding((0, 2));
        });
        print(&table.trim_fmt())
    }
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(cell).collect::<Vec<_>>().join("\n"),
        other => other.to_string(),
    }
}
