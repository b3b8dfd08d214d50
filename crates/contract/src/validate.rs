//! Validates an exchange against the contract: status, content type, headers, body.

use jsonschema::{
    ValidationError,
    error::{TypeKind, ValidationErrorKind},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Answer, Contract, Header, Operation, Required, Response, bounded,
    names::repeated_name,
    schema::{self, Schema},
};
use crate::{
    level::{Citation, Grade, Level},
    text::abridged,
};

/// The part of an exchange that a problem is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The status.
    Status,
    /// The content type, or a body that is not of it.
    ContentType,
    /// A header other than the content type.
    Header,
    /// The body does not fit its schema.
    Body,
    /// The body has a property that the contract does not know.
    UndocumentedProperty,
    /// The behaviour of the deployment, as opposed to the form of its response.
    Behaviour,
}

/// One way in which a response is not as required.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// The part of the exchange that it is about.
    pub kind: Kind,
    /// The level of the requirement.
    pub level: Level,
    /// Where the requirement comes from.
    pub citation: Citation,
    /// The place in the body as a JSON pointer, or the header's name.
    pub place: Option<String>,
    /// The place in the contract.
    pub schema_path: Option<String>,
    /// What was expected.
    pub expected: String,
    /// What was received instead.
    pub received: String,
}

impl Problem {
    /// Behaviour that is not as a source says.
    #[must_use]
    pub fn new(grade: Grade, cite: &str, expected: String, received: String) -> Self {
        Self::cited(Citation { grade, cite: cite.to_owned() }, expected, received)
    }

    /// The same, with the whole citation.
    #[must_use]
    pub fn cited(citation: Citation, expected: String, received: String) -> Self {
        Self {
            kind: Kind::Behaviour,
            level: citation.grade.level(),
            citation,
            place: None,
            schema_path: None,
            expected,
            received,
        }
    }

    /// At a place of the body, as a JSON pointer, or in a header, by its name.
    #[must_use]
    pub fn at(self, place: impl Into<String>) -> Self {
        Self { place: Some(place.into()), ..self }
    }

    /// Whether it is about a header whose name begins so.
    pub fn is_about_header(&self, prefix: &str) -> bool {
        self.kind == Kind::Header
            && self.place.as_deref().is_some_and(|name| name.starts_with(prefix))
    }
}

impl Contract {
    /// Everything in which the response to `operation` is not as the contract says.
    ///
    /// # Panics
    ///
    /// When the contract has no such operation, which is a mistake in the caller.
    #[must_use]
    pub fn validate(&self, operation: &str, answer: &Answer) -> Vec<Problem> {
        self.validate_parts(operation, answer, true)
    }

    /// The same of a response whose body may not be known; then nothing is said of the body.
    ///
    /// # Panics
    ///
    /// When the contract has no such operation, which is a mistake in the caller.
    #[must_use]
    pub fn validate_parts(
        &self,
        operation: &str,
        answer: &Answer,
        body_known: bool,
    ) -> Vec<Problem> {
        let operation = self.operation(operation).expect("callers name operations of the contract");
        let known = operation.responses.get(&answer.status);
        let mut problems = Vec::new();
        if known.is_none() {
            problems.push(undocumented(operation, answer));
        }
        problems.extend(body_without_content(answer));
        if let Some(response) = known.map(|it| &**it).or_else(|| nearest(operation, answer.status))
        {
            problems.extend(documented(response, answer, body_known));
        }
        for problem in &mut problems {
            if problem.kind == Kind::UndocumentedProperty {
                problem.citation.clone_from(&self.undocumented);
                problem.level = self.undocumented.grade.level();
            }
            // An operation that only a client uses cannot fail a deployment by its details.
            if problem.kind != Kind::Status {
                problem.level = problem.level.max(operation.source.grade.level());
            }
        }
        problems
    }

    /// Every header that `operation` requires of a response with this status, by name.
    pub fn required_headers(&self, operation: &str, status: u16) -> Vec<&str> {
        let Some(operation) = self.operation(operation) else { return Vec::new() };
        let known = operation.responses.get(&status).map(|it| &**it);
        let response = known.or_else(|| nearest(operation, status));
        let headers = response.into_iter().flat_map(|response| &response.headers);
        let required = headers.filter(|header| header.required != Required::Never);
        required.map(|header| header.name.as_str()).collect()
    }
}

/// The documented response that an undocumented one should resemble: the first of its class, and for
/// any error another error.
fn nearest(operation: &Operation, status: u16) -> Option<&Response> {
    let class = |status: u16| (status / 100).min(4);
    let mut documented = operation.responses.iter();
    documented.find(|(known, _)| class(**known) == class(status)).map(|(_, response)| &**response)
}

/// A status that has no body, with one: on a connection that is used again, what comes next begins
/// with it.
fn body_without_content(answer: &Answer) -> Option<Problem> {
    let received = answer.needless_body()?;
    Some(Problem {
        kind: Kind::Body,
        level: Grade::Documented.level(),
        citation: Citation {
            grade: Grade::Documented,
            cite: "REST API overview, Schema; RFC 9110, section 15.3.5".into(),
        },
        place: None,
        schema_path: None,
        expected: format!("no body: a response with {} has none", answer.status),
        received: format!("{received}, which breaks the next exchange on the connection"),
    })
}

fn undocumented(operation: &Operation, answer: &Answer) -> Problem {
    let statuses: Vec<String> = operation.responses.keys().map(u16::to_string).collect();
    // Which refusal fits is often left open by the sources; what they document as a success is not.
    let refusal = (400..500).contains(&answer.status);
    let level = operation.source.grade.level();
    Problem {
        kind: Kind::Status,
        level: if refusal { level.max(Level::Should) } else { level },
        citation: operation.source.clone(),
        place: None,
        schema_path: Some(format!("{}/responses", operation.id)),
        expected: format!("one of the documented statuses {}", statuses.join(", ")),
        received: answer.status.to_string(),
    }
}

fn documented(response: &Response, answer: &Answer, body_known: bool) -> Vec<Problem> {
    let mut problems: Vec<Problem> =
        response.headers.iter().filter_map(|header| header_problem(header, answer)).collect();
    if let Some(body) = &response.body {
        problems.extend(content_type_problem(answer));
        if body_known {
            problems.extend(body_problems(response, body, answer));
        }
    }
    problems
}

impl Header {
    /// Whether a response has to have it.
    fn is_required(&self, answer: &Answer) -> bool {
        match &self.required {
            Required::Always => true,
            Required::Unless { header, value } => {
                answer.has_recorded(header)
                    && answer.header(header).is_none_or(|sent| sent.trim() != value)
            }
            Required::Never => false,
        }
    }
}

fn header_problem(header: &Header, answer: &Answer) -> Option<Problem> {
    let problem = |expected: String, received: String| Problem {
        kind: Kind::Header,
        level: header.source.grade.level(),
        citation: header.source.clone(),
        place: Some(header.name.clone()),
        schema_path: Some(format!("#/components/headers/{}", header.name)),
        expected,
        received,
    };
    if !answer.has_recorded(&header.name) {
        return None;
    }
    let Some(text) = answer.header(&header.name) else {
        return header
            .is_required(answer)
            .then(|| problem("the header".into(), "no such header".into()));
    };
    let number = if header.integer { text.trim().parse::<i64>().ok() } else { None };
    let value = number.map_or_else(|| json!(text), Value::from);
    let error = header.schema.validator().iter_errors(&value).next()?;
    Some(problem(expectation(&error), abridged(&value)))
}

fn content_type_problem(answer: &Answer) -> Option<Problem> {
    if !answer.has_recorded("content-type") {
        return None;
    }
    let content_type = answer.header("content-type").unwrap_or_default();
    if is_json(content_type) {
        let (_, parameters) = content_type.split_once(';').unwrap_or_default();
        let charset = charset(parameters).filter(|it| !it.eq_ignore_ascii_case("utf-8"));
        let is_right = charset.is_none_or(|it| {
            it.eq_ignore_ascii_case("utf8")
                || (it.eq_ignore_ascii_case("us-ascii") && answer.text.is_ascii())
        });
        return (!is_right).then(|| {
            not_json("application/json, which is in UTF-8 (RFC 8259)", content_type.into())
        });
    }
    let received = if content_type.trim().is_empty() { "no content type" } else { content_type };
    Some(not_json("application/json, or another type of JSON", received.into()))
}

/// Whether a content type is one of JSON: `application/json`, `text/json`, or any that ends in `+json`,
/// as `application/problem+json` does (WHATWG MIME Sniffing, JSON MIME type).
fn is_json(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match essence.split_once('/') {
        Some(("application" | "text", "json")) => true,
        Some((kind, subtype)) => {
            !kind.is_empty() && subtype.len() > "+json".len() && subtype.ends_with("+json")
        }
        None => false,
    }
}

/// The charset among the parameters of a content type.
fn charset(parameters: &str) -> Option<&str> {
    let parameters = parameters.split(';').filter_map(|it| it.split_once('='));
    let mut named = parameters.filter(|(name, _)| name.trim().eq_ignore_ascii_case("charset"));
    named.next().map(|(_, value)| value.trim().trim_matches('"'))
}

fn body_problems(response: &Response, body: &Schema, answer: &Answer) -> Vec<Problem> {
    let repeated = answer.json.as_ref().and_then(|_| repeated_name(&answer.text));
    let repeated = repeated.map(|place| Problem {
        place: Some(place),
        ..not_json("a name once in an object (RFC 8259, section 4)", "the name twice".into())
    });
    let problems = match &answer.json {
        // A check for validity is faster than a search for the errors.
        Some(value) if body.validator().is_valid(value) => Vec::new(),
        Some(value) => bounded::problems(&response.source, body, value),
        // It is JSON all the same.
        None if answer.is_json_beyond() => Vec::new(),
        None => vec![not_json("a JSON body", abridged(&json!(answer.text)))],
    };
    repeated.into_iter().chain(problems).collect()
}

pub(super) fn not_json(expected: &str, received: String) -> Problem {
    Problem {
        kind: Kind::ContentType,
        level: Grade::Documented.level(),
        citation: Citation { grade: Grade::Documented, cite: "REST API overview, Schema".into() },
        place: None,
        schema_path: None,
        expected: expected.into(),
        received,
    }
}

/// A problem of a body; `source` is that of the whole, for a place that names none.
pub(super) fn body_problem(
    source: &Citation,
    body: &Schema,
    error: &ValidationError<'_>,
) -> Problem {
    let schema_path = error.schema_path().as_str();
    let (kind, source_path, received) = match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            let place = schema_path.trim_end_matches("/additionalProperties").to_owned();
            (Kind::UndocumentedProperty, place, bounded::listed(unexpected))
        }
        ValidationErrorKind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            let place = schema_path.trim_end_matches("/required");
            (Kind::Body, format!("{place}/properties/{name}"), "no such property".into())
        }
        _ => (Kind::Body, schema_path.to_owned(), abridged(error.instance())),
    };
    let citation =
        type_source(&body.json, error).or_else(|| nearest_source(&body.json, &source_path));
    let citation = citation.unwrap_or_else(|| source.clone());
    Problem {
        kind,
        level: citation.grade.level(),
        citation,
        place: Some(error.instance_path().as_str().to_owned()),
        schema_path: Some(schema::location_in_contract(schema_path)),
        expected: expectation(error),
        received,
    }
}

/// The source of a type, where that is another than the source of what has it (`x-type-source`).
fn type_source(schema: &Value, error: &ValidationError<'_>) -> Option<Citation> {
    let place = error.schema_path().as_str().strip_suffix("/type")?;
    let source = schema.pointer(place)?.get("x-type-source")?;
    super::citation(source)
}

/// The source of the innermost schema on the way to `path` that names one.
fn nearest_source(schema: &Value, path: &str) -> Option<Citation> {
    let mut path = path;
    loop {
        if let Some(citation) = schema.pointer(path).and_then(super::source) {
            return Some(citation);
        }
        path = &path[..path.rfind('/')?];
    }
}

/// What the schema asks for at the place of `error`, without repeating what was received.
fn expectation(error: &ValidationError<'_>) -> String {
    use ValidationErrorKind as K;
    match error.kind() {
        K::AdditionalProperties { .. } => "only documented properties".into(),
        K::Required { property } => format!("the property {property}"),
        K::Type { kind: TypeKind::Single(one) } => format!("a value of the type {one}"),
        K::Type { kind: TypeKind::Multiple(types) } => {
            let types: Vec<String> = types.iter().map(|it| it.to_string()).collect();
            format!("a value of one of the types {}", types.join(", "))
        }
        K::Format { format } => format!("a value of the format {format}"),
        K::Pattern { pattern } => format!("text that matches {pattern}"),
        K::Constant { expected_value } => expected_value.to_string(),
        K::Enum { options } => format!("one of {options}"),
        K::AnyOf { .. } | K::OneOfNotValid { .. } => {
            "a value that one of the alternatives takes".into()
        }
        K::OneOfMultipleValid { .. } => "a value that only one of the alternatives takes".into(),
        K::Not { schema } => format!("a value that does not fit {schema}"),
        K::FalseSchema => "no value".into(),
        K::UniqueItems => "items of which no two are the same".into(),
        K::Minimum { limit } => format!("at least {limit}"),
        K::Maximum { limit } => format!("at most {limit}"),
        K::ExclusiveMinimum { limit } => format!("more than {limit}"),
        K::ExclusiveMaximum { limit } => format!("less than {limit}"),
        K::MinLength { limit } => format!("at least {}", of(*limit, "character")),
        K::MaxLength { limit } => format!("at most {}", of(*limit, "character")),
        K::MinItems { limit } => format!("at least {}", of(*limit, "item")),
        K::MaxItems { limit } => format!("at most {}", of(*limit, "item")),
        K::MinProperties { limit } => format!("at least {limit} of the properties"),
        K::MaxProperties { limit } => format!("at most {limit} of the properties"),
        // The messages of the validator say what is wrong, which is the opposite.
        other => format!("a value as `{}` in the contract says", other.keyword()),
    }
}

fn of(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A response without a body, with the headers that every one has and these in their place.
    fn answer(changed: &[(&str, Option<&str>)]) -> Answer {
        let mut headers = std::collections::BTreeMap::from(
            [
                ("access-control-expose-headers", "Link"),
                ("ratelimit-scope", "rest"),
                ("ratelimit-limit", "200"),
                ("ratelimit-remaining", "180"),
                ("ratelimit-reset", "42"),
                ("ratelimit-user-scope", "rest_user"),
                ("ratelimit-user-limit", "50"),
                ("ratelimit-user-remaining", "48"),
                ("ratelimit-user-reset", "42"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned())),
        );
        for (name, value) in changed {
            headers.remove(*name);
            headers.extend(value.map(|value| ((*name).to_owned(), value.to_owned())));
        }
        Answer {
            status: 200,
            headers,
            text: String::new(),
            json: None,
            bytes: None,
            unrecorded: crate::Unrecorded::default(),
            leaked_secret: false,
        }
    }

    fn places(changed: &[(&str, Option<&str>)]) -> Vec<String> {
        let problems = Contract::built_in().validate("delete_registry", &answer(changed));
        problems.into_iter().filter_map(|problem| problem.place).collect()
    }

    #[test]
    fn what_is_left_can_be_less_than_nothing_and_a_limit_cannot() {
        let left = [("ratelimit-remaining", Some("-14")), ("ratelimit-user-remaining", Some("-1"))];
        assert_eq!(places(&left), Vec::<String>::new());
        assert_eq!(places(&[("ratelimit-limit", Some("-1"))]), ["RateLimit-Limit"]);
        assert_eq!(places(&[("ratelimit-remaining", Some("few"))]), ["RateLimit-Remaining"]);
    }

    #[test]
    fn only_the_scope_mcp_has_no_headers_for_the_user() {
        let names = ["scope", "limit", "remaining", "reset"];
        let names = names.map(|name| format!("ratelimit-user-{name}"));
        let mut without: Vec<(&str, Option<&str>)> =
            names.iter().map(|name| (name.as_str(), None)).collect();
        assert_eq!(places(&without).len(), 4);
        without.push(("ratelimit-scope", Some("mcp")));
        assert_eq!(places(&without), Vec::<String>::new());
        assert_eq!(places(&[("ratelimit-scope", Some("graphql"))]), ["RateLimit-Scope"]);
    }

    #[test]
    fn every_json_media_type_is_json_and_nothing_else_is() {
        for content_type in [
            "application/json",
            "Application/JSON; charset=utf-8",
            "text/json",
            "application/problem+json",
            "application/vnd.registries.v2+json;charset=UTF-8",
        ] {
            assert!(is_json(content_type), "{content_type}");
        }
        for content_type in [
            "",
            "json",
            "text/html",
            "application/jsonp",
            "application/x-ndjson",
            "application/+json",
            "a+json",
        ] {
            assert!(!is_json(content_type), "{content_type}");
        }
    }

    /// That a policy is text, only clients say; that it is there, the seed does.
    #[test]
    fn a_type_can_have_another_source_than_what_has_it() {
        let schema = super::super::json_schema(
            &json!({}),
            &json!({
                "x-source": {"grade": "seed", "cite": "a"},
                "properties": {"it": {
                    "type": "string",
                    "nullable": true,
                    "x-source": {"grade": "seed", "cite": "b"},
                    "x-type-source": {"grade": "client-observed", "cite": "c"},
                }},
                "required": ["it"],
            }),
        );
        let source = Citation { grade: Grade::Seed, cite: "d".into() };
        let level = |value: Value| {
            let error = schema.validator().iter_errors(&value).next().unwrap();
            body_problem(&source, &schema, &error).level
        };
        assert_eq!(level(json!({"it": [1]})), crate::level::Level::Should);
        assert_eq!(level(json!({})), crate::level::Level::Must);
    }

    #[test]
    fn what_is_expected_is_what_the_schema_asks_for() {
        let attempts = [
            (json!({"type": "boolean"}), json!("no"), "a value of the type boolean"),
            (
                json!({"type": ["array", "null"]}),
                json!(1),
                "a value of one of the types null, array",
            ),
            (json!({"required": ["name"]}), json!({}), "the property \"name\""),
            (
                json!({"properties": {"b": {}}, "additionalProperties": false}),
                json!({"a": 1}),
                "only documented properties",
            ),
            (json!({"enum": ["user"]}), json!("org"), "one of [\"user\"]"),
            (json!({"const": 1}), json!(2), "1"),
            (json!({"pattern": "^a$"}), json!("b"), "text that matches ^a$"),
            (json!({"minimum": 0}), json!(-1), "at least 0"),
            (json!({"exclusiveMaximum": 3}), json!(3), "less than 3"),
            (json!({"minLength": 1}), json!(""), "at least 1 character"),
            (json!({"maxLength": 2}), json!("abc"), "at most 2 characters"),
            (json!({"minItems": 1}), json!([]), "at least 1 item"),
            (json!({"maxItems": 0}), json!([1]), "at most 0 items"),
            (json!({"uniqueItems": true}), json!([1, 1]), "items of which no two are the same"),
            (json!({"minProperties": 1}), json!({}), "at least 1 of the properties"),
            (
                json!({"not": {"type": "null"}}),
                json!(null),
                "a value that does not fit {\"type\":\"null\"}",
            ),
            (
                json!({"anyOf": [{"type": "null"}]}),
                json!(1),
                "a value that one of the alternatives takes",
            ),
            (
                json!({"oneOf": [{}, {}]}),
                json!(1),
                "a value that only one of the alternatives takes",
            ),
            (json!({"multipleOf": 2}), json!(3), "a value as `multipleOf` in the contract says"),
        ];
        for (schema, value, expected) in attempts {
            let validator = jsonschema::validator_for(&schema).unwrap();
            let messages: Vec<String> =
                validator.iter_errors(&value).map(|error| expectation(&error)).collect();
            assert_eq!(messages, [expected], "{schema}");
        }
    }
}
