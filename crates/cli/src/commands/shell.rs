//! `registries completions` and `registries man`.

use std::iter;

use clap::{Args, Command, CommandFactory as _};
use clap_complete::Shell;

use crate::{cli::Cli, failure::Failure, ui::print};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  registries completions bash > /etc/bash_completion.d/registries
  registries completions fish > ~/.config/fish/completions/registries.fish")]
pub(crate) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub(super) fn run(self) -> Result<(), Failure> {
        let mut text = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "registries", &mut text);
        print(&String::from_utf8_lossy(&text))
    }
}

/// Prints the manual page of the program, and of each of its commands after it.
pub(super) fn man() -> Result<(), Failure> {
    let mut command = Cli::command();
    command.build();
    let mut text = Vec::new();
    for page in pages(&command).into_iter().filter(|page| page.get_name() != "help") {
        let rendered = clap_mangen::Man::new(page.clone()).render(&mut text);
        rendered.map_err(|error| Failure::NotDone(format!("cannot write the page: {error}")))?;
    }
    print(&String::from_utf8_lossy(&text))
}

/// A command and those below it.
pub(crate) fn pages(command: &Command) -> Vec<&Command> {
    iter::once(command).chain(command.get_subcommands().flat_map(pages)).collect()
}
