//! What is read from files and standard input.

use std::{
    io::{self, IsTerminal as _},
    path::{Path, PathBuf},
};

#[cfg(unix)]
use registries_command_line::typed_line;
use registries_command_line::{Typed, text};

use crate::{failure::Failure, ui::print_aside};

/// The text of a file, or of standard input where the path is `-`, without a byte order mark.
pub(crate) fn read(path: &Path) -> Result<String, Failure> {
    text::read_or_standard_input(path)
        .map_err(|error| Failure::Usage(format!("cannot read {}: {error}", place(path))))
}

/// What messages call a file.
pub(crate) fn place(path: &Path) -> String {
    if path == Path::new("-") { "standard input".to_owned() } else { path.display().to_string() }
}

/// The policy in a file, as the API takes it: YAML text, of which JSON is a part.
pub(crate) fn policy(path: Option<&PathBuf>) -> Result<Option<String>, Failure> {
    path.map(|path| read(path)).transpose()
}

/// A secret: typed at a prompt that does not show it, or the first line of standard input.
///
/// # Errors
///
/// Where nothing was entered, or a signal interrupts it. The terminal is then as it was before.
pub(crate) fn secret(prompt: &str) -> Result<String, Failure> {
    let read = if io::stdin().is_terminal() {
        hidden_line(prompt)
    } else {
        let mut line = String::new();
        io::stdin().read_line(&mut line).map(|_| Typed::Line(line))
    };
    let read = read.map_err(|error| Failure::NotDone(format!("cannot read a token: {error}")))?;
    let Typed::Line(line) = read else {
        return Err(Failure::NotDone("interrupted; no token was read".to_owned()));
    };
    match line.trim() {
        "" => Err(Failure::Usage("no token was entered".to_owned())),
        secret => Ok(secret.to_owned()),
    }
}

/// A line typed at a prompt. It is hidden before the prompt shows, so that nothing typed early is
/// seen or lost.
#[cfg(unix)]
fn hidden_line(prompt: &str) -> io::Result<Typed> {
    let hidden = Hidden::new()?;
    let typed = typed_line(prompt);
    drop(hidden);
    print_aside("\n");
    typed
}

/// A terminal that does not show what is typed, until this is dropped.
#[cfg(unix)]
struct Hidden(nix::sys::termios::Termios);

#[cfg(unix)]
impl Hidden {
    fn new() -> io::Result<Self> {
        use nix::sys::termios::{LocalFlags, SetArg, tcgetattr, tcsetattr};
        let stdin = io::stdin();
        let before = tcgetattr(&stdin)?;
        let mut hidden = before.clone();
        hidden.local_flags.remove(LocalFlags::ECHO);
        tcsetattr(&stdin, SetArg::TCSANOW, &hidden)?;
        Ok(Self(before))
    }
}

#[cfg(unix)]
impl Drop for Hidden {
    fn drop(&mut self) {
        use nix::sys::termios::{SetArg, tcsetattr};
        let _ = tcsetattr(io::stdin(), SetArg::TCSANOW, &self.0);
    }
}

#[cfg(not(unix))]
fn hidden_line(prompt: &str) -> io::Result<Typed> {
    print_aside(prompt);
    console::Term::stderr().read_secure_line().map(Typed::Line)
}
