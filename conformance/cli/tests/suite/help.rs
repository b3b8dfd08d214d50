//! What the program says by itself: every help, and every message about a mistake in its use.

use std::{
    fmt::Write as _,
    fs,
    process::{Command, Stdio},
};

use crate::support::bare;

const COMMANDS: [&str; 9] =
    ["run", "check", "proxy", "list", "diff", "strength", "sweep", "completions", "man"];

/// The program in a folder of its own, with no variables but those that are given.
fn said(arguments: &[&str], variables: &[(&str, &str)], folder: &std::path::Path) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_conformance"));
    command.args(arguments).env_clear().envs(variables.iter().copied()).current_dir(folder);
    let output = command.output().unwrap();
    let [stdout, stderr] =
        [output.stdout, output.stderr].map(|it| String::from_utf8(it).expect("it prints text"));
    let variables = variables.iter().map(|(name, value)| format!("{name}={value} "));
    let mut text =
        format!("$ {}conformance {}\n", variables.collect::<String>(), arguments.join(" "));
    let _ = writeln!(text, "{stdout}{stderr}[exit status {}]", output.status.code().unwrap());
    text
}

#[test]
fn every_help() {
    let folder = tempfile::tempdir().unwrap();
    for option in ["-h", "--help"] {
        insta::assert_snapshot!(format!("help{option}"), said(&[option], &[], folder.path()),);
        for command in COMMANDS {
            let text = said(&[command, option], &[], folder.path());
            for line in text.lines() {
                assert!(line.chars().count() <= 80, "{command} {option}: {line}");
            }
            insta::assert_snapshot!(format!("{command}{option}"), text);
        }
    }
}

/// Rare options are in `--help` only.
#[test]
fn a_short_help_fits_a_screen() {
    for command in [&[][..]].into_iter().chain(COMMANDS.each_ref().map(std::slice::from_ref)) {
        let output = bare().args(command).arg("-h").output().unwrap();
        let help = String::from_utf8(output.stdout).unwrap();
        let lines = help.lines().count();
        assert!((1..=24).contains(&lines), "{command:?}: {lines} lines");
    }
}

/// The arguments, and variables.
type Mistake<'a> = (Vec<&'a str>, Vec<(&'a str, &'a str)>);

/// Files that mistakes name.
fn write_wrong_files(folder: &std::path::Path) {
    let write = |name: &str, text: &str| fs::write(folder.join(name), text).unwrap();
    write("known.toml", "[[known]]\ncase = 5\n");
    write("not.har", "{}");
    write("not.json", "[]");
    write("staging.toml", "[deployment.staging]\nbase-url = \"http://127.0.0.1:1/v2\"\n");
    write("zero.toml", "[deployment.staging]\norg = \"my-org\"\npace = 0\n");
    write("number.toml", "[deployment.staging]\norg = 5\n");
    write("key.toml", "[deployment.staging]\npase = 5\n");
    write("broken.toml", "[deployment.staging]\norg = my-org\n");
    write("wrong.toml", "[deployment.staging]\ntimeout = \"soon\"\n");
}

#[test]
fn every_mistake_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    write_wrong_files(folder.path());
    let token = ("REGISTRIES_TOKEN", "0123456789abcdef0123");
    let deployment =
        ["run", "--base-url", "http://127.0.0.1:1/v2", "--org", "my-org", "--profile", "smoke"];
    let with = |more: &[&'static str]| [&deployment[..], more].concat();
    let mistakes: Vec<Mistake> = vec![
        (vec![], vec![]),
        (vec!["rum"], vec![]),
        (vec!["rnu"], vec![]),
        (vec!["validate"], vec![]),
        (vec!["run", "--no-such-option"], vec![]),
        (vec!["run", "--filter", "no-such-case"], vec![]),
        (vec!["run", "--profile", "all"], vec![]),
        (vec!["run", "--embedded", "--group", "packages"], vec![]),
        (vec!["run", "--org", "my-org"], vec![]),
        (vec!["run", "--limited-token-env", "LIMITED"], vec![]),
        (vec!["run", "--replay", "a.har", "--team", "a"], vec![]),
        (vec!["run", "--replay", "none.har"], vec![]),
        (vec!["run", "--replay", "not.har"], vec![]),
        (vec!["run", "--base-url", "http://127.0.0.1:1/v2"], vec![]),
        (vec!["run", "--base-url", "127.0.0.1", "--org", "o"], vec![token]),
        (vec!["run", "--base-url", "http://127.0.0.1:1/v2", "--org", "../o"], vec![token]),
        (with(&[]), vec![]),
        (with(&["--token-env", "MINE"]), vec![]),
        (with(&[]), vec![("REGISTRIES_TOKEN", "Bearer 0123456789abcdef")]),
        (with(&[]), vec![("REGISTRIES_TOKEN", "$REGISTRIES_OTHER")]),
        (with(&[]), vec![token]),
        (with(&["--limited-token-env", "REGISTRIES_TOKEN"]), vec![token]),
        (with(&["--timeout", "11m"]), vec![token]),
        (with(&["--timeout", "soon"]), vec![token]),
        (with(&["--max-time", "5 apples"]), vec![token]),
        (with(&["--pace", "0"]), vec![token]),
        (with(&[]), vec![token, ("REGISTRIES_PACE", "fast")]),
        (with(&[]), vec![token, ("REGISTRIES_TIMEOUT", "601")]),
        (with(&[]), vec![token, ("REGISTRIES_STRICT", "perhaps")]),
        (with(&[]), vec![token, ("REGISTRIES_BASE_URI", "http://127.0.0.1:1/v2")]),
        (with(&["--ca-certificate", "none.pem"]), vec![token]),
        (with(&[]), vec![token, ("REGISTRIES_CA_CERTIFICATE", "none.pem")]),
        (vec!["proxy", "--upstream", "ftp://127.0.0.1/v2"], vec![]),
        (vec!["proxy", "--upstream", "http://u:p@127.0.0.1/v2"], vec![]),
        (vec!["proxy", "--upstream", "http://127.0.0.1:1/v2", "--listen", "192.0.2.1:80"], vec![]),
        (vec!["run", "--org", "0123456789abcdef0123"], vec![token]),
        (vec!["run", "0123456789abcdef0123"], vec![token]),
        (vec!["diff", "not.json", "not.json", "--report", "html=a"], vec![]),
        (with(&["--known", "none.toml"]), vec![token]),
        (with(&["--known", "known.toml"]), vec![token]),
        (with(&["--known", "broken.toml"]), vec![token]),
        (with(&["--report", "json"]), vec![token]),
        (with(&["--report", "pdf=a.pdf"]), vec![token]),
        (with(&["--report", "json=none/a.json"]), vec![token]),
        (with(&["--report", "json=a", "--report", "html=a"]), vec![token]),
        (with(&["--record", "none/a.har"]), vec![token]),
        (with(&["--seed", "1"]), vec![token]),
        (with(&["--seed", "one"]), vec![token]),
        (with(&["--max-requests", "-5"]), vec![token]),
        (with(&["--max-requests", "many"]), vec![token]),
        (vec!["run", "--embedded"], vec![("REGISTRIES_PROFILE", "all")]),
        (vec!["run", "--embedded", "--profile", "deep", "--max-requests", "1"], vec![]),
        (vec!["run", "--deployment", "staging"], vec![]),
        (vec!["run", "--deployment", "staging", "--config", "staging.toml"], vec![]),
        (vec!["run", "--deployment", "other", "--config", "staging.toml"], vec![]),
        (vec!["run", "--deployment", "staging", "--config", "wrong.toml"], vec![]),
        (vec!["run", "--deployment", "staging", "--config", "zero.toml"], vec![]),
        (vec!["run", "--deployment", "staging", "--config", "number.toml"], vec![]),
        (vec!["run", "--deployment", "staging", "--config", "key.toml"], vec![]),
        (vec!["run", "--deployment", "staging", "--config", "broken.toml"], vec![]),
        (vec!["check"], vec![]),
        (vec!["check", "none.har"], vec![]),
        (vec!["check", "not.har"], vec![]),
        (vec!["proxy"], vec![]),
        (vec!["proxy", "--upstream", "127.0.0.1"], vec![]),
        (vec!["proxy", "--upstream", "http://127.0.0.1:1/v2", "--listen", "nowhere"], vec![]),
        (
            vec!["proxy", "--upstream", "http://127.0.0.1:1/v2", "--listen", "no-host.invalid:80"],
            vec![],
        ),
        (vec!["list", "no-such-case"], vec![]),
        (vec!["list", "--requirements", "no-such"], vec![]),
        (vec!["diff", "none.json", "not.json"], vec![]),
        (vec!["diff", "not.json", "not.json"], vec![]),
        (vec!["strength", "no-such-defect"], vec![]),
        (vec!["strength", "--profile", "deep", "--report", "markdown=a.md"], vec![]),
        (vec!["sweep"], vec![]),
        (vec!["sweep", "--also", "a"], vec![]),
        (vec!["sweep", "--team", "a"], vec![]),
        (vec!["completions", "sh"], vec![]),
    ];
    let mut text = String::new();
    for (arguments, variables) in &mistakes {
        text += &said(arguments, variables, folder.path());
        text.push('\n');
    }
    insta::assert_snapshot!("mistakes", text);
}

#[cfg(target_os = "linux")]
fn full() -> fs::File {
    fs::File::options().write(true).open("/dev/full").unwrap()
}

/// A disk that is full is no success.
#[cfg(target_os = "linux")]
#[test]
fn an_output_that_cannot_be_written_is_an_error() {
    for arguments in [
        &["--help"][..],
        &["run", "-h"],
        &["--version"],
        &["list"],
        &["list", "--json"],
        &["man"],
        &["strength", "--list"],
        &["run", "--filter", "list-succeeds"],
        &["run", "--filter", "list-succeeds", "--report", "markdown=-"],
    ] {
        let mut command = bare();
        let output = command.args(arguments).stdout(full()).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{arguments:?}: {stderr}");
        assert!(
            stderr.contains("cannot write to standard output: the disk is full"),
            "{arguments:?}: {stderr}"
        );
    }
}

/// What is printed beside the result is not needed for it.
#[cfg(target_os = "linux")]
#[test]
fn messages_that_cannot_be_written_change_nothing() {
    let filter = ["run", "--filter", "create-succeeds"];
    for (arguments, status) in [
        (&filter[..], 0),
        (&[&filter[..], &["--report", "markdown=-"]].concat(), 0),
        (&["run", "--filter", "no-such-case"], 2),
        (&["rum"], 2),
        (&["check", "none.har"], 2),
    ] {
        let run = |stderr: Stdio| {
            let mut command = bare();
            let mut child =
                command.args(arguments).stdout(Stdio::null()).stderr(stderr).spawn().unwrap();
            // The other end of a pipe is closed.
            drop(child.stderr.take());
            child.wait().unwrap().code()
        };
        assert_eq!(run(full().into()), Some(status), "{arguments:?}");
        assert_eq!(run(Stdio::piped()), Some(status), "{arguments:?}");
    }
}
