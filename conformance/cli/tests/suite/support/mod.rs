//! What the tests share: runs, the command, and deployments that answer otherwise.

mod in_turns;

use std::{
    io::Write as _,
    process::{Command, Output},
    sync::Arc,
    time::Duration,
};

use registries_command_line::VARIABLES;
use registries_conformance::{Deployment, Options, Report};
use registries_strength::{
    faulty_proxy::{Answering, Behaviour, FaultyProxy, Incoming, Outgoing, Upstream},
    reference::Reference,
};
use serde_json::Value;

pub(crate) use self::in_turns::InTurns;

/// Changes the responses of the reference server.
pub(crate) struct Changed(pub(crate) fn(&Incoming, &mut Outgoing));

impl Behaviour for Changed {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let mut outgoing = upstream.send(&request).await;
            (self.0)(&request, &mut outgoing);
            outgoing
        })
    }
}

/// Takes its time to answer, so that a run can be stopped at any point of it.
pub(crate) struct Slow(pub(crate) Duration);

impl Behaviour for Slow {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let outgoing = upstream.send(&request).await;
            tokio::time::sleep(self.0).await;
            outgoing
        })
    }
}

/// The reference server behind a deployment that behaves so.
pub(crate) async fn behind(
    reference: &Reference,
    behaviour: impl Behaviour + 'static,
) -> FaultyProxy {
    FaultyProxy::start(reference.server.base_url(), Arc::new(behaviour)).await.unwrap()
}

/// The reference server, in an organization that has a team.
pub(crate) async fn with_team() -> Reference {
    let mut reference = Reference::start().await.unwrap();
    reference.give_team().await.unwrap();
    reference
}

/// A message with the port, which differs from run to run, left out.
pub(crate) fn without_port(message: &str) -> String {
    let port = regex::Regex::new(r"(127\.0\.0\.1|localhost):\d{4,5}").unwrap();
    port.replace_all(message, "$1:[port]").into_owned()
}

/// Whether a test may not be skipped for want of a program, by the variable that says so.
pub(crate) fn is_required(variable: &str) -> bool {
    std::env::var(variable).is_ok_and(|it| it == "required")
}

/// Says that a test was skipped, past its captured output, which is not shown when it passes.
pub(crate) fn skipped(test: &str, why: &str) {
    let _ = writeln!(std::io::stderr(), "SKIPPED: {test}: {why}");
}

/// The options with which a read is not repeated for long that never shows what was written: what is
/// waited for it, `late.rs` tests.
pub(crate) fn hasty() -> Options {
    Options { consistency_wait: Duration::from_millis(100), ..Options::default() }
}

/// A run of all cases.
pub(crate) async fn run(deployment: &Deployment) -> Report {
    registries_conformance::run(deployment.clone(), hasty()).await.unwrap()
}

/// The command without any of the variables that it heeds.
pub(crate) fn bare() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_conformance"));
    for variable in VARIABLES {
        command.env_remove(variable);
    }
    command
}

/// The command, with the organization and the token of a deployment in its environment.
pub(crate) fn conformance(reference: &Reference) -> Command {
    let mut command = bare();
    command
        .env("REGISTRIES_ORG", reference.server.organization())
        .env("REGISTRIES_TOKEN", &reference.secrets[0]);
    command
}

/// The exit status of a command, and what it printed to standard output and to standard error.
pub(crate) async fn output(mut command: Command) -> (i32, String, String) {
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    let Output { status, stdout, stderr } = output;
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

/// What is written fits the schema that is kept in this file of the package.
pub(crate) fn assert_schema(written: &Value, file: &str) {
    let path = format!("{}/../{file}", env!("CARGO_MANIFEST_DIR"));
    let schema: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(written).map(|it| it.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new());
}

/// Each of these is wrong usage, and what is said about it has a certain text in it.
pub(crate) async fn assert_wrong_usage(attempts: &[(&[&str], &str)]) {
    for (arguments, said) in attempts {
        let mut command = bare();
        command.args(*arguments);
        let (status, stdout, stderr) = output(command).await;
        assert_eq!(status, 2, "{arguments:?}: {stdout}{stderr}");
        assert!(stderr.contains(said), "{arguments:?}: {stderr}");
    }
}
