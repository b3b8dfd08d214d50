//! What keeps JSON from being a type, without the values in it.
//!
//! The errors of `serde_json` have it as text only, with the value that was found. So what could not be
//! read is read again with an error that keeps the parts.

use std::fmt;

use serde::{
    Deserializer,
    de::{
        self, DeserializeOwned, Expected, IntoDeserializer, Unexpected, Visitor,
        value::{MapAccessDeserializer, MapDeserializer, SeqDeserializer},
    },
    forward_to_deserialize_any,
};
use serde_json::Value;

/// What is wrong with a value.
#[derive(Debug)]
pub(crate) enum Mismatch {
    /// A property is missing.
    Missing(&'static str),
    /// This kind of value in the place of what is described.
    Kind(&'static str, String),
    /// Something that only a text says, which may have values in it.
    Other,
}

impl Mismatch {
    /// Why `body` is no `T`, when that is so at `path`.
    pub(crate) fn of<T: DeserializeOwned>(body: &[u8], path: &str) -> Self {
        let Ok(value) = serde_json::from_slice(body) else { return Self::Other };
        match serde_path_to_error::deserialize::<_, T>(Json(&value)) {
            Err(error) if error.path().to_string() == path => error.into_inner(),
            _ => Self::Other,
        }
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(property) => write!(f, "missing field `{property}`"),
            Self::Kind(kind, expected) => write!(f, "{kind} instead of {expected}"),
            Self::Other => f.write_str("it has another form than expected"),
        }
    }
}

impl std::error::Error for Mismatch {}

impl de::Error for Mismatch {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::Other
    }

    fn missing_field(field: &'static str) -> Self {
        Self::Missing(field)
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::Kind(kind(&found), expected.to_string())
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::invalid_type(found, expected)
    }
}

fn kind(found: &Unexpected<'_>) -> &'static str {
    match found {
        Unexpected::Bool(_) => "boolean",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) => "integer",
        Unexpected::Float(_) => "floating point",
        Unexpected::Char(_) | Unexpected::Str(_) => "string",
        Unexpected::Unit => "null",
        Unexpected::Seq => "sequence",
        Unexpected::Map => "map",
        _ => "another value",
    }
}

/// Reads JSON with [`Mismatch`] as its error.
#[derive(Clone, Copy)]
struct Json<'de>(&'de Value);

impl<'de> Deserializer<'de> for Json<'de> {
    type Error = Mismatch;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Number(value) => match (value.as_u64(), value.as_i64(), value.as_f64()) {
                (Some(value), ..) => visitor.visit_u64(value),
                (_, Some(value), _) => visitor.visit_i64(value),
                (.., Some(value)) => visitor.visit_f64(value),
                _ => Err(Mismatch::Other),
            },
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::Array(items) => visitor.visit_seq(SeqDeserializer::new(items.iter().map(Json))),
            Value::Object(_) => visitor.visit_map(self.properties()),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        match self.0 {
            Value::String(text) => visitor.visit_enum(text.as_str().into_deserializer()),
            Value::Object(_) => visitor.visit_enum(MapAccessDeserializer::new(self.properties())),
            _ => self.deserialize_any(visitor),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

impl<'de> Json<'de> {
    /// The properties of an object; none of anything else.
    fn properties(
        self,
    ) -> MapDeserializer<'de, impl Iterator<Item = (&'de str, Json<'de>)>, Mismatch> {
        let properties = self.0.as_object().into_iter().flatten();
        MapDeserializer::new(properties.map(|(name, value)| (name.as_str(), Json(value))))
    }
}

impl<'de> IntoDeserializer<'de, Mismatch> for Json<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "it is only read")]
    struct Thing {
        count: u8,
        kind: Option<Kind>,
        parts: Option<Vec<Part>>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Kind {
        Plain,
        #[expect(dead_code, reason = "it is only read")]
        Sized(u8),
    }

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "it is only read")]
    struct Part(String);

    #[test]
    fn a_mismatch_has_its_parts_and_no_value() {
        for (body, path, mismatch) in [
            ("{}", ".", "missing field `count`"),
            (r#"{"count": "hunter2"}"#, "count", "string instead of u8"),
            (r#"{"count": 256}"#, "count", "integer instead of u8"),
            (r#"{"count": -1.5}"#, "count", "floating point instead of u8"),
            (r#"{"count": null}"#, "count", "null instead of u8"),
            (r#"{"count": 1, "parts": {}}"#, "parts", "map instead of a sequence"),
            (r#"{"count": 1, "parts": ["a", true]}"#, "parts[1]", "boolean instead of a string"),
            (r#"{"count": 1, "kind": "hunter2"}"#, "kind", "it has another form than expected"),
            (r#"{"count": 1, "kind": {"sized": []}}"#, "kind.sized", "sequence instead of u8"),
            (
                r#"{"count": 1, "kind": {"sized": []}}"#,
                "count",
                "it has another form than expected",
            ),
            ("[]", ".", "it has another form than expected"),
            (r#""hunter2""#, ".", "string instead of struct Thing"),
            ("hunter2", ".", "it has another form than expected"),
        ] {
            let found = Mismatch::of::<Thing>(body.as_bytes(), path).to_string();
            assert_eq!(found, mismatch, "{body}");
        }
    }

    /// What can be read by `serde_json` can be read here, so that an error is about the same value.
    #[test]
    fn what_is_well_is_read() {
        for body in [
            r#"{"count": 1}"#,
            r#"{"count": 1, "kind": null, "parts": null}"#,
            r#"{"count": 1, "kind": "plain", "parts": ["a"], "more": [1.5, -1]}"#,
            r#"{"count": 1, "kind": {"sized": 3}, "parts": []}"#,
        ] {
            let value = serde_json::from_str(body).unwrap();
            Thing::deserialize(Json(&value)).unwrap_or_else(|error| panic!("{body}: {error}"));
        }
    }
}
