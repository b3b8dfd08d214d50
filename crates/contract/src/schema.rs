//! `OpenAPI` 3.0 schemas as JSON Schema draft 7, which is what validators take.
//!
//! In both, what stands beside a `$ref` is of no account; later drafts take longer to compile.

use std::sync::OnceLock;

use jsonschema::{Draft, Validator};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::ContractError;

/// A JSON Schema, compiled when something is first validated against it: most runs need few of them.
#[derive(Debug)]
pub(super) struct Schema {
    /// Findings look up their sources in it.
    pub(super) json: Value,
    validator: OnceLock<Validator>,
}

impl Schema {
    pub(super) fn new(json: Value) -> Self {
        Self { json, validator: OnceLock::new() }
    }

    /// Compiles it now; `place` is where it stands in the contract.
    pub(super) fn compile(&self, place: &str) -> Result<&Validator, ContractError> {
        if let Some(validator) = self.validator.get() {
            return Ok(validator);
        }
        let options = jsonschema::options()
            .with_draft(Draft::Draft7)
            .with_format("uuid", is_uuid)
            .should_validate_formats(true)
            .should_ignore_unknown_formats(false);
        let validator = options.build(&self.json).map_err(|error| ContractError::Schema {
            place: place.into(),
            reason: error.to_string(),
        })?;
        Ok(self.validator.get_or_init(|| validator))
    }

    /// Validates a value.
    ///
    /// # Panics
    ///
    /// When it cannot be compiled: the tests rule that out for the contract that is built in, and
    /// others are compiled as a whole when they are read.
    pub(super) fn validator(&self) -> &Validator {
        let compiled = self.compile("a schema");
        compiled.unwrap_or_else(|error| panic!("this is a bug in the contract: {error}"))
    }
}

/// A format that draft 7 does not have yet.
fn is_uuid(text: &str) -> bool {
    // Of the forms that a UUID has, only that with hyphens is as long.
    text.len() == 36 && Uuid::try_parse(text).is_ok()
}

/// The JSON Schema of `schema`, self-contained: the components that it needs become its
/// `definitions`.
pub(super) fn document(schema: &Value, components: &Map<String, Value>) -> Value {
    let mut definitions = Map::new();
    let mut needed = references(schema);
    while let Some(name) = needed.pop() {
        if let Some(component) = components.get(name)
            && !definitions.contains_key(name)
        {
            needed.extend(references(component));
            definitions.insert(name.to_owned(), convert(component));
        }
    }
    let mut root = convert(schema);
    root["definitions"] = Value::Object(definitions);
    root
}

/// The names of the components that a schema refers to.
fn references(schema: &Value) -> Vec<&str> {
    match schema {
        Value::Object(keywords) => {
            let own = keywords.get("$ref").and_then(Value::as_str);
            let own = own.and_then(|reference| reference.strip_prefix(COMPONENTS));
            own.into_iter().chain(keywords.values().flat_map(references)).collect()
        }
        Value::Array(schemas) => schemas.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

/// The formats that say nothing about a value.
const NOT_CHECKED: [&str; 4] = ["password", "int32", "int64", "double"];

/// Where the contract has its components.
const COMPONENTS: &str = "#/components/schemas/";

/// Where a JSON Schema location made by [`document`] stands in the contract.
pub(super) fn location_in_contract(schema_path: &str) -> String {
    match schema_path.strip_prefix("/definitions/") {
        Some(rest) => format!("{COMPONENTS}{rest}"),
        None => format!("#{schema_path}"),
    }
}

/// One schema, recursively: `nullable` becomes the type `null`, references point to `definitions`, and in
/// an object that lists its properties others are found, unless the contract says so. The contract's
/// objects are open: what such a finding means, `x-undocumented-properties` in it says.
fn convert(schema: &Value) -> Value {
    let Some(source) = schema.as_object() else { return schema.clone() };
    let mut target = Map::new();
    for (keyword, value) in source {
        let converted = match keyword.as_str() {
            "$ref" => match value.as_str() {
                Some(reference) => json!(reference.replace(COMPONENTS, "#/definitions/")),
                None => value.clone(),
            },
            "properties" => each_value(value),
            "items" | "additionalProperties" | "not" => convert(value),
            "allOf" | "anyOf" | "oneOf" => each_item(value),
            "nullable" | "example" | "default" => continue,
            // They say how to show a text, or how to keep a number, and nothing about either.
            "format" if NOT_CHECKED.iter().any(|it| value == it) => continue,
            _ => value.clone(),
        };
        target.insert(keyword.clone(), converted);
    }
    if source.get("nullable") == Some(&Value::Bool(true)) {
        admit_null(&mut target);
    }
    if source.contains_key("properties") && !source.contains_key("additionalProperties") {
        target.insert("additionalProperties".into(), Value::Bool(false));
    }
    Value::Object(target)
}

fn each_value(schemas: &Value) -> Value {
    match schemas.as_object() {
        Some(map) => map.iter().map(|(name, schema)| (name.clone(), convert(schema))).collect(),
        None => schemas.clone(),
    }
}

fn each_item(schemas: &Value) -> Value {
    match schemas.as_array() {
        Some(list) => list.iter().map(convert).collect(),
        None => schemas.clone(),
    }
}

fn admit_null(schema: &mut Map<String, Value>) {
    if let Some(name @ Value::String(_)) = schema.get("type").cloned() {
        schema.insert("type".into(), json!([name, "null"]));
    }
    if let Some(Value::Array(values)) = schema.get_mut("enum")
        && !values.contains(&Value::Null)
    {
        values.push(Value::Null);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nullable_becomes_the_type_null() {
        assert_eq!(
            convert(&json!({"type": "string", "nullable": true, "enum": ["a"]})),
            json!({"type": ["string", "null"], "enum": ["a", null]})
        );
        assert_eq!(
            convert(&json!({"type": "string", "nullable": false})),
            json!({"type": "string"})
        );
    }

    #[test]
    fn an_object_takes_no_other_properties_unless_the_contract_says_so() {
        let listed = json!({"type": "object", "properties": {"a": {"type": "string"}}});
        assert_eq!(convert(&listed)["additionalProperties"], json!(false));
        let open = json!({"properties": {}, "additionalProperties": true});
        assert_eq!(convert(&open)["additionalProperties"], json!(true));
        assert_eq!(convert(&json!({"type": "object"})).get("additionalProperties"), None);
    }

    #[test]
    fn references_reach_the_components() {
        let components = json!({"A": {"type": "string", "nullable": true}});
        let reference = json!({"$ref": "#/components/schemas/A"});
        let schema = Schema::new(document(&reference, components.as_object().unwrap()));
        let validator = schema.compile("a reference").unwrap();
        assert!(validator.is_valid(&json!(null)) && !validator.is_valid(&json!(1)));
        assert_eq!(location_in_contract("/definitions/A/type"), "#/components/schemas/A/type");
    }
}
