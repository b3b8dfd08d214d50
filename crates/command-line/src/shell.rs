//! Completions for shells, and the manual page.

use std::iter;

use clap::{Args, Command, CommandFactory};
use clap_complete::Shell;

use crate::{Failure, command, print};

/// The arguments of `completions`.
#[derive(Clone, Copy, Debug, Args)]
pub struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    /// Prints the completions of a program.
    ///
    /// # Errors
    ///
    /// When standard output cannot be written.
    pub fn print<P: CommandFactory>(self) -> Result<(), Failure> {
        let mut command = command::<P>();
        let name = command.get_name().to_owned();
        let mut text = Vec::new();
        clap_complete::generate(self.shell, &mut command, name, &mut text);
        print(&String::from_utf8_lossy(&text))
    }
}

/// Prints the manual page of a program, and of each of its commands after it.
///
/// # Errors
///
/// When standard output cannot be written.
pub fn man<P: CommandFactory>() -> Result<(), Failure> {
    let command = command::<P>();
    let mut text = Vec::new();
    for page in pages(&command).into_iter().filter(|page| page.get_name() != "help") {
        let rendered = clap_mangen::Man::new(page.clone()).render(&mut text);
        rendered.map_err(|error| {
            Failure::NotCarriedOut(format!("cannot write the manual page: {error}"))
        })?;
    }
    print(&String::from_utf8_lossy(&text))
}

/// A command and those below it.
#[must_use]
pub(crate) fn pages(command: &Command) -> Vec<&Command> {
    iter::once(command).chain(command.get_subcommands().flat_map(pages)).collect()
}

/// The lines after the options of a program's help that are too long for its 80 columns, which would
/// tear them; for tests.
#[must_use]
pub fn torn_lines<P: CommandFactory>() -> Vec<String> {
    let command = command::<P>();
    let pages = pages(&command);
    let after = pages.iter().flat_map(|page| [page.get_after_help(), page.get_after_long_help()]);
    let texts = after.flatten().map(ToString::to_string);
    let lines = texts.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>());
    lines.filter(|line| line.chars().count() > 80).collect()
}

/// What `--help` prints of a program and of each of its commands, for tests.
#[must_use]
pub fn helps<P: CommandFactory>() -> String {
    let command = command::<P>();
    let shown = pages(&command).into_iter().filter(|page| !page.is_hide_set());
    let named = shown.filter(|page| page.get_name() != "help");
    let helps: Vec<String> =
        named.map(|page| page.clone().render_long_help().to_string()).collect();
    helps.join("\n\n")
}
