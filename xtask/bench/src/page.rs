//! The last measurement, in a page for people.

use std::{fmt::Write as _, fs, path::Path};

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};

use super::report::Figure;

/// Replaces the table of `what` in a page, which stands between two comments.
pub(super) fn rewrite(
    page: &Path,
    what: &str,
    cores: usize,
    figures: &[Figure],
    now: DateTime<Utc>,
) -> Result<()> {
    let text = fs::read_to_string(page).with_context(|| format!("reading {}", page.display()))?;
    let new = replaced(&text, what, &table(cores, figures, now))
        .with_context(|| format!("{} has no table of {what}", page.display()))?;
    fs::write(page, new).with_context(|| format!("writing {}", page.display()))
}

fn replaced(text: &str, what: &str, table: &str) -> Option<String> {
    let (start, end) = (format!("<!-- measured, {what}:"), format!("<!-- end of the {what} -->"));
    let (before, rest) = text.split_once(&start)?;
    let (how, rest) = rest.split_once('\n')?;
    let (_, after) = rest.split_once(&end)?;
    Some(format!("{before}{start}{how}\n\n{table}\n{end}{after}"))
}

fn table(cores: usize, figures: &[Figure], now: DateTime<Utc>) -> String {
    let mut table = String::from("| measured | result | target | from |\n|---|---|---|---|\n");
    for Figure { name, value, target, made_of } in figures {
        let _ = writeln!(table, "| {name} | {value:.2} | {target} | {made_of} |");
    }
    let date = now.format("%Y-%m-%d");
    let _ = writeln!(table, "\nMeasured on {date}, on {cores} cores.");
    table
}

#[cfg(test)]
mod tests {
    use super::{super::report::Bound, *};

    #[test]
    fn a_table_replaces_the_one_between_its_comments() {
        let figure = Figure {
            name: "a list, to none",
            value: 1.234,
            target: Bound::AtMost(2.0),
            made_of: "5 to 4".into(),
        };
        let table = table(2, &[figure], DateTime::UNIX_EPOCH);
        let old = "a\n<!-- measured, server: by hand -->\nold\n<!-- end of the server -->\nb\n";
        let new = replaced(old, "server", &table).unwrap();
        assert_eq!(
            new,
            "a\n<!-- measured, server: by hand -->\n\n\
             | measured | result | target | from |\n|---|---|---|---|\n\
             | a list, to none | 1.23 | at most 2 | 5 to 4 |\n\n\
             Measured on 1970-01-01, on 2 cores.\n\n<!-- end of the server -->\nb\n"
        );
        assert_eq!(replaced(&new, "server", &table).unwrap(), new);
        assert_eq!(replaced(old, "suite", &table), None);
    }
}
