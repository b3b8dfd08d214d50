//! What is printed, and where: results on standard output, everything else on standard error.

pub(crate) use registries_command_line::{print_aside, say};

use crate::failure::Failure;

/// How much is said besides results and errors.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ui {
    /// No notes.
    pub(crate) quiet: bool,
    /// Each exchange.
    pub(crate) verbose: bool,
}

impl Ui {
    /// Says what was done, unless nothing is to be said.
    pub(crate) fn note(self, text: &str) {
        if !self.quiet {
            say(text);
        }
    }
}

/// Prints a result, which may have styles of `anstyle` in it. The reader may stop early, as `head`
/// does.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    Ok(registries_command_line::print(text)?)
}

/// Prints what is never shown again: there must be a reader.
pub(crate) fn print_secret(text: &str) -> Result<(), Failure> {
    Ok(registries_command_line::print_secret(text)?)
}

/// Prints what a deployment sent: as it is, or at a terminal such that it only shows itself.
pub(crate) fn print_received(bytes: &[u8]) -> Result<(), Failure> {
    Ok(registries_command_line::print_received(bytes)?)
}
