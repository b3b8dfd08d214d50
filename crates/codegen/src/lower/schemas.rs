//! Rules about schemas as such.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::NATIVE;
use crate::{
    Error,
    contract::{entries_mut, needed, operations_mut, reference, reference_to, schemas, walk},
    open_set,
};

/// What a response cannot do without. Every other property of one may be absent.
const INDISPENSABLE: [(&str, &[&str]); 5] = [
    ("Registry", &["id", "slug", "name", "ecosystem"]),
    ("RegistryToken", &["id"]),
    ("CreatedRegistryToken", &["id"]),
    ("Organization", &["id", "slug"]),
    ("AccessToken", &["uuid", "scopes"]),
];

/// The entry of the contract's disagreements that is about policies in responses.
const POLICY_IN_RESPONSES: &str = "oidc-policy-response";

/// The component that is a policy.
pub(super) const POLICY: &str = "OidcPolicy";

/// The component that stands for a number of any size.
const NUMBER: &str = "Number";

/// The component that stands for a secret.
const SECRET: &str = "Secret";

/// Whether a schema describes what the client sends or what it receives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Request,
    Response,
}

/// The side of each component.
pub(super) struct Sides(BTreeMap<String, Side>);

impl Sides {
    /// Finds each component's side. One that is on both is refused: what the client sends is kept
    /// as the contract has it, what it receives is read tolerantly.
    pub(super) fn of(contract: &mut Value) -> Result<Self, Error> {
        let all = schemas(contract);
        let mut sides = BTreeMap::new();
        let mut both = None;
        each_root(contract, &mut |side, root| {
            for name in needed(root, &all) {
                if sides.insert(name.clone(), side).is_some_and(|known| known != side) {
                    both = Some(name);
                }
            }
        });
        match both {
            None => Ok(Self(sides)),
            Some(name) => Err(Error::contract(
                format!("schema {name}"),
                "is used by requests and by responses; give each side a schema of its own",
            )),
        }
    }
}

/// Calls `visit` for the schemas that stand in operations.
fn each_root(contract: &mut Value, visit: &mut dyn FnMut(Side, &mut Value)) {
    for operation in operations_mut(contract) {
        for parameter in
            operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten()
        {
            parameter.get_mut("schema").into_iter().for_each(|root| visit(Side::Request, root));
        }
        if let Some(body) = operation.get_mut("requestBody") {
            for (_, media) in entries_mut(body, "content") {
                media.get_mut("schema").into_iter().for_each(|root| visit(Side::Request, root));
            }
        }
        for (_, response) in entries_mut(operation, "responses") {
            for (_, media) in entries_mut(response, "content") {
                media.get_mut("schema").into_iter().for_each(|root| visit(Side::Response, root));
            }
        }
    }
}

/// Calls `change` for every schema of `side`, inner ones first, with the name of its component.
pub(super) fn each_schema_of(
    contract: &mut Value,
    sides: &Sides,
    wanted: Side,
    change: &mut dyn FnMut(&str, &mut Value),
) {
    each_root(contract, &mut |side, root| {
        if side == wanted {
            walk(root, &mut |schema| change("", schema));
        }
    });
    for (name, component) in entries_mut(&mut contract["components"], "schemas") {
        if sides.0.get(name) == Some(&wanted) {
            walk(component, &mut |schema| change(name, schema));
        }
    }
}

/// Calls `change` for every schema, inner ones first.
fn each_schema(contract: &mut Value, change: &mut dyn FnMut(&mut Value)) {
    each_root(contract, &mut |_, root| walk(root, change));
    for (_, component) in entries_mut(&mut contract["components"], "schemas") {
        walk(component, change);
    }
}

/// Lets a policy in a response have any form.
///
/// Trap: official clients read a string or null, the documentation also sends a list of statements;
/// a deployment that answers with what it was sent would make the whole registry unreadable.
pub(super) fn accept_any_policy(contract: &mut Value, sides: &Sides) {
    if schemas(contract).get(POLICY).is_none() {
        return;
    }
    each_schema_of(contract, sides, Side::Response, &mut |_, schema| {
        if schema.get("x-disagreement").and_then(Value::as_str) == Some(POLICY_IN_RESPONSES) {
            *schema = described(json!({ "allOf": [reference_to(POLICY)] }), schema);
        }
    });
}

/// Puts the hand-written type of policies in the place of the generated ones. It comes after the rules
/// that move null out of the policy.
///
/// Trap: generated builders build any policy, those that every deployment refuses included.
pub(super) fn write_policies_by_hand(contract: &mut Value) {
    if let Some(policy) = contract["components"]["schemas"].get_mut(POLICY) {
        *policy = json!({ NATIVE: "crate::Policy" });
    }
}

/// Keeps what a response marks as a secret (`format: password`) from being printed.
///
/// Trap: as a string it would stand in the `Debug` of the whole response, and so in logs.
pub(super) fn hide_secrets(contract: &mut Value, sides: &Sides) {
    let mut found = false;
    each_schema_of(contract, sides, Side::Response, &mut |_, schema| {
        if schema.get("format").and_then(Value::as_str) == Some("password") {
            *schema = described(json!({ "allOf": [reference_to(SECRET)] }), schema);
            found = true;
        }
    });
    if found {
        contract["components"]["schemas"][SECRET] = json!({ NATIVE: "crate::Secret" });
    }
}

/// Makes null an alternative of its own in a request's union of scalars.
///
/// Trap: lifted out of the union, as it is out of all others, null would be a property of each place
/// where a scalar can stand; the values of a list would be options, and a claim's value could no longer
/// be given as the text that it is.
pub(super) fn keep_null_among_scalars(contract: &mut Value, sides: &Sides) {
    let is_scalar = |schema: &Value| {
        let kind = schema.get("type").and_then(Value::as_str);
        kind.is_some_and(|kind| !matches!(kind, "array" | "object"))
    };
    each_schema_of(contract, sides, Side::Request, &mut |_, schema| {
        for key in ["anyOf", "oneOf"] {
            let Some(alternatives) = schema.get_mut(key).and_then(Value::as_array_mut) else {
                continue;
            };
            if alternatives.len() < 2 || !alternatives.iter().all(is_scalar) {
                continue;
            }
            let nullable = alternatives.iter_mut().filter_map(|it| take_nullable(it).then_some(()));
            if nullable.count() > 0 {
                alternatives.push(json!({ "enum": [null] }));
            }
        }
    });
}

/// Gives text whose known values the contract lists a type that names them and keeps any other.
///
/// Trap: as an enum it would be closed, and plain text would not list the values.
pub(super) fn name_open_sets(contract: &mut Value) {
    let mut found = Vec::new();
    each_schema(contract, &mut |schema| {
        for (name, property) in entries_mut(schema, "properties") {
            if let Some(ty) = open_set::type_of(name, property) {
                *property = described(json!({ "allOf": [reference_to(ty)] }), property);
                found.push(ty);
            }
        }
    });
    for ty in found {
        contract["components"]["schemas"][ty] = json!({ NATIVE: format!("crate::types::{ty}") });
    }
}

/// Drops what narrows a schema down: `pattern`, `format`, `enum`, lengths and bounds, defaults, the
/// prohibition of further properties; and notes and examples.
///
/// Traps: a `pattern` makes a slug that does not meet it fail the call that returned it, and pulls
/// a regex engine into the client; enums are closed; `format: uuid` refuses the team ids that the
/// documentation itself prints; `additionalProperties: false` becomes `deny_unknown_fields`; a
/// default in a request would be sent although it was not set. What the client sends is checked by
/// the server, which says what is wrong with it.
pub(super) fn drop_constraints(contract: &mut Value) {
    each_schema(contract, &mut |schema| {
        let Some(schema) = schema.as_object_mut() else { return };
        schema.retain(|key, value| match key.as_str() {
            "type" | "description" | "nullable" | "required" | "properties" | "items" | "allOf"
            | "anyOf" | "oneOf" | "$ref" | "title" => true,
            "additionalProperties" => value.is_object(),
            // The alternative that is null, and no type: see `keep_null_among_scalars`.
            "enum" => *value == json!([null]),
            _ => key == NATIVE,
        });
    });
}

/// Puts plain strings where they are referred to.
///
/// Trap: typify wraps each named string in a type of its own, so that a time could not be used as
/// the text that it is.
pub(super) fn inline_strings(contract: &mut Value) {
    let strings: Map<_, _> = schemas(contract)
        .into_iter()
        .filter(|(_, schema)| schema.get("type").and_then(Value::as_str) == Some("string"))
        .collect();
    each_schema(contract, &mut |schema| {
        if let Some(string) = reference(schema).and_then(|name| strings.get(name)) {
            *schema = described(string.clone(), schema);
        }
    });
}

/// Lets every property of a response be absent that is not indispensable.
///
/// Trap: a deployment that leaves out `emoji` would make the whole registry unreadable. What is
/// absent is `None`, not an invented value.
pub(super) fn relax_required(contract: &mut Value, sides: &Sides) -> Result<(), Error> {
    let all = schemas(contract);
    for (name, kept) in INDISPENSABLE {
        let Some(schema) = all.get(name) else { continue };
        if let Some(missing) = kept.iter().find(|key| schema["properties"].get(**key).is_none()) {
            let problem = "is indispensable to the client, but not a property";
            return Err(Error::contract(format!("schema {name}, {missing}"), problem));
        }
    }
    each_schema_of(contract, sides, Side::Response, &mut |_, schema| {
        schema.as_object_mut().map(|schema| schema.remove("required"));
    });
    for (name, kept) in INDISPENSABLE {
        if let Some(schema) = contract["components"]["schemas"].get_mut(name) {
            schema["required"] = json!(kept);
        }
    }
    Ok(())
}

/// Moves null from the alternatives of a union, and from components, to where they are used.
///
/// Trap: typify hides a null inside of a union or a component. The type is no `Option`, so null is
/// a property of the value and not of its place.
pub(super) fn lift_null_out_of_unions(contract: &mut Value) {
    each_schema(contract, &mut |schema| {
        let mut lifted = false;
        for key in ["anyOf", "oneOf"] {
            for inner in schema.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten() {
                lifted |= take_nullable(inner);
            }
        }
        if lifted {
            schema["nullable"] = true.into();
        }
    });
    let mut nullable = Vec::new();
    for (name, component) in entries_mut(&mut contract["components"], "schemas") {
        if take_nullable(component) {
            nullable.push(name.clone());
        }
    }
    each_schema(contract, &mut |schema| {
        if let Some(name) = reference(schema).map(str::to_owned)
            && nullable.contains(&name)
            && !is_nullable(schema)
        {
            let referring = described(json!({ "allOf": [reference_to(&name)] }), schema);
            *schema = referring;
            schema["nullable"] = true.into();
        }
    });
}

/// Makes `oneOf` of `anyOf`.
///
/// Trap: where alternatives may overlap, typify makes a struct with one flattened, optional field
/// for each. None or two of them can be set; scalars and lists cannot even be flattened. As `oneOf`
/// they become an enum.
pub(super) fn make_alternatives_exclusive(contract: &mut Value) {
    each_schema(contract, &mut |schema| {
        let Some(schema) = schema.as_object_mut() else { return };
        if let Some(alternatives) = schema.remove("anyOf") {
            schema.insert("oneOf".to_owned(), alternatives);
        }
    });
}

/// Lets a number be as it was written.
///
/// Trap: typify makes an `f64` of every number, so that a claim that must equal 42 would be sent as
/// 42.0.
pub(super) fn keep_numbers_exact(contract: &mut Value) {
    each_schema(contract, &mut |schema| {
        if schema.get("type").and_then(Value::as_str) == Some("number") {
            *schema = described(json!({ "allOf": [reference_to(NUMBER)] }), schema);
        }
    });
    let number = json!({ NATIVE: "::serde_json::Number" });
    contract["components"]["schemas"][NUMBER] = number;
}

/// `schema` with the description, and the nullability, of the schema that it replaces.
pub(super) fn described(mut schema: Value, replaced: &Value) -> Value {
    for key in ["description", "nullable"] {
        if let Some(value) = replaced.get(key) {
            schema[key] = value.clone();
        }
    }
    schema
}

pub(super) fn is_nullable(schema: &Value) -> bool {
    schema.get("nullable").and_then(Value::as_bool).unwrap_or_default()
}

/// Removes `nullable` and says whether it was there and true.
pub(super) fn take_nullable(schema: &mut Value) -> bool {
    schema.as_object_mut().and_then(|schema| schema.remove("nullable")) == Some(Value::Bool(true))
}
