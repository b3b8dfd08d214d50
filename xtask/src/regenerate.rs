//! `cargo xtask regenerate`: the contract is checked, and what is derived from it rewritten.

use std::{collections::BTreeMap, fmt::Write as _, fs, io::ErrorKind, path::Path};

use anyhow::{Context, Result};
use registries_conformance::{Profile, cases::check_requirements, report, strength, traffic};
use registries_contract::{Contract, level::Grade};
use serde::Deserialize;

/// What is written by hand, and checked.
const CONTRACT: &str = "openapi.yaml";
const REQUIREMENTS: &str = "crates/contract/requirements.yaml";

/// The line before the table of operations in `docs/contract.md`, and the one after it.
const OPERATIONS: (&str, &str) = (
    "<!-- operations: written by `cargo xtask regenerate` -->\n",
    "<!-- end of the operations -->\n",
);

/// The line before the table of disagreements there, and the one after it.
const DISAGREEMENTS: (&str, &str) = (
    "<!-- disagreements: written by `cargo xtask regenerate` -->\n",
    "<!-- end of the disagreements -->\n",
);

/// The line before the table of profiles in `docs/conformance.md`, and the one after it.
const PROFILES: (&str, &str) =
    ("<!-- profiles: written by `cargo xtask regenerate` -->\n", "<!-- end of the profiles -->\n");

const APACHE: &str = include_str!("../../LICENSE-APACHE");
const MIT: &str = include_str!("../../LICENSE-MIT");

/// What was done, or is to be done.
pub(crate) struct Report {
    /// A line for each file or mistake.
    pub(crate) lines: Vec<String>,
    /// Whether contract and requirements are sound and every file up to date.
    pub(crate) in_step: bool,
}

/// Checks the contract and the requirements under `root` and rewrites what is derived from the
/// contract, or with `check` only reports what would be rewritten.
pub(crate) fn regenerate(root: &Path, check: bool) -> Result<Report> {
    let text = read(&root.join(CONTRACT))?;
    let lines = mistakes(root, &text)?;
    if !lines.is_empty() {
        return Ok(Report { lines, in_step: false });
    }
    let mut report = Report { lines: Vec::new(), in_step: true };
    for (name, derive) in DERIVED {
        let path = root.join(name);
        let current = match fs::read_to_string(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
            read => read.with_context(|| format!("reading {name}"))?,
        };
        let derived = derive(&text, &current).with_context(|| format!("deriving {name}"))?;
        if derived == current {
            report.lines.push(format!("{name}: up to date"));
        } else if check {
            report.in_step = false;
            report.lines.push(format!("{name}: out of date, run `cargo xtask regenerate`"));
        } else {
            fs::write(&path, derived).with_context(|| format!("writing {name}"))?;
            report.lines.push(format!("{name}: rewritten"));
        }
    }
    Ok(report)
}

/// What is wrong with the contract, or with the requirements when the contract is sound.
fn mistakes(root: &Path, contract: &str) -> Result<Vec<String>> {
    let named = |file: &'static str, mistakes: Vec<String>| -> Vec<String> {
        mistakes.into_iter().map(|mistake| format!("{file}: {mistake}")).collect()
    };
    let unusable = |file: &'static str| format!("{file} cannot be used");
    let found = registries_contract::check(contract).with_context(|| unusable(CONTRACT))?;
    if !found.is_empty() {
        return Ok(named(CONTRACT, found));
    }
    let contract = Contract::parse(contract).with_context(|| unusable(CONTRACT))?;
    let requirements = read(&root.join(REQUIREMENTS))?;
    let found = check_requirements(&requirements, &contract);
    Ok(named(REQUIREMENTS, found.with_context(|| unusable(REQUIREMENTS))?))
}

/// Makes a file's new content from the contract's text and the file's content so far.
type Derive = fn(&str, &str) -> Result<String>;

/// Every committed file that is derived from the contract.
const DERIVED: &[(&str, Derive)] = &[
    ("crates/client/src/generated.rs", |contract, _| {
        Ok(registries_codegen::generate_client(contract)?)
    }),
    // What the client is built from: in JSON, so that its users compile no YAML parser.
    ("crates/client/openapi.json", |contract, _| {
        Ok(serde_json::to_string_pretty(&registries_codegen::parse(contract)?)? + "\n")
    }),
    // What a package has to contain. Links would do, but a Windows checkout has none.
    ("crates/client/LICENSE-APACHE", |_, _| Ok(APACHE.to_owned())),
    ("crates/client/LICENSE-MIT", |_, _| Ok(MIT.to_owned())),
    ("crates/codegen/LICENSE-APACHE", |_, _| Ok(APACHE.to_owned())),
    ("crates/codegen/LICENSE-MIT", |_, _| Ok(MIT.to_owned())),
    ("crates/client/api.txt", |contract, _| {
        Ok(registries_codegen::client_surface(contract)? + &written_by_hand()?)
    }),
    ("conformance/report.schema.json", |_, _| {
        Ok(serde_json::to_string_pretty(&report::json_schema())? + "\n")
    }),
    ("conformance/check.schema.json", |_, _| {
        Ok(serde_json::to_string_pretty(&traffic::json_schema())? + "\n")
    }),
    ("conformance/diff.schema.json", |_, _| {
        Ok(serde_json::to_string_pretty(&report::diff::json_schema())? + "\n")
    }),
    ("conformance/strength.schema.json", |_, _| {
        Ok(serde_json::to_string_pretty(&strength::json_schema())? + "\n")
    }),
    ("docs/contract.md", with_tables),
    ("docs/conformance.md", |_, page| between(page, PROFILES, &profile_table())),
];

/// What the hand-written part of the client offers.
fn written_by_hand() -> Result<String> {
    let client = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/client/src");
    let mut modules = Vec::new();
    let mut open = vec![client.clone()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).context("reading the client's sources")? {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            } else if path.file_name().is_some_and(|name| name != "generated.rs") {
                modules.push(read(&path)?);
            }
        }
    }
    let root = read(&client.join("lib.rs"))?;
    Ok(registries_codegen::written_surface(&root, modules.iter().map(String::as_str))?)
}

fn with_tables(contract: &str, page: &str) -> Result<String> {
    let page = between(page, OPERATIONS, &operation_table(&Contract::parse(contract)?))?;
    between(&page, DISAGREEMENTS, &disagreement_table(contract)?)
}

fn profile_table() -> String {
    let mut text = String::from("| profile | requests | checks |\n|---|---|---|\n");
    let [smoke, core, deep] = [Profile::Smoke, Profile::Core, Profile::Deep].map(Profile::summary);
    let most = |profile: Profile| {
        let budgets = profile.budgets().iter().map(|(group, most)| match group {
            None => format!("at most {most}"),
            Some(group) => format!("{most} with `--group {group}`"),
        });
        budgets.collect::<Vec<_>>().join(", or ")
    };
    let _ = writeln!(text, "| `smoke` | {} | {smoke}; safe in production |", most(Profile::Smoke));
    let _ = writeln!(text, "| `core`, the default | {} | {core} |", most(Profile::Core));
    let _ = writeln!(text, "| `deep` | as many as `--max-requests` says | {deep} |");
    text.push_str("\n`deep` adds:\n\n");
    for what in Profile::ONLY_DEEP {
        let _ = writeln!(text, "- {};", what.replace("--team", "`--team`"));
    }
    text.truncate(text.trim_end_matches(";\n").len());
    text.push('.');
    text
}

/// `text` with what stands between two of its lines replaced.
pub(crate) fn between(text: &str, lines: (&str, &str), new: &str) -> Result<String> {
    let (start, end) = lines;
    let (before, rest) = text.split_once(start).with_context(|| format!("no line {start}"))?;
    let (_, after) = rest.split_once(end).with_context(|| format!("no line {end}"))?;
    Ok(format!("{before}{start}\n{new}\n{end}{after}"))
}

fn operation_table(contract: &Contract) -> String {
    let mut table =
        String::from("| operation | request | scope | known from |\n|---|---|---|---|\n");
    for operation in contract.operations() {
        let scopes = match operation.scopes.as_slice() {
            [] => "none".to_owned(),
            scopes => scopes.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(" or "),
        };
        let _ = writeln!(
            table,
            "| `{}` | `{} {}` | {scopes} | {} |",
            operation.id, operation.method, operation.path, operation.source.grade
        );
    }
    table
}

/// The part of the contract that lists the points which its sources disagree about.
#[derive(Deserialize)]
struct Disputed {
    #[serde(rename = "x-disagreements")]
    disagreements: BTreeMap<String, Disagreement>,
}

#[derive(Deserialize)]
struct Disagreement {
    subject: String,
    readings: Vec<Interpretation>,
    note: Option<String>,
    chosen: String,
}

#[derive(Deserialize)]
struct Interpretation {
    reading: String,
    grade: Grade,
}

fn disagreement_table(contract: &str) -> Result<String> {
    let Disputed { disagreements } = serde_saphyr::from_str(contract)?;
    let mut table =
        String::from("| point | interpretations | what the contract says |\n|---|---|---|\n");
    for Disagreement { subject, readings, note, chosen } in disagreements.values() {
        let readings: Vec<String> =
            readings.iter().map(|it| format!("{} ({})", it.reading, it.grade)).collect();
        let said: Vec<&str> = [chosen.as_str()].into_iter().chain(note.as_deref()).collect();
        let cells = [subject.clone(), readings.join("; "), said.join(" ")];
        let _ = writeln!(table, "| {} |", cells.map(|it| cell(&it)).join(" | "));
    }
    Ok(table)
}

/// A text in one cell of a table.
fn cell(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A copy of what regenerating reads and writes.
    fn project() -> tempfile::TempDir {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let copy = tempfile::tempdir().unwrap();
        let files = DERIVED.iter().map(|(name, _)| *name).chain([CONTRACT, REQUIREMENTS]);
        for name in files {
            let target = copy.path().join(name);
            fs::create_dir_all(target.parent().unwrap()).unwrap();
            fs::copy(root.join(name), target).unwrap();
        }
        copy
    }

    fn change(project: &Path, file: &str, old: &str, new: &str) {
        let path = project.join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(old), "{old}");
        fs::write(path, text.replacen(old, new, 1)).unwrap();
    }

    #[test]
    fn what_is_committed_is_in_step() {
        let project = project();
        let report = regenerate(project.path(), true).unwrap();
        assert!(report.in_step, "{:#?}", report.lines);
    }

    #[test]
    fn a_change_of_the_contract_is_noticed_and_then_carried_through() {
        let project = project();
        change(
            project.path(),
            CONTRACT,
            "operationId: get_registry",
            "operationId: fetch_registry",
        );
        let report = regenerate(project.path(), true).unwrap();
        assert!(!report.in_step);
        let stale: Vec<&String> =
            report.lines.iter().filter(|line| line.contains("out of date")).collect();
        assert_eq!(stale.len(), 4, "{:#?}", report.lines);
        assert!(regenerate(project.path(), false).unwrap().in_step);
        assert!(regenerate(project.path(), true).unwrap().in_step);
    }

    #[test]
    fn a_file_that_is_missing_is_out_of_date_and_one_that_cannot_be_read_is_a_failure() {
        let project = project();
        let path = project.path().join("crates/client/api.txt");
        fs::remove_file(&path).unwrap();
        assert!(!regenerate(project.path(), true).unwrap().in_step);
        fs::create_dir(&path).unwrap();
        let error = regenerate(project.path(), true).err().unwrap();
        assert_eq!(error.to_string(), "reading crates/client/api.txt");
    }

    #[test]
    fn a_mistake_in_the_contract_is_named_and_nothing_is_written() {
        let project = project();
        change(project.path(), CONTRACT, "operationId: get_registry", "operationId: getRegistry");
        let page = fs::read(project.path().join("docs/contract.md")).unwrap();
        let report = regenerate(project.path(), false).unwrap();
        assert!(!report.in_step);
        assert!(report.lines[0].contains("getRegistry"), "{:#?}", report.lines);
        assert_eq!(page, fs::read(project.path().join("docs/contract.md")).unwrap());
    }

    #[test]
    fn a_mistake_in_the_requirements_is_named_and_nothing_is_written() {
        let project = project();
        change(project.path(), REQUIREMENTS, "id: registry.get.success", "id: registry.get.status");
        fs::remove_file(project.path().join("crates/client/api.txt")).unwrap();
        let report = regenerate(project.path(), false).unwrap();
        assert!(!report.in_step);
        let said = "crates/contract/requirements.yaml: registry.get.success: is not there";
        assert!(report.lines.iter().any(|line| line.starts_with(said)), "{:#?}", report.lines);
        assert!(!project.path().join("crates/client/api.txt").exists());
        fs::write(project.path().join(REQUIREMENTS), "- area: [").unwrap();
        assert!(regenerate(project.path(), false).is_err());
    }
}
