//! A run that is interrupted removes what it created.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use registries_strength::faulty_proxy::{Answering, Behaviour, Incoming, Upstream};
use registries_strength::reference::Reference;
use tokio::sync::watch;

use crate::support::{behind, conformance, output};

fn signal(child: &Child, name: &str) {
    let status = Command::new("sh").args(["-c", &format!("kill -{name} {}", child.id())]).status();
    assert!(status.unwrap().success());
}

/// Deletes nothing until that is allowed.
struct DeletesLater(watch::Receiver<bool>);

impl Behaviour for DeletesLater {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            if request.method == "DELETE" {
                self.0.clone().wait_for(|is_allowed| *is_allowed).await.unwrap();
            }
            upstream.send(&request).await
        })
    }
}

/// Does not answer in the middle of a run, until that is allowed.
struct Stops {
    seen: Arc<watch::Sender<usize>>,
    is_allowed: watch::Receiver<bool>,
}

impl Stops {
    /// After so many requests, of which some have created something.
    const AFTER: usize = 20;
}

impl Behaviour for Stops {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let outgoing = upstream.send(&request).await;
            self.seen.send_modify(|seen| *seen += 1);
            if *self.seen.borrow() > Self::AFTER {
                self.is_allowed.clone().wait_for(|is_allowed| *is_allowed).await.unwrap();
            }
            outgoing
        })
    }
}

async fn interrupted_by(name: &str) {
    let reference = Reference::start().await.unwrap();
    let seen = Arc::new(watch::Sender::new(0));
    let (allow, is_allowed) = watch::channel(false);
    let stops = behind(&reference, Stops { seen: Arc::clone(&seen), is_allowed }).await;
    let mut child = conformance(&reference)
        .args(["run", "--timeout", "600", "--base-url", &stops.base_url])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    seen.subscribe().wait_for(|seen| *seen > Stops::AFTER).await.unwrap();
    assert!(reference.server.registries().await.unwrap() > 0);
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    signal(&child, name);
    assert!(lines.next().unwrap().unwrap().contains("once more to leave it there"));
    allow.send(true).unwrap();
    let output = tokio::task::spawn_blocking(|| child.wait_with_output()).await.unwrap().unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(3), "{stdout}");
    assert!(stdout.contains("the run was interrupted"), "{stdout}");
    assert!(
        stdout.contains(": the run ended before\n") && stdout.contains(" passed, "),
        "{stdout}"
    );
    assert_eq!(reference.server.registries().await.unwrap(), 0, "{stdout}");
}

/// A second interruption skips the clean-up, and prints the command that does it later.
#[tokio::test(flavor = "multi_thread")]
async fn a_second_ctrl_c_says_how_to_remove_what_is_left() {
    let reference = Reference::start().await.unwrap();
    let (allow, allowed) = watch::channel(false);
    let slow = behind(&reference, DeletesLater(allowed)).await;
    let mut child = conformance(&reference)
        .args(["run", "--timeout", "600", "--base-url", &slow.base_url])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while reference.server.registries().await.unwrap() < 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    signal(&child, "INT");
    assert!(lines.next().unwrap().unwrap().contains("once more to leave it there"));
    signal(&child, "INT");
    let rest: Vec<String> = lines.map(Result::unwrap).collect();
    assert_eq!(child.wait().unwrap().code(), Some(3), "{rest:?}");
    assert!(reference.server.registries().await.unwrap() > 0);

    allow.send(true).unwrap();
    let command_line = rest.last().unwrap().trim().to_owned();
    let arguments = command_line.strip_prefix("conformance ").unwrap().split(' ');
    let mut sweep = conformance(&reference);
    sweep.args(arguments).arg("--remove");
    let (status, stdout, stderr) = output(sweep).await;
    assert_eq!(status, 0, "{command_line}: {stdout}{stderr}");
    assert_eq!(reference.server.registries().await.unwrap(), 0, "{stdout}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_leaves_nothing_behind() {
    interrupted_by("INT").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_leaves_nothing_behind() {
    interrupted_by("TERM").await;
}
