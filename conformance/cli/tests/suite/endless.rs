//! Deployments whose responses have no end, or are more than can be looked at.

use registries_conformance::{Status, Verdict, report};
use registries_strength::{
    faulty_proxy::{Answering, Behaviour, Incoming, Upstream},
    reference::Reference,
};
use serde_json::json;

use crate::support::{Changed, behind, conformance, output, run};

/// Lists one registry on each of endlessly many pages.
struct EndlessPages;

impl Behaviour for EndlessPages {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let page: u64 = match request.path.split_once("page=") {
                Some((_, page)) => page.parse().unwrap(),
                None => 1,
            };
            // The limit of requests is not what is looked at.
            let first = Incoming { path: "/access-token".into(), ..request };
            let mut outgoing = upstream.send(&first).await;
            outgoing.status = http::StatusCode::OK;
            outgoing.set_json(&json!([{"slug": format!("r-{page}"), "name": format!("r {page}")}]));
            let next = format!("<http://elsewhere/v2/registries?page={}>; rel=\"next\"", page + 1);
            outgoing.headers.insert("link", next.parse().unwrap());
            for name in ["ratelimit-remaining", "ratelimit-user-remaining"] {
                outgoing.headers.insert(name, "50".parse().unwrap());
            }
            outgoing
        })
    }
}

#[tokio::test]
async fn a_list_without_an_end_ends_the_sweep() {
    let reference = Reference::start().await.unwrap();
    let endless = behind(&reference, EndlessPages).await;
    let mut command = conformance(&reference);
    command.args(["sweep", "--base-url", &endless.base_url]);
    let (status, stdout, stderr) = output(command).await;
    assert_eq!(status, 3, "{stdout}{stderr}");
    assert!(stderr.contains("the list does not end: 1000 pages"), "{stderr}");
}

#[tokio::test]
async fn a_list_that_is_too_long_is_said_to_be_that() {
    let reference = Reference::start().await.unwrap();
    let long = Changed(|request, answer| {
        if request.is_list() {
            answer.body = vec![b' '; (16 << 20) + 1];
        }
    });
    let proxy = behind(&reference, long).await;
    let report = run(&reference.at(&proxy.base_url)).await;
    assert_eq!(report.verdict, Verdict::Incomplete);
    let stopped = report.stopped.clone().unwrap();
    assert!(stopped.contains("too large to be judged"), "{stopped}");
    assert!(!stopped.contains("cannot be reached"), "{stopped}");
}

#[tokio::test]
async fn lists_of_what_does_not_fit_are_reported_by_their_first_entries() {
    let reference = Reference::start().await.unwrap();
    let wrong = Changed(|request, answer| {
        if request.is_list() {
            answer.body = format!("[{}0]", "0,".repeat(20_000)).into_bytes();
        }
    });
    let proxy = behind(&reference, wrong).await;
    let report = run(&reference.at(&proxy.base_url)).await;
    assert!(report.count(Status::Fail) > 0, "{}", report::human(&report));
    let most = report.cases.iter().map(|case| case.findings.len()).max().unwrap();
    assert!(most <= 51, "{most}");
    assert!(report::json(&report).unwrap().len() < 4_000_000);
}

#[tokio::test]
async fn a_long_response_makes_no_long_difference() {
    let reference = Reference::start().await.unwrap();
    let wrong = Changed(|request, answer| {
        if request.is_create() {
            answer.body = format!("[{}0]", "0,".repeat(20_000)).into_bytes();
        }
        if request.is_get() {
            answer.each_registry(|registry| registry["team_ids"] = vec![0; 20_000].into());
        }
    });
    let proxy = behind(&reference, wrong).await;
    let report = run(&reference.at(&proxy.base_url)).await;
    assert!(!report.differences.is_empty());
    for difference in &report.differences {
        let lines = difference.diff.lines().count();
        assert!(lines < 300, "{}: {lines} lines", difference.exchange);
    }
}

#[tokio::test]
async fn responses_that_are_too_large_together_end_the_run() {
    let reference = Reference::start().await.unwrap();
    let large = Changed(|request, answer| {
        if request.is_get() {
            // What separates values takes as much memory as values do.
            answer.set_json(&json!({"message": ",".repeat(6 << 20)}));
        }
    });
    let proxy = behind(&reference, large).await;
    let report = run(&reference.at(&proxy.base_url)).await;
    assert_eq!(report.verdict, Verdict::Incomplete);
    let stopped = report.stopped.clone().unwrap();
    assert!(stopped.contains("together too large to be judged"), "{stopped}");
    assert!(report.requests < 50, "{} requests", report.requests);
    assert!(report.left_behind.is_empty() && !report.left_behind_uncertain);
    assert_eq!(reference.server.registries().await.unwrap(), 0);
}
