//! `conformance completions` and `conformance man`.

use std::{
    io::{self, Write},
    process::ExitCode,
};

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

pub(crate) fn completions(args: &CompletionsArgs) -> Result<ExitCode, Failure> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "conformance", &mut text);
    printed(&text)
}

/// Prints the manual page of the command, and of each of its subcommands after it.
pub(crate) fn man() -> Result<ExitCode, Failure> {
    let mut command = Cli::command();
    command.build();
    let mut text = Vec::new();
    let pages = std::iter::once(&command).chain(command.get_subcommands());
    for page in pages.filter(|page| page.get_name() != "help") {
        clap_mangen::Man::new(page.clone()).render(&mut text).map_err(|error| unprinted(&error))?;
    }
    printed(&text)
}

fn printed(text: &[u8]) -> Result<ExitCode, Failure> {
    match io::stdout().write_all(text) {
        // Whoever reads it may stop early, as `head` does.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(unprinted(&error)),
        _ => Ok(ExitCode::SUCCESS),
    }
}

fn unprinted(error: &io::Error) -> Failure {
    Failure::NotCarriedOut(format!("it cannot be printed: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where there is no terminal, help is wrapped at 100 columns, and longer lines would be torn.
    #[test]
    fn what_follows_the_options_fits_into_the_columns_of_help() {
        let mut command = Cli::command();
        command.build();
        for page in std::iter::once(&command).chain(command.get_subcommands()) {
            let after = page.get_after_help().map(ToString::to_string).unwrap_or_default();
            for line in after.lines() {
                assert!(line.chars().count() <= 100, "{}: {line}", page.get_name());
            }
        }
    }
}
