//! Deployments that show writes late: that is a warning, and what never shows is a deviation.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::future::join_all;
use registries_conformance::{Options, Profile, Report, Status, Verdict};
use registries_strength::{
    self as strength,
    faulty_proxy::{Answering, Behaviour, FaultyProxy, Incoming, Upstream},
    reference::Reference,
};

const CASE: &str = "reads-show-the-last-write-at-once";

fn variation(name: &str) -> Arc<dyn Behaviour> {
    let mut all = strength::variations().into_iter().chain(strength::deviations());
    all.find(|it| it.name == name).unwrap().behaviour
}

async fn run_against(name: &str, options: Options) -> Report {
    run_behind(variation(name), options).await
}

async fn run_behind(behaviour: Arc<dyn Behaviour>, options: Options) -> Report {
    let reference = Reference::start().await.unwrap();
    let proxy = FaultyProxy::start(reference.server.base_url(), behaviour).await.unwrap();
    let report = registries_conformance::run(reference.at(&proxy.base_url), options).await;
    assert_eq!(reference.server.registries().await.unwrap(), 0);
    report.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_shows_late_is_a_warning_with_the_delay() {
    let late = [
        ("list-shows-writes-late", Profile::Core),
        ("gets-show-writes-late", Profile::Core),
        ("all-reads-show-writes-late", Profile::Deep),
    ];
    // At once: most of the time is waited.
    let reports = late.map(|(name, profile)| async move {
        let options = Options { profile, seed: Some(1), ..Options::default() };
        (name, run_against(name, options).await)
    });
    for (name, report) in join_all(reports).await {
        let findings: Vec<_> = report.findings().collect();
        assert_eq!(report.verdict, Verdict::Conforms, "{name}: {findings:#?}");
        let case = report.cases.iter().find(|case| case.name == CASE).unwrap();
        assert_eq!(case.status, Status::Warn, "{name}: {case:#?}");
        assert!(
            !case.findings.is_empty() && findings.len() == case.findings.len(),
            "{findings:#?}"
        );
        for finding in &case.findings {
            let duration = finding.received.strip_prefix("after ").unwrap();
            let seconds: f64 = duration.split(' ').next().unwrap().parse().unwrap();
            // As long as was waited before the first repetition, and longer where that was not enough.
            assert!(seconds >= 0.1, "{name}: {duration}");
        }
        assert_eq!(report.strict().verdict, Verdict::Deviates, "{name}");
    }
}

#[tokio::test]
async fn what_never_shows_or_may_not_be_late_deviates() {
    for (name, wait) in [
        ("list-is-one-write-behind", Duration::ZERO),
        ("list-is-one-write-behind", Duration::from_millis(300)),
        ("get-shows-writes-after-an-hour", Duration::from_millis(300)),
    ] {
        let options = Options { consistency_wait: wait, ..Options::default() };
        let report = run_against(name, options).await;
        assert_eq!(report.verdict, Verdict::Deviates, "{name}");
        assert!(report.requests < 150, "{name}: {} requests", report.requests);
    }
}

/// Shows everything late in gets, and one property wrong in each of them.
struct LateAndWrong(Arc<dyn Behaviour>);

impl Behaviour for LateAndWrong {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let is_get = request.is_get();
            let mut outgoing = self.0.answer(request, upstream).await;
            if let Some(mut registry) =
                outgoing.json().filter(|it| is_get && it["slug"].is_string())
            {
                registry["web_url"] = "http://elsewhere.example/".into();
                outgoing.set_json(&registry);
            }
            outgoing
        })
    }
}

/// What is wrong to the end neither hides what shows late, nor makes it a deviation.
#[tokio::test(flavor = "multi_thread")]
async fn what_shows_late_is_a_warning_beside_what_is_wrong() {
    let behaviour = Arc::new(LateAndWrong(variation("gets-show-writes-late")));
    // Longer than the delay, and short enough for a test.
    let wait = Duration::from_secs(2);
    let options = Options { consistency_wait: wait, ..Options::default() };
    let report = run_behind(behaviour, options).await;
    assert_eq!(report.verdict, Verdict::Deviates);
    let late = report.cases.iter().find(|case| case.name == CASE).unwrap();
    assert_eq!(late.status, Status::Warn, "{late:#?}");
    assert!(!late.findings.is_empty(), "{late:#?}");
    for finding in report.findings().filter(|it| it.case != CASE) {
        let place = finding.place.as_deref().unwrap_or_default();
        assert!(place.ends_with("web_url"), "{finding:#?}");
    }
}

/// Answers the first get after an update as it was before, and not as the contract says.
struct StaleAndMalformed(AtomicBool);

impl Behaviour for StaleAndMalformed {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let (is_get, is_update) = (request.is_get(), request.is_update());
            let mut outgoing = upstream.send(&request).await;
            if is_update && outgoing.status.is_success() {
                self.0.store(true, Ordering::SeqCst);
            } else if is_get
                && let Some(mut registry) = outgoing.json().filter(|it| it["slug"].is_string())
                && self.0.swap(false, Ordering::SeqCst)
            {
                registry["description"] = "as it was".into();
                registry["public"] = "no".into();
                outgoing.set_json(&registry);
            }
            outgoing
        })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_late_response_has_wrong_is_found_though_it_was_asked_for_again() {
    for profile in [Profile::Core, Profile::Deep] {
        let behaviour = Arc::new(StaleAndMalformed(AtomicBool::new(false)));
        let options = Options { profile, seed: Some(1), ..Options::default() };
        let report = run_behind(behaviour, options).await;
        assert_eq!(report.verdict, Verdict::Deviates, "{profile:?}");
        let late = report.cases.iter().find(|case| case.name == CASE).unwrap();
        assert_eq!(late.status, Status::Warn, "{profile:?}: {late:#?}");
        for finding in report.findings().filter(|it| it.case != CASE) {
            assert_eq!(finding.place.as_deref(), Some("/public"), "{profile:?}: {finding:#?}");
        }
    }
}
