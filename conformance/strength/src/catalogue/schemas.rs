//! What answers look like whose properties the contract lists.

use serde_json::{Map, Value, json};

use super::Which;
use crate::deviation::{Class, Deviation, answer};
use registries_conformance::contract::Contract;

/// Every property that a schema of the contract requires: missing, null, or of another type. The
/// schema is at `place` of the value that has the property `mark`.
pub(super) fn misshapen(
    name: &str,
    of_interest: Which,
    schema: &str,
    mark: &'static str,
    place: &str,
) -> Vec<Deviation> {
    let contract = Contract::built_in();
    let mut all = Vec::new();
    for property in contract.required_properties(schema) {
        let is_nullable = contract.is_nullable(schema, &property);
        let pointer = if place.is_empty() { String::new() } else { format!("/{place}") };
        for (way, make) in WAYS {
            if is_nullable && way == "null" {
                continue;
            }
            let (property, pointer) = (property.clone(), pointer.clone());
            let changed = property.replace('_', "-");
            let behaviour = answer(move |request, outgoing| {
                if of_interest(request) {
                    outgoing.each(mark, |whole| {
                        if let Some(Value::Object(map)) = whole.pointer_mut(&pointer) {
                            make(map, &property);
                        }
                    });
                }
            });
            all.push(Deviation::new(Class::Shape, format!("{name}-{changed}-{way}"), behaviour));
        }
    }
    all
}

/// Changes a property.
type Way = fn(&mut Map<String, Value>, &str);

/// How a property can be other than it must be.
const WAYS: [(&str, Way); 3] = [
    ("missing", |map, property| drop(map.remove(property))),
    ("null", |map, property| drop(map.insert(property.into(), Value::Null))),
    ("of-another-type", |map, property| {
        let wrong = match map.get(property) {
            Some(Value::Number(_)) => json!("seven"),
            _ => json!(7),
        };
        map.insert(property.into(), wrong);
    }),
];
