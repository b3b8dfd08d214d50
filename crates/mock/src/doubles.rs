//! What doubles of one's own return, where a test has no server.

use registries_client::{Error, HeaderMap, Method, RawResponse, Response, StatusCode};

/// The error of an operation that got this status and message. The functions of
/// [`errors`](crate::errors) call it.
pub(crate) fn error(operation: &'static str, method: Method, status: u16, message: &str) -> Error {
    let status = StatusCode::from_u16(status).expect("a status has three digits");
    assert!(!status.is_success(), "{status} is no error");
    let body = crate::message_body(message).to_string();
    RawResponse::new(operation, method, status, HeaderMap::new(), body).into()
}

/// A successful response with this value and without headers.
///
/// ```
/// use registries_mock::{examples, response};
///
/// assert_eq!(response(examples::get_registry()).slug, "my-registry");
/// ```
pub fn response<T>(value: T) -> Response<T> {
    let raw = RawResponse::new("double", Method::GET, StatusCode::OK, HeaderMap::new(), "");
    Response::new(value, raw)
}
