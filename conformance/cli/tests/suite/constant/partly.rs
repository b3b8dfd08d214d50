//! Deployments of which a part answers the same whatever it is asked, or lacks something everywhere.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use http::{HeaderName, Method};
use registries_conformance::{
    Options, Profile, Report, Status, Verdict,
    contract::{Contract, Operation},
    har::{Recorder, Recording},
    replay,
    report::{CaseReport, RequirementStatus},
};
use registries_strength::{
    faulty_proxy::{Answering, Behaviour, Incoming, Upstream},
    reference::Reference,
};
use serde_json::{Value, json};

use super::{Answer, JSON, NO_REASON, passing, rendered};
use crate::support::{Changed, behind, hasty, run};

/// The response to an operation in place of what it does.
const ANSWERS: [Answer; 4] = [
    Answer { body: "", content_type: None, status: 200 },
    Answer { body: "{}", content_type: JSON, status: 200 },
    Answer { body: r#"{"message": "no"}"#, content_type: JSON, status: 403 },
    Answer { body: r#"{"message": "no"}"#, content_type: JSON, status: 422 },
];

/// Answers one operation always the same, and passes on what is asked of the others.
struct OneOperation {
    operation: &'static Operation,
    answer: Answer,
}

/// Whether a request is to this operation.
fn is_meant(operation: &Operation, method: &str, path: &str) -> bool {
    let path = path.split('?').next().unwrap_or_default();
    let is_variable = |segment: &str| segment.starts_with('{');
    let mut segments = path.split('/').zip(operation.path.split('/'));
    method == operation.method
        && path.split('/').count() == operation.path.split('/').count()
        && segments.all(|(one, other)| is_variable(other) || one == other)
}

impl Behaviour for OneOperation {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            if !is_meant(self.operation, request.method.as_str(), &request.path) {
                return upstream.send(&request).await;
            }
            // With the headers that every response has.
            let mut get = request.clone();
            (get.method, get.path) = (Method::GET, "/access-token".into());
            get.body.clear();
            let mut headers = upstream.send(&get).await.headers;
            let outgoing = self.answer.outgoing();
            headers.extend(outgoing.headers.clone());
            registries_strength::faulty_proxy::Outgoing { headers, ..outgoing }
        })
    }
}

/// A case that looks at one operation only, which is not there, has nothing to pass for.
#[tokio::test(flavor = "multi_thread")]
async fn what_passes_without_an_operation_has_a_reason() {
    let mut passing_with: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for operation in Contract::built_in().operations() {
        let reports = join_all(ANSWERS.map(|answer| async move {
            let reference = Reference::start().await.unwrap();
            let proxy = behind(&reference, OneOperation { operation, answer }).await;
            run(&reference.at(&proxy.base_url)).await
        }));
        for (answer, report) in ANSWERS.iter().zip(reports.await) {
            let deployment = format!("{}: {}", operation.id, answer.name());
            let is_of_it = |name: &String| {
                let case = report.cases.iter().find(|case| case.name == *name).unwrap();
                case.operations.iter().all(|it| *it == operation.id)
            };
            for case in passing(&report, &deployment).into_iter().filter(is_of_it) {
                passing_with.entry(case).or_default().insert(deployment.clone());
            }
        }
    }
    let rendered = rendered(&passing_with);
    insta::with_settings!({omit_expression => true}, {
        insta::assert_snapshot!("without-an-operation", rendered);
    });
    assert!(!rendered.contains(NO_REASON), "{rendered}");
}

/// What a recording does not have of an operation, no case passes for.
#[tokio::test]
async fn without_its_exchanges_nothing_passes_in_a_replay() {
    let reference = Reference::start().await.unwrap();
    let recorder = Recorder::default();
    let options = Options { recorder: Some(recorder.clone()), ..hasty() };
    let run = registries_conformance::run(reference.deployment.clone(), options);
    assert_eq!(run.await.unwrap().verdict, Verdict::Conforms);
    let har: Value = serde_json::to_value(recorder.har()).unwrap();
    for operation in Contract::built_in().operations() {
        // Without these a run does not begin.
        if ["list_registries", "get_access_token"].contains(&&*operation.id) {
            continue;
        }
        let is_of_it = |entry: &Value| {
            let url = entry["request"]["url"].as_str().unwrap();
            let path = url.split_once("/v2").unwrap().1.to_owned();
            let method = entry["request"]["method"].as_str().unwrap();
            is_meant(operation, method, &path)
        };
        let mut part = har.clone();
        part["log"]["entries"].as_array_mut().unwrap().retain(|entry| !is_of_it(entry));
        let recording = Recording::parse(&serde_json::to_vec(&part).unwrap()).unwrap();
        let report = replay(recording, hasty()).await;
        let of_it = |case: &&CaseReport| case.operations == [operation.id.as_str()];
        let passed = report.cases.iter().filter(|case| case.status == Status::Pass).filter(of_it);
        let passed: Vec<&str> = passed.map(|case| &*case.name).collect();
        assert_eq!(passed, Vec::<&str>::new(), "{}", operation.id);
    }
}

async fn with(change: Changed) -> Report {
    let reference = Reference::start().await.unwrap();
    let proxy = behind(&reference, change).await;
    let options = Options { profile: Profile::Deep, ..hasty() };
    registries_conformance::run(reference.at(&proxy.base_url), options).await.unwrap()
}

fn assert_open(report: &Report, names: &[&str], said: &str) {
    for name in names {
        let case = report.cases.iter().find(|case| case.name == *name).unwrap();
        assert_eq!(case.status, Status::Skip, "{case:#?}");
        let reason = case.reason.as_deref().unwrap();
        assert!(reason.contains(said), "{name}: {reason}");
    }
}

fn requirement(report: &Report, id: &str) -> RequirementStatus {
    report.requirements.iter().find(|requirement| requirement.id == id).unwrap().status
}

#[tokio::test]
async fn without_the_headers_of_a_limit_nothing_is_verified_of_it() {
    let report = with(Changed(|_, answer| {
        let names: Vec<HeaderName> = answer.headers.keys().cloned().collect();
        for name in names.iter().filter(|it| it.as_str().starts_with("ratelimit-")) {
            answer.headers.remove(name);
        }
    }))
    .await;
    let names = [
        "rate-limit-remaining-is-within-its-limit",
        "rate-limit-resets-within-its-window",
        "rate-limit-remaining-counts-down",
        "rate-limit-agrees-with-the-headers",
    ];
    assert_open(&report, &names, "RateLimit-");
    assert_eq!(requirement(&report, "rate-limit.headers"), RequirementStatus::Failed);
    assert_eq!(requirement(&report, "rate-limit.remaining"), RequirementStatus::NotCovered);
    assert_eq!(requirement(&report, "rate-limit.windows"), RequirementStatus::NotCovered);

    // Of one window as well.
    let report = with(Changed(|_, answer| {
        answer.headers.remove("ratelimit-user-remaining");
    }))
    .await;
    assert_open(&report, &names[..1], "RateLimit-User-");
    assert_open(&report, &names[2..3], "RateLimit-User-Remaining");
}

#[tokio::test]
async fn without_what_is_compared_a_case_is_skipped() {
    // A token without the property `scopes`.
    let report = with(Changed(|request, answer| {
        if let Some(Value::Object(mut token)) = answer.json().filter(|_| request.is_about_token()) {
            token.remove("scopes");
            answer.set_json(&Value::Object(token));
        }
    }))
    .await;
    assert_open(&report, &["access-token-tells-its-scopes"], "scopes");
    assert_eq!(requirement(&report, "access-token.scopes"), RequirementStatus::NotCovered);

    // Lists that are always empty.
    let report = with(Changed(|_, answer| {
        if matches!(answer.json(), Some(Value::Array(_))) {
            answer.set_json(&json!([]));
        }
    }))
    .await;
    let names = [
        "list-entries-equal-their-registries",
        "list-is-of-the-organization",
        "refused-requests-create-nothing",
        "update-with-null-is-stored",
        "ecosystem-cannot-change",
        "list-no-longer-contains-what-was-deleted",
        "registry-token-secret-is-shown-once",
        "registry-tokens-are-of-one-registry",
        "registry-tokens-do-not-come-back",
        "refused-requests-create-no-registry-token",
        "organizations-are-listed-by-the-page",
        "generated-invalid-bodies-are-refused",
        "registry-token-descriptions-of-any-other-type-are-refused",
    ];
    assert_open(&report, &names, "");
    assert_eq!(report.verdict, Verdict::Deviates);

    // Registries without properties, but for what the run needs to find them again.
    let report = with(Changed(|request, answer| {
        if request.is_get() || request.is_update() {
            answer.each_registry(|registry| *registry = json!({"slug": registry["slug"]}));
        }
    }))
    .await;
    let names = ["update-keeps-what-it-does-not-name", "update-with-patch-and-put-is-stored"];
    assert_open(&report, &names, "");

    // Errors without a body: they are refusals all the same.
    let report = with(Changed(|_, answer| {
        if answer.status.is_client_error() {
            answer.body.clear();
        }
    }))
    .await;
    assert_open(&report, &["errors-have-the-documented-body"], "errors in JSON");
    assert_eq!(requirement(&report, "common.error.message"), RequirementStatus::NotCovered);
    assert_eq!(requirement(&report, "common.json.errors"), RequirementStatus::Failed);
}

/// Only reads are what they should be: a refusal of a write shows nothing.
#[tokio::test]
async fn a_rejection_shows_nothing_where_everything_is_rejected() {
    let report = with(Changed(|request, answer| {
        if request.method != Method::GET {
            answer.status = http::StatusCode::UNPROCESSABLE_ENTITY;
            answer.set_json(&json!({"message": "no", "errors": []}));
        }
    }))
    .await;
    let is_of_writes = |name: &str| {
        ["-is-required", "must-be", "-is-refused-for", "needs-its-scope", "malformed"]
            .iter()
            .any(|part| name.contains(part))
    };
    let passed = report.cases.iter().filter(|case| case.status == Status::Pass);
    let passed: Vec<&str> = passed.map(|case| &*case.name).filter(|it| is_of_writes(it)).collect();
    let of_reads = [
        "token-is-required-for-the-token",
        "token-is-required-for-the-organization",
        "token-is-required-for-organizations",
        "reading-needs-its-scope",
        "organizations-need-their-scope",
        "rate-limit-needs-its-scope",
        "unknown-token-is-refused-for-organizations",
    ];
    let others: Vec<_> = passed.into_iter().filter(|it| !of_reads.contains(it)).collect();
    assert_eq!(others, Vec::<&str>::new());
}

/// A page from something before the API refuses nothing on its behalf.
#[tokio::test]
async fn a_page_is_no_rejection() {
    let report = with(Changed(|_, answer| {
        if answer.status.is_client_error() {
            answer.body = b"<html><h1>Forbidden</h1></html>".to_vec();
            let html = http::HeaderValue::from_static("text/html");
            answer.headers.insert(http::header::CONTENT_TYPE, html);
        }
    }))
    .await;
    let names = ["unknown-token-is-refused", "token-is-required", "name-is-required"];
    for name in names {
        let case = report.cases.iter().find(|case| case.name == name).unwrap();
        assert_eq!(case.status, Status::Error, "{case:#?}");
        assert!(case.reason.as_deref().unwrap().contains("an HTML page"), "{case:#?}");
    }
}
