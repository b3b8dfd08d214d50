//! The arguments, and what is done with them.

use std::{ffi::OsString, process::ExitCode};

use clap::{CommandFactory as _, FromArgMatches as _, Parser, ValueEnum};

use crate::{
    commands::Command,
    failure::{EXIT_STATUS, Failure},
    ui::{Ui, print, print_aside},
    visible::visible,
};

/// Manage package registries and their tokens
///
/// It calls the Registries API, which manages the package registries of an organization and the tokens
/// that read their packages.
#[derive(Debug, Parser)]
#[command(name = "registries", version, max_term_width = 80, after_help = EXIT_STATUS, after_long_help = MORE)]
pub(crate) struct Cli {
    /// Print results and errors only
    #[arg(short, long, global = true, conflicts_with = "verbose", display_order = 100)]
    quiet: bool,
    /// Print each exchange, without secrets
    #[arg(short, long, global = true, display_order = 101)]
    verbose: bool,
    /// When to use colours
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "WHEN",
        default_value_t,
        hide_short_help = true,
        display_order = 102
    )]
    color: Color,
    #[command(subcommand)]
    command: Command,
}

const MORE: &str = "\
Examples:
  export REGISTRIES_ORG=my-org REGISTRIES_TOKEN=...
  registries create \"My Gems\" --ecosystem ruby
  registries list
  registries token create my-gems --description CI

Results go to standard output, everything else to standard error. The access
token is the first of these: REGISTRIES_TOKEN, the file of --token-file, and the
token that `registries auth login` stored. It is never an argument. Profiles are
in ~/.config/registries/config.toml.

Exit status:
  0  success
  1  refused: not found, not allowed, not valid, or you answered no
  2  wrong usage: an argument, a variable, a file, or no token
  3  not carried out: no connection, a rate limit, a server error";

/// When to use colours: by default at a terminal, unless `NO_COLOR` is set.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

impl Color {
    fn apply(self) {
        match self {
            Self::Auto => {}
            Self::Always => anstream::ColorChoice::Always.write_global(),
            Self::Never => anstream::ColorChoice::Never.write_global(),
        }
    }
}

pub(crate) fn main() -> ExitCode {
    let Cli { quiet, verbose, color, command } = match parse() {
        Ok(cli) => cli,
        Err(status) => return status,
    };
    color.apply();
    // One thread: what it does is wait for responses.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let done = match runtime {
        Ok(runtime) => runtime.block_on(command.run(Ui { quiet, verbose })),
        Err(error) => Err(Failure::NotDone(format!("cannot start: {error}"))),
    };
    done.map_or_else(|failure| failure.report(), |()| ExitCode::SUCCESS)
}

/// The arguments; or, after help or a message was printed, the exit status.
fn parse() -> Result<Cli, ExitCode> {
    parse_from(std::env::args_os()).map_err(|error| {
        if !error.use_stderr() {
            let printed = print(&error.render().ansi().to_string());
            return printed.map_or_else(|failure| failure.report(), |()| ExitCode::SUCCESS);
        }
        // What is wrong quotes the arguments, which are shown as they may be.
        let shown = |it: OsString| OsString::from(visible(&it.to_string_lossy()));
        let error = parse_from(std::env::args_os().map(shown)).err().unwrap_or(error);
        print_aside(&error.render().ansi().to_string());
        ExitCode::from(2)
    })
}

fn parse_from(arguments: impl Iterator<Item = OsString>) -> Result<Cli, clap::Error> {
    let is_short = std::env::args_os().any(|argument| argument == "-h");
    let command = Cli::command();
    let command = if is_short { without_variables(command) } else { command };
    command.try_get_matches_from(arguments).and_then(|matches| Cli::from_arg_matches(&matches))
}

/// Short help leaves out which variables there are: it would not fit a screen.
fn without_variables(command: clap::Command) -> clap::Command {
    let command = command.mut_args(|argument| argument.hide_env(true));
    command.mut_subcommands(without_variables)
}
