//! A call that was not over by its deadline.

use std::{error::Error as StdError, fmt, time::Duration};

use super::{Called, transport::host_and_port};

/// A call that was not over by its [deadline](crate::Call::deadline).
#[derive(Debug)]
pub struct DeadlineError {
    called: Called,
    waited_for: WaitedFor,
    /// Host and port that a response was waited for from.
    host: Option<String>,
    /// Whether it was sent before, and refused or not answered.
    is_repeated: bool,
    /// Whether the deployment may have done what it was asked for.
    may_be_done: bool,
}

/// What a call waited for when its deadline passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WaitedFor {
    /// A rate limit that has no request left. The request was not sent, or not again.
    RateLimit {
        /// How long it takes until requests are left again.
        reset: Duration,
    },
    /// The responses of earlier requests, which say whether a rate limit has requests left. The request
    /// was not sent, or not again.
    EarlierResponses,
    /// Its response, or the rest of it. The deployment may have done what it was asked for.
    Response,
}

impl DeadlineError {
    /// There was no turn for a request after so many attempts. The limit has nothing left for `reset`.
    pub(crate) fn of_turn(
        called: Called,
        reset: Option<Duration>,
        attempts: u32,
        may_be_done: bool,
    ) -> Self {
        let waited_for =
            reset.map_or(WaitedFor::EarlierResponses, |reset| WaitedFor::RateLimit { reset });
        Self { called, waited_for, host: None, is_repeated: attempts > 0, may_be_done }
    }

    /// There was no response to a request to `url`.
    pub(crate) fn of_response(called: Called, url: &reqwest::Url) -> Self {
        let (waited_for, host) = (WaitedFor::Response, host_and_port(url));
        Self { called, waited_for, host, is_repeated: false, may_be_done: true }
    }

    /// The operation, such as `get_registry`.
    pub fn operation(&self) -> &'static str {
        self.called.operation
    }

    /// What the call waited for.
    pub fn waited_for(&self) -> WaitedFor {
        self.waited_for
    }

    /// Whether the same call may be made again.
    pub(super) fn is_retryable(&self) -> bool {
        !self.may_be_done || self.called.method.is_safe()
    }
}

impl fmt::Display for DeadlineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (call, again) = (&self.called.name, if self.is_repeated { " again" } else { "" });
        let why = match self.waited_for {
            WaitedFor::Response => {
                let host = self.host.as_deref().unwrap_or("the deployment");
                return write!(f, "{call} got no response from {host} before its deadline");
            }
            WaitedFor::RateLimit { reset } => {
                format!("a rate limit has no request left for {} s", reset.as_secs_f64().ceil())
            }
            WaitedFor::EarlierResponses => "earlier requests have no response yet".to_owned(),
        };
        write!(
            f,
            "{call} was not sent{again} before its deadline: {why}; allow more time, or try again later"
        )
    }
}

impl StdError for DeadlineError {}
