//! What exchanges show of the contract, counted by walking through schemas and bodies side by side.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::{Coverage, PropertyCoverage, StatusCoverage, ValueCoverage};
use crate::{
    contract::{Contract, Part},
    exchange::Exchange,
};

/// What has been seen of a contract so far.
pub(super) struct Seen<'c> {
    contract: &'c Contract,
    statuses: BTreeMap<(&'c str, u16), usize>,
    properties: BTreeMap<Place<'c>, Times>,
    values: BTreeMap<Place<'c>, Vec<(&'c Value, usize)>>,
    /// The headers that have enumerated values, by name.
    headers: Vec<&'c str>,
    /// The components that were listed, with the way of their bodies.
    listed: BTreeSet<(&'c str, bool)>,
}

impl<'c> Seen<'c> {
    /// Everything that there is to see, and nothing of it seen.
    pub(super) fn nothing_of(contract: &'c Contract) -> Self {
        let mut seen = Self {
            contract,
            statuses: BTreeMap::new(),
            properties: BTreeMap::new(),
            values: BTreeMap::new(),
            headers: Vec::new(),
            listed: BTreeSet::new(),
        };
        for operation in contract.operations() {
            let id = operation.id.as_str();
            for status in operation.statuses() {
                seen.statuses.insert((id, status), 0);
                seen.list(id, Part::Response(status), Way::Received);
            }
            seen.list(id, Part::Request, Way::Sent);
        }
        for (name, schema) in contract.headers() {
            if let Some(values) = enumerated(schema) {
                seen.headers.push(name);
                seen.enumerate(Place::at(name), values, None);
            }
        }
        seen
    }

    fn list(&mut self, operation: &'c str, part: Part, way: Way) {
        if let Some(schema) = self.contract.body_schema(operation, part) {
            self.walk(schema, &Place::at(operation), None, way);
        }
    }

    pub(super) fn observe(&mut self, exchange: &Exchange) {
        let (operation, answer) = (exchange.request.operation, &exchange.answer);
        let Some(operation) = self.contract.operation(operation) else { return };
        let id = operation.id.as_str();
        // A page, or a body of another kind, shows no more than that something answers.
        let is_recognized = self.contract.recognizes(id, answer);
        if let Some(times) = self.statuses.get_mut(&(id, answer.status)).filter(|_| is_recognized) {
            *times += 1;
        }
        let sent: Option<Value> =
            exchange.request.body.as_ref().and_then(|body| serde_json::from_str(body).ok());
        let bodies = [
            (Part::Request, sent.as_ref(), Way::Sent),
            (Part::Response(answer.status), answer.json.as_ref(), Way::Received),
        ];
        for (part, body, way) in bodies {
            if let (Some(schema), Some(body)) = (self.contract.body_schema(id, part), body) {
                self.walk(schema, &Place::at(id), Some(body), way);
            }
        }
        for name in self.headers.clone() {
            if let Some(text) = answer.header(name) {
                self.enumerate(Place::at(name), &[], Some(&Value::from(text)));
            }
        }
    }

    /// Walks through a schema, along with a value when there is one; without a value it lists what
    /// there is to see.
    fn walk(&mut self, schema: &'c Value, place: &Place<'c>, value: Option<&Value>, way: Way) {
        let Some((component, schema)) = self.contract.resolved(schema) else { return };
        if value.is_some_and(|value| !admits(schema, value)) {
            return;
        }
        let place = component.map_or_else(|| place.clone(), Place::at);
        if let (Some(component), None) = (component, value)
            && !self.listed.insert((component, way == Way::Sent))
        {
            return;
        }
        if let Some(values) = enumerated(schema) {
            self.enumerate(place.clone(), values, value);
        }
        for keyword in ["allOf", "anyOf", "oneOf"] {
            for branch in schema.get(keyword).and_then(Value::as_array).into_iter().flatten() {
                self.walk(branch, &place, value, way);
            }
        }
        if let Some(entries) = schema.get("items") {
            match value {
                None => self.walk(entries, &place.entry(), None, way),
                Some(value) => {
                    for entry in value.as_array().into_iter().flatten() {
                        self.walk(entries, &place.entry(), Some(entry), way);
                    }
                }
            }
        }
        match value {
            None => self.list_properties(schema, &place, way),
            Some(Value::Object(object)) => self.observe_properties(schema, &place, object, way),
            Some(_) => {}
        }
    }

    fn list_properties(&mut self, schema: &'c Value, place: &Place<'c>, way: Way) {
        for (name, property) in properties(schema) {
            let place = place.property(name);
            if way == Way::Received {
                let nullable = self.is_nullable(property);
                self.properties.entry(place.clone()).or_default().nullable |= nullable;
            }
            self.walk(property, &place, None, way);
        }
        if let Some(others) = schema.get("additionalProperties").filter(|it| it.is_object()) {
            self.walk(others, &place.property("*"), None, way);
        }
    }

    fn observe_properties(
        &mut self,
        schema: &'c Value,
        place: &Place<'c>,
        object: &Map<String, Value>,
        way: Way,
    ) {
        let known = schema.get("properties");
        let others = schema.get("additionalProperties").filter(|it| it.is_object());
        for (name, value) in object {
            if let Some(property) = known.and_then(|known| known.get(name)) {
                let place = place.property(name);
                if let Some(times) =
                    self.properties.get_mut(&place).filter(|_| way == Way::Received)
                {
                    let count = if value.is_null() { &mut times.null } else { &mut times.non_null };
                    *count += 1;
                }
                self.walk(property, &place, Some(value), way);
            } else if let Some(others) = others {
                self.walk(others, &place.property("*"), Some(value), way);
            }
        }
    }

    /// Notes a value of a place that has enumerated ones, or without a value which there are.
    fn enumerate(&mut self, place: Place<'c>, values: &'c [Value], value: Option<&Value>) {
        let known = self.values.entry(place).or_default();
        match value {
            None => {
                for value in values.iter().filter(|value| !value.is_null()) {
                    if !known.iter().any(|(known, _)| *known == value) {
                        known.push((value, 0));
                    }
                }
            }
            Some(value) => {
                if let Some((_, times)) = known.iter_mut().find(|(known, _)| *known == value) {
                    *times += 1;
                }
            }
        }
    }

    /// Whether a property can be null, by itself or by one of its alternatives.
    fn is_nullable(&self, schema: &'c Value) -> bool {
        let Some((_, schema)) = self.contract.resolved(schema) else { return false };
        let mut branches = ["allOf", "anyOf", "oneOf"]
            .into_iter()
            .filter_map(|keyword| schema.get(keyword)?.as_array())
            .flatten();
        is_marked_nullable(schema) || branches.any(|branch| self.is_nullable(branch))
    }

    pub(super) fn into_coverage(self) -> Coverage {
        let statuses = self.statuses.into_iter().map(|((operation, status), times)| {
            StatusCoverage { operation: operation.to_owned(), status, times }
        });
        let properties = self.properties.into_iter().map(|(place, times)| PropertyCoverage {
            schema: place.schema.to_owned(),
            property: place.path,
            nullable: times.nullable,
            null: times.null,
            non_null: times.non_null,
        });
        let values = self.values.into_iter().flat_map(|(place, values)| {
            let name = place.name();
            values.into_iter().map(move |(value, times)| ValueCoverage {
                place: String::clone(&name),
                value: value.clone(),
                times,
            })
        });
        Coverage {
            statuses: statuses.collect(),
            properties: properties.collect(),
            values: values.collect(),
        }
    }
}

/// A place in the contract: a component, and what is between it and the place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place<'c> {
    schema: &'c str,
    path: String,
}

impl<'c> Place<'c> {
    fn at(schema: &'c str) -> Self {
        Self { schema, path: String::new() }
    }

    fn property(&self, name: &str) -> Self {
        let dot = if self.path.is_empty() { "" } else { "." };
        Self { schema: self.schema, path: format!("{}{dot}{name}", self.path) }
    }

    fn entry(&self) -> Self {
        Self { schema: self.schema, path: format!("{}[]", self.path) }
    }

    fn name(&self) -> String {
        match self.path.as_str() {
            "" => self.schema.to_owned(),
            path => format!("{}.{path}", self.schema),
        }
    }
}

/// How often a property was seen.
#[derive(Default)]
struct Times {
    nullable: bool,
    null: usize,
    non_null: usize,
}

/// Which way a body goes. Properties are of interest in answers only.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Sent,
    Received,
}

/// The values that a schema enumerates, or that are known of an open set.
fn enumerated(schema: &Value) -> Option<&[Value]> {
    let values = schema.get("enum").or_else(|| schema.get("x-known-values"))?;
    values.as_array().map(Vec::as_slice)
}

fn properties(schema: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let properties = schema.get("properties").and_then(Value::as_object);
    properties.into_iter().flatten().map(|(name, property)| (name.as_str(), property))
}

fn is_marked_nullable(schema: &Value) -> bool {
    schema.get("nullable") == Some(&Value::Bool(true))
}

/// Whether a value is of the type that a schema asks for, so that it may be meant by it.
fn admits(schema: &Value, value: &Value) -> bool {
    match (schema.get("type").and_then(Value::as_str), value) {
        (None, _) => true,
        (Some(_), Value::Null) => is_marked_nullable(schema),
        (Some(name), Value::Bool(_)) => name == "boolean",
        (Some(name), Value::Number(_)) => matches!(name, "integer" | "number"),
        (Some(name), Value::String(_)) => name == "string",
        (Some(name), Value::Array(_)) => name == "array",
        (Some(name), Value::Object(_)) => name == "object",
    }
}
