//! Why a call failed.

use std::{borrow::Cow, error::Error as StdError, fmt};

use bytes::Bytes;
use reqwest::{
    StatusCode,
    header::{CONTENT_TYPE, HeaderMap, LOCATION},
};
use serde_json::{Value, error::Category};

use crate::{
    RateLimits, Token,
    printed::{printable, printable_url, secrets_of},
    response::RawResponse,
};

/// Why a call failed. Printed, it is one sentence that says what to do next where that is known.
///
/// Neither `Display` nor `Debug` prints a secret, so that errors can be logged. Of the body only the
/// deployment's `message` and those of its `errors` are printed, and of the headers only `Content-Type` and
/// `Location`: in one line, with the token and whatever looks like one redacted.
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
    /// The deployment answered with a success that is longer than responses may be. What was asked for has
    /// been done.
    #[error(transparent)]
    TooLarge(Box<TooLargeError>),
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
            Self::TooLarge(error) => Some(error.status()),
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
            Self::TooLarge(error) => Some(error.headers()),
            _ => None,
        }
    }

    /// The body of the response as it came in, as far as it was read; nothing when there was no response,
    /// or when it was too large.
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
    ///
    /// Only the status is looked at, here and in the other questions: a deployment says so with any body,
    /// with none, or with one that breaks off.
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

impl From<TooLargeError> for Error {
    fn from(error: TooLargeError) -> Self {
        Self::TooLarge(Box::new(error))
    }
}

/// An answer that is not a success.
#[derive(Clone)]
pub struct ApiError {
    response: RawResponse,
    json: Option<Value>,
    /// What the body says, as it may be printed.
    printed: String,
}

/// How many of the problems in a body are printed.
const MAX_PROBLEMS: usize = 10;

impl ApiError {
    /// The error that `response` is, which does not print `token`.
    pub(crate) fn new(response: RawResponse, token: &Token) -> Self {
        let json: Option<Value> = serde_json::from_slice(&response.body).ok();
        let mut error = Self { response, json, printed: String::new() };
        let mut secrets = error.json.as_ref().map(secrets_of).unwrap_or_default();
        secrets.push(token.secret());
        // Of two secrets the longer one may hold the other.
        secrets.sort_unstable_by_key(|secret| std::cmp::Reverse(secret.len()));
        error.printed = error.print(&secrets);
        error
    }

    /// The message and the messages of the problems, without `secrets`.
    fn print(&self, secrets: &[&str]) -> String {
        let printed = match self.message() {
            Some(message) => format!("({})", printable(message, secrets)),
            None => format!("({})", shape(&self.response)),
        };
        let messages = self.errors().iter().filter_map(problem).take(MAX_PROBLEMS);
        let problems: Vec<_> = messages.map(|message| printable(message, secrets)).collect();
        match (problems.len(), self.errors().len() - problems.len()) {
            (0, 0) => printed,
            (0, more) => format!("{printed}: {more} problems"),
            (_, 0) => format!("{printed}: {}", problems.join(", ")),
            (_, more) => format!("{printed}: {} and {more} more", problems.join(", ")),
        }
    }

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

    /// The body as it came in, as far as it was read: at most 1 MiB of it, and less where the connection
    /// broke.
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
                let to = printable_url(to);
                return Some(format!("the deployment redirects to {to}, so check the base URL"));
            }
            _ => return None,
        };
        Some(hint.to_owned())
    }
}

impl fmt::Debug for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiError")
            .field("operation", &self.operation())
            .field("status", &self.status())
            .field("printed", &self.printed)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} was answered with {} {}", self.operation(), self.status(), self.printed)?;
        self.hint().map_or(Ok(()), |hint| write!(f, "; {hint}"))
    }
}

impl StdError for ApiError {}

/// The message of an entry of `errors`, where it has one.
fn problem(entry: &Value) -> Option<&str> {
    entry.as_str().or_else(|| entry.get("message")?.as_str())
}

/// What a body without a message is, in words.
fn shape(response: &RawResponse) -> String {
    let kind = response.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.map(|kind| printable(kind.split(';').next().unwrap_or_default(), &[]));
    match (response.body.len(), kind) {
        (0, _) => "without a body".to_owned(),
        (length, Some(kind)) => format!("{length} bytes of {kind}"),
        (length, None) => format!("{length} bytes"),
    }
}

/// A success whose body cannot be read.
#[derive(Clone)]
pub struct DecodeError {
    response: RawResponse,
    path: String,
    problem: String,
}

impl DecodeError {
    pub(crate) fn new(response: RawResponse, path: &str, problem: &serde_json::Error) -> Self {
        Self { response, path: known_path(path), problem: without_values(problem) }
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

    /// Where in the body it went wrong, such as `[2].slug`; `.` for the body as a whole. Names that are no
    /// plain words are left out of it.
    pub fn path(&self) -> &str {
        &self.path
    }
}

impl fmt::Debug for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecodeError")
            .field("operation", &self.operation())
            .field("status", &self.status())
            .field("path", &self.path)
            .field("problem", &self.problem)
            .finish_non_exhaustive()
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

/// A path with the names that properties have, and without others: a body may have anything as a name.
fn known_path(path: &str) -> String {
    const MAX_STEPS: usize = 16;
    let is_index =
        |step: &str| step.starts_with('[') && step.bytes().all(|b| b"[]0123456789".contains(&b));
    let is_word = |step: &str| {
        let letters = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        step.len() <= 32 && step.bytes().all(letters) && printable(step, &[]) == step
    };
    let steps = path.split('.').take(MAX_STEPS).map(|step| {
        // A list within a property is `name[0]`.
        let (name, index) = step.split_at(step.find('[').unwrap_or(step.len()));
        let name = if is_word(name) { name } else { "?" };
        format!("{name}{}", if is_index(index) { index } else { "" })
    });
    steps.collect::<Vec<_>>().join(".")
}

/// What is wrong with a body, without the values in it.
///
/// The library prints the value that it found: `invalid type: string "…", expected a map`.
fn without_values(problem: &serde_json::Error) -> String {
    const TYPES: [&str; 8] =
        ["boolean", "integer", "floating point", "string", "sequence", "map", "null", "unit"];
    let (line, column) = (problem.line(), problem.column());
    let place = if line == 0 { String::new() } else { format!(" at line {line} column {column}") };
    let text = problem.to_string();
    let text = text.strip_suffix(&place).unwrap_or(&text);
    if problem.classify() != Category::Data {
        // Nothing but the grammar, in constant texts.
        return format!("{text}{place}");
    }
    if text.starts_with("missing field `") || text.starts_with("data did not match any variant") {
        return format!("{text}{place}");
    }
    let Some((found, expected)) = text.rsplit_once(", expected ") else {
        return format!("it has another form than expected{place}");
    };
    let found = found.split_once(": ").map_or("", |(_, found)| found);
    match TYPES.into_iter().find(|kind| found.starts_with(kind)) {
        Some(kind) => format!("{kind} instead of {expected}{place}"),
        None => format!("expected {expected}{place}"),
    }
}

/// A success that is longer than responses may be. Raise
/// [`ClientBuilder::max_response_size`](crate::ClientBuilder::max_response_size) to read it.
#[derive(Clone)]
pub struct TooLargeError {
    response: RawResponse,
    limit: usize,
}

impl TooLargeError {
    pub(crate) fn new(response: RawResponse, limit: usize) -> Self {
        // What was read of it is of no use.
        Self { response: RawResponse { body: Bytes::new(), ..response }, limit }
    }

    /// The operation, such as `list_registries`.
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

    /// How many bytes a response may have.
    pub fn limit(&self) -> usize {
        self.limit
    }
}

impl fmt::Debug for TooLargeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TooLargeError")
            .field("operation", &self.operation())
            .field("status", &self.status())
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for TooLargeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} succeeded with {}, but its body has more than {} bytes; raise \
             `ClientBuilder::max_response_size` to read it",
            self.operation(),
            self.status(),
            self.limit
        )
    }
}

impl StdError for TooLargeError {}

/// No answer, or not a whole one.
pub struct TransportError {
    operation: &'static str,
    host: Option<String>,
    /// Without its URL, which may hold a secret where a redirect was followed.
    source: reqwest::Error,
}

impl TransportError {
    pub(crate) fn new(operation: &'static str, source: reqwest::Error) -> Self {
        let host = source.url().and_then(reqwest::Url::host_str).map(str::to_owned);
        Self { operation, host, source: source.without_url() }
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

impl fmt::Debug for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransportError")
            .field("operation", &self.operation)
            .field("host", &self.host)
            .field("is_connect", &self.is_connect())
            .field("is_timeout", &self.is_timeout())
            .field("cause", &printable(&root_cause(&self.source), &[]))
            .finish_non_exhaustive()
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.host.as_deref().unwrap_or("the deployment");
        let operation = self.operation;
        let cause = printable(&root_cause(&self.source), &[]);
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
