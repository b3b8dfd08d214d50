//! The client: it sends requests, with the token, again where that makes sense.

mod builder;

use std::{fmt, sync::Arc, time::Duration};

use reqwest::{
    Request,
    header::{ACCEPT, AUTHORIZATION, HeaderValue, USER_AGENT},
};

pub use self::builder::{ClientBuilder, DEFAULT_BASE_URL};
use crate::{Error, RetryPolicy, Token, error::TransportError, response::RawResponse};

/// A client of one deployment of the Registries API, with one access token.
///
/// Each operation has a method that returns a builder; set its parameters and `send` it. Clones are
/// cheap and share their connections.
#[derive(Clone)]
pub struct Client {
    /// Where the operations start their requests.
    pub(crate) client: reqwest::Client,
    settings: Arc<Settings>,
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

    /// Sends `request`, again where the retry policy says so, and returns its success.
    pub(crate) async fn execute(
        &self,
        mut request: Request,
        operation: &'static str,
    ) -> Result<RawResponse, Error> {
        self.prepare(&mut request);
        let method = request.method().clone();
        let mut attempt = 1;
        loop {
            let next = request.try_clone();
            let outcome = self.exchange(request, operation).await;
            let wait = self.settings.retry.wait(attempt, &method, &outcome);
            match (wait, next) {
                (Some(wait), Some(next)) => {
                    self.settings.retry.pause(&wait).await;
                    request = next;
                    attempt += 1;
                }
                _ => return outcome?.into_success(&self.settings.token),
            }
        }
    }

    /// Adds what every request has. The token is a header of each request and not a default of the
    /// HTTP client, so that it is sent with any HTTP client, and removed by it from a request that
    /// is redirected to another host. What is not below the base URL may be another service, and asks
    /// for no token.
    fn prepare(&self, request: &mut Request) {
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
        if let Some(timeout) = settings.timeout {
            *request.timeout_mut() = Some(timeout);
        }
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
