//! The forms of the report: that they can be read, show the evidence, and keep secrets.

use std::time::Duration;

use http::{HeaderValue, StatusCode};
use quick_junit::{NonSuccessKind, TestCaseStatus};
use registries_conformance::{
    Report, Status,
    report::{self, Totals, known},
};
use registries_strength::{
    faulty_proxy::{Answering, Behaviour, Incoming, Upstream},
    reference::Reference,
};
use serde_json::json;

use crate::support::{Changed, assert_wrong_usage, behind, conformance, output, run};

/// Markup, an end of a CDATA section, a workflow command, and a terminal's escape.
const EVIL: &str = "<script>document.title='ran'</script><img src=x onerror=\"document.title='ran'\">\
                    ]]></failure>\n::error::injected\n| `a` | @everyone \u{1b}[31m";

/// Its responses contain the syntax of every report format, and the token.
struct Evil;

impl Behaviour for Evil {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let mut outgoing = upstream.send(&request).await;
            let token = request.headers.get("authorization").cloned();
            let text = token.as_ref().and_then(|token| token.to_str().ok()).unwrap_or_default();
            outgoing.each_registry(|registry| {
                registry["public"] = json!(EVIL);
                registry["description"] = json!(format!("{EVIL} {text}"));
                registry[EVIL] = json!(text);
            });
            if outgoing.status.as_u16() >= 400 {
                outgoing.set_json(&json!({"message": EVIL, "errors": text}));
                outgoing.status = StatusCode::IM_A_TEAPOT;
            }
            outgoing.headers.insert("set-cookie", HeaderValue::from_static("session=of-others"));
            outgoing.headers.insert("x-echo", token.unwrap_or(HeaderValue::from_static("none")));
            outgoing
        })
    }
}

pub(crate) async fn evil_report() -> Report {
    let reference = Reference::start().await.unwrap();
    let proxy = behind(&reference, Evil).await;
    let report = run(&reference.at(&proxy.base_url)).await;
    reference.server.shutdown().await;
    report
}

#[tokio::test]
async fn a_finding_has_its_request_and_its_response_with_the_place_in_it() {
    let reference = Reference::start().await.unwrap();
    let change = Changed(|_, answer| answer.each_registry(|it| it["public"] = json!("no")));
    let proxy = behind(&reference, change).await;
    let report = run(&reference.at(&proxy.base_url)).await;
    let case = "create-registry-fits-the-contract";
    let finding = report.findings().find(|finding| finding.case == case).unwrap();
    let request = finding.request.as_ref().unwrap();
    assert_eq!(request.method, "POST");
    assert_eq!(request.path, "/packages/organizations/example-org/registries");
    assert!(request.body.as_ref().unwrap().text.contains("\"ecosystem\": "), "{request:?}");
    let response = finding.response.as_ref().unwrap();
    assert_eq!(response.status, 200);
    assert_eq!(response.headers["content-type"], "application/json");
    assert_eq!(response.body.as_ref().unwrap().parts()[1], "\"no\"");

    let html = report::html(&report).unwrap();
    assert!(html.contains("<mark>&#34;no&#34;</mark>"));
    let list = "list-registries-fits-the-contract";
    let listed = report.findings().find(|finding| finding.case == list).unwrap();
    assert_eq!(listed.response.as_ref().unwrap().body.as_ref().unwrap().parts()[1], "\"no\"");
}

#[tokio::test]
async fn what_a_deployment_returns_stays_text_in_every_form() {
    let report = evil_report().await;
    assert!(report.count(Status::Fail) > 10, "{}", report::human(&report));
    let html = report::html(&report).unwrap();
    assert!(html.contains("&#60;script&#62;"), "the text is shown");
    assert!(!html.contains("<script") && !html.contains("<img"));

    let github = report::github(&report);
    assert!(github.contains("%0A"), "{github}");
    assert!((3..=10).contains(&github.lines().count()), "{github}");
    for line in github.lines() {
        let known = ["::error title=", "::warning title="];
        assert!(known.iter().any(|start| line.starts_with(start)), "{line}");
    }

    let markdown = report::markdown(&report);
    assert!(markdown.len() < 65_536, "{} bytes", markdown.len());
    assert!(!markdown.lines().any(|line| line.starts_with("::")));

    let junit = report::junit(&report).unwrap();
    let read = quick_junit::Report::deserialize_from_str(&junit).unwrap();
    assert_eq!(read.tests, report.cases.len());
    assert_eq!(read.failures, report.count(Status::Fail));
    let texts = [html, github, markdown, junit, report::human(&report).ansi().to_owned()];
    for text in texts {
        assert!(!text.contains("of-others"), "a cookie is nobody's business");
        assert!(!text.replace("\u{1b}[", "").contains('\u{1b}'), "only the report's own colors");
    }
}

#[tokio::test]
async fn a_report_on_standard_output_has_it_for_itself() {
    let reference = Reference::start().await.unwrap();
    let proxy = behind(&reference, Evil).await;
    let mut command = conformance(&reference);
    command.args(["run", "--base-url", &proxy.base_url, "--report", "github=-"]);
    let (status, stdout, stderr) = output(command).await;
    assert_eq!(status, 1, "{stdout}{stderr}");
    assert!(stdout.lines().all(|line| line.starts_with("::")), "{stdout}");
    assert!(stderr.contains("deviates from the contract"), "the rest goes elsewhere: {stderr}");

    let mut command = conformance(&reference);
    command.args(["run", "--base-url", &proxy.base_url, "--report", "json=-"]);
    let (status, stdout, stderr) = output(command).await;
    assert_eq!(status, 1, "{stderr}");
    let report: Report = serde_json::from_str(&stdout).unwrap();
    let Totals { cases, passed, failed, warned, skipped, not_judged, known } = report.totals;
    assert_eq!(cases, passed + failed + warned + skipped + not_judged);
    assert_eq!((failed, known), (report.count(Status::Fail), 0));
}

#[tokio::test]
async fn a_conforming_run_is_short_in_every_form() {
    let reference = Reference::start().await.unwrap();
    let report = run(&reference.deployment).await;
    assert!(report::markdown(&report).starts_with("## ✅ `http://127.0.0.1:"));
    assert_eq!(report::github(&report), "");
    let junit =
        quick_junit::Report::deserialize_from_str(&report::junit(&report).unwrap()).unwrap();
    assert_eq!((junit.failures, junit.errors, junit.skipped), (0, 0, 0));
    let times = junit.test_suites[0].test_cases.iter().map(|test| test.time.unwrap());
    assert!(times.sum::<Duration>() > Duration::ZERO);
    assert!(report::html(&report).unwrap().contains("conforms to the contract"));
}

/// Whatever stopped a run is said once, not beside every case.
#[tokio::test]
async fn a_run_that_was_stopped_is_short_for_people() {
    let reference = Reference::start().await.unwrap();
    let report = run(&reference.at("http://127.0.0.1:9/v2")).await;
    let reason = "the deployment cannot be reached";
    assert_eq!(report::github(&report).matches(reason).count(), 1);
    assert_eq!(report::markdown(&report).matches(reason).count(), 1);
    assert_eq!(report::html(&report).unwrap().matches(reason).count(), 2, "title and heading");
    let junit =
        quick_junit::Report::deserialize_from_str(&report::junit(&report).unwrap()).unwrap();
    assert_eq!(junit.errors, report.cases.len());
}

#[tokio::test]
async fn a_known_deviation_is_a_skipped_test_and_a_strict_warning_a_failed_one() {
    let reference = Reference::start().await.unwrap();
    let change = Changed(|request, answer| match request.method.as_str() {
        "PUT" => answer.status = StatusCode::METHOD_NOT_ALLOWED,
        "DELETE" => answer.status = StatusCode::ACCEPTED,
        _ => {}
    });
    let proxy = behind(&reference, change).await;
    let report = run(&reference.at(&proxy.base_url)).await;
    let entries: Vec<String> = report
        .cases
        .iter()
        .filter(|case| case.status == Status::Fail)
        .map(|case| {
            format!("[[known]]\ncase = \"{}\"\nreason = \"r\"\nuntil = 2026-01-02\n", case.name)
        })
        .collect();
    let known = known::read(&entries.concat(), &[]).unwrap();
    let report = report.knowing(&known, "2026-01-02".parse().unwrap()).strict();
    let junit =
        quick_junit::Report::deserialize_from_str(&report::junit(&report).unwrap()).unwrap();
    let status = |name: &str| {
        let tests = &junit.test_suites[0].test_cases;
        tests.iter().find(|test| test.name.as_str() == name).unwrap().status.clone()
    };
    assert!(matches!(status("delete-succeeds"), TestCaseStatus::Skipped { .. }));
    let warned = report.cases.iter().find(|case| case.status == Status::Warn).unwrap();
    let kind = NonSuccessKind::Failure;
    let is_failure =
        matches!(status(&warned.name), TestCaseStatus::NonSuccess { kind: it, .. } if it == kind);
    assert!(is_failure, "{:?}", status(&warned.name));
}

#[tokio::test]
async fn a_form_or_a_path_that_is_not_there_is_wrong_usage() {
    let attempts: [(&[&str], &str); 6] = [
        (&["run", "--report", "yaml=x"], "json, junit, html, markdown, github"),
        (&["run", "--report", "html=-"], "not standard output"),
        (&["run", "--report", "junit="], "needs the path of a file"),
        (&["run", "--report", "github=-", "--report", "markdown=-"], "standard output"),
        (&["run", "--report", "json=a", "--report", "html=a"], "two reports"),
        (&["strength", "--report", "html=x"], "FORMAT=PATH; the formats are: json"),
    ];
    assert_wrong_usage(&attempts).await;
}
