//! The command line of `registries-server`.

mod database;
mod dev;
mod org;
mod serve;
mod signals;
mod token;

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

use crate::admin::AdminError;
use crate::storage::OpenError;

/// Runs the command that the arguments name, and tells how it went: 0 it was done, 1 it failed,
/// 2 it was called in a wrong way.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    log_to_stderr();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&Failure::Io { what: "start the runtime", error }),
    };
    match runtime.block_on(run(arguments.command)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failed(&failure),
    }
}

/// A reference server of the Registries API: registries and access tokens of organizations.
#[derive(Debug, Parser)]
#[command(name = "registries-server", version, after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the API from a database
    Serve(serve::Serve),
    /// Try the API out: everything in memory, one organization, one access token
    Dev(dev::Dev),
    /// Administer organizations
    #[command(subcommand)]
    Org(org::Org),
    /// Administer access tokens
    #[command(subcommand)]
    Token(token::Token),
}

const EXAMPLES: &str = "\
Examples:
  Try it out, with nothing to set up and nothing kept:
    registries-server dev

  Set up a deployment, and serve it:
    registries-server org create --database sqlite://registries.db my-org
    registries-server token create --database sqlite://registries.db --org my-org --scopes all
    registries-server serve --database sqlite://registries.db --listen 127.0.0.1:8080

The log goes to standard error. REGISTRIES_SERVER_LOG sets how much of it there is: error, warn,
info (the default), debug or trace, or filters such as `warn,registries_server=debug`. On a terminal
it has colours, unless NO_COLOR is set.";

async fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Serve(serve) => serve.run().await,
        Command::Dev(dev) => dev.run().await,
        Command::Org(org) => org.run().await,
        Command::Token(token) => token.run().await,
    }
}

/// Why a command failed, as a sentence for whoever called it.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Admin(#[from] AdminError),
    #[error("cannot listen on {address}: {error}")]
    Listen { address: std::net::SocketAddr, error: std::io::Error },
    #[error("cannot {what}: {error}")]
    Io { what: &'static str, error: std::io::Error },
    #[error("{0}")]
    Invalid(String),
}

fn failed(failure: &Failure) -> ExitCode {
    // Where standard error cannot be written to, there is nobody to tell.
    let _ = writeln!(std::io::stderr(), "error: {failure}{}", causes(failure));
    ExitCode::FAILURE
}

/// What stands behind a failure and is not in its own sentence.
fn causes(failure: &Failure) -> String {
    let mut text = String::new();
    let mut cause = std::error::Error::source(failure);
    while let Some(error) = cause {
        let sentence = error.to_string();
        if !failure.to_string().contains(&sentence) && !text.contains(&sentence) {
            text.push_str(": ");
            text.push_str(&sentence);
        }
        cause = error.source();
    }
    text
}

/// Prints a line that is the command's result.
fn print(line: &str) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{line}")
        .and_then(|()| stdout.flush())
        .map_err(|error| Failure::Io { what: "write to standard output", error })
}

fn log_to_stderr() {
    let filter =
        EnvFilter::try_from_env("REGISTRIES_SERVER_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    // Colours are for people: not in a file, and not for those who ask for none (no-color.org).
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal() && !no_color)
        .with_writer(std::io::stderr)
        .init();
}
