//! The examples that the contract prints, validated against its own schemas.

use std::fmt;

use serde_json::Value;

use super::{Contract, ContractError, check::walk, json_schema, object, operation_nodes, resolve};

/// Which body of an operation is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The body of a request.
    Request,
    /// The body of a response with this status.
    Response(u16),
}

/// An example that does not fit its schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExampleProblem {
    /// Which example, and of what.
    pub example: String,
    /// The place in the example, as a JSON pointer.
    pub place: String,
    /// What is wrong there.
    pub reason: String,
}

impl fmt::Display for ExampleProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: at {:?}: {}", self.example, self.place, self.reason)
    }
}

/// Validates every example of the contract against its schema: those of bodies, and those that
/// stand beside a schema or in it.
pub fn validate_examples(contract: &Contract) -> Result<Vec<ExampleProblem>, ContractError> {
    let mut problems = body_examples(contract)?;
    let mut failed = None;
    walk(&contract.document, "", &mut |place, node| {
        let Some(example) = node.get("example").filter(|_| !place.ends_with("/properties")) else {
            return;
        };
        let schema = node.get("schema").unwrap_or(node);
        match json_schema(&contract.document, schema).compile(place) {
            Ok(validator) => {
                problems.extend(validator.iter_errors(example).map(|error| ExampleProblem {
                    example: format!("#{place}/example"),
                    place: error.instance_path().as_str().to_owned(),
                    reason: error.to_string(),
                }));
            }
            Err(error) => failed = Some(error),
        }
    });
    failed.map_or(Ok(problems), Err)
}

fn body_examples(contract: &Contract) -> Result<Vec<ExampleProblem>, ContractError> {
    let mut problems = Vec::new();
    for (path, method, node) in operation_nodes(&contract.document) {
        let id = node["operationId"].as_str().unwrap_or_default();
        let mut parts = vec![(Part::Request, node.get("requestBody"))];
        for (status, response) in object(node, "/responses").into_iter().flatten() {
            let place = || format!("{method} {path} {status}");
            let status = status
                .parse()
                .map_err(|_| ContractError::Form { part: "response status", place: place() })?;
            parts.push((Part::Response(status), Some(response)));
        }
        for (part, holder) in parts {
            let examples = holder
                .and_then(|holder| resolve(&contract.document, holder))
                .and_then(|holder| object(holder, "/content/application~1json/examples"));
            for (name, example) in examples.into_iter().flatten() {
                let found = contract.validate_body(id, part, &example["value"])?;
                let example = format!("{id}, {part:?}, example {name}");
                problems.extend(found.into_iter().map(|(place, reason)| ExampleProblem {
                    example: example.clone(),
                    place,
                    reason,
                }));
            }
        }
    }
    Ok(problems)
}

impl Contract {
    /// Where `body` does not fit the schema of that part of the operation, and why.
    pub fn validate_body(
        &self,
        operation: &str,
        part: Part,
        body: &Value,
    ) -> Result<Vec<(String, String)>, ContractError> {
        let place = format!("{operation}, {part:?}");
        let schema = self
            .body_schema(operation, part)
            .ok_or_else(|| ContractError::Form { part: "schema", place: place.clone() })?;
        let schema = json_schema(&self.document, schema);
        let validator = schema.compile(&place)?;
        let found = validator
            .iter_errors(body)
            .map(|error| (error.instance_path().as_str().to_owned(), error.to_string()))
            .collect();
        Ok(found)
    }
}
