//! Successes whose body is of no use.

use std::{error::Error as StdError, fmt, ops::Deref};

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use super::{api::shape, mismatch::Mismatch};
use crate::{printed::printable, response::RawResponse};

/// A success that cannot be read: its body, or what a list says about its next page. It dereferences to
/// the response: status, headers, body.
#[derive(Clone)]
pub struct DecodeError {
    response: RawResponse,
    path: String,
    problem: String,
    /// What its body is, in words; nothing if the body was read.
    shape: Option<String>,
}

impl DecodeError {
    /// The body is no `T`: it is `problem` at `path`.
    pub(crate) fn of<T: DeserializeOwned>(
        response: RawResponse,
        path: &str,
        problem: &serde_json::Error,
    ) -> Self {
        let problem = match problem.classify() {
            // A value that does not fit, which the library prints.
            Category::Data => {
                let mismatch = Mismatch::of::<T>(response.body(), path);
                match (problem.line(), problem.column()) {
                    (0, _) => mismatch.to_string(),
                    (line, column) => format!("{mismatch} at line {line} column {column}"),
                }
            }
            // Nothing but the grammar, in constant texts.
            _ => problem.to_string(),
        };
        Self::new(response, path, &problem)
    }

    /// The body was read, and has no such property.
    pub(crate) fn of_missing(response: RawResponse, property: &'static str) -> Self {
        Self::new(response, ".", &Mismatch::Missing(property).to_string())
    }

    fn new(response: RawResponse, path: &str, problem: &str) -> Self {
        let secrets: Vec<_> = response.secrets().collect();
        let path = known_path(path, &secrets);
        let problem = printable(problem, &secrets);
        let shape = Some(shape(&response, &secrets));
        Self { response, path, problem, shape }
    }

    /// A page was read, and does not say what comes next.
    pub(crate) fn of_pages(response: RawResponse, problem: String) -> Self {
        Self { response, path: ".".to_owned(), problem, shape: None }
    }

    /// Where in the body it went wrong, such as `[2].slug`; `.` for the body as a whole. Names that are no
    /// plain words are left out of it.
    pub fn path(&self) -> &str {
        &self.path
    }
}

impl Deref for DecodeError {
    type Target = RawResponse;

    fn deref(&self) -> &RawResponse {
        &self.response
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
        let Self { response, path, problem, shape } = self;
        let (call, status) = (&response.called.name, response.status());
        let Some(shape) = shape else {
            return write!(f, "{call} succeeded, but the list cannot be continued: {problem}");
        };
        write!(f, "{call} succeeded with {status}, but its body ({shape}) cannot be read")?;
        match path.as_str() {
            "." => write!(f, ": {problem}"),
            path => write!(f, " at {path}: {problem}"),
        }
    }
}

impl StdError for DecodeError {}

/// A path with the names that properties have, and without others: a body may have anything as a name.
fn known_path(path: &str, secrets: &[&str]) -> String {
    const MAX_STEPS: usize = 16;
    let is_index =
        |step: &str| step.starts_with('[') && step.bytes().all(|b| b"[]0123456789".contains(&b));
    let is_word = |step: &str| {
        let letters = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        step.len() <= 32 && step.bytes().all(letters) && printable(step, secrets) == step
    };
    let steps = path.split('.').take(MAX_STEPS).map(|step| {
        // A list within a property is `name[0]`.
        let (name, index) = step.split_at(step.find('[').unwrap_or(step.len()));
        let name = if is_word(name) { name } else { "?" };
        format!("{name}{}", if is_index(index) { index } else { "" })
    });
    steps.collect::<Vec<_>>().join(".")
}

/// A success that is longer than responses may be. Raise
/// [`ClientBuilder::max_response_size`](crate::ClientBuilder::max_response_size) to read it. It dereferences to
/// the response, without its body.
#[derive(Clone)]
pub struct TooLargeError {
    response: RawResponse,
    limit: usize,
}

impl TooLargeError {
    pub(crate) fn new(mut response: RawResponse, limit: usize) -> Self {
        // What was read of it is of no use.
        response.body = Bytes::new();
        Self { response, limit }
    }

    /// How many bytes a response may have.
    pub fn limit(&self) -> usize {
        self.limit
    }
}

impl Deref for TooLargeError {
    type Target = RawResponse;

    fn deref(&self) -> &RawResponse {
        &self.response
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
            self.called.name,
            self.status(),
            self.limit
        )
    }
}

impl StdError for TooLargeError {}
