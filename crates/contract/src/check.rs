//! What a contract must have beyond being valid `OpenAPI`.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    Contract, ContractError, examples::validate_examples, object, operation_nodes, resolve, source,
};

/// Everything that is wrong with the contract in `text`, one sentence each; empty when nothing is.
///
/// References point somewhere, and no component is left over; operation ids are there, unique and
/// in `snake_case`; their tags are listed; every operation, parameter, header, response and property names its source;
/// every disagreement that is referred to is recorded; every example fits its schema; and nothing is
/// there that widely used code generators make nonsense of.
pub fn check(text: &str) -> Result<Vec<String>, ContractError> {
    let contract = Contract::parse(text)?;
    let document = &contract.document;
    let mut problems = Vec::new();
    references(document, &mut problems);
    operation_ids(document, &mut problems);
    tags(document, &mut problems);
    sources(document, &mut problems);
    disagreements(document, &mut problems);
    generators(document, &mut problems);
    for problem in validate_examples(&contract)? {
        problems.push(problem.to_string());
    }
    Ok(problems)
}

fn references(document: &Value, problems: &mut Vec<String>) {
    let mut used = BTreeSet::new();
    walk(document, "", &mut |place, node| {
        if let Some(reference) = node.get("$ref").and_then(Value::as_str) {
            used.insert(reference.to_owned());
            if resolve(document, node).is_none() {
                problems.push(format!("{place}: the reference {reference} points nowhere"));
            }
        }
    });
    for (kind, components) in object(document, "/components").into_iter().flatten() {
        for name in components.as_object().into_iter().flatten().map(|(name, _)| name) {
            let reference = format!("#/components/{kind}/{name}");
            if kind != "securitySchemes" && !used.contains(&reference) {
                problems.push(format!("{reference}: nothing refers to this component"));
            }
        }
    }
}

fn operation_ids(document: &Value, problems: &mut Vec<String>) {
    let mut seen = BTreeSet::new();
    for (path, method, node) in operation_nodes(document) {
        let id = node["operationId"].as_str().unwrap_or_default();
        if !id.starts_with(|c: char| c.is_ascii_lowercase())
            || !id.chars().all(|c| c.is_ascii_lowercase() || c == '_')
        {
            problems.push(format!("{method} {path}: the operation id {id:?} is not snake_case"));
        }
        if !seen.insert(id) {
            problems.push(format!("{method} {path}: the operation id {id} is used twice"));
        }
    }
    for (path, method, node) in operation_nodes(document) {
        if let Some(alias) = node.get("x-alias-of").and_then(Value::as_str)
            && !seen.contains(alias)
        {
            problems.push(format!("{method} {path}: x-alias-of names no operation: {alias}"));
        }
    }
}

fn tags(document: &Value, problems: &mut Vec<String>) {
    let listed = document.get("tags").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    for (path, method, node) in operation_nodes(document) {
        for tag in node.get("tags").and_then(Value::as_array).into_iter().flatten() {
            if !listed.iter().any(|it| it["name"] == *tag) {
                problems.push(format!("{method} {path}: the tag {tag} is not listed in /tags"));
            }
        }
    }
}

/// Every element that makes a claim about the API says where the claim comes from.
fn sources(document: &Value, problems: &mut Vec<String>) {
    let mut require = |place: String, node: &Value| {
        if !node.as_object().is_some_and(|node| node.contains_key("$ref")) {
            match source(node) {
                Some(citation) if !citation.cite.trim().is_empty() => {}
                _ => problems.push(format!("{place}: no x-source with grade and cite")),
            }
        }
    };
    for (path, method, node) in operation_nodes(document) {
        require(format!("{method} {path}"), node);
        require(format!("{method} {path} x-required-scopes"), &node["x-required-scopes"]);
        for (status, response) in object(node, "/responses").into_iter().flatten() {
            require(format!("{method} {path} {status}"), response);
        }
    }
    for kind in ["parameters", "headers", "responses", "schemas", "securitySchemes"] {
        let components = object(document, &format!("/components/{kind}"));
        for (name, component) in components.into_iter().flatten() {
            require(format!("#/components/{kind}/{name}"), component);
        }
    }
    walk(document, "", &mut |place, node| {
        if !place.contains("/example") {
            for (name, property) in object(node, "/properties").into_iter().flatten() {
                require(format!("#{place}/properties/{name}"), property);
            }
        }
    });
}

fn disagreements(document: &Value, problems: &mut Vec<String>) {
    let known = object(document, "/x-disagreements");
    walk(document, "", &mut |place, node| {
        if let Some(id) = node.get("x-disagreement").and_then(Value::as_str)
            && !known.is_some_and(|known| known.contains_key(id))
        {
            problems.push(format!("#{place}: the disagreement {id} is not recorded"));
        }
    });
    for (id, entry) in known.into_iter().flatten() {
        let readings = entry.get("readings").and_then(Value::as_array);
        let cited =
            |reading: &Value| reading.get("cite").is_some() && reading.get("grade").is_some();
        if !readings.is_some_and(|all| all.len() > 1 && all.iter().all(cited)) {
            problems.push(format!("x-disagreements/{id}: needs two readings or more, each cited"));
        }
        if entry.get("chosen").is_none() || entry.get("subject").is_none() {
            problems.push(format!("x-disagreements/{id}: needs a subject and what was chosen"));
        }
    }
}

/// What code generators other than the project's own take as it is meant. Each rule stands for one
/// that made code which cannot be compiled, or loses values.
fn generators(document: &Value, problems: &mut Vec<String>) {
    let schemas = object(document, "/components/schemas");
    for name in schemas.into_iter().flatten().map(|(name, _)| name) {
        let constructed = name.strip_prefix("New").unwrap_or_default();
        if schemas.is_some_and(|schemas| schemas.contains_key(constructed)) {
            problems.push(format!(
                "#/components/schemas/{name}: in Go it has the name of the constructor of {constructed}"
            ));
        }
    }
    walk(document, "", &mut |place, node| {
        let is_schema = !place.contains("/example") && !place.ends_with("/properties");
        let Some(kind) = node.get("type").and_then(Value::as_str).filter(|_| is_schema) else {
            return;
        };
        let is_scalar = matches!(kind, "string" | "integer" | "number" | "boolean");
        let is_composed = ["allOf", "anyOf", "oneOf"].iter().any(|it| node.get(it).is_some());
        if is_scalar && is_composed {
            problems.push(format!("#{place}: a {kind} with alternatives becomes an empty object"));
        }
        if node.get("default") == Some(&Value::Null) {
            problems.push(format!("#{place}: with a default of null it becomes required"));
        }
        if matches!(kind, "integer" | "number") && node.get("format").is_none() {
            problems.push(format!("#{place}: without a format, an {kind} has 32 bits"));
        }
        let is_only_null =
            node.get("enum").and_then(Value::as_array).is_some_and(|all| *all == [Value::Null]);
        if is_only_null {
            problems.push(format!("#{place}: an enumeration of null only has no type"));
        }
    });
}

/// Calls `visit` for every node of the document with its JSON pointer.
pub(super) fn walk(node: &Value, place: &str, visit: &mut impl FnMut(&str, &Value)) {
    visit(place, node);
    match node {
        Value::Object(map) => {
            for (name, child) in map {
                let name = name.replace('~', "~0").replace('/', "~1");
                walk(child, &format!("{place}/{name}"), visit);
            }
        }
        Value::Array(list) => {
            for (index, child) in list.iter().enumerate() {
                walk(child, &format!("{place}/{index}"), visit);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TEXT;

    #[test]
    fn nothing_is_wrong_with_the_contract() {
        assert_eq!(check(TEXT).unwrap(), Vec::<String>::new());
    }

    /// Each change is one that a maintainer could make by mistake.
    #[test]
    fn mistakes_are_named() {
        let mistakes = [
            ("operationId: get_registry", "operationId: getRegistry", "not snake_case"),
            ("operationId: get_registry", "operationId: list_registries", "used twice"),
            ("tags: [Organizations]", "tags: [Organisations]", "is not listed in /tags"),
            ("x-alias-of: update_registry", "x-alias-of: change_registry", "names no operation"),
            ("x-source: {grade: seed, cite: Get a registry}", "x-note: none", "x-source"),
            ("x-disagreement: web-url", "x-disagreement: web", "not recorded"),
            (
                "              format: email\n              x-source:",
                "              format: email\n              x-sauce:",
                "properties/email: no x-source",
            ),
            (
                "value: {name: my registry, ecosystem: ruby}",
                "value: {name: my registry}",
                "ecosystem",
            ),
            ("items: {$ref: '#/components/schemas/OidcStatement'}", "items: {}", "nothing refers"),
            ("example: '#f0ccff'", "example: blue", "properties/color/example"),
            ("    User:\n", "    NewUser: {}\n    User:\n", "constructor of User"),
            ("      pattern: *timestamp", "      anyOf: [{pattern: a}]", "becomes an empty object"),
            (
                "          description: Description of the registry; null by default.",
                "          default: null",
                "properties/description: with a default of null",
            ),
            ("type: integer, format: int64, minimum", "type: integer, minimum", "has 32 bits"),
            ("format: int64\n", "x-format: int64\n", "has 32 bits"),
            (
                "        - type: boolean\n",
                "        - {type: string, enum: [null]}\n",
                "has no type",
            ),
        ];
        for (old, new, said) in mistakes {
            assert!(TEXT.contains(old), "the contract no longer has {old:?}");
            let text = TEXT.replacen(old, new, 1);
            let found = match check(&text) {
                Ok(problems) => problems.join("\n"),
                Err(error) => error.to_string(),
            };
            assert!(found.contains(said), "{new:?} should be rejected with {said:?}, not: {found}");
        }
    }

    #[test]
    fn a_reference_that_points_nowhere_is_an_error() {
        let text =
            TEXT.replacen("#/components/responses/NotFound", "#/components/responses/None", 1);
        assert!(check(&text).is_err());
    }
}
