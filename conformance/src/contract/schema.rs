//! `OpenAPI` 3.0 schemas as JSON Schema 2020-12, which is what validators take.

use serde_json::{Map, Value, json};

/// The JSON Schema of `schema`, self-contained: the contract's components become its `$defs`.
pub(super) fn document(schema: &Value, components: &Map<String, Value>) -> Value {
    let defs: Map<String, Value> =
        components.iter().map(|(name, schema)| (name.clone(), convert(schema))).collect();
    let mut root = convert(schema);
    root["$defs"] = Value::Object(defs);
    root
}

/// Where a JSON Schema location made by [`document`] stands in the contract.
pub(super) fn location_in_contract(schema_path: &str) -> String {
    match schema_path.strip_prefix("/$defs/") {
        Some(rest) => format!("#/components/schemas/{rest}"),
        None => format!("#{schema_path}"),
    }
}

/// One schema, recursively: `nullable` becomes the type `null`, references point to `$defs`, and an
/// object that lists its properties takes no others unless the contract says so.
fn convert(schema: &Value) -> Value {
    let Some(source) = schema.as_object() else { return schema.clone() };
    let mut target = Map::new();
    for (keyword, value) in source {
        let converted = match keyword.as_str() {
            "$ref" => match value.as_str() {
                Some(reference) => json!(reference.replace("#/components/schemas/", "#/$defs/")),
                None => value.clone(),
            },
            "properties" => each_value(value),
            "items" | "additionalProperties" | "not" => convert(value),
            "allOf" | "anyOf" | "oneOf" => each_item(value),
            "nullable" | "example" | "default" => continue,
            // It says how to show a text, and nothing about the text.
            "format" if value == "password" => continue,
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
        let document =
            document(&json!({"$ref": "#/components/schemas/A"}), components.as_object().unwrap());
        assert!(jsonschema::is_valid(&document, &json!(null)));
        assert!(!jsonschema::is_valid(&document, &json!(1)));
        assert_eq!(location_in_contract("/$defs/A/type"), "#/components/schemas/A/type");
    }
}
