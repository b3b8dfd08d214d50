//! Results go to standard output, everything else to standard error. Nothing here panics when a device
//! is full or closed.

use std::{
    borrow::Cow,
    io::{self, ErrorKind, IsTerminal as _, Write as _},
};

use anstream::{ColorChoice, adapter::strip_str};
use anstyle::{AnsiColor, Style};

use crate::{
    Failure,
    text::{plain, without_numbers},
    visible::{visible_lines, without_tokens},
};

/// Prints a result, which may have styles of `anstyle` in it. The reader may stop early, as `head` does.
///
/// # Errors
///
/// When standard output cannot be written.
pub fn print(text: &str) -> Result<(), Failure> {
    match write(text) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(unwritten(&error)),
        _ => Ok(()),
    }
}

/// Prints what is never shown again: there must be a reader.
///
/// # Errors
///
/// When standard output cannot be written, or is closed.
pub fn print_secret(text: &str) -> Result<(), Failure> {
    if is_closed() {
        let closed = "cannot write to standard output: it is closed";
        return Err(Failure::NotCarriedOut(closed.to_owned()));
    }
    write(text).map_err(|error| unwritten(&error))
}

/// Whether standard output was closed when the program began. Rust then opens the null device in its
/// place, to read and write, which no shell does. Python and Node do it for output to discard: so only
/// secrets are checked, which are lost either way.
#[cfg(unix)]
fn is_closed() -> bool {
    use std::os::unix::fs::MetadataExt as _;

    use nix::{
        fcntl::{FcntlArg, OFlag, fcntl},
        sys::stat::fstat,
    };
    let flags = fcntl(io::stdout(), FcntlArg::F_GETFL).map(OFlag::from_bits_truncate);
    let is_both_ways = flags.is_ok_and(|flags| flags & OFlag::O_ACCMODE == OFlag::O_RDWR);
    let null = std::fs::metadata("/dev/null").map(|null| null.rdev());
    is_both_ways && fstat(io::stdout()).is_ok_and(|it| null.is_ok_and(|null| null == it.st_rdev))
}

#[cfg(not(unix))]
fn is_closed() -> bool {
    false
}

/// Prints what a deployment sent: as it is, or at a terminal such that it only shows itself.
///
/// # Errors
///
/// When standard output cannot be written.
pub fn print_received(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    let shown = if out.is_terminal() {
        let text = visible_lines(&String::from_utf8_lossy(bytes));
        let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        Cow::Owned((text + end).into_bytes())
    } else {
        Cow::Borrowed(bytes)
    };
    match out.write_all(&shown).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(unwritten(&error)),
        _ => Ok(()),
    }
}

fn write(text: &str) -> io::Result<()> {
    let mut out = anstream::stdout();
    if out.current_choice() != ColorChoice::Never {
        return out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }
    // `anstream` takes styles out piece by piece, and writes each piece for itself.
    let mut out = out.into_inner();
    out.write_all(strip_str(text).to_string().as_bytes()).and_then(|()| out.flush())
}

fn unwritten(error: &io::Error) -> Failure {
    Failure::NotCarriedOut(format!("cannot write to standard output: {}", plain(error)))
}

/// Prints text on standard error as it is, if that can be written.
pub fn print_aside(text: &str) {
    // Without an escape there is no style to take out.
    let _ = if text.contains('\u{1b}') {
        anstream::stderr().write_all(text.as_bytes())
    } else {
        io::stderr().write_all(text.as_bytes())
    };
}

/// Prints lines on standard error. What they quote may come from anywhere.
pub fn say(text: &str) {
    print_aside(&format!("{}\n", visible_lines(text)));
}

/// The same for an error, as clap prints its own. It may quote a token that was given as another value.
pub fn say_error(text: &str) {
    const STYLE: Style = AnsiColor::Red.on_default().bold();
    let text = without_tokens(&without_numbers(text));
    print_aside(&format!("{STYLE}error:{STYLE:#} {}\n", visible_lines(&text)));
}
