//! The README's table of what the suite detects, measured.

use std::{fmt::Write as _, fs, path::Path};

use anyhow::{Context, Result};
use registries_conformance::{
    level::Level,
    strength::{self, Strength, Total},
};

use crate::regenerate::{Report, between};

/// The line before the table in the README, and the one after it.
const TABLE: (&str, &str) = (
    "<!-- strength: written by `cargo xtask regenerate --strength` -->\n",
    "<!-- end of the strength -->\n",
);

/// Measures the suite, adds to `report` whether every deviation from what is required is caught, and
/// keeps the table in step.
pub(crate) fn table(root: &Path, check: bool, mut report: Report) -> Result<Report> {
    let runtime = tokio::runtime::Runtime::new()?;
    let [core, deep] = runtime.block_on(strength::measure_both(|_| true, |_, _| {}))?;
    for missed in deep.missed(Level::Must) {
        report.lines.push(format!("strength: nothing catches {}", missed.name));
        report.in_step = false;
    }
    for alarm in deep.false_alarms() {
        report.lines.push(format!("strength: {} is legal and taken for wrong", alarm.name));
        report.in_step = false;
    }
    let path = root.join("README.md");
    let current = fs::read_to_string(&path).context("reading README.md")?;
    let derived = between(&current, TABLE, &totals(&core, &deep))?;
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

fn totals(core: &Strength, deep: &Strength) -> String {
    let mut text = String::from("| deviations | of them | `core` catches | `deep` catches |\n");
    text.push_str("|---|---|---|---|\n");
    let mut row = |name: String, core: Total, deep: Total| {
        let _ = writeln!(text, "| {name} | {} | {} | {} |", core.all, core.right, deep.right);
    };
    for ((class, core), deep) in core.by_class().into_iter().zip(deep.by_class().into_values()) {
        row(class.to_string(), core, deep);
    }
    for ((level, core), (_, deep)) in core.by_level().into_iter().zip(deep.by_level()) {
        row(format!("**{level}**"), core, deep);
    }
    let (core, deep) = (core.passed(), deep.passed());
    let _ = writeln!(
        text,
        "\nLegal variations: {}, of which `core` lets {} pass and `deep` {}.",
        core.all, core.right, deep.right
    );
    text
}
