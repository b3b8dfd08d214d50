//! `registries-server config`.

use clap::Subcommand;

use super::settings::EXAMPLE;
use super::{Failure, print_lines};

#[derive(Debug, Subcommand)]
pub(super) enum ConfigFile {
    /// Print a file with every setting, its meaning and its default
    Example,
}

impl ConfigFile {
    pub(super) fn run(self) -> Result<(), Failure> {
        let Self::Example = self;
        print_lines(EXAMPLE.trim_end())
    }
}
