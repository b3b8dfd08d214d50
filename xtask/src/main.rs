//! Keeps everything derived from the contract in step, and measures the project.

mod imports;
mod regenerate;
mod strength;

use std::{
    env,
    ffi::{OsStr, OsString},
    path::Path,
    process::{Command as Process, ExitCode, ExitStatus},
};

use anyhow::{Context, Result, bail};
use clap::{Parser, Subcommand};
use registries_command_line::{Color, Failure, Status, parse, say_error};

/// The project's own chores.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", max_term_width = 80)]
struct Cli {
    #[command(flatten)]
    color: Color,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Check the contract, and rewrite the files derived from it
    #[command(after_help = regenerate_help())]
    Regenerate {
        /// Write nothing; exit with 1 if a file is out of date
        #[arg(long)]
        check: bool,
        /// Measure what the suite detects, and rewrite docs/strength.md
        ///
        /// This takes about ten minutes.
        #[arg(long)]
        strength: bool,
    },
    /// Check format, lints, unit tests and derived files
    #[command(after_help = Status::help(&[
        (Status::Success, "all checks pass"),
        (Status::Negative, "a check fails"),
    ]))]
    Check,
    /// Print modules that import each other
    #[command(after_help = Status::help(&[
        (Status::Success, "printed"),
        (Status::Negative, ""),
        (Status::NotCarriedOut, "a file cannot be read"),
    ]))]
    Imports,
    /// Measure the project's programs, built as for a release
    #[command(disable_help_flag = true)]
    Bench {
        /// What to measure; `--help` lists it
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
}

fn regenerate_help() -> String {
    let status = Status::help(&[
        (Status::Success, "all files are up to date"),
        (
            Status::Negative,
            "the contract or the requirements have a mistake, a defect is missed\n     \
             (--strength), or a file is out of date (--check)",
        ),
        (Status::NotCarriedOut, "not carried out, for example because a file cannot be read"),
    ]);
    format!(
        "Examples:\n  cargo xtask regenerate\n  cargo xtask regenerate --check --strength\n\n{status}"
    )
}

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."));
    let Cli { color, command } = match parse() {
        Ok(cli) => cli,
        Err(status) => return status,
    };
    color.apply();
    let holds = match command {
        Command::Regenerate { check, strength } => regenerated(root, check, strength),
        Command::Check => checked(root),
        Command::Imports => printed_imports(root),
        Command::Bench { arguments } => bench(root, &arguments),
    };
    if let Err(error) = &holds {
        say_error(&format!("{error:#}"));
    }
    status(&holds).into()
}

/// Prints a line. A device that is full is an error.
fn print(line: &str) -> Result<()> {
    Ok(registries_command_line::print(&format!("{line}\n"))?)
}

/// Regenerates, prints what was done, and returns whether all is up to date.
fn regenerated(root: &Path, check: bool, strength: bool) -> Result<bool> {
    let report = regenerate::regenerate(root, check)?;
    let report = if strength { strength::table(root, check, report)? } else { report };
    for line in &report.lines {
        print(line)?;
    }
    Ok(report.in_step)
}

/// Formats, lints, unit tests and derived files; whether all is well.
fn checked(root: &Path) -> Result<bool> {
    for arguments in [
        &["fmt", "--all", "--check"][..],
        &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"],
        &["test", "--workspace", "--lib", "--bins"],
    ] {
        print(&format!("cargo {}", arguments.join(" ")))?;
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let status = Process::new(cargo).args(arguments).current_dir(root).status();
        if !status.context("starting cargo")?.success() {
            return Ok(false);
        }
    }
    regenerated(root, true, false)
}

/// The folders with the sources of each package.
const SOURCES: [&str; 13] = [
    "crates/cli/src",
    "crates/client/src",
    "crates/codegen/src",
    "crates/command-line/src",
    "crates/contract/src",
    "crates/mock/src",
    "crates/policy/src",
    "crates/server/src",
    "conformance/src",
    "conformance/cli/src",
    "conformance/strength/src",
    "xtask/src",
    "xtask/bench/src",
];

/// Prints the circles of imports of each package.
fn printed_imports(root: &Path) -> Result<bool> {
    for folder in SOURCES {
        let imports = imports::of(&root.join(folder))?;
        let circles = imports::circles(&imports);
        print(&format!("{folder}: {} modules, {} circles", imports.len(), circles.len()))?;
        for circle in circles {
            print(&format!("  {}: {}", circle.len(), circle.join(" ")))?;
        }
    }
    Ok(true)
}

/// Builds the benchmarks as what is shipped is built, and runs them.
fn bench(root: &Path, arguments: &[OsString]) -> Result<bool> {
    let shipped = ["run", "--profile", "dist", "--bin", "registries-bench"];
    let status = cargo(root, &shipped.map(OsStr::new), arguments)?;
    match status.code() {
        Some(code @ 0..=1) => Ok(code == 0),
        // They have printed why.
        Some(code @ 2..=3) => std::process::exit(code),
        _ => bail!("the benchmarks could not be carried out ({status})"),
    }
}

/// Runs a program of the project, which cargo builds first.
fn cargo(root: &Path, how: &[&OsStr], arguments: &[OsString]) -> Result<ExitStatus> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut process = Process::new(cargo);
    process.args(how).arg("--manifest-path").arg(root.join("Cargo.toml"));
    process.arg("--").args(arguments).status().context("starting cargo")
}

/// The exit status: it held, it did not hold, or why there is no response.
fn status(holds: &Result<bool>) -> Status {
    match holds {
        Ok(true) => Status::Success,
        Ok(false) => Status::Negative,
        Err(error) => error.downcast_ref().map_or(Status::NotCarriedOut, Failure::status),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_outcomes_have_three_statuses() {
        assert_eq!(status(&Ok(true)), Status::Success);
        assert_eq!(status(&Ok(false)), Status::Negative);
        let nothing = tempfile::tempdir().unwrap();
        assert_eq!(
            status(&regenerated(nothing.path(), true, false)),
            Status::NotCarriedOut,
            "no contract"
        );
        std::fs::write(nothing.path().join("openapi.yaml"), "a: [b").unwrap();
        assert_eq!(
            status(&regenerated(nothing.path(), true, false)),
            Status::NotCarriedOut,
            "not YAML"
        );
    }

    #[test]
    fn every_help() {
        insta::assert_snapshot!(registries_command_line::helps::<Cli>());
    }
}
