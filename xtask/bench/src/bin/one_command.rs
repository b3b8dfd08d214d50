//! A program with one command, which the start of `registries` is measured against.

use std::io::{self, Write as _};

use clap::Parser;

/// Print a name
#[derive(Parser)]
struct OneCommand {
    /// What is printed
    #[arg(long, default_value = "nothing")]
    name: String,
}

fn main() -> io::Result<()> {
    writeln!(io::stdout(), "{}", OneCommand::parse().name)
}
