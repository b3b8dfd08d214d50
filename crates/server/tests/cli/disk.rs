//! A disk that is full.

#![cfg(target_os = "linux")]

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::sys::signal::Signal;

use crate::harness::{Deployment, UNLIMITED};
use crate::outage::Caller;
use crate::rows;

/// A small disk in memory. It is taken away when this is dropped.
struct Disk(PathBuf);

impl Disk {
    /// `None`, with a line on standard error that says so, where mounting one is not allowed.
    fn mount(at: &Path) -> Option<Self> {
        let mut command = Command::new("mount");
        command.args(["-t", "tmpfs", "-o", "size=2m", "tmpfs"]).arg(at);
        if command.output().is_ok_and(|output| output.status.success()) {
            return Some(Self(at.to_owned()));
        }
        // Written past what captures the output of tests that succeed.
        let note = "skipped what needs a disk that is full: only root may mount one\n";
        std::io::stderr().write_all(note.as_bytes()).unwrap();
        None
    }

    /// Leaves no room, until the file that is returned is removed.
    fn fill(&self) -> PathBuf {
        let path = self.0.join("ballast");
        let mut file = std::fs::File::create(&path).unwrap();
        for size in [4096, 1] {
            let error = loop {
                if let Err(error) = file.write_all(&vec![0; size]) {
                    break error;
                }
            };
            assert_eq!(error.kind(), ErrorKind::StorageFull);
        }
        path
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // A server that was killed a moment ago may still have files there.
        let unmounted = Command::new("umount").arg("--lazy").arg(&self.0).status();
        let unmounted = unmounted.is_ok_and(|status| status.success());
        assert!(std::thread::panicking() || unmounted);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_loses_nothing_that_had_a_response() {
    let directory = tempfile::tempdir().unwrap();
    let Some(disk) = Disk::mount(directory.path()) else { return };
    let deployment = Deployment::new_in(tempfile::tempdir_in(directory.path()).unwrap());
    let caller = Caller::of(&deployment);
    let server = deployment.serve(&UNLIMITED);
    assert!(caller.done(caller.create(&server, "before")).await);
    let mut written = vec!["before".to_owned()];
    for round in 0..3 {
        let ballast = disk.fill();
        let mut refused = 0;
        // The log may have some room left, and then has none.
        while refused < 3 {
            let name = format!("r{round}n{}", written.len());
            if caller.done(caller.create(&server, &name)).await {
                written.push(name);
            } else {
                refused += 1;
            }
        }
        assert_eq!(caller.slugs(&server).await, written, "what was written is read");
        std::fs::remove_file(ballast).unwrap();
        let after = format!("after-{round}");
        assert!(caller.done(caller.create(&server, &after)).await, "at once");
        written.push(after);
    }
    server.signal(Signal::SIGKILL);
    server.wait();
    rows::assert_whole(&deployment).await;
    let server = deployment.serve(&UNLIMITED);
    assert_eq!(caller.slugs(&server).await, written, "nothing refused was written");
    drop((server, deployment, disk));
}
