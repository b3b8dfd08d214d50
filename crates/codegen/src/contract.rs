//! The contract as data: reading it, finding one's way in it.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::Error;

/// The keys of a path item that are operations.
pub(crate) const METHODS: [&str; 8] =
    ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

const SCHEMA_PREFIX: &str = "#/components/schemas/";

/// Reads the contract as data, from JSON or, with the feature `yaml`, from YAML. Of YAML, anchors and
/// aliases are followed; every scalar that YAML 1.2 does not call a number, a boolean or null is a
/// string, dates included.
pub fn parse(text: &str) -> Result<Value, Error> {
    serde_json::from_str(text).or_else(|error| parse_yaml(text, &error))
}

#[cfg(feature = "yaml")]
fn parse_yaml(text: &str, _: &serde_json::Error) -> Result<Value, Error> {
    // `no` is a word here, as in YAML 1.2.
    let options = serde_saphyr::options! { strict_booleans: true };
    serde_saphyr::from_str_with_options(text, options)
        .map_err(|error| Error::Unreadable(error.to_string()))
}

#[cfg(not(feature = "yaml"))]
fn parse_yaml(_: &str, error: &serde_json::Error) -> Result<Value, Error> {
    Err(Error::Unreadable(format!("{error}; YAML needs the feature `yaml`")))
}

/// The schema component that `schema` refers to, directly or through an `allOf` of one.
pub(crate) fn reference(schema: &Value) -> Option<&str> {
    let target = match schema.get("allOf").and_then(Value::as_array).map(Vec::as_slice) {
        Some([only]) => only,
        Some(_) => return None,
        None => schema,
    };
    target.get("$ref")?.as_str()?.strip_prefix(SCHEMA_PREFIX)
}

/// A reference to the schema component `name`.
pub(crate) fn reference_to(name: &str) -> Value {
    serde_json::json!({ "$ref": format!("{SCHEMA_PREFIX}{name}") })
}

/// The entries of the object at `key`; nothing when there is none.
pub(crate) fn entries<'a>(
    value: &'a Value,
    key: &str,
) -> impl Iterator<Item = (&'a String, &'a Value)> {
    value.get(key).and_then(Value::as_object).into_iter().flatten()
}

/// As [`entries`], to change them.
pub(crate) fn entries_mut<'a>(
    value: &'a mut Value,
    key: &str,
) -> impl Iterator<Item = (&'a String, &'a mut Value)> {
    value.get_mut(key).and_then(Value::as_object_mut).into_iter().flatten()
}

/// The operations of all paths.
pub(crate) fn operations_mut(contract: &mut Value) -> impl Iterator<Item = &mut Value> {
    entries_mut(contract, "paths")
        .filter_map(|(_, item)| item.as_object_mut())
        .flatten()
        .filter_map(|(key, operation)| is_method(key).then_some(operation))
}

/// Calls `change` for every operation, with its id.
pub(crate) fn each_operation(
    contract: &mut Value,
    mut change: impl FnMut(&str, &mut Value) -> Result<(), Error>,
) -> Result<(), Error> {
    operations_mut(contract).try_for_each(|operation| {
        let id = operation_id(operation).map(str::to_owned);
        let id = id.ok_or_else(|| Error::contract("paths", "an operation has no operationId"))?;
        change(&id, operation)
    })
}

pub(crate) fn operation_id(operation: &Value) -> Option<&str> {
    operation.get("operationId")?.as_str()
}

/// Whether `key` of a path item is an operation.
pub(crate) fn is_method(key: &str) -> bool {
    METHODS.contains(&key)
}

/// The schema components, as they stand.
pub(crate) fn schemas(contract: &Value) -> Map<String, Value> {
    contract.pointer("/components/schemas").and_then(Value::as_object).cloned().unwrap_or_default()
}

/// Calls `change` for `schema` and every schema within it, the inner ones first. Referenced
/// components are not followed.
pub(crate) fn walk(schema: &mut Value, change: &mut dyn FnMut(&mut Value)) {
    for (_, inner) in entries_mut(schema, "properties") {
        walk(inner, change);
    }
    for key in ["items", "additionalProperties", "not"] {
        if let Some(inner) = schema.get_mut(key).filter(|inner| inner.is_object()) {
            walk(inner, change);
        }
    }
    // An `allOf` of one reference is that reference with a description; it is one schema, not two.
    let alternatives: &[&str] =
        if reference(schema).is_some() { &[] } else { &["allOf", "anyOf", "oneOf"] };
    for key in alternatives {
        for inner in schema.get_mut(*key).and_then(Value::as_array_mut).into_iter().flatten() {
            walk(inner, change);
        }
    }
    change(schema);
}

/// The names of all schema components that `value` needs, those included that others of them need.
pub(crate) fn needed(value: &Value, schemas: &Map<String, Value>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        match value {
            Value::Array(items) => open.extend(items),
            Value::Object(map) => {
                open.extend(map.values());
                let name = map.get("$ref").and_then(Value::as_str);
                if let Some(name) = name.and_then(|name| name.strip_prefix(SCHEMA_PREFIX))
                    && found.insert(name.to_owned())
                {
                    open.extend(schemas.get(name));
                }
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn scalars_keep_what_they_are() {
        let yaml = "time: 2025-07-16 06:07:42 UTC\nday: 2025-07-16\ncolour: '#f0ccff'\nnone: null\n\
                    list: [null]\nid: 0191df84-0000-7000-8000-000000000001\nversion: 3.0.3\n\
                    count: 42\nyes: no\nreal: 1.5\n'200': &a {b: [1, x]}\nagain: *a\n";
        assert_eq!(
            parse(yaml).unwrap(),
            json!({
                "time": "2025-07-16 06:07:42 UTC", "day": "2025-07-16", "colour": "#f0ccff",
                "none": null, "list": [null], "id": "0191df84-0000-7000-8000-000000000001",
                "version": "3.0.3", "count": 42, "yes": "no", "real": 1.5,
                "200": {"b": [1, "x"]},
                "again": {"b": [1, "x"]},
            })
        );
    }

    #[test]
    fn what_is_not_yaml_is_an_error() {
        assert!(matches!(parse("a: [b"), Err(Error::Unreadable(_))));
    }

    #[test]
    fn references_are_found_through_an_all_of_of_one() {
        assert_eq!(reference(&reference_to("A")), Some("A"));
        assert_eq!(
            reference(&json!({"allOf": [reference_to("A")], "description": "d"})),
            Some("A")
        );
        assert_eq!(reference(&json!({"allOf": [reference_to("A"), reference_to("B")]})), None);
        assert_eq!(reference(&json!({"type": "string"})), None);
    }

    #[test]
    fn needed_follows_components() {
        let schemas = json!({"A": {"items": reference_to("B")}, "B": {}, "C": reference_to("A")});
        let names = needed(&reference_to("A"), schemas.as_object().unwrap());
        assert_eq!(names.into_iter().collect::<Vec<_>>(), ["A", "B"]);
    }
}
