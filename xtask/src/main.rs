//! Keeps everything derived from the contract in step.

mod regenerate;
mod strength;

use std::{path::Path, process::ExitCode};

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::regenerate::Report;

/// The project's own chores.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Check the contract and the requirements, and rewrite every committed file that is derived
    #[command(
        after_help = "Examples:\n  cargo xtask regenerate\n  cargo xtask regenerate --check --strength\n\n\
        Exit status: 0 all is in step, 1 the contract or the requirements have a mistake or, with \
        --check, a file is out of date, 2 wrong usage, 3 it could not be carried out, for example \
        because a file cannot be read."
    )]
    Regenerate {
        /// Write nothing, and exit with 1 when a file is out of date
        #[arg(long)]
        check: bool,
        /// Measure what the suite detects as well, which takes minutes, and keep the README's table
        /// of it in step
        #[arg(long)]
        strength: bool,
    },
}

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."));
    let outcome = match Cli::parse().command {
        Command::Regenerate { check, strength } => {
            regenerate::regenerate(root, check).and_then(|report| {
                if strength { strength::table(root, check, report) } else { Ok(report) }
            })
        }
    };
    match &outcome {
        Ok(report) => {
            for line in &report.lines {
                println!("{line}");
            }
        }
        Err(error) => eprintln!("xtask: {error:#}"),
    }
    ExitCode::from(status(&outcome))
}

/// The exit status: it held, it did not hold, or it could not be carried out. Clap has 2 for wrong
/// usage.
fn status(outcome: &Result<Report>) -> u8 {
    match outcome {
        Ok(report) if report.in_step => 0,
        Ok(_) => 1,
        Err(_) => 3,
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_three_outcomes_have_three_statuses() {
        let report = |in_step| Ok(Report { lines: Vec::new(), in_step });
        assert_eq!(status(&report(true)), 0);
        assert_eq!(status(&report(false)), 1);
        let nothing = tempfile::tempdir().unwrap();
        assert_eq!(status(&regenerate::regenerate(nothing.path(), true)), 3, "no contract");
        std::fs::write(nothing.path().join("openapi.yaml"), "a: [b").unwrap();
        assert_eq!(status(&regenerate::regenerate(nothing.path(), true)), 3, "not YAML");
    }

    #[test]
    fn wrong_usage_is_none_of_them_and_the_help_names_all() {
        let error = Cli::try_parse_from(["xtask", "regenerate", "--chekc"]).err().unwrap();
        assert_eq!(error.exit_code(), 2);
        let mut command = Cli::command();
        let help = command.find_subcommand_mut("regenerate").unwrap().render_help().to_string();
        for status in ["0 all is in step", "1 the contract", "2 wrong usage", "3 it could not"] {
            assert!(help.replace('\n', " ").contains(status), "{help}");
        }
    }
}
