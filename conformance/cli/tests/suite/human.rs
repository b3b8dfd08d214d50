//! What a person reads at a terminal: whole, as it is printed.

use std::sync::Arc;

use regex::Regex;
use registries_conformance::{Report, Verdict, report};
use registries_strength::{deviations, faulty_proxy::FaultyProxy, reference::Reference};

use crate::support::run;

/// A run against the reference server with these defects of the catalogue, all at once.
pub(crate) async fn with_defects(names: &[&str]) -> Report {
    let reference = Reference::start().await.unwrap();
    let mut base_url = reference.server.base_url().to_owned();
    let mut fronts = Vec::new();
    for name in names {
        let defect = deviations().into_iter().find(|it| it.name == *name).unwrap();
        let front = FaultyProxy::start(&base_url, Arc::clone(&defect.behaviour)).await.unwrap();
        base_url.clone_from(&front.base_url);
        fronts.push(front);
    }
    let report = run(&reference.at(&base_url)).await;
    reference.server.shutdown().await;
    report
}

/// A report as it is printed, with names in place of what differs from run to run.
pub(crate) fn steady(text: &str) -> String {
    let replaced = [
        (r"127\.0\.0\.1:\d+", "127.0.0.1:PORT"),
        (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "UUID"),
        (r"UmVnaXN0cn[0-9A-Za-z+/=]+", "GRAPHQL_ID"),
        (r"\b(conformance[- ])[a-z]{16}\b", "${1}TAG"),
        (r"\d+\.\d s\b", "TIME"),
        (r"\d{4}-\d\d-\d\dT[0-9:.]+Z", "TIMESTAMP"),
    ];
    replaced.into_iter().fold(text.to_owned(), |text, (pattern, name)| {
        Regex::new(pattern).unwrap().replace_all(&text, name).into_owned()
    })
}

fn assert_shown(name: &str, text: &str) {
    insta::with_settings!({omit_expression => true}, {
        insta::assert_snapshot!(name, steady(text));
    });
}

#[tokio::test]
async fn a_conforming_run_has_a_line_for_each_part_of_the_api() {
    let report = with_defects(&[]).await;
    let text = report::human(&report).to_string();
    assert!(text.lines().count() <= 40, "{text}");
    assert_shown("conforming", &text);
    let styled = report::human(&report);
    assert!(styled.ansi().contains("\u{1b}[") && !text.contains('\u{1b}'), "{styled:?}");
}

/// One fault is one block, however many cases it fails.
#[tokio::test]
async fn a_fault_is_one_block() {
    for name in [
        "get-ecosystem-missing",
        "registry-slug-empty-in-create",
        "ratelimit-limit-missing",
        "create-without-a-token",
        "create-answers-201",
        "create-loses-description",
        "updated-registry-is-wrapped",
        "list-content-type-html",
    ] {
        let report = with_defects(&[name]).await;
        assert_eq!(report.verdict, Verdict::Deviates, "{name}");
        let causes = report::causes(&report.cases);
        let titles: Vec<String> = causes.iter().map(report::Cause::title).collect();
        let text = report::human(&report).to_string();
        assert!(text.lines().count() <= 40, "{text}");
        assert_shown(name, &text);
        assert_eq!(titles.len(), 1, "{name}: {titles:#?}");
    }
}

/// Faults that have nothing to do with each other stay apart.
#[tokio::test]
async fn two_faults_are_two_blocks() {
    for names in [
        ["get-ecosystem-missing", "update-public-missing"],
        ["create-name-null", "create-emoji-of-another-type"],
        ["delete-without-a-token", "create-loses-description"],
        ["list-answers-206", "get-answers-203"],
        ["ratelimit-limit-missing", "token-uuid-missing"],
    ] {
        let report = with_defects(&names).await;
        let causes = report::causes(&report.cases);
        let titles: Vec<String> = causes.iter().map(report::Cause::title).collect();
        assert_eq!(titles.len(), 2, "{names:?}: {titles:#?}");
    }
}
