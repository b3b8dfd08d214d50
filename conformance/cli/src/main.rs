//! The `conformance` command.

mod commands;

use std::process::ExitCode;

use clap::Parser;
use registries_conformance::report;

use crate::commands::{Command, Failure};

/// Tells whether a deployment of the Registries API speaks its contract.
#[derive(Parser)]
#[command(
    name = "conformance",
    version,
    after_help = "Exit status: 0 the deployment conforms, 1 it does not, 2 wrong usage, \
                  3 could not be carried out."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    let command = Cli::parse().command;
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&Failure::NotCarriedOut(error.to_string())),
    };
    match runtime.block_on(command.execute()) {
        Ok(status) => status,
        Err(failure) => failed(&failure),
    }
}

fn failed(failure: &Failure) -> ExitCode {
    // What it quotes may come from a deployment, a file or the environment.
    let failure_text = report::visible(&failure.to_string(), true);
    anstream::eprintln!("conformance: {failure_text}");
    failure.exit_code()
}
