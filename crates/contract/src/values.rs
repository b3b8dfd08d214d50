//! Values for a property of a request, made from its schema: for each keyword, the smallest that break
//! it and nothing else, and those that only just keep to it.

use jsonschema::Validator;
use serde_json::{Map, Value, json};

use super::{Contract, Part, json_schema, object, resolve, source};
use crate::level::{Citation, Grade};

/// The only entry of a map whose names are open: a claim that every issuer's tokens have something
/// like.
const ENTRY: &str = "organization_slug";

/// A value for a property of a request.
#[derive(Clone, Debug, PartialEq)]
pub struct Made {
    /// The place in the body, as a JSON pointer.
    pub place: String,
    /// The keyword of the contract that it breaks there; `None` when it keeps to all of them.
    pub breaks: Option<&'static str>,
    /// The property.
    pub property: String,
    /// The value.
    pub value: Value,
    /// What says so.
    pub citation: Citation,
}

impl Contract {
    /// Values that a request to `operation` must not have and, for what an update may set again and
    /// again, those that it may have; those that are least deep and smallest first.
    pub fn values(&self, operation: &str) -> Vec<Made> {
        let schema = self.body_schema(operation, Part::Request);
        let schema = schema.and_then(|schema| resolve(&self.document, schema));
        let properties = schema.and_then(|schema| object(schema, "/properties"));
        let mut all = Vec::new();
        for (name, schema) in properties.into_iter().flatten() {
            if let Ok(validator) = json_schema(&self.document, schema).compile(name) {
                all.extend(self.values_of(name, schema, validator));
            }
        }
        all.sort_by_key(|made| {
            (made.place.matches('/').count(), made.place.clone(), made.breaks, size(&made.value))
        });
        all
    }

    fn values_of(&self, name: &str, schema: &Value, validator: &Validator) -> Vec<Made> {
        let Some(citation) = source(schema) else { return Vec::new() };
        let broken = Maker { contract: self }.broken(schema, &format!("/{name}"), &citation);
        let kept = Maker { contract: self }.kept(schema).into_iter().map(|value| Made {
            place: format!("/{name}"),
            breaks: None,
            property: String::new(),
            value,
            citation: citation.clone(),
        });
        // What another alternative takes is not wrong, nor is right what its surroundings refuse.
        broken
            .into_iter()
            .chain(kept)
            .filter(|made| validator.is_valid(&made.value) == made.breaks.is_none())
            .map(|made| Made { property: name.to_owned(), ..made })
            .collect()
    }
}

struct Maker<'c> {
    contract: &'c Contract,
}

impl<'c> Maker<'c> {
    fn resolved(&self, schema: &'c Value) -> &'c Value {
        resolve(&self.contract.document, schema).unwrap_or(schema)
    }

    /// What each keyword of a schema refuses.
    fn broken(&self, schema: &'c Value, place: &str, citation: &Citation) -> Vec<Made> {
        let schema = self.resolved(schema);
        let citation = source(schema).unwrap_or_else(|| citation.clone());
        let mut all = Vec::new();
        let mut add = |breaks, value| {
            let citation = Citation { grade: grade(breaks, citation.grade), ..citation.clone() };
            let (place, property) = (place.to_owned(), String::new());
            all.push(Made { place, breaks: Some(breaks), property, value, citation });
        };
        for value in self.of_other_types(schema, place) {
            add("type", value);
        }
        let right = self.right(schema);
        let text = right.as_str().unwrap_or_default();
        if schema.get("pattern").is_some() {
            for value in near(text) {
                add("pattern", value);
            }
        }
        if schema.get("enum").is_some() {
            for value in near(text) {
                add("enum", value);
            }
        }
        if schema["minLength"].as_u64().is_some_and(|least| least > 0) {
            add("minLength", json!(""));
        }
        if schema["minItems"].as_u64().is_some_and(|least| least > 0) {
            add("minItems", json!([]));
        }
        if schema["minProperties"].as_u64().is_some_and(|least| least > 0) {
            add("minProperties", json!({}));
        }
        if schema["additionalProperties"] == json!(false) {
            add("additionalProperties", with(&right, "unknown", json!("text")));
        }
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            let mut without = right.clone();
            without.as_object_mut().map(|object| object.remove(name));
            add("required", without);
        }
        all.extend(self.broken_inside(schema, place, &citation));
        all
    }

    /// What the schemas refuse that a schema is made of, in a value that is right beside that.
    fn broken_inside(&self, schema: &'c Value, place: &str, citation: &Citation) -> Vec<Made> {
        let mut all = Vec::new();
        let least = self.required(schema);
        for alternative in alternatives(schema) {
            let broken = self.broken(alternative, place, citation);
            // Of another type is what none of them takes.
            all.extend(
                broken.into_iter().filter(|it| it.place != place || it.breaks != Some("type")),
            );
        }
        if let Some(items) = schema.get("items") {
            let broken = self.broken(items, &format!("{place}/0"), citation);
            all.extend(broken.into_iter().map(|it| Made { value: json!([it.value]), ..it }));
        }
        for (name, property) in parts(schema) {
            let broken = self.broken(property, &format!("{place}/{name}"), citation);
            all.extend(
                broken.into_iter().map(|it| Made { value: with(&least, name, it.value), ..it }),
            );
        }
        all
    }

    /// Values of every type that the schema does not take. Inside of a property only what no reader
    /// of YAML takes for the other: a scalar for text, or nothing for nothing.
    fn of_other_types(&self, schema: &'c Value, place: &str) -> Vec<Value> {
        let types = self.types(schema);
        if types.is_empty() {
            return Vec::new();
        }
        let is_inside = place.matches('/').count() > 1;
        let right = self.right(schema);
        let mut all = vec![json!([]), json!({}), json!(0), json!(true), json!("text")];
        if is_inside {
            all.retain(|value| !types.contains(&"string") || value.is_object() || value.is_array());
        } else {
            // Right by itself, it shows whether a list of one is accepted instead.
            all.extend([Value::Null, json!(-1.5), json!([right]), json!({"value": right})]);
        }
        all.retain(|value| !types.contains(&type_of(value)));
        all
    }

    /// The types that a schema takes.
    fn types(&self, schema: &'c Value) -> Vec<&'c str> {
        let schema = self.resolved(schema);
        let null = schema.get("nullable").and_then(Value::as_bool).unwrap_or_default();
        let own = schema.get("type").and_then(Value::as_str).into_iter();
        let own = own.chain(null.then_some("null"));
        own.chain(alternatives(schema).flat_map(|it| self.types(it))).collect()
    }

    /// The smallest value that a schema takes, or the contract's own example.
    fn right(&self, schema: &'c Value) -> Value {
        if let Some(example) = schema.get("example") {
            return example.clone();
        }
        let schema = self.resolved(schema);
        if let Some(example) = schema.get("example") {
            return example.clone();
        }
        if let Some(first) = schema.pointer("/enum/0") {
            return first.clone();
        }
        match schema.get("type").and_then(Value::as_str) {
            Some("object") => {
                let least = schema["minProperties"].as_u64().is_some_and(|least| least > 0);
                match (self.required(schema), parts(schema).next()) {
                    (required, Some((name, part))) if least && required == json!({}) => {
                        with(&required, name, self.right(part))
                    }
                    (required, _) => required,
                }
            }
            Some("array") => json!([self.right(&schema["items"])]),
            Some("number" | "integer") => json!(0),
            Some("boolean") => json!(true),
            Some(_) => json!("text"),
            None => alternatives(schema).next().map_or(Value::Null, |first| self.right(first)),
        }
    }

    /// An object with what it must have, by the contract or by one reading of the sources, and nothing
    /// else.
    fn required(&self, schema: &'c Value) -> Value {
        let names = schema["required"].as_array();
        let is_required = |name: &str, part: &Value| {
            part["x-required-in-a-reading"] == json!(true)
                || names.is_some_and(|names| names.iter().any(|it| it == name))
        };
        let entries = parts(schema).filter(|(name, part)| is_required(name, part));
        entries.map(|(name, part)| (name.to_owned(), self.right(part))).collect()
    }

    /// Values that a schema only just takes: each alternative, each entry, each case of a pattern.
    /// Of text that nothing is said about, the other cases have the worst.
    fn kept(&self, schema: &'c Value) -> Vec<Value> {
        let outer = schema.get("example").cloned();
        let schema = self.resolved(schema);
        if let Some(values) = schema.get("enum").and_then(Value::as_array) {
            return values.clone();
        }
        match schema.get("type").and_then(Value::as_str) {
            Some("object") => {
                let inside = |(name, part): (&'c str, &'c Value)| {
                    let values = self.some_of(part).into_iter();
                    let least = self.required(schema);
                    values.map(move |value| with(&least, name, value)).collect::<Vec<_>>()
                };
                parts(schema).flat_map(inside).collect()
            }
            Some("array") => {
                let each = self.some_of(&schema["items"]);
                let all = schema["items"].get("enum").map(|_| json!(each));
                each.iter().map(|value| json!([value])).chain(all).collect()
            }
            Some("string") => {
                let example = outer.or_else(|| schema.get("example").cloned());
                let example = example.as_ref().and_then(Value::as_str);
                let cases = example.map(|it| [it.to_owned(), it.to_uppercase(), it.to_lowercase()]);
                cases.into_iter().flatten().map(Value::String).collect()
            }
            _ => alternatives(schema).flat_map(|it| self.kept(it)).collect(),
        }
    }

    /// The same of what is inside of a value; there text that nothing is said about may be any.
    fn some_of(&self, schema: &'c Value) -> Vec<Value> {
        let mut values = self.kept(schema);
        let types = self.types(schema);
        let scalars = [("string", json!("text")), ("number", json!(0)), ("boolean", json!(true))];
        let taken = scalars.into_iter().filter(|(name, _)| types.contains(name));
        if self.resolved(schema).get("enum").is_none() {
            values.extend(taken.map(|(_, value)| value));
        }
        values
    }
}

/// The schemas of which a schema takes what one, or all, take.
fn alternatives(schema: &Value) -> impl Iterator<Item = &Value> {
    ["allOf", "anyOf", "oneOf"].into_iter().filter_map(|it| schema[it].as_array()).flatten()
}

/// The schemas of the entries of an object, by name.
fn parts(schema: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let listed = schema["properties"].as_object().into_iter().flatten();
    let open = schema.get("additionalProperties").filter(|it| it.is_object());
    listed.map(|(name, part)| (name.as_str(), part)).chain(open.map(|part| (ENTRY, part)))
}

/// Text that is as good as right: without its first or last character, and with one more.
fn near(text: &str) -> Vec<Value> {
    let mut misses = Vec::new();
    let (Some(first), Some(last)) = (text.chars().next(), text.chars().next_back()) else {
        return misses;
    };
    let start = &text[..text.len() - last.len_utf8()];
    misses.extend([json!(text[first.len_utf8()..]), json!(start)]);
    misses.extend([json!(format!("{text}{last}")), json!(format!("{start}~")), json!("text")]);
    misses
}

/// A value that breaks a keyword must be rejected if the type or form is documented. That something
/// may not be empty, incomplete or larger is not documented.
fn grade(keyword: &str, grade: Grade) -> Grade {
    match keyword {
        "type" | "pattern" | "enum" => grade,
        _ => Grade::Choice,
    }
}

fn with(right: &Value, name: &str, value: Value) -> Value {
    let mut object: Map<String, Value> = right.as_object().cloned().unwrap_or_default();
    object.insert(name.to_owned(), value);
    Value::Object(object)
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn size(value: &Value) -> usize {
    value.to_string().len()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_keyword_of_a_request_is_broken_and_kept_to() {
        let contract = Contract::built_in();
        let made = contract.values("create_registry");
        let broken: BTreeSet<(&str, &str)> =
            made.iter().filter_map(|it| Some((it.place.as_str(), it.breaks?))).collect();
        let rule = "/oidc_policy/0/claims/organization_slug";
        let (within, matches) = (format!("{rule}/in"), format!("{rule}/matches"));
        for expected in [
            ("/name", "type"),
            ("/name", "minLength"),
            ("/color", "pattern"),
            ("/team_ids/0", "type"),
            ("/oidc_policy", "type"),
            ("/oidc_policy/0", "type"),
            ("/oidc_policy/0", "required"),
            ("/oidc_policy/0/iss", "pattern"),
            ("/oidc_policy/0/scopes", "minItems"),
            ("/oidc_policy/0/scopes/0", "enum"),
            ("/oidc_policy/0/claims", "minProperties"),
            (rule, "type"),
            (rule, "additionalProperties"),
            (rule, "minProperties"),
            (&*within, "minItems"),
            (&*matches, "type"),
        ] {
            assert!(broken.contains(&expected), "{expected:?} is not in {broken:#?}");
        }
        let kept: Vec<&Value> =
            made.iter().filter(|it| it.breaks.is_none()).map(|it| &it.value).collect();
        let policy = |rule: Value| {
            json!([{
                "iss": "https://agent.buildkite.com",
                "scopes": ["read_packages"],
                "claims": {ENTRY: rule},
            }])
        };
        for expected in [
            json!("#F0CCFF"),
            policy(json!(true)),
            policy(json!({"not_in": [0]})),
            policy(json!({"matches": ["text"]})),
        ] {
            assert!(kept.contains(&&expected), "{expected} is not in {kept:#?}");
        }
    }

    #[test]
    fn the_smallest_comes_first_and_what_nobody_says_binds_nobody() {
        let made = Contract::built_in().values("update_registry");
        for pair in made.windows(2) {
            if (&pair[0].place, pair[0].breaks) == (&pair[1].place, pair[1].breaks) {
                assert!(size(&pair[0].value) <= size(&pair[1].value), "{pair:?}");
            }
        }
        for it in made {
            let is_open = !matches!(it.breaks, None | Some("type" | "pattern" | "enum"));
            assert_eq!(it.citation.grade == Grade::Choice, is_open, "{it:?}");
        }
    }
}
