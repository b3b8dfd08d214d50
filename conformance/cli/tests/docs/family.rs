//! The programs behave alike: the same kind of outcome has the same exit status in each of them, and its
//! message says where a wrong value comes from.

use std::{
    env, fs,
    path::Path,
    process::{Command, Output},
};

use libtest_mimic::Failed;

use crate::IS_COMMAND;

/// The exit statuses, as `docs/programs.md` has them.
const SUCCESS: i32 = 0;
const NEGATIVE: i32 = 1;
const USAGE: i32 = 2;
const NOT_CARRIED_OUT: i32 = 3;

/// A command line, its exit status, and what its output says.
type Row = (&'static str, i32, &'static str);

const SUCCEEDS: &[Row] = &[
    ("conformance --version", SUCCESS, "conformance "),
    ("registries --version", SUCCESS, "registries "),
    ("registries-server --version", SUCCESS, "registries-server "),
    ("conformance completions fish", SUCCESS, "complete -c conformance"),
    ("registries completions fish", SUCCESS, "complete -c registries"),
    ("registries-server completions fish", SUCCESS, "complete -c registries-server"),
    ("conformance man", SUCCESS, "conformance\\-run"),
    ("registries man", SUCCESS, "registries\\-token\\-list"),
    ("registries-server man", SUCCESS, "registries\\-server\\-token\\-create"),
    ("conformance list create-succeeds", SUCCESS, "create-succeeds"),
    ("registries policy check policy.yaml", SUCCESS, "the policy is valid"),
    ("registries-server policy check policy.yaml", SUCCESS, "the policy is valid"),
];

const NEGATIVE_RESULTS: &[Row] = &[
    (
        "conformance strength --profile smoke clearing-color-with-patch-clears-emoji",
        NEGATIVE,
        "MISSED",
    ),
    ("registries policy check wrong.yaml", NEGATIVE, "wrong.yaml: the policy is not valid"),
    ("registries-server policy check wrong.yaml", NEGATIVE, "wrong.yaml: the policy is not valid"),
    ("registries-server token list --org nobody", NEGATIVE, "unknown organization"),
    ("registries-server org create my-org", NEGATIVE, "exists already"),
    ("registries-server backup there.db", NEGATIVE, "--force replaces it"),
    ("registries-server doctor --listen 192.0.2.1:80", NEGATIVE, "wrong"),
];

const WRONG_USAGE: &[Row] = &[
    ("conformance rnu", USAGE, "similar subcommand exists: 'run'"),
    ("registries lsit", USAGE, "similar subcommand exists: 'list'"),
    ("registries-server sevre", USAGE, "similar subcommand exists: 'serve'"),
    ("registries token crate", USAGE, "similar subcommand exists: 'create'"),
    ("registries-server token revkoe", USAGE, "similar subcommand exists: 'revoke'"),
    ("conformance run --no-such-option", USAGE, "unexpected argument"),
    ("registries list --no-such-option", USAGE, "unexpected argument"),
    ("registries-server serve --no-such-option", USAGE, "unexpected argument"),
    ("REGISTRIES_PROFILE=all conformance run", USAGE, "variable REGISTRIES_PROFILE"),
    ("REGISTRIES_TIMEOUT=soon conformance run", USAGE, "variable REGISTRIES_TIMEOUT"),
    (
        "REGISTRIES_SERVER_LISTEN=80 registries-server dev",
        USAGE,
        "variable REGISTRIES_SERVER_LISTEN",
    ),
    ("REGISTRIES_BASE_URI=x conformance run", USAGE, "did you mean REGISTRIES_BASE_URL?"),
    (
        "REGISTRIES_SERVER_LISEN=:0 registries-server serve",
        USAGE,
        "did you mean REGISTRIES_SERVER_LISTEN?",
    ),
    ("REGISTRIES_CLI_PROFILE=none registries list", USAGE, "no profile"),
    ("registries-server org delete my-org", USAGE, "add --yes"),
    ("registries list", USAGE, "no organization is given"),
];

/// A file that cannot be read, and one that cannot be understood.
const WRONG_FILES: &[Row] = &[
    ("conformance check none", USAGE, "cannot read none: there is no such file"),
    ("conformance run --replay none", USAGE, "cannot read none: there is no such file"),
    ("conformance diff none none", USAGE, "there is no such file"),
    ("conformance run --known none", USAGE, "there is no such file"),
    ("conformance run --deployment a --config text", USAGE, "text, line 1"),
    ("conformance check text", USAGE, "text cannot be used"),
    ("conformance diff text text", USAGE, "text cannot be compared"),
    ("registries policy check none", USAGE, "cannot read none: there is no such file"),
    ("registries apply --file none --org my-org", USAGE, "cannot read none: there is no such file"),
    ("registries-server policy check none", USAGE, "cannot read none: there is no such file"),
    ("registries-server policy check policy.yaml --claims text", USAGE, "not valid JSON"),
    ("registries-server serve --config none", USAGE, "there is no such file"),
    ("registries-server serve --config text", USAGE, "text:1"),
    (
        "registries-server serve --tls-key none --tls-certificate none",
        USAGE,
        "there is no such file",
    ),
    ("registries-server restore none --force", USAGE, "there is no file none"),
    ("registries-server org list --database sqlite://none.db", USAGE, "there is no database"),
];

const NOT_DONE: &[Row] = &[
    (
        "conformance run --base-url http://127.0.0.1:1/v2 --org my-org",
        NOT_CARRIED_OUT,
        "no connection",
    ),
    ("registries list --base-url http://127.0.0.1:1/v2 --org my-org", NOT_CARRIED_OUT, "error: "),
    ("registries-server serve --database postgres://127.0.0.1:1/a", NOT_CARRIED_OUT, "cannot open"),
    ("registries-server dev --listen 192.0.2.1:80", NOT_CARRIED_OUT, "cannot listen"),
    (
        "registries-server org list --database sqlite://text",
        NOT_CARRIED_OUT,
        "not an SQLite database",
    ),
];

/// Every kind of outcome, in every program.
pub(crate) fn an_outcome_has_the_same_status_everywhere() -> Result<(), Failed> {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("text", "neither JSON nor TOML, nor a database");
    write("there.db", "");
    write("policy.yaml", "- iss: https://agent.buildkite.com\n  claims: {a: b}\n");
    write("wrong.yaml", "- iss: https://example.org\n- claims: {a: {is: 1}}\n");
    assert_eq!(run("registries-server org create my-org", folder.path()).status.code(), Some(0));
    let rows = [SUCCEEDS, NEGATIVE_RESULTS, WRONG_USAGE, WRONG_FILES, NOT_DONE].concat();
    let wrong = rows.into_iter().filter_map(|(line, status, said)| {
        let output = run(line, folder.path());
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text);
        let is_right = output.status.code() == Some(status) && text.contains(said);
        (!is_right)
            .then(|| format!("{line}: expected {status} and {said:?}: {}, {text}", output.status))
    });
    let wrong: Vec<String> = wrong.collect();
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}

/// Runs a line of variables, a program and its arguments.
fn run(line: &str, folder: &Path) -> Output {
    let mut words = line.split(' ').peekable();
    let mut variables = Vec::new();
    while let Some(variable) = words.next_if(|word| word.starts_with("REGISTRIES_")) {
        variables.push(variable.split_once('=').unwrap());
    }
    let program = words.next().unwrap();
    let mut command = match program {
        "conformance" => Command::new(env!("CARGO_BIN_EXE_conformance")),
        _ => Command::new(env::current_exe().unwrap()),
    };
    command.env_clear().env(IS_COMMAND, program).env("HOME", folder).current_dir(folder);
    if program == "registries" {
        command.env("REGISTRIES_TOKEN", "0123456789abcdef0123");
    }
    if program == "conformance" && line.contains("--base-url") {
        command.env("REGISTRIES_TOKEN", "0123456789abcdef0123");
    }
    let database = "sqlite://registries.db";
    if program == "registries-server" && !line.contains("--database") && !line.contains(" dev") {
        command.env("REGISTRIES_SERVER_DATABASE", database);
    }
    command.args(words).envs(variables).output().unwrap()
}
