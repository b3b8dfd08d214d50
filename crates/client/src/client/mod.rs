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
    Error, RetryPolicy, Token, WaitCause, clock::SharedClock, error::TransportError,
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
        self.prepare(&mut request)?;
        let Self { settings, options, .. } = self;
        let retry = options.retry.as_ref().unwrap_or(&settings.retry);
        let is_repeatable = options.idempotent || *request.method() == Method::GET;
        let started = settings.clock.now();
        let deadline = options.deadline.map(|deadline| started.saturating_add(deadline));
        let last_retry = started.saturating_add(retry.limit());
        let last_retry = deadline.map_or(last_retry, |deadline| deadline.min(last_retry));
        let mut attempt = 1;
        loop {
            self.limit_time(&mut request, deadline);
            let next = request.try_clone();
            let outcome = self.exchange(request, operation).await;
            let wait = retry.wait(attempt, is_repeatable, &outcome);
            let until = |delay| settings.clock.now().saturating_add(delay);
            match (wait, next) {
                (Some(wait), Some(next)) if until(wait.delay) < last_retry => {
                    if matches!(wait.cause, WaitCause::Status(_) | WaitCause::Interrupted) {
                        options.note_lost();
                    }
                    retry.announce(&wait);
                    settings.clock.wait_until(until(wait.delay)).await;
                    request = next;
                    attempt += 1;
                }
                _ => return outcome?.into_success(&settings.token),
            }
        }
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
    fn prepare(&self, request: &mut Request) -> Result<(), Error> {
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
        Ok(())
    }

    /// Sends `request` once and reads the response, as far as it may be read.
    async fn exchange(
        &self,
        request: Request,
        operation: &'static str,
    ) -> Result<RawResponse, Error> {
        let method = request.method().clone();
        let failed = |error| TransportError::new(operation, method.clone(), error);
        let mut response = self.client.execute(request).await.map_err(failed)?;
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
