//! The reference server conforms, the suite leaves nothing in it, and its transcripts are the
//! snapshots that deployments are compared with.

use http::{HeaderValue, StatusCode};
use registries_conformance::{
    Options, Status, Verdict,
    cases::{self, Case},
    reference::Reference,
    strength::between::{Answering, Behaviour, Incoming, Upstream},
};
use serde_json::{Value, json};

use crate::support::{behind, run};

#[tokio::test]
async fn the_reference_server_passes_every_case_and_is_left_as_it_was() {
    let reference = Reference::start().await.unwrap();
    let report = run(&reference.deployment).await;
    let others: Vec<_> = report.cases.iter().filter(|case| case.status != Status::Pass).collect();
    assert!(others.is_empty(), "{others:#?}");
    assert_eq!(report.findings().count(), 0, "{:#?}", report.findings().collect::<Vec<_>>());
    assert_eq!(report.verdict, Verdict::Conforms);
    assert_eq!(report.differences, []);
    assert!(report.cases.len() >= 30);
    assert!(report.requests <= 45, "{} requests", report.requests);
    let charged: usize = report.cases.iter().map(|case| case.requests).sum();
    assert_eq!(charged, report.requests);
    assert_eq!(reference.server.registries().await.unwrap(), 0);
    reference.server.shutdown().await;
}

#[tokio::test]
async fn every_case_can_be_run_alone() {
    let reference = Reference::start().await.unwrap();
    for (case, profile) in cases::all().map(|case: &Case| (case.name, case.profile())) {
        // The revocable token is good for one run only.
        let deployment = registries_conformance::Deployment {
            revocable_token: None,
            ..reference.deployment.clone()
        };
        let options = Options { filters: vec![case.to_owned()], profile, ..Options::default() };
        let report = registries_conformance::run(deployment, options).await.unwrap();
        let found = report.cases.iter().find(|report| report.name == case).unwrap();
        let is_skipped = case.contains("revoke")
            || ["list-needs-its-scope", "get-needs-its-scope"].contains(&case)
            // Nothing is limited here.
            || case == "user-limit-is-enforced";
        let expected = if is_skipped { Status::Skip } else { Status::Pass };
        assert_eq!(found.status, expected, "{found:#?}");
        assert_eq!(reference.server.registries().await.unwrap(), 0, "{case} left something");
    }
    reference.server.shutdown().await;
}

#[tokio::test]
async fn without_the_other_tokens_their_cases_are_skipped_with_the_reason() {
    let reference = Reference::start().await.unwrap();
    let deployment = registries_conformance::Deployment {
        limited_token: None,
        revocable_token: None,
        ..reference.deployment.clone()
    };
    let report = run(&deployment).await;
    assert_eq!(report.verdict, Verdict::Conforms);
    let skipped: Vec<(&str, &str)> = report
        .cases
        .iter()
        .filter(|case| case.status == Status::Skip)
        .map(|case| (case.name.as_str(), case.reason.as_deref().unwrap_or_default()))
        .collect();
    assert_eq!(skipped.len(), 7, "{skipped:#?}");
    for (name, reason) in skipped {
        assert!(reason.contains("-token-env"), "{name}: {reason}");
    }
}

#[tokio::test]
async fn transcripts_are_the_snapshots() {
    let reference = Reference::start().await.unwrap();
    let transcripts =
        registries_conformance::transcripts(reference.deployment.clone()).await.unwrap();
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for (step, transcript) in transcripts {
            insta::assert_snapshot!(step, transcript);
        }
    });
}

/// A deployment that chooses otherwise wherever it may.
struct OtherChoices;

impl Behaviour for OtherChoices {
    fn answer<'a>(&'a self, mut request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let body = request.json().filter(|_| request.is_update());
            if let Some(body) = body.filter(|body| body.get("ecosystem").is_some()) {
                // What cannot change is ignored instead of refused.
                request.set_json(&without(body, "ecosystem"));
            }
            let mut outgoing = upstream.send(&request).await;
            outgoing.headers.insert("ratelimit-limit", HeaderValue::from_static("1000"));
            outgoing.headers.insert("ratelimit-remaining", HeaderValue::from_static("1000"));
            outgoing.headers.insert("x-request-id", HeaderValue::from_static("17"));
            outgoing.headers.insert(
                "content-type",
                HeaderValue::from_static("application/json; charset=utf-8"),
            );
            outgoing.each_registry(|registry| {
                let url = registry["web_url"]
                    .as_str()
                    .unwrap()
                    .replace("/registries/", "/packages/registries/");
                registry["web_url"] = json!(url);
                registry["team_ids"] = json!([]);
            });
            match outgoing.status {
                StatusCode::NOT_FOUND if request.method == "GET" => {
                    outgoing.set_json(&json!({"message": "No."}));
                }
                StatusCode::UNAUTHORIZED if !request.path.ends_with("/access-token") => {
                    outgoing.status = StatusCode::FORBIDDEN;
                    outgoing.set_json(&json!({"message": "Who?"}));
                }
                StatusCode::BAD_REQUEST => outgoing.status = StatusCode::UNPROCESSABLE_ENTITY,
                _ => {}
            }
            outgoing
        })
    }
}

fn without(mut body: Value, property: &str) -> Value {
    body.as_object_mut().unwrap().remove(property);
    body
}

#[tokio::test]
async fn other_choices_conform_and_have_the_same_transcripts() {
    let reference = Reference::start().await.unwrap();
    let deviating = behind(&reference, OtherChoices).await;
    let report = run(&reference.at(&deviating.base_url)).await;
    assert_eq!(report.verdict, Verdict::Conforms, "{:#?}", report.findings().collect::<Vec<_>>());
    assert_eq!(report.count(Status::Warn), 0, "{:#?}", report.findings().collect::<Vec<_>>());
    assert_eq!(report.differences, []);
}
