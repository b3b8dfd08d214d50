//! `conformance completions` and `conformance man`.

use std::{io, process::ExitCode};

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::Failure;
use crate::Cli;

#[derive(Args)]
#[command(after_help = "Examples:
  conformance completions bash > /etc/bash_completion.d/conformance
  conformance completions fish > ~/.config/fish/completions/conformance.fish")]
pub(crate) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

pub(crate) fn completions(args: &CompletionsArgs) -> ExitCode {
    clap_complete::generate(args.shell, &mut Cli::command(), "conformance", &mut io::stdout());
    ExitCode::SUCCESS
}

/// Prints the manual page of the command, and of each of its subcommands after it.
pub(crate) fn man() -> Result<ExitCode, Failure> {
    let mut command = Cli::command();
    command.build();
    let pages = std::iter::once(&command).chain(command.get_subcommands());
    for page in pages.filter(|page| page.get_name() != "help") {
        clap_mangen::Man::new(page.clone()).render(&mut io::stdout()).map_err(|error| {
            Failure::NotCarriedOut(format!("the manual page cannot be printed: {error}"))
        })?;
    }
    Ok(ExitCode::SUCCESS)
}
