//! What a file is before it is an archive: its encoding, and what else it may be.

use super::HarError;
use crate::text;

/// The JSON text of a file, with what no JSON text can have replaced.
pub(super) fn json_text(bytes: &[u8]) -> Result<String, HarError> {
    let bytes = text::utf8(bytes).map_err(|error| HarError::Form(error.to_string()))?;
    if let Some(other) = magic(bytes) {
        return Err(HarError::Form(format!("it is {other}")));
    }
    // A single byte that is no UTF-8, in whatever entry, is no reason to refuse all of them.
    let text = String::from_utf8_lossy(bytes);
    Ok(text::without_lone_surrogates(&text).into_owned())
}

/// What a file is that begins so and is no JSON.
fn magic(bytes: &[u8]) -> Option<&'static str> {
    const BEGINNINGS: [(&[u8], &str); 9] = [
        (b"\x1f\x8b", "compressed with gzip: decompress it first (gunzip)"),
        (b"PK\x03\x04", "a ZIP archive, as Fiddler and others save sessions: export them as HAR"),
        (b"\xd4\xc3\xb2\xa1", "a packet capture (pcap), which has no HTTP messages yet"),
        (b"\xa1\xb2\xc3\xd4", "a packet capture (pcap), which has no HTTP messages yet"),
        (b"\x0a\x0d\x0d\x0a", "a packet capture (pcapng), which has no HTTP messages yet"),
        (b"SQLite format 3", "an SQLite database"),
        (b"<", "XML or HTML, as Charles and others save sessions: export them as HAR"),
        (b"version: ", "YAML, as a cassette of go-vcr or VCR: `check` reads HAR only"),
        (b"---", "YAML, as a cassette of go-vcr or VCR: `check` reads HAR only"),
    ];
    let begins = |(beginning, _): &&(&[u8], &str)| bytes.trim_ascii_start().starts_with(beginning);
    let known = BEGINNINGS.iter().find(begins).map(|(_, what)| *what);
    // The lengths before everything in mitmproxy's own format.
    let digits = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let is_flow = digits > 0 && bytes.get(digits) == Some(&b':');
    let flow = "a flow file of mitmproxy: export it (mitmdump -nr FILE --set hardump=traffic.har)";
    known.or(is_flow.then_some(flow))
}

/// What a JSON object is that has no `log`.
pub(super) fn without_log(names: &[&str]) -> String {
    let has = |name| names.contains(&name);
    let what = if has("interactions") || has("http_interactions") {
        "a cassette of a VCR library"
    } else if has("info") && has("item") {
        "a Postman collection"
    } else if has("_type") && has("resources") {
        "an Insomnia export of requests, without responses"
    } else if has("openapi") || has("swagger") {
        "an OpenAPI document"
    } else if has("format_version") && has("suite_version") {
        "a report of this suite"
    } else {
        return "it has no object `log`".into();
    };
    format!("it has no object `log`: it looks like {what}")
}

/// What is wrong with a text that is not JSON. Of a value that does not fit, the error says what it is,
/// and it may be a secret.
pub(super) fn described(text: &str, error: &serde_json::Error) -> String {
    let (line, column) = (error.line(), error.column());
    let first = text.trim_start().lines().next().unwrap_or_default();
    let is_line_of_json =
        first.starts_with('{') && serde_json::from_str::<serde::de::IgnoredAny>(first).is_ok();
    if is_line_of_json && error.is_syntax() {
        return "it has several JSON values, one on each line (NDJSON), and not one object".into();
    }
    if error.is_eof() {
        let text = if text.trim().is_empty() { "it is empty" } else { "it ends too early" };
        return format!("{text}, at line {line}, column {column}");
    }
    if !text.trim_start().starts_with('{') {
        return "it is not a JSON object".into();
    }
    if error.is_data() {
        return format!("line {line}, column {column} has a value of the wrong type");
    }
    error.to_string()
}
