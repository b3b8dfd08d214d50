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

async fn explored(reference: &Reference, proxy: &FaultyProxy, options: Options) -> Report {
    let options = Options { profile: Profile::Deep, ..options };
    registries_conformance::run(reference.at(&proxy.base_url), options).await.unwrap()
}

fn only(filter: &str) -> Options {
    Options { filters: vec![filter.into()], ..hasty() }
}

/// What only shows on registries that no step creates.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_explored_is_validated() {
    let wanted = |name: &str| name.starts_with("explored-");
    let core = strength::measure(Profile::Core, wanted, |_, _| {}).await.unwrap();
    assert!(core.deviations.iter().all(|it| !it.caught), "{:#?}", core.deviations);
    let deep = strength::measure(Profile::Deep, wanted, |_, _| {}).await.unwrap();
    assert!(deep.passes() && deep.deviations.len() >= 7, "{:#?}", deep.deviations);
}

#[tokio::test]
async fn a_problem_that_is_everywhere_is_reported_once() {
    let reference = Reference::start().await.unwrap();
    let change = Changed(|_, answer| answer.each_registry(|it| it["internal"] = 1.into()));
    let proxy = behind(&reference, change).await;
    let report = explored(&reference, &proxy, hasty()).await;
    let lists = report.findings().filter(|it| it.case == "list-registries-fits-the-contract");
    // The number of findings that are not listed is beside the list.
    let lists = lists.filter(|it| it.schema_path.is_some());
    let found: Vec<_> = lists.map(|it| (&it.place, &it.expected)).collect();
    assert_eq!(found.len(), 1, "{found:?}");
}

/// Says that a registry is deleted, and deletes it only on the second request.
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
        let proxy = FaultyProxy::start(reference.server.base_url(), behaviour).await.unwrap();
        let report = explored(&reference, &proxy, only(filter)).await;
        assert_eq!(reference.server.registries().await.unwrap(), 0, "{filter}");
        assert!(report.left_behind.is_empty() && !report.left_behind_uncertain, "{filter}");
    }
}

#[tokio::test]
async fn an_exploration_that_ends_early_says_how_far_it_came() {
    let reference = Reference::start().await.unwrap();
    let proxy = behind(&reference, Changed(|_, _| {})).await;
    for (filter, max_requests, part) in [
        ("races", 12, "after 1 of 3 races"),
        ("generated", 10, "bodies"),
        ("sequences", 20, "of 12 sequences"),
    ] {
        let options = Options { max_requests, ..only(filter) };
        let report = explored(&reference, &proxy, options).await;
        let [case] = &report.cases[..] else { panic!("{:#?}", report.cases) };
        assert_eq!(case.status, Status::Skip, "{case:#?}");
        let reason = case.reason.as_deref().unwrap();
        assert!(reason.contains("--max-requests") && reason.contains(part), "{reason}");
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
        let proxy = behind(&reference, Slow(max_time / 15)).await;
        let options = Options { max_time: Some(max_time), ..only("sequences") };
        let report = explored(&reference, &proxy, options).await;
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
async fn progress_counts_every_explored_request() {
    let reference = Reference::start().await.unwrap();
    let counts: Arc<Mutex<Vec<usize>>> = Arc::default();
    let listener = {
        let counts = counts.clone();
        move |progress: Progress<'_>| {
            if let Progress::Exploring { sent, limit } = progress {
                assert_eq!(limit, 1000);
                counts.lock().unwrap().push(sent);
            }
        }
    };
    let options =
        Options { profile: Profile::Deep, progress: Some(Box::new(listener)), ..only("generated") };
    let report = registries_conformance::run(reference.deployment.clone(), options).await.unwrap();
    let counts = counts.lock().unwrap();
    // The last one looks whether everything is removed.
    assert_eq!(*counts, (STEPS..report.requests - 1).collect::<Vec<_>>());
    assert!(counts.len() > 50, "{counts:?}");
}

/// A filter explores only what its cases need.
#[tokio::test]
async fn only_what_is_wanted_is_explored() {
    let reference = Reference::start().await.unwrap();
    let proxy = behind(&reference, Changed(|_, _| {})).await;
    let races = explored(&reference, &proxy, only("races")).await;
    assert_eq!(races.verdict, Verdict::Conforms);
    assert!(races.requests < 30, "{} requests", races.requests);
}

/// A response that shows nothing is no race that was won.
#[tokio::test]
async fn a_race_without_responses_is_no_race() {
    for (status, expected) in [
        (StatusCode::BAD_GATEWAY, Status::Error),
        (StatusCode::TOO_MANY_REQUESTS, Status::Skip),
        (StatusCode::INTERNAL_SERVER_ERROR, Status::Fail),
    ] {
        let reference = Reference::start().await.unwrap();
        let losers = Losers { status, names: Mutex::default() };
        let proxy = behind(&reference, losers).await;
        let report = explored(&reference, &proxy, only("races")).await;
        assert_eq!(report.cases[0].status, expected, "{:#?}", report.cases[0]);
        assert_eq!(reference.server.registries().await.unwrap(), 0);
    }
}

/// Returns this status for a create with a name that is taken.
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
