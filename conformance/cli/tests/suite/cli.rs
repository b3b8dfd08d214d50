//! The command: its exit statuses, its report, and that it keeps secrets.

use std::fs;

use http::{HeaderValue, StatusCode};
use registries_conformance::level::Level;
use registries_strength::{
    self as strength, Deviation,
    faulty_proxy::{Answering, Behaviour, Incoming, Upstream},
    reference::Reference,
};
use serde_json::Value;
use tokio::net::TcpSocket;

use crate::support::{assert_schema, assert_wrong_usage, bare, behind, conformance, output};

#[tokio::test]
async fn a_run_without_options_prints_what_passed_and_writes_the_report() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.json");
    let mut command = bare();
    command.args(["run", "--report", &format!("json={}", path.display())]);
    let (status, stdout, stderr) = output(command).await;
    assert_eq!(status, 0, "{stdout}{stderr}");
    assert!(stdout.lines().count() <= 40, "{stdout}");
    assert!(
        stdout.ends_with(
            " (the embedded reference server) conforms to the contract as far as core checks it\n"
        ),
        "{stdout}"
    );
    assert!(!stdout.contains('\u{1b}'), "colors without a terminal");
    assert_eq!(stderr, "");

    let report: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!(report["verdict"], "conforms");
    let most = registries_conformance::Profile::Core.budgets()[0].1;
    assert!(report["requests"].as_u64().unwrap() <= most as u64);
    assert_schema(&report, "report.schema.json");
}

#[tokio::test]
async fn a_verbose_run_prints_every_case_and_how_far_it_reached() {
    let mut command = bare();
    command.args(["run", "--verbose"]);
    let (status, stdout, stderr) = output(command).await;
    assert_eq!(status, 0, "{stdout}{stderr}");
    assert!(stdout.contains("pass    must           4  create-succeeds\n"), "{stdout}");
    assert!(stdout.contains("\nrequirements: ") && stdout.contains("\ncoverage: "), "{stdout}");
}

#[tokio::test]
async fn a_deployment_that_conforms_exits_with_0() {
    let reference = Reference::start().await.unwrap();
    let mut command = conformance(&reference);
    command.args(["run", "--base-url", reference.server.base_url()]);
    let (status, stdout, stderr) = output(command).await;
    assert_eq!(status, 0, "{stdout}{stderr}");
    assert!(stdout.contains(": no limited token was given (--limited-token-env)\n"), "{stdout}");
    assert!(stdout.ends_with(" cases skipped\n"), "{stdout}");
}

struct WithoutCharacter;

impl Behaviour for WithoutCharacter {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let mut outgoing = upstream.send(&request).await;
            let echo = request.headers.get("authorization").cloned();
            outgoing.headers.insert("x-echo", echo.unwrap_or(HeaderValue::from_static("none")));
            if request.method == "DELETE" && outgoing.status == StatusCode::OK {
                outgoing.status = StatusCode::ACCEPTED;
            }
            outgoing
        })
    }
}

#[tokio::test]
async fn a_deployment_that_deviates_exits_with_1() {
    let reference = Reference::start().await.unwrap();
    let deviating = behind(&reference, WithoutCharacter).await;
    let mut command = conformance(&reference);
    command.args(["run", "--base-url", &deviating.base_url, "--limited-token-env", "LIMITED"]);
    command.env("LIMITED", &reference.secrets[1]);
    let (status, stdout, stderr) = output(command).await;
    assert_eq!(status, 1, "{stdout}{stderr}");
    assert!(stdout.contains("delete-succeeds") && stdout.contains("secrets-are-not-returned"));
}

#[tokio::test]
async fn a_warning_exits_with_0_and_strictly_with_1() {
    struct NoPut;
    impl Behaviour for NoPut {
        fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
            Box::pin(async move {
                let mut outgoing = upstream.send(&request).await;
                if request.method == "PUT" {
                    outgoing.status = StatusCode::METHOD_NOT_ALLOWED;
                }
                outgoing
            })
        }
    }
    let reference = Reference::start().await.unwrap();
    let deviating = behind(&reference, NoPut).await;
    for (option, expected) in [(None, 0), (Some("--strict"), 1)] {
        let mut command = conformance(&reference);
        command.args(["run", "--base-url", &deviating.base_url]).args(option);
        let (status, stdout, _) = output(command).await;
        assert_eq!(status, expected, "{stdout}");
        assert!(stdout.starts_with("should  ") && stdout.contains("\nwarned "), "{stdout}");
    }
}

#[tokio::test]
async fn what_could_not_be_carried_out_exits_with_3() {
    let reference = Reference::start().await.unwrap();
    // A reserved port without a listener.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let nobody = socket.local_addr().unwrap();
    let base_url = reference.server.base_url().to_owned();
    let elsewhere = base_url.trim_end_matches("/v2").to_owned();
    let attempts = [
        (
            format!("http://{nobody}/v2"),
            &reference.secrets[0],
            "example-org",
            "a server listens there",
        ),
        (
            base_url.clone(),
            &"wrong".to_owned(),
            "example-org",
            "check the environment variable REGISTRIES_TOKEN, which",
        ),
        (base_url.clone(), &reference.secrets[0], "other-org", "does not know the organization"),
        (elsewhere, &reference.secrets[0], "example-org", "does not end in /v2"),
        (base_url, &reference.secrets[1], "example-org", "lacks the scope"),
    ];
    for (base_url, token, org, said) in attempts {
        let mut command = bare();
        command.args(["run", "--base-url", &base_url, "--org", org]);
        command.env("REGISTRIES_TOKEN", token);
        let (status, stdout, stderr) = output(command).await;
        assert_eq!(status, 3, "{said}: {stdout}{stderr}");
        assert!(stdout.contains(said), "{said}: {stdout}");
        assert!(!stderr.contains("removing"), "{said}: {stderr}");
    }
    assert_eq!(reference.server.registries().await.unwrap(), 0);
}

/// With an environment that lacks only the base URL, the embedded server is not tested instead.
#[tokio::test]
async fn an_organization_of_the_environment_without_a_base_url_is_wrong_usage() {
    let reference = Reference::start().await.unwrap();
    for subcommand in ["run", "sweep"] {
        let mut command = conformance(&reference);
        command.arg(subcommand);
        let (status, _, stderr) = output(command).await;
        assert_eq!(status, 2, "{stderr}");
        assert!(stderr.contains("REGISTRIES_BASE_URL"), "{stderr}");
        assert!(stderr.contains("conformance run --embedded"), "{stderr}");
    }
}

#[tokio::test]
async fn a_variable_that_is_not_set_is_reported_with_its_option() {
    let reference = Reference::start().await.unwrap();
    for option in ["--token-env", "--limited-token-env", "--revocable-token-env"] {
        let mut command = conformance(&reference);
        command.args(["run", "--base-url", reference.server.base_url(), option, "NOPE"]);
        let (status, _, stderr) = output(command).await;
        assert_eq!(status, 2, "{stderr}");
        assert!(stderr.contains("NOPE is not set"), "{stderr}");
        assert!(stderr.contains(&format!("another with {option}\n")), "{stderr}");
    }
}

#[tokio::test]
async fn two_tokens_that_are_the_same_are_wrong_usage() {
    let reference = Reference::start().await.unwrap();
    for option in ["--limited-token-env", "--revocable-token-env"] {
        let mut command = conformance(&reference);
        command.args(["run", "--base-url", reference.server.base_url()]);
        command.args([option, "REGISTRIES_TOKEN"]);
        let (status, _, stderr) = output(command).await;
        assert_eq!(status, 2, "{stderr}");
        assert!(stderr.contains("the same"), "{stderr}");
    }
}

/// A limited token that is not what it has to be says nothing about the deployment.
#[tokio::test]
async fn an_unfit_limited_token_exits_with_3() {
    let reference = Reference::start().await.unwrap();
    for (secret, said) in [(reference.secrets[2].as_str(), "has the scope"), ("wrong-token", "401")]
    {
        let mut command = conformance(&reference);
        command.args(["run", "--base-url", reference.server.base_url()]);
        command.args(["--limited-token-env", "LIMITED"]).env("LIMITED", secret);
        let (status, stdout, _) = output(command).await;
        assert_eq!(status, 3, "{stdout}");
        assert!(stdout.contains("the limited token") && stdout.contains(said), "{stdout}");
    }
    assert_eq!(reference.server.registries().await.unwrap(), 0);
}

/// Whatever the filter, an organization that is not there is no verdict.
#[tokio::test]
async fn an_unknown_organization_exits_with_3_whatever_is_looked_at() {
    let reference = Reference::start().await.unwrap();
    for filter in ["list-succeeds", "malformed-json", "unknown-slug", "create-is-private"] {
        let mut command = conformance(&reference);
        command.args(["run", "--base-url", reference.server.base_url(), "--org", "other-org"]);
        command.args(["--filter", filter]);
        let (status, stdout, _) = output(command).await;
        assert_eq!(status, 3, "{filter}: {stdout}");
        assert!(stdout.contains("does not know the organization"), "{filter}: {stdout}");
    }
}

/// Answers one request in the middle of the run as a proxy does that has lost its upstream.
struct AwayForAMoment;

impl Behaviour for AwayForAMoment {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let mut outgoing = upstream.send(&request).await;
            if request.is_create()
                && request.json().is_some_and(|body| body["color"] == "mostly blue")
            {
                outgoing.status = StatusCode::BAD_GATEWAY;
                outgoing.body = b"<h1>Bad gateway</h1>".to_vec();
            }
            outgoing
        })
    }
}

/// Carries a create out and does not answer.
struct TooLate;

impl Behaviour for TooLate {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let outgoing = upstream.send(&request).await;
            let color = |body: Value| body["color"].as_str().map(str::to_ascii_lowercase);
            if request.is_create()
                && request.json().and_then(color).is_some_and(|color| color == "#f0ccff")
            {
                std::future::pending::<()>().await;
            }
            outgoing
        })
    }
}

#[tokio::test]
async fn what_the_deployment_was_not_there_for_is_no_deviation() {
    judged_without(AwayForAMoment, "30", "not available (502)").await.unwrap();
    // A machine that has much to do may be late with everything: then it is waited longer.
    let mut judged = Err(String::new());
    for timeout in ["2", "20", "200"] {
        judged = judged_without(TooLate, timeout, "the request timed out").await;
        if judged.is_ok() {
            break;
        }
    }
    judged.unwrap();
}

/// What is there is judged, and nothing of it is left; otherwise what was printed.
async fn judged_without(
    behaviour: impl Behaviour + 'static,
    timeout: &str,
    said: &str,
) -> Result<(), String> {
    let reference = Reference::start().await.unwrap();
    let deviating = behind(&reference, behaviour).await;
    let mut command = conformance(&reference);
    command.args(["run", "--timeout", timeout, "--base-url", &deviating.base_url]);
    let (status, stdout, _) = output(command).await;
    let left = reference.server.registries().await.unwrap();
    let is_judged = status == 3 && stdout.contains(said) && !stdout.contains("\nfail");
    if is_judged && left == 0 { Ok(()) } else { Err(format!("{status}, {left} left: {stdout}")) }
}

#[tokio::test]
async fn a_proxy_of_the_environment_is_not_asked_for_this_machine() {
    let mut command = bare();
    command.args(["run", "--filter", "list-succeeds"]).env("HTTP_PROXY", "http://127.0.0.1:9");
    let (status, stdout, stderr) = output(command).await;
    assert_eq!(status, 0, "{stdout}{stderr}");
}

#[tokio::test]
async fn deviations_are_listed_by_their_class_as_well() {
    let mut command = bare();
    command.args(["strength", "identity", "--list"]);
    let (status, stdout, _) = output(command).await;
    assert_eq!(status, 0);
    assert!(stdout.lines().filter(|line| line.starts_with("identity ")).count() > 10, "{stdout}");
    assert!(!stdout.lines().any(|line| line.starts_with("shape ")), "{stdout}");
    assert_wrong_usage(&[(&["strength", "no-such"], "conformance strength --list")]).await;
}

/// The suite catches it, so that nothing is wrong, though not with every profile.
#[tokio::test]
async fn strength_exits_with_1_only_where_something_is_missed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("strength.json");
    let mut deviations = strength::deviations().into_iter();
    let is_explored = |it: &Deviation| it.level == Level::Must && it.name.starts_with("explored-");
    let name = deviations.find(is_explored).unwrap().name;
    for (profile, expected) in [(None, 0), (Some("core"), 1)] {
        let mut command = bare();
        command.args(["strength", &name, "--report", &format!("json={}", path.display())]);
        command.args(profile.into_iter().flat_map(|it| ["--profile", it]));
        let (status, stdout, stderr) = output(command).await;
        assert_eq!(status, expected, "{profile:?}: {stdout}{stderr}");
        assert!(stdout.contains(if expected == 0 { "detected" } else { "MISSED" }), "{stdout}");
        let report: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        assert_schema(&report, "strength.schema.json");
        assert_eq!(report["deviations"].as_array().unwrap().len(), 1, "{report}");
    }
}

#[tokio::test]
async fn the_list_has_every_case() {
    let mut command = bare();
    command.args(["list", "--json"]);
    let (status, stdout, _) = output(command).await;
    assert_eq!(status, 0);
    let cases: Value = serde_json::from_str(&stdout).unwrap();
    let cases = cases.as_array().unwrap();
    assert_eq!(cases.len(), registries_conformance::cases::all().count());
    for case in cases {
        assert!(case["requests"].as_u64().unwrap() >= 1, "{case}");
        assert!(!case["citation"]["cite"].as_str().unwrap().is_empty(), "{case}");
    }
    let mut command = bare();
    command.args(["list", "rename"]);
    let (_, stdout, _) = output(command).await;
    assert!(stdout.contains("rename-retires-the-old-slug") && !stdout.contains("create-succeeds"));
}

#[tokio::test]
async fn the_requirements_are_listed_with_their_cases_or_why_there_are_none() {
    let mut command = bare();
    command.args(["list", "--requirements", "--json"]);
    let (status, stdout, _) = output(command).await;
    assert_eq!(status, 0);
    let listed: Value = serde_json::from_str(&stdout).unwrap();
    let listed = listed.as_array().unwrap();
    assert_eq!(listed.len(), registries_conformance::requirements::all().len());
    for entry in listed.iter().filter(|entry| entry["kind"] == "required") {
        let has_cases = !entry["cases"].as_array().unwrap().is_empty();
        assert_ne!(has_cases, entry["uncovered"].is_string(), "{entry}");
    }
    let mut command = bare();
    command.args(["list", "--requirements", "web-url", "unknown", "long-lived"]);
    let (_, stdout, _) = output(command).await;
    let lines: Vec<Vec<&str>> =
        stdout.lines().map(|line| line.split_whitespace().collect()).collect();
    let rest = |id: &str| lines.iter().find(|words| words[0] == id).unwrap()[1..].join(" ");
    assert_eq!(rest("registry.object.web-url"), "must web-url-names-the-registry");
    assert_eq!(rest("registry.object.web-url-path"), "may the interpretation web-url");
    assert_eq!(rest("registry.delete.unknown"), "should unknown-slug-is-not-found");
    assert!(rest("registry-token.long-lived").starts_with("must none: "), "{stdout}");
    assert_eq!(lines.len(), 6, "{stdout}");
}

#[tokio::test]
async fn what_was_typed_does_nothing_to_a_terminal() {
    const HOSTILE: &str = "a\u{1b}[31m\u{9b}\n::error::b\u{202e}";
    const SHOWN: &str = "a\\u001b[31m\\u009b\\u000a::error::b\\u202e";
    for arguments in [
        &[HOSTILE][..],
        &["check", "a.har", HOSTILE],
        &["run", "--profile", HOSTILE],
        &["check", HOSTILE],
    ] {
        let mut command = bare();
        command.args(arguments);
        let (_, stdout, stderr) = output(command).await;
        assert_eq!(stdout, "", "{arguments:?}");
        assert!(!stderr.contains(|c: char| c.is_control() && c != '\n'), "{stderr:?}");
        assert!(!stderr.lines().any(|line| line.starts_with("::")), "{stderr}");
        assert!(stderr.contains("a\\u001b[31m\\u009b"), "{stderr}");
    }
    let mut command = bare();
    command.arg("run").env("REGISTRIES_PROFILE", HOSTILE).env("REGISTRIES_TOKEN", "canary\u{1b}");
    let (status, _, stderr) = output(command).await;
    assert_eq!(status, 2, "{stderr}");
    let message = format!("error: invalid value '{SHOWN}' for '--profile <PROFILE>'\n");
    let stderr = stderr.replace("\\u003a:", "::");
    assert!(stderr.starts_with(&message) && !stderr.contains("canary"), "{stderr}");
    let end = "The value comes from the environment variable REGISTRIES_PROFILE.\n";
    assert!(stderr.ends_with(end), "{stderr}");
}

#[tokio::test]
async fn what_has_no_end_is_not_read_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report.json");
    let run = ["run", "--embedded", "--filter", "create-succeeds"];
    let mut command = bare();
    command.args(run).arg("--report").arg(format!("json={}", report.display()));
    assert_eq!(output(command).await.0, 0);
    let report = report.to_str().unwrap();
    for arguments in [
        &["check"][..],
        &["run", "--replay"],
        &["diff", report],
        &["run", "--embedded", "--known"],
        &["run", "--deployment", "a", "--config"],
    ] {
        for (path, said) in
            [(folder.path().to_str().unwrap(), "it is a folder"), ("/dev/zero", "it is a device")]
        {
            let mut command = bare();
            command.args(arguments).arg(path);
            let (status, _, stderr) = output(command).await;
            assert!([2, 3].contains(&status), "{arguments:?} {path}: {stderr}");
            assert!(stderr.contains(said), "{arguments:?} {path}: {stderr}");
        }
    }
}
