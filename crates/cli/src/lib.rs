//! The command line `registries`, a client of the Registries API. [`main`] is the whole program; a test
//! of the manuals is the program as well by calling it.

#![expect(clippy::doc_markdown, reason = "help shows these comments as they are")]

mod apply;
mod cli;
mod commands;
mod config;
mod credential;
mod deadline;
mod exchanged;
mod failure;
mod input;
mod json;
mod missing;
mod operations;
mod output;
mod session;
mod settings;
mod table;
mod tokens;
mod ui;
mod views;

use std::process::ExitCode;

use registries_command_line::visible;

/// Runs the command that the arguments name, and returns its exit status.
#[must_use]
pub fn main() -> ExitCode {
    cli::main()
}
