//! Deployments by name, the pace, completions and the manual page.

use std::fs;

use registries_strength::reference::Reference;
use serde_json::{Value, json};

use crate::support::{conformance, output, with_team};

#[tokio::test]
async fn a_deployment_is_chosen_by_its_name() {
    let reference = with_team().await;
    let folder = tempfile::tempdir().unwrap();
    let config = format!(
        "[deployment.other]\nbase-url = \"http://127.0.0.1:9/v2\"\norg = \"o\"\n\n\
         [deployment.mine]\nbase-url = \"{}\"\norg = \"{}\"\ntoken-env = \"MINE\"\nteam = \"{}\"\n",
        reference.server.base_url(),
        reference.server.organization(),
        reference.deployment.team.as_ref().unwrap()
    );
    fs::write(folder.path().join("conformance.toml"), config).unwrap();
    let run = |name: &'static str| {
        let mut command = conformance(&reference);
        command.current_dir(folder.path()).env("MINE", &reference.secrets[0]);
        command.args(["run", "--filter", "create-succeeds", "--deployment", name]);
        // What is named goes before the environment.
        command.env("REGISTRIES_BASE_URL", "http://127.0.0.1:8/v2").env("REGISTRIES_ORG", "no");
        command
    };
    let (status, stdout, stderr) = output(run("mine")).await;
    assert_eq!(status, 0, "{stdout}{stderr}");
    assert!(stdout.contains(reference.server.base_url()), "{stdout}");
    let mut unnamed = run("mine");
    unnamed.args(["--team", " "]);
    let (status, _, stderr) = output(unnamed).await;
    assert_eq!(status, 2, "{stderr}");
    assert!(stderr.contains("team's id is empty"), "{stderr}");
    assert_eq!(output(run("other")).await.0, 3);
    let mut refused = run("mine");
    refused.env("MINE", "wrong");
    let (status, stdout, _) = output(refused).await;
    assert_eq!(status, 3, "{stdout}");
    let origin =
        "the environment variable MINE (token-env of the deployment \"mine\" in conformance.toml)";
    assert!(stdout.contains(origin), "{stdout}");
    let (status, _, stderr) = output(run("third")).await;
    assert_eq!(status, 2);
    assert!(stderr.contains("only mine, other"), "{stderr}");
    fs::write(folder.path().join("conformance.toml"), "[deployment.a]\nbase = 1\n").unwrap();
    let (status, _, stderr) = output(run("a")).await;
    assert_eq!(status, 2);
    assert!(
        stderr.contains("base of the deployment \"a\": unknown key") && stderr.contains("base-url"),
        "{stderr}"
    );
}

/// An option goes before the environment, and both before what is so otherwise.
#[tokio::test]
async fn what_is_the_same_in_every_run_may_be_said_by_the_environment() {
    let reference = with_team().await;
    let folder = tempfile::tempdir().unwrap();
    let (known, certificate) = (folder.path().join("known.toml"), folder.path().join("none.pem"));
    fs::write(&known, "no TOML").unwrap();
    let run = |variables: &[(&str, &str)], arguments: &[&str]| {
        let mut command = conformance(&reference);
        command.env("REGISTRIES_BASE_URL", reference.server.base_url());
        command.args(["run", "--filter", "succeeds"]).args(arguments);
        command.envs(variables.iter().copied());
        output(command)
    };
    let team = reference.deployment.team.as_deref().unwrap();
    let others =
        [("REGISTRIES_TIMEOUT", "20"), ("REGISTRIES_PACE", "60000"), ("REGISTRIES_STRICT", "1")];
    let variables =
        [&[("REGISTRIES_TEAM", team), ("REGISTRIES_PROFILE", "deep")], &others[..]].concat();
    let path = folder.path().join("report.json");
    let (status, stdout, stderr) =
        run(&variables, &["--report", &format!("json={}", path.display())]).await;
    assert_eq!(status, 0, "{stdout}{stderr}");
    let report: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    assert_eq!((&report["strict"], &report["profile"]), (&json!(true), &json!("deep")));
    let (status, stdout, _) = run(&variables, &["--profile", "core"]).await;
    assert_eq!((status, stdout.contains("\ncore, ")), (0, true), "{stdout}");
    for (variable, value, said) in [
        ("REGISTRIES_TEAM", " ", "team's id is empty"),
        ("REGISTRIES_PACE", "0", "REGISTRIES_PACE is \"0\""),
        (
            "REGISTRIES_KNOWN",
            known.to_str().unwrap(),
            "known.toml has no list of expected failures",
        ),
        (
            "REGISTRIES_CA_CERTIFICATE",
            certificate.to_str().unwrap(),
            "none.pem: there is no such file",
        ),
    ] {
        let (status, stdout, stderr) = run(&[(variable, value)], &[]).await;
        assert_eq!(status, 2, "{variable}: {stdout}{stderr}");
        assert!(stderr.contains(said), "{variable}: {stderr}");
    }
    let (status, stdout, _) = output({
        let mut command = conformance(&reference);
        command.args(["run", "--help"]);
        command
    })
    .await;
    assert_eq!(status, 0);
    for (variable, _) in variables {
        assert!(stdout.contains(variable), "{variable}: {stdout}");
    }
}

#[tokio::test]
async fn a_pace_is_kept() {
    let reference = Reference::start().await.unwrap();
    let mut command = conformance(&reference);
    command.args(["run", "--profile", "smoke", "--pace", "600"]);
    command.args(["--base-url", reference.server.base_url()]);
    let started = std::time::Instant::now();
    let (status, stdout, stderr) = output(command).await;
    assert_eq!(status, 0, "{stdout}{stderr}");
    // Six requests have five intervals of a tenth of a second between them.
    assert!(started.elapsed().as_millis() >= 500, "{stdout}");
}

#[tokio::test]
async fn completions_and_the_manual_page_name_the_options() {
    let reference = Reference::start().await.unwrap();
    for (arguments, said) in
        [(&["completions", "bash"][..], "--limited-token-env"), (&["man"], "limited\\-token\\-env")]
    {
        let mut command = conformance(&reference);
        command.args(arguments);
        let (status, stdout, stderr) = output(command).await;
        assert_eq!(status, 0, "{stderr}");
        assert!(stdout.contains(said), "{arguments:?}");
    }
}
