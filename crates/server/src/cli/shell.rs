//! `registries-server completions` and `registries-server man`.

use std::iter;

use clap::{Args, Command, CommandFactory};
use clap_complete::Shell;

use super::{Arguments, Failure, print_to_the_end};

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
        clap_complete::generate(self.shell, &mut Arguments::command(), NAME, &mut text);
        print_to_the_end(&text)
    }
}

const NAME: &str = "registries-server";

/// Prints the manual page of the program, and of each of its commands after it.
pub(super) fn man() -> Result<(), Failure> {
    let mut command = Arguments::command();
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
