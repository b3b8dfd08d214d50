//! A cluster that lives as long as the process of tests.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

/// On a socket in a temporary directory. It ends when this is dropped or the process ends.
pub(crate) struct Cluster {
    pub(crate) url: Url,
    /// Takes orders and answers them, see `cluster.sh`.
    pub(crate) child: Child,
    answers: BufReader<ChildStdout>,
    pub(crate) directory: PathBuf,
}

impl Cluster {
    /// `None`, with a line on standard error that says so, where `PostgreSQL` is not installed.
    pub(crate) fn start() -> Option<Self> {
        let Some(bin) = installed() else {
            let named = std::env::var("REGISTRIES_TEST_POSTGRES").unwrap_or_default();
            // Written past what captures the output of tests that succeed.
            std::io::stderr().write_all(skipped(&named).as_bytes()).unwrap();
            return None;
        };
        let directory = tempfile::tempdir().unwrap().keep();
        let mut child = command_for_all_but_root(&directory)
            .args(["sh", "-c", include_str!("cluster.sh"), "cluster.sh"])
            .args([&bin, &directory])
            .current_dir(&directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap());
        let host = utf8_percent_encode(directory.to_str().unwrap(), NON_ALPHANUMERIC);
        let url = format!("postgres://registries@{host}/postgres").parse().unwrap();
        let mut cluster = Self { url, child, answers, directory };
        cluster.wait_until_ready();
        Some(cluster)
    }

    pub(crate) fn wait_until_ready(&mut self) {
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        let log = || std::fs::read_to_string(self.directory.join("log")).unwrap_or_default();
        assert_eq!(line, "ready\n", "{}", log());
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // There are no more orders: it stops and removes itself.
        let _ = self.child.wait();
    }
}

/// What is said where nothing is installed, unless it has to be.
fn skipped(named: &str) -> &'static str {
    assert_ne!(named, "required", "PostgreSQL is required and not installed");
    if named.is_empty() {
        "skipped what needs PostgreSQL: it is not installed on this machine, and \
         REGISTRIES_TEST_POSTGRES names no server\n"
    } else {
        // A server that is named must not be stopped and started.
        "skipped what needs a PostgreSQL of its own: it is not installed on this machine\n"
    }
}

/// The directory of `PostgreSQL`'s own commands, which Debian does not have in the path.
fn installed() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let debian = versions.map(|version| version.unwrap().path().join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).chain(debian).find(|directory| directory.join("initdb").exists())
}

/// What runs the command that follows. `PostgreSQL` refuses to run as root: then it runs as the
/// user `nobody`, who owns the directory.
fn command_for_all_but_root(directory: &Path) -> Command {
    if !nix::unistd::geteuid().is_root() {
        return Command::new("env");
    }
    let nobody = nix::unistd::User::from_name("nobody").unwrap().unwrap();
    let (user, group) = (nobody.uid.as_raw(), nobody.gid.as_raw());
    std::os::unix::fs::chown(directory, Some(user), Some(group)).unwrap();
    let mut command = Command::new("setpriv");
    command.arg(format!("--reuid={user}")).arg(format!("--regid={group}")).arg("--clear-groups");
    command
}

#[test]
fn a_cluster_that_cannot_be_had_is_only_required_where_that_is_said() {
    assert!(skipped("").contains("names no server"));
    assert!(skipped("postgres://somebody@127.0.0.1/postgres").contains("of its own"));
    assert!(std::panic::catch_unwind(|| skipped("required")).is_err());
}
