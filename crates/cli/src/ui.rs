//! What is printed, and where: results on standard output, everything else on standard error.
//! Nothing here panics when a device is full or closed.

use std::{
    borrow::Cow,
    io::{self, IsTerminal as _, Write as _},
};

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
    pub(crate) fn trace(self, text: impl FnOnce() -> String) {
        if self.verbose {
            say(&text());
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

/// Prints what a deployment sent: as it is, or at a terminal such that it only shows itself.
pub(crate) fn print_received(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    let shown = if out.is_terminal() {
        let text = visible_lines(&String::from_utf8_lossy(bytes));
        let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        Cow::Owned((text + end).into_bytes())
    } else {
        Cow::Borrowed(bytes)
    };
    match out.write_all(&shown).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(unwritten(&error)),
        _ => Ok(()),
    }
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
