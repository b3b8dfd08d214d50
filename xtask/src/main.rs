//! Keeps everything derived from the contract in step.

mod regenerate;

use std::{path::Path, process::ExitCode};

use clap::{Parser, Subcommand};

/// The project's own chores.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Check the contract and rewrite every committed file that is derived from it
    #[command(
        after_help = "Examples:\n  cargo xtask regenerate\n  cargo xtask regenerate --check\n\n\
        Exit status: 0 all is in step, 1 the contract has a mistake or a file is out of date, \
        2 wrong usage."
    )]
    Regenerate {
        /// Write nothing, and exit with 1 when a file is out of date
        #[arg(long)]
        check: bool,
    },
}

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."));
    let outcome = match Cli::parse().command {
        Command::Regenerate { check } => regenerate::regenerate(root, check),
    };
    match outcome {
        Ok(report) => {
            for line in &report.lines {
                println!("{line}");
            }
            if report.in_step { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}
