//! What is printed, and where: results on standard output, everything else on standard error.
//! Nothing here panics when a device is full or closed.

use std::io::{self, Write as _};

use crate::{failure::Failure, visible::visible_lines};

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

    /// Says something about an exchange, if that is asked for.
    pub(crate) fn trace(self, text: &str) {
        if self.verbose {
            say(text);
        }
    }
}

/// Prints a result, which may have styles of `anstyle` in it. The reader may stop early, as `head`
/// does.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    match write(text) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(unwritten(&error)),
        _ => Ok(()),
    }
}

/// Prints what is never shown again: there must be a reader.
pub(crate) fn print_secret(text: &str) -> Result<(), Failure> {
    write(text).map_err(|error| unwritten(&error))
}

fn write(text: &str) -> io::Result<()> {
    let mut out = anstream::stdout();
    out.write_all(text.as_bytes()).and_then(|()| out.flush())
}

fn unwritten(error: &io::Error) -> Failure {
    Failure::NotDone(format!("cannot write to standard output: {error}"))
}

/// Prints text on standard error, if that can be written.
pub(crate) fn print_aside(text: &str) {
    let _ = anstream::stderr().write_all(text.as_bytes());
}

/// Prints lines on standard error. What they quote may come from anywhere.
pub(crate) fn say(text: &str) {
    print_aside(&format!("{}\n", visible_lines(text)));
}
