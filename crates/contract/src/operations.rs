//! The contract's operations, read from its document.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, OnceLock},
};

use serde_json::{Map, Value};

use super::{
    ContractError, json_body, json_schema, level::Citation, operation_nodes, resolve,
    schema::Schema, source, strings,
};

/// One operation of the contract.
#[derive(Debug)]
pub struct Operation {
    /// Its `operationId`.
    pub id: String,
    /// The part of the API that it belongs to: the first of its `tags`.
    pub tag: String,
    /// Its method, in upper case.
    pub method: String,
    /// Its path, with `{parameter}` where a value goes.
    pub path: String,
    /// The names of the parameters in its path, in order.
    pub path_parameters: Vec<String>,
    /// Its summary.
    pub summary: String,
    /// The source.
    pub source: Citation,
    /// Whether a request needs a token (`security`).
    pub needs_token: bool,
    /// The scopes of which a token needs one; none when any token will do.
    pub scopes: Vec<String>,
    /// Whether its requests have a body, of whatever type.
    pub takes_body: bool,
    pub(super) responses: BTreeMap<u16, Arc<Response>>,
    /// The body of its requests, read when one is looked at.
    pub(super) request: OnceLock<Option<Schema>>,
}

impl Operation {
    /// The statuses that the contract documents, in order.
    pub fn statuses(&self) -> impl Iterator<Item = u16> {
        self.responses.keys().copied()
    }
}

#[derive(Debug)]
pub(super) struct Response {
    pub(super) source: Citation,
    pub(super) headers: Vec<Arc<Header>>,
    pub(super) body: Option<Arc<Schema>>,
}

#[derive(Debug)]
pub(super) struct Header {
    pub(super) name: String,
    pub(super) required: Required,
    pub(super) integer: bool,
    pub(super) source: Citation,
    pub(super) schema: Schema,
}

/// When a header has to be sent.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Required {
    Always,
    /// Unless another header has this value.
    Unless {
        header: String,
        value: String,
    },
    Never,
}

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
    let tags = node.get("tags").and_then(Value::as_array);
    Ok(Operation {
        id: text("operationId").ok_or_else(|| form("operationId"))?,
        tag: tags.and_then(|it| strings(it).into_iter().next()).ok_or_else(|| form("tags"))?,
        method: method.to_uppercase(),
        path: path.to_owned(),
        path_parameters: parameters(path).map(str::to_owned).collect(),
        summary: text("summary").unwrap_or_default(),
        source: source(node).ok_or_else(|| form("x-source"))?,
        needs_token: needs_token(document, node),
        scopes: strings(scopes.ok_or_else(|| form("x-required-scopes"))?),
        takes_body: node.get("requestBody").is_some(),
        responses: responses(document, &place, node, known)?,
        request: OnceLock::new(),
    })
}

/// What stands in braces in a path.
fn parameters(path: &str) -> impl Iterator<Item = &str> {
    path.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name)
}

/// Whether every alternative of `security` needs a token. That of an operation replaces that of the
/// document.
fn needs_token(document: &Value, node: &Value) -> bool {
    let security = node.get("security").or_else(|| document.get("security"));
    let alternatives = security.and_then(Value::as_array);
    let is_open = |it: &Value| it.as_object().is_none_or(Map::is_empty);
    alternatives.is_some_and(|all| !all.is_empty() && !all.iter().any(is_open))
}

fn responses(
    document: &Value,
    place: &str,
    node: &Value,
    known: &mut Known,
) -> Result<BTreeMap<u16, Arc<Response>>, ContractError> {
    let form = |part| ContractError::Form { part, place: place.to_owned() };
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
    Ok(responses)
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{Contract, TEXT};

    fn operation(id: &str) -> &'static Operation {
        Contract::built_in().operation(id).unwrap()
    }

    #[test]
    fn an_operation_belongs_to_its_first_tag_and_has_one() {
        assert_eq!(operation("get_registry").tag, "Registries");
        assert_eq!(operation("delete_registry_token").tag, "Registry tokens");
        assert_eq!(operation("get_rate_limit").tag, "Organizations");
        assert_eq!(operation("get_access_token").tag, "Access token");
        let without = TEXT.replacen("tags: [Registry tokens]", "tags: []", 1);
        let error = Contract::parse(&without).unwrap_err().to_string();
        assert!(error.starts_with("the contract has no usable tags at GET /packages/"), "{error}");
    }

    #[test]
    fn path_parameters_are_in_the_order_of_the_path() {
        let parameters = |id| operation(id).path_parameters.join(" ");
        assert_eq!(parameters("list_organizations"), "");
        assert_eq!(parameters("create_registry"), "org_slug");
        assert_eq!(parameters("get_registry_token"), "org_slug registry_slug token_id");
        assert_eq!(super::parameters("/{b}/a.{a}").collect::<Vec<_>>(), ["b", "a"]);
    }

    #[test]
    fn a_request_body_is_where_the_contract_has_one() {
        let with_body = Contract::built_in().operations().iter().filter(|it| it.takes_body);
        let mut methods: Vec<&str> = with_body.map(|it| it.method.as_str()).collect();
        methods.dedup();
        assert!(
            !methods.is_empty() && methods.iter().all(|it| ["POST", "PATCH", "PUT"].contains(it))
        );
        assert!(operation("update_registry_with_put").takes_body);
        assert!(!operation("revoke_access_token").takes_body);
    }

    #[test]
    fn every_operation_below_the_root_needs_a_token() {
        assert!(Contract::built_in().operations().iter().all(|it| it.needs_token));
    }

    #[test]
    fn no_token_is_needed_where_security_has_a_way_without() {
        let bearer = json!({"security": [{"bearer": []}]});
        for (document, operation, needs_token) in [
            (&bearer, json!({}), true),
            (&bearer, json!({"security": []}), false),
            (&bearer, json!({"security": [{"bearer": []}, {}]}), false),
            (&json!({}), json!({}), false),
            (&json!({}), bearer.clone(), true),
        ] {
            assert_eq!(super::needs_token(document, &operation), needs_token, "{operation}");
        }
    }
}
