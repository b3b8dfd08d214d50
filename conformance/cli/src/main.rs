//! The `conformance` command.

mod commands;

use std::process::ExitCode;

use clap::Parser;
use registries_command_line::{Color, Failure, Status, parse};

use crate::commands::Command;

/// Test whether a server conforms to the Registries API.
#[derive(Parser)]
#[command(
    name = "conformance",
    version,
    max_term_width = 80,
    after_long_help = Status::help(&[
        (Status::Success, "the deployment conforms; nothing became worse, nothing is left"),
        (Status::Negative, "it does not; something became worse, something is left"),
        (Status::NotCarriedOut, "it could not be carried out, or not judged"),
    ])
)]
struct Cli {
    #[command(flatten)]
    color: Color,
    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    let Cli { color, command } = match parse() {
        Ok(cli) => cli,
        Err(status) => return status,
    };
    color.apply();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return Failure::NotCarriedOut(format!("cannot start: {error}")).report(),
    };
    let done = runtime.block_on(command.execute());
    done.unwrap_or_else(|failure| failure.report())
}
