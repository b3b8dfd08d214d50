//! Deadlines of calls to slow servers, in real time.

use std::{
    future::Future,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use registries_client::{Error, ErrorKind, Pacing, RetryPolicy, WaitedFor};

use crate::{
    queues::{Time, begin, get, until},
    support::{REGISTRY, Reply, Scripted},
};

const SOON: Duration = Duration::from_millis(100);
const IN_A_WHILE: Duration = Duration::from_secs(60);
const RESPONSE: ErrorKind = ErrorKind::Deadline { waited_for: WaitedFor::Response };

/// The error of a call, and how long it took.
async fn timed<T>(call: impl Future<Output = Result<T, Error>>) -> (Error, Duration) {
    let begun = Instant::now();
    let Err(error) = call.await else { panic!("it succeeded") };
    (error, begun.elapsed())
}

#[tokio::test]
async fn a_deadline_that_passes_before_the_response_or_its_end_is_one() {
    let head = |length: usize| format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n[");
    for reply in [Reply::Silence, Reply::Stalled(head(100).into_bytes())] {
        let server = Scripted::start([reply.clone()]).await;
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&seen);
        let client = server.builder().on_exchange(move |exchange| {
            log.lock().unwrap().push(exchange.result.unwrap_err().kind());
        });
        let registry = client.build().unwrap().organization("my-org").registry("r");
        let (error, elapsed) = timed(registry.get().deadline(SOON).into_future()).await;
        assert_eq!(error.kind(), RESPONSE, "{reply:?}: {error}");
        let host = server.base_url().replace("http://", "").replace("/v2", "");
        let printed = format!("get_registry got no response from {host} before its deadline");
        assert_eq!(error.to_string(), printed);
        assert!(error.is_retryable() && error.status().is_none());
        assert!((SOON..IN_A_WHILE / 2).contains(&elapsed), "{elapsed:?}");
        assert_eq!(*seen.lock().unwrap(), [RESPONSE]);
        assert_eq!(server.received().len(), 1);
    }
}

/// The deployment may have deleted it.
#[tokio::test]
async fn a_change_without_a_response_is_not_made_again() {
    let server = Scripted::start([Reply::Silence]).await;
    let registry = server.client().organization("my-org").registry("r");
    let (error, _) = timed(registry.delete().deadline(SOON).into_future()).await;
    assert_eq!(error.kind(), RESPONSE);
    assert!(!error.is_retryable(), "{error}");
}

#[tokio::test]
async fn the_shorter_of_timeout_and_deadline_says_what_it_was() {
    let server = Scripted::start(vec![Reply::Silence; 3]).await;
    let registry = server.client().organization("my-org").registry("r");
    let call = registry.get().timeout(SOON).deadline(IN_A_WHILE);
    let (error, elapsed) = timed(call.into_future()).await;
    assert!(matches!(&error, Error::Transport(error) if error.is_timeout()), "{error}");
    assert!(elapsed < IN_A_WHILE / 2, "{elapsed:?}");
    let call = registry.get().timeout(IN_A_WHILE).deadline(SOON);
    let (error, elapsed) = timed(call.into_future()).await;
    assert_eq!(error.kind(), RESPONSE, "{error}");
    assert!(elapsed < IN_A_WHILE / 2, "{elapsed:?}");
}

#[tokio::test]
async fn a_deadline_ends_an_attempt_after_the_first_as_well() {
    let replies = [Reply::new(503, "Retry-After: 0", ""), Reply::Silence];
    let server = Scripted::start(replies).await;
    let client = server.builder().build().unwrap();
    let registry = client.organization("my-org").registry("r");
    let (error, _) = timed(registry.get().deadline(SOON * 5).into_future()).await;
    assert_eq!(error.kind(), RESPONSE, "{error}");
    assert_eq!(server.received().len(), 2);
}

/// Nothing is gained by waiting for it.
#[tokio::test]
async fn a_wait_that_would_end_after_the_deadline_is_not_begun() {
    let server = Scripted::start([Reply::new(503, "Retry-After: 30", "")]).await;
    let client = server.builder().build().unwrap();
    let registry = client.organization("my-org").registry("r");
    let call = registry.get().deadline(Duration::from_secs(20));
    let (error, elapsed) = timed(call.into_future()).await;
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    assert!(elapsed < Duration::from_secs(15), "{elapsed:?}");
}

#[tokio::test]
async fn a_deadline_that_passes_in_the_queue_for_another_attempt_is_one() {
    let replies = [Reply::new(503, "Retry-After: 1", ""), Reply::Silence];
    let server = Scripted::start(replies).await;
    let time = Time::default();
    let (sender, mut waits) = tokio::sync::mpsc::unbounded_channel();
    let retry = RetryPolicy::default().on_wait(move |wait| sender.send(wait.attempt).unwrap());
    let client = server.builder().clock(time.clone()).retry(retry).build().unwrap();
    let late = begin(get(&client, "a", "0").deadline(Duration::from_secs(4))).await;
    assert_eq!(waits.recv().await, Some(1));
    let other = begin(get(&client, "a", "1")).await;
    until(|| server.received().len() == 2).await;
    time.advance(Duration::from_secs(1));
    tokio::task::yield_now().await;
    time.advance(Duration::from_secs(3));
    let error = late.await.unwrap().unwrap_err();
    let waited_for = WaitedFor::EarlierResponses;
    assert_eq!(error.kind(), ErrorKind::Deadline { waited_for }, "{error}");
    assert!(error.to_string().contains("was not sent again before its deadline"), "{error}");
    assert!(error.is_retryable());
    other.abort();
}

#[tokio::test]
async fn a_call_that_is_in_time_knows_nothing_of_its_deadline() {
    let server = Scripted::start(vec![Reply::json(200, REGISTRY); 2]).await;
    for pacing in [Pacing::FromHeaders, Pacing::Off] {
        let client = server.builder().pacing(pacing).build().unwrap();
        let registry = client.organization("my-org").registry("r");
        assert_eq!(registry.get().deadline(IN_A_WHILE).await.unwrap().slug, "my-registry");
    }
}
