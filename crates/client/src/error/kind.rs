//! What went wrong, to decide what to do about it.

use std::{fmt, time::Duration};

use serde_json::Value;

use super::WaitedFor;
use crate::printed::{printable, redacted};

/// What went wrong, by what a program would do about it. See [`Error::kind`](crate::Error::kind).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// 401: the deployment does not know the token, or no longer.
    Unauthorized,
    /// 403: the token may not do this.
    Forbidden,
    /// 404: there is no such organization, registry or token, or the token may not know of it.
    NotFound,
    /// 422: a property was not accepted. [`Error::problems`](crate::Error::problems) lists them.
    Validation,
    /// 429: a rate limit is exhausted, and still was after the last retry.
    RateLimited {
        /// How long it takes until the window starts anew, when the response says so.
        reset: Option<Duration>,
    },
    /// The deadline passed before the call was over.
    Deadline {
        /// What it waited for. [`Error::is_retryable`](crate::Error::is_retryable) says whether the call may
        /// be made again.
        waited_for: WaitedFor,
    },
    /// 502, 503 or 504: the deployment, or something in front of it, is out of order for now.
    Unavailable,
    /// Any other status from 500 to 599.
    Server,
    /// Any other status that is not a success.
    Status,
    /// The server's certificate is not trusted. Nothing was sent.
    Certificate,
    /// There was no response, or only a part of it.
    Transport,
    /// The request succeeded, but its response cannot be read.
    Decode,
    /// The request succeeded, but its response is larger than responses may be.
    TooLarge,
    /// A parameter or a property is missing or cannot be sent. Nothing was sent.
    InvalidRequest,
    /// The client cannot be set up like this.
    Configuration,
}

/// One problem with a request body, as a 422 lists them. Secrets are replaced in its texts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// The property that was not accepted, such as `name`.
    pub field: Option<String>,
    /// The reason, for programs, such as `missing`.
    pub code: Option<String>,
    /// The reason, for people.
    pub message: Option<String>,
}

impl Problem {
    /// Reads an entry of `errors`: an object, or just a message. What an entry looks like is not
    /// documented.
    pub(super) fn new(entry: &Value, secrets: &[&str]) -> Self {
        let text = |value: &Value| Some(redacted(value.as_str()?, secrets));
        let property = |name: &str| entry.get(name).and_then(text);
        Self {
            field: property("field"),
            code: property("code"),
            message: text(entry).or_else(|| property("message")),
        }
    }
}

impl fmt::Display for Problem {
    /// The message; without one, property and code. In one line, and cut where it is long.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match (&self.message, &self.field, &self.code) {
            (Some(message), ..) => message,
            (None, Some(field), Some(code)) => &format!("{field}: {code}"),
            (None, Some(text), None) | (None, None, Some(text)) => text,
            (None, None, None) => "a problem without a message",
        };
        f.write_str(&printable(text, &[]))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn problems_are_read_in_any_form() {
        for (entry, printed) in [
            (
                json!({"field": "name", "code": "missing", "message": "name is required"}),
                "name is required",
            ),
            (json!("name is required"), "name is required"),
            (json!({"field": "name", "code": "missing"}), "name: missing"),
            (json!({"field": "name"}), "name"),
            (json!({"code": "hunter22"}), "[redacted]"),
            (json!(7), "a problem without a message"),
        ] {
            assert_eq!(Problem::new(&entry, &["hunter22"]).to_string(), printed);
        }
    }
}
