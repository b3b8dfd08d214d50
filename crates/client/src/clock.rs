//! The time, passed in.

use std::{
    fmt,
    future::{Future, poll_fn},
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::Poll,
    time::Duration,
};

use crate::platform::{Instant, sleep};

type Wait<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// A client's clock: the time, and waiting.
///
/// Only tests need another clock than the system's; [`TestClock`] is one.
pub trait Clock: Send + Sync + 'static {
    /// The time since a moment that stays the same.
    fn now(&self) -> Duration;

    /// Waits until [`now`](Self::now) is at least `time`.
    fn wait_until(&self, time: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>>;

    /// Waits for `event`, until `time` at the latest. A clock whose time does not pass by itself
    /// waits for the event however long it takes.
    fn wait_for<'a>(
        &self,
        event: Pin<Box<dyn Future<Output = ()> + Send + 'a>>,
        time: Duration,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        Box::pin(first_of(event, self.wait_until(time)))
    }
}

/// Waits for `event` or for `end`, whichever is first.
pub(crate) async fn first_of(mut event: Wait<'_>, mut end: Wait<'_>) {
    poll_fn(|context| {
        if event.as_mut().poll(context).is_ready() {
            return Poll::Ready(());
        }
        end.as_mut().poll(context)
    })
    .await;
}

/// The system's monotonic clock and tokio's timer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SystemClock {
    start: Instant,
}

impl Default for SystemClock {
    fn default() -> Self {
        Self { start: Instant::now() }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Duration {
        self.start.elapsed()
    }

    fn wait_until(&self, time: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(sleep(time.saturating_sub(self.now())))
    }
}

/// A clock for tests: a wait ends at once, and moves the time to its end. Clones share the time.
///
/// No time passes while a response is waited for. So only [`advance`](Self::advance) and waits make a
/// [deadline](crate::Call::deadline) pass, and a slow server does not.
///
/// ```
/// use registries_client::{Client, TestClock, Token};
///
/// let clock = TestClock::default();
/// let client = Client::builder()
///     .base_url("http://127.0.0.1:8080/v2")
///     .token(Token::new("your-access-token")?)
///     .clock(clock.clone())
///     .build()?;
/// // After some calls, how long each wait would have been:
/// assert!(clock.waits().is_empty());
/// # Ok::<(), registries_client::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct TestClock(Arc<Mutex<TestTime>>);

#[derive(Debug, Default)]
struct TestTime {
    now: Duration,
    waits: Vec<Duration>,
}

impl TestClock {
    /// Moves the time forward.
    pub fn advance(&self, by: Duration) {
        self.with(|time| time.now = time.now.saturating_add(by));
    }

    /// How long each wait was, in their order.
    pub fn waits(&self) -> Vec<Duration> {
        self.with(|time| time.waits.clone())
    }

    fn with<T>(&self, f: impl FnOnce(&mut TestTime) -> T) -> T {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Clock for TestClock {
    fn now(&self) -> Duration {
        self.with(|time| time.now)
    }

    fn wait_until(&self, until: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        self.with(|time| {
            time.waits.push(until.saturating_sub(time.now));
            time.now = time.now.max(until);
        });
        Box::pin(std::future::ready(()))
    }

    fn wait_for<'a>(&self, event: Wait<'a>, _: Duration) -> Wait<'a> {
        event
    }
}

/// A clock as a part of what can be printed.
#[derive(Clone)]
pub(crate) struct SharedClock(pub(crate) Arc<dyn Clock>);

impl Default for SharedClock {
    fn default() -> Self {
        Self(Arc::new(SystemClock::default()))
    }
}

impl std::ops::Deref for SharedClock {
    type Target = dyn Clock;

    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}

impl fmt::Debug for SharedClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}
