//! `conformance completions` and `conformance man`.

use std::process::ExitCode;

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::Failure;
use crate::{Cli, output::print};

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
        let rendered = clap_mangen::Man::new(page.clone()).render(&mut text);
        rendered.map_err(|error| Failure::NotCarriedOut(error.to_string()))?;
    }
    printed(&text)
}

fn printed(text: &[u8]) -> Result<ExitCode, Failure> {
    print(&String::from_utf8_lossy(text))?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Help is wrapped at 80 columns, and longer lines would be torn.
    #[test]
    fn what_follows_the_options_fits_into_the_columns_of_help() {
        let mut command = Cli::command();
        command.build();
        for page in std::iter::once(&command).chain(command.get_subcommands()) {
            let after = [page.get_after_help(), page.get_after_long_help()];
            for line in after
                .into_iter()
                .flatten()
                .flat_map(|it| it.to_string().lines().map(str::to_owned).collect::<Vec<_>>())
            {
                assert!(line.chars().count() <= 80, "{}: {line}", page.get_name());
            }
        }
    }
}
