//! What a file of declared registries consists of, and where it is something else.

use std::fmt;

use registries_command_line::meant;
use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor},
};
use serde_json::Value;
use serde_saphyr::{Location, Spanned};

/// What a property takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    TextOrNull,
    Texts,
    TextsOrNull,
    Any,
}

/// The properties of a declared registry, and whether each is required.
const PROPERTIES: [(&str, Kind, bool); 8] = [
    ("name", Kind::Text, true),
    ("ecosystem", Kind::Text, true),
    ("description", Kind::TextOrNull, false),
    ("emoji", Kind::TextOrNull, false),
    ("color", Kind::TextOrNull, false),
    ("policy", Kind::Any, false),
    ("team_ids", Kind::Texts, false),
    ("tokens", Kind::TextsOrNull, false),
];

/// A value of any form, with the places of what is in it.
pub(super) enum Node {
    Null,
    /// Any other value that contains none, and what it is called.
    Scalar(&'static str),
    List(Vec<Spanned<Self>>),
    Object(Vec<(Spanned<String>, Spanned<Self>)>),
}

/// A mistake, and where it is.
type Mistake = (Location, String);

/// The first mistake in a file.
pub(super) fn mistake(file: &Spanned<Node>) -> Option<Mistake> {
    checked(file).err()
}

const EMPTY: &str = "the file is empty; expected an object with the property registries, as `registries \
                     export` prints one";

fn checked(file: &Spanned<Node>) -> Result<(), Mistake> {
    let properties = match &file.value {
        Node::Null => return Err((Location::UNKNOWN, EMPTY.to_owned())),
        Node::Object(properties) => properties,
        other => {
            let said = "expected an object with the property registries, not";
            return Err(here(file, format!("{said} {}", other.called())));
        }
    };
    if let Some((name, _)) = properties.iter().find(|(name, _)| name.value != "registries") {
        return Err(here(name, unknown_property(&name.value, &["registries"])));
    }
    let Some((_, registries)) = properties.first() else {
        return Err(here(
            file,
            "the property registries is missing, a list of registries".to_owned(),
        ));
    };
    match &registries.value {
        Node::List(registries) => registries.iter().try_for_each(registry),
        other => {
            Err(here(registries, format!("registries must be a list, not {}", other.called())))
        }
    }
}

fn registry(registry: &Spanned<Node>) -> Result<(), Mistake> {
    let Node::Object(properties) = &registry.value else {
        let said = "a registry must be an object with name and ecosystem, not";
        return Err(here(registry, format!("{said} {}", registry.value.called())));
    };
    for (name, value) in properties {
        let Some((_, kind, _)) = PROPERTIES.iter().find(|(known, ..)| *known == name.value) else {
            let known = PROPERTIES.map(|(known, ..)| known);
            return Err(here(name, unknown_property(&name.value, &known)));
        };
        if let Some(expected) = kind.mismatch(&value.value) {
            let (name, what) = (&name.value, value.value.called());
            return Err(here(value, format!("{name} must be {expected}, not {what}")));
        }
    }
    let is_missing = |name: &str| properties.iter().all(|(given, _)| given.value != name);
    match PROPERTIES.iter().find(|(name, _, is_required)| *is_required && is_missing(name)) {
        Some((name, ..)) => {
            Err(here(registry, format!("this registry has no {name}, which is required")))
        }
        None => Ok(()),
    }
}

fn here<T>(value: &Spanned<T>, said: String) -> Mistake {
    (value.referenced, said)
}

fn unknown_property(name: &str, known: &[&str]) -> String {
    let hint = meant(name, known.iter().copied()).map(|it| format!(" (did you mean {it}?)"));
    format!("unknown property {name:?}{}; known: {}", hint.unwrap_or_default(), known.join(", "))
}

impl Kind {
    /// What is expected instead of a value.
    fn mismatch(self, value: &Node) -> Option<&'static str> {
        let are_texts =
            |items: &[Spanned<Node>]| items.iter().all(|it| matches!(it.value, Node::Scalar(_)));
        match (self, value) {
            (Self::Any, _)
            | (Self::Text | Self::TextOrNull, Node::Scalar(_))
            | (Self::TextOrNull | Self::TextsOrNull, Node::Null) => None,
            (Self::Texts | Self::TextsOrNull, Node::List(items)) if are_texts(items) => None,
            (Self::Text, _) => Some("text"),
            (Self::TextOrNull, _) => Some("text or null"),
            (Self::Texts | Self::TextsOrNull, Node::List(_)) => Some("a list of nothing but texts"),
            (Self::Texts | Self::TextsOrNull, _) => Some("a list of texts"),
        }
    }
}

impl Node {
    fn called(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Scalar(called) => called,
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        }
    }
}

/// JSON without places.
impl From<Value> for Node {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(_) => Self::Scalar("true or false"),
            Value::Number(_) => Self::Scalar("a number"),
            Value::String(_) => Self::Scalar("text"),
            Value::Array(items) => {
                Self::List(items.into_iter().map(|it| nowhere(it.into())).collect())
            }
            Value::Object(entries) => Self::Object(
                entries.into_iter().map(|(name, it)| (nowhere(name), nowhere(it.into()))).collect(),
            ),
        }
    }
}

pub(super) fn nowhere<T>(value: T) -> Spanned<T> {
    Spanned { value, referenced: Location::UNKNOWN, defined: Location::UNKNOWN }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyNode)
    }
}

struct AnyNode;

impl<'de> Visitor<'de> for AnyNode {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_none<E: Error>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Node, E> {
        Ok(Node::Scalar("true or false"))
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Node, E> {
        Ok(Node::Scalar("a number"))
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Node, E> {
        Ok(Node::Scalar("a number"))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Node, E> {
        Ok(Node::Scalar("a number"))
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Node, E> {
        Ok(Node::Scalar("text"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
        let mut object = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            object.push(entry);
        }
        Ok(Node::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::apply::Declared;

    #[test]
    fn the_properties_are_those_that_are_read() {
        let schema = schemars::schema_for!(Declared);
        let required: Vec<&str> = schema
            .get("required")
            .unwrap()
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|it| it.as_str())
            .collect();
        let read = schema.get("properties").unwrap().as_object().unwrap().keys();
        let read: BTreeMap<&str, bool> =
            read.map(|name| (name.as_str(), required.contains(&name.as_str()))).collect();
        assert_eq!(
            read,
            PROPERTIES.iter().map(|(name, _, is_required)| (*name, *is_required)).collect()
        );
    }
}
