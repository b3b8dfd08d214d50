//! The contract's operations, read from its document.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, OnceLock},
};

use serde_json::Value;

use super::{
    ContractError, Header, Operation, Required, Response, json_body, json_schema, operation_nodes,
    resolve, schema::Schema, source, strings,
};

pub(super) fn read(document: &Value) -> Result<Vec<Operation>, ContractError> {
    let mut operations = Vec::new();
    let mut known = Known::default();
    // What stands outside the API root has servers of its own; nothing below the base URL is it.
    let below_the_root = operation_nodes(document)
        .filter(|(path, ..)| document["paths"][*path].get("servers").is_none());
    for (path, method, node) in below_the_root {
        operations.push(operation(document, path, method, node, &mut known)?);
    }
    if operations.is_empty() {
        return Err(ContractError::Form { part: "operations", place: "/paths".into() });
    }
    Ok(operations)
}

/// What operations have in common, by its text in the contract: each is read once.
#[derive(Default)]
struct Known {
    responses: HashMap<String, Arc<Response>>,
    /// With the name before the text.
    headers: HashMap<String, Arc<Header>>,
    bodies: HashMap<String, Arc<Schema>>,
}

fn operation(
    document: &Value,
    path: &str,
    method: &str,
    node: &Value,
    known: &mut Known,
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
        if let Some(response) = known.responses.get(&key) {
            responses.insert(code, Arc::clone(response));
            continue;
        }
        let node = resolve(document, reference).ok_or_else(|| form("response"))?;
        let place = format!("{place} {status}");
        let response = Arc::new(read_response(document, node, &place, known)?);
        known.responses.insert(key, Arc::clone(&response));
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

fn read_response(
    document: &Value,
    node: &Value,
    place: &str,
    known: &mut Known,
) -> Result<Response, ContractError> {
    let form = |part| ContractError::Form { part, place: place.to_owned() };
    let mut headers = Vec::new();
    for (name, reference) in node.get("headers").and_then(Value::as_object).into_iter().flatten() {
        let key = format!("{name} {reference}");
        if let Some(header) = known.headers.get(&key) {
            headers.push(Arc::clone(header));
            continue;
        }
        let header = resolve(document, reference).ok_or_else(|| form("header"))?;
        let header = Arc::new(read_header(name, header, place)?);
        known.headers.insert(key, Arc::clone(&header));
        headers.push(header);
    }
    let schema = json_body(node);
    let body = schema.map(|schema| read_body(document, schema, known));
    Ok(Response { source: source(node).ok_or_else(|| form("x-source"))?, headers, body })
}

fn read_body(document: &Value, schema: &Value, known: &mut Known) -> Arc<Schema> {
    let text = schema.to_string();
    if let Some(body) = known.bodies.get(&text) {
        return Arc::clone(body);
    }
    let body = Arc::new(json_schema(document, schema));
    known.bodies.insert(text, Arc::clone(&body));
    body
}

fn read_header(name: &str, node: &Value, place: &str) -> Result<Header, ContractError> {
    let form = |part| ContractError::Form { part, place: place.to_owned() };
    let schema = node.get("schema").ok_or_else(|| form("header schema"))?;
    Ok(Header {
        name: name.to_owned(),
        required: required(node),
        integer: schema["type"] == "integer",
        source: source(node).ok_or_else(|| form("header x-source"))?,
        schema: json_schema(&Value::Null, schema),
    })
}

/// Whether a header is required, or unless which other one has which value.
fn required(node: &Value) -> Required {
    let unless = node.get("x-required-unless");
    let text = |key| unless?.get(key)?.as_str().map(str::to_owned);
    match text("header").zip(text("is")) {
        Some((header, value)) => Required::Unless { header, value },
        None if node.get("required") == Some(&Value::Bool(true)) => Required::Always,
        None => Required::Never,
    }
}
