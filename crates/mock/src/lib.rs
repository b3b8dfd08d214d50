#![doc = include_str!("../README.md")]
#![deny(missing_docs)]

mod doubles;
mod operation;
mod server;

use std::fmt::Debug;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

pub use doubles::response;
pub use generated::{errors, examples, operations};
pub use httpmock;
pub use server::MockServer;

pub(crate) use doubles::error;
pub(crate) use operation::{ask, reply};

/// The body of an error.
fn message_body(message: &str) -> Value {
    json!({ "message": message })
}

/// A value, or what its builder builds.
fn value<T>(value: impl TryInto<T, Error: Debug>) -> T {
    value.try_into().expect("every required property is set")
}

/// Reads an example of the contract.
fn example<T: DeserializeOwned>(json: &str) -> T {
    serde_json::from_str(json).expect("an example fits its schema")
}

/// A segment of a path as the client sends it, as a part of a regular expression.
fn segment(value: &str) -> String {
    /// Everything but the unreserved characters of RFC 3986.
    const ENCODED: &AsciiSet =
        &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    regex::escape(&utf8_percent_encode(value, ENCODED).to_string())
}

#[expect(
    clippy::all,
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "generated code is not written to be read"
)]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/mocks.rs"));
}
