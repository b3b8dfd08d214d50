//! The suite is a guest: it stays inside the rate limits that the deployment reports.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use chrono::Utc;
use http::{HeaderValue, StatusCode};
use registries_conformance::{Options, Profile, Status, Verdict};
use registries_server::{EmbeddedOptions, ManualClock, RateLimit};
use registries_strength::{
    faulty_proxy::{Answering, Behaviour, Incoming, Upstream},
    reference::Reference,
};

use crate::support::{Changed, behind, conformance, hasty, output, run};

/// Turns the minutes of the server's clock as soon as an allowance is used up, and sends the client
/// a reset of zero seconds. Counts how often that happened, and how often the client asked too
/// much.
struct FastMinutes {
    clock: Arc<ManualClock>,
    waits: Arc<AtomicUsize>,
    refusals: Arc<AtomicUsize>,
}

impl Behaviour for FastMinutes {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let mut outgoing = upstream.send(&request).await;
            if outgoing.status == StatusCode::TOO_MANY_REQUESTS {
                self.refusals.fetch_add(1, Ordering::SeqCst);
            }
            if outgoing.headers["ratelimit-user-remaining"] == "0" {
                self.waits.fetch_add(1, Ordering::SeqCst);
                self.clock.advance(Duration::from_mins(1));
                outgoing.headers.insert("ratelimit-user-reset", HeaderValue::from_static("0"));
            }
            outgoing
        })
    }
}

#[tokio::test]
async fn a_small_allowance_is_waited_for_and_never_exceeded() {
    let clock = Arc::new(ManualClock::at(Utc::now()));
    let options = EmbeddedOptions {
        user_rate_limit: RateLimit::PerMinute(15),
        clock: Arc::clone(&clock) as Arc<dyn registries_server::Clock>,
        ..EmbeddedOptions::default()
    };
    // Tokens of one user share the user's allowance.
    let reference = Reference::start_with(options).await.unwrap();
    let (waits, refusals) = (Arc::default(), Arc::default());
    let deviation =
        FastMinutes { clock, waits: Arc::clone(&waits), refusals: Arc::clone(&refusals) };
    let deviating = behind(&reference, deviation).await;
    let report = run(&reference.at(&deviating.base_url)).await;
    assert_eq!(report.verdict, Verdict::Conforms, "{:#?}", report.findings().collect::<Vec<_>>());
    assert!(waits.load(Ordering::SeqCst) >= 2);
    assert_eq!(refusals.load(Ordering::SeqCst), 0);
    assert_eq!(reference.server.registries().await.unwrap(), 0);
}

/// Turns the minute of the server's clock before or after the organization's limits are read.
struct MinuteEnds {
    clock: Arc<ManualClock>,
    before: bool,
    current: Option<i64>,
}

impl Behaviour for MinuteEnds {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            if !request.is("GET", "/rate_limit") {
                return upstream.send(&request).await;
            }
            if self.before {
                self.clock.advance(Duration::from_mins(1));
            }
            let mut outgoing = upstream.send(&request).await;
            if !self.before {
                self.clock.advance(Duration::from_mins(1));
            }
            if let Some(current) = self.current {
                outgoing.each("scopes", |body| body["scopes"]["rest"]["current"] = current.into());
            }
            outgoing
        })
    }
}

#[tokio::test]
async fn what_is_used_of_a_limit_is_judged_when_a_minute_ends_meanwhile() {
    for before in [true, false] {
        for (current, status) in [(None, Status::Pass), (Some(190), Status::Fail)] {
            let clock = Arc::new(ManualClock::at(Utc::now()));
            let options = EmbeddedOptions {
                organization_rate_limit: RateLimit::PerMinute(200),
                clock: Arc::clone(&clock) as Arc<dyn registries_server::Clock>,
                ..EmbeddedOptions::default()
            };
            let reference = Reference::start_with(options).await.unwrap();
            let proxy = behind(&reference, MinuteEnds { clock, before, current }).await;
            let report = run(&reference.at(&proxy.base_url)).await;
            let name = "rate-limit-agrees-with-the-headers";
            let case = report.cases.iter().find(|case| case.name == name).unwrap();
            assert_eq!(case.status, status, "{before} {current:?}: {case:#?}");
            reference.server.shutdown().await;
        }
    }
}

/// Without a terminal there is no bar; a long wait is a line.
#[tokio::test]
async fn a_wait_is_reported_in_plain_lines() {
    let reference = Reference::start().await.unwrap();
    let used_up = Changed(|request, answer| {
        if request.is_about_token() {
            answer.headers.insert("ratelimit-user-remaining", HeaderValue::from_static("0"));
            answer.headers.insert("ratelimit-user-reset", HeaderValue::from_static("1"));
        }
    });
    let proxy = behind(&reference, used_up).await;
    let mut command = conformance(&reference);
    command.args(["run", "--base-url", &proxy.base_url, "--filter", "create-succeeds"]);
    let (status, _, stderr) = output(command).await;
    assert_eq!(status, 0, "{stderr}");
    let lines: Vec<&str> = stderr.lines().collect();
    let waiting = "waiting 2 s for the deployment's rate limit";
    assert_eq!(lines, [waiting, "removing what the run created"]);
}

/// A server that limits requests, whose minute does not end.
async fn limited(user: RateLimit, organization: RateLimit) -> Reference {
    let options = EmbeddedOptions {
        user_rate_limit: user,
        organization_rate_limit: organization,
        clock: Arc::new(ManualClock::at(Utc::now())),
        ..EmbeddedOptions::default()
    };
    Reference::start_with(options).await.unwrap()
}

#[tokio::test]
async fn a_limit_is_exhausted_only_when_asked_for_and_within_bounds() {
    let (many, few) = (RateLimit::PerMinute(1000), RateLimit::PerMinute(60));
    for (user, organization, max_requests, exhaust_user_limit, reason) in [
        (few, many, 1000, true, None),
        (few, many, 1000, false, Some("--exhaust-user-limit")),
        (RateLimit::Off, many, 1000, true, Some("there is no limit")),
        (few, RateLimit::PerMinute(120), 1000, true, Some("others need them")),
        (few, many, 50, true, Some("--max-requests")),
        (few, many, 2, true, Some("--max-requests")),
        (few, many, 2, false, Some("--exhaust-user-limit")),
    ] {
        let reference = limited(user, organization).await;
        let options = Options {
            profile: Profile::Deep,
            filters: vec!["user-limit".into()],
            max_requests,
            exhaust_user_limit,
            ..hasty()
        };
        let report = registries_conformance::run(reference.deployment.clone(), options).await;
        let report = report.unwrap();
        let case = &report.cases[0];
        assert_eq!(case.reason.is_some(), reason.is_some(), "{case:#?}");
        let expected = if reason.is_some() { Status::Skip } else { Status::Pass };
        assert_eq!(case.status, expected, "{case:#?}");
        let text = case.reason.as_deref().unwrap_or_default();
        assert!(text.contains(reason.unwrap_or_default()), "{text}");
        assert!(report.requests <= max_requests, "{} requests", report.requests);
        assert_eq!(report.seed, None);
        let is_exhausted = report.requests > 60;
        assert_eq!(is_exhausted, reason.is_none(), "{} requests", report.requests);
    }
}

#[tokio::test]
async fn what_was_created_is_removed_before_a_limit_is_exhausted() {
    let mut reference = limited(RateLimit::PerMinute(900), RateLimit::PerMinute(9000)).await;
    reference.give_team().await.unwrap();
    let options = Options { profile: Profile::Deep, exhaust_user_limit: true, ..hasty() };
    let report = registries_conformance::run(reference.deployment.clone(), options).await.unwrap();
    assert_eq!(report.verdict, Verdict::Conforms, "{:#?}", report.findings().collect::<Vec<_>>());
    assert!(report.cases.iter().all(|case| case.status == Status::Pass));
    assert!(report.requests > 900, "{} requests", report.requests);
    assert_eq!(reference.server.registries().await.unwrap(), 0);
}

/// Refuses every third request once with a 429 before it passes it on.
#[derive(Default)]
struct Refusing(AtomicUsize);

impl Behaviour for Refusing {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let mut outgoing = upstream.send(&request).await;
            if !self.0.fetch_add(1, Ordering::SeqCst).is_multiple_of(3) || request.method != "GET" {
                return outgoing;
            }
            outgoing.status = StatusCode::TOO_MANY_REQUESTS;
            outgoing.headers.insert("ratelimit-remaining", HeaderValue::from_static("0"));
            outgoing.headers.insert("ratelimit-reset", HeaderValue::from_static("0"));
            outgoing.body =
                br#"{"message":"wait","scope":"rest","limit":1,"current":2,"reset":0}"#.into();
            outgoing
        })
    }
}

#[tokio::test]
async fn a_request_that_was_refused_is_sent_again_after_the_wait() {
    let reference = Reference::start().await.unwrap();
    let deviating = behind(&reference, Refusing::default()).await;
    let report = run(&reference.at(&deviating.base_url)).await;
    assert_eq!(report.verdict, Verdict::Conforms, "{:#?}", report.findings().collect::<Vec<_>>());
    let charged: usize = report.cases.iter().map(|case| case.requests).sum();
    assert!(report.requests > charged, "{} requests", report.requests);
}
