//! What is read from files and standard input.

use std::{
    io::{self, IsTerminal as _},
    path::{Path, PathBuf},
};

use registries_command_line::text;

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
pub(crate) async fn secret(prompt: &str) -> Result<String, Failure> {
    let read = if io::stdin().is_terminal() {
        hidden_line(prompt).await?
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
async fn hidden_line(prompt: &str) -> Result<io::Result<String>, Failure> {
    use tokio::signal::unix::{SignalKind, signal};
    let cannot = |error| Failure::NotDone(format!("cannot prompt for a token: {error}"));
    // They end the program only after the terminal is as it was.
    let mut interrupt = signal(SignalKind::interrupt()).map_err(cannot)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(cannot)?;
    let mut hang_up = signal(SignalKind::hangup()).map_err(cannot)?;
    let hidden = Hidden::new().map_err(cannot)?;
    print_aside(prompt);
    let (sender, line) = tokio::sync::oneshot::channel();
    // A thread that the runtime does not wait for: a read does not end before a line does.
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = io::stdin().read_line(&mut line).map(|_| line);
        let _ = sender.send(read);
    });
    let read = tokio::select! {
        read = line => read.ok(),
        _ = interrupt.recv() => None,
        _ = terminate.recv() => None,
        _ = hang_up.recv() => None,
    };
    drop(hidden);
    print_aside("\n");
    read.ok_or_else(|| Failure::NotDone("interrupted; no token was read".to_owned()))
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
#[expect(clippy::unused_async, reason = "elsewhere it waits for signals")]
async fn hidden_line(prompt: &str) -> Result<io::Result<String>, Failure> {
    print_aside(prompt);
    Ok(console::Term::stderr().read_secure_line())
}
