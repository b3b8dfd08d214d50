//! Failures, and the only place that knows their HTTP statuses.

use std::time::Duration;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::domain::problem::Problem;
use crate::domain::scope::Scope;
use crate::ids::NoRandomness;
use crate::limits::{Usage, Window};
use crate::storage::StorageError;

/// Why a request was not carried out. The response to every failure is a JSON object that has a
/// `message` (client-observed).
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("{0}")]
    Unauthenticated(Unauthenticated),
    /// The token was not looked up: its network has presented too many that are not valid.
    #[error(
        "Too many unknown access tokens came from this address. Please wait {} seconds before sending \
         more requests.", window.reset
    )]
    TooManyUnknownTokens { window: Window },
    /// The organization does not exist, or the token does not cover it: the response must not say
    /// which.
    #[error("No organization found. Check its slug, and that the access token covers it.")]
    OrganizationNotFound,
    /// The token has none of these scopes.
    #[error("The access token needs the scope {}.", any_of(.0))]
    MissingScope(&'static [Scope]),
    #[error("No registry found. Check its slug, which changes when the registry is renamed.")]
    RegistryNotFound,
    #[error("No registry token found. Check its id, and that it is a token of this registry.")]
    RegistryTokenNotFound,
    #[error(
        "Nothing is served at this path. Check its spelling; the API is served under /v2, such as /v2/access-token."
    )]
    RouteNotFound,
    #[error("This path does not support that method. The Allow header lists those it supports.")]
    MethodNotAllowed,
    #[error("The request is not valid HTTP: {0}.")]
    MalformedRequest(&'static str),
    #[error("The request headers are too large. The limit is {limit} bytes.")]
    HeadTooLarge { limit: usize },
    #[error("The body must be JSON, with one header `Content-Type: application/json`.")]
    UnsupportedMediaType,
    /// The body is compressed, or coded in another way.
    #[error("The body has the Content-Encoding {0}, which is not supported. Send it without.")]
    UnsupportedContentEncoding(String),
    #[error("The body is too large. The limit is {limit} bytes.")]
    BodyTooLarge { limit: usize },
    /// The connection failed before the whole body was there.
    #[error("The request body ended too early, or its chunks are not valid. Send it again.")]
    BodyUnreadable,
    #[error(
        "The request body did not arrive within {}. Send it again.",
        humantime::format_duration(*limit)
    )]
    BodyTooSlow { limit: Duration },
    #[error("The body is not valid JSON: {0}.")]
    MalformedJson(String),
    /// The documented text (elsewhere in the same API), and the first problem: there are clients that
    /// show nothing else.
    #[error("Validation Failed{}", .0.first().map(|it| format!(": {}", it.message)).unwrap_or_default())]
    Validation(Vec<Problem>),
    #[error(
        "You have exceeded your API rate limit. Please wait {} seconds before making more requests.",
        window.reset
    )]
    RateLimited { scope: &'static str, window: Window },
    /// The database cannot be reached or cannot do it now. Logged only.
    #[error(
        "The server cannot reach its database, or the database is too busy. Nothing was wrong with \
         the request: send it again."
    )]
    Unavailable(Box<dyn std::error::Error + Send + Sync>),
    /// A bug, or a failure of what the server stands on. Logged only.
    #[error("The server failed. The reason is in its log; try again later.")]
    Internal(Box<dyn std::error::Error + Send + Sync>),
}

/// Why a request has no valid token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unauthenticated {
    #[error("Authentication required. Send an access token as `Authorization: Bearer TOKEN`.")]
    NoCredentials,
    #[error(
        "The Authorization header is malformed. Send it once, as `Authorization: Bearer TOKEN`; no \
         other scheme is supported."
    )]
    MalformedCredentials,
    #[error("The access token is unknown. Check that it is complete.")]
    UnknownToken,
    #[error("The access token has expired. Use another one.")]
    ExpiredToken,
    #[error("The access token was revoked. Use another one.")]
    RevokedToken,
}

impl From<Unauthenticated> for Error {
    fn from(why: Unauthenticated) -> Self {
        Self::Unauthenticated(why)
    }
}

impl From<StorageError> for Error {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Unavailable(_) => Self::Unavailable(error.into()),
            _ => Self::Internal(error.into()),
        }
    }
}

impl From<NoRandomness> for Error {
    fn from(error: NoRandomness) -> Self {
        Self::Internal(error.into())
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        self.log();
        let status = self.status();
        let message = self.to_string();
        let is_of_database = self.is_of_database();
        let is_coded = matches!(self, Self::UnsupportedContentEncoding(_));
        let mut response = match self {
            Self::Validation(errors) => {
                (status, Json(ValidationBody { message, errors })).into_response()
            }
            Self::RateLimited { scope, window } => {
                (status, Json(RateLimitBody::new(message, scope, window))).into_response()
            }
            Self::TooManyUnknownTokens { window } => {
                let body = RateLimitBody::new(message, Usage::USER_SCOPE, window);
                (status, Json(body)).into_response()
            }
            _ => (status, Json(MessageBody { message })).into_response(),
        };
        if status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static("Bearer");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, Self::RETRY_AFTER);
        }
        if is_coded {
            // In a response it lists the codings that requests may have (RFC 9110, 12.5.3).
            let nothing = HeaderValue::from_static("identity");
            response.headers_mut().insert(header::ACCEPT_ENCODING, nothing);
        }
        if is_of_database {
            response.extensions_mut().insert(DatabaseFailed);
        }
        response
    }
}

/// Left in the response to a request that failed since the database did.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DatabaseFailed;

impl Error {
    /// Seconds after which a database that was away may be back.
    const RETRY_AFTER: HeaderValue = HeaderValue::from_static("2");

    /// Logs what the response does not say.
    pub(crate) fn log(&self) {
        if let Self::Internal(error) | Self::Unavailable(error) = self {
            tracing::error!(error = &**error as &dyn std::error::Error, "request failed");
        }
    }

    pub(crate) fn is_of_database(&self) -> bool {
        match self {
            Self::Internal(error) | Self::Unavailable(error) => error.is::<StorageError>(),
            _ => false,
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Unauthenticated(_) => StatusCode::UNAUTHORIZED,
            Self::OrganizationNotFound
            | Self::RegistryNotFound
            | Self::RegistryTokenNotFound
            | Self::RouteNotFound => StatusCode::NOT_FOUND,
            Self::MissingScope(_) => StatusCode::FORBIDDEN,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::HeadTooLarge { .. } => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::UnsupportedMediaType | Self::UnsupportedContentEncoding(_) => {
                StatusCode::UNSUPPORTED_MEDIA_TYPE
            }
            Self::BodyTooSlow { .. } => StatusCode::REQUEST_TIMEOUT,
            Self::BodyTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::MalformedRequest(_) | Self::BodyUnreadable | Self::MalformedJson(_) => {
                StatusCode::BAD_REQUEST
            }
            Self::Validation(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::RateLimited { .. } | Self::TooManyUnknownTokens { .. } => {
                StatusCode::TOO_MANY_REQUESTS
            }
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

fn any_of(scopes: &[Scope]) -> String {
    scopes.iter().map(|scope| format!("`{scope}`")).collect::<Vec<_>>().join(" or ")
}

#[derive(Serialize)]
struct MessageBody {
    message: String,
}

#[derive(Serialize)]
struct ValidationBody {
    message: String,
    errors: Vec<Problem>,
}

/// Property by property as documented (Rate limits, Exceeding the rate limit).
#[derive(Serialize)]
struct RateLimitBody {
    message: String,
    scope: &'static str,
    limit: u32,
    current: u32,
    reset: u32,
}

impl RateLimitBody {
    fn new(message: String, scope: &'static str, window: Window) -> Self {
        let Window { limit, current, reset, .. } = window;
        Self { message, scope, limit, current, reset }
    }
}
