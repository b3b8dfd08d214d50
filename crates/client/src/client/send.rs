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
    error::{Called, DeadlineError, TransportError},
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
        let called = Called::new(operation, &request, self.base_url(), &settings.token);
        let deadline = options.deadline.map(|deadline| clock.now().saturating_add(deadline));
        let mut last_retry = deadline;
        let (mut attempt, mut is_refused, mut may_be_done) = (0, false, false);
        let mut before: Option<Result<RawResponse, Error>> = None;
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
                    Err(TooLate { reset }) => {
                        let is_over = deadline.is_some_and(|deadline| deadline <= clock.now());
                        return match before {
                            Some(seen) if !is_over => seen?.into_success(),
                            _ => {
                                Err(DeadlineError::of_turn(called, reset, attempt, may_be_done)
                                    .into())
                            }
                        };
                    }
                }
            }
            if attempt == 0 {
                last_retry = Some(self.last_retry(retry, deadline));
            }
            let next = request.try_clone();
            let seen = self.attempt(request, attempt, &called, place, deadline).await;
            attempt += 1;
            let Some((wait, next)) = retry.wait(attempt, is_repeatable, &seen).zip(next) else {
                return seen?.into_success();
            };
            let until = clock.now().saturating_add(wait.delay);
            if last_retry.is_none_or(|last| until >= last) {
                return seen?.into_success();
            }
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
                may_be_done = true;
            }
            before = Some(seen);
        }
    }

    /// Sends `request` once, until the deadline at the latest, and says so to who wants to know.
    async fn attempt(
        &self,
        request: Request,
        attempt: u32,
        called: &Called,
        place: Option<Place>,
        deadline: Option<Duration>,
    ) -> Result<RawResponse, Error> {
        let settings = &self.settings;
        let span = spans::attempt(&request, attempt, &settings.token);
        let begun = Begun::new(settings, &request);
        let url = request.url().clone();
        let mut seen = None;
        let exchange = async { seen = Some(self.exchange(request, called, place).await) };
        let exchange = exchange.instrument(span.clone());
        match deadline {
            Some(deadline) => settings.clock.wait_for(Box::pin(exchange), deadline).await,
            None => exchange.await,
        }
        let seen =
            seen.unwrap_or_else(|| Err(DeadlineError::of_response(called.clone(), &url).into()));
        if let Some(begun) = begun {
            begun.end(&seen);
        }
        spans::end_attempt(&span, &seen);
        seen
    }

    /// Until when a request that is sent now may be sent again.
    fn last_retry(&self, retry: &RetryPolicy, deadline: Option<Duration>) -> Duration {
        let last = self.settings.clock.now().saturating_add(retry.limit());
        deadline.map_or(last, |deadline| deadline.min(last))
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
        if let Some(timeout) = self.options.timeout.or(settings.timeout) {
            *request.timeout_mut() = Some(timeout);
        }
        Ok(is_below_the_root)
    }

    /// Sends `request` once and reads the response, as far as it may be read.
    async fn exchange(
        &self,
        request: Request,
        called: &Called,
        place: Option<Place>,
    ) -> Result<RawResponse, Error> {
        let failed = |error| TransportError::new(called.clone(), error);
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
                Ok(Some(chunk)) if chunk.len() <= limit - body.len() => {
                    body.extend_from_slice(&chunk);
                }
                Ok(Some(chunk)) => {
                    body.extend_from_slice(&chunk[..limit - body.len()]);
                    cut_at = Some(limit);
                    break;
                }
                Ok(None) => break,
                // The status of a failed request is the result, whatever its body is.
                Err(_) if !status.is_success() => break,
                Err(error) => return Err(failed(error).into()),
            }
        }
        Ok(RawResponse::received(
            called.clone(),
            status,
            headers,
            body,
            cut_at,
            &self.settings.token,
        ))
    }
}
