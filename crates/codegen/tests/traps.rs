//! What progenitor does with a contract as it stands, and that the lowering keeps the client from it.
//!
//! Each test shows the trap first: in the code, or the panic, that progenitor alone gives.

#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use std::panic;

use progenitor::{GenerationSettings, Generator, InterfaceStyle};
use registries_codegen::{Error, generate_client, lower, parse};
use serde_json::{Value, json};

const CONTRACT: &str = include_str!("../../../openapi.yaml");

/// A contract with one operation, which takes `request` and returns `response`.
fn contract(request: &Value, response: &Value) -> Value {
    json!({
        "openapi": "3.0.3",
        "info": {"title": "Things", "version": "1"},
        "paths": {"/things/{slug}": {"post": {
            "operationId": "change_thing",
            "parameters": [
                {"name": "slug", "in": "path", "required": true, "schema": {"type": "string"}}
            ],
            "requestBody": {
                "required": true,
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Change"}}},
            },
            "responses": {"200": {
                "description": "The thing.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}},
            }},
        }}},
        "components": {"schemas": {"Change": request, "Thing": response}},
    })
}

/// A contract whose request, or response, has the one optional property `it`.
fn requesting(it: &Value) -> Value {
    contract(&json!({"type": "object", "properties": {"it": it}}), &json!({"type": "object"}))
}

fn responding(it: &Value) -> Value {
    contract(&json!({"type": "object"}), &json!({"type": "object", "properties": {"it": it}}))
}

/// What progenitor alone makes of a contract; nothing when it panics.
fn alone(contract: &Value) -> Option<String> {
    let document = serde_json::from_value(contract.clone()).unwrap();
    let mut settings = GenerationSettings::new();
    settings.with_interface(InterfaceStyle::Builder);
    let generate = move || Generator::new(&settings).generate_tokens(&document).unwrap();
    panic::catch_unwind(panic::AssertUnwindSafe(generate))
        .ok()
        .map(|tokens| prettyplease::unparse(&syn::parse2(tokens).unwrap()))
}

/// What the lowering and progenitor make of it.
fn lowered(contract: &Value) -> String {
    try_lowered(contract).unwrap()
}

fn try_lowered(contract: &Value) -> Result<String, Error> {
    generate_client(&contract.to_string())
}

/// That `trap` is in progenitor's own code, and gone from the lowered one.
#[track_caller]
fn closes(contract: &Value, trap: &str) -> String {
    let before = alone(contract).expect("progenitor does not panic");
    assert!(before.contains(trap), "there is no trap `{trap}` in\n{before}");
    let after = lowered(contract);
    assert!(!after.contains(trap), "the trap `{trap}` is in\n{after}");
    after
}

#[test]
fn the_contract_as_it_stands_makes_progenitor_panic() {
    assert!(alone(&parse(CONTRACT).unwrap()).is_none());
    assert!(generate_client(CONTRACT).is_ok());
}

#[test]
fn an_alias_is_not_an_operation_of_its_own() {
    let mut aliased = requesting(&json!({"type": "string"}));
    let item = &mut aliased["paths"]["/things/{slug}"];
    item["put"] = item["post"].clone();
    item["put"]["operationId"] = "put_thing".into();
    item["put"]["x-alias-of"] = "change_thing".into();
    closes(&aliased, "put_thing");

    aliased["paths"]["/things/{slug}"]["put"]["x-alias-of"] = "no_thing".into();
    let error = try_lowered(&aliased).unwrap_err().to_string();
    assert!(error.contains("no_thing"), "{error}");
}

#[test]
fn error_responses_are_left_to_the_hand_written_error() {
    let mut failing = responding(&json!({"type": "string"}));
    let error = |name: &str| {
        let schema = json!({"$ref": format!("#/components/schemas/{name}")});
        json!({"description": "No.", "content": {"application/json": {"schema": schema}}})
    };
    for name in ["Message", "Errors"] {
        failing["components"]["schemas"][name] = json!({"type": "object", "properties": {}});
    }
    failing["paths"]["/things/{slug}"]["post"]["responses"]["404"] = error("Message");
    closes(&failing, "Error::ErrorResponse");
    failing["paths"]["/things/{slug}"]["post"]["responses"]["422"] = error("Errors");
    assert!(alone(&failing).is_none(), "two schemas for errors");
    lowered(&failing);
}

#[test]
fn every_success_is_one() {
    let mut twice = responding(&json!({"type": "string"}));
    assert!(alone(&twice).unwrap().contains("200u16 =>"));
    let responses = &mut twice["paths"]["/things/{slug}"]["post"]["responses"];
    responses["201"] = responses["200"].clone();
    lowered(&twice);

    twice["paths"]["/things/{slug}"]["post"]["responses"]["204"] = json!({"description": "None."});
    assert!(alone(&twice).is_none(), "a success with a body and one without");
    assert!(matches!(try_lowered(&twice), Err(Error::Contract { .. })));
}

#[test]
fn null_can_be_sent() {
    let code = closes(
        &requesting(&json!({"type": "string", "nullable": true, "description": "It."})),
        "pub it: ::std::option::Option<::std::string::String>",
    );
    assert!(code.contains("pub it: crate::Field<::std::string::String>"), "{code}");
    assert!(code.contains(r#"skip_serializing_if = "crate::Field::is_absent""#), "{code}");
    assert!(code.contains("/// It."), "the description is kept:\n{code}");
}

#[test]
fn null_can_be_sent_where_a_component_allows_it() {
    let mut union = requesting(&json!({"allOf": [{"$ref": "#/components/schemas/It"}]}));
    let list = json!({"type": "array", "items": {"type": "string"}});
    let text = json!({"type": "string", "nullable": true});
    union["components"]["schemas"]["It"] = json!({"oneOf": [text, list]});
    let code = lowered(&union);
    assert!(code.contains("pub it: crate::Field<crate::types::It>"), "{code}");
    assert!(code.contains("String(::std::string::String)"), "{code}");
}

#[test]
fn null_is_a_value_among_scalars() {
    let mut scalars = requesting(&json!({
        "type": "array", "items": {"$ref": "#/components/schemas/Scalar"},
    }));
    let text = json!({"type": "string", "nullable": true});
    scalars["components"]["schemas"]["Scalar"] =
        json!({"anyOf": [text, {"type": "number"}, {"type": "boolean"}]});
    let code = lowered(&scalars);
    assert!(code.contains("Vec<crate::types::Scalar>"), "{code}");
    let scalar = code.split("pub enum Scalar {").nth(1).unwrap().split('}').next().unwrap();
    let variants = ["Null,", "String(", "Number(", "Boolean(bool)"];
    assert!(variants.iter().all(|variant| scalar.contains(variant)), "{scalar}");
}

#[test]
fn an_empty_list_or_map_can_be_sent() {
    let list = json!({"type": "array", "items": {"type": "string"}});
    closes(&requesting(&list), r#"skip_serializing_if = "::std::vec::Vec::is_empty""#);
    let map = json!({"type": "object", "additionalProperties": {"type": "string"}});
    closes(&requesting(&map), r#"HashMap::is_empty""#);
}

#[test]
fn a_list_that_is_null_is_read() {
    let list = json!({"type": "array", "items": {"type": "string"}});
    let code = closes(&responding(&list), "pub it: ::std::vec::Vec<::std::string::String>");
    assert!(code.contains("pub it: ::std::option::Option<::std::vec::Vec"), "{code}");
}

#[test]
fn constraints_do_not_make_decoding_fail() {
    closes(&responding(&json!({"type": "string", "pattern": "^[a-z]+$"})), "regress::Regex");
    closes(&responding(&json!({"type": "string", "enum": ["a", "b"]})), "pub enum ThingIt");
    closes(&responding(&json!({"type": "string", "format": "uuid"})), "::uuid::Uuid");
    closes(&responding(&json!({"type": "string", "format": "date-time"})), "::chrono::");
    closes(&responding(&json!({"type": "string", "maxLength": 3})), "longer than 3 characters");
    closes(&responding(&json!({"type": "integer", "minimum": 1})), "NonZero");
    closes(&responding(&json!({"type": "string", "default": "a"})), "defaults::");
    let closed = json!({"type": "object", "additionalProperties": false, "properties": {"a": {}}});
    closes(&contract(&json!({"type": "object"}), &closed), "deny_unknown_fields");
}

#[test]
fn a_path_parameter_is_any_text() {
    let mut slug = requesting(&json!({"type": "string"}));
    slug["paths"]["/things/{slug}"]["post"]["parameters"][0]["schema"]["pattern"] =
        "^[a-z]$".into();
    let code = closes(&slug, "regress::Regex");
    assert!(code.contains("slug: Result<::std::string::String, String>"), "{code}");
}

#[test]
fn a_path_parameter_is_checked_and_encoded_by_hand_written_code() {
    let code = closes(&requesting(&json!({"type": "string"})), "encode_path(");
    let code: String = code.split_whitespace().collect();
    assert!(code.contains("crate::runtime::path_segment(\"slug\",&slug)?"), "{code}");
}

#[test]
fn no_header_is_invented() {
    closes(&requesting(&json!({"type": "string"})), "api-version");
}

#[test]
fn a_query_parameter_needs_no_runtime_of_progenitor() {
    let mut paged = responding(&json!({"type": "string"}));
    let page = json!({"name": "page", "in": "query", "schema": {"type": "integer", "minimum": 1}});
    paged["paths"]["/things/{slug}"]["post"]["parameters"].as_array_mut().unwrap().push(page);
    let code = closes(&paged, "progenitor_client::QueryParam");
    assert!(code.contains(r#"crate::runtime::query_parameter("page", page.as_ref())"#), "{code}");
}

#[test]
fn what_stands_outside_the_root_is_asked_of_the_host() {
    let mut greeting = responding(&json!({"type": "string"}));
    let schema = json!({"$ref": "#/components/schemas/Thing"});
    let answer =
        json!({"description": "Hello.", "content": {"application/json": {"schema": schema}}});
    greeting["paths"]["/greeting"] = json!({
        "servers": [{"url": "https://example.org"}],
        "get": {"operationId": "get_greeting", "security": [], "responses": {"200": answer}},
    });
    let code = closes(&greeting, r#"format!("{}/greeting", client.baseurl,)"#);
    assert!(code.contains(r#"format!("{}/greeting", client.host_url(),)"#), "{code}");
    assert!(!code.contains("@host"), "{code}");

    greeting["paths"]["/greeting"]["get"]["security"] = json!([{"bearer": []}]);
    let error = try_lowered(&greeting).unwrap_err();
    assert!(error.to_string().contains("outside the API root"), "{error}");
}

#[test]
fn an_operation_has_no_servers_of_its_own() {
    let mut elsewhere = responding(&json!({"type": "string"}));
    elsewhere["paths"]["/things/{slug}"]["post"]["servers"] =
        json!([{"url": "https://example.org"}]);
    let code = alone(&elsewhere).unwrap();
    assert!(code.contains("client.baseurl") && !code.contains("example.org"), "{code}");
    let error = try_lowered(&elsewhere).unwrap_err();
    assert!(error.to_string().contains("change_thing: has servers of its own"), "{error}");
}

#[test]
fn a_secret_is_not_printed() {
    let secret = responding(&json!({"type": "string", "format": "password"}));
    let code = closes(&secret, "pub it: ::std::option::Option<::std::string::String>");
    assert!(code.contains("pub it: ::std::option::Option<crate::Secret>"), "{code}");
}

#[test]
fn a_property_that_is_missing_from_a_response_is_none() {
    let thing = json!({
        "type": "object",
        "required": ["it", "other"],
        "properties": {"it": {"type": "string"}, "other": {"type": "string", "nullable": true}},
    });
    let code = closes(
        &contract(&json!({"type": "object"}), &thing),
        r#"deserialize_with = "::std::option::Option::deserialize""#,
    );
    assert!(code.contains("pub it: ::std::option::Option<::std::string::String>"), "{code}");
}

#[test]
fn what_is_indispensable_stays_required() {
    let code = generate_client(CONTRACT).unwrap();
    let registry = code.split("pub struct Registry {").nth(1).unwrap().split('}').next().unwrap();
    assert!(registry.contains("pub ecosystem: crate::types::Ecosystem"), "{registry}");
    for property in ["id", "slug", "name"] {
        assert!(registry.contains(&format!("pub {property}: ::std::string::String")), "{registry}");
    }
    assert_eq!(registry.matches("pub ").count(), 14, "{registry}");
    assert_eq!(registry.matches("::std::option::Option<").count(), 10, "{registry}");
    assert!(registry.contains("pub oidc_policy: ::std::option::Option<crate::Policy>"));

    let error = generate_client(&CONTRACT.replace("        slug:\n", "        slag:\n"));
    assert!(matches!(error, Err(Error::Contract { .. })));
}

#[test]
fn a_named_string_is_a_string() {
    let mut named = responding(&json!({"$ref": "#/components/schemas/Time"}));
    named["components"]["schemas"]["Time"] = json!({"type": "string"});
    let code = closes(&named, "pub struct Time(");
    assert!(code.contains("pub it: ::std::option::Option<::std::string::String>"), "{code}");
}

#[test]
fn alternatives_are_an_enum() {
    let object = |name: &str| {
        let properties = json!({(name): {"type": "string"}});
        json!({"type": "object", "properties": properties})
    };
    let either = json!({"anyOf": [object("a"), object("b")]});
    let code = closes(&requesting(&either), "flatten");
    assert!(code.contains("pub enum ChangeIt"), "{code}");
}

#[test]
fn numbers_are_exact() {
    let code = closes(&requesting(&json!({"type": "number"})), "f64");
    assert!(code.contains("::serde_json::Number"), "{code}");
}

#[test]
fn code_in_descriptions_is_not_a_test() {
    let text = json!({"type": "string", "description": "Like this:\n```\ncurl x\n```"});
    let code = lowered(&requesting(&text));
    assert!(code.contains("/// ```text"), "{code}");
    assert!(!code.contains("/// ```\n        /// curl"), "{code}");
}

#[test]
fn the_scopes_that_an_operation_needs_are_reported() {
    let mut scoped = requesting(&json!({"type": "string"}));
    scoped["paths"]["/things/{slug}"]["post"]["x-required-scopes"] = json!({"any-of": ["a", "b"]});
    assert!(!alone(&scoped).unwrap().contains("Needs the scope"));
    assert!(lowered(&scoped).contains("/// Needs the scope `a` or `b`.\n"));
    assert!(generate_client(CONTRACT).unwrap().contains("/// Needs no scope.\n"));
}

#[test]
fn what_a_setter_takes_is_reported() {
    let mut bounded = requesting(&json!({
        "type": "string", "description": "It.", "minLength": 1, "maxLength": 9, "default": "a",
    }));
    let parameters = bounded["paths"]["/things/{slug}"]["post"]["parameters"].as_array_mut();
    parameters.unwrap().push(json!({
        "name": "page", "in": "query", "description": "Which page.",
        "schema": {"type": "integer", "minimum": 1, "default": 1},
    }));
    let setter = "/// Which page. At least 1. Default: `1`.\n        pub fn page<";
    assert!(!alone(&bounded).unwrap().contains("Default: `"));
    let code = lowered(&bounded);
    assert!(code.contains("/// It. From 1 to 9 characters. Default: `a`.\n"), "{code}");
    assert!(code.contains(setter), "{code}");
    assert!(code.contains("/// Required.\n        pub fn slug<"), "{code}");
    // Of the contract's own setters none is without a text.
    let code = generate_client(CONTRACT).unwrap();
    assert!(!code.contains("/// Sets `"), "{code}");
}

#[test]
fn failures_are_reported() {
    let mut failing = requesting(&json!({"type": "string"}));
    let responses = &mut failing["paths"]["/things/{slug}"]["post"]["responses"];
    responses["404"] = json!({"description": "There is\nno such thing."});
    responses["default"] = json!({"description": "Other."});
    let code = lowered(&failing);
    let section = "    /// # Errors\n    ///\n    /// The deployment answers with one of these, or does not answer:\n    ///\n    \
                   /// - 404: There is no such thing.\n    /// - any other status: Other.\n    pub fn";
    assert!(code.contains(section), "{code}");
    let code = generate_client(CONTRACT).unwrap();
    let operations = code.split("impl Client {").nth(1).unwrap().split("\n}\n").next().unwrap();
    let count = operations.matches("pub fn ").count();
    assert_eq!(operations.matches("# Errors").count(), count, "{operations}");
}

#[test]
fn text_with_known_values_names_them_and_keeps_others() {
    let mut open = responding(&json!({"type": "string"}));
    open["components"]["schemas"]["Thing"]["properties"] =
        json!({"ecosystem": {"type": "string", "x-known-values": ["ruby"]}});
    let code = lowered(&open);
    assert!(code.contains("pub ecosystem: ::std::option::Option<crate::types::Ecosystem>"));
    assert!(code.contains("pub enum Ecosystem {"), "{code}");
}

#[test]
fn a_property_may_have_the_name_of_a_constraint() {
    let thing = json!({"type": "object", "properties": {
        "pattern": {"type": "string"}, "default": {"type": "string"}, "x-it": {"type": "string"},
    }});
    let code = lowered(&contract(&json!({"type": "object"}), &thing));
    for property in ["pub pattern:", "pub default:", "pub x_it:"] {
        assert!(code.contains(property), "{code}");
    }
}

#[test]
fn a_schema_of_both_sides_is_refused() {
    let mut both = requesting(&json!({"$ref": "#/components/schemas/It"}));
    both["components"]["schemas"]["It"] = json!({"type": "object", "properties": {}});
    both["components"]["schemas"]["Thing"]["properties"] =
        json!({"it": {"$ref": "#/components/schemas/It"}});
    let error = try_lowered(&both).unwrap_err().to_string();
    assert!(error.contains("schema It") && error.contains("each side"), "{error}");
}

#[test]
fn a_reference_to_nothing_is_refused() {
    let mut nothing = requesting(&json!({"type": "string"}));
    nothing["paths"]["/things/{slug}"]["post"]["parameters"][0] =
        json!({"$ref": "#/components/parameters/Nothing"});
    let error = try_lowered(&nothing).unwrap_err().to_string();
    assert!(error.contains("#/components/parameters/Nothing"), "{error}");
}

#[test]
fn only_what_is_used_is_generated() {
    let document = lower(parse(CONTRACT).unwrap()).unwrap();
    let schemas = document.components.unwrap().schemas;
    for gone in ["Error", "ValidationError", "RateLimitExceeded", "Timestamp"] {
        assert!(!schemas.contains_key(gone), "{gone}");
    }
    let code = generate_client(CONTRACT).unwrap();
    for gone in ["progenitor", "uuid::", "chrono::", "regress::", "#[allow", "x-source"] {
        assert!(!code.contains(gone), "{gone}");
    }
}

#[test]
fn the_generated_code_says_that_it_is() {
    assert!(generate_client(CONTRACT).unwrap().starts_with("// Generated from openapi.yaml"));
}
