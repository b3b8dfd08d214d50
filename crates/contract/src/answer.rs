//! The response of a deployment, free of secrets from the moment it arrives.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use serde_json::Value;

use crate::text::{abridged, is_json, is_segment, without_lone_surrogates};

/// The response of a deployment.
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
    /// Whether one of the run's secrets stood in the response. It has been replaced.
    pub leaked_secret: bool,
    /// The body as it arrived, free of secrets, when it is no text; `text` then has replacement
    /// characters.
    pub bytes: Option<Vec<u8>>,
    /// The headers that a recorder has not kept.
    pub unrecorded: Unrecorded,
}

/// Which headers of a response a recorder has not kept: nothing is said of those.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Unrecorded {
    /// None: what is not there was not sent.
    #[default]
    Nothing,
    /// These, by their names in lower case: they were sent, with whatever value.
    Values(BTreeSet<String>),
    /// Perhaps any of those that are not there.
    Headers,
}

impl Answer {
    /// A response in which `clean` has replaced every secret, wherever it stood; it returns the text
    /// and whether there was one.
    pub fn cleaned<'a>(
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
            unrecorded: Unrecorded::default(),
        }
    }

    /// The header of this name, in lower case or not.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Whether the header of this name can be judged: it is there, or was not sent.
    pub fn has_recorded(&self, name: &str) -> bool {
        match &self.unrecorded {
            Unrecorded::Nothing => true,
            Unrecorded::Values(names) => !names.contains(&name.to_ascii_lowercase()),
            Unrecorded::Headers => self.header(name).is_some(),
        }
    }

    /// Whether the body is JSON that this program cannot read: it has numbers or a depth that RFC 8259
    /// permits, and the library does not. Half a character is no text of any kind.
    pub fn is_json_beyond(&self) -> bool {
        let may_be = self.json.is_none()
            && self.bytes.is_none()
            && matches!(without_lone_surrogates(&self.text), Cow::Borrowed(_));
        may_be && is_json(self.text.as_bytes())
    }

    /// The number in a header, if it has one. What is left of a limit can be less than nothing. One that
    /// is too large stands for the largest.
    pub fn number(&self, name: &str) -> Option<i64> {
        let number: i128 = self.header(name)?.trim().parse().ok()?;
        let bounded = number.clamp(i64::MIN.into(), i64::MAX.into());
        i64::try_from(bounded).ok()
    }

    /// How many a header says there are; less than none is none.
    pub fn count(&self, name: &str) -> Option<u64> {
        Some(u64::try_from(self.number(name)?).unwrap_or_default())
    }

    /// Whether the status is a success.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// What the headers say of a body that the status rules out; `None` when there is none.
    pub fn needless_body(&self) -> Option<String> {
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
    pub fn is_page(&self) -> bool {
        let says_so = self.header("content-type").is_some_and(|it| {
            let essence = it.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
            matches!(essence.as_str(), "text/html" | "application/xhtml+xml")
        });
        self.json.is_none() && (says_so || self.text.trim_start().starts_with('<'))
    }

    /// What the body is, in a few words.
    pub fn body_outline(&self) -> String {
        match &self.json {
            _ if self.text.trim().is_empty() => "an empty body".into(),
            Some(body) => abridged(body),
            None if self.is_page() => "HTML".into(),
            None => format!("the text {}", abridged(&Value::from(self.text.as_str()))),
        }
    }

    /// The slug of the returned registry, if that can stand in a path.
    pub fn slug(&self) -> Option<&str> {
        self.json.as_ref()?.get("slug")?.as_str().filter(|slug| is_segment(slug))
    }

    /// The URL of the page after this one, when it is a page of a list.
    pub fn next_page(&self) -> Option<&str> {
        let links = self.header("link")?.split('<').skip(1);
        let mut links = links.filter_map(|link| link.split_once('>'));
        let is_next = |rest: &str| rest.contains("rel=\"next\"") || rest.contains("rel=next");
        links.find(|(_, rest)| is_next(rest)).map(|(url, _)| url)
    }

    /// Whether the status is about access, and not about the resource.
    pub fn is_about_access(&self) -> bool {
        matches!(self.status, 401 | 403 | 404)
    }

    /// Whether it is a refusal that need not be for what the body says.
    pub fn may_be_about_the_request(&self) -> bool {
        (400..500).contains(&self.status) && !matches!(self.status, 400 | 409 | 413 | 422)
    }

    /// Whether what is asked was refused, and not who asks or what for.
    pub fn refuses_what_is_asked(&self) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
