//! Rules that keep apart what a property can be: absent, null, empty, a value.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    NATIVE,
    schemas::{POLICY, Side, Sides, described, each_schema_of, is_nullable, take_nullable},
};
use crate::{
    Error,
    contract::{entries_mut, reference, reference_to},
};

/// Makes every optional list and map an optional whole.
///
/// Traps: typify makes a plain `Vec` of an optional array and leaves it out when it is empty, so that
/// an empty list cannot be sent; and a list that a deployment prints as null fails the call. The same
/// holds for maps.
pub(super) fn distinguish_empty_from_absent(
    contract: &mut Value,
    sides: &Sides,
) -> Result<(), Error> {
    for side in [Side::Request, Side::Response] {
        replace_optional(contract, sides, side, &|property| {
            let kind = property.get("type").and_then(Value::as_str);
            let collection =
                kind == Some("array") || property.get("additionalProperties").is_some();
            (collection && !(side == Side::Request && is_nullable(property))).then_some("{}")
        })?;
    }
    Ok(())
}

/// Makes every optional property of a request that may be null a `Field`, the client's type for the
/// three states absent, null and value.
///
/// Trap: typify makes an `Option` of it and leaves it out when it is `None`, so that null, which
/// clears a property, cannot be sent.
pub(super) fn distinguish_null_from_absent(
    contract: &mut Value,
    sides: &Sides,
) -> Result<(), Error> {
    replace_optional(contract, sides, Side::Request, &|property| {
        is_nullable(property).then_some("crate::Field<{}>")
    })
}

/// Replaces optional properties by references to components, where `wrapper` gives a Rust type.
/// `{}` stands for the property's own type.
fn replace_optional(
    contract: &mut Value,
    sides: &Sides,
    side: Side,
    wrapper: &dyn Fn(&Value) -> Option<&'static str>,
) -> Result<(), Error> {
    let mut natives = BTreeMap::new();
    let mut failed = Ok(());
    each_schema_of(contract, sides, side, &mut |component, schema| {
        let required = schema.get("required").cloned().unwrap_or_default();
        let is_required =
            |name: &String| required.as_array().is_some_and(|r| r.contains(&json!(name)));
        for (name, property) in entries_mut(schema, "properties") {
            let Some(wrapper) = wrapper(property).filter(|_| !is_required(name)) else { continue };
            let Some(own) = rust_type(property) else {
                let place = format!("schema {component}, {name}");
                failed = Err(Error::contract(place, "needs a named component for its schema"));
                continue;
            };
            let rust = wrapper.replace("{}", &own);
            let native = component_name(&rust);
            take_nullable(property);
            let referring = json!({ "allOf": [reference_to(&native)] });
            let own = std::mem::replace(property, described(referring, property));
            natives.insert(native, native_component(&rust, own));
        }
    });
    failed?;
    for (name, native) in natives {
        let known = contract["components"]["schemas"].get(&name);
        if known.is_some_and(|known| known[NATIVE] != native[NATIVE]) {
            return Err(Error::contract(
                format!("schema {name}"),
                "has the name of a generated one",
            ));
        }
        contract["components"]["schemas"][name] = native;
    }
    Ok(())
}

/// A component that stands for `rust`. It keeps the schema that it replaces, so that what that one
/// refers to is known to be needed.
fn native_component(rust: &str, mut replaced: Value) -> Value {
    if let Some(replaced) = replaced.as_object_mut() {
        replaced.remove("description");
    }
    json!({ NATIVE: rust, "x-native-of": replaced })
}

/// The Rust type of a schema, as the generated code has it; nothing for objects and unions that have
/// no name.
fn rust_type(schema: &Value) -> Option<String> {
    if let Some(name) = reference(schema) {
        return Some(match name {
            "Number" => "::serde_json::Number".to_owned(),
            POLICY => "crate::Policy".to_owned(),
            name => format!("crate::types::{name}"),
        });
    }
    let inner = |key: &str| schema.get(key).filter(|inner| inner.is_object()).and_then(rust_type);
    let any = schema.as_object().is_some_and(|s| s.keys().all(|key| key == "description"));
    match schema.get("type").and_then(Value::as_str) {
        None if any => Some("::serde_json::Value".to_owned()),
        Some("string") => Some("::std::string::String".to_owned()),
        Some("boolean") => Some("bool".to_owned()),
        Some("integer") => Some("i64".to_owned()),
        Some("array") => Some(format!("::std::vec::Vec<{}>", inner("items")?)),
        Some("object") if schema.get("properties").is_none() => {
            let map = "::std::collections::BTreeMap<::std::string::String, {}>";
            Some(map.replace("{}", &inner("additionalProperties")?))
        }
        _ => None,
    }
}

/// A component name for a Rust type: the names in it, one after the other.
fn component_name(rust: &str) -> String {
    let words = rust.split(|c: char| !c.is_ascii_alphanumeric());
    let types = words.filter(|word| word.starts_with(|c: char| c.is_ascii_uppercase()));
    types.fold(String::new(), |name, word| name + word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rust_types_of_schemas() {
        let list = json!({"type": "array", "items": reference_to("OidcScalar")});
        assert_eq!(rust_type(&list).unwrap(), "::std::vec::Vec<crate::types::OidcScalar>");
        let map = json!({"type": "object", "additionalProperties": {"type": "string"}});
        assert_eq!(
            rust_type(&map).unwrap(),
            "::std::collections::BTreeMap<::std::string::String, ::std::string::String>"
        );
        assert_eq!(rust_type(&json!({"type": "object", "properties": {}})), None);
        assert_eq!(rust_type(&json!({"oneOf": []})), None);
    }

    #[test]
    fn component_names_are_pascal_case() {
        assert_eq!(component_name("crate::Field<::std::string::String>"), "FieldString");
    }
}
