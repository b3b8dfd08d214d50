//! HTTP archives (HAR 1.2): what a run or a proxy records, and what anything else has recorded.
//!
//! The types hold what is used, and take what recorders leave out or add. (The `har` crate, 0.9,
//! refuses an entry without cookies or a status text, and drops the fields that begin with `_`,
//! which a replay needs.)

mod recorder;
mod recording;

use std::{collections::BTreeMap, io};

use base64::{Engine, prelude::BASE64_STANDARD};
use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

pub(crate) use self::recorder::Facts;
pub use self::{recorder::Recorder, recording::Recording};
use crate::{exchange::Answer, secrets::Secrets};

/// Why an archive is of no use.
#[derive(Debug, thiserror::Error)]
pub enum HarError {
    /// It cannot be read.
    #[error("it cannot be read: {0}")]
    Read(#[from] io::Error),
    /// It is no HAR.
    #[error("it is no HTTP archive (HAR): {0}")]
    Form(String),
    /// It does not hold a run of the suite.
    #[error("it is no recording of a run: {0}; `conformance check` looks at any other traffic")]
    NoRun(String),
}

/// An archive.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Har {
    /// Everything that it holds.
    pub log: Log,
}

/// What an archive holds.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Log {
    /// The version of the format, `1.2`.
    #[serde(default)]
    pub version: String,
    /// What wrote it.
    #[serde(default)]
    pub creator: Creator,
    /// What a replay needs to know of the run, in an archive that this suite wrote.
    #[serde(rename = "_conformance", default, skip_serializing_if = "Option::is_none")]
    pub conformance: Option<RunFacts>,
    /// The exchanges, in the order in which they were begun.
    pub entries: Vec<Entry>,
}

/// What wrote an archive.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Creator {
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// Its version.
    #[serde(default)]
    pub version: String,
}

/// What a replay needs to know of the run that was recorded.
#[expect(clippy::struct_excessive_bools, reason = "each says a thing of its own")]
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RunFacts {
    /// What names everything that the run created.
    pub run_tag: String,
    /// The slug of the organization.
    pub organization: String,
    /// The API root.
    pub base_url: String,
    /// The version of the contract that the deployment was held against.
    pub contract_version: String,
    /// What the random numbers of an exploration came from.
    #[serde(default)]
    pub seed: Option<u64>,
    /// Whether the user's rate limit was to be used up.
    #[serde(default)]
    pub exhaust_user_limit: bool,
    /// Whether it was the embedded reference server.
    pub embedded: bool,
    /// The team that registries were created for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// Whether there was a token that may only read.
    pub limited_token: bool,
    /// Whether there was a token to revoke.
    pub revocable_token: bool,
    /// Whether the run was interrupted.
    #[serde(default)]
    pub interrupted: bool,
}

/// An exchange.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// The step of the run, in an archive that this suite wrote.
    #[serde(rename = "_step", default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// When it began, in RFC 3339.
    #[serde(default)]
    pub started_date_time: String,
    /// How long it took, in milliseconds.
    #[serde(default, skip_deserializing)]
    pub time: f64,
    /// What was sent.
    pub request: HarRequest,
    /// What came back.
    pub response: HarResponse,
    /// What a browser's cache had to do with it: nothing.
    #[serde(default, skip_deserializing)]
    pub cache: BTreeMap<String, String>,
    /// How long its parts took.
    #[serde(default, skip_deserializing)]
    pub timings: Timings,
}

/// How long the parts of an exchange took, in milliseconds; only the wait is known.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Timings {
    /// Sending.
    pub send: f64,
    /// Waiting for the answer.
    pub wait: f64,
    /// Receiving.
    pub receive: f64,
}

/// A request.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HarRequest {
    /// Its method.
    pub method: String,
    /// Its URL.
    pub url: String,
    /// Its version of HTTP.
    #[serde(default, skip_deserializing)]
    pub http_version: String,
    /// Its cookies. They are not kept.
    #[serde(default, skip_deserializing)]
    pub cookies: [(); 0],
    /// Its headers.
    #[serde(default)]
    pub headers: Vec<Pair>,
    /// The parts of its query.
    #[serde(default)]
    pub query_string: Vec<Pair>,
    /// Its body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub post_data: Option<PostData>,
    /// The size of its headers, which nobody knows.
    #[serde(default = "unknown", deserialize_with = "never_known")]
    pub headers_size: i64,
    /// The size of its body.
    #[serde(default = "unknown", deserialize_with = "never_known")]
    pub body_size: i64,
}

/// A header, or a part of a query.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Pair {
    /// Its name.
    pub name: String,
    /// Its value.
    #[serde(default)]
    pub value: String,
}

/// The body of a request.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PostData {
    /// What it is declared as.
    #[serde(default, skip_deserializing)]
    pub mime_type: String,
    /// The body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// How `text` is encoded, where a recorder says so.
    #[serde(default, alias = "_encoding", skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
}

/// A response. Its status is 0 when there was none.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HarResponse {
    /// Its status.
    #[serde(deserialize_with = "status")]
    pub status: u16,
    /// What the status is called.
    #[serde(default, skip_deserializing)]
    pub status_text: String,
    /// Its version of HTTP.
    #[serde(default, skip_deserializing)]
    pub http_version: String,
    /// Its cookies. They are not kept.
    #[serde(default, skip_deserializing)]
    pub cookies: [(); 0],
    /// Its headers.
    #[serde(default)]
    pub headers: Vec<Pair>,
    /// Its body.
    #[serde(default)]
    pub content: Content,
    /// Where it leads; kept among the headers.
    #[serde(rename = "redirectURL", default, skip_deserializing)]
    pub redirect_url: String,
    /// The size of its headers, which nobody knows.
    #[serde(default = "unknown", deserialize_with = "never_known")]
    pub headers_size: i64,
    /// The size of its body as it was sent.
    #[serde(default = "unknown", deserialize_with = "never_known")]
    pub body_size: i64,
    /// Why there was none.
    #[serde(rename = "_error", default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Whether a secret of the run stood in it.
    #[serde(rename = "_leakedSecret", default, skip_serializing_if = "is_false")]
    pub leaked_secret: bool,
}

/// The body of a response.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Content {
    /// Its size when it is not compressed.
    #[serde(default = "unknown", deserialize_with = "never_known")]
    pub size: i64,
    /// What it is declared as; answers are judged by their headers.
    #[serde(default, skip_deserializing)]
    pub mime_type: String,
    /// The body, uncompressed; recorders may leave it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// `base64` when `text` is that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// Whether the body was not UTF-8, and `text` has replacement characters instead.
    #[serde(rename = "_notUtf8", default, skip_serializing_if = "is_false")]
    pub not_utf8: bool,
}

impl Har {
    /// Reads an archive.
    pub fn parse(bytes: &[u8]) -> Result<Self, HarError> {
        // Some recorders write a byte order mark, which the format asks to be ignored.
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        serde_json::from_slice(bytes).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            let text = error.to_string();
            // Of a value that does not fit the text says which it is, and it may be a secret.
            let is_told = !error.is_data() || text.starts_with("missing field");
            let other = format!("line {line}, column {column} has a value of another form");
            HarError::Form(if is_told { text } else { other })
        })
    }
}

impl PostData {
    /// The body, if it was kept.
    pub(crate) fn bytes(&self) -> Option<Vec<u8>> {
        decoded(self.text.as_deref()?, self.encoding.as_deref())
    }
}

impl HarResponse {
    /// The body, if it was kept.
    pub(crate) fn body(&self) -> Option<Vec<u8>> {
        decoded(self.content.text.as_deref()?, self.content.encoding.as_deref())
    }

    /// The answer to a request of that method to that URL, and whether its body was kept; free of
    /// `secrets`. `None` when there was none.
    pub(crate) fn answer(&self, asked: (&str, &str), secrets: &Secrets) -> Option<(Answer, bool)> {
        if self.status == 0 {
            return None;
        }
        let content = &self.content;
        let body = self.body();
        let headers = self.headers.iter().map(|it| (it.name.as_str(), it.value.as_str()));
        let body_read = body.as_deref().unwrap_or_default();
        let mut answer = secrets.answer(asked, self.status, headers, body_read);
        answer.leaked_secret |= self.leaked_secret;
        if content.not_utf8 {
            answer.json = None;
        }
        Some((answer, body.is_some()))
    }
}

/// A body as it was, from its text in an archive.
fn decoded(text: &str, encoding: Option<&str>) -> Option<Vec<u8>> {
    match encoding {
        Some(encoding) if encoding.eq_ignore_ascii_case("base64") => {
            BASE64_STANDARD.decode(text).ok()
        }
        _ => Some(text.as_bytes().to_vec()),
    }
}

fn timestamp(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

fn unknown() -> i64 {
    -1
}

/// Whatever is no status says that there was no answer: 0, -1 or null, as recorders have it.
fn status<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
    let status = Option::<i64>::deserialize(deserializer)?;
    Ok(status.and_then(|status| u16::try_from(status).ok()).unwrap_or_default())
}

/// Sizes are of no interest, so that no form of them is refused.
fn never_known<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    serde::de::IgnoredAny::deserialize(deserializer).map(|_| unknown())
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn response(value: serde_json::Value) -> HarResponse {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn a_byte_order_mark_and_what_recorders_add_or_leave_out_are_taken() {
        let text = r#"{"log": {"pages": [], "entries": [{"_priority": "High", "request": {
            "method": "GET", "url": "http://h/v2/access-token", "headersSize": null},
            "response": {"status": 200, "content": {"size": 1.5}}}]}}"#;
        let har = Har::parse(format!("\u{feff}{text}").as_bytes()).unwrap();
        assert_eq!(har.log.entries.len(), 1);
        assert!(Har::parse(b"{}").is_err() && Har::parse(b"<html>").is_err());
    }

    #[test]
    fn a_body_is_decoded_and_one_that_was_not_kept_is_known_to_be_missing() {
        let none = Secrets::default();
        let encoded = json!({"status": 200, "content": {"text": "e30=", "encoding": "base64"}});
        let (answer, kept) = response(encoded).answer(("GET", ""), &none).unwrap();
        assert_eq!((answer.json, kept), (Some(json!({})), true));
        let (_, kept) = response(json!({"status": 304})).answer(("GET", ""), &none).unwrap();
        assert!(!kept);
        for none_at_all in [json!(0), json!(-1), json!(null)] {
            assert!(response(json!({"status": none_at_all})).answer(("GET", ""), &none).is_none());
        }
    }

    #[test]
    fn headers_are_found_in_any_case_and_those_of_http_2_are_no_headers() {
        let headers = json!([{"name": ":status", "value": "200"}, {"name": "X-A", "value": "1"}]);
        let response = response(json!({"status": 200, "headers": headers}));
        let (answer, _) = response.answer(("GET", ""), &Secrets::default()).unwrap();
        assert_eq!(answer.header("x-a"), Some("1"));
        assert_eq!(answer.headers.len(), 1);
    }
}
