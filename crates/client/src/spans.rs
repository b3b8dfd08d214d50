//! Spans of calls and their attempts, for `tracing`, with the names of OpenTelemetry's semantic
//! conventions for HTTP clients (1.45).

use reqwest::Request;
use tracing::{Span, field::Empty};

use crate::{Error, Token, printed::printable_url, response::RawResponse};

/// A call: everything from its turn to its result.
pub(crate) fn call(operation: &'static str) -> Span {
    tracing::info_span!(
        "call",
        otel.name = operation,
        otel.kind = "internal",
        otel.status_code = Empty,
        "error.type" = Empty,
    )
}

/// One attempt of a call, after so many others. It prints neither the token nor a query.
pub(crate) fn attempt(request: &Request, resend_count: u32, token: &Token) -> Span {
    let span = tracing::info_span!(
        "HTTP",
        otel.name = request.method().as_str(),
        otel.kind = "client",
        otel.status_code = Empty,
        http.request.method = request.method().as_str(),
        http.request.resend_count = Empty,
        http.response.status_code = Empty,
        server.address = Empty,
        server.port = Empty,
        url.full = Empty,
        "error.type" = Empty,
    );
    if !span.is_disabled() {
        let url = request.url();
        span.record("url.full", printable_url(url.as_str(), &[token.secret()]));
        span.record("server.address", url.host_str());
        span.record("server.port", url.port_or_known_default());
        if resend_count > 0 {
            span.record("http.request.resend_count", resend_count);
        }
    }
    span
}

/// The attempt has this result.
pub(crate) fn end_attempt(span: &Span, result: &Result<RawResponse, Error>) {
    match result {
        Ok(response) => {
            let status = response.status();
            span.record("http.response.status_code", status.as_u16());
            if !status.is_success() {
                fail(span, status.as_str());
            }
        }
        Err(error) => fail(span, error_type(error)),
    }
}

/// The call has this result.
pub(crate) fn end_call(span: &Span, result: &Result<RawResponse, Error>) {
    match result {
        Ok(_) => {}
        Err(Error::Api(error)) => fail(span, error.status().as_str()),
        Err(error) => fail(span, error_type(error)),
    }
}

fn fail(span: &Span, error_type: &str) {
    span.record("error.type", error_type);
    span.record("otel.status_code", "ERROR");
}

/// What kind of error it is, of a few.
fn error_type(error: &Error) -> &'static str {
    match error {
        Error::Transport(error) if error.is_certificate() => "certificate",
        Error::Transport(error) if error.is_timeout() => "timeout",
        Error::Transport(error) if error.is_connect() => "connect",
        Error::Transport(_) => "transport",
        Error::Deadline(_) => "deadline",
        Error::InvalidParameter(_) => "invalid_request",
        _ => "_OTHER",
    }
}
