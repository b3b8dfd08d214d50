//! A request's body validated against the contract: that concerns the client, not the deployment.

use serde_json::json;

use super::{
    Contract, Operation, Part, Problem, json_schema,
    schema::Schema,
    validate::{body_problem, not_json},
};
use crate::{level::Level, text::abridged};

impl Contract {
    /// Everything in which the body of a request to `operation` is not as the contract says. A
    /// client may send what it likes, and the deployment refuses it: none of this is binding.
    pub fn validate_request(&self, operation: &str, body: &str) -> Vec<Problem> {
        let Some(operation) = self.operation(operation) else { return Vec::new() };
        let Some(schema) = self.request_body(operation) else { return Vec::new() };
        let mut problems: Vec<Problem> = match serde_json::from_str(body) {
            Ok(value) => schema
                .validator()
                .iter_errors(&value)
                .map(|error| body_problem(&operation.source, schema, &error))
                .collect(),
            Err(_) => vec![not_json("a JSON body", abridged(&json!(body)))],
        };
        for problem in &mut problems {
            problem.level = Level::May;
        }
        problems
    }

    /// Whether requests to an operation have a body in JSON.
    pub fn takes_json(&self, operation: &str) -> bool {
        let operation = self.operation(operation);
        operation.is_some_and(|it| self.request_body(it).is_some())
    }

    /// The body of an operation's requests; `None` when it has none.
    pub(super) fn request_body<'o>(&self, operation: &'o Operation) -> Option<&'o Schema> {
        let read = || {
            let schema = self.body_schema(&operation.id, Part::Request)?;
            Some(json_schema(&self.document, schema))
        };
        operation.request.get_or_init(read).as_ref()
    }
}

/// What is to be said of a request that has something else than JSON.
pub fn not_a_json_request(received: String) -> Problem {
    Problem { level: Level::May, ..not_json("a JSON body (application/json)", received) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_validated_if_it_has_a_schema() {
        let contract = Contract::built_in();
        let found = |operation, body| contract.validate_request(operation, body);
        assert_eq!(found("create_registry", r#"{"name": "a", "ecosystem": "ruby"}"#), []);
        assert_eq!(found("get_registry", "nonsense"), []);
        for body in [r#"{"ecosystem": "ruby"}"#, r#"{"name": 1, "ecosystem": "ruby"}"#, "{"] {
            let problems = found("create_registry", body);
            assert_eq!(problems.len(), 1, "{body}: {problems:?}");
            assert_eq!(problems[0].level, Level::May);
        }
    }
}
