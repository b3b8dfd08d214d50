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
    if is_closed() {
        return Err(Failure::NotDone("standard output is closed".to_owned()));
    }
    Ok(registries_command_line::print_secret(text)?)
}

/// Whether standard output was closed when the program began. Rust then opens the null device in its
/// place, to read and write, which no shell does.
#[cfg(unix)]
fn is_closed() -> bool {
    use std::os::unix::fs::MetadataExt as _;

    use nix::{
        fcntl::{FcntlArg, OFlag, fcntl},
        sys::stat::fstat,
    };
    let flags = fcntl(std::io::stdout(), FcntlArg::F_GETFL).map(OFlag::from_bits_truncate);
    let is_both_ways = flags.is_ok_and(|flags| flags & OFlag::O_ACCMODE == OFlag::O_RDWR);
    let null = std::fs::metadata("/dev/null").map(|null| null.rdev());
    is_both_ways
        && fstat(std::io::stdout()).is_ok_and(|it| null.is_ok_and(|null| null == it.st_rdev))
}

#[cfg(not(unix))]
fn is_closed() -> bool {
    false
}

/// Prints what a deployment sent: as it is, or at a terminal such that it only shows itself.
pub(crate) fn print_received(bytes: &[u8]) -> Result<(), Failure> {
    Ok(registries_command_line::print_received(bytes)?)
}
