//! What a finding shows of its exchange: enough to confirm the finding, and nothing private.

use std::{collections::BTreeMap, ops::Range};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    contract::Problem,
    exchange::{Answer, Request},
};

/// How many characters of a body are shown.
const LIMIT: usize = 2000;

/// How many characters are shown before a place that is too far behind to be shown otherwise.
const BEFORE_A_PLACE: usize = 500;

/// The headers that are shown: those that the contract has, and those of HTTP that help. Others may
/// hold what the deployment wants to keep, cookies for one.
const HEADERS: [&str; 23] = [
    "access-control-allow-origin",
    "access-control-expose-headers",
    "allow",
    "cache-control",
    "content-encoding",
    "content-length",
    "content-type",
    "date",
    "link",
    "location",
    "ratelimit-limit",
    "ratelimit-remaining",
    "ratelimit-reset",
    "ratelimit-scope",
    "ratelimit-user-limit",
    "ratelimit-user-remaining",
    "ratelimit-user-reset",
    "ratelimit-user-scope",
    "ratelimit-user-warning",
    "ratelimit-warning",
    "retry-after",
    "www-authenticate",
    "x-request-id",
];

/// A request, without its headers.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct RequestExcerpt {
    /// The method.
    pub method: String,
    /// The path below the base URL.
    pub path: String,
    /// The body, if there was one.
    pub body: Option<BodyExcerpt>,
}

/// What came back, without irrelevant headers and without the run's secrets.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct ResponseExcerpt {
    /// The status.
    pub status: u16,
    /// Some of the headers, their names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body, if it was not empty.
    pub body: Option<BodyExcerpt>,
}

/// A body, or the part of a long one that a finding is about.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct BodyExcerpt {
    /// The text; that of JSON with other white space.
    pub text: String,
    /// The length of the whole body in bytes.
    pub bytes: usize,
    /// Where in `text` the value is that the finding is about; where one is missing, the place where it
    /// would be.
    pub marked: Option<Marked>,
    /// The name of the property that is missing there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<String>,
}

/// A part of a text, counted in Unicode characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct Marked {
    /// The first character.
    pub start: usize,
    /// The one after the last.
    pub end: usize,
}

impl RequestExcerpt {
    pub(super) fn of(request: &Request) -> Self {
        Self {
            method: request.method.clone(),
            path: request.path.clone(),
            body: request.body.as_ref().map(|text| BodyExcerpt::of(text, &Shown::default())),
        }
    }
}

impl ResponseExcerpt {
    pub(super) fn of(operation: &str, answer: &Answer, problem: &Problem) -> Self {
        let place = problem.place.as_deref();
        let is_shown =
            |name: &str| HEADERS.contains(&name) || is_header(place, name) && name != "set-cookie";
        let headers = answer.headers.iter().filter(|(name, _)| is_shown(name));
        let missing = missing_property(problem);
        let shown = Shown {
            place: place.filter(|it| !it.is_empty() || missing.is_some()),
            missing,
            // A report does not need the owner of the token.
            hidden: (operation == "get_access_token").then_some("/user/"),
        };
        Self {
            status: answer.status,
            headers: headers.map(|(name, value)| (name.clone(), value.clone())).collect(),
            body: (!answer.text.is_empty()).then(|| BodyExcerpt::of(&answer.text, &shown)),
        }
    }
}

/// What of a body is marked, and what is not shown.
#[derive(Default)]
struct Shown<'a> {
    /// The JSON pointer of the value to mark.
    place: Option<&'a str>,
    /// The property that the object there has to have, and has not.
    missing: Option<&'a str>,
    /// The beginning of the JSON pointers whose texts are not shown.
    hidden: Option<&'a str>,
}

/// The property that is missing, if that is the problem.
fn missing_property(problem: &Problem) -> Option<&str> {
    problem.schema_path.as_ref().filter(|path| path.ends_with("/required"))?;
    problem.expected.strip_prefix("the property \"")?.strip_suffix('"')
}

/// Whether a place is the header of this name.
fn is_header(place: Option<&str>, name: &str) -> bool {
    place.is_some_and(|place| place.eq_ignore_ascii_case(name))
}

impl BodyExcerpt {
    fn of(text: &str, shown: &Shown<'_>) -> Self {
        let mut laid_out = Layout { rest: text, out: String::new(), shown, mark: None };
        let is_json = serde_json::from_str::<Value>(text).is_ok();
        if !is_json || laid_out.value("", 0).is_none() {
            laid_out = Layout { out: text.to_owned(), mark: None, ..laid_out };
        }
        let Layout { out, mark, .. } = laid_out;
        let mark = mark.map(|mark| {
            let characters = |bytes: usize| out[..bytes].chars().count();
            characters(mark.start)..characters(mark.end)
        });
        let bytes = text.len();
        let (text, marked) = abridged(out, mark, bytes);
        let missing = shown.missing.filter(|_| marked.is_some()).map(str::to_owned);
        Self { text, bytes, marked, missing }
    }

    /// The text before what is marked, that, and the text after it.
    #[must_use]
    pub fn parts(&self) -> [String; 3] {
        let Some(Marked { start, end }) = self.marked else {
            return [self.text.clone(), String::new(), String::new()];
        };
        let part = |from: usize, to: usize| {
            self.text.chars().skip(from).take(to.saturating_sub(from)).collect()
        };
        [part(0, start), part(start, end), part(start.max(end), usize::MAX)]
    }
}

/// The text, or as much of it as is shown, with what is marked in it.
fn abridged(text: String, mark: Option<Range<usize>>, bytes: usize) -> (String, Option<Marked>) {
    let characters: Vec<char> = text.chars().collect();
    let marked = |mark: Range<usize>| Marked { start: mark.start, end: mark.end };
    if characters.len() <= LIMIT {
        return (text, mark.map(marked));
    }
    let mut from = 0;
    if let Some(mark) = mark.as_ref().filter(|mark| mark.end > LIMIT) {
        from = mark.start.saturating_sub(BEFORE_A_PLACE);
        // From the beginning of a line, when lines are of a usual length.
        let line = characters[from..mark.start].iter().position(|c| *c == '\n');
        from += line.map_or(0, |line| line + 1);
    }
    let to = characters.len().min(from + LIMIT);
    let before = if from > 0 { "…\n" } else { "" };
    let after = if to < characters.len() { format!("… ({bytes} bytes)") } else { String::new() };
    let shift = |at: usize| at.clamp(from, to) - from + before.chars().count();
    let part: String = characters[from..to].iter().collect();
    let mark = mark.map(|mark| marked(shift(mark.start)..shift(mark.end)));
    (format!("{before}{part}{after}"), mark)
}

/// Writes JSON with a line for each value and changes nothing else: not the order, nor how numbers
/// and texts are written, nor a name that is there twice.
struct Layout<'a> {
    rest: &'a str,
    out: String,
    shown: &'a Shown<'a>,
    /// Where the value has been written, in bytes.
    mark: Option<Range<usize>>,
}

impl Layout<'_> {
    /// Writes the next value; `None` when the text is no JSON after all.
    fn value(&mut self, pointer: &str, depth: usize) -> Option<()> {
        let start = self.out.len();
        match self.peek()? {
            '{' => self.members('}', pointer, depth)?,
            '[' => self.members(']', pointer, depth)?,
            _ => {
                let token = self.token()?;
                let is_hidden = token.starts_with('"')
                    && self.shown.place != Some(pointer)
                    && self.shown.hidden.is_some_and(|hidden| pointer.starts_with(hidden));
                self.out.push_str(if is_hidden { "\"<text>\"" } else { token });
            }
        }
        if self.shown.place == Some(pointer) && self.shown.missing.is_none() {
            self.mark = Some(start..self.out.len());
        }
        Some(())
    }

    /// Writes an object or an array, whose first character is next.
    fn members(&mut self, close: char, pointer: &str, depth: usize) -> Option<()> {
        self.copy()?;
        let mut index = 0_usize;
        while self.peek()? != close {
            if index > 0 {
                self.copy()?;
                self.peek()?;
            }
            self.new_line(depth + 1);
            let name = if close == '}' {
                let token = self.token()?;
                self.out.push_str(token);
                self.peek()?;
                self.copy()?;
                self.out.push(' ');
                let name: String = serde_json::from_str(token).ok()?;
                name.replace('~', "~0").replace('/', "~1")
            } else {
                index.to_string()
            };
            self.value(&format!("{pointer}/{name}"), depth + 1)?;
            index += 1;
        }
        if self.shown.place == Some(pointer) && self.shown.missing.is_some() {
            self.mark = Some(self.out.len()..self.out.len());
        }
        if index > 0 {
            self.new_line(depth);
        }
        self.copy()?;
        Some(())
    }

    fn new_line(&mut self, depth: usize) {
        self.out.push('\n');
        self.out.push_str(&"  ".repeat(depth));
    }

    /// The next character that is no white space.
    fn peek(&mut self) -> Option<char> {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
        self.rest.chars().next()
    }

    /// Writes the next character.
    fn copy(&mut self) -> Option<()> {
        let mut characters = self.rest.chars();
        self.out.push(characters.next()?);
        self.rest = characters.as_str();
        Some(())
    }
}

impl<'a> Layout<'a> {
    /// A text, a number, or a word.
    fn token(&mut self) -> Option<&'a str> {
        let mut escaped = false;
        let end = if self.rest.starts_with('"') {
            let closes = |(_, c): &(usize, char)| {
                let is_end = *c == '"' && !escaped;
                escaped = *c == '\\' && !escaped;
                is_end
            };
            self.rest.char_indices().skip(1).find(closes)?.0 + 1
        } else {
            self.rest.find([',', ']', '}', ' ', '\t', '\n', '\r']).unwrap_or(self.rest.len())
        };
        let (token, rest) = self.rest.split_at(end);
        self.rest = rest;
        Some(token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Contract;

    fn at(body: &str, place: &str) -> BodyExcerpt {
        BodyExcerpt::of(body, &Shown { place: Some(place), ..Shown::default() })
    }

    #[test]
    fn a_place_where_something_is_missing_is_marked() {
        let body = r#"[{"a":1},{"a":2,"c":[]},{}]"#;
        let missing = |place| {
            let shown = Shown { place: Some(place), missing: Some("b"), hidden: None };
            BodyExcerpt::of(body, &shown)
        };
        let [before, marked, after] = missing("/1").parts();
        assert_eq!(missing("/1").missing.as_deref(), Some("b"));
        assert!(before.ends_with("\"c\": []") && after.starts_with("\n  }"), "{before}{after}");
        assert_eq!(marked, "");
        let [before, _, after] = missing("/2").parts();
        assert!(before.ends_with('{') && after.starts_with('}'), "{before}{after}");
        assert_eq!(missing("/7").missing, None);
    }

    #[test]
    fn a_body_is_laid_out_as_it_was_written_and_its_place_is_marked() {
        let body = r#"{"b":[1.0, {"a/b":"\"}\u00e4"}],"a":{},"c":[],"b":null}"#;
        let excerpt = at(body, "/b/1/a~1b");
        let expected = r#"{
  "b": [
    1.0,
    {
      "a/b": "\"}\u00e4"
    }
  ],
  "a": {},
  "c": [],
  "b": null
}"#;
        assert_eq!(excerpt.text, expected);
        assert_eq!(excerpt.parts()[1], r#""\"}\u00e4""#);
        assert_eq!(excerpt.parts().concat(), expected);
        assert_eq!(excerpt.bytes, body.len());
    }

    #[test]
    fn every_header_of_the_contract_is_shown() {
        let contract = Contract::built_in();
        let names: Vec<String> = contract.headers().map(|(name, _)| name.to_lowercase()).collect();
        assert!(names.len() > 10, "{names:?}");
        for name in names {
            assert!(HEADERS.contains(&name.as_str()), "{name}");
        }
    }

    #[test]
    fn what_is_no_json_is_shown_as_it_is() {
        for body in ["{\"a\":1", "<h1>Bad gateway</h1>", "{} {}", "ä"] {
            let excerpt = at(body, "/a");
            assert_eq!((excerpt.text.as_str(), excerpt.marked), (body, None));
        }
    }

    #[test]
    fn of_a_long_body_the_part_around_the_place_is_shown() {
        let entries: Vec<String> = (0..500).map(|n| format!(r#"{{"näme":"r{n}"}}"#)).collect();
        let body = format!("[{}]", entries.join(","));
        for (place, marked) in [("/0/näme", "\"r0\""), ("/400/näme", "\"r400\""), ("/999", "")] {
            let excerpt = at(&body, place);
            assert_eq!(excerpt.parts()[1], marked);
            assert!(excerpt.text.chars().count() < LIMIT + 30, "{}", excerpt.text);
            assert!(excerpt.text.ends_with(&format!("… ({} bytes)", body.len())));
        }
        let excerpt = BodyExcerpt::of(&"x".repeat(9000), &Shown::default());
        assert!(excerpt.text.ends_with("x… (9000 bytes)"), "{}", excerpt.text);
    }

    #[test]
    fn the_owner_of_the_token_is_not_shown() {
        let hidden = Some("/user/");
        let body = r#"{"user":{"email":"a@example.com","name":7}}"#;
        let excerpt = BodyExcerpt::of(body, &Shown { hidden, ..Shown::default() });
        assert!(!excerpt.text.contains("example.com") && excerpt.text.contains("\"name\": 7"));
        let excerpt =
            BodyExcerpt::of(body, &Shown { place: Some("/user/email"), hidden, missing: None });
        assert_eq!(excerpt.parts()[1], "\"a@example.com\"");
    }
}
