//! What is to be tested is said whole, or the embedded reference server is meant: nothing in between.

use std::fs;

use registries_strength::reference::Reference;

use crate::support::{bare, conformance, output};

const URL: (&str, &str) = ("REGISTRIES_BASE_URL", "http://127.0.0.1:1/v2");
const ORG: (&str, &str) = ("REGISTRIES_ORG", "my-org");
const TOKEN: (&str, &str) = ("REGISTRIES_TOKEN", "a-token");

/// Variables, arguments, and what is said about them.
type Attempt<'a> = (&'a [(&'a str, &'a str)], &'a [&'a str], &'a [&'a str]);

#[tokio::test]
async fn settings_that_are_incomplete_or_unknown_are_wrong_usage() {
    let attempts: [Attempt<'_>; 32] = [
        (
            &[TOKEN],
            &[],
            &["REGISTRIES_TOKEN is given", "--base-url URL", "--org SLUG", "--embedded"],
        ),
        (&[ORG], &[], &["REGISTRIES_ORG is given", "REGISTRIES_BASE_URL", "REGISTRIES_TOKEN"]),
        (&[ORG, TOKEN], &[], &["REGISTRIES_ORG, REGISTRIES_TOKEN are given", "is missing"]),
        (&[URL], &[], &["--org SLUG (or REGISTRIES_ORG)", "REGISTRIES_TOKEN"]),
        (&[URL, ORG], &[], &["REGISTRIES_TOKEN is not set"]),
        (&[("REGISTRIES_TEAM", "a")], &[], &["REGISTRIES_TEAM is given"]),
        (&[("REGISTRIES_PACE", "30")], &[], &["REGISTRIES_PACE is given"]),
        (&[("REGISTRIES_TIMEOUT", "30")], &[], &["REGISTRIES_TIMEOUT is given"]),
        (&[("REGISTRIES_CA_CERTIFICATE", "a.pem")], &[], &["REGISTRIES_CA_CERTIFICATE is given"]),
        (&[], &["--pace", "30"], &["--pace is given", "--base-url URL"]),
        (&[("REGISTRIES_BASEURL", "x"), ORG, TOKEN], &[], &["did you mean REGISTRIES_BASE_URL?"]),
        (&[("REGISTRIES_ORGANISATION", "x")], &["--embedded"], &["REGISTRIES_ORGANISATION"]),
        (&[("registries_token", "x")], &[], &["did you mean REGISTRIES_TOKEN?"]),
        (&[("REGISTRIES_STRIKT", "1")], &["--replay", "a.har"], &["REGISTRIES_STRICT?"]),
        (&[URL, ORG, TOKEN, ("REGISTRIES_LIMITED_TOKEN", "x")], &[], &["--limited-token-env"]),
        (&[("REGISTRIES_REVOCABLE_TOKEN", "x")], &[], &["--revocable-token-env"]),
        (
            &[("REGISTRIES_BASE_URL", "")],
            &["--org", "o"],
            &["variable REGISTRIES_BASE_URL: the base URL"],
        ),
        (
            &[URL, TOKEN, ("REGISTRIES_ORG", "")],
            &[],
            &["variable REGISTRIES_ORG: the organization"],
        ),
        (
            &[URL, ORG, ("REGISTRIES_TOKEN", "\"a\"")],
            &[],
            &["REGISTRIES_TOKEN: the token is in quotation marks"],
        ),
        (
            &[URL, ORG, ("REGISTRIES_TOKEN", "Bearer a")],
            &[],
            &["REGISTRIES_TOKEN: the token begins with \"Bearer\""],
        ),
        (
            &[URL, ORG, ("MINE", "$REGISTRIES_TOKEN")],
            &["--token-env", "MINE"],
            &["MINE holds the name of a variable"],
        ),
        (&[TOKEN], &["--embedded", "--org", "o"], &["cannot be used with"]),
        (&[("REGISTRIES_STRICT", "maybe")], &["--embedded"], &["maybe", "--strict"]),
        (&[("REGISTRIES_STRICT", "")], &["--embedded"], &["--strict"]),
        (&[("REGISTIRES_TOKEN", "a")], &["--embedded"], &["did you mean REGISTRIES_TOKEN?"]),
        (&[("REGISTRY_ORG", "a")], &["--embedded"], &["did you mean REGISTRIES_ORG?"]),
        (&[("REGISTRIES-ORG", "a")], &["--embedded"], &["did you mean REGISTRIES_ORG?"]),
        (&[URL, ORG, ("REGISTRIES_TOKEN", "a\"")], &[], &["REGISTRIES_TOKEN: the token is in q"]),
        (
            &[URL, ORG, ("REGISTRIES_TOKEN", "{\"a\":1}")],
            &[],
            &["REGISTRIES_TOKEN: the token is in"],
        ),
        (&[URL, ORG, ("REGISTRIES_TOKEN", "TOKEN=a")], &[], &["REGISTRIES_TOKEN: the token has a"]),
        (
            &[URL, ORG, ("REGISTRIES_TOKEN", "\u{feff}a")],
            &[],
            &["REGISTRIES_TOKEN: the token has c"],
        ),
        (
            &[URL, ORG, ("REGISTRIES_TOKEN", "Bearer%20a")],
            &[],
            &["REGISTRIES_TOKEN: the token begins with \"Bearer\""],
        ),
    ];
    for (variables, arguments, said) in attempts {
        let mut command = bare();
        command.arg("run").args(arguments).envs(variables.iter().copied());
        let (status, stdout, stderr) = output(command).await;
        assert_eq!(status, 2, "{variables:?} {arguments:?}: {stdout}{stderr}");
        for said in said {
            assert!(stderr.contains(said), "{variables:?} {arguments:?}: {stderr}");
        }
    }
}

#[tokio::test]
async fn a_sweep_has_the_same_settings() {
    for (variables, said) in [
        (&[][..], "--base-url URL (or REGISTRIES_BASE_URL) or --deployment NAME is missing"),
        (&[TOKEN], "REGISTRIES_TOKEN is given"),
        (&[("REGISTRIES_BASE_URI", "x")], "did you mean REGISTRIES_BASE_URL?"),
        (&[URL, ORG, ("REGISTRIES_TOKEN", "Bearer a")], "REGISTRIES_TOKEN: the token begins"),
    ] {
        let mut command = bare();
        command.arg("sweep").envs(variables.iter().copied());
        let (status, _, stderr) = output(command).await;
        assert_eq!(status, 2, "{variables:?}: {stderr}");
        assert!(stderr.contains(said), "{variables:?}: {stderr}");
    }
}

/// What a run has as well is nothing to it: it is started from the same shell, with the same file.
#[tokio::test]
async fn a_sweep_takes_no_notice_of_what_only_a_run_uses() {
    let reference = Reference::start().await.unwrap();
    let mut command = conformance(&reference);
    command.args(["sweep", "--base-url", reference.server.base_url()]);
    command.env("REGISTRIES_LIMITED_TOKEN", "a").env("REGISTRIES_TEAM", "../a");
    let (status, stdout, stderr) = output(command).await;
    assert_eq!(status, 0, "{stdout}{stderr}");

    let folder = tempfile::tempdir().unwrap();
    let file = format!(
        "[deployment.local]\nbase-url = \"{}\"\norg = \"{}\"\nlimited-token-env = \"NOT_SET\"\n\
         timeout = \"20s\"\n",
        reference.server.base_url(),
        reference.server.organization()
    );
    fs::write(folder.path().join("conformance.toml"), file).unwrap();
    let mut command = conformance(&reference);
    command.args(["sweep", "--deployment", "local"]).current_dir(folder.path());
    let (status, stdout, stderr) = output(command).await;
    assert_eq!(status, 0, "{stdout}{stderr}");
}

#[tokio::test]
async fn no_command_ignores_a_variable_that_nothing_reads() {
    let commands: [&[&str]; 8] = [
        &["run", "--embedded"],
        &["run", "--replay", "a.har"],
        &["sweep"],
        &["check", "a.har"],
        &["proxy", "--upstream", "http://127.0.0.1:1/v2"],
        &["diff", "a.json", "b.json"],
        &["list"],
        &["strength", "--list"],
    ];
    for arguments in commands {
        let mut command = bare();
        command.args(arguments).env("REGISTRIES_BASEURL", "x");
        let (status, stdout, stderr) = output(command).await;
        assert_eq!((status, &*stdout), (2, ""), "{arguments:?}: {stderr}");
        assert!(stderr.contains("did you mean REGISTRIES_BASE_URL?"), "{arguments:?}: {stderr}");
    }
    for arguments in [&["completions", "bash"][..], &["man"]] {
        let mut command = bare();
        command.args(arguments).env("REGISTRIES_BASEURL", "x");
        let (status, _, stderr) = output(command).await;
        assert_eq!(status, 0, "{arguments:?}: {stderr}");
    }
}

#[tokio::test]
async fn the_embedded_server_is_tested_when_nothing_or_only_that_is_said() {
    for (variables, arguments) in [
        (
            &[("REGISTRIES_SERVER_DATABASE", "sqlite://a.db"), ("REGISTRIES_TEST_POSTGRES", "x")][..],
            &[][..],
        ),
        (&[("REGISTRIES_GENERATED_SEED", "1"), ("REGISTRIES_TOKEN_FILE", "a")], &[]),
        (&[URL, ORG, TOKEN, ("REGISTRIES_PACE", "1")], &["--embedded"]),
        (
            &[("REGISTRIES_PROFILE", "smoke"), ("REGISTRIES_STRICT", "1")],
            &["--embedded", "--timeout", "9"],
        ),
    ] {
        let mut command = bare();
        command.args(["run", "--filter", "list-succeeds", "--profile", "core"]).args(arguments);
        command.envs(variables.iter().copied());
        let (status, stdout, stderr) = output(command).await;
        assert_eq!(status, 0, "{variables:?}: {stdout}{stderr}");
    }
}

#[tokio::test]
async fn a_file_of_deployments_has_to_be_chosen_from() {
    let reference = Reference::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let config = format!(
        "[deployment.mine]\nbase-url = \"{}\"\norg = \"{}\"\ntoken-env = \"REGISTRIES_MINE\"\n",
        reference.server.base_url(),
        reference.server.organization(),
    );
    fs::write(folder.path().join("conformance.toml"), config).unwrap();
    let run = |arguments: &[&str]| {
        let mut command = bare();
        command.current_dir(folder.path()).env("REGISTRIES_MINE", &reference.secrets[0]);
        command.args(["run", "--filter", "create-succeeds"]).args(arguments);
        output(command)
    };
    let (status, _, stderr) = run(&[]).await;
    assert_eq!(status, 2, "{stderr}");
    assert!(stderr.contains("conformance.toml names deployments (mine)"), "{stderr}");
    assert!(stderr.contains("--deployment NAME") && stderr.contains("--embedded"), "{stderr}");
    let (status, stdout, stderr) = run(&["--deployment", "mine"]).await;
    assert_eq!(status, 0, "{stdout}{stderr}");
    assert!(stdout.contains(reference.server.base_url()), "{stdout}");
    let (status, stdout, stderr) = run(&["--embedded"]).await;
    assert_eq!(status, 0, "{stdout}{stderr}");
    // The file names the variable, whatever the command is.
    let mut command = bare();
    command.current_dir(folder.path()).env("REGISTRIES_MINE", "a").arg("list");
    let (status, _, stderr) = output(command).await;
    assert_eq!(status, 0, "{stderr}");
}

#[tokio::test]
async fn each_filter_has_to_match_something() {
    let attempts: [(&[&str], &str); 5] = [
        (
            &["run", "--filter", "create", "--filter", "no-such"],
            "no case of the profile core has \"no-such\"",
        ),
        (&["run", "--filter", "sequences", "--filter", "create"], "profile core has \"sequences\""),
        (&["run", "--filter", "create", "--group", "organizations"], "the group organizations"),
        (&["list", "create", "no-such"], "no case has \"no-such\""),
        (&["strength", "identity", "no-such", "--list"], "\"no-such\""),
    ];
    crate::support::assert_wrong_usage(&attempts).await;
}

#[tokio::test]
async fn a_token_that_is_not_set_is_reported_by_its_name() {
    let reference = Reference::start().await.unwrap();
    let mut command = conformance(&reference);
    command.args(["run", "--base-url", reference.server.base_url()]);
    command.env("REGISTRIES_TOKEN", " ' '");
    let (status, _, stderr) = output(command).await;
    assert_eq!(status, 2, "{stderr}");
    assert!(stderr.contains("REGISTRIES_TOKEN") && !stderr.contains("' '"), "{stderr}");
}
