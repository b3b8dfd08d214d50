//! The README's table of what the suite detects, measured.

use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path};

use anyhow::{Context, Result};
use registries_conformance::{
    Profile,
    level::Level,
    strength::{self, Class, Strength},
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
    let core = runtime.block_on(strength::measure(Profile::Core, |_| true, |_, _| {}))?;
    // What `core` catches `deep` does, which has all of it.
    let is_caught = |name: &str| core.deviations.iter().any(|it| it.name == name && it.caught);
    let mut deep =
        runtime.block_on(strength::measure(Profile::Deep, |name| !is_caught(name), |_, _| {}))?;
    deep.deviations.extend(core.deviations.iter().filter(|it| it.caught).cloned());
    for missed in deep.missed(Level::Must) {
        report.lines.push(format!("strength: nothing catches {}", missed.name));
        report.in_step = false;
    }
    for alarm in core.false_alarms().chain(deep.false_alarms()) {
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
    let by_class = |strength: &Strength| {
        let mut classes: BTreeMap<Class, (usize, usize)> = BTreeMap::new();
        for measured in &strength.deviations {
            let (all, caught) = classes.entry(measured.class).or_default();
            *all += 1;
            *caught += usize::from(measured.caught);
        }
        classes
    };
    let deep_classes = by_class(deep);
    for (class, (all, core)) in by_class(core) {
        let deep = deep_classes.get(&class).map_or(0, |(_, caught)| *caught);
        let _ = writeln!(text, "| {class} | {all} | {core} | {deep} |");
    }
    for level in [Level::Must, Level::Should, Level::May] {
        let all = core.deviations.iter().filter(|it| it.level == level).count();
        let caught = |strength: &Strength| all - strength.missed(level).count();
        let _ = writeln!(text, "| **{level}** | {all} | {} | {} |", caught(core), caught(deep));
    }
    let passed = |strength: &Strength| strength.variations.len() - strength.false_alarms().count();
    let _ = writeln!(
        text,
        "\nLegal variations: {}, of which `core` lets {} pass and `deep` {}.",
        core.variations.len(),
        passed(core),
        passed(deep)
    );
    text
}
