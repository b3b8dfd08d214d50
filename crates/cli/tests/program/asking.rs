//! What is asked at a terminal, and what is printed there.

use std::{
    fs::File,
    io::{Read as _, Write as _},
    process::{Child, Command, Stdio},
    time::Duration,
};

use nix::{
    pty::{Winsize, openpty},
    sys::{
        signal::{Signal, kill},
        termios::{LocalFlags, tcgetattr},
    },
    unistd::Pid,
};

use crate::{
    apply::slow,
    support::{Place, answering_all},
};

/// The program at a terminal of this width.
pub(crate) struct Terminal {
    screen: File,
    child: Child,
}

impl Terminal {
    pub(crate) fn start(place: &Place, arguments: &[&str], columns: u16) -> Self {
        Self::with(place.command(arguments), columns)
    }

    pub(crate) fn with(mut command: Command, columns: u16) -> Self {
        let size = Winsize { ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        let pair = openpty(&size, None).unwrap();
        let end = || Stdio::from(pair.slave.try_clone().unwrap());
        command.env("TERM", "xterm").stdin(end()).stdout(end()).stderr(end());
        let child = command.spawn().unwrap();
        drop(command);
        Self { screen: File::from(pair.master), child }
    }

    /// Types a line once this was asked.
    pub(crate) fn answer(&mut self, question: &str, answer: &str) {
        self.wait_for(question);
        self.screen.write_all(format!("{answer}\n").as_bytes()).unwrap();
    }

    /// Reads until this was asked.
    pub(crate) fn wait_for(&mut self, question: &str) {
        let mut seen = Vec::new();
        while !String::from_utf8_lossy(&seen).contains(question) {
            let mut byte = [0];
            self.screen.read_exact(&mut byte).unwrap();
            seen.push(byte[0]);
        }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().cast_signed()), signal).unwrap();
    }

    /// Whether the terminal echoes.
    pub(crate) fn shows_what_is_typed(&self) -> bool {
        tcgetattr(&self.screen).unwrap().local_flags.contains(LocalFlags::ECHO)
    }

    /// The exit status, and whether the terminal echoes after the program has ended.
    pub(crate) fn end_of_program(mut self) -> (i32, bool) {
        let status = self.child.wait().unwrap().code().unwrap();
        (status, self.shows_what_is_typed())
    }

    /// The rest of what is on the screen, and the exit status.
    pub(crate) fn end(mut self) -> (String, i32) {
        let mut seen = Vec::new();
        // It ends with an error when the program has closed its side.
        let _ = self.screen.read_to_end(&mut seen);
        let status = self.child.wait().unwrap().code().unwrap();
        (String::from_utf8(seen).unwrap().replace("\r\n", "\n"), status)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_asks_at_a_terminal() {
    let place = Place::new().await;
    place.ok(&["create", "Gems", "--ecosystem", "ruby"]).await;
    for (answer, status, left) in [("no", 1, 1), ("", 1, 1), ("Y", 0, 0)] {
        let mut terminal = Terminal::start(&place, &["delete", "gems"], 80);
        terminal.answer("with all packages and tokens? [y/N] ", answer);
        let (screen, ended) = terminal.end();
        assert_eq!(ended, status, "{screen}");
        assert_eq!(place.server.registries().await.unwrap(), left, "{answer}");
        let expected = if left == 0 { "deleted gems" } else { "nothing was deleted" };
        assert!(screen.contains(expected), "{screen}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_terminal_nothing_is_deleted() {
    let place = Place::new().await;
    place.ok(&["create", "Gems", "--ecosystem", "ruby"]).await;
    let refused = place.run(&["delete", "gems"]).await;
    assert_eq!(refused.status, 2);
    assert!(refused.stderr.contains("add --yes"), "{}", refused.stderr);
    assert_eq!(place.server.registries().await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_is_as_wide_as_the_terminal() {
    let place = Place::new().await;
    let long = "a description that goes on ".repeat(10);
    place.ok(&["create", "Gems", "--ecosystem", "ruby", "--description", &long]).await;
    for columns in [40, 80, 120] {
        let (screen, status) = Terminal::start(&place, &["list"], columns).end();
        assert_eq!(status, 0);
        assert!(screen.starts_with("\u{1b}[1mSLUG"), "{screen:?}");
        let plain = screen.replace("\u{1b}[1m", "").replace("\u{1b}[0m", "");
        for line in plain.lines() {
            assert!(line.chars().count() <= usize::from(columns), "{columns}: {line}");
        }
    }
    let text = place.ok(&["list"]).await;
    assert_eq!(text.lines().count(), 2, "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_at_a_question_changes_nothing_and_says_so() {
    let place = Place::new().await;
    place.ok(&["create", "Gems", "--ecosystem", "ruby"]).await;
    let file = place.write("a.yaml", "registries: []\n");
    for (arguments, question, said) in [
        (&["delete", "gems"][..], "with all packages and tokens?", "nothing was deleted"),
        (&["apply", "-f", &file, "--prune"], "Carry this out?", "nothing was changed"),
        (&["auth", "revoke"], "Revoke the access token", "the token was not revoked"),
    ] {
        let mut terminal = Terminal::start(&place, arguments, 80);
        terminal.wait_for(question);
        terminal.wait_for("[y/N] ");
        terminal.signal(Signal::SIGINT);
        let (screen, status) = terminal.end();
        assert_eq!(status, 3, "{screen}");
        let said = format!("interrupted; {said}\n");
        assert!(screen.ends_with(&said), "{screen}");
    }
    assert_eq!(place.server.registries().await.unwrap(), 1);
}

/// After the answer, a signal ends the program as it does without a question.
#[tokio::test(flavor = "multi_thread")]
async fn after_an_answer_ctrl_c_ends_the_program() {
    use std::os::unix::process::ExitStatusExt as _;
    let place = Place::new().await;
    let mut command = place.command(&["delete", "gems"]);
    let (never, requests) = answering_all(|_| None);
    command.env("REGISTRIES_BASE_URL", never);
    let mut terminal = Terminal::with(command, 80);
    terminal.answer("with all packages and tokens? [y/N] ", "y");
    tokio::task::spawn_blocking(move || requests.recv().unwrap()).await.unwrap();
    terminal.signal(Signal::SIGINT);
    assert_eq!(terminal.child.wait().unwrap().signal(), Some(Signal::SIGINT as i32));
}

/// `apply` listens itself for Ctrl-C, also after it asked.
#[tokio::test(flavor = "multi_thread")]
async fn after_an_answer_apply_ends_what_has_begun() {
    let place = Place::new().await;
    place.ok(&["create", "Gems", "--ecosystem", "ruby"]).await;
    let file = place.write("a.yaml", "registries:\n- {name: A, ecosystem: ruby}\n");
    let mut command = place.command(&["apply", "-f", &file, "--prune"]);
    let (slow, begun) = slow(place.server.base_url(), Duration::from_secs(4));
    command.env("REGISTRIES_BASE_URL", slow);
    let mut terminal = Terminal::with(command, 80);
    terminal.answer("Carry this out? [y/N] ", "y");
    tokio::task::spawn_blocking(move || begun.recv().unwrap()).await.unwrap();
    terminal.signal(Signal::SIGINT);
    let (screen, status) = terminal.end();
    assert_eq!(status, 3, "{screen}");
    assert!(screen.contains("stopping after the changes that have begun"), "{screen}");
    assert!(screen.ends_with("nothing was deleted\n"), "{screen}");
    assert_eq!(place.server.registries().await.unwrap(), 2);
}
