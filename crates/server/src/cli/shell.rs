//! `registries-server completions` and `registries-server man`.

use std::iter;

use clap::{Args, Command};
use clap_complete::Shell;

use super::{Failure, command, print_to_the_end};

#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Completions {
    /// The shell
    shell: Shell,
}

const EXAMPLES: &str = "\
Examples:
  registries-server completions bash \\
    > /etc/bash_completion.d/registries-server
  registries-server completions fish \\
    > ~/.config/fish/completions/registries-server.fish";

impl Completions {
    pub(super) fn run(self) -> Result<(), Failure> {
        let mut text = Vec::new();
        clap_complete::generate(self.shell, &mut command(), NAME, &mut text);
        print_to_the_end(&text)
    }
}

const NAME: &str = "registries-server";

/// Prints the manual page of the program, and of each of its commands after it.
pub(super) fn man() -> Result<(), Failure> {
    let mut command = command();
    command.build();
    let mut text = Vec::new();
    for page in pages(&command).into_iter().filter(|page| page.get_name() != "help") {
        clap_mangen::Man::new(page.clone())
            .render(&mut text)
            .map_err(|error| Failure::Io { what: "write the manual page", error })?;
    }
    print_to_the_end(&text)
}

/// A command and those below it.
fn pages(command: &Command) -> Vec<&Command> {
    iter::once(command).chain(command.get_subcommands().flat_map(pages)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Help is wrapped at 80 columns, and longer lines would be torn.
    #[test]
    fn what_follows_the_options_fits_into_the_columns_of_help() {
        let mut command = command();
        command.build();
        for page in pages(&command) {
            let after = page.get_after_long_help().map(ToString::to_string).unwrap_or_default();
            for line in after.lines() {
                assert!(line.chars().count() <= 80, "{}: {line}", page.get_name());
            }
        }
    }
}
