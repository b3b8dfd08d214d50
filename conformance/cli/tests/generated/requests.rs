//! Whole requests: method, path, headers and body, each as the contract has it, or nearly, or not at all.

use std::fmt::Write;

use rand::{RngExt, rngs::StdRng, seq::IndexedRandom};
use serde_json::Value;

use crate::values::Maker;

/// A request that is HTTP, whatever else it is not.
pub(crate) struct Request {
    pub(crate) method: String,
    /// The path and the query, from `/` on.
    pub(crate) target: String,
    headers: String,
    body: Option<Vec<u8>>,
    is_chunked: bool,
}

impl Request {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let Self { method, target, headers, .. } = self;
        let mut bytes = format!("{method} {target} HTTP/1.1\r\nHost: x\r\n{headers}").into_bytes();
        match &self.body {
            None => bytes.extend(b"\r\n"),
            Some(body) if self.is_chunked => {
                bytes.extend(b"Transfer-Encoding: chunked\r\n\r\n");
                for chunk in body.chunks(100) {
                    bytes.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
                    bytes.extend(chunk);
                    bytes.extend(b"\r\n");
                }
                bytes.extend(b"0\r\n\r\n");
            }
            Some(body) => {
                bytes.extend(format!("Content-Length: {}\r\n\r\n", body.len()).into_bytes());
                bytes.extend(body);
            }
        }
        bytes
    }
}

/// What a request can be made of.
pub(crate) struct Source<'a> {
    pub(crate) contract: &'a Value,
    pub(crate) random: &'a mut StdRng,
    pub(crate) organization: &'a str,
    /// Access tokens, of which the first may do everything.
    pub(crate) tokens: &'a [String],
    /// Slugs of registries that are there, or were.
    pub(crate) slugs: &'a [String],
    /// Such a slug and the id of a token of that registry.
    pub(crate) ids: &'a [(String, String)],
}

impl Source<'_> {
    /// A request to an operation of the contract.
    pub(crate) fn request(&mut self, method: &str, path: &str) -> Request {
        let schema = self.schema(method, path);
        let mut target = if path == "/" { String::from("/") } else { "/v2".to_owned() };
        let mut known = self.slugs.choose(self.random).map(|slug| (slug.clone(), String::new()));
        if path.contains("{token_id}") && !self.ids.is_empty() {
            known = self.ids.choose(self.random).cloned();
        }
        for segment in path.split('/').skip(1).filter(|segment| !segment.is_empty()) {
            let segment = self.segment(segment, known.as_ref());
            let _ = write!(target, "/{segment}");
        }
        if self.one_in(12) {
            let _ =
                write!(target, "?page={}&per_page=%00{}", self.odd_segment(), self.odd_segment());
        }
        if self.one_in(40) {
            target.push('/');
        }
        let methods =
            ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PURGE", "get"];
        let method = if self.one_in(20) { methods.choose(self.random).unwrap() } else { method };
        let body = match schema {
            Some(schema) if !self.one_in(30) => Some(self.body(&schema)),
            None if self.one_in(30) => Some(self.odd().to_string().into_bytes()),
            _ => None,
        };
        let headers = self.headers(body.is_some());
        let is_chunked = self.one_in(10);
        Request { method: method.to_owned(), target, headers, body, is_chunked }
    }

    fn schema(&self, method: &str, path: &str) -> Option<Value> {
        let operation = self.contract["paths"].get(path)?.get(method.to_lowercase())?;
        let mut body = operation.get("requestBody")?;
        if let Some(reference) = body["$ref"].as_str() {
            body = self.contract.pointer(reference.trim_start_matches('#'))?;
        }
        body.pointer("/content/application~1json/schema").cloned()
    }

    fn segment(&mut self, segment: &str, known: Option<&(String, String)>) -> String {
        let right = match segment {
            "{org_slug}" => Some(self.organization),
            "{registry_slug}" => known.map(|(slug, _)| &**slug),
            "{token_id}" => known.map(|(_, id)| &**id).filter(|id| !id.is_empty()),
            fixed => Some(fixed),
        };
        match right {
            Some(right) if !self.one_in(40) => right.to_owned(),
            _ => self.odd_segment(),
        }
    }

    /// Percent-encoded, so that the request is HTTP all the same.
    fn odd_segment(&mut self) -> String {
        let text = match self.odd() {
            Value::String(text) => text,
            other => other.to_string(),
        };
        let bytes = text.bytes().take(1000).map(|byte| match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        });
        // An empty one would be another path.
        let encoded: String = bytes.collect();
        if encoded.is_empty() { "%FF".to_owned() } else { encoded }
    }

    fn headers(&mut self, has_body: bool) -> String {
        let mut headers = String::new();
        let mut add = |name: &str, value: &str| {
            let _ = write!(headers, "{name}: {value}\r\n");
        };
        let token = self.tokens.choose(self.random).unwrap();
        match self.random.random_range(0..40) {
            0 => {}
            1 => add("Authorization", "Bearer nobody-knows-it"),
            2 => add("Authorization", &format!("Basic {token}")),
            3 => add("Authorization", &format!("Bearer {token} {token}")),
            4 => {
                add("Authorization", &format!("Bearer {token}"));
                add("Authorization", &format!("Bearer {token}"));
            }
            5 => add("Authorization", "Bearer \u{e9}\u{ffff}"),
            6..9 => add("Authorization", &format!("bearer {token}")),
            _ => add("Authorization", &format!("Bearer {}", self.tokens[0])),
        }
        match self.random.random_range(0..30) {
            0 => add("Content-Type", "text/plain"),
            1 => add("Content-Type", "application/json; charset=latin-1"),
            2 => add("Content-Type", "application/vnd.x+json"),
            3 => add("Content-Type", ";;/\u{e9}"),
            4 => {}
            _ if has_body => add("Content-Type", "application/json"),
            _ => {}
        }
        for (name, value) in [
            ("Accept", "text/html"),
            ("Accept-Encoding", "gzip, br"),
            ("Connection", "close"),
            ("Expect", "100-continue"),
            ("If-None-Match", "*"),
            ("Origin", "null"),
            ("Range", "bytes=0-1"),
            ("X-HTTP-Method-Override", "DELETE"),
            ("X-Request-Id", "\u{e9}~\t "),
            ("Access-Control-Request-Method", "BREW"),
            ("Cookie", "a=b; c"),
            ("Forwarded", "for=\"[::1]\""),
        ] {
            if self.random.random_range(0..30) == 0 {
                add(name, value);
            }
        }
        headers
    }

    fn body(&mut self, schema: &Value) -> Vec<u8> {
        if self.one_in(3000) {
            // More than the server takes.
            return vec![b' '; 1024 * 1024 + 1];
        }
        let mut maker = Maker { contract: self.contract, random: &mut *self.random };
        let mut value = maker.value(schema);
        while maker.random.random_bool(0.35) {
            maker.spoil(&mut value);
        }
        let mut body = value.to_string().into_bytes();
        if maker.random.random_bool(0.1) {
            maker.garble(&mut body);
        }
        body
    }

    fn odd(&mut self) -> Value {
        Maker { contract: self.contract, random: &mut *self.random }.odd()
    }

    pub(crate) fn one_in(&mut self, times: u32) -> bool {
        self.random.random_ratio(1, times)
    }
}
