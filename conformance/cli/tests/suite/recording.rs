//! A run that was recorded can be judged again.

use std::{
    fs,
    sync::{Arc, Mutex},
};

use http::StatusCode;
use registries_conformance::{
    Deployment, Options, Profile, Report, Status, Verdict,
    har::{Har, Recorder, Recording},
    replay,
    traffic::{self, Party},
};
use registries_strength::{
    faulty_proxy::{Answering, Behaviour, Incoming, Outgoing, Upstream},
    reference::Reference,
};
use serde_json::{Value, json};

use crate::support::{Changed, bare, behind, conformance, hasty, output, with_team};

async fn recorded(deployment: &Deployment, filters: &[&str]) -> (Report, Har) {
    let recorder = Recorder::default();
    let options = Options {
        filters: filters.iter().map(ToString::to_string).collect(),
        profile: Profile::Deep,
        recorder: Some(recorder.clone()),
        ..hasty()
    };
    let report = registries_conformance::run(deployment.clone(), options).await.unwrap();
    (report, recorder.har())
}

async fn replayed(har: &Har) -> Report {
    let recording = Recording::parse(&serde_json::to_vec(har).unwrap()).unwrap();
    replay(recording, Options { profile: Profile::Deep, ..hasty() }).await
}

/// The report but for the time that it took, and what came of removing: a replay removes nothing.
fn timeless(report: &Report) -> Value {
    let mut report = serde_json::to_value(report).unwrap();
    report["requests"] = json!(0);
    report["left_behind_uncertain"] = json!(false);
    report["duration_ms"] = json!(0);
    report["started_at"] = json!("");
    for case in report["cases"].as_array_mut().unwrap() {
        case["duration_ms"] = json!(0);
    }
    report
}

/// Deviates in status, shape, JSON, bytes, and by giving a token away.
fn deviate(request: &Incoming, answer: &mut Outgoing) {
    if request.is_delete() {
        answer.status = StatusCode::ACCEPTED;
        answer.body = b"{\"a\": \"\xff\"}".to_vec();
    }
    if request.is_get() {
        answer.each_registry(|registry| registry["color"] = json!("mostly blue"));
    }
    if request.is_list() {
        answer.body.extend_from_slice(b" trailing");
    }
    if let Some(echo) = request.headers.get("authorization").filter(|_| request.is_about_token()) {
        answer.headers.insert("x-echo", echo.clone());
    }
}

#[tokio::test]
async fn a_replay_reports_what_the_run_reported() {
    for deviates in [false, true] {
        let reference = Reference::start().await.unwrap();
        let proxy = behind(&reference, Changed(if deviates { deviate } else { |_, _| {} })).await;
        let (live, har) = recorded(&reference.at(&proxy.base_url), &[]).await;
        assert_eq!(live.verdict == Verdict::Deviates, deviates);
        let replayed = replayed(&har).await;
        let cleaned_up = har.log.entries.iter().filter(|entry| entry.step.is_none()).count();
        assert_eq!(replayed.requests + cleaned_up, live.requests);
        assert_eq!(timeless(&replayed), timeless(&live));
        // A check lists no requests that the suite sent as tests, such as invalid bodies.
        let checked = traffic::check(&har, None, "a run");
        assert_eq!(checked.verdict == Verdict::Deviates, deviates);
        assert!(checked.findings.iter().all(|it| it.about == Party::Deployment));
        assert!(
            checked.invalid_tests > 0
                && traffic::human(&checked).to_string().contains("sent as tests")
        );
        let text = serde_json::to_string(&har).unwrap();
        assert!(text.contains("Bearer $REGISTRIES_TOKEN"));
        // A body that is no text is kept byte for byte.
        assert_eq!(text.contains("eyJhIjogIv8ifQ=="), deviates);
    }
}

#[tokio::test]
async fn a_replay_knows_the_team_that_registries_were_created_for() {
    let reference = with_team().await;
    let (live, mut har) = recorded(&reference.deployment, &[]).await;
    assert_eq!(live.verdict, Verdict::Conforms);
    assert_eq!(timeless(&replayed(&har).await), timeless(&live));
    // Another recorder writes no facts.
    har.log.conformance = None;
    let replayed = replayed(&har).await;
    let create = replayed.cases.iter().find(|case| case.name == "create-succeeds").unwrap();
    assert_eq!(create.status, Status::Pass, "{create:#?}");
}

/// Knows the secrets of the registry tokens that are created.
#[derive(Clone, Default)]
struct Issued(Arc<Mutex<Vec<String>>>);

impl Behaviour for Issued {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let answer = upstream.send(&request).await;
            if request.is("POST", "/tokens") && answer.status == StatusCode::OK {
                let secret = answer.json().unwrap()["token"].as_str().unwrap().to_owned();
                self.0.lock().unwrap().push(secret);
            }
            answer
        })
    }
}

#[tokio::test]
async fn what_a_deployment_issues_is_not_recorded() {
    let reference = Reference::start().await.unwrap();
    let issued = Issued::default();
    let proxy = behind(&reference, issued.clone()).await;
    let (report, har) = recorded(&reference.at(&proxy.base_url), &["registry-token"]).await;
    assert_eq!(report.verdict, Verdict::Conforms, "{:#?}", report.findings().collect::<Vec<_>>());
    let text = serde_json::to_string(&har).unwrap();
    assert!(text.contains("$REGISTRIES_ISSUED_TOKEN_3"));
    let issued = issued.0.lock().unwrap();
    assert_eq!(issued.len(), 3);
    assert!(issued.iter().all(|secret| !text.contains(secret)));
}

/// A request that the rate limit refused is replayed, and not waited for.
#[tokio::test]
async fn a_replay_does_not_wait() {
    let reference = Reference::start().await.unwrap();
    let (live, mut har) = recorded(&reference.deployment, &["create-succeeds"]).await;
    let before = replayed(&har).await;
    let mut refused = har.log.entries[0].clone();
    refused.response.status = 429;
    for header in &mut refused.response.headers {
        match header.name.as_str() {
            "ratelimit-remaining" => header.value = "0".into(),
            "ratelimit-reset" => header.value = "60".into(),
            _ => {}
        }
    }
    har.log.entries.insert(0, refused);
    // From here on, a wait advances the clock.
    tokio::time::pause();
    let begun = tokio::time::Instant::now();
    let report = replayed(&har).await;
    assert!(begun.elapsed().as_secs() < 30);
    let status = |report: &Report| {
        report.cases.iter().find(|case| case.name == "create-succeeds").unwrap().status
    };
    assert_eq!((status(&report), report.requests), (status(&live), before.requests + 1));
}

#[tokio::test]
async fn what_the_recording_lacks_was_not_judged() {
    let reference = Reference::start().await.unwrap();
    let (live, mut har) = recorded(&reference.deployment, &["create-succeeds"]).await;
    let report = replayed(&har).await;
    assert_eq!(report.verdict, Verdict::Incomplete);
    let status = |name: &str| report.cases.iter().find(|case| case.name == name).unwrap();
    assert_eq!(status("create-succeeds").status, Status::Pass);
    let lacking = status("update-with-put");
    assert_eq!(lacking.status, Status::Error);
    let reason = lacking.reason.as_deref().unwrap();
    assert!(reason.contains(": the recording does not have this exchange"), "{reason}");
    let recording = Recording::parse(&serde_json::to_vec(&har).unwrap()).unwrap();
    let filters = vec!["create-succeeds".to_owned()];
    let same = Options { profile: Profile::Deep, filters, ..hasty() };
    assert_eq!(replay(recording, same).await.verdict, Verdict::Conforms);
    assert!(report.requests <= live.requests);

    // Another version of the suite sent something else.
    for entry in &mut har.log.entries {
        if let Some(body) = &mut entry.request.post_data {
            body.text = body.text.as_ref().map(|text| text.replace("ruby", "npm"));
        }
    }
    har.log.creator.version = "0.0.9".into();
    let report = replayed(&har).await;
    let case = report.cases.iter().find(|case| case.name == "create-succeeds").unwrap();
    assert_eq!(case.status, Status::Error);
    assert!(case.reason.as_deref().unwrap().contains("version 0.0.9 of the suite"), "{case:?}");
}

#[tokio::test]
async fn a_run_that_something_else_recorded_is_replayed_too() {
    let reference = Reference::start().await.unwrap();
    let (live, mut har) = recorded(&reference.deployment, &[]).await;
    let [main, limited, revocable] = &reference.secrets;
    har.log.conformance = None;
    for entry in &mut har.log.entries {
        entry.step = None;
        for header in &mut entry.request.headers {
            header.value = header
                .value
                .replace("$REGISTRIES_TOKEN", main)
                .replace("$REGISTRIES_LIMITED_TOKEN", limited)
                .replace("$REGISTRIES_REVOCABLE_TOKEN", revocable);
        }
    }
    // What was explored follows from the seed only.
    let recording = Recording::parse(&serde_json::to_vec(&har).unwrap()).unwrap();
    let options = Options { profile: Profile::Deep, seed: live.seed, ..hasty() };
    let mut report = replay(recording, options).await;
    report.deployment.embedded = live.deployment.embedded;
    assert_eq!(timeless(&report), timeless(&live));
}

#[tokio::test]
async fn the_command_records_and_replays() {
    let reference = Reference::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let mut command = conformance(&reference);
    command.args(["run", "--base-url", reference.server.base_url()]);
    command.args(["--record", &path("run.har"), "--report", &format!("json={}", path("a.json"))]);
    let (status, stdout, stderr) = output(command).await;
    assert_eq!(status, 0, "{stdout}{stderr}");
    let base_url = reference.server.base_url().to_owned();
    reference.server.shutdown().await;

    // What the environment says of a deployment is no obstacle.
    let mut command = bare();
    command.env("REGISTRIES_BASE_URL", base_url).env("REGISTRIES_ORG", "other-org");
    command.args(["run", "--replay", &path("run.har")]);
    command.args(["--report", &format!("json={}", path("b.json"))]);
    let (status, stdout, stderr) = output(command).await;
    assert_eq!(status, 0, "{stdout}{stderr}");
    let report = |name: &str| -> Report {
        serde_json::from_slice(&fs::read(folder.path().join(name)).unwrap()).unwrap()
    };
    assert_eq!(timeless(&report("a.json")), timeless(&report("b.json")));
}

#[tokio::test]
async fn a_replay_has_no_deployment_and_needs_a_recording() {
    let folder = tempfile::tempdir().unwrap();
    let other = folder.path().join("other.har");
    fs::write(&other, r#"{"log": {"entries": []}}"#).unwrap();
    let other = other.display().to_string();
    let missing = folder.path().join("none").join("run.har").display().to_string();
    let facts = json!({
        "runTag": "../production", "organization": "o", "baseUrl": "http://h/v2", "contractVersion": "1",
        "embedded": false, "limitedToken": false, "revocableToken": false,
    });
    let foreign = folder.path().join("foreign.har");
    let log = json!({"log": {"_conformance": facts, "entries": []}});
    fs::write(&foreign, log.to_string()).unwrap();
    let foreign = foreign.display().to_string();
    let attempts = [
        (vec!["--replay", &foreign], 2, "it has no tag of a run"),
        (vec!["--replay", &other, "--base-url", "http://127.0.0.1:1/v2"], 2, "cannot be used with"),
        (vec!["--replay", &other, "--org", "my-org"], 2, "cannot be used with"),
        (vec!["--replay", &other, "--record", "b.har"], 2, "cannot be used with"),
        (vec!["--record", &missing], 2, "there is no such folder"),
        (vec!["--replay", &missing], 2, "cannot read"),
        (vec!["--replay", &other], 2, "not a recording of a run"),
    ];
    for (arguments, expected, said) in attempts {
        let mut command = bare();
        command.arg("run").args(&arguments);
        let (status, stdout, stderr) = output(command).await;
        assert_eq!(status, expected, "{arguments:?}: {stdout}{stderr}");
        assert!(stderr.contains(said), "{arguments:?}: {stderr}");
    }
}

#[tokio::test]
async fn a_run_that_was_stopped_does_not_replace_a_recording() {
    let reference = Reference::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.har");
    let record = async |token: &str| {
        let mut command = conformance(&reference);
        command.args(["run", "--profile", "smoke", "--base-url", reference.server.base_url()]);
        command.arg("--record").arg(&path).env("REGISTRIES_TOKEN", token);
        output(command).await
    };
    assert_eq!(record(&reference.secrets[0]).await.0, 0);
    let recorded = fs::read(&path).unwrap();
    let (status, _, stderr) = record("wrong").await;
    assert_eq!(status, 3, "{stderr}");
    assert!(stderr.contains("run.har was not changed"), "{stderr}");
    assert!(fs::read(&path).unwrap() == recorded);
}
