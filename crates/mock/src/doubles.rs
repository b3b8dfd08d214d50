//! What doubles of one's own return, where a test has no server.

use registries_client::{Error, HeaderMap, Method, RawResponse, Response, StatusCode};

/// The error of a call that got this status and message.
///
/// ```
/// let error = registries_mock::error(404, "No registry found");
/// assert!(error.is_not_found());
/// assert_eq!(error.message(), Some("No registry found"));
/// ```
///
/// # Panics
///
/// If there is no such status, or it is a success.
pub fn error(status: u16, message: &str) -> Error {
    let status = StatusCode::from_u16(status).expect("a status has three digits");
    assert!(!status.is_success(), "{status} is no error");
    raw(status, crate::message_body(message).to_string()).into()
}

/// A successful response with this value and without headers.
///
/// ```
/// use registries_mock::{examples, response};
///
/// assert_eq!(response(examples::get_registry()).slug, "my-registry");
/// ```
pub fn response<T>(value: T) -> Response<T> {
    Response::new(value, raw(StatusCode::OK, String::new()))
}

fn raw(status: StatusCode, body: String) -> RawResponse {
    RawResponse::new("double", Method::GET, status, HeaderMap::new(), body)
}
