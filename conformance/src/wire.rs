//! What is sent and what comes back, free of secrets from the moment it arrives.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde_json::Value;

use crate::text::{is_json, without_lone_surrogates};

/// Which credential a request carries. The secrets themselves never leave [`crate::deployment`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Credential {
    /// None at all.
    None,
    /// A token that cannot be known to the deployment.
    Unknown,
    /// The token of the run.
    Main,
    /// The token of the run as user and as password, whichever a deployment may look at.
    Basic,
    /// A token that may only read.
    Limited,
    /// A token that the run may revoke.
    Revocable,
}

impl Credential {
    /// Whether it is a token that the deployment knows.
    pub(crate) fn is_known(self) -> bool {
        !matches!(self, Self::None | Self::Unknown | Self::Basic)
    }

    /// How the credential is written in a `curl` line; `None` when there is none to write.
    fn curl_option(self) -> Option<String> {
        match self {
            Self::Basic => Some("-u \"$REGISTRIES_TOKEN:$REGISTRIES_TOKEN\"".into()),
            _ => self.authorization().map(|value| format!("-H \"Authorization: {value}\"")),
        }
    }

    /// The header that carries the credential, with a name in place of the token; `None` when there
    /// is none.
    pub(crate) fn authorization(self) -> Option<String> {
        let bearer = |value: &str| Some(format!("Bearer {value}"));
        match self {
            Self::None => None,
            Self::Unknown => bearer(UNKNOWN_TOKEN),
            Self::Main => bearer("$REGISTRIES_TOKEN"),
            Self::Basic => Some("Basic $REGISTRIES_TOKEN:$REGISTRIES_TOKEN".into()),
            Self::Limited => bearer("$REGISTRIES_LIMITED_TOKEN"),
            Self::Revocable => bearer("$REGISTRIES_REVOCABLE_TOKEN"),
        }
    }
}

/// What is sent as the token that no deployment knows.
pub(crate) const UNKNOWN_TOKEN: &str = "conformance-unknown-token";

/// The method of what a browser sends before a request of another origin.
pub(crate) const PREFLIGHT: &str = "OPTIONS";

/// The other origin.
pub(crate) const ORIGIN: &str = "https://example.com";

/// A request to an operation of the contract, or the preflight of one.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The `operationId`.
    pub operation: &'static str,
    /// The method, in upper case.
    pub method: String,
    /// The path below the base URL, percent-encoded.
    pub path: String,
    /// The credential.
    pub credential: Credential,
    /// The body, which is sent as it is and declared as JSON.
    pub body: Option<String>,
}

impl Request {
    /// The headers beside those for the credential and the body: a preflight says what is to come.
    pub(crate) fn headers(&self) -> &'static [(&'static str, &'static str)] {
        if self.method != PREFLIGHT {
            return &[("accept", "application/json")];
        }
        &[
            ("accept", "*/*"),
            ("origin", ORIGIN),
            ("access-control-request-method", "GET"),
            ("access-control-request-headers", "authorization"),
        ]
    }

    /// The `curl` command that repeats this request, the token as `$REGISTRIES_TOKEN`.
    #[must_use]
    pub fn curl(&self, base_url: &str) -> String {
        let mut words = vec!["curl".to_owned(), "-i".to_owned()];
        words.extend(self.credential.curl_option());
        if self.method == PREFLIGHT {
            words
                .extend(self.headers().iter().map(|(name, value)| format!("-H '{name}: {value}'")));
        }
        words.push(format!("-X {} {}", self.method, quoted(&format!("{base_url}{}", self.path))));
        if let Some(body) = &self.body {
            words.push("-H 'Content-Type: application/json'".into());
            words.push(format!("-d {}", quoted(body)));
        }
        words.join(" ")
    }
}

/// `text` as one word of a POSIX shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// What a deployment answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers, their names in lower case; the values of a repeated one are joined by commas,
    /// unless it can have one only: then it is the first.
    pub headers: BTreeMap<String, String>,
    /// The body as text.
    pub text: String,
    /// The body as JSON, when it is.
    pub json: Option<Value>,
    /// Whether one of the run's secrets stood in the answer. It has been replaced.
    pub leaked_secret: bool,
    /// The body as it arrived, free of secrets, when it is no text; `text` then has replacement
    /// characters.
    pub bytes: Option<Vec<u8>>,
    /// The headers that a recorder has not kept.
    pub not_kept: NotKept,
}

/// Which headers of an answer a recorder has not kept: nothing is said of those.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum NotKept {
    /// None: what is not there was not sent.
    #[default]
    Nothing,
    /// These, by their names in lower case: they were sent, with whatever value.
    Values(BTreeSet<String>),
    /// Perhaps any of those that are not there.
    Headers,
}

impl Answer {
    /// An answer in which `clean` has replaced every secret, wherever it stood; it returns the text
    /// and whether there was one.
    pub(crate) fn cleaned<'a>(
        status: u16,
        headers: impl Iterator<Item = (&'a str, &'a str)>,
        body: &[u8],
        clean: impl Fn(&str) -> (String, bool),
    ) -> Self {
        let (text, mut leaked_secret) = clean(&String::from_utf8_lossy(body));
        let mut kept = BTreeMap::new();
        for (name, value) in headers {
            let (value, leaked) = clean(value);
            leaked_secret |= leaked;
            let name = name.to_ascii_lowercase();
            // Several lines with one name are one list (RFC 9110, section 5.2), unless the header has one
            // value: of that, the first is as good as any.
            let is_list = name != "content-type" && !name.starts_with("ratelimit-");
            kept.entry(name)
                .and_modify(|before: &mut String| {
                    if is_list {
                        *before = format!("{before}, {value}");
                    }
                })
                .or_insert(value);
        }
        Self {
            status,
            headers: kept,
            // Bytes that are not UTF-8 are no JSON either, whatever they look like when replaced.
            json: std::str::from_utf8(body).ok().and_then(|_| serde_json::from_str(&text).ok()),
            text,
            leaked_secret,
            bytes: None,
            not_kept: NotKept::default(),
        }
    }

    /// The header of this name, in lower case or not.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Whether the header of this name can be judged: it is there, or was not sent.
    pub(crate) fn has_kept(&self, name: &str) -> bool {
        match &self.not_kept {
            NotKept::Nothing => true,
            NotKept::Values(names) => !names.contains(&name.to_ascii_lowercase()),
            NotKept::Headers => self.header(name).is_some(),
        }
    }

    /// Whether the body is JSON that this program cannot read: it has numbers or a depth that RFC 8259
    /// permits, and the library does not. Half a character is no text of any kind.
    pub(crate) fn is_json_beyond(&self) -> bool {
        let may_be = self.json.is_none()
            && self.bytes.is_none()
            && matches!(without_lone_surrogates(&self.text), Cow::Borrowed(_));
        may_be && is_json(self.text.as_bytes())
    }

    /// The number in a header, if it has one. What is left of a limit can be less than nothing. One that
    /// is too large stands for the largest.
    pub(crate) fn number(&self, name: &str) -> Option<i64> {
        let number: i128 = self.header(name)?.trim().parse().ok()?;
        let bounded = number.clamp(i64::MIN.into(), i64::MAX.into());
        i64::try_from(bounded).ok()
    }

    /// How many a header says there are; less than none is none.
    pub(crate) fn count(&self, name: &str) -> Option<u64> {
        Some(u64::try_from(self.number(name)?).unwrap_or_default())
    }

    /// Whether the status is a success.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// What the headers say of a body that the status rules out; `None` when there is none.
    pub(crate) fn needless_body(&self) -> Option<String> {
        if !matches!(self.status, 204 | 304) {
            return None;
        }
        match (self.header("content-length"), self.header("transfer-encoding")) {
            (Some(length), _) if self.status == 204 && length.trim() != "0" => {
                Some(format!("content-length: {length}"))
            }
            (_, Some(encoding)) => Some(format!("transfer-encoding: {encoding}")),
            _ => None,
        }
    }

    /// Whether it is a page for people, which the API does not send: that of a login, a proxy or a CDN.
    pub(crate) fn is_page(&self) -> bool {
        let says_so = self.header("content-type").is_some_and(|it| {
            let essence = it.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
            matches!(essence.as_str(), "text/html" | "application/xhtml+xml")
        });
        self.json.is_none() && (says_so || self.text.trim_start().starts_with('<'))
    }

    /// What the body is, in a few words.
    pub(crate) fn body_outline(&self) -> String {
        match &self.json {
            _ if self.text.trim().is_empty() => "an empty body".into(),
            Some(body) => abridged(body),
            None if self.is_page() => "HTML".into(),
            None => format!("the text {}", abridged(&Value::from(self.text.as_str()))),
        }
    }

    /// The slug that it tells of a registry, if that can stand in a path.
    pub(crate) fn slug(&self) -> Option<&str> {
        self.json.as_ref()?.get("slug")?.as_str().filter(|slug| is_segment(slug))
    }

    /// The URL of the page after this one, when it is a page of a list.
    pub(crate) fn next_page(&self) -> Option<&str> {
        let links = self.header("link")?.split('<').skip(1);
        let mut links = links.filter_map(|link| link.split_once('>'));
        let is_next = |rest: &str| rest.contains("rel=\"next\"") || rest.contains("rel=next");
        links.find(|(_, rest)| is_next(rest)).map(|(url, _)| url)
    }

    /// Whether the status speaks of who asks and what for, not of what is asked.
    pub(crate) fn is_about_access(&self) -> bool {
        matches!(self.status, 401 | 403 | 404)
    }

    /// Whether it is a refusal that need not be for what the body says.
    pub(crate) fn may_be_about_the_request(&self) -> bool {
        (400..500).contains(&self.status) && !matches!(self.status, 400 | 409 | 413 | 422)
    }

    /// Whether what is asked was refused, and not who asks or what for.
    pub(crate) fn refuses_what_is_asked(&self) -> bool {
        (400..500).contains(&self.status) && !self.is_about_access()
    }

    /// The status, and the message when there is one: what a person wants to know first.
    #[must_use]
    pub fn outline(&self) -> String {
        match self.json.as_ref().and_then(|body| body.get("message")).and_then(Value::as_str) {
            Some(message) => format!("{} {}", self.status, abridged(&Value::from(message))),
            None => self.status.to_string(),
        }
    }
}

/// Why a request got no answer: none came in time.
pub(crate) const TIMED_OUT: &str = "no answer in time";

/// The same: the connection could not be made. The cause follows.
pub(crate) const NO_CONNECTION: &str = "no connection";

/// The same: the connection ended before the answer did. The cause follows.
pub(crate) const BROKEN_OFF: &str = "the connection broke off";

/// Why a request got no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NoAnswer {
    reason: String,
    is_too_large: bool,
}

impl NoAnswer {
    pub(crate) fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), is_too_large: false }
    }

    /// There was an answer, and it is longer than what can be looked at.
    pub(crate) fn too_large(reason: String) -> Self {
        Self { reason, is_too_large: true }
    }

    pub(crate) fn reason(&self) -> &str {
        &self.reason
    }

    /// Whether there was an answer, longer than what can be looked at.
    pub(crate) fn is_too_large(&self) -> bool {
        self.is_too_large
    }

    /// Whether the answer was lost on the way, so that the request may have been carried out.
    pub(crate) fn is_lost(&self) -> bool {
        [TIMED_OUT, NO_CONNECTION, BROKEN_OFF].iter().any(|it| self.reason.starts_with(it))
    }

    /// Whether a server was there, and ended the connection.
    pub(crate) fn is_broken_off(&self) -> bool {
        self.reason.starts_with(BROKEN_OFF)
    }

    /// The reason without its cause.
    pub(crate) fn brief(&self) -> &str {
        let known = [TIMED_OUT, NO_CONNECTION, BROKEN_OFF];
        known.into_iter().find(|it| self.reason.starts_with(it)).unwrap_or(&self.reason)
    }

    /// Whether the request cannot have been carried out, for want of a connection.
    pub(crate) fn is_without_connection(&self) -> bool {
        self.reason.starts_with(NO_CONNECTION)
    }
}

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

/// A property's value as findings show it.
pub(crate) fn shown(value: Option<&Value>) -> String {
    value.map_or_else(|| "no such property".into(), abridged)
}

/// A value as compact JSON, cut to what fits into a line.
pub(crate) fn abridged(value: &Value) -> String {
    const LIMIT: usize = 160;
    let text = value.to_string();
    match text.char_indices().nth(LIMIT) {
        Some((cut, _)) => format!("{}… ({} bytes)", &text[..cut], text.len()),
        None => text,
    }
}

/// An id as a path has it. That it has to be text, the contract says; a number tells things apart as
/// well.
pub(crate) fn id_text(id: &Value) -> Option<String> {
    match id {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Whether a slug can be a segment of a path as it is.
pub(crate) fn is_segment(slug: &str) -> bool {
    !slug.is_empty() && slug.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_curl_line_survives_the_shell() {
        let request = Request {
            operation: "create_registry",
            method: "POST".into(),
            path: "/packages/organizations/my-org/registries".into(),
            credential: Credential::Main,
            body: Some(r#"{"name":"it's"}"#.into()),
        };
        let line = request.curl("http://127.0.0.1:1/v2");
        let script = format!("curl() {{ printf '%s\\n' \"$@\"; }}; {line}");
        let output = std::process::Command::new("sh")
            .args(["-c", &script])
            .env("REGISTRIES_TOKEN", "secret")
            .output()
            .unwrap();
        let words = String::from_utf8(output.stdout).unwrap();
        let expected = [
            "-i",
            "-H",
            "Authorization: Bearer secret",
            "-X",
            "POST",
            "http://127.0.0.1:1/v2/packages/organizations/my-org/registries",
            "-H",
            "Content-Type: application/json",
            "-d",
            r#"{"name":"it's"}"#,
        ];
        assert_eq!(words.lines().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn the_curl_line_of_a_preflight_says_what_is_to_come() {
        let request = Request {
            operation: "list_registries",
            method: PREFLIGHT.into(),
            path: "/organizations".into(),
            credential: Credential::None,
            body: None,
        };
        let line = request.curl("http://127.0.0.1:1/v2");
        assert!(line.contains("-H 'origin: https://example.com'"), "{line}");
        assert!(line.contains("-H 'access-control-request-headers: authorization'"), "{line}");
        assert!(line.ends_with("-X OPTIONS 'http://127.0.0.1:1/v2/organizations'"), "{line}");
    }

    #[test]
    fn the_next_page_is_where_the_link_says() {
        let answer = |link: &str| {
            let headers = [("link", link)].into_iter();
            Answer::cleaned(200, headers, b"[]", |text| (text.to_owned(), false))
        };
        for (link, next) in [
            (
                "<http://h/a?page=1,2>; rel=\"prev\", <http://h/a?page=3,4>; rel=\"next\"",
                Some("3,4"),
            ),
            ("<http://h/a?page=3>; title=\"x\"; rel=next", Some("3")),
            ("<http://h/a?page=1>; rel=\"first\"", None),
            ("", None),
        ] {
            let next = next.map(|page| format!("http://h/a?page={page}"));
            assert_eq!(answer(link).next_page(), next.as_deref(), "{link}");
        }
    }

    #[test]
    fn a_repeated_header_is_a_list_unless_it_has_one_value() {
        let headers = [
            ("Vary", "a"),
            ("vary", "b"),
            ("RateLimit-Remaining", "3"),
            ("ratelimit-remaining", "7"),
            ("content-type", "application/json"),
            ("content-type", "text/html"),
        ];
        let answer =
            Answer::cleaned(200, headers.into_iter(), b"", |text| (text.to_owned(), false));
        let values =
            ["vary", "ratelimit-remaining", "content-type"].map(|name| answer.header(name));
        assert_eq!(values, [Some("a, b"), Some("3"), Some("application/json")]);
    }

    #[test]
    fn a_long_value_is_cut_between_characters() {
        let text = abridged(&json!("ä".repeat(400)));
        assert!(text.starts_with("\"ää") && text.ends_with("… (802 bytes)"), "{text}");
        assert_eq!(abridged(&json!([1])), "[1]");
    }
}
