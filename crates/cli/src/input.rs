//! What is read from files and standard input.

use std::{
    fs,
    io::{self, IsTerminal as _},
    path::{Path, PathBuf},
};

use crate::{failure::Failure, ui::print_aside};

/// The text of a file, or of standard input where the path is `-`, without a byte order mark.
pub(crate) fn read(path: &Path) -> Result<String, Failure> {
    let text = if path == Path::new("-") {
        io::read_to_string(io::stdin())
    } else {
        fs::read_to_string(path)
    };
    let text = text.map_err(|error| {
        let place = if path == Path::new("-") {
            "standard input".into()
        } else {
            path.display().to_string()
        };
        Failure::Usage(format!("cannot read {place}: {error}"))
    })?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// The policy in a file, as the API takes it: YAML text, of which JSON is a part.
pub(crate) fn policy(path: Option<&PathBuf>) -> Result<Option<String>, Failure> {
    path.map(|path| read(path)).transpose()
}

/// A secret: typed at a prompt that does not show it, or the first line of standard input.
pub(crate) fn secret(prompt: &str) -> Result<String, Failure> {
    let read = if io::stdin().is_terminal() {
        hidden_line(prompt)
    } else {
        let mut line = String::new();
        io::stdin().read_line(&mut line).map(|_| line)
    };
    let line = read.map_err(|error| Failure::NotDone(format!("cannot read a token: {error}")))?;
    match line.trim() {
        "" => Err(Failure::Usage("no token was entered".to_owned())),
        secret => Ok(secret.to_owned()),
    }
}

/// A line typed at a prompt. It is hidden before the prompt shows, so that nothing typed early is
/// seen or lost.
#[cfg(unix)]
fn hidden_line(prompt: &str) -> io::Result<String> {
    use nix::sys::termios::{LocalFlags, SetArg, tcgetattr, tcsetattr};
    let stdin = io::stdin();
    let before = tcgetattr(&stdin)?;
    let mut hidden = before.clone();
    hidden.local_flags.remove(LocalFlags::ECHO);
    tcsetattr(&stdin, SetArg::TCSANOW, &hidden)?;
    print_aside(prompt);
    let mut line = String::new();
    let read = stdin.read_line(&mut line);
    tcsetattr(&stdin, SetArg::TCSANOW, &before)?;
    print_aside("\n");
    read.map(|_| line)
}

#[cfg(not(unix))]
fn hidden_line(prompt: &str) -> io::Result<String> {
    print_aside(prompt);
    console::Term::stderr().read_secure_line()
}
