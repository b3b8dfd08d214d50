//! Reading archives as recorders write them. Where an entry has another form than the format says,
//! it is read as what it can mean. Otherwise it is left out and counted. Only what is no archive at
//! all is rejected.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::value::RawValue;

use crate::wire::Unrecorded;

use super::{
    Content, Creator, Entry, Har, HarError, HarRequest, HarResponse, Log, Pair, PostData, Skipped,
    file, unknown,
};

/// Reads an archive.
pub(super) fn archive(bytes: &[u8]) -> Result<Har, HarError> {
    let text = file::json_text(bytes)?;
    let form = |error: serde_json::Error| HarError::Form(file::described(&text, &error));
    let top: BTreeMap<String, &RawValue> = serde_json::from_str(&text).map_err(form)?;
    let top = Fields(top);
    let log = top.object("log").ok_or_else(|| HarError::Form(file::without_log(&top.names())))?;
    if let Some(other) = log.other_than("entries", '[') {
        return Err(HarError::Form(format!("its entries are {other}, not a list")));
    }
    let creator = log.object("creator").unwrap_or_default();
    let mut har = Har {
        log: Log {
            version: log.text("version").unwrap_or_default(),
            creator: Creator {
                name: creator.text("name").unwrap_or_default(),
                version: creator.text("version").unwrap_or_default(),
            },
            conformance: log.raw("_conformance").and_then(|raw| serde_json::from_str(raw).ok()),
            entries: Vec::new(),
            skipped: Vec::new(),
        },
    };
    for (index, raw) in log.list("entries").into_iter().enumerate() {
        match entry(raw) {
            Ok(entry) => har.log.entries.push(Entry { number: index + 1, ..entry }),
            Err(skipped) => har.log.skipped.push(Skipped { entry: index + 1, ..*skipped }),
        }
    }
    Ok(har)
}

/// An entry, or why it is left out.
fn entry(raw: &str) -> Result<Entry, Box<Skipped>> {
    let broken =
        |request: Option<HarRequest>, why: String| Box::new(Skipped { entry: 0, request, why });
    let Some(entry) = Fields::of(raw) else {
        return Err(broken(None, format!("it is {}, not an object", kind(raw))));
    };
    let Some(request) = entry.object("request") else {
        return Err(broken(None, format!("its request is {}", entry.kind("request"))));
    };
    let Some((method, url)) = request.text("method").zip(request.text("url")) else {
        return Err(broken(None, "its request has no method or no URL".into()));
    };
    let request = self::request(&request, method, url);
    let response = entry.object("response").filter(|response| !response.0.is_empty());
    let Some(response) = response else {
        let why = format!("its response is {}", entry.kind("response"));
        return Err(broken(Some(request), why));
    };
    let Some(status) = status(&response) else {
        let why = format!("the status of its response is {}", response.kind("status"));
        return Err(broken(Some(request), why));
    };
    let step = entry.text("_step");
    let mut response = self::response(&response, status);
    // A run of this suite has kept all that there were.
    if step.is_some() && response.headers.is_empty() {
        response.unrecorded = Unrecorded::Nothing;
    }
    Ok(Entry {
        number: 0,
        step,
        started_date_time: entry.text("startedDateTime").unwrap_or_default(),
        time: 0.0,
        request,
        response,
        cache: BTreeMap::new(),
        timings: super::Timings::default(),
    })
}

fn request(request: &Fields<'_>, method: String, url: String) -> HarRequest {
    HarRequest {
        method,
        url,
        http_version: String::new(),
        cookies: [],
        headers: request.headers().0,
        query_string: request.pairs("queryString"),
        post_data: request.object("postData").map(|data| PostData {
            mime_type: data.text("mimeType").unwrap_or_default(),
            text: data.text("text"),
            encoding: data.text("encoding").or_else(|| data.text("_encoding")),
            is_form: !data.list("params").is_empty(),
        }),
        headers_size: unknown(),
        body_size: request.number("bodySize").map_or_else(unknown, integer),
    }
}

fn response(response: &Fields<'_>, status: u16) -> HarResponse {
    let content = response.object("content").unwrap_or_default();
    // Browsers and proxies that keep a part of a body, or none, say so in a field or a comment of their
    // own.
    let says_partial = |fields: &Fields<'_>| {
        let flags = ["truncated", "_truncated", "_isTruncated", "_bodyTruncated", "_omitted"];
        let comment = fields.text("comment").unwrap_or_default().to_ascii_lowercase();
        let words = ["truncat", "omitted", "not included", "too large", "not available"];
        flags.iter().any(|flag| fields.raw(flag).is_some_and(|it| it == "true"))
            || words.iter().any(|word| comment.contains(word))
    };
    let (headers, unrecorded) = response.headers();
    HarResponse {
        status,
        status_text: response.text("statusText").unwrap_or_default(),
        http_version: String::new(),
        cookies: [],
        headers,
        unrecorded,
        content: Content {
            size: content.number("size").map_or_else(unknown, integer),
            mime_type: content.text("mimeType").unwrap_or_default(),
            text: content.text("text"),
            encoding: content.text("encoding"),
            not_utf8: content.raw("_notUtf8").is_some_and(|it| it == "true"),
            partial: says_partial(&content) || says_partial(response),
        },
        redirect_url: String::new(),
        headers_size: unknown(),
        body_size: response.number("bodySize").map_or_else(unknown, integer),
        error: response.text("_error").filter(|it| !it.is_empty()),
        leaked_secret: response.raw("_leakedSecret").is_some_and(|it| it == "true"),
    }
}

/// The status; 0 when there was no response, which recorders write as 0, -1 or null. `None` for what is
/// no status.
fn status(response: &Fields<'_>) -> Option<u16> {
    match response.raw("status") {
        None => response.0.contains_key("status").then_some(0),
        Some(raw) => {
            let number = number(raw)?;
            let is_status = number.fract() == 0.0 && (100.0..1000.0).contains(&number);
            match integer(number) {
                status if is_status => u16::try_from(status).ok(),
                0 | -1 => Some(0),
                _ => None,
            }
        }
    }
}

/// The properties of an object, as they are written.
#[derive(Default)]
struct Fields<'a>(BTreeMap<String, &'a RawValue>);

impl<'a> Fields<'a> {
    fn of(raw: &'a str) -> Option<Self> {
        raw.starts_with('{').then(|| serde_json::from_str(raw).ok()).flatten().map(Self)
    }

    fn names(&self) -> Vec<&str> {
        self.0.keys().map(String::as_str).collect()
    }

    /// What a property is written as; `None` when it is not there or null.
    fn raw(&self, name: &str) -> Option<&'a str> {
        self.0.get(name).map(|raw| raw.get()).filter(|raw| *raw != "null")
    }

    /// What a property is, to be said in a sentence.
    fn kind(&self, name: &str) -> String {
        match self.0.get(name).map(|raw| raw.get()) {
            None => "missing".into(),
            Some("{}") => "empty".into(),
            Some(raw) if raw.len() <= 20 && !raw.starts_with(['{', '[', '"']) => raw.to_owned(),
            Some(raw) => kind(raw).into(),
        }
    }

    /// What a property is when it is something else than what begins so.
    fn other_than(&self, name: &str, begins: char) -> Option<&'static str> {
        self.raw(name).filter(|raw| !raw.starts_with(begins)).map(kind)
    }

    fn object(&self, name: &str) -> Option<Self> {
        self.raw(name).and_then(Fields::of)
    }

    /// The elements of a list; of one element, where a recorder leaves the list out.
    fn list(&self, name: &str) -> Vec<&'a str> {
        let Some(raw) = self.raw(name) else { return Vec::new() };
        let list: Option<Vec<&'a RawValue>> = serde_json::from_str(raw).ok();
        list.map_or_else(|| vec![raw], |list| list.into_iter().map(RawValue::get).collect())
    }

    fn text(&self, name: &str) -> Option<String> {
        self.raw(name).and_then(text)
    }

    fn number(&self, name: &str) -> Option<f64> {
        self.raw(name).and_then(number)
    }

    /// Names and values: a list of objects that have both.
    fn pairs(&self, name: &str) -> Vec<Pair> {
        let pair = |raw| {
            let (name, value) = named(raw)?;
            Some(Pair { name, value: value.unwrap_or_default() })
        };
        self.list(name).into_iter().filter_map(pair).collect()
    }

    /// The headers, and which of them are not known. They are a list of objects or of lists with a
    /// name and a value. Go writes an object of names, each with a value or with a list of them.
    fn headers(&self) -> (Vec<Pair>, Unrecorded) {
        let raw = self.raw("headers").unwrap_or_default();
        let mut all: Vec<Option<(String, Option<String>)>> = Vec::new();
        if let Some(Fields(map)) = Fields::of(raw) {
            for (name, raw) in map {
                let list: Option<Vec<&RawValue>> = serde_json::from_str(raw.get()).ok();
                match list {
                    Some(values) if !values.is_empty() => all.extend(
                        values.into_iter().map(|value| Some((name.clone(), text(value.get())))),
                    ),
                    _ => all.push(Some((name, text(raw.get())))),
                }
            }
        } else {
            all.extend(self.list("headers").into_iter().map(named));
        }
        let is_whole = !all.is_empty() && all.iter().all(Option::is_some);
        let (mut headers, mut unknown) = (Vec::new(), BTreeSet::new());
        for (name, value) in all.into_iter().flatten().filter(|(name, _)| !name.is_empty()) {
            match value {
                Some(value) => headers.push(Pair { name, value }),
                None => drop(unknown.insert(name.to_ascii_lowercase())),
            }
        }
        let unrecorded = match unknown.is_empty() {
            _ if !is_whole => Unrecorded::Headers,
            true => Unrecorded::Nothing,
            false => Unrecorded::Values(unknown),
        };
        (headers, unrecorded)
    }
}

/// A name and its value, if that is a text, in an object or a list of both.
fn named(raw: &str) -> Option<(String, Option<String>)> {
    if let Some(fields) = Fields::of(raw) {
        let field = |one: &str, other: &str| fields.text(one).or_else(|| fields.text(other));
        return field("name", "Name").map(|name| (name, field("value", "Value")));
    }
    let [name, value]: [&RawValue; 2] = serde_json::from_str(raw).ok()?;
    name.get().starts_with('"').then(|| text(name.get()))?.map(|name| (name, text(value.get())))
}

/// A text; a number or a truth value stands for what it is written as.
fn text(raw: &str) -> Option<String> {
    match raw.as_bytes().first()? {
        b'"' => serde_json::from_str(raw).ok(),
        b'{' | b'[' => None,
        _ if raw == "null" => None,
        _ => Some(raw.to_owned()),
    }
}

/// A number, which may stand in a text.
fn number(raw: &str) -> Option<f64> {
    text(raw)?.trim().parse().ok().filter(|number: &f64| number.is_finite())
}

#[expect(clippy::cast_possible_truncation, reason = "a size beyond that is as unknown as none")]
fn integer(number: f64) -> i64 {
    number as i64
}

/// What a value is, to be said in a sentence.
fn kind(raw: &str) -> &'static str {
    match raw.as_bytes().first() {
        Some(b'{') => "an object",
        Some(b'[') => "a list",
        Some(b'"') => "a text",
        Some(b't' | b'f') => "a truth value",
        Some(b'n') => "null",
        _ => "a number",
    }
}
