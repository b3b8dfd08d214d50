//! A run does not go on for ever, whatever the deployment asks for.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use chrono::Utc;
use http::{HeaderMap, HeaderValue, StatusCode};
use registries_conformance::{Options, Profile, Status, Verdict};
use registries_strength::{
    faulty_proxy::{Answering, Behaviour, Incoming, Outgoing, Upstream},
    reference::Reference,
};

use crate::support::{bare, behind, conformance, hasty, output};

/// Refuses requests from this one on.
struct Limited {
    from: usize,
    reset: fn() -> String,
    seen: Arc<AtomicUsize>,
}

impl Behaviour for Limited {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            if self.seen.fetch_add(1, Ordering::SeqCst) < self.from {
                return upstream.send(&request).await;
            }
            let reset = HeaderValue::from_str(&(self.reset)()).unwrap();
            let mut headers = HeaderMap::new();
            headers.insert("ratelimit-remaining", HeaderValue::from_static("0"));
            headers.insert("ratelimit-reset", reset);
            let body = br#"{"message":"wait"}"#.to_vec();
            Outgoing { status: StatusCode::TOO_MANY_REQUESTS, headers, body, chunk: None }
        })
    }
}

fn at_once() -> String {
    "0".into()
}

/// A Unix time in place of seconds.
fn now() -> String {
    Utc::now().timestamp().to_string()
}

fn in_a_minute() -> String {
    "60".into()
}

fn in_an_hour() -> String {
    "3600".into()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_that_is_far_from_its_end_ends_the_run_at_once() {
    let reference = Reference::start().await.unwrap();
    for (from, lines) in [(0, true), (30, false)] {
        let seen = Arc::new(AtomicUsize::new(0));
        let limited = Limited { from, reset: in_an_hour, seen: Arc::clone(&seen) };
        let limited = behind(&reference, limited).await;
        let mut command = conformance(&reference);
        command.args(["run", "--base-url", &limited.base_url]);
        let (status, stdout, _) = output(command).await;
        assert_eq!(status, 3, "{stdout}");
        assert_eq!(stdout.lines().count() == 1, lines, "{stdout}");
        assert!(stdout.contains("(429) for another 1h, and a run waits at most 2m"), "{stdout}");
        // What was created is removed as far as that goes.
        assert!(seen.load(Ordering::SeqCst) < from + 20);
        if from == 0 {
            assert_eq!(seen.load(Ordering::SeqCst), 1);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn when_everything_is_refused_the_run_ends_after_the_first_steps() {
    let reference = Reference::start().await.unwrap();
    for reset in [at_once, now] {
        let seen = Arc::new(AtomicUsize::new(0));
        let limited = behind(&reference, Limited { from: 0, reset, seen: Arc::clone(&seen) }).await;
        let mut command = conformance(&reference);
        command.args(["run", "--base-url", &limited.base_url]);
        let (status, stdout, _) = output(command).await;
        assert_eq!(status, 3, "{stdout}");
        assert_eq!(stdout.lines().count(), 1, "{stdout}");
        assert!(stdout.contains("429") && stdout.contains("--pace"), "{stdout}");
        // The first is repeated three times, and the second not at all.
        assert_eq!(seen.load(Ordering::SeqCst), 5);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn when_everything_is_refused_later_what_was_sent_is_judged() {
    let reference = Reference::start().await.unwrap();
    let seen = Arc::new(AtomicUsize::new(0));
    let limited = Limited { from: 30, reset: at_once, seen: Arc::clone(&seen) };
    let limited = behind(&reference, limited).await;
    let deployment = reference.at(&limited.base_url);
    let report = registries_conformance::run(deployment, hasty()).await.unwrap();
    assert_eq!(report.verdict, Verdict::Incomplete);
    assert!(report.stopped.as_deref().unwrap().contains("429"), "{:?}", report.stopped);
    assert!(report.count(Status::Pass) > 0 && report.findings().count() == 0);
    assert!(seen.load(Ordering::SeqCst) < 60);
}

/// A wait for the rate limit ends with the time limit of the run.
#[tokio::test]
async fn the_time_limits_waits_as_well() {
    let reference = Reference::start().await.unwrap();
    let seen = Arc::<AtomicUsize>::default();
    let limited = Limited { from: 0, reset: in_a_minute, seen: Arc::clone(&seen) };
    let limited = behind(&reference, limited).await;
    for profile in [Profile::Smoke, Profile::Core, Profile::Deep] {
        let max_time = Some(Duration::from_secs(1));
        let options = Options { profile, max_time, ..hasty() };
        let report = registries_conformance::run(reference.at(&limited.base_url), options).await;
        let report = report.unwrap();
        assert_eq!(report.verdict, Verdict::Incomplete, "{profile}");
        assert!(report.stopped.as_deref().unwrap().contains("--max-time 1s"), "{profile}");
        // After a wait the request would be sent again.
        assert!(seen.swap(0, Ordering::SeqCst) <= 1, "{profile}");
    }
}

/// Carries a create out, and does not answer it.
#[derive(Clone, Default)]
struct Silent(Arc<AtomicUsize>);

impl Behaviour for Silent {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let outgoing = upstream.send(&request).await;
            if request.is_create() {
                self.0.fetch_add(1, Ordering::SeqCst);
                std::future::pending::<()>().await;
            }
            outgoing
        })
    }
}

#[tokio::test]
async fn when_the_time_is_used_up_what_was_created_is_removed() {
    let reference = Reference::start().await.unwrap();
    let silent = Silent::default();
    let proxy = behind(&reference, silent.clone()).await;
    let mut max_time = Duration::from_secs(1);
    // What a machine does in so much time is not known, so there is more of it until something is created.
    while silent.0.load(Ordering::SeqCst) == 0 {
        let options = Options { max_time: Some(max_time), ..hasty() };
        let report =
            registries_conformance::run(reference.at(&proxy.base_url), options).await.unwrap();
        assert_eq!(report.verdict, Verdict::Incomplete);
        assert!(report.left_behind.is_empty() && !report.left_behind_uncertain);
        assert_eq!(reference.server.registries().await.unwrap(), 0);
        max_time *= 2;
    }
}

#[tokio::test]
async fn the_command_takes_a_time_for_every_profile() {
    for profile in ["smoke", "core", "deep"] {
        let mut command = bare();
        command.args(["run", "--embedded", "--profile", profile, "--max-time", "0s"]);
        let (status, stdout, _) = output(command).await;
        assert_eq!(status, 3, "{stdout}");
        assert!(stdout.contains("the time was used up (--max-time 0s)"), "{stdout}");
    }
}
