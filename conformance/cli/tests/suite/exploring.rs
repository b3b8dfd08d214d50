//! What `deep` explores is bounded, says what it could not do, and leaves nothing behind.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use http::{Method, StatusCode};
use registries_conformance::{Options, Profile, Progress, Report, Status, Verdict};
use registries_strength::{
    self as strength,
    faulty_proxy::{Answering, Behaviour, FaultyProxy, Incoming, Upstream},
    reference::Reference,
};

use crate::support::{Changed, Slow, behind, hasty};

async fn explored(reference: &Reference, between: &FaultyProxy, options: Options) -> Report {
    let options = Options { profile: Profile::Deep, ..options };
    registries_conformance::run(reference.at(&between.base_url), options).await.unwrap()
}

fn only(filter: &str) -> Options {
    Options { filters: vec![filter.into()], ..hasty() }
}

/// What only shows on registries that no step creates.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_explored_is_held_against_the_contract() {
    let wanted = |name: &str| name.starts_with("explored-");
    let core = strength::measure(Profile::Core, wanted, |_, _| {}).await.unwrap();
    assert!(core.deviations.iter().all(|it| !it.caught), "{:#?}", core.deviations);
    let deep = strength::measure(Profile::Deep, wanted, |_, _| {}).await.unwrap();
    assert!(deep.holds() && deep.deviations.len() >= 7, "{:#?}", deep.deviations);
}

#[tokio::test]
async fn a_problem_that_is_everywhere_is_told_once() {
    let reference = Reference::start().await.unwrap();
    let change = Changed(|_, answer| answer.each_registry(|it| it["internal"] = 1.into()));
    let between = behind(&reference, change).await;
    let report = explored(&reference, &between, hasty()).await;
    let lists = report.findings().filter(|it| it.case == "list-registries-fits-the-contract");
    // How many more there are than are listed is told beside it.
    let lists = lists.filter(|it| it.schema_path.is_some());
    let found: Vec<_> = lists.map(|it| (&it.place, &it.expected)).collect();
    assert_eq!(found.len(), 1, "{found:?}");
}

/// Says that a registry is deleted, and deletes it only when it is told so again.
#[derive(Default)]
struct LazyDelete(Mutex<HashSet<String>>);

impl Behaviour for LazyDelete {
    fn answer<'a>(&'a self, mut request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            if request.is_delete() && self.0.lock().unwrap().insert(request.path.clone()) {
                request.method = Method::GET;
                let mut outgoing = upstream.send(&request).await;
                outgoing.body.clear();
                return outgoing;
            }
            upstream.send(&request).await
        })
    }
}

#[tokio::test]
async fn what_a_deployment_only_says_to_be_removed_or_refused_is_removed() {
    let carried_out = strength::deviations()
        .into_iter()
        .find(|it| it.name == "explored-refused-create-is-carried-out")
        .unwrap();
    let lazy: Arc<dyn Behaviour> = Arc::new(LazyDelete::default());
    for (behaviour, filter) in [(lazy, "races"), (carried_out.behaviour, "generated")] {
        let reference = Reference::start().await.unwrap();
        let between = FaultyProxy::start(reference.server.base_url(), behaviour).await.unwrap();
        let report = explored(&reference, &between, only(filter)).await;
        assert_eq!(reference.server.registries().await.unwrap(), 0, "{filter}");
        assert!(report.left_behind.is_empty() && !report.left_behind_uncertain, "{filter}");
    }
}

#[tokio::test]
async fn an_exploration_that_ends_early_says_how_far_it_came() {
    let reference = Reference::start().await.unwrap();
    let between = behind(&reference, Changed(|_, _| {})).await;
    for (filter, max_requests, told) in [
        ("races", 12, "after 1 of 3 races"),
        ("generated", 10, "bodies"),
        ("sequences", 20, "of 12 sequences"),
    ] {
        let options = Options { max_requests, ..only(filter) };
        let report = explored(&reference, &between, options).await;
        let [case] = &report.cases[..] else { panic!("{:#?}", report.cases) };
        assert_eq!(case.status, Status::Skip, "{case:#?}");
        let reason = case.reason.as_deref().unwrap();
        assert!(reason.contains("--max-requests") && reason.contains(told), "{reason}");
        // Only what removes comes on top.
        assert!(case.requests <= max_requests, "{} requests", case.requests);
        assert_eq!(reference.server.registries().await.unwrap(), 0);
    }
}

/// How many requests go before an exploration, whatever is chosen.
const STEPS: usize = 2;

#[tokio::test]
async fn the_time_bounds_an_exploration() {
    let reference = Reference::start().await.unwrap();
    let mut has_begun = false;
    let mut max_time = Duration::ZERO;
    // What a machine does in so much time is not known, so there is more of it until something is done.
    while !has_begun {
        // Too slow for all sequences.
        let between = behind(&reference, Slow(max_time / 15)).await;
        let options = Options { max_time: Some(max_time), ..only("sequences") };
        let report = explored(&reference, &between, options).await;
        let [case] = &report.cases[..] else { panic!("{:#?}", report.cases) };
        let reason = case.reason.as_deref().unwrap();
        assert!(reason.contains("--max-time"), "{reason}");
        // The steps before take of the time as well.
        assert!(report.stopped.is_some() || reason.contains("of 12 sequences"), "{reason}");
        // A sequence sends ten requests and more.
        assert!(case.requests < 12 * 10, "{} requests", case.requests);
        has_begun = case.requests > STEPS;
        assert!(!has_begun || max_time > Duration::ZERO, "{} requests", case.requests);
        assert_eq!(reference.server.registries().await.unwrap(), 0);
        max_time = Duration::from_millis(300).max(max_time * 2);
    }
}

/// A person who waits sees every request, and so that a wait is over.
#[tokio::test]
async fn whoever_waits_is_told_of_every_request_that_is_explored_with() {
    let reference = Reference::start().await.unwrap();
    let told: Arc<Mutex<Vec<usize>>> = Arc::default();
    let listener = {
        let told = told.clone();
        move |progress: Progress<'_>| {
            if let Progress::Exploring { sent, limit } = progress {
                assert_eq!(limit, 1000);
                told.lock().unwrap().push(sent);
            }
        }
    };
    let options =
        Options { profile: Profile::Deep, progress: Some(Box::new(listener)), ..only("generated") };
    let report = registries_conformance::run(reference.deployment.clone(), options).await.unwrap();
    let told = told.lock().unwrap();
    // The last one looks whether everything is removed.
    assert_eq!(*told, (STEPS..report.requests - 1).collect::<Vec<_>>());
    assert!(told.len() > 50, "{told:?}");
}

/// A filter explores only what its cases need.
#[tokio::test]
async fn only_what_is_wanted_is_explored() {
    let reference = Reference::start().await.unwrap();
    let between = behind(&reference, Changed(|_, _| {})).await;
    let races = explored(&reference, &between, only("races")).await;
    assert_eq!(races.verdict, Verdict::Conforms);
    assert!(races.requests < 30, "{} requests", races.requests);
}

/// What tells nothing is no race that was won.
#[tokio::test]
async fn a_race_without_answers_is_no_race() {
    for (status, expected) in [
        (StatusCode::BAD_GATEWAY, Status::Error),
        (StatusCode::TOO_MANY_REQUESTS, Status::Skip),
        (StatusCode::INTERNAL_SERVER_ERROR, Status::Fail),
    ] {
        let reference = Reference::start().await.unwrap();
        let losers = Losers { status, names: Mutex::default() };
        let between = behind(&reference, losers).await;
        let report = explored(&reference, &between, only("races")).await;
        assert_eq!(report.cases[0].status, expected, "{:#?}", report.cases[0]);
        assert_eq!(reference.server.registries().await.unwrap(), 0);
    }
}

/// Answers whoever creates a registry of a name that is taken with this status.
struct Losers {
    status: StatusCode,
    names: Mutex<HashSet<String>>,
}

impl Behaviour for Losers {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let name = request.json().and_then(|body| body["name"].as_str().map(str::to_owned));
            let is_first = name.is_none_or(|name| self.names.lock().unwrap().insert(name));
            let mut outgoing = upstream.send(&request).await;
            if request.is_create() && !is_first {
                outgoing.status = self.status;
            }
            outgoing
        })
    }
}
