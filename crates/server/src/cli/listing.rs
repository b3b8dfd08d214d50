//! Lists, for people and for machines.

use clap::Args;
use comfy_table::Table;
use comfy_table::presets::NOTHING;
use serde_json::Value;

use super::database::DatabaseOption;
use super::{Failure, print_lines, visible};
use crate::admin::{Admin, AdminError};

#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    database: DatabaseOption,
    /// Print JSON instead of a table
    #[arg(long)]
    json: bool,
}

/// A list of what belongs to an organization.
#[derive(Debug, Args)]
pub(super) struct OfOrganization {
    /// Slug of the organization
    #[arg(long, value_name = "SLUG")]
    pub(super) org: String,
    #[command(flatten)]
    pub(super) list: List,
}

impl List {
    /// Prints what is found, each as an object with these keys.
    pub(super) async fn print<T>(
        self,
        keys: &[&str],
        find: impl AsyncFnOnce(&Admin) -> Result<Vec<T>, AdminError>,
        entry: impl Fn(&T) -> Value,
    ) -> Result<(), Failure> {
        let found = self.database.look(find).await?;
        let entries: Vec<Value> = found.iter().map(entry).collect();
        if self.json {
            return print_lines(&format!("{:#}", Value::Array(entries)));
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
        print_lines(&table.trim_fmt())
    }
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => visible(text),
        Value::Array(items) => brief(&items.iter().map(cell).collect::<Vec<_>>()),
        other => other.to_string(),
    }
}

/// As much of a list as a column takes.
const COLUMN: usize = 40;

fn brief(items: &[String]) -> String {
    let all = items.join(",");
    match items {
        [first, rest @ ..] if !rest.is_empty() && all.chars().count() > COLUMN => {
            format!("{first} and {} more", rest.len())
        }
        _ => all,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_list_leaves_room_for_other_columns() {
        let items = |count: usize| vec!["read_registries".to_owned(); count];
        assert_eq!(brief(&[]), "");
        assert_eq!(brief(&items(2)), "read_registries,read_registries");
        assert_eq!(brief(&items(9)), "read_registries and 8 more");
    }
}
