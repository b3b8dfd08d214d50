//! Why a call failed.

use std::{borrow::Cow, error::Error as StdError, fmt};

use bytes::Bytes;
use reqwest::{
    StatusCode,
    header::{CONTENT_TYPE, HeaderMap, LOCATION},
};
use serde_json::Value;

use crate::{RateLimits, response::RawResponse};

/// Why a call failed. Printed, it is one sentence that says what to do next where that is known.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The deployment answered, and not with a success.
    #[error(transparent)]
    Api(Box<ApiError>),
    /// The deployment answered with a success whose body is not what it should be. What was asked
    /// for has been done.
    #[error(transparent)]
    Decode(Box<DecodeError>),
    /// There was no answer, or not a whole one.
    #[error(transparent)]
    Transport(Box<TransportError>),
    /// A parameter or a property is missing or cannot be sent. Nothing was sent.
    #[error("invalid request: {0}")]
    InvalidParameter(String),
    /// The client cannot be set up like this.
    #[error("invalid configuration: {0}")]
    Configuration(String),
}

impl Error {
    pub(crate) fn configuration(problem: impl Into<String>) -> Self {
        Self::Configuration(problem.into())
    }

    /// The status of the response, when there was one.
    pub fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Api(error) => Some(error.status()),
            Self::Decode(error) => Some(error.status()),
            _ => None,
        }
    }

    /// The `message` of the response, when the deployment sent one.
    pub fn message(&self) -> Option<&str> {
        match self {
            Self::Api(error) => error.message(),
            _ => None,
        }
    }

    /// The headers of the response, when there was one.
    pub fn headers(&self) -> Option<&HeaderMap> {
        match self {
            Self::Api(error) => Some(error.headers()),
            Self::Decode(error) => Some(error.headers()),
            _ => None,
        }
    }

    /// The body of the response as it came in, when there was one.
    pub fn body(&self) -> Option<&Bytes> {
        match self {
            Self::Api(error) => Some(error.body()),
            Self::Decode(error) => Some(error.body()),
            _ => None,
        }
    }

    /// Whether the deployment does not know the token, or no longer (401).
    pub fn is_unauthorized(&self) -> bool {
        self.is_api(StatusCode::UNAUTHORIZED)
    }

    /// Whether the token may not do this (403).
    pub fn is_forbidden(&self) -> bool {
        self.is_api(StatusCode::FORBIDDEN)
    }

    /// Whether there is no such organization or registry, or the token may not know of it (404).
    pub fn is_not_found(&self) -> bool {
        self.is_api(StatusCode::NOT_FOUND)
    }

    /// Whether a property was not accepted (422).
    pub fn is_validation(&self) -> bool {
        self.is_api(StatusCode::UNPROCESSABLE_ENTITY)
    }

    /// Whether a rate limit is exhausted (429), and still was after the last retry.
    pub fn is_rate_limited(&self) -> bool {
        self.is_api(StatusCode::TOO_MANY_REQUESTS)
    }

    fn is_api(&self, status: StatusCode) -> bool {
        matches!(self, Self::Api(error) if error.status() == status)
    }
}

impl From<ApiError> for Error {
    fn from(error: ApiError) -> Self {
        Self::Api(Box::new(error))
    }
}

impl From<DecodeError> for Error {
    fn from(error: DecodeError) -> Self {
        Self::Decode(Box::new(error))
    }
}

/// An answer that is not a success.
#[derive(Clone, Debug)]
pub struct ApiError {
    response: RawResponse,
    json: Option<Value>,
}

impl ApiError {
    /// The operation that failed, such as `get_registry`.
    pub fn operation(&self) -> &'static str {
        self.response.operation
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        self.response.status
    }

    /// The deployment's `message`, when the body is JSON that has one.
    pub fn message(&self) -> Option<&str> {
        self.json.as_ref()?.get("message")?.as_str()
    }

    /// The problems one by one, when the body is JSON that lists them. What an entry looks like is
    /// the deployment's choice.
    pub fn errors(&self) -> &[Value] {
        let errors = self.json.as_ref().and_then(|json| json.get("errors")?.as_array());
        errors.map(Vec::as_slice).unwrap_or_default()
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.response.headers
    }

    /// What the headers say about rate limits.
    pub fn rate_limits(&self) -> RateLimits {
        RateLimits::from_headers(self.headers())
    }

    /// The body as it came in.
    pub fn body(&self) -> &Bytes {
        &self.response.body
    }

    /// The body as JSON, when it is JSON.
    pub fn json(&self) -> Option<&Value> {
        self.json.as_ref()
    }

    /// The body as text, with what is not UTF-8 replaced.
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.response.body)
    }

    /// What to do next, where that is known.
    fn hint(&self) -> Option<String> {
        let hint = match self.status() {
            StatusCode::UNAUTHORIZED => {
                "check that the token is right, not expired and not revoked"
            }
            StatusCode::FORBIDDEN => {
                "the token may lack a scope or be limited to other organizations"
            }
            StatusCode::NOT_FOUND => {
                "check the slugs, and that the token may see this organization"
            }
            StatusCode::TOO_MANY_REQUESTS => "a rate limit is exhausted, so try again later",
            status if status.is_redirection() => {
                let to = self.headers().get(LOCATION)?.to_str().ok()?;
                return Some(format!("the deployment redirects to {to}, so check the base URL"));
            }
            _ => return None,
        };
        Some(hint.to_owned())
    }
}

impl From<RawResponse> for ApiError {
    fn from(response: RawResponse) -> Self {
        let json = serde_json::from_slice(&response.body).ok();
        Self { response, json }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} was answered with {}", self.operation(), self.status())?;
        match self.message() {
            Some(message) => write!(f, " ({message})")?,
            None => write!(f, " ({})", shape(&self.response))?,
        }
        if !self.errors().is_empty() {
            let errors: Vec<_> = self.errors().iter().map(problem).collect();
            write!(f, ": {}", errors.join(", "))?;
        }
        self.hint().map_or(Ok(()), |hint| write!(f, "; {hint}"))
    }
}

impl StdError for ApiError {}

/// An entry of `errors`, in words: its message where it has one.
fn problem(entry: &Value) -> String {
    let message = entry.as_str().or_else(|| entry.get("message")?.as_str());
    message.map_or_else(|| entry.to_string(), str::to_owned)
}

/// What a body without a message is, in words.
fn shape(response: &RawResponse) -> String {
    let kind = response.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    match (response.body.len(), kind) {
        (0, _) => "without a body".to_owned(),
        (length, Some(kind)) => format!("{length} bytes of {kind}"),
        (length, None) => format!("{length} bytes"),
    }
}

/// A success whose body cannot be read.
#[derive(Clone, Debug)]
pub struct DecodeError {
    response: RawResponse,
    path: String,
    problem: String,
}

impl DecodeError {
    pub(crate) fn new(response: RawResponse, path: String, problem: &serde_json::Error) -> Self {
        Self { response, path, problem: problem.to_string() }
    }

    /// The operation, such as `get_registry`.
    pub fn operation(&self) -> &'static str {
        self.response.operation
    }

    /// The status, from 200 to 299.
    pub fn status(&self) -> StatusCode {
        self.response.status
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.response.headers
    }

    /// The body as it came in.
    pub fn body(&self) -> &Bytes {
        &self.response.body
    }

    /// Where in the body it went wrong, such as `[2].slug`; `.` for the body as a whole.
    pub fn path(&self) -> &str {
        &self.path
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { response, path, problem } = self;
        let (operation, status) = (response.operation, response.status);
        let shape = shape(response);
        write!(f, "{operation} succeeded with {status}, but its body ({shape}) cannot be read")?;
        match path.as_str() {
            "." => write!(f, ": {problem}"),
            path => write!(f, " at {path}: {problem}"),
        }
    }
}

impl StdError for DecodeError {}

/// No answer, or not a whole one.
#[derive(Debug)]
pub struct TransportError {
    operation: &'static str,
    source: reqwest::Error,
}

impl TransportError {
    pub(crate) fn new(operation: &'static str, source: reqwest::Error) -> Self {
        Self { operation, source }
    }

    /// The operation, such as `get_registry`.
    pub fn operation(&self) -> &'static str {
        self.operation
    }

    /// Whether no connection came about. Then nothing was sent.
    pub fn is_connect(&self) -> bool {
        self.source.is_connect()
    }

    /// Whether it took too long. Unless [`is_connect`](Self::is_connect) is true as well, the
    /// deployment may have done what it was asked for.
    pub fn is_timeout(&self) -> bool {
        self.source.is_timeout()
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.source.url().and_then(reqwest::Url::host_str).unwrap_or("the deployment");
        let operation = self.operation;
        let cause = root_cause(&self.source);
        if self.is_connect() {
            write!(f, "{operation} could not connect to {host}: {cause}; check the base URL")
        } else if self.is_timeout() {
            write!(f, "{operation} got no answer from {host} in time: {cause}")
        } else {
            write!(f, "{operation} got no whole answer from {host}: {cause}")
        }
    }
}

impl StdError for TransportError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.source)
    }
}

impl From<TransportError> for Error {
    fn from(error: TransportError) -> Self {
        Self::Transport(Box::new(error))
    }
}

/// The innermost cause of an error, in words.
pub(crate) fn root_cause(error: &dyn StdError) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
