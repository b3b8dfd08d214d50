//! Deployments that show writes late: that is a warning, and what never shows is a deviation.

use std::{sync::Arc, time::Duration};

use registries_conformance::{
    Options, Profile, Report, Status, Verdict,
    reference::Reference,
    strength::{
        self,
        between::{Behaviour, Between},
    },
};

const CASE: &str = "reads-show-the-last-write-at-once";

fn variation(name: &str) -> Arc<dyn Behaviour> {
    let mut all = strength::variations().into_iter().chain(strength::deviations());
    all.find(|it| it.name == name).unwrap().behaviour
}

async fn run_against(name: &str, options: Options) -> Report {
    let reference = Reference::start().await.unwrap();
    let between = Between::start(reference.server.base_url(), variation(name)).await.unwrap();
    let report = registries_conformance::run(reference.at(&between.base_url), options).await;
    assert_eq!(reference.server.registries().await.unwrap(), 0, "{name}");
    report.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_shows_late_is_a_warning_with_the_delay() {
    for (name, delay, profile) in [
        ("list-shows-writes-late", 1.5, Profile::Core),
        ("gets-show-writes-late", 0.7, Profile::Core),
        ("all-reads-show-writes-late", 0.3, Profile::Deep),
    ] {
        let options = Options { profile, seed: Some(1), ..Options::default() };
        let report = run_against(name, options).await;
        let findings: Vec<_> = report.findings().collect();
        assert_eq!(report.verdict, Verdict::Conforms, "{name}: {findings:#?}");
        let case = report.cases.iter().find(|case| case.name == CASE).unwrap();
        assert_eq!(case.status, Status::Warn, "{name}: {case:#?}");
        assert!(
            !case.findings.is_empty() && findings.len() == case.findings.len(),
            "{findings:#?}"
        );
        for finding in &case.findings {
            let told = finding.received.strip_prefix("after ").unwrap();
            let seconds: f64 = told.split(' ').next().unwrap().parse().unwrap();
            assert!(seconds >= delay - 0.1, "{name}: {told}");
        }
        assert_eq!(report.strict().verdict, Verdict::Deviates, "{name}");
    }
}

#[tokio::test]
async fn what_never_shows_or_may_not_be_late_deviates() {
    for (name, wait) in [
        ("list-shows-writes-late", Duration::ZERO),
        ("list-is-one-write-behind", Duration::from_millis(300)),
        ("get-shows-writes-after-an-hour", Duration::from_millis(300)),
    ] {
        let options = Options { consistency_wait: wait, ..Options::default() };
        let report = run_against(name, options).await;
        assert_eq!(report.verdict, Verdict::Deviates, "{name}");
        assert!(report.requests < 150, "{name}: {} requests", report.requests);
    }
}
