//! How a request is sent: in its turn, and again where that makes sense.

use std::{mem, time::Duration};

use reqwest::{
    Request,
    header::{ACCEPT, AUTHORIZATION, HeaderValue, USER_AGENT},
};
use tracing::Instrument as _;

use super::{Client, exchange::Begun};
use crate::{
    Error, RetryPolicy, Wait, WaitCause,
    error::TransportError,
    pacing::{Place, TooLate},
    platform,
    response::RawResponse,
    spans,
};

/// How much of the body of an error is read at most, in bytes. It is read for its `message`.
const MAX_ERROR_SIZE: usize = 1024 * 1024;

impl Client {
    /// Sends `request` in its turn, again where the retry policy says so, and returns its success.
    pub(crate) async fn execute(
        &self,
        request: Request,
        operation: &'static str,
    ) -> Result<RawResponse, Error> {
        let span = spans::call(operation);
        let result = self.deliver(request, operation).instrument(span.clone()).await;
        spans::end_call(&span, &result);
        result
    }

    async fn deliver(
        &self,
        mut request: Request,
        operation: &'static str,
    ) -> Result<RawResponse, Error> {
        let is_paced = self.prepare(&mut request)?;
        let Self { settings, options, .. } = self;
        let clock = &settings.clock;
        let retry = options.retry.as_ref().unwrap_or(&settings.retry);
        let is_repeatable = options.idempotent || request.method().is_safe();
        let pacer = settings.pacer.as_ref().filter(|_| is_paced);
        let deadline = options.deadline.map(|deadline| clock.now().saturating_add(deadline));
        let mut last_retry = deadline;
        let (mut attempt, mut is_refused) = (0, false);
        let mut seen = Err(Error::Deadline { operation, reset: None });
        loop {
            let mut place = None;
            if let Some(pacer) = pacer {
                // The wait after a 429 was announced.
                let on_wait = |delay| {
                    if !is_refused {
                        let cause = WaitCause::Paced;
                        retry.announce(&Wait { operation, attempt, cause, delay });
                    }
                };
                match pacer.enter(request.url(), attempt > 0, last_retry, on_wait).await {
                    Ok(entered) => place = Some(entered),
                    Err(TooLate { reset }) if attempt == 0 => {
                        return Err(Error::Deadline { operation, reset });
                    }
                    Err(_) => break,
                }
            }
            if attempt == 0 {
                last_retry = Some(self.last_retry(retry, deadline));
            }
            self.limit_time(&mut request, deadline);
            let next = request.try_clone();
            let span = spans::attempt(&request, attempt, &settings.token);
            let begun = Begun::new(settings, &request);
            seen = self.exchange(request, operation, place).instrument(span.clone()).await;
            if let Some(begun) = begun {
                begun.end(&seen);
            }
            spans::end_attempt(&span, &seen);
            attempt += 1;
            let Some(wait) = retry.wait(attempt, is_repeatable, &seen) else { break };
            let until = clock.now().saturating_add(wait.delay);
            let Some(next) = next.filter(|_| last_retry.is_some_and(|last| until < last)) else {
                break;
            };
            request = next;
            retry.announce(&wait);
            is_refused = wait.cause == WaitCause::RateLimited;
            match (&seen, pacer) {
                (Ok(limited), Some(pacer)) if is_refused => {
                    pacer.close(request.url(), &limited.headers, until);
                }
                _ => clock.wait_until(until).await,
            }
            if matches!(wait.cause, WaitCause::Status(_) | WaitCause::Interrupted) {
                options.note_lost();
            }
        }
        seen?.into_success()
    }

    /// Until when a request that is sent now may be sent again.
    fn last_retry(&self, retry: &RetryPolicy, deadline: Option<Duration>) -> Duration {
        let last = self.settings.clock.now().saturating_add(retry.limit());
        deadline.map_or(last, |deadline| deadline.min(last))
    }

    /// Gives an attempt the time that it may take, and no more than there is until the deadline.
    fn limit_time(&self, request: &mut Request, deadline: Option<Duration>) {
        let timeout = self.options.timeout.or(self.settings.timeout);
        let left = deadline.map(|deadline| deadline.saturating_sub(self.settings.clock.now()));
        if let Some(timeout) = timeout.into_iter().chain(left).min() {
            *request.timeout_mut() = Some(timeout);
        }
    }

    /// Adds what every request has. The token is a header of each request, not a default of the
    /// HTTP client. So any HTTP client sends it, and removes it when a redirect leads to another
    /// host. What is not below the base URL may be another service, and asks for no token.
    ///
    /// Returns whether the request counts in rate limits.
    fn prepare(&self, request: &mut Request) -> Result<bool, Error> {
        let settings = &self.settings;
        let path = request.url().as_str().strip_prefix(self.base_url());
        let is_below_the_root = path.is_some_and(|path| path.starts_with('/') && path != "/");
        let headers = request.headers_mut();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        if is_below_the_root {
            headers.insert(AUTHORIZATION, settings.token.authorization());
        }
        if let Some(user_agent) = &settings.user_agent {
            headers.insert(USER_AGENT, user_agent.clone());
        }
        headers.extend(self.options.headers()?.clone());
        Ok(is_below_the_root)
    }

    /// Sends `request` once and reads the response, as far as it may be read.
    async fn exchange(
        &self,
        request: Request,
        operation: &'static str,
        place: Option<Place>,
    ) -> Result<RawResponse, Error> {
        let method = request.method().clone();
        let failed = |error| TransportError::new(operation, method.clone(), error);
        let max_response_size = self.settings.max_response_size;
        let sent = platform::execute(&self.client, request, max_response_size).await;
        // Without an answer the place is given back when it is dropped.
        if let (Some(place), Ok(response)) = (place, &sent) {
            place.answered(response.status(), response.headers());
        }
        let mut response = sent.map_err(failed)?;
        let (status, headers) = (response.status(), mem::take(response.headers_mut()));
        let limit = if status.is_success() {
            max_response_size
        } else {
            max_response_size.min(MAX_ERROR_SIZE)
        };
        let mut body = Vec::new();
        let mut cut_at = None;
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if chunk.len() <= limit - body.len() => body.extend(chunk),
                Ok(Some(chunk)) => {
                    body.extend(&chunk[..limit - body.len()]);
                    cut_at = Some(limit);
                    break;
                }
                Ok(None) => break,
                // The status of a failed request is the result, whatever its body is.
                Err(_) if !status.is_success() => break,
                Err(error) => return Err(failed(error).into()),
            }
        }
        let response = RawResponse::new(operation, method, status, headers, body);
        Ok(response.received(cut_at, &self.settings.token))
    }
}
