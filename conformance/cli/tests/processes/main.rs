//! The commands as people run them: `registries-server serve` in processes of its own, on a file and on
//! `PostgreSQL`, alone and three that take turns, and `conformance run` against each.
//!
//! This program is the server's command as well, so that it is there and no older than the tests.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "../suite/support/in_turns.rs"]
mod in_turns;
#[path = "../../../../crates/server/tests/postgres/mod.rs"]
mod postgres;

use std::{
    env, fs,
    io::{BufRead as _, BufReader},
    process::{Child, Command, ExitCode, Stdio},
    sync::{Arc, atomic::Ordering},
};

use in_turns::InTurns;
use libtest_mimic::{Arguments, Failed, Trial};
use registries_command_line::VARIABLES;
use registries_conformance::{Report, Status, Verdict};
use registries_strength::faulty_proxy::FaultyProxy;

use crate::postgres::Database;

/// Says that this process is the server.
const IS_SERVER: &str = "REGISTRIES_TEST_IS_SERVER";

fn main() -> ExitCode {
    if env::var_os(IS_SERVER).is_some() {
        return registries_server::cli::main();
    }
    let trials = vec![
        Trial::test("a_process_on_a_file_conforms", on_a_file),
        Trial::test("a_process_on_postgresql_conforms", || on_postgres(1)),
        Trial::test("three_processes_on_postgresql_that_take_turns_conform", || on_postgres(3)),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn on_a_file() -> Result<(), Failed> {
    let folder = tempfile::tempdir().unwrap();
    conforms(&format!("sqlite://{}", folder.path().join("registries.db").display()), 1)
}

fn on_postgres(count: usize) -> Result<(), Failed> {
    let Some(database) = Database::create() else { return Ok(()) };
    conforms(&database.url(), count)
}

/// Runs the suite against so many processes on a database.
fn conforms(database: &str, count: usize) -> Result<(), Failed> {
    say(database, &["org", "create", "my-org"])?;
    let token = say(database, &["token", "create", "--org", "my-org", "--scopes", "all"])?;
    let servers = (0..count).map(|_| Server::start(database)).collect::<Result<Vec<_>, _>>()?;
    let base_urls: Vec<&str> = servers.iter().map(|it| it.base_url.as_str()).collect();
    let turns = InTurns::new(&base_urls);
    let answered = turns.answered();
    let runtime = tokio::runtime::Runtime::new()?;
    let front = runtime.block_on(FaultyProxy::start(base_urls[0], Arc::new(turns)))?;
    // All that there is, then what is only about registries.
    let mut requests = 0;
    for (arguments, most) in [(&[][..], 75), (&["--group", "registries"][..], 45)] {
        let report = run(&front.base_url, token.trim_end(), arguments)?;
        assert_eq!(report.verdict, Verdict::Conforms);
        assert_eq!(report.findings().count(), 0, "{:#?}", report.findings().collect::<Vec<_>>());
        assert!(report.requests <= most, "{} requests", report.requests);
        assert!(report.count(Status::Pass) > 30, "{} passed", report.count(Status::Pass));
        requests += report.requests;
    }
    for answered in answered {
        let answered = answered.load(Ordering::Relaxed);
        assert!(answered >= requests / count, "{answered} of {requests}");
    }
    Ok(())
}

/// What `conformance run` reports, when it exits with 0.
fn run(base_url: &str, token: &str, arguments: &[&str]) -> Result<Report, Failed> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("report.json");
    let mut command = Command::new(env!("CARGO_BIN_EXE_conformance"));
    for variable in VARIABLES {
        command.env_remove(variable);
    }
    command.args(["run", "--base-url", base_url, "--org", "my-org"]).args(arguments);
    command.args(["--report", &format!("json={}", path.display())]);
    let output = command.env("REGISTRIES_TOKEN", token).output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{said}{}", String::from_utf8_lossy(&output.stderr));
    Ok(serde_json::from_slice(&fs::read(path)?)?)
}

/// The server's command, with nothing of the environment that would configure it.
fn command(database: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    for (name, _) in env::vars().filter(|(name, _)| name.starts_with("REGISTRIES_SERVER_")) {
        command.env_remove(name);
    }
    command.args(arguments).args(["--database", database]).env(IS_SERVER, "");
    command
}

/// What the command prints, when it exits with 0.
fn say(database: &str, arguments: &[&str]) -> Result<String, Failed> {
    let output = command(database, arguments).output()?;
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    Ok(String::from_utf8(output.stdout)?)
}

/// A process that serves the API. It is killed when it is dropped.
struct Server {
    process: Child,
    base_url: String,
}

impl Server {
    fn start(database: &str) -> Result<Self, Failed> {
        let mut command = command(database, &["serve", "--listen", "127.0.0.1:0"]);
        command.args(["--public-url", "https://registries.example"]);
        // Two runs go beyond a minute's allowance, and the test must not wait for the next.
        command.args(["--rate-limit-user", "off", "--rate-limit-org", "off"]);
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line)?;
        let mut server = Self { process, base_url: String::new() };
        let base_url = line.trim_end().strip_prefix("listening on ");
        base_url
            .ok_or_else(|| format!("the server did not start: {line:?}"))?
            .clone_into(&mut server.base_url);
        Ok(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
