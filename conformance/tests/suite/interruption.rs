//! A run that is interrupted removes what it created.

use std::{
    process::{Child, Command, Stdio},
    time::Duration,
};

use registries_conformance::reference::Reference;

use crate::support::{Slow, behind, conformance};

fn signal(child: &Child, name: &str) {
    let status = Command::new("sh").args(["-c", &format!("kill -{name} {}", child.id())]).status();
    assert!(status.unwrap().success());
}

async fn interrupted_by(name: &str) {
    let reference = Reference::start().await.unwrap();
    let deviating = behind(&reference, Slow(Duration::from_millis(50))).await;
    let child = conformance(&reference)
        .args(["run", "--base-url", &deviating.base_url])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while reference.server.registries().await.unwrap() < 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    signal(&child, name);
    let output = tokio::task::spawn_blocking(|| child.wait_with_output()).await.unwrap().unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(3), "{stdout}");
    assert!(stdout.contains("the run was interrupted"), "{stdout}");
    assert!(stdout.contains("not reached") && stdout.contains("\npass "), "{stdout}");
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
