//! Rules about operations, their parameters and responses.

use serde_json::{Map, Value};

use crate::{
    Error,
    contract::{
        each_operation, entries, entries_mut, is_method, needed, operation_id, operations_mut,
        schemas,
    },
};

/// Drops the operations that are marked as another spelling of one (`x-alias-of`).
///
/// Trap: an update is documented as POST and sent as PATCH and PUT by official clients. All three
/// stand in the contract; a client with three methods for the same thing would ask its user to
/// choose without a reason to choose by.
pub(super) fn drop_aliases(contract: &mut Value) -> Result<(), Error> {
    let mut ids = Vec::new();
    let mut aliases = Vec::new();
    for (_, item) in entries_mut(contract, "paths") {
        let Some(item) = item.as_object_mut() else { continue };
        item.retain(|key, operation| {
            if !is_method(key) {
                return true;
            }
            let id = operation_id(operation).unwrap_or_default().to_owned();
            match operation.get("x-alias-of").and_then(Value::as_str) {
                Some(of) => aliases.push((id, of.to_owned())),
                None => ids.push(id),
            }
            operation.get("x-alias-of").is_none()
        });
    }
    match aliases.into_iter().find(|(_, of)| !ids.contains(of)) {
        Some((id, of)) => {
            Err(Error::contract(id, format!("is an alias of {of}, which is missing")))
        }
        None => Ok(()),
    }
}

/// What the path of an operation begins with that stands outside the API root.
pub(crate) const HOST: &str = "/@host";

/// Marks the paths outside the API root (`servers` of their own). The client sends their requests
/// to the host, without a token.
///
/// Trap: progenitor ignores the servers of a path and would send these requests below the root. Those
/// of an operation it ignores as well, which is an error here.
pub(super) fn mark_paths_outside_the_root(contract: &mut Value) -> Result<(), Error> {
    each_operation(contract, |id, operation| match operation.get("servers") {
        Some(_) => {
            Err(Error::contract(id, "has servers of its own; give them to its path instead"))
        }
        None => Ok(()),
    })?;
    let Some(paths) = contract.get_mut("paths").and_then(Value::as_object_mut) else {
        return Ok(());
    };
    let (outside, inside) =
        std::mem::take(paths).into_iter().partition(|(_, item)| item.get("servers").is_some());
    *paths = inside;
    for (path, item) in Map::into_iter(outside) {
        for operation in item.as_object().into_iter().flatten().filter(|(key, _)| is_method(key)) {
            if operation.1.get("security") != Some(&Value::Array(Vec::new())) {
                return Err(Error::contract(path, "is outside the API root and wants a token"));
            }
        }
        paths.insert(format!("{HOST}{path}"), item);
    }
    Ok(())
}

/// Puts parameters, request bodies and responses where they are referred to, and parameters of a
/// path into its operations.
///
/// No trap of its own: it leaves schemas as the only components, so that the other rules have one
/// place to look at.
pub(super) fn inline_references(contract: &mut Value) -> Result<(), Error> {
    let components = contract.get("components").cloned().unwrap_or_default();
    let resolve = |value: &mut Value| -> Result<(), Error> {
        let Some(reference) = value.get("$ref").and_then(Value::as_str) else { return Ok(()) };
        let pointer = reference.strip_prefix("#/components").unwrap_or_default();
        let target = components.pointer(pointer).filter(|_| !pointer.is_empty());
        *value = target.cloned().ok_or_else(|| Error::contract(reference, "does not exist"))?;
        Ok(())
    };
    for (_, item) in entries_mut(contract, "paths") {
        let shared = item.as_object_mut().and_then(|item| item.remove("parameters"));
        for (_, operation) in item.as_object_mut().into_iter().flatten() {
            let Some(operation) = operation.as_object_mut() else { continue };
            let own = operation.entry("parameters").or_insert_with(|| Value::Array(Vec::new()));
            if let (Value::Array(own), Some(Value::Array(shared))) = (own, &shared) {
                own.splice(0..0, shared.iter().cloned());
                own.iter_mut().try_for_each(&resolve)?;
            }
        }
    }
    each_operation(contract, |_, operation| {
        for parameter in operation["parameters"].as_array_mut().into_iter().flatten() {
            resolve(parameter)?;
        }
        operation.get_mut("requestBody").map_or(Ok(()), resolve)?;
        entries_mut(operation, "responses").try_for_each(|(_, response)| resolve(response))
    })
}

/// Drops every response that is not a success.
///
/// Trap: a declared 4xx that arrives as HTML is a decoding failure in progenitor's client and loses
/// its status and its headers; two error responses with different schemas make progenitor panic.
/// Without declared errors, whatever is not a success reaches the hand-written error, whole.
pub(super) fn drop_error_responses(contract: &mut Value) -> Result<(), Error> {
    each_operation(contract, |id, operation| {
        let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else {
            return Err(Error::contract(id, "has no responses"));
        };
        responses.retain(|status, _| status.starts_with('2'));
        if responses.is_empty() {
            return Err(Error::contract(id, "has no success response"));
        }
        Ok(())
    })
}

/// Makes an operation's success responses one, for every status from 200 to 299.
///
/// Traps: progenitor reports an undeclared success as an error. A deployment that returns 201
/// instead of 200 would fail calls that succeeded. It also panics when two successes have different
/// bodies, which is an error here.
pub(super) fn unite_success_responses(contract: &mut Value) -> Result<(), Error> {
    each_operation(contract, |id, operation| {
        let schema = |response: &Value| response.pointer("/content").cloned().map(strip_examples);
        let mut responses = entries(operation, "responses").map(|(_, response)| response);
        let first = responses.next().cloned().unwrap_or_default();
        let differ = responses.any(|other| schema(other) != schema(&first));
        drop(responses);
        if differ {
            let problem = "has successes with different bodies; there is no rule for that yet";
            return Err(Error::contract(id, problem));
        }
        operation["responses"] = Value::Object(Map::from_iter([("2XX".to_owned(), first)]));
        Ok(())
    })
}

fn strip_examples(mut content: Value) -> Value {
    for (_, media) in content.as_object_mut().into_iter().flatten() {
        if let Some(media) = media.as_object_mut() {
            media.retain(|key, _| key == "schema");
        }
    }
    content
}

/// Drops what the operations that are left do not need: components, security, notes (`x-…`),
/// examples, response headers.
///
/// Traps: types of dropped error responses would be generated although nothing returns them; notes
/// in a schema make typify miss that two schemas are the same.
pub(super) fn drop_unneeded(contract: &mut Value) {
    let all = schemas(contract);
    let used = needed(&contract["paths"], &all);
    let kept: Map<_, _> = all.into_iter().filter(|(name, _)| used.contains(name)).collect();
    contract["components"] = serde_json::json!({ "schemas": kept });
    if let Some(contract) = contract.as_object_mut() {
        contract.retain(|key, _| !key.starts_with("x-") && key != "security");
    }
    for operation in operations_mut(contract) {
        if let Some(operation) = operation.as_object_mut() {
            operation.retain(|key, _| !key.starts_with("x-"));
        }
        for (_, response) in entries_mut(operation, "responses") {
            if let Some(response) = response.as_object_mut() {
                response.retain(|key, _| key == "description" || key == "content");
            }
        }
        for media in medias(operation) {
            if let Some(media) = media.as_object_mut() {
                media.retain(|key, _| key == "schema");
            }
        }
    }
}

/// The media types of an operation's body and responses.
fn medias(operation: &mut Value) -> Vec<&mut Value> {
    let mut medias = Vec::new();
    let Some(operation) = operation.as_object_mut() else { return medias };
    for (key, value) in operation {
        match key.as_str() {
            "requestBody" => medias.extend(entries_mut(value, "content").map(|(_, media)| media)),
            "responses" => {
                for (_, response) in value.as_object_mut().into_iter().flatten() {
                    medias.extend(entries_mut(response, "content").map(|(_, media)| media));
                }
            }
            _ => {}
        }
    }
    medias
}
