//! JSON as it was sent: properties in their order, each at most once.
//!
//! `serde_json::Value` would keep the last of two properties of the same name. Whether it keeps
//! their order depends on a feature that any other crate of a build can turn on.

use std::collections::HashSet;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::shown;

/// A JSON value.
#[derive(Debug, Clone, PartialEq)]
pub enum Json {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// Wide enough for every integer that the parser gives.
    Integer(i128),
    /// Any other number.
    Float(f64),
    /// A string.
    Text(String),
    /// An array.
    Array(Vec<Json>),
    /// An object: its properties in their order.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Parses a text, of a request's body or of a file.
    ///
    /// # Errors
    ///
    /// A fragment that fits "is not valid JSON: …".
    ///
    /// Refused besides what the grammar refuses: bytes that are not UTF-8, escapes of lone
    /// surrogates, nesting deeper than 128, and an object that has a property twice (choice: which
    /// of the two was meant cannot be known).
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(bytes)
            .map_err(|error| format!("not valid UTF-8 after byte {}", error.valid_up_to()))?;
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    /// The name of the value's type, for messages.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Integer(_) | Self::Float(_) => "a number",
            Self::Text(_) => "a string",
            Self::Array(_) => "an array",
            Self::Object(_) => "an object",
        }
    }

    /// The value for messages: in one line, escaped, and cut where it is long.
    pub fn shown(&self) -> String {
        const MAX_ITEMS: usize = 5;
        match self {
            Self::Array(items) => {
                let first = items.iter().take(MAX_ITEMS).map(Self::inner);
                let more = (items.len() > MAX_ITEMS).then(|| "\u{2026}".to_owned());
                format!("[{}]", first.chain(more).collect::<Vec<_>>().join(", "))
            }
            other => other.inner(),
        }
    }

    /// The value as it is shown within another one.
    fn inner(&self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Bool(value) => value.to_string(),
            Self::Integer(value) => value.to_string(),
            Self::Float(value) => format!("{value:?}"),
            Self::Text(text) => shown(text),
            Self::Array(items) if items.is_empty() => "[]".to_owned(),
            Self::Array(_) => "[\u{2026}]".to_owned(),
            Self::Object(properties) if properties.is_empty() => "{}".to_owned(),
            Self::Object(_) => "{\u{2026}}".to_owned(),
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Integer(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Integer(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(Json::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Json, E> {
        Ok(Json::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Json::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
        let mut properties = Vec::new();
        let mut seen = HashSet::new();
        while let Some((name, value)) = access.next_entry::<String, Json>()? {
            if !seen.insert(name.clone()) {
                return Err(de::Error::custom(format!("the property {name:?} occurs twice")));
            }
            properties.push((name, value));
        }
        Ok(Json::Object(properties))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_order_of_properties() {
        let json = Json::parse(br#"{"b": 1, "a": [true, null, -2, 1.5, "x"]}"#).unwrap();
        assert_eq!(
            json,
            Json::Object(vec![
                ("b".to_owned(), Json::Integer(1)),
                (
                    "a".to_owned(),
                    Json::Array(vec![
                        Json::Bool(true),
                        Json::Null,
                        Json::Integer(-2),
                        Json::Float(1.5),
                        Json::Text("x".to_owned()),
                    ])
                ),
            ])
        );
    }

    #[test]
    fn refuses_what_is_not_json() {
        let deep = format!("{}1{}", "[".repeat(200), "]".repeat(200));
        for (bytes, fragment) in [
            (&b""[..], "EOF"),
            (b"{", "EOF"),
            (b"{\"name\": }", "expected value"),
            (b"{} {}", "trailing"),
            (b"{\"name\": \"\xff\"}", "UTF-8"),
            (b"\"\\ud800\"", "hex escape"),
            (b"\"\\udc00\"", "surrogate"),
            (b"{\"a\": 1, \"a\": 1}", "occurs twice"),
            (b"\xef\xbb\xbf{}", "expected value"),
            (deep.as_bytes(), "recursion"),
        ] {
            let error = Json::parse(bytes).unwrap_err();
            assert!(error.contains(fragment), "{:?}: {error}", String::from_utf8_lossy(bytes));
        }
    }
}
