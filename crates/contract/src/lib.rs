//! The contract of the Registries API, read once: its operations and schemas, where every element
//! comes from, what is required, and how binding that is. It validates exchanges, and sends none.
//!
//! [`Contract::built_in`] is the contract of the workspace. [`Contract::operations`] lists its
//! operations, [`Contract::validate`] validates the response to one, and [`requirements::all`] lists
//! the statements about the API. [`check`] finds mistakes in the text of a contract.
//!
//! ```
//! use registries_contract::{Answer, Contract};
//!
//! let contract = Contract::built_in();
//! let operation = contract.operation("get_registry").expect("the contract has it");
//! assert_eq!(operation.path_parameters, ["org_slug", "registry_slug"]);
//!
//! let headers = [("content-type", "application/json")].into_iter();
//! let answer = Answer::cleaned(200, headers, b"{}", |text| (text.to_owned(), false));
//! let problems = contract.validate("get_registry", &answer);
//! assert!(problems.iter().any(|problem| problem.expected == "the property \"slug\""));
//! ```

mod answer;
mod bounded;
mod check;
mod examples;
pub mod level;
mod names;
mod operations;
mod recognize;
mod request;
pub mod requirements;
mod schema;
pub mod text;
mod validate;
mod values;

use std::{collections::HashMap, sync::LazyLock};

use serde_json::{Map, Value};

pub use self::{
    answer::{Answer, Unrecorded},
    check::check,
    examples::{ExampleProblem, Part, validate_examples},
    operations::Operation,
    request::not_a_json_request,
    validate::{Kind, Problem},
    values::Made,
};
use self::{
    level::{Citation, Grade},
    operations::{Header, Required, Response},
    schema::Schema,
};

/// The text of the contract that this crate was built with.
pub const TEXT: &str = include_str!("../../../openapi.yaml");

/// The same as JSON.
const JSON: &str = include_str!(concat!(env!("OUT_DIR"), "/contract.json"));

/// What is wrong with a contract that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ContractError {
    /// The text is not YAML.
    #[error("the contract is not valid YAML: {0}")]
    Yaml(String),
    /// A part that this crate relies on is missing or of another form.
    #[error("the contract has no usable {part} at {place}")]
    Form {
        /// What was looked for.
        part: &'static str,
        /// Where, as a JSON pointer or an operation.
        place: String,
    },
    /// A schema is no valid JSON Schema.
    #[error("the schema at {place} cannot be compiled: {reason}")]
    Schema {
        /// Where, as a JSON pointer or an operation.
        place: String,
        /// What the validator says.
        reason: String,
    },
}

/// The contract, ready to validate exchanges.
#[derive(Debug)]
pub struct Contract {
    document: Value,
    /// The path and method of each operation, by its `operationId`; also of those outside the root.
    places: HashMap<String, (String, &'static str)>,
    operations: Vec<Operation>,
    /// What says that an undocumented property is worth a warning.
    undocumented: Citation,
}

impl Contract {
    /// The contract that this crate was built with, which is read when it is first asked for.
    ///
    /// # Panics
    ///
    /// When the contract cannot be read, which the project's tests rule out.
    #[must_use]
    pub fn built_in() -> &'static Self {
        static CONTRACT: LazyLock<Contract> = LazyLock::new(|| {
            let document = serde_json::from_str(JSON);
            let document =
                document.unwrap_or_else(|error| panic!("this is a bug in the build: {error}"));
            Contract::read(document)
                .unwrap_or_else(|error| panic!("this is a bug in the contract: {error}"))
        });
        &CONTRACT
    }

    /// Compiles a contract from its YAML text.
    pub fn parse(text: &str) -> Result<Self, ContractError> {
        // `no` is a word here, as in YAML 1.2; the generator of the client reads it so too.
        let options = serde_saphyr::options! { strict_booleans: true };
        let document: Value = serde_saphyr::from_str_with_options(text, options)
            .map_err(|error| ContractError::Yaml(error.to_string()))?;
        let contract = Self::read(document)?;
        contract.compile()?;
        Ok(contract)
    }

    fn read(document: Value) -> Result<Self, ContractError> {
        let operations = operations::read(&document)?;
        let places = operation_nodes(&document).filter_map(|(path, method, node)| {
            Some((node["operationId"].as_str()?.to_owned(), (path.to_owned(), method)))
        });
        let places = places.collect();
        let undocumented = document.get("x-undocumented-properties").and_then(source);
        let undocumented = undocumented.ok_or_else(|| ContractError::Form {
            part: "x-source",
            place: "/x-undocumented-properties".into(),
        })?;
        Ok(Self { document, places, operations, undocumented })
    }

    /// Compiles every schema that is not compiled yet.
    pub fn compile(&self) -> Result<(), ContractError> {
        for operation in &self.operations {
            let place = format!("{} {}", operation.method, operation.path);
            for (status, response) in &operation.responses {
                let place = format!("{place} {status}");
                let headers = response.headers.iter().map(|header| &header.schema);
                for schema in headers.chain(response.body.as_deref()) {
                    schema.compile(&place)?;
                }
            }
            if let Some(schema) = self.request_body(operation) {
                schema.compile(&place)?;
            }
        }
        Ok(())
    }

    /// The operations, in the order of paths and methods.
    #[must_use]
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// The operation of this `operationId`.
    #[must_use]
    pub fn operation(&self, id: &str) -> Option<&Operation> {
        self.operations.iter().find(|operation| operation.id == id)
    }

    /// The version of the contract.
    #[must_use]
    pub fn version(&self) -> &str {
        self.document["info"]["version"].as_str().unwrap_or("unknown")
    }

    /// What the sources disagree about: the subject of each entry, by its id.
    pub fn disagreements(&self) -> impl Iterator<Item = (&str, &str)> {
        object(&self.document, "/x-disagreements")
            .into_iter()
            .flatten()
            .map(|(id, entry)| (id.as_str(), entry["subject"].as_str().unwrap_or_default()))
    }

    /// The schema of the body that is that part of the operation, as the contract has it.
    pub fn body_schema(&self, operation: &str, part: Part) -> Option<&Value> {
        let (path, method) = self.places.get(operation)?;
        let node = &self.document["paths"][path][method];
        let holder = match part {
            Part::Request => node.get("requestBody")?,
            Part::Response(status) => node.get("responses")?.get(status.to_string())?,
        };
        json_body(resolve(&self.document, holder)?)
    }

    /// What a schema is or refers to, and in the latter case the component's name; `None` when it
    /// refers to nothing.
    pub fn resolved<'a>(&'a self, schema: &'a Value) -> Option<(Option<&'a str>, &'a Value)> {
        let reference = schema.get("$ref").and_then(Value::as_str);
        let name = reference.and_then(|it| it.rsplit('/').next());
        Some((name, resolve(&self.document, schema)?))
    }

    /// The headers of answers: the schema of each, by its name.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &Value)> {
        object(&self.document, "/components/headers")
            .into_iter()
            .flatten()
            .filter_map(|(name, header)| Some((name.as_str(), header.get("schema")?)))
    }

    /// Whether the contract describes a body for this status.
    pub fn has_body(&self, operation: &str, status: u16) -> bool {
        let responses = self.operation(operation).map(|operation| &operation.responses);
        responses.and_then(|all| all.get(&status)).is_some_and(|response| response.body.is_some())
    }

    /// Whether a property of this schema may be null.
    #[must_use]
    pub fn is_nullable(&self, schema: &str, property: &str) -> bool {
        let pointer = format!("/components/schemas/{schema}/properties/{property}/nullable");
        self.document.pointer(&pointer) == Some(&Value::Bool(true))
    }

    /// The properties that every value of this schema has.
    #[must_use]
    pub fn required_properties(&self, schema: &str) -> Vec<String> {
        let pointer = format!("/components/schemas/{schema}/required");
        let names = self.document.pointer(&pointer).and_then(Value::as_array);
        names.map(|names| strings(names)).unwrap_or_default()
    }
}

/// The methods that a path item can have.
const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// Every operation object with its path and method.
fn operation_nodes(document: &Value) -> impl Iterator<Item = (&str, &'static str, &Value)> {
    object(document, "/paths").into_iter().flatten().flat_map(|(path, item)| {
        METHODS
            .into_iter()
            .filter_map(move |method| Some((path.as_str(), method, item.get(method)?)))
    })
}

/// The JSON Schema of a schema of the contract.
fn json_schema(document: &Value, schema: &Value) -> Schema {
    let none = Map::new();
    let components = object(document, "/components/schemas").unwrap_or(&none);
    Schema::new(schema::document(schema, components))
}

/// Follows `$ref` until there is none; `None` when it points nowhere, or round in a circle.
fn resolve<'a>(document: &'a Value, node: &'a Value) -> Option<&'a Value> {
    let mut node = node;
    for _ in 0..16 {
        match node.get("$ref").and_then(Value::as_str) {
            Some(reference) => node = at(document, reference)?,
            None => return Some(node),
        }
    }
    None
}

/// Where a reference points. Names in the contract need no escapes.
fn at<'a>(document: &'a Value, reference: &str) -> Option<&'a Value> {
    let path = reference.strip_prefix("#/")?;
    path.split('/').try_fold(document, |node, name| node.get(name))
}

/// The schema of the JSON body of a request or a response.
fn json_body(holder: &Value) -> Option<&Value> {
    holder.get("content")?.get("application/json")?.get("schema")
}

fn source(node: &Value) -> Option<Citation> {
    citation(node.get("x-source")?)
}

fn citation(source: &Value) -> Option<Citation> {
    let grade: Grade = serde_json::from_value(source.get("grade")?.clone()).ok()?;
    Some(Citation { grade, cite: source.get("cite")?.as_str()?.to_owned() })
}

fn object<'a>(document: &'a Value, pointer: &str) -> Option<&'a Map<String, Value>> {
    document.pointer(pointer)?.as_object()
}

fn strings(values: &[Value]) -> Vec<String> {
    values.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_contract_that_is_built_in_is_the_text() {
        assert_eq!(Contract::built_in().document, Contract::parse(TEXT).unwrap().document);
    }
}
