//! Why a call failed.

mod api;
mod called;
mod certificate;
mod deadline;
mod decode;
mod kind;
mod mismatch;
mod transport;

use bytes::Bytes;
use reqwest::{StatusCode, header::HeaderMap};

pub use self::api::Resource;
pub use self::{
    api::ApiError,
    deadline::{DeadlineError, WaitedFor},
    decode::{DecodeError, TooLargeError},
    kind::{ErrorKind, Problem},
    transport::TransportError,
};
pub(crate) use self::{called::Called, transport::root_cause};
use crate::{
    response::RawResponse,
    retry::{is_transient, until_reset},
};

/// Why a call failed. [`kind`](Self::kind) says what to do about it; the variants have the details.
///
/// Printed, it is one sentence, with what to do next where that is known. Print its source as well
/// (`{:#}` of `anyhow`): `Display` does not repeat it.
///
/// Neither `Display`, `Debug` nor a source prints a secret, so that errors can be logged. Of the body
/// only the deployment's `message` and those of its `errors` are printed, and of the headers only
/// `Content-Type` and `Location`: in one line, with the token and whatever looks like one redacted.
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
    /// The deadline of the call passed before it was over.
    #[error(transparent)]
    Deadline(Box<DeadlineError>),
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

    /// What went wrong, by what a program would do about it.
    ///
    /// Of a response only the status counts, here and in the questions below: a deployment says so with
    /// any body, with none, or with one that breaks off.
    ///
    /// ```
    /// use registries_client::{Error, ErrorKind};
    ///
    /// fn exit_status(error: &Error) -> u8 {
    ///     match error.kind() {
    ///         ErrorKind::NotFound => 4,
    ///         ErrorKind::Unauthorized | ErrorKind::Forbidden => 3,
    ///         _ if error.is_retryable() => 75,
    ///         _ => 1,
    ///     }
    /// }
    /// ```
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Api(error) => match error.status() {
                StatusCode::UNAUTHORIZED => ErrorKind::Unauthorized,
                StatusCode::FORBIDDEN => ErrorKind::Forbidden,
                StatusCode::NOT_FOUND => ErrorKind::NotFound,
                StatusCode::UNPROCESSABLE_ENTITY => ErrorKind::Validation,
                StatusCode::TOO_MANY_REQUESTS => {
                    ErrorKind::RateLimited { reset: until_reset(error) }
                }
                status if is_transient(status) => ErrorKind::Unavailable,
                status if status.is_server_error() => ErrorKind::Server,
                _ => ErrorKind::Status,
            },
            Self::Decode(_) => ErrorKind::Decode,
            Self::TooLarge(_) => ErrorKind::TooLarge,
            Self::Transport(error) if error.is_certificate() => ErrorKind::Certificate,
            Self::Transport(_) => ErrorKind::Transport,
            Self::Deadline(error) => ErrorKind::Deadline { waited_for: error.waited_for() },
            Self::InvalidParameter(_) => ErrorKind::InvalidRequest,
            Self::Configuration(_) => ErrorKind::Configuration,
        }
    }

    /// Whether the same call may be made again, and may succeed then: what a
    /// [`RetryPolicy`](crate::RetryPolicy) sends again.
    ///
    /// After a broken connection, a deadline without a response, or 502, 503 and 504 that is so for
    /// requests that only read. The deployment may have done what any other asked for.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Api(error) => match error.status() {
                StatusCode::TOO_MANY_REQUESTS => true,
                status => is_transient(status) && error.method().is_safe(),
            },
            Self::Transport(error) => error.is_retryable(),
            Self::Deadline(error) => error.is_retryable(),
            _ => false,
        }
    }

    /// The response, when there was one.
    pub fn response(&self) -> Option<&RawResponse> {
        match self {
            Self::Api(error) => Some(error),
            Self::Decode(error) => Some(error),
            Self::TooLarge(error) => Some(error),
            _ => None,
        }
    }

    /// The status of the response, when there was one.
    pub fn status(&self) -> Option<StatusCode> {
        self.response().map(RawResponse::status)
    }

    /// The headers of the response, when there was one.
    pub fn headers(&self) -> Option<&HeaderMap> {
        self.response().map(RawResponse::headers)
    }

    /// The body of the response as it came in, as far as it was read; nothing when there was no response,
    /// or when it was too large.
    pub fn body(&self) -> Option<&Bytes> {
        match self {
            Self::TooLarge(_) => None,
            _ => self.response().map(RawResponse::body),
        }
    }

    /// The id that the deployment gave the request (`X-Request-Id`), to name it to the operator; as
    /// it may be printed, like [`RawResponse::request_id`].
    pub fn request_id(&self) -> Option<&str> {
        self.response()?.request_id()
    }

    /// The `message` of the response as it came in, when the deployment sent one.
    pub fn message(&self) -> Option<&str> {
        match self {
            Self::Api(error) => error.message(),
            _ => None,
        }
    }

    /// What is wrong with the request's body, one by one, when the deployment says so (422).
    pub fn problems(&self) -> &[Problem] {
        match self {
            Self::Api(error) => error.problems(),
            _ => &[],
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

impl From<DeadlineError> for Error {
    fn from(error: DeadlineError) -> Self {
        Self::Deadline(Box::new(error))
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

impl From<TransportError> for Error {
    fn from(error: TransportError) -> Self {
        Self::Transport(Box::new(error))
    }
}

/// The error for a response that is not a success, for example in a test double.
impl From<RawResponse> for Error {
    fn from(response: RawResponse) -> Self {
        ApiError::new(response).into()
    }
}
