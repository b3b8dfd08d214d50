//! Responses: a success with its value, and what came in before it is known to be one.

use std::{
    borrow::Cow,
    fmt,
    ops::{Deref, DerefMut},
    sync::OnceLock,
};

use bytes::Bytes;
use reqwest::{Method, StatusCode, header::HeaderMap};
use serde::de::DeserializeOwned;

use crate::{
    Error, RateLimits, Token,
    error::{ApiError, Called, DecodeError, TooLargeError},
    printed::printable,
};

/// A successful response: its value, to which it dereferences, its status and its headers. `Debug`
/// prints no header.
#[derive(Clone)]
pub struct Response<T> {
    value: T,
    raw: RawResponse,
}

impl<T> Response<T> {
    /// The value without the rest.
    pub fn into_inner(self) -> T {
        self.value
    }

    /// The operation, such as `get_registry`.
    pub fn operation(&self) -> &'static str {
        self.raw.operation()
    }

    /// The status, from 200 to 299; 404 where a call takes it for a value, such as
    /// [`RegistryHandle::find`](crate::RegistryHandle::find).
    pub fn status(&self) -> StatusCode {
        self.raw.status
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.raw.headers
    }

    /// The id that the deployment gave the request (`X-Request-Id`), as it may be printed: see
    /// [`RawResponse::request_id`].
    pub fn request_id(&self) -> Option<&str> {
        self.raw.request_id()
    }

    /// What the headers say about rate limits.
    pub fn rate_limits(&self) -> RateLimits {
        self.raw.rate_limits()
    }

    /// The body as it came in.
    pub fn body(&self) -> &Bytes {
        &self.raw.body
    }

    /// The same response with another value.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Response<U> {
        Response { value: f(self.value), raw: self.raw }
    }

    /// The value, and the response as it came in.
    pub(crate) fn into_parts(self) -> (T, RawResponse) {
        (self.value, self.raw)
    }

    pub(crate) fn from_parts(value: T, raw: RawResponse) -> Self {
        Self { value, raw }
    }
}

impl<T: fmt::Debug> fmt::Debug for Response<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("value", &self.value)
            .field("status", &self.raw.status)
            .finish_non_exhaustive()
    }
}

impl<T> Deref for Response<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for Response<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

/// A response as it came in, whatever its status is. `Debug` prints neither the body nor a header.
#[derive(Clone)]
pub struct RawResponse {
    pub(crate) called: Called,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// How many bytes of the body may be read, where it has more and the rest is missing.
    pub(crate) cut_at: Option<usize>,
    /// The token of the request, which a deployment may send back and which is not printed.
    token: Option<Token>,
    /// The id of the request, as it may be printed. Few read it.
    request_id: OnceLock<Option<String>>,
}

impl RawResponse {
    /// A response to an operation such as `get_registry`, for tests.
    ///
    /// ```
    /// use registries_client::{Error, ErrorKind, HeaderMap, Method, RawResponse, StatusCode};
    ///
    /// let body = r#"{"message": "No registry found"}"#;
    /// let status = StatusCode::NOT_FOUND;
    /// let response =
    ///     RawResponse::new("get_registry", Method::GET, status, HeaderMap::new(), body);
    /// assert_eq!(Error::from(response).kind(), ErrorKind::NotFound);
    /// ```
    pub fn new(
        operation: &'static str,
        method: Method,
        status: StatusCode,
        headers: HeaderMap,
        body: impl Into<Bytes>,
    ) -> Self {
        let called = Called { operation, method, name: operation.into() };
        let (body, cut_at, token, request_id) = (body.into(), None, None, OnceLock::new());
        Self { called, status, headers, body, cut_at, token, request_id }
    }

    /// The response to a request with this token. Its body is cut there if it is.
    pub(crate) fn received(
        called: Called,
        status: StatusCode,
        headers: HeaderMap,
        body: Vec<u8>,
        cut_at: Option<usize>,
        token: &Token,
    ) -> Self {
        let (body, token, request_id) = (body.into(), Some(token.clone()), OnceLock::new());
        Self { called, status, headers, body, cut_at, token, request_id }
    }

    /// What is not printed of it.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &str> {
        self.token.iter().map(Token::secret)
    }

    /// The operation, such as `get_registry`.
    pub fn operation(&self) -> &'static str {
        self.called.operation
    }

    /// The method of the request.
    pub fn method(&self) -> &Method {
        &self.called.method
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The id that the deployment gave the request (`X-Request-Id`), as it may be printed: cut where
    /// it is long, with the token and whatever looks like one redacted. [`headers`](Self::headers) has
    /// it as it came in.
    pub fn request_id(&self) -> Option<&str> {
        let printed = || {
            let secrets: Vec<&str> = self.secrets().collect();
            Some(printable(self.headers.get("x-request-id")?.to_str().ok()?, &secrets))
        };
        self.request_id.get_or_init(printed).as_deref()
    }

    /// What the headers say about rate limits.
    pub fn rate_limits(&self) -> RateLimits {
        RateLimits::from_headers(&self.headers)
    }

    /// The body as it came in, as far as it was read: of an error at most 1 MiB, and less where the
    /// connection broke.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// The body as text, with what is not UTF-8 replaced.
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }

    /// Turns everything but a success into an error.
    pub(crate) fn into_success(self) -> Result<Self, Error> {
        if self.status.is_success() { Ok(self) } else { Err(ApiError::new(self).into()) }
    }

    /// Reads the body of a success as JSON.
    pub(crate) fn decode<T: DeserializeOwned>(self) -> Result<Response<T>, Error> {
        if let Some(limit) = self.cut_at {
            return Err(TooLargeError::new(self, limit).into());
        }
        let mut json = serde_json::Deserializer::from_slice(&self.body);
        let read = serde_path_to_error::deserialize(&mut json)
            .map_err(|error| (error.path().to_string(), error.into_inner()));
        match read.and_then(|value| json.end().map(|()| value).map_err(|error| (".".into(), error)))
        {
            Ok(value) => Ok(Response { value, raw: self }),
            Err((path, error)) => Err(DecodeError::of::<T>(self, &path, &error).into()),
        }
    }

    /// A success whose body is taken as it is.
    pub(crate) fn into_bytes(self) -> Result<Response<Bytes>, Error> {
        match self.cut_at {
            Some(limit) => Err(TooLargeError::new(self, limit).into()),
            None => Ok(Response { value: self.body.clone(), raw: self }),
        }
    }

    /// A success whose body does not matter.
    pub(crate) fn discard(self) -> Response<()> {
        Response { value: (), raw: self }
    }
}

impl fmt::Debug for RawResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawResponse")
            .field("operation", &self.called.operation)
            .field("status", &self.status)
            .field("body_length", &self.body.len())
            .finish_non_exhaustive()
    }
}
