//! Exchanges as a snapshot shows them: whole bodies, in which what is another one in every run has the name of
//! its type.

use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use uuid::Uuid;

use crate::harness::{Answer, Api};

/// Requests with their responses. Equal ids have equal names throughout.
pub(crate) struct Transcript<'a> {
    api: &'a Api,
    /// With which requests are sent.
    pub(crate) token: String,
    text: String,
    /// What is replaced, and by what.
    names: Vec<(String, String)>,
}

impl<'a> Transcript<'a> {
    pub(crate) fn of(api: &'a Api) -> Self {
        let base = api.server.base_url();
        let host = base.strip_suffix("/v2").unwrap();
        let names = [(base, "[api]"), (host, "[host]")];
        let names = names.map(|(is, name)| (is.to_owned(), name.to_owned())).to_vec();
        Self { api, token: api.token.clone(), text: String::new(), names }
    }

    /// Sends a request with the token and, unless it is null, a JSON body.
    pub(crate) async fn send(&mut self, method: &str, path: &str, body: Value) -> Answer {
        let request = self.api.request(method, path).bearer_auth(&self.token);
        let request = if body.is_null() { request } else { request.json(&body) };
        let answer = Answer::to(request).await;
        self.learn(&body);
        let body = if body.is_null() { String::new() } else { format!(" {body}") };
        self.add(&format!("{method} {path}{body}"), &answer);
        answer
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.send("GET", path, Value::Null).await
    }

    /// Creates a registry.
    pub(crate) async fn create(&mut self, body: Value) -> Answer {
        self.send("POST", &self.api.registries(), body).await
    }

    /// Adds a request and its response.
    pub(crate) fn add(&mut self, what: &str, answer: &Answer) {
        self.learn(&answer.body);
        let headers = answer.special_headers();
        let (status, body) = (answer.status.as_u16(), in_lines(&answer.text));
        self.text.extend([format!("{what}\n{status}{headers}\n{body}\n\n")]);
    }

    /// Adds the headers of rate limits.
    pub(crate) fn limits(&mut self, what: &str, answer: &Answer) {
        let limits =
            answer.headers.iter().filter(|(name, _)| name.as_str().starts_with("ratelimit"));
        let header = |name: &str, value: &str| format!("\n    {name}: {value}");
        let limits = limits.map(|(name, value)| header(name.as_str(), value.to_str().unwrap()));
        let limits: String = limits.collect();
        self.text.extend([format!("{what}\n    {}{limits}\n", answer.status.as_u16())]);
    }

    /// Adds a row of a table: the status, further headers, and what is wrong.
    pub(crate) fn row(&mut self, what: &str, answer: &Answer) {
        self.learn(&answer.body);
        let (status, headers) = (answer.status.as_u16(), answer.special_headers());
        let headers = headers.replace('\n', "; ");
        let entries = answer.body["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        let part = |entry: &Value, name: &str| entry[name].as_str().unwrap().to_owned();
        let problem = |it: &Value| {
            format!("\n    {} {}: {}", part(it, "field"), part(it, "code"), part(it, "message"))
        };
        let problems: String = entries.iter().map(problem).collect();
        let message = answer.body["message"].as_str().filter(|_| problems.is_empty());
        let message = message.map(|message| format!("\n    {message}")).unwrap_or_default();
        add_row(&mut self.text, what, &format!("    {status}{headers}{problems}{message}\n"));
    }

    /// Names the ids and secrets in a body.
    fn learn(&mut self, body: &Value) {
        match body {
            Value::Array(items) => items.iter().for_each(|item| self.learn(item)),
            Value::Object(properties) => properties.values().for_each(|value| self.learn(value)),
            Value::String(text) if self.names.iter().all(|(is, _)| is != text) => {
                let of = |kind: &str| format!("[{kind} {}]", 1 + self.count(kind));
                let decoded =
                    BASE64_STANDARD.decode(text).ok().and_then(|it| String::from_utf8(it).ok());
                let graphql = decoded.as_deref().and_then(|decoded| decoded.split_once("---"));
                if let Ok(id) = Uuid::try_parse(text) {
                    assert_eq!(id.get_version_num(), 7, "{text}");
                    self.names.push((text.clone(), of("uuid")));
                } else if let Some((kind, id)) = graphql {
                    self.learn(&Value::from(id));
                    let name = format!("[base64 of {kind}---{}]", self.named(id));
                    self.names.insert(0, (text.clone(), name));
                } else if text.len() == 69 && text.starts_with("bk") {
                    self.names.push((text.clone(), of(&text[..4])));
                }
            }
            _ => {}
        }
    }

    fn count(&self, kind: &str) -> usize {
        self.names.iter().filter(|(_, name)| name.starts_with(&format!("[{kind} "))).count()
    }

    fn named(&self, text: &str) -> String {
        self.names.iter().fold(text.to_owned(), |text, (is, name)| text.replace(is, name))
    }
}

impl fmt::Display for Transcript<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.named(&self.text))
    }
}

/// Adds a row to a table, to the one before if the outcome is the same.
pub(crate) fn add_row(table: &mut String, what: &str, outcome: &str) {
    let end = table.strip_suffix(outcome).map_or(table.len(), str::len);
    table.truncate(end);
    table.extend([format!("{what}\n{outcome}")]);
}

/// JSON with its properties in the order in which they were sent, one on each line.
fn in_lines(json: &str) -> String {
    let (mut text, mut depth, mut in_string, mut is_escaped) = (String::new(), 0, false, false);
    for c in json.chars() {
        let was_in_string = in_string;
        in_string = if c == '"' && !is_escaped { !in_string } else { in_string };
        is_escaped = c == '\\' && !is_escaped;
        let line = |depth: usize| format!("\n{}", "  ".repeat(depth));
        match c {
            '[' | '{' if !in_string => {
                depth += 1;
                text.extend([format!("{c}{}", line(depth))]);
            }
            ']' | '}' if !in_string => {
                depth -= 1;
                let has_any = !text.trim_end().ends_with(['[', '{']);
                text.truncate(text.trim_end().len());
                text.push_str(&if has_any { line(depth) } else { String::new() });
                text.push(c);
            }
            ',' if !in_string => text.extend([format!(",{}", line(depth))]),
            ':' if !in_string && !was_in_string => text.push_str(": "),
            _ => text.push(c),
        }
    }
    text
}

/// A value as a table shows it.
pub(crate) fn brief(value: &Value) -> String {
    const LONGEST: usize = 70;
    let text = value.to_string();
    let is_seen = |c: char| c.is_ascii_graphic() || c == ' ';
    let escaped = |c: char| if is_seen(c) { c.to_string() } else { c.escape_unicode().to_string() };
    let text: String = text.chars().map(escaped).collect();
    let length = text.chars().count();
    if length <= LONGEST {
        return text;
    }
    format!("{}\u{2026} ({length} characters)", text.chars().take(20).collect::<String>())
}
