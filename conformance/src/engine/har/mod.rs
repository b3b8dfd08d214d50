//! HTTP archives (HAR 1.2): what a run or a proxy records, and what anything else has recorded.
//!
//! The types hold what is used; `read.rs` takes what recorders leave out, add or write in another form.
//! (The `har` crate, 0.9, refuses an entry without cookies or a status text, and drops the fields that
//! begin with `_`, which a replay needs.)

mod file;
mod read;
mod recorder;
mod recording;

use std::{collections::BTreeMap, fs, io, path::Path};

use base64::{
    Engine,
    alphabet::{STANDARD, URL_SAFE},
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

pub(crate) use self::recorder::{Facts, Passed};
pub use self::{recorder::Recorder, recording::Recording};
use crate::{
    engine::compressed::{is_compressed, uncompressed},
    engine::deployment::BODY_LIMIT,
    engine::secrets::Secrets,
    exchange::{Answer, Unrecorded},
    text::{self, plain},
};

/// Why an archive is of no use.
#[derive(Debug, thiserror::Error)]
pub enum HarError {
    /// It cannot be read.
    #[error("it cannot be read: {}", plain(.0))]
    Read(#[from] io::Error),
    /// It is no HAR.
    #[error("it is not an HTTP archive (HAR): {0}")]
    Form(String),
    /// It is too large.
    #[error(
        "it has {0} bytes, more than {FILE_LIMIT}; split it, or remove the entries of other hosts"
    )]
    TooLarge(u64),
    /// It does not have a run of the suite.
    #[error("it is not a recording of a run: {0}; `conformance check` validates other traffic")]
    NoRun(String),
}

/// How large an archive may be, in bytes.
const FILE_LIMIT: u64 = 1 << 30;

/// An archive.
#[derive(Clone, Debug, Serialize)]
pub struct Har {
    /// Everything that it holds.
    pub log: Log,
}

/// What an archive holds.
#[derive(Clone, Debug, Serialize)]
pub struct Log {
    /// The version of the format, `1.2`.
    pub version: String,
    /// What wrote it.
    pub creator: Creator,
    /// What a replay needs to know of the run, in an archive that this suite wrote.
    #[serde(rename = "_conformance", skip_serializing_if = "Option::is_none")]
    pub conformance: Option<RunFacts>,
    /// The exchanges, in the order in which they were begun.
    pub entries: Vec<Entry>,
    /// The entries that cannot be read.
    #[serde(skip)]
    pub skipped: Vec<Skipped>,
}

/// An entry that cannot be read.
#[derive(Clone, Debug, Default)]
pub struct Skipped {
    /// Its number, counted from 1.
    pub entry: usize,
    /// Its request, if that can be read.
    pub request: Option<HarRequest>,
    /// Why it cannot be read.
    pub why: String,
}

/// What wrote an archive.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Creator {
    /// Its name.
    pub name: String,
    /// Its version.
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
    /// The version of the contract that the deployment was validated against.
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
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Its number in the archive that it was read from, counted from 1.
    #[serde(skip)]
    pub number: usize,
    /// The step of the run, in an archive that this suite wrote.
    #[serde(rename = "_step", skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// When it began, in RFC 3339.
    pub started_date_time: String,
    /// The duration in milliseconds.
    pub time: f64,
    /// What was sent.
    pub request: HarRequest,
    /// The response.
    pub response: HarResponse,
    /// What a browser's cache had to do with it: nothing.
    pub cache: BTreeMap<String, String>,
    /// How long its parts took.
    pub timings: Timings,
}

/// How long the parts of an exchange took, in milliseconds; only the wait is known.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Timings {
    /// Sending.
    pub send: f64,
    /// Waiting for the response.
    pub wait: f64,
    /// Receiving.
    pub receive: f64,
}

/// A request.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HarRequest {
    /// Its method.
    pub method: String,
    /// Its URL.
    pub url: String,
    /// Its version of HTTP.
    pub http_version: String,
    /// Its cookies. They are not kept.
    pub cookies: [(); 0],
    /// Its headers.
    pub headers: Vec<Pair>,
    /// The parts of its query.
    pub query_string: Vec<Pair>,
    /// Its body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub post_data: Option<PostData>,
    /// The size of its headers, which is unknown.
    pub headers_size: i64,
    /// The size of its body.
    pub body_size: i64,
}

/// A header, or a part of a query.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Pair {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// The body of a request.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PostData {
    /// What it is declared as.
    pub mime_type: String,
    /// The body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// `base64` when `text` is that. The format has no such field here; recorders add it.
    #[serde(rename = "_encoding", skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// Whether the archive has the fields of a form.
    #[serde(skip)]
    pub is_form: bool,
}

/// A response. Its status is 0 when there was none.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HarResponse {
    /// Its status.
    pub status: u16,
    /// What the status is called.
    pub status_text: String,
    /// Its version of HTTP.
    pub http_version: String,
    /// Its cookies. They are not kept.
    pub cookies: [(); 0],
    /// Its headers.
    pub headers: Vec<Pair>,
    /// Its body.
    pub content: Content,
    /// Where it leads; kept among the headers.
    #[serde(rename = "redirectURL")]
    pub redirect_url: String,
    /// The size of its headers, which is unknown.
    pub headers_size: i64,
    /// The size of its body as it was sent.
    pub body_size: i64,
    /// Why there was none.
    #[serde(rename = "_error", skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Whether a secret of the run stood in it.
    #[serde(rename = "_leakedSecret", skip_serializing_if = "is_false")]
    pub leaked_secret: bool,
    /// The headers that were not kept.
    #[serde(skip)]
    pub unrecorded: Unrecorded,
}

/// The body of a response.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Content {
    /// Its size when it is not compressed.
    pub size: i64,
    /// What it is declared as; answers are judged by their headers.
    pub mime_type: String,
    /// The body, uncompressed; recorders may leave it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// `base64` when `text` is that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// Whether the body was not UTF-8, and `text` has replacement characters instead; in recordings of
    /// earlier versions of this suite.
    #[serde(rename = "_notUtf8", skip_serializing_if = "is_false")]
    pub not_utf8: bool,
    /// Whether the recorder says that `text` is not all of it.
    #[serde(skip)]
    pub partial: bool,
}

impl Har {
    /// Reads an archive.
    pub fn parse(bytes: &[u8]) -> Result<Self, HarError> {
        read::archive(bytes)
    }

    /// Reads the archive in a file.
    pub fn read(path: &Path) -> Result<Self, HarError> {
        // A pipe has no size before it was read.
        let size = fs::metadata(path)?.len();
        if size > FILE_LIMIT {
            return Err(HarError::TooLarge(size));
        }
        Self::parse(&text::bytes(path, FILE_LIMIT)?)
    }
}

impl PostData {
    /// The body, if it was kept.
    pub(crate) fn bytes(&self) -> Option<Vec<u8>> {
        decoded(self.text.as_deref()?, self.encoding.as_deref())
    }
}

impl HarResponse {
    /// The body, if all of it was kept.
    pub(crate) fn body(&self) -> Option<Vec<u8>> {
        let content = &self.content;
        let text = content.text.as_deref()?;
        let mut body = decoded(text, content.encoding.as_deref())?;
        if body.is_empty() {
            return self.is_empty().then_some(body);
        }
        if self.says_more(&body) {
            return None;
        }
        if text::is_json(&body) {
            return Some(body);
        }
        let encodings: Vec<&str> = self.values("content-encoding").collect();
        if is_compressed(encodings.iter().copied()) {
            body = self.uncompressed(body, &encodings)?;
        } else if self.is_cut(&body) {
            return None;
        }
        (!content.partial || text::is_json(&body)).then_some(body)
    }

    /// The body that a recorder has kept as it arrived, in base64 or a byte for a character; or as it
    /// was meant, though a header says that it arrived compressed.
    fn uncompressed(&self, body: Vec<u8>, encodings: &[&str]) -> Option<Vec<u8>> {
        let text = std::str::from_utf8(&body).ok();
        let one_by_one = text.and_then(|text| {
            text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect::<Option<Vec<u8>>>()
        });
        let is_text = text.is_some_and(|text| {
            !text.contains(|c: char| c == '\u{fffd}' || (c.is_control() && !c.is_whitespace()))
        });
        let read = [Some(&body), one_by_one.as_ref()]
            .into_iter()
            .flatten()
            .find_map(|body| uncompressed(body, encodings.iter().copied()));
        read.or_else(|| (is_text && !self.is_cut(&body)).then_some(body))
    }

    /// Whether an empty text is an empty body, and not one that was left out: only if something says so,
    /// and nothing says otherwise.
    fn is_empty(&self) -> bool {
        let length = self.length();
        let sizes = [self.content.size, self.body_size, length.unwrap_or(-1)];
        (self.content.size == 0 || length == Some(0))
            && sizes.iter().all(|size| *size <= 0)
            && !self.content.partial
    }

    /// Whether the recorder says that the body had more bytes than it kept, even if what it kept is JSON:
    /// its size, or without one the size of what arrived. That of a header may be of what was there
    /// before secrets were taken out.
    fn says_more(&self, body: &[u8]) -> bool {
        let says = if self.content.size < 0 { self.body_size } else { self.content.size };
        let is_as_sent = !is_compressed(self.values("content-encoding"));
        says > size(body) + MARK && (self.content.size >= 0 || is_as_sent)
    }

    /// Whether the body had more bytes than were kept.
    fn is_cut(&self, body: &[u8]) -> bool {
        let kept = size(body) + MARK;
        let is_as_sent = !is_compressed(self.values("content-encoding"));
        let as_sent = self.length().unwrap_or(self.body_size);
        self.content.size > kept || (is_as_sent && as_sent > kept)
    }

    /// The length that a header declares.
    fn length(&self) -> Option<i64> {
        self.values("content-length").next()?.trim().parse().ok()
    }

    fn values<'h>(&'h self, name: &'h str) -> impl Iterator<Item = &'h str> {
        let named = move |it: &&Pair| it.name.eq_ignore_ascii_case(name);
        self.headers.iter().filter(named).map(|it| it.value.as_str())
    }

    /// The response to a request of that method to that URL, and whether its body was kept; free of
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
        answer.unrecorded = self.unrecorded.clone();
        if content.not_utf8 {
            answer.json = None;
            answer.bytes = answer.bytes.or_else(|| Some(answer.text.clone().into_bytes()));
        }
        Some((answer, body.is_some()))
    }
}

/// How many bytes a byte order mark has, which recorders leave out.
const MARK: i64 = 3;

/// A body as it was, from its text in an archive.
fn decoded(text: &str, encoding: Option<&str>) -> Option<Vec<u8>> {
    const PLAIN: [&str; 5] = ["", "utf-8", "utf8", "text", "identity"];
    match encoding.map(|it| it.trim().to_ascii_lowercase()).as_deref() {
        Some("base64") => from_base64(text),
        Some(other) if !PLAIN.contains(&other) => None,
        _ => Some(text.as_bytes().to_vec()),
    }
    .filter(|body| body.len() <= BODY_LIMIT)
}

/// What base64 stands for, in lines or not, padded or not, in either alphabet.
fn from_base64(text: &str) -> Option<Vec<u8>> {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let text: String = text.split_ascii_whitespace().collect();
    let alphabet = if text.contains(['-', '_']) { URL_SAFE } else { STANDARD };
    GeneralPurpose::new(&alphabet, config).decode(text).ok()
}

fn timestamp(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

fn unknown() -> i64 {
    -1
}

fn size(body: &[u8]) -> i64 {
    i64::try_from(body.len()).unwrap_or(i64::MAX)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

#[cfg(test)]
mod tests;
