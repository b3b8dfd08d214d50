//! When a request is sent again, and how long to wait before.

use std::{
    fmt,
    hash::{BuildHasher as _, Hasher as _, RandomState},
    sync::Arc,
    time::Duration,
};

use reqwest::StatusCode;
use serde_json::Value;

use crate::{
    Error, RateLimits,
    rate_limit::{retry_after, seconds_of},
    response::RawResponse,
};

/// What is added to the time until a window starts anew, besides up to a second of jitter.
pub(crate) const MARGIN: Duration = Duration::from_millis(500);

/// The longest wait between two attempts that no header asked for.
const LONGEST_BACKOFF: Duration = Duration::from_secs(30);

type OnWait = Arc<dyn Fn(&Wait) + Send + Sync>;

/// When a request is sent again.
///
/// - After **429**: every request, since it was not carried out. It waits until the window starts
///   anew ([below](#after-429)), and half a second plus up to a second of jitter longer.
/// - After a **failed connection attempt**: every request, since nothing was sent; after 1, 2, 4 …
///   30 seconds.
/// - After **502, 503 and 504**, a timeout or a broken connection only `GET`, `HEAD` and `OPTIONS`
///   requests are. The deployment may have done what it was asked for: a second `POST` could create a second registry,
///   and a second `DELETE` would report a registry missing that the first has deleted.
///
/// By default a request is sent up to 4 times within 3 minutes, and no wait is longer than 120
/// seconds. With the default timeout, a call takes at most 3 1/2 minutes.
///
/// # After 429
///
/// The time until the window starts anew is the first of these that the response has:
///
/// 1. the header `RateLimit-Reset` or `RateLimit-User-Reset` of the exhausted window; of two
///    exhausted windows the longer time counts. A window is exhausted if its headers say that
///    nothing is left, or warn of it, or if the body names it as its `scope`.
/// 2. `reset` of the body, which is about the limit that was exceeded
/// 3. either header, if no window is known to be exhausted; the longer time counts
/// 4. the header `Retry-After`, in seconds or as a date
///
/// Without any of them the waits are 1, 2, 4 … 30 seconds.
#[derive(Clone)]
pub struct RetryPolicy {
    retries: u32,
    longest_wait: Duration,
    on_wait: Option<OnWait>,
    limit: Duration,
    jitter: Arc<dyn Fn() -> f64 + Send + Sync>,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            retries: 3,
            longest_wait: Duration::from_secs(2 * 60),
            on_wait: None,
            limit: Duration::from_secs(3 * 60),
            jitter: Arc::new(random),
        }
    }
}

impl RetryPolicy {
    /// Every request is sent once.
    pub fn none() -> Self {
        Self { retries: 0, ..Self::default() }
    }

    /// How often a request is sent again at most; 3 by default.
    #[must_use]
    pub fn retries(mut self, retries: u32) -> Self {
        self.retries = retries;
        self
    }

    /// The longest wait, whatever the deployment asks for; 120 seconds by default.
    #[must_use]
    pub fn longest_wait(mut self, longest: Duration) -> Self {
        self.longest_wait = longest;
        self
    }

    /// For how long after the first attempt a request is sent again, waits included; 3 minutes by
    /// default. A wait that would end later is not begun, and the call fails with what its last
    /// attempt has shown. So a call takes at most this time and the timeout of an attempt, after its
    /// turn has come ([`Pacing`](crate::Pacing)).
    #[must_use]
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Calls `callback` before each wait, for example to show why nothing happens.
    #[must_use]
    pub fn on_wait(mut self, callback: impl Fn(&Wait) + Send + Sync + 'static) -> Self {
        self.on_wait = Some(Arc::new(callback));
        self
    }

    /// Takes the jitter from `jitter`, in seconds, and not from chance. Values below 0 count as 0 and
    /// above 1 as 1.
    #[must_use]
    pub fn jitter_with(mut self, jitter: impl Fn() -> f64 + Send + Sync + 'static) -> Self {
        self.jitter = Arc::new(jitter);
        self
    }

    /// The wait before the attempt after number `attempt`, which had this outcome; nothing when the
    /// outcome is final. What is repeatable may be carried out twice without harm.
    pub(crate) fn wait(
        &self,
        attempt: u32,
        is_repeatable: bool,
        outcome: &Result<RawResponse, Error>,
    ) -> Option<Wait> {
        if attempt > self.retries {
            return None;
        }
        let (operation, cause, delay) = match outcome {
            Ok(response) if response.status == StatusCode::TOO_MANY_REQUESTS => {
                let delay = until_reset(response).map(|reset| self.after(reset));
                (response.operation(), WaitCause::RateLimited, delay)
            }
            Ok(response) if is_transient(response.status) && is_repeatable => {
                let delay = retry_after(&response.headers);
                (response.operation(), WaitCause::Status(response.status), delay)
            }
            Err(Error::Transport(error))
                if error.is_retryable() || (is_repeatable && !error.is_certificate()) =>
            {
                let unreachable = error.is_connect();
                let cause =
                    if unreachable { WaitCause::Unreachable } else { WaitCause::Interrupted };
                (error.operation(), cause, None)
            }
            _ => return None,
        };
        let delay = delay.unwrap_or_else(|| backoff(attempt)).min(self.longest_wait);
        Some(Wait { operation, attempt, cause, delay })
    }

    /// For how long requests are sent again.
    pub(crate) fn limit(&self) -> Duration {
        self.limit
    }

    /// Says that there is a wait: before another attempt, or before the first one.
    pub(crate) fn announce(&self, wait: &Wait) {
        let Wait { operation, attempt, cause, delay } = wait;
        if *cause == WaitCause::Paced {
            tracing::info!(operation, attempt, ?delay, "{wait}");
        } else {
            tracing::warn!(operation, attempt, ?delay, "{wait}");
        }
        if let Some(callback) = &self.on_wait {
            callback(wait);
        }
    }

    /// A little after `reset`, however long that is: a deployment may ask for any number of seconds.
    fn after(&self, reset: Duration) -> Duration {
        reset.saturating_add(MARGIN).saturating_add(self.jitter())
    }

    /// No jitter when it is not a number.
    fn jitter(&self) -> Duration {
        Duration::try_from_secs_f64((self.jitter)().clamp(0.0, 1.0)).unwrap_or_default()
    }
}

impl fmt::Debug for RetryPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetryPolicy")
            .field("retries", &self.retries)
            .field("longest_wait", &self.longest_wait)
            .field("time_limit", &self.limit)
            .finish_non_exhaustive()
    }
}

/// A wait before a request is sent, for the first time or again. Printed, it is a sentence such as
/// `waiting 43 s to send create_registry: a rate limit has no request left`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Wait {
    /// The operation, such as `create_registry`.
    pub operation: &'static str,
    /// How many times the request was sent so far; 0 before it is sent for the first time.
    pub attempt: u32,
    /// Why it has to wait.
    pub cause: WaitCause,
    /// How long the wait is.
    pub delay: Duration,
}

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { operation, attempt, cause, delay } = self;
        let again = if *attempt == 0 { "" } else { " again" };
        let seconds = delay.as_secs_f64().ceil();
        write!(f, "waiting {seconds} s to send {operation}{again}: {cause}")
    }
}

/// Why a request has to wait.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WaitCause {
    /// A rate limit is exhausted.
    RateLimited,
    /// A rate limit has nothing left, so that the request is not sent yet; see
    /// [`Pacing`](crate::Pacing).
    Paced,
    /// The deployment, or something before it, is out of order for now.
    Status(StatusCode),
    /// No connection came about.
    Unreachable,
    /// The answer did not come, or not as a whole.
    Interrupted,
}

impl fmt::Display for WaitCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RateLimited => f.write_str("a rate limit is exhausted"),
            Self::Paced => f.write_str("a rate limit has no request left"),
            Self::Status(status) => write!(f, "the response was {status}"),
            Self::Unreachable => f.write_str("there was no connection"),
            Self::Interrupted => f.write_str("there was no complete response"),
        }
    }
}

pub(crate) fn is_transient(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT
    )
}

/// 1, 2, 4 … 30 seconds.
fn backoff(attempt: u32) -> Duration {
    let seconds = 1_u64.checked_shl(attempt.saturating_sub(1)).unwrap_or(u64::MAX);
    Duration::from_secs(seconds).min(LONGEST_BACKOFF)
}

/// How long it takes until the window that is exhausted starts anew, in the order that
/// [`RetryPolicy`] documents.
pub(crate) fn until_reset(response: &RawResponse) -> Option<Duration> {
    let limits = RateLimits::from_headers(&response.headers);
    let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    let scope = body.get("scope").and_then(Value::as_str);
    let windows = [(limits.organization, "rest"), (limits.user, "rest_user")];
    let exhausted = windows
        .iter()
        .filter(|(window, name)| window.is_exhausted() || scope == Some(name))
        .filter_map(|(window, _)| window.reset)
        .max();
    let in_body = || body.get("reset").and_then(seconds_of);
    let known = || windows.iter().filter_map(|(window, _)| window.reset).max();
    let asked = || retry_after(&response.headers);
    exhausted.or_else(in_body).or_else(known).or_else(asked)
}

/// A number from 0 to 1, by the standard library's randomly seeded hasher.
fn random() -> f64 {
    let bits = RandomState::new().build_hasher().finish();
    f64::from(u32::try_from(bits >> 32).unwrap_or_default()) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use reqwest::{
        Method,
        header::{HeaderMap, HeaderName},
    };

    use super::*;

    fn limited(headers: &[(&'static str, &str)], body: &str) -> RawResponse {
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()))
            .collect();
        let (status, body) = (StatusCode::TOO_MANY_REQUESTS, body.to_owned());
        RawResponse::new("test", Method::GET, status, headers, body)
    }

    #[test]
    fn a_deployment_may_ask_for_any_time_and_chance_may_add_any_jitter() {
        let endless = u64::MAX.to_string();
        let body = format!(r#"{{"reset": {endless}}}"#);
        for response in [
            limited(&[("ratelimit-remaining", "0"), ("ratelimit-reset", &endless)], ""),
            limited(&[("ratelimit-user-reset", &endless)], ""),
            limited(&[], &body),
            limited(&[("retry-after", &endless)], ""),
        ] {
            let outcome = Ok(response);
            for jitter in [0.0, 0.25, 0.5, 1.0, 2.0, -1.0, f64::NAN, f64::INFINITY] {
                let policy = RetryPolicy::default().jitter_with(move || jitter);
                let wait = policy.wait(1, false, &outcome).unwrap();
                assert_eq!(wait.delay, Duration::from_secs(2 * 60), "{jitter}, {outcome:?}");
                let policy = policy.longest_wait(Duration::MAX);
                let wait = policy.wait(1, false, &outcome).unwrap();
                assert!(wait.delay >= Duration::from_secs(u64::MAX), "{jitter}, {outcome:?}");
            }
        }
    }

    #[test]
    fn the_waits_that_nobody_asked_for_end_at_half_a_minute() {
        let waits = [1, 2, 5, 6, 64, 65, u32::MAX].map(|attempt| backoff(attempt).as_secs());
        assert_eq!(waits, [1, 2, 16, 30, 30, 30, 30]);
    }
}
