//! The contract's operations, compiled from its document.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, OnceLock},
};

use jsonschema::Validator;
use serde_json::Value;

use super::{
    Body, ContractError, Header, Operation, Response, json_schema, operation_nodes, resolve,
    source, strings,
};

pub(super) fn operations(document: &Value) -> Result<Vec<Operation>, ContractError> {
    let mut operations = Vec::new();
    let mut compiled = Compiled::default();
    // What stands outside the API root has servers of its own; nothing below the base URL is it.
    let below_the_root = operation_nodes(document)
        .filter(|(path, ..)| document["paths"][*path].get("servers").is_none());
    for (path, method, node) in below_the_root {
        operations.push(operation(document, path, method, node, &mut compiled)?);
    }
    if operations.is_empty() {
        return Err(ContractError::Form { part: "operations", place: "/paths".into() });
    }
    Ok(operations)
}

/// What operations have in common, by its text in the contract: each is compiled once.
#[derive(Default)]
struct Compiled {
    responses: HashMap<String, Arc<Response>>,
    /// With the name before the text.
    headers: HashMap<String, Arc<Header>>,
    bodies: HashMap<String, Arc<Body>>,
}

fn operation(
    document: &Value,
    path: &str,
    method: &str,
    node: &Value,
    compiled: &mut Compiled,
) -> Result<Operation, ContractError> {
    let place = format!("{} {path}", method.to_uppercase());
    let form = |part| ContractError::Form { part, place: place.clone() };
    let text = |key| node.get(key).and_then(Value::as_str).map(str::to_owned);
    let scopes = node.pointer("/x-required-scopes/any-of").and_then(Value::as_array);
    let mut responses = BTreeMap::new();
    let listed = node.get("responses").and_then(Value::as_object);
    for (status, reference) in listed.ok_or_else(|| form("responses"))? {
        let code = status.parse().map_err(|_| form("response status"))?;
        let key = reference.to_string();
        if let Some(known) = compiled.responses.get(&key) {
            responses.insert(code, Arc::clone(known));
            continue;
        }
        let node = resolve(document, reference).ok_or_else(|| form("response"))?;
        let place = format!("{place} {status}");
        let response = Arc::new(compile_response(document, node, &place, compiled)?);
        compiled.responses.insert(key, Arc::clone(&response));
        responses.insert(code, response);
    }
    Ok(Operation {
        id: text("operationId").ok_or_else(|| form("operationId"))?,
        method: method.to_uppercase(),
        path: path.to_owned(),
        summary: text("summary").unwrap_or_default(),
        source: source(node).ok_or_else(|| form("x-source"))?,
        scopes: strings(scopes.ok_or_else(|| form("x-required-scopes"))?),
        responses,
        request: OnceLock::new(),
    })
}

fn compile_response(
    document: &Value,
    node: &Value,
    place: &str,
    compiled: &mut Compiled,
) -> Result<Response, ContractError> {
    let form = |part| ContractError::Form { part, place: place.to_owned() };
    let mut headers = Vec::new();
    for (name, reference) in node.get("headers").and_then(Value::as_object).into_iter().flatten() {
        let key = format!("{name} {reference}");
        if let Some(known) = compiled.headers.get(&key) {
            headers.push(Arc::clone(known));
            continue;
        }
        let header = resolve(document, reference).ok_or_else(|| form("header"))?;
        let header = Arc::new(compile_header(name, header, place)?);
        compiled.headers.insert(key, Arc::clone(&header));
        headers.push(header);
    }
    let schema = node.pointer("/content/application~1json/schema");
    let body = schema.map(|schema| compile_body(document, schema, place, compiled)).transpose()?;
    Ok(Response { source: source(node).ok_or_else(|| form("x-source"))?, headers, body })
}

fn compile_body(
    document: &Value,
    schema: &Value,
    place: &str,
    compiled: &mut Compiled,
) -> Result<Arc<Body>, ContractError> {
    let text = schema.to_string();
    if let Some(known) = compiled.bodies.get(&text) {
        return Ok(Arc::clone(known));
    }
    let schema = json_schema(document, schema);
    let body = Arc::new(Body { validator: compile(&schema, place)?, schema });
    compiled.bodies.insert(text, Arc::clone(&body));
    Ok(body)
}

fn compile_header(name: &str, node: &Value, place: &str) -> Result<Header, ContractError> {
    let form = |part| ContractError::Form { part, place: place.to_owned() };
    let schema = node.get("schema").ok_or_else(|| form("header schema"))?;
    Ok(Header {
        name: name.to_owned(),
        required: node.get("required") == Some(&Value::Bool(true)),
        integer: schema["type"] == "integer",
        source: source(node).ok_or_else(|| form("header x-source"))?,
        validator: compile(schema, place)?,
    })
}

pub(super) fn compile(schema: &Value, place: &str) -> Result<Validator, ContractError> {
    jsonschema::options()
        .with_draft(jsonschema::Draft::Draft202012)
        .should_validate_formats(true)
        .should_ignore_unknown_formats(false)
        .build(schema)
        .map_err(|error| ContractError::Schema { place: place.into(), reason: error.to_string() })
}
