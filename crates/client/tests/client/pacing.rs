//! Requests wait for their turn, instead of being refused.

use std::{
    future::IntoFuture as _,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use chrono::DateTime;
use registries_client::{
    Client, Error, ErrorKind, Pacing, RetryPolicy, StatusCode, TestClock, WaitCause, WaitedFor,
};
use registries_server::{Embedded, EmbeddedOptions, ManualClock, RateLimit, Scope};
use tokio::task::JoinSet;

use crate::queues::Time;
use crate::support::{ClockOf, REGISTRY, Reply, Scripted, builder};

/// The reference server with so many requests a minute, and its clock.
async fn limited(per_minute: u32) -> (Embedded, Arc<ManualClock>) {
    // Ten seconds into a minute, with which the server's windows begin.
    let clock = Arc::new(ManualClock::at(DateTime::UNIX_EPOCH + Duration::from_secs(10)));
    let server = Embedded::start_with(EmbeddedOptions {
        user_rate_limit: RateLimit::PerMinute(per_minute),
        clock: Arc::clone(&clock) as _,
        ..EmbeddedOptions::default()
    });
    (server.await.unwrap(), clock)
}

/// How often a client waited, and why.
#[derive(Clone, Default)]
struct Waits {
    refused: Arc<AtomicUsize>,
    paced: Arc<AtomicUsize>,
}

impl Waits {
    fn policy(&self) -> RetryPolicy {
        let Self { refused, paced } = self.clone();
        RetryPolicy::default().on_wait(move |wait| match wait.cause {
            WaitCause::RateLimited => drop(refused.fetch_add(1, Ordering::Relaxed)),
            WaitCause::Paced => drop(paced.fetch_add(1, Ordering::Relaxed)),
            _ => {}
        })
    }

    fn refused(&self) -> usize {
        self.refused.load(Ordering::Relaxed)
    }
}

async fn client_of(server: &Embedded, clock: &Arc<ManualClock>, waits: &Waits) -> Client {
    let secret = server.create_token(server.organization(), &Scope::ALL).await.unwrap();
    let client = builder(server.base_url(), &secret).retry(waits.policy());
    client.clock(ClockOf(Arc::clone(clock))).build().unwrap()
}

/// Creates so many registries at once.
fn create(client: &Client, org: &str, names: &str, count: usize) -> JoinSet<Result<(), Error>> {
    let org = client.organization(org);
    let mut calls = JoinSet::new();
    for number in 0..count {
        let call = org.create_registry(format!("{names} {number}"), "ruby");
        calls.spawn(async { call.await.map(drop) });
    }
    calls
}

async fn all_succeed(mut calls: JoinSet<Result<(), Error>>) {
    while let Some(call) = calls.join_next().await {
        call.unwrap().unwrap();
    }
}

#[tokio::test]
async fn what_is_sent_at_once_is_sent_within_the_limit() {
    let (server, clock) = limited(50).await;
    let waits = Waits::default();
    let client = client_of(&server, &clock, &waits).await;
    all_succeed(create(&client, server.organization(), "r", 300)).await;
    assert_eq!(server.registries().await.unwrap(), 300);
    assert_eq!(waits.refused(), 0, "no request was refused");
    assert_eq!(waits.paced.load(Ordering::Relaxed), 5, "six windows of 50");
}

#[tokio::test]
async fn several_processes_share_the_limit() {
    let (server, clock) = limited(50).await;
    let (one, two) = (Waits::default(), Waits::default());
    let first = client_of(&server, &clock, &one).await;
    // The same user's.
    let second = client_of(&server, &clock, &two).await;
    // In turn, since a wait of either moves the clock of both. `src/pacing/tests.rs` simulates
    // more.
    for round in 0..3 {
        for (client, name) in [(&first, "one"), (&second, "two")] {
            let names = format!("{name} {round}");
            all_succeed(create(client, server.organization(), &names, 20)).await;
        }
    }
    assert_eq!(server.registries().await.unwrap(), 120);
    // Each client has used a part of what the other knew to be left. The next response corrects
    // that.
    let refused = one.refused() + two.refused();
    assert!(refused <= 8, "{refused} of 120, at most a sixth of a window at once");
}

#[tokio::test]
async fn a_window_that_is_used_up_is_known_from_the_response_before() {
    let used_up = "RateLimit-User-Remaining: 0\nRateLimit-User-Reset: 42";
    let replies = [Reply::new(200, used_up, REGISTRY), Reply::json(200, REGISTRY)];
    let server = Scripted::start(replies).await;
    let clock = TestClock::default();
    let waits = Waits::default();
    let client = server.builder().clock(clock.clone()).retry(waits.policy()).build().unwrap();
    let registry = client.organization("my-org").registry("r");
    registry.get().await.unwrap();
    registry.get().await.unwrap();
    assert_eq!(clock.waits(), [Duration::from_millis(42_500)]);
    assert_eq!((waits.refused(), waits.paced.load(Ordering::Relaxed)), (0, 1));
}

#[tokio::test]
async fn a_call_whose_deadline_is_before_its_turn_is_not_sent() {
    let used_up = "RateLimit-Remaining: 0\nRateLimit-Reset: 42";
    let server = Scripted::start([Reply::new(200, used_up, REGISTRY)]).await;
    let clock = TestClock::default();
    let client = server.builder().clock(clock.clone()).build().unwrap();
    let registry = client.organization("my-org").registry("r");
    registry.get().await.unwrap();
    let error = registry.get().deadline(Duration::from_secs(42)).await.unwrap_err();
    let waited_for = WaitedFor::RateLimit { reset: Duration::from_millis(42_500) };
    assert_eq!(error.kind(), ErrorKind::Deadline { waited_for });
    assert!(error.to_string().contains("a rate limit has no request left for 43 s"), "{error}");
    assert!(clock.waits().is_empty());
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn another_organization_has_a_window_of_its_own() {
    let used_up = "RateLimit-Remaining: 0\nRateLimit-Reset: 42\n\
        RateLimit-User-Remaining: 9\nRateLimit-User-Reset: 42";
    let replies = [Reply::new(200, used_up, REGISTRY), Reply::json(200, REGISTRY)];
    let server = Scripted::start(replies).await;
    let clock = TestClock::default();
    let client = server.builder().clock(clock.clone()).build().unwrap();
    client.organization("one").registry("r").get().await.unwrap();
    client.organization("two").registry("r").get().await.unwrap();
    assert!(clock.waits().is_empty());
}

#[tokio::test]
async fn responses_without_headers_make_nobody_wait() {
    let server = Scripted::start(vec![Reply::json(200, REGISTRY); 20]).await;
    let clock = TestClock::default();
    let client = server.builder().clock(clock.clone()).build().unwrap();
    all_succeed(create(&client, "my-org", "r", 20)).await;
    assert!(clock.waits().is_empty());
}

#[tokio::test]
async fn a_pace_of_ones_own_holds_in_any_minute_and_in_turn() {
    let server = Scripted::start(vec![Reply::json(200, REGISTRY); 5]).await;
    let clock = TestClock::default();
    let client = server.builder().clock(clock.clone()).pacing(Pacing::PerMinute(2));
    let client = client.build().unwrap();
    let calls = (0..5).map(|number| {
        let call = client.organization("my-org").registry(number.to_string()).get();
        tokio::spawn(call.into_future())
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap().unwrap();
    }
    assert_eq!(clock.waits(), [Duration::from_mins(1); 2]);
    let last = server.received().pop().unwrap().line;
    assert!(last.ends_with("/registries/4"), "first come, first served: {last}");
}

#[tokio::test]
async fn pacing_can_be_switched_off() {
    let used_up = "RateLimit-Remaining: 0\nRateLimit-Reset: 42";
    let server = Scripted::start(vec![Reply::new(200, used_up, REGISTRY); 2]).await;
    let clock = TestClock::default();
    let client = server.builder().clock(clock.clone()).pacing(Pacing::Off).build().unwrap();
    for _ in 0..2 {
        client.organization("my-org").registry("r").get().await.unwrap();
    }
    assert!(clock.waits().is_empty());
    let error = server.builder().pacing(Pacing::PerMinute(0)).build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
}

#[tokio::test]
async fn a_call_that_is_dropped_gives_its_place_back() {
    let server = Scripted::start([Reply::Silence, Reply::json(200, REGISTRY)]).await;
    let client = server.builder().clock(TestClock::default()).build().unwrap();
    let registry = client.organization("my-org").registry("r");
    // The first is under way, to find out what is left, and the others wait for it.
    let first = tokio::spawn(registry.get().into_future());
    while server.received().is_empty() {
        tokio::task::yield_now().await;
    }
    let second = tokio::spawn(registry.get().into_future());
    let third = tokio::spawn(registry.get().into_future());
    tokio::task::yield_now().await;
    assert_eq!(server.received().len(), 1);
    second.abort();
    assert!(second.await.unwrap_err().is_cancelled());
    first.abort();
    assert_eq!(third.await.unwrap().unwrap().slug, "my-registry");
}

#[tokio::test]
async fn what_is_refused_is_sent_again_before_what_was_not_yet_sent() {
    let refused = Reply::new(429, "RateLimit-Remaining: 0\nRateLimit-Reset: 42", "");
    let replies = [refused, Reply::json(200, REGISTRY), Reply::json(200, REGISTRY)];
    let server = Scripted::start(replies).await;
    let clock = TestClock::default();
    let retry = RetryPolicy::default().jitter_with(|| 0.25);
    let client = server.builder().clock(clock.clone()).retry(retry).build().unwrap();
    let org = client.organization("my-org");
    let calls = ["a", "b"].map(|slug| tokio::spawn(org.registry(slug).get().into_future()));
    for call in calls {
        call.await.unwrap().unwrap();
    }
    let lines: Vec<_> = server.received().into_iter().map(|it| it.line).collect();
    let of = |slug| format!("GET /v2/packages/organizations/my-org/registries/{slug}");
    // The second had its turn when the first was refused, and waited for the same window.
    assert!(lines == [of("a"), of("b"), of("a")] || lines == [of("a"), of("a"), of("b")]);
    assert_eq!(clock.waits(), [Duration::from_millis(42_750)], "both waited at once");
}

#[tokio::test]
async fn a_first_reply_that_is_refused_does_not_let_all_others_go() {
    for refusal in [Reply::Nothing, Reply::new(429, "", ""), Reply::new(503, "", "")] {
        let mut replies = vec![Reply::Silence; 20];
        replies[0] = refusal;
        let server = Scripted::start(replies).await;
        let retry = RetryPolicy::none();
        let client = server.builder().clock(TestClock::default()).retry(retry).build().unwrap();
        let calls = create(&client, "my-org", "r", 20);
        while server.received().len() < 2 {
            tokio::task::yield_now().await;
        }
        // Time for the others, if they were sent.
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(server.received().len(), 2, "the next one finds out what is left");
        drop(calls);
    }
}

#[tokio::test]
async fn while_the_first_reply_is_slow_one_more_is_sent_each_time() {
    let server = Scripted::start(vec![Reply::Silence; 20]).await;
    let time = Time::default();
    let client = server.builder().clock(time.clone()).build().unwrap();
    let calls = create(&client, "my-org", "r", 20);
    for sent in 1..=3 {
        while server.received().len() < sent {
            tokio::task::yield_now().await;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(server.received().len(), sent);
        time.0.send_modify(|now| *now += Duration::from_secs(5));
    }
    drop(calls);
}

#[tokio::test]
async fn a_refusal_keeps_the_others_from_being_refused() {
    let refused = |headers| Reply::new(429, headers, "");
    for headers in ["", "Retry-After: 42", "RateLimit-User-Remaining: 0\nRateLimit-User-Reset: 42"]
    {
        let server = Scripted::start([refused(headers), Reply::json(200, REGISTRY)]).await;
        let clock = TestClock::default();
        let client = server.builder().clock(clock.clone()).build().unwrap();
        let response = client.organization("my-org").registry("r").get().send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(clock.waits().len(), 1);
    }
}
