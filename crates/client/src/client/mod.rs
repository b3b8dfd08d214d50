//! The client: it sends requests, with the token, again where that makes sense.

mod builder;
mod options;

use std::{fmt, sync::Arc, time::Duration};

use reqwest::{
    Method, Request,
    header::{ACCEPT, AUTHORIZATION, HeaderValue, USER_AGENT},
};

pub use self::builder::{ClientBuilder, DEFAULT_BASE_URL};
pub(crate) use self::options::{Options, option_methods};
use crate::{
    Error, RetryPolicy, Token, WaitCause,
    clock::SharedClock,
    error::TransportError,
    pacing::{Pacer, Place},
    response::RawResponse,
};

/// A client of one deployment of the Registries API, with one access token.
///
/// [`organization`](Self::organization) and the other handles are where to begin. Each operation also
/// has a method that returns a builder: set its parameters and `send` it. Clones are cheap and share
/// their connections.
#[derive(Clone)]
#[expect(clippy::struct_field_names, reason = "`client` is what generated code calls it")]
pub struct Client {
    /// Where the operations start their requests.
    pub(crate) client: reqwest::Client,
    settings: Arc<Settings>,
    /// Set for the calls of this clone only.
    options: Arc<Options>,
}

/// What a client does with each request.
struct Settings {
    base_url: String,
    /// The base URL without its path.
    host_url: String,
    token: Token,
    user_agent: Option<HeaderValue>,
    timeout: Option<Duration>,
    max_response_size: usize,
    retry: RetryPolicy,
    clock: SharedClock,
    pacer: Option<Arc<Pacer>>,
}

/// How much of the body of an error is read at most, in bytes. It is read for its `message`.
const MAX_ERROR_SIZE: usize = 1024 * 1024;

impl Client {
    /// A client of `https://api.buildkite.com/v2` with the defaults of [`ClientBuilder`].
    pub fn new(token: impl AsRef<str>) -> Result<Self, Error> {
        Self::builder().token(Token::new(token)?).build()
    }

    /// A client set up by the environment; see [`ClientBuilder::from_env`].
    pub fn from_env() -> Result<Self, Error> {
        ClientBuilder::from_env()?.build()
    }

    /// Sets up a client step by step.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// The URL that the paths of operations are appended to, without a slash at its end.
    pub fn base_url(&self) -> &str {
        &self.settings.base_url
    }

    /// The URL of what stands outside the API root, without a slash at its end.
    pub(crate) fn host_url(&self) -> &str {
        &self.settings.host_url
    }

    /// What is set for the calls of this clone. Other clones do not see what is changed.
    pub(crate) fn options_mut(&mut self) -> &mut Options {
        Arc::make_mut(&mut self.options)
    }

    /// Sends `request`, again where the retry policy says so, and returns its success.
    pub(crate) async fn execute(
        &self,
        mut request: Request,
        operation: &'static str,
    ) -> Result<RawResponse, Error> {
        let is_paced = self.prepare(&mut request)?;
        let Self { settings, options, .. } = self;
        let (clock, url) = (&settings.clock, request.url().clone());
        let retry = options.retry.as_ref().unwrap_or(&settings.retry);
        let is_repeatable = options.idempotent || *request.method() == Method::GET;
        let pacer = settings.pacer.as_ref().filter(|_| is_paced);
        let deadline = options.deadline.map(|deadline| clock.now().saturating_add(deadline));
        let mut last_retry = deadline;
        let (mut attempt, mut is_refused) = (0, false);
        let mut seen = Err(Error::Deadline { operation });
        loop {
            let mut place = None;
            if let Some(pacer) = pacer {
                // The wait after a 429 was announced.
                let told = |delay| {
                    if !is_refused {
                        retry.announce_paced(operation, attempt, delay);
                    }
                };
                place = pacer.enter(&url, attempt > 0, last_retry, told).await;
                if place.is_none() {
                    break;
                }
            }
            if attempt == 0 {
                let limit = clock.now().saturating_add(retry.limit());
                last_retry = Some(deadline.map_or(limit, |deadline| deadline.min(limit)));
            }
            attempt += 1;
            self.limit_time(&mut request, deadline);
            let next = request.try_clone();
            seen = self.exchange(request, operation, place).await;
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
                    pacer.close(&url, &limited.headers, until);
                }
                _ => clock.wait_until(until).await,
            }
            if matches!(wait.cause, WaitCause::Status(_) | WaitCause::Interrupted) {
                options.note_lost();
            }
        }
        seen?.into_success(&settings.token)
    }

    /// Gives an attempt the time that it may take, and no more than there is until the deadline.
    fn limit_time(&self, request: &mut Request, deadline: Option<Duration>) {
        let timeout = self.options.timeout.or(self.settings.timeout);
        let left = deadline.map(|deadline| deadline.saturating_sub(self.settings.clock.now()));
        if let Some(timeout) = timeout.into_iter().chain(left).min() {
            *request.timeout_mut() = Some(timeout);
        }
    }

    /// Adds what every request has. The token is a header of each request and not a default of the
    /// HTTP client, so that it is sent with any HTTP client, and removed by it from a request that
    /// is redirected to another host. What is not below the base URL may be another service, and asks
    /// for no token.
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
        let sent = self.client.execute(request).await;
        match (place, &sent) {
            (Some(place), Ok(response)) => place.answered(response.headers()),
            (Some(place), Err(_)) => place.failed(),
            (None, _) => {}
        }
        let mut response = sent.map_err(failed)?;
        let (status, headers) = (response.status(), response.headers().clone());
        let limit = if status.is_success() {
            self.settings.max_response_size
        } else {
            self.settings.max_response_size.min(MAX_ERROR_SIZE)
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
                // A status that is no success tells what became of the request, whatever its body is.
                Err(_) if !status.is_success() => break,
                Err(error) => return Err(failed(error).into()),
            }
        }
        Ok(RawResponse { operation, method, status, headers, body: body.into(), cut_at })
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base_url", &self.settings.base_url)
            .field("token", &self.settings.token)
            .field("retry", &self.settings.retry)
            .finish_non_exhaustive()
    }
}
