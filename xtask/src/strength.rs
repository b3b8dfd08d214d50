//! The table of what the suite detects, measured, in `docs/strength.md`.

use std::{ffi::OsStr, fs, path::Path};

use anyhow::{Context, Result, bail};
use chrono::{NaiveDate, Utc};

use crate::{
    cargo,
    regenerate::{Report, between},
};

/// Where the table is.
const PAGE: &str = "docs/strength.md";

/// The line before the table, and the one after it.
const TABLE: (&str, &str) = (
    "<!-- strength: written by `cargo xtask regenerate --strength` -->\n",
    "<!-- end of the strength -->\n",
);

/// What stands between the table and its date.
const DATE: &str = "\n\nMeasured on ";

/// Measures the suite with `conformance strength`, adds to `report` whether every deviation from what is
/// required is caught, and keeps the table in step.
pub(crate) fn table(root: &Path, check: bool, mut report: Report) -> Result<Report> {
    let folder = tempfile::tempdir().context("making a temporary folder")?;
    let file = folder.path().join("strength.md");
    let mut target = OsStr::new("markdown=").to_owned();
    target.push(&file);
    let how = ["run", "--bin", "conformance"].map(OsStr::new);
    let arguments = ["strength".into(), "--missed".into(), "--report".into(), target];
    let status = cargo(root, &how, &arguments)?;
    match status.code() {
        Some(0) => {}
        Some(1) => {
            report.lines.push("strength: a deviation is missed, or a variation fails".into());
            report.in_step = false;
        }
        _ => bail!("the suite could not be measured ({status})"),
    }
    let measured = fs::read_to_string(&file).context("reading what was measured")?;
    let path = root.join(PAGE);
    let current = fs::read_to_string(&path).with_context(|| format!("reading {PAGE}"))?;
    let table = measured.trim_end();
    // The date is that of the figures: a measurement with the same ones changes nothing.
    if printed(&current) == Some(table) {
        report.lines.push(format!("{PAGE}: up to date"));
    } else if check {
        report.in_step = false;
        let what = "out of date, run `cargo xtask regenerate --strength`";
        report.lines.push(format!("{PAGE}: {what}"));
    } else {
        let today = Utc::now().format("%Y-%m-%d");
        let derived = between(&current, TABLE, &format!("{table}{DATE}{today}."))?;
        fs::write(&path, derived).with_context(|| format!("writing {PAGE}"))?;
        report.lines.push(format!("{PAGE}: rewritten"));
    }
    Ok(report)
}

/// The table in the page, without its date.
fn printed(page: &str) -> Option<&str> {
    let (_, rest) = page.split_once(TABLE.0)?;
    let (dated, _) = rest.split_once(TABLE.1)?;
    let (table, date) = dated.trim().split_once(DATE)?;
    NaiveDate::parse_from_str(date.strip_suffix('.')?, "%Y-%m-%d").ok()?;
    Some(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_up_to_date_only_as_a_whole() {
        let page = |table: &str| {
            between(
                &format!("a\n{}{}b", TABLE.0, TABLE.1),
                TABLE,
                &format!("{table}{DATE}2026-11-29."),
            )
            .unwrap()
        };
        let table = "| shape | 551 |\n| status | 31 |\n\nLegal variations: 94";
        assert_eq!(printed(&page(table)), Some(table));
        for other in
            ["| shape | 551 |", "| shape | 551 |\n| status | 31 |\n\nLegal variations: 94, more"]
        {
            assert_ne!(printed(&page(other)), Some(table), "{other}");
        }
        assert_eq!(printed(&page(table).replace("2026", "once")), None);
        assert!(printed(include_str!("../../docs/strength.md")).is_some());
    }
}
