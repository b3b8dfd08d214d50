//! Standard output and standard error. Everything that the program prints goes through here, and
//! nothing here panics when a device is full or closed.

use std::io::{self, Write};

use crate::commands::Failure;

/// Prints a result on standard output. The reader may stop early, as `head` does.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut out = anstream::stdout();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::NotCarriedOut(format!("the output cannot be written: {error}")))
        }
        _ => Ok(()),
    }
}

/// Prints text on standard error, if that can be written.
pub(crate) fn print_aside(text: &str) {
    let _ = anstream::stderr().write_all(text.as_bytes());
}

/// Prints a line on standard error, after the name of the program.
pub(crate) fn say(message: &str) {
    print_aside(&format!("conformance: {message}\n"));
}
