//! The arguments, and what is done with them.

use std::process::ExitCode;

use clap::{ArgAction, Parser};
use registries_command_line::{Color, Status, parse};

use crate::{commands::Command, failure::Failure, ui::Ui};

/// Manage package registries and their tokens
///
/// It calls the Registries API, which manages the package registries of an organization and the tokens
/// that read their packages.
#[derive(Debug, Parser)]
#[command(name = "registries", version, disable_version_flag = true, max_term_width = 80, after_long_help = format!("{MORE}\n\n{}", exit_status()))]
pub(crate) struct Cli {
    /// Print results and errors only
    #[arg(
        short,
        long,
        global = true,
        conflicts_with = "verbose",
        hide_short_help = true,
        display_order = 100
    )]
    quiet: bool,
    /// Print each exchange, without secrets
    #[arg(short, long, global = true, hide_short_help = true, display_order = 101)]
    verbose: bool,
    #[command(flatten)]
    color: Color,
    /// Print version
    #[arg(short = 'V', long, action = ArgAction::Version, hide_short_help = true, display_order = 103)]
    version: Option<bool>,
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
token is the first of these: the file of --token-file, REGISTRIES_TOKEN, the
file of the profile, and the token that `registries auth login` stored. It is
never an argument. Profiles are in ~/.config/registries/config.toml.

`registries man` prints the manual page.";

fn exit_status() -> String {
    Status::help(&[
        (Status::Negative, "refused: not found, not allowed, not valid, or you answered no"),
        (Status::Usage, "wrong usage: an argument, a variable, a file, or no token"),
        (Status::NotCarriedOut, "not carried out: no connection, a rate limit, a server error"),
    ])
}

pub(crate) fn main() -> ExitCode {
    parse::<Cli>().map_or_else(|status| status, Cli::carry_out)
}

impl Cli {
    /// Carries it out. What this needs on the stack is not there while help is printed.
    #[inline(never)]
    fn carry_out(self) -> ExitCode {
        self.color.apply();
        // One thread: what it does is wait for responses.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let ui = Ui { quiet: self.quiet, verbose: self.verbose };
        let done = match runtime {
            Ok(runtime) => runtime.block_on(self.command.run(ui)),
            Err(error) => Err(Failure::NotDone(format!("cannot start: {error}"))),
        };
        done.map_or_else(|failure| failure.report(), |()| ExitCode::SUCCESS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_the_options_fits_into_the_columns_of_help() {
        assert_eq!(registries_command_line::torn_lines::<Cli>(), [""; 0]);
    }
}
