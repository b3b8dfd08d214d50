//! The commands of README and manuals, run as a reader runs them: the `console` blocks of a page, in
//! their order, in one shell, with real programs and sockets. Links, lengths and versions are checked too.
//!
//! A comment before a block says what is special about it:
//!
//! - `<!-- not run: reason -->`: the block is not run. A reason that begins with a command in
//!   backquotes leaves out only the line with that command.
//! - `<!-- needs: PROGRAM -->`: the rest of the page is left out where the program is not installed.
//! - `<!-- file: NAME -->`: the block, of any kind, is a file that later commands read.
//!
//! This program is the commands `registries-server` and `registries` as well, so that they are there and
//! no older than the tests.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod comments;
mod failing;
mod family;
mod pages;
#[path = "../../../../crates/server/tests/postgres/mod.rs"]
mod postgres;
mod prose;
mod shell;

use std::{env, process::ExitCode};

use libtest_mimic::{Arguments, Failed, Trial};

use crate::pages::Page;

/// Says which command this process is.
const IS_COMMAND: &str = "REGISTRIES_TEST_IS_COMMAND";

fn main() -> ExitCode {
    match env::var(IS_COMMAND).as_deref() {
        Ok("registries-server") => return registries_server::cli::main(),
        Ok("registries") => return registries_cli::main(),
        _ => {}
    }
    let mut trials = vec![
        Trial::test("links_lead_somewhere", || each(prose::broken_links)),
        Trial::test("sentences_are_short", || each(prose::long_sentences)),
        Trial::test("sentences_of_comments_are_short", || {
            none(&comments::all(), prose::long_sentences)
        }),
        Trial::test("words_are_plain", || each(prose::unusual_words)),
        Trial::test("words_of_comments_are_plain", || none(&comments::all(), prose::unusual_words)),
        Trial::test("the_readme_shows_a_failing_run", failing::the_readme_shows_a_failing_run),
        Trial::test("an_outcome_has_the_same_status_everywhere", || {
            family::an_outcome_has_the_same_status_everywhere()
        }),
        Trial::test("the_readme_is_short", || is_short("README.md", 120)),
        Trial::test("the_architecture_is_short", || is_short("ARCHITECTURE.md", 150)),
        Trial::test("ci_runs_the_command_of_the_readme", ci_runs_the_command_of_the_readme),
        Trial::test("the_version_of_rust_is_that_of_the_workspace", rust_versions),
        Trial::test("settings_are_in_the_manual", settings_are_in_the_manual),
        Trial::test("no_command_selects_a_package", || each(selected_packages)),
        Trial::test("yaml_can_be_read", || each(unreadable_yaml)),
        Trial::test("commands_that_are_not_run", || {
            commands_that_are_not_run();
            Ok(())
        }),
    ];
    let with_commands = pages::all().into_iter().filter(Page::has_commands);
    trials.extend(
        with_commands.map(|page| {
            Trial::test(format!("commands_of_{}", page.name), move || shell::run(&page))
        }),
    );
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// Fails with what is wrong with any page of the manuals.
fn each(wrong: fn(&Page) -> Vec<String>) -> Result<(), Failed> {
    none(&pages::all(), wrong)
}

/// Fails with what is wrong with any of these pages.
fn none(pages: &[Page], wrong: fn(&Page) -> Vec<String>) -> Result<(), Failed> {
    let wrong: Vec<String> = pages
        .iter()
        .flat_map(|page| wrong(page).into_iter().map(|it| format!("{}: {it}", page.name)))
        .collect();
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}

fn is_short(page: &str, most: usize) -> Result<(), Failed> {
    let lines = Page::read(page).text.lines().count();
    if lines <= most { Ok(()) } else { Err(format!("{lines} lines, at most {most}").into()) }
}

fn ci_runs_the_command_of_the_readme() -> Result<(), Failed> {
    let command = "cargo test --workspace";
    let ci = std::fs::read_to_string(pages::root().join(".ci/run"))?;
    assert!(ci.lines().any(|line| line.ends_with(&format!("step {command}"))), "{ci}");
    assert!(Page::read("README.md").commands().any(|it| it == command));
    Ok(())
}

/// Wherever a version of Rust is named, it is the one that the workspace needs.
fn rust_versions() -> Result<(), Failed> {
    let read = |name: &str| std::fs::read_to_string(pages::root().join(name));
    let workspace: toml::Table = read("Cargo.toml")?.parse()?;
    let version = workspace["workspace"]["package"]["rust-version"].as_str().unwrap();
    for (file, named) in [
        ("README.md", format!("Rust {version}")),
        ("docs/ci.md", format!("image: rust:{version}")),
        ("deploy/Dockerfile", format!("FROM rust:{version}-")),
    ] {
        assert!(read(file)?.contains(&named), "{file} does not have {named:?}");
    }
    Ok(())
}

/// Each setting of the server has a row in its manual, with the default that the example file has.
fn settings_are_in_the_manual() -> Result<(), Failed> {
    let example = pages::root().join("crates/server/src/cli/settings/example.toml");
    let example = std::fs::read_to_string(example)?;
    let manual = Page::read("docs/server.md").text;
    let mut missing = Vec::new();
    for line in example.lines() {
        let (has_default, line) = line.strip_prefix("# ").map_or((true, line), |it| (false, it));
        let Some((name, value)) = line.split_once(" = ").filter(|(name, _)| !name.contains(' '))
        else {
            continue;
        };
        let default = value.trim_matches('"');
        let row = |it: &&str| it.starts_with('|') && it.contains(&format!("`{name}`"));
        let mut rows = manual.lines().filter(row).peekable();
        let is_there = rows.peek().is_some();
        if !is_there || (has_default && !rows.any(|row| row.contains(default))) {
            missing.push(line.to_owned());
        }
    }
    if missing.is_empty() { Ok(()) } else { Err(missing.join("\n").into()) }
}

/// Commands that build the dependencies with other features than the rest.
fn selected_packages(page: &Page) -> Vec<String> {
    let selects = |line: &&str| {
        line.starts_with("cargo ") && line.split(' ').any(|it| it == "-p" || it == "--package")
    };
    page.commands().filter(selects).map(str::to_owned).collect()
}

fn unreadable_yaml(page: &Page) -> Vec<String> {
    let blocks = page.blocks.iter().filter(|block| block.kind == "yaml");
    let errors = blocks.filter_map(|block| {
        let read = serde_saphyr::from_str::<serde_json::Value>(&block.text);
        read.err().map(|error| format!("line {}: {error}", block.line))
    });
    errors.collect()
}

/// A list for reviews: what nothing but a reader tries.
fn commands_that_are_not_run() {
    let mut list = Vec::new();
    for page in pages::all() {
        for (commands, reason) in page.blocks.iter().filter_map(pages::Block::not_run) {
            list.push(format!("{}: {reason}", page.name));
            list.extend(commands.into_iter().map(|it| format!("  {it}")));
        }
    }
    insta::assert_snapshot!("not-run", list.join("\n"));
}
