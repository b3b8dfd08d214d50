//! Unreliable gateways: requests and responses are lost, and no verdict is wrong for it.

use std::sync::{
    Mutex,
    atomic::{AtomicUsize, Ordering},
};

use futures_util::future::join_all;
use http::{Method, StatusCode};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use registries_conformance::{
    Options, Profile, Report, Status, Verdict,
    har::{Recorder, Recording},
    replay,
};
use registries_strength::{
    faulty_proxy::{Answering, Behaviour, Incoming, Upstream},
    reference::Reference,
};
use serde_json::{Value, json};

use crate::support::{behind, hasty};

/// How a request gets no usable response.
#[derive(Clone, Copy, Debug)]
struct Fault {
    /// Whether it is carried out.
    is_carried_out: bool,
    /// Whether the connection breaks off, in place of a 502.
    breaks_off: bool,
}

impl Fault {
    async fn answer(
        self,
        request: &Incoming,
        upstream: &Upstream,
    ) -> registries_strength::faulty_proxy::Outgoing {
        let as_options = Incoming { method: Method::OPTIONS, ..request.clone() };
        let sent = if self.is_carried_out { request } else { &as_options };
        let mut outgoing = upstream.send(sent).await;
        outgoing.status = StatusCode::BAD_GATEWAY;
        outgoing.headers.clear();
        outgoing.body = b"<h1>Bad Gateway</h1>".to_vec();
        if self.breaks_off {
            outgoing.status = StatusCode::OK;
            outgoing.chunk = Some(0);
        }
        outgoing
    }
}

/// Loses three requests in a hundred, as a seed says.
struct Unreliable {
    rng: Mutex<StdRng>,
    lost: AtomicUsize,
}

impl Unreliable {
    fn new(seed: u64) -> Self {
        Self { rng: Mutex::new(StdRng::seed_from_u64(seed)), lost: AtomicUsize::new(0) }
    }

    fn fault(&self) -> Option<Fault> {
        let mut rng = self.rng.lock().unwrap();
        let is_lost = rng.random_ratio(3, 100);
        let fault = Fault { is_carried_out: rng.random(), breaks_off: rng.random() };
        is_lost.then_some(fault)
    }
}

impl Behaviour for Unreliable {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let Some(fault) = self.fault() else { return upstream.send(&request).await };
            self.lost.fetch_add(1, Ordering::SeqCst);
            fault.answer(&request, upstream).await
        })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_three_percent_of_faults_at_most_one_of_eight_runs_has_no_verdict() {
    let (mut incomplete, mut lost) = (0, 0);
    for seed in 0..8 {
        let reference = Reference::start().await.unwrap();
        let unreliable = std::sync::Arc::new(Unreliable::new(seed));
        let proxy = behind(&reference, Shared(unreliable.clone())).await;
        let options = hasty();
        let report = registries_conformance::run(reference.at(&proxy.base_url), options).await;
        let report = report.unwrap();
        let wrong: Vec<_> = report.findings().collect();
        assert_eq!(wrong.len(), 0, "seed {seed}: {wrong:#?}");
        incomplete += usize::from(report.verdict != Verdict::Conforms);
        let seen = unreliable.lost.load(Ordering::SeqCst);
        assert_eq!(seen > 0, !report.lost_responses.is_empty(), "seed {seed}");
        assert!(report.requests < 150, "seed {seed}: {} requests", report.requests);
        lost += seen;
        assert_eq!(reference.server.registries().await.unwrap(), 0, "seed {seed}");
    }
    assert!(lost > 10, "{lost} requests were lost");
    assert!(incomplete <= 1, "{incomplete} of 8 runs had no verdict");
}

/// The same deployment for the test, which counts.
struct Shared(std::sync::Arc<Unreliable>);

impl Behaviour for Shared {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        self.0.answer(request, upstream)
    }
}

/// Loses the first of every request of interest.
struct LosesFirst {
    fault: Fault,
    of_interest: fn(&Incoming) -> bool,
    seen: Mutex<Vec<(Method, String, Vec<u8>)>>,
}

impl Behaviour for LosesFirst {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            // One that takes the place of another has another id.
            let is_delete = of_token(&request) && request.method == Method::DELETE;
            let path = if is_delete { "a token".to_owned() } else { request.path.clone() };
            let what = (request.method.clone(), path, request.body.clone());
            let is_first = {
                let mut seen = self.seen.lock().unwrap();
                let is_first = !seen.contains(&what);
                seen.push(what);
                is_first
            };
            if is_first && (self.of_interest)(&request) {
                return self.fault.answer(&request, upstream).await;
            }
            upstream.send(&request).await
        })
    }
}

fn of_token(request: &Incoming) -> bool {
    request.is_about_registry_tokens() && request.method != Method::GET
}

fn reads(request: &Incoming) -> bool {
    request.method == Method::GET
}

async fn losing(of_interest: fn(&Incoming) -> bool, fault: Fault, options: Options) -> Report {
    let reference = Reference::start().await.unwrap();
    let loses = LosesFirst { fault, of_interest, seen: Mutex::default() };
    let proxy = behind(&reference, loses).await;
    let report = registries_conformance::run(reference.at(&proxy.base_url), options).await;
    assert_eq!(reference.server.registries().await.unwrap(), 0);
    report.unwrap()
}

/// What becomes of a write is looked up, whether it was carried out or not.
#[tokio::test(flavor = "multi_thread")]
async fn every_request_whose_first_response_is_lost_is_judged() {
    let of_interest = [
        reads as fn(&Incoming) -> bool,
        Incoming::is_create,
        Incoming::is_update,
        Incoming::is_delete,
        of_token,
    ];
    for (is_carried_out, breaks_off) in [(false, false), (false, true), (true, false), (true, true)]
    {
        let fault = Fault { is_carried_out, breaks_off };
        // At once: most of the time is waited.
        let reports = of_interest.map(|of_interest| losing(of_interest, fault, hasty()));
        for report in join_all(reports).await {
            let others = report.cases.iter().filter(|case| case.status != Status::Pass);
            let others: Vec<_> = others.collect();
            assert!(others.is_empty(), "{fault:?}: {others:#?}");
            let lost = &report.lost_responses;
            assert!(!lost.is_empty() && lost.iter().all(|it| it.answered), "{lost:#?}");
        }
    }
}

/// The report but for what a replay does not do: take time, and remove.
fn timeless(report: &Report) -> Value {
    let mut report = serde_json::to_value(report).unwrap();
    for (name, value) in
        [("requests", json!(0)), ("left_behind_uncertain", json!(false)), ("duration_ms", json!(0))]
    {
        report[name] = value;
    }
    report["started_at"] = json!("");
    for case in report["cases"].as_array_mut().unwrap() {
        case["duration_ms"] = json!(0);
    }
    report
}

#[tokio::test]
async fn what_was_repeated_is_replayed() {
    let fault = Fault { is_carried_out: true, breaks_off: false };
    for of_interest in [Incoming::is_create as fn(&Incoming) -> bool, Incoming::is_delete, reads] {
        let recorder = Recorder::default();
        let options = Options { recorder: Some(recorder.clone()), ..hasty() };
        let live = losing(of_interest, fault, options).await;
        let recording = Recording::parse(&serde_json::to_vec(&recorder.har()).unwrap()).unwrap();
        let replayed = replay(recording, hasty()).await;
        assert_eq!(timeless(&replayed), timeless(&live));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn exploration_goes_on_where_responses_are_lost() {
    let reference = Reference::start().await.unwrap();
    let proxy = behind(&reference, Unreliable::new(17)).await;
    let options = Options { profile: Profile::Deep, seed: Some(3), ..hasty() };
    let report = registries_conformance::run(reference.at(&proxy.base_url), options).await.unwrap();
    let wrong: Vec<_> = report.findings().collect();
    assert_eq!(wrong.len(), 0, "{wrong:#?}");
    assert_eq!(reference.server.registries().await.unwrap(), 0);
}
