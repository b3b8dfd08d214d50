//! The README's table of what the suite detects, measured.

use std::{ffi::OsStr, fs, path::Path};

use anyhow::{Context, Result, bail};

use crate::{
    cargo,
    regenerate::{Report, between},
};

/// The line before the table in the README, and the one after it.
const TABLE: (&str, &str) = (
    "<!-- strength: written by `cargo xtask regenerate --strength` -->\n",
    "<!-- end of the strength -->\n",
);

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
    let path = root.join("README.md");
    let current = fs::read_to_string(&path).context("reading README.md")?;
    let derived = between(&current, TABLE, measured.trim_end())?;
    if derived == current {
        report.lines.push("README.md, strength: up to date".into());
    } else if check {
        report.in_step = false;
        report.lines.push(
            "README.md, strength: out of date, run `cargo xtask regenerate --strength`".into(),
        );
    } else {
        fs::write(&path, derived).context("writing README.md")?;
        report.lines.push("README.md, strength: rewritten".into());
    }
    Ok(report)
}
