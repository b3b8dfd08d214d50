//! When the client sends a request again, and how long it waits before.

use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use crate::support::{REGISTRY, Reply, Scripted, builder};
use registries_client::{
    Error, Method, RetryPolicy, StatusCode, TestClock, Wait, WaitCause, types,
};

/// A policy with a jitter of a quarter of a second, and a clock that does not sleep.
fn policy() -> (RetryPolicy, TestClock) {
    (RetryPolicy::default().jitter_with(|| 0.25), TestClock::default())
}

/// What would have been slept, in seconds.
fn slept(clock: &TestClock) -> Vec<f64> {
    clock.waits().iter().map(Duration::as_secs_f64).collect()
}

fn limited(headers: &str, body: &str) -> Reply {
    Reply::new(429, headers, body)
}

/// What is slept before a `GET` that is first answered with `replies` succeeds.
async fn slept_for(replies: impl IntoIterator<Item = Reply>) -> Vec<f64> {
    let replies: Vec<_> = replies.into_iter().chain([Reply::json(200, REGISTRY)]).collect();
    let expected = replies.len();
    let server = Scripted::start(replies).await;
    let (policy, clock) = policy();
    let client = server.builder().retry(policy).clock(clock.clone()).build().unwrap();
    client.get_registry().org_slug("my-org").registry_slug("my-registry").send().await.unwrap();
    assert_eq!(server.received().len(), expected);
    slept(&clock)
}

#[tokio::test]
async fn the_exhausted_window_is_waited_for() {
    let organization = "
        RateLimit-Remaining: 0
        RateLimit-Reset: 42
        RateLimit-User-Remaining: 9
        RateLimit-User-Reset: 7";
    assert_eq!(slept_for([limited(organization, "")]).await, [42.75]);
    let user = "
        RateLimit-Remaining: 9
        RateLimit-Reset: 42
        RateLimit-User-Remaining: 0
        RateLimit-User-Reset: 7";
    assert_eq!(slept_for([limited(user, "")]).await, [7.75]);
    let both = "
        RateLimit-Remaining: 0
        RateLimit-Reset: 7
        RateLimit-User-Remaining: 0
        RateLimit-User-Reset: 42";
    assert_eq!(slept_for([limited(both, "")]).await, [42.75]);
}

#[tokio::test]
async fn a_warning_or_the_body_show_the_window_too() {
    let resets = "RateLimit-Reset: 42\nRateLimit-User-Reset: 7";
    let warning = format!("{resets}\nRateLimit-User-Warning: slow down");
    assert_eq!(slept_for([limited(&warning, "")]).await, [7.75]);
    let body = r#"{"message":"m","scope":"rest_user","limit":50,"current":55,"reset":7}"#;
    assert_eq!(slept_for([limited(resets, body)]).await, [7.75]);
    let body = r#"{"message":"m","scope":"rest","limit":200,"current":201,"reset":42}"#;
    assert_eq!(slept_for([limited(resets, body)]).await, [42.75]);
}

#[tokio::test]
async fn without_a_known_window_the_best_guess_is_taken() {
    let resets = "RateLimit-Reset: 42\nRateLimit-User-Reset: 7";
    assert_eq!(slept_for([limited(resets, "")]).await, [42.75], "the longer of the two");
    let body = r#"{"reset":11}"#;
    assert_eq!(slept_for([limited("", body)]).await, [11.75], "the body's");
    assert_eq!(slept_for([limited(resets, body)]).await, [11.75], "the body's before the headers'");
    let resets = format!("{resets}\nRetry-After: 13");
    assert_eq!(slept_for([limited(&resets, "")]).await, [42.75], "the API's before the standard's");
    assert_eq!(slept_for([limited("Retry-After: 13", "<p>")]).await, [13.75], "the standard's");
    let odd = "RateLimit-Remaining: none\nRateLimit-Reset: soon\nRetry-After: later";
    assert_eq!(slept_for([limited(odd, "")]).await, [1.0], "none that can be read");
}

#[tokio::test]
async fn numbers_that_are_negative_fractions_or_repeated_are_understood() {
    let negative = "
        RateLimit-Remaining: -14
        RateLimit-Reset: 42
        RateLimit-User-Remaining: 9
        RateLimit-User-Reset: 7";
    assert_eq!(slept_for([limited(negative, "")]).await, [42.75]);
    let twice = "
        RateLimit-Remaining: 5
        RateLimit-Remaining: 0
        RateLimit-Reset: 3, 41.5
        RateLimit-User-Reset: 50";
    assert_eq!(slept_for([limited(twice, "")]).await, [42.75]);
    assert_eq!(slept_for([limited("", r#"{"reset":-3}"#)]).await, [0.75]);
    assert_eq!(slept_for([limited("", r#"{"reset":"7"}"#)]).await, [7.75]);
    assert_eq!(slept_for([limited("", r#"{"reset":1e300}"#)]).await, [120.0]);
}

#[tokio::test]
async fn retry_after_may_be_a_date() {
    let date = "Date: Sun, 06 Nov 1994 08:49:37 GMT\nRetry-After: Sun, 06 Nov 1994 08:50:07 GMT";
    assert_eq!(slept_for([limited(date, "")]).await, [30.75]);
    assert_eq!(slept_for([Reply::new(503, date, "")]).await, [30.0]);
    let passed = "Retry-After: Sun, 06 Nov 1994 08:50:07 GMT";
    assert_eq!(slept_for([Reply::new(503, passed, "")]).await, [0.0]);
    let far = "Retry-After: Fri, 31 Dec 9999 23:59:59 GMT";
    assert_eq!(slept_for([limited(far, "")]).await, [120.0]);
}

#[tokio::test]
async fn a_wait_is_capped() {
    let long = "RateLimit-Remaining: 0\nRateLimit-Reset: 86400";
    assert_eq!(slept_for([limited(long, "")]).await, [120.0]);
}

#[tokio::test]
async fn no_time_that_is_asked_for_is_too_long() {
    let header = format!("RateLimit-Remaining: 0\nRateLimit-Reset: {}", u64::MAX);
    let body = format!(r#"{{"reset":{}}}"#, u64::MAX);
    let standard = format!("Retry-After: {}", u64::MAX);
    for reply in [limited(&header, ""), limited("", &body), limited(&standard, "")] {
        let server = Scripted::start([reply, Reply::json(200, "[]")]).await;
        let (policy, clock) = policy();
        let client = server
            .builder()
            .retry(policy.jitter_with(|| 1.0))
            .clock(clock.clone())
            .build()
            .unwrap();
        client.list_registries().org_slug("my-org").send().await.unwrap();
        assert_eq!(slept(&clock), [120.0]);
    }
}

#[tokio::test]
async fn without_headers_the_waits_grow() {
    let replies = [limited("", ""), limited("", ""), limited("", "")];
    assert_eq!(slept_for(replies).await, [1.0, 2.0, 4.0]);

    let server = Scripted::start(vec![limited("", ""); 8]).await;
    let (policy, clock) = policy();
    let client = server.builder().retry(policy.retries(7)).clock(clock.clone()).build().unwrap();
    client.get_access_token().send().await.unwrap_err();
    assert_eq!(slept(&clock), [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]);
}

#[tokio::test]
async fn retries_end() {
    let body = r#"{"message":"You have exceeded your API rate limit."}"#;
    let server = Scripted::start(vec![Reply::json(429, body); 9]).await;
    let (policy, clock) = policy();
    let client = server.builder().retry(policy).clock(clock.clone()).build().unwrap();
    let error = client.get_access_token().send().await.unwrap_err();
    assert!(error.is_rate_limited(), "{error}");
    assert_eq!(error.message(), Some("You have exceeded your API rate limit."));
    assert_eq!((server.received().len(), clock.waits().len()), (4, 3));
}

#[tokio::test]
async fn a_limited_post_is_sent_again_with_its_body() {
    let server = Scripted::start([limited("", ""), Reply::json(200, REGISTRY)]).await;
    let (policy, clock) = policy();
    let client = server.builder().retry(policy).clock(clock.clone()).build().unwrap();
    let create = types::CreateRegistry::builder().name("n").ecosystem("ruby");
    client.create_registry().org_slug("my-org").body(create).send().await.unwrap();
    let [first, second] = &server.received()[..] else { panic!("two requests") };
    assert_eq!((&first.line, &first.body), (&second.line, &second.body));
    assert_eq!(second.body, r#"{"ecosystem":"ruby","name":"n"}"#);
    assert_eq!(second.header("authorization"), Some("Bearer secret"));
}

#[tokio::test]
async fn a_get_is_sent_again_after_what_passes() {
    assert_eq!(
        slept_for([502, 503, 504].map(|status| Reply::new(status, "", ""))).await,
        [1.0, 2.0, 4.0]
    );
    assert_eq!(slept_for([Reply::new(503, "Retry-After: 5", "")]).await, [5.0]);
    assert_eq!(slept_for([Reply::Nothing, Reply::broken(200)]).await, [1.0, 2.0]);
}

#[tokio::test]
async fn of_other_requests_those_that_only_read_are_sent_again() {
    for (method, sent) in [
        (Method::GET, 2),
        (Method::HEAD, 2),
        (Method::OPTIONS, 2),
        (Method::PUT, 1),
        (Method::DELETE, 1),
    ] {
        let server = Scripted::start([Reply::new(503, "", ""), Reply::new(204, "", "")]).await;
        let (policy, clock) = policy();
        let client = server.builder().retry(policy).clock(clock).build().unwrap();
        let result = client.request(method.clone(), ["access-token"]).send().await;
        assert_eq!((server.received().len(), result.is_ok()), (sent, sent == 2), "{method}");
        let is_retryable = result.is_err_and(|error| error.is_retryable());
        assert!(!is_retryable, "{method}");
    }
}

#[tokio::test]
async fn a_timed_out_get_is_sent_again() {
    // A machine that has much to do may take longer for an answer than is waited: then it is waited longer.
    for timeout in [1, 10, 100].map(Duration::from_secs) {
        let server = Scripted::start([Reply::Silence, Reply::json(200, "[]")]).await;
        let (policy, clock) = policy();
        let client =
            server.builder().retry(policy).clock(clock.clone()).timeout(timeout).build().unwrap();
        let result = client.list_registries().org_slug("my-org").send().await;
        let slept = slept(&clock);
        assert_eq!(slept.first(), Some(&1.0), "{result:?}");
        if slept.len() == 1 {
            result.unwrap();
            return;
        }
    }
    panic!("no answer came in time");
}

#[tokio::test]
async fn what_changes_something_is_not_sent_again() {
    for reply in [Reply::new(503, "Retry-After: 1", ""), Reply::Nothing, Reply::broken(200)] {
        let server = Scripted::start(vec![reply.clone(); 3]).await;
        let (policy, clock) = policy();
        let client = server.builder().retry(policy).clock(clock.clone()).build().unwrap();
        let create = types::CreateRegistry::builder().name("n").ecosystem("ruby");
        client.create_registry().org_slug("my-org").body(create).send().await.unwrap_err();
        client.revoke_access_token().send().await.unwrap_err();
        assert_eq!((server.received().len(), clock.waits().len()), (2, 0), "{reply:?}");
    }
}

#[tokio::test]
async fn other_errors_are_final() {
    for status in [400, 401, 403, 404, 422, 500, 501] {
        let server = Scripted::start([Reply::new(status, "Retry-After: 1", "")]).await;
        let (policy, clock) = policy();
        let client = server.builder().retry(policy).clock(clock.clone()).build().unwrap();
        client.get_access_token().send().await.unwrap_err();
        assert_eq!(server.received().len(), 1);
    }
}

#[tokio::test]
async fn a_connection_that_does_not_come_about_is_tried_again_for_every_method() {
    // A reserved port without a listener.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let base_url = format!("http://{}/v2", socket.local_addr().unwrap());
    let (policy, clock) = policy();
    let client = builder(base_url, "t").retry(policy).clock(clock.clone()).build().unwrap();
    let create = types::CreateRegistry::builder().name("n").ecosystem("ruby");
    let error = client.create_registry().org_slug("my-org").body(create).send().await.unwrap_err();
    assert_eq!(slept(&clock), [1.0, 2.0, 4.0]);
    let text = error.to_string();
    assert!(text.contains("could not connect to 127.0.0.1"), "{text}");
    let Error::Transport(error) = error else { panic!("{error}") };
    assert!(error.is_connect());
}

#[tokio::test]
async fn retries_can_be_switched_off() {
    let server = Scripted::start([limited("RateLimit-Reset: 1", "")]).await;
    let error = server.client().get_access_token().send().await.unwrap_err();
    assert!(error.is_rate_limited());
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn each_wait_is_reported() {
    let headers = "RateLimit-User-Remaining: 0\nRateLimit-User-Reset: 42";
    let replies = [limited(headers, ""), Reply::new(502, "", ""), Reply::json(200, "[]")];
    let server = Scripted::start(replies).await;
    let (policy, clock) = policy();
    let waits: Arc<Mutex<Vec<Wait>>> = Arc::default();
    let log = Arc::clone(&waits);
    let policy = policy.on_wait(move |wait| log.lock().unwrap().push(wait.clone()));
    let exchanges: Arc<Mutex<Vec<String>>> = Arc::default();
    let seen = Arc::clone(&exchanges);
    let builder = server.builder().retry(policy).clock(clock.clone());
    let builder = builder.on_exchange(move |it| {
        let status =
            it.result.map(registries_client::RawResponse::status).map_err(ToString::to_string);
        seen.lock().unwrap().push(format!("{} {} {status:?}", it.method, it.url));
    });
    let client = builder.build().unwrap();
    client.list_registries().org_slug("my-org").send().await.unwrap();
    let url = format!("{}/packages/organizations/my-org/registries", server.base_url());
    let all = [429, 502, 200].map(|status| format!("GET {url} Ok({status})"));
    assert_eq!(*exchanges.lock().unwrap(), all);

    let waits = waits.lock().unwrap();
    let [first, second] = &waits[..] else { panic!("two waits") };
    assert_eq!((first.operation, first.attempt), ("list_registries", 1));
    assert_eq!(first.cause, WaitCause::RateLimited);
    assert_eq!(first.delay, Duration::from_millis(42_750));
    assert_eq!(second.attempt, 2);
    assert_eq!(second.cause, WaitCause::Status(StatusCode::BAD_GATEWAY));
    assert_eq!(second.delay, Duration::from_secs(2));
}

/// What was logged, at every level and by every crate.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn each_wait_is_logged_and_the_token_is_not() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let server =
        Scripted::start([limited("RateLimit-Reset: 42", ""), Reply::json(200, "[]")]).await;
    let (policy, clock) = policy();
    let client = server.builder().retry(policy).clock(clock.clone()).build().unwrap();
    let guard = tracing::subscriber::set_default(subscriber);
    // While there is only one subscriber, an event that another thread reaches first is switched off
    // for all threads. With a second one every subscriber is asked.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    client.list_registries().org_slug("my-org").send().await.unwrap();
    drop(guard);

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("WARN") && log.contains("a rate limit is exhausted"), "{log}");
    assert!(log.contains("list_registries") && log.contains("42.75s"), "{log}");
    assert!(!log.contains("secret"), "{log}");
}
