//! Answers whose text is there already.

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

/// An answer with this text, which is JSON.
pub(super) fn answer(text: impl Into<Body>) -> Response {
    let json = HeaderValue::from_static("application/json");
    ([(header::CONTENT_TYPE, json)], text.into()).into_response()
}
