//! Who waits for whom: a queue for each organization, deadlines, and calls that are dropped.

use std::{future::IntoFuture as _, pin::Pin, sync::Arc, time::Duration};

use chrono::DateTime;
use registries_client::{
    Call, Client, Clock, Error, ErrorKind, Pacing, RetryPolicy, WaitCause, WaitedFor, types,
};
use registries_server::{Embedded, EmbeddedOptions, ManualClock, RateLimit, Scope, TokenRequest};
use tokio::{sync::watch, task::JoinHandle};

use crate::support::{REGISTRY, Reply, Scripted, builder};

const MINUTE: Duration = Duration::from_secs(60);

/// A time that passes when the test says so.
#[derive(Clone)]
pub(crate) struct Time(pub(crate) Arc<watch::Sender<Duration>>);

impl Default for Time {
    fn default() -> Self {
        Self(Arc::new(watch::channel(Duration::ZERO).0))
    }
}

impl Clock for Time {
    fn now(&self) -> Duration {
        *self.0.borrow()
    }

    fn wait_until(&self, time: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let mut now = self.0.subscribe();
        Box::pin(async move { drop(now.wait_for(|now| *now >= time).await) })
    }
}

impl Time {
    pub(crate) fn advance(&self, by: Duration) {
        self.0.send_modify(|now| *now += by);
    }
}

pub(crate) fn get(client: &Client, organization: &str, slug: &str) -> Call<types::Registry> {
    client.organization(organization).registry(slug).get()
}

/// Begins a call, which has its place in the queue afterwards.
pub(crate) async fn begin<T: Send + 'static>(call: Call<T>) -> JoinHandle<Result<T, Error>> {
    let begun = tokio::spawn(call.into_future());
    tokio::task::yield_now().await;
    begun
}

/// What a scripted server received: the organization and the registry of each request.
fn received(server: &Scripted) -> Vec<String> {
    let lines = server.received().into_iter().map(|it| it.line);
    lines.map(|line| line.split('/').skip(4).collect::<Vec<_>>().join("/")).collect()
}

pub(crate) async fn until(condition: impl Fn() -> bool) {
    while !condition() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn an_exhausted_organization_holds_up_no_other() {
    let clock = Arc::new(ManualClock::at(DateTime::UNIX_EPOCH + Duration::from_secs(10)));
    let server = Embedded::start_with(EmbeddedOptions {
        organization_rate_limit: RateLimit::PerMinute(5),
        clock: Arc::clone(&clock) as _,
        ..EmbeddedOptions::default()
    });
    let server = server.await.unwrap();
    server.create_organization("two").await.unwrap();
    let mut request = TokenRequest::new(server.organization(), &Scope::ALL);
    request.organizations.push("two".to_owned());
    let secret = server.issue_token(&request).await.unwrap();
    let time = Time::default();
    let client = builder(server.base_url(), &secret).clock(time.clone()).build().unwrap();
    let create = |organization: &str, number: usize| {
        let call = client.organization(organization).create_registry(format!("r {number}"), "ruby");
        tokio::spawn(call.into_future())
    };
    let mut first: Vec<_> = (0..12).map(|number| create(server.organization(), number)).collect();
    for call in first.drain(..5) {
        call.await.unwrap().unwrap();
    }
    // Behind the seven that wait.
    let second: Vec<_> = (0..5).map(|number| create("two", number)).collect();
    for call in second {
        call.await.unwrap().unwrap();
    }
    assert!(first.iter().all(|call| !call.is_finished()));
    for batch in [5, 2] {
        clock.advance(MINUTE);
        time.advance(MINUTE);
        for call in first.drain(..batch) {
            call.await.unwrap().unwrap();
        }
    }
    assert_eq!(server.registries().await.unwrap(), 17);
}

#[tokio::test]
async fn of_what_all_share_the_first_to_come_is_the_first_served() {
    let server = Scripted::start(vec![Reply::json(200, REGISTRY); 6]).await;
    let time = Time::default();
    let client = server.builder().clock(time.clone()).pacing(Pacing::PerMinute(1)).build().unwrap();
    let names = [("a", "0"), ("a", "1"), ("b", "2"), ("a", "3"), ("c", "4"), ("b", "5")];
    let mut calls = Vec::new();
    for (organization, slug) in names {
        calls.push(begin(get(&client, organization, slug)).await);
    }
    for (sent, call) in calls.into_iter().enumerate() {
        call.await.unwrap().unwrap();
        assert_eq!(server.received().len(), sent + 1);
        time.advance(MINUTE);
    }
    let expected = names.map(|(organization, slug)| format!("{organization}/registries/{slug}"));
    assert_eq!(received(&server), expected);
}

#[tokio::test]
async fn those_behind_a_call_that_is_dropped_move_up() {
    let server = Scripted::start(vec![Reply::json(200, REGISTRY); 3]).await;
    let time = Time::default();
    let client = server.builder().clock(time.clone()).pacing(Pacing::PerMinute(1)).build().unwrap();
    get(&client, "a", "0").await.unwrap();
    // The first of all, the first of its queue, and one in the middle.
    let dropped = [begin(get(&client, "a", "1")).await, begin(get(&client, "b", "2")).await];
    let kept = begin(get(&client, "b", "3")).await;
    let dropped_too = begin(get(&client, "a", "4")).await;
    let last = begin(get(&client, "a", "5")).await;
    for call in dropped.into_iter().chain([dropped_too]) {
        call.abort();
        assert!(call.await.unwrap_err().is_cancelled());
    }
    for call in [kept, last] {
        time.advance(MINUTE);
        call.await.unwrap().unwrap();
    }
    assert_eq!(received(&server), ["a/registries/0", "b/registries/3", "a/registries/5"]);
}

#[tokio::test]
async fn a_call_that_is_no_longer_polled_is_passed_and_may_come_back() {
    let server = Scripted::start(vec![Reply::json(200, REGISTRY); 4]).await;
    let time = Time::default();
    let client = server.builder().clock(time.clone()).pacing(Pacing::PerMinute(1)).build().unwrap();
    get(&client, "a", "0").await.unwrap();
    // It has its place, as in a `buffered` stream whose consumer awaits another call.
    let mut kept = get(&client, "a", "1").into_future();
    tokio::select! {
        biased;
        _ = &mut kept => panic!("its turn comes in a minute"),
        () = tokio::task::yield_now() => {}
    }
    let same = begin(get(&client, "a", "2")).await;
    let other = begin(get(&client, "b", "3")).await;
    for call in [same, other] {
        time.advance(MINUTE);
        // Who was woken is polled, all on this thread, and begins to wait for the one before.
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        time.advance(Duration::from_secs(5));
        call.await.unwrap().unwrap();
    }
    time.advance(MINUTE);
    kept.await.unwrap();
    let expected = ["a/registries/0", "a/registries/2", "b/registries/3", "a/registries/1"];
    assert_eq!(received(&server), expected);
}

#[tokio::test]
async fn a_deadline_says_whether_a_limit_was_waited_for() {
    // Nothing is known, and the first response does not come.
    let server = Scripted::start([Reply::Silence]).await;
    let time = Time::default();
    let client = server.builder().clock(time.clone()).build().unwrap();
    let first = begin(get(&client, "a", "0")).await;
    until(|| server.received().len() == 1).await;
    let late = begin(get(&client, "a", "1").deadline(Duration::from_secs(2))).await;
    time.advance(Duration::from_secs(2));
    let error = late.await.unwrap().unwrap_err();
    let waited_for = WaitedFor::EarlierResponses;
    assert_eq!(error.kind(), ErrorKind::Deadline { waited_for });
    assert!(error.is_retryable() && !error.is_rate_limited());
    assert!(error.to_string().contains("earlier requests have no response"), "{error}");
    first.abort();

    // The limit has nothing left, for the one before it as well.
    let used_up = "RateLimit-Remaining: 0\nRateLimit-Reset: 42";
    let server = Scripted::start([Reply::new(200, used_up, REGISTRY)]).await;
    let client = server.builder().clock(time.clone()).build().unwrap();
    get(&client, "a", "0").await.unwrap();
    let patient = begin(get(&client, "a", "1")).await;
    let late = begin(get(&client, "a", "2").deadline(Duration::from_secs(2))).await;
    time.advance(Duration::from_secs(2));
    let error = late.await.unwrap().unwrap_err();
    let waited_for = WaitedFor::RateLimit { reset: Duration::from_millis(40_500) };
    assert_eq!(error.kind(), ErrorKind::Deadline { waited_for });
    assert_eq!(server.received().len(), 1);
    patient.abort();
}

#[tokio::test]
async fn waits_are_reported_also_while_others_are_sent() {
    let used_up = "RateLimit-Remaining: 0\nRateLimit-Reset: 42";
    let replies = [Reply::new(200, used_up, REGISTRY), Reply::Silence];
    let server = Scripted::start(replies).await;
    let (sender, waits) = std::sync::mpsc::channel();
    let retry = RetryPolicy::default().on_wait(move |wait| sender.send(wait.clone()).unwrap());
    let client = server.builder().clock(Time::default()).retry(retry).build().unwrap();
    get(&client, "a", "0").await.unwrap();
    let unanswered = begin(get(&client, "b", "1")).await;
    until(|| server.received().len() == 2).await;
    let waiting = begin(get(&client, "a", "2")).await;
    let wait = waits.try_recv().unwrap();
    let expected = (WaitCause::Paced, 0, Duration::from_millis(42_500));
    assert_eq!((wait.cause.clone(), wait.attempt, wait.delay), expected);
    let text = "waiting 43 s to send get_registry: a rate limit has no request left";
    assert_eq!(wait.to_string(), text);
    unanswered.abort();
    waiting.abort();
}

/// Windows are distinguished by their end, whenever their responses arrive.
#[tokio::test]
async fn a_late_response_is_not_taken_for_that_of_a_later_window() {
    let reply = |left: u32, reset: u32| {
        let headers = format!("RateLimit-Remaining: {left}\nRateLimit-Reset: {reset}");
        Reply::new(200, &headers, REGISTRY)
    };
    let (slow, release) = Reply::held(reply(9, 50));
    let server = Scripted::start([slow, reply(0, 45), reply(8, 60)]).await;
    let time = Time::default();
    let client = server.builder().clock(time.clone()).build().unwrap();
    let first = begin(get(&client, "a", "0")).await;
    until(|| server.received().len() == 1).await;
    // It took so long that another one was sent, whose response says that nothing is left.
    time.advance(Duration::from_secs(5));
    get(&client, "a", "1").await.unwrap();
    time.advance(Duration::from_secs(3));
    release.send(()).unwrap();
    first.await.unwrap().unwrap();
    let third = begin(get(&client, "a", "2")).await;
    time.advance(Duration::from_secs(42));
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(server.received().len(), 2, "the window ends after 50 s and half a second");
    time.advance(Duration::from_millis(500));
    third.await.unwrap().unwrap();
}
