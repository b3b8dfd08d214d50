//! Whether a response is one of the API's at all: what every case asks before it takes a status for
//! what it says.

use serde_json::Value;

use super::{Answer, Contract, Part};

impl Contract {
    /// Whether the body of a response is the documented one, as far as that shows without validating
    /// every property against the contract: a list is a list, and an object has at least one of the
    /// properties that it must have. Where no body is documented, any will do but a page. A
    /// redirect is never the API's.
    pub fn recognizes(&self, operation: &str, answer: &Answer) -> bool {
        if (300..400).contains(&answer.status) {
            return false;
        }
        match self.documented_body(operation, answer.status) {
            None => !answer.is_page(),
            Some(schema) => answer.json.as_ref().is_some_and(|body| self.resembles(schema, body)),
        }
    }

    /// Whether the contract has a body for this status, or for the documented one next to it.
    pub fn expects_body(&self, operation: &str, status: u16) -> bool {
        self.documented_body(operation, status).is_some()
    }

    /// Whether the object in a body, or every one in a list, must have a property.
    pub fn requires(&self, operation: &str, status: u16, property: &str) -> bool {
        let of = |schema| self.resolved(schema).map(|(_, schema)| schema);
        let body = self.documented_body(operation, status).and_then(of);
        let object = body.and_then(|body| body.get("items").map_or(Some(body), of));
        let required = object.and_then(|object| object.get("required")?.as_array());
        required.is_some_and(|required| required.iter().any(|name| name == property))
    }

    fn documented_body(&self, operation: &str, status: u16) -> Option<&Value> {
        let documented = &self.operation(operation)?.responses;
        let class = |status: u16| (status / 100).min(4);
        let nearest = documented.keys().find(|known| class(**known) == class(status));
        let status = documented.get_key_value(&status).map(|(known, _)| known).or(nearest)?;
        self.body_schema(operation, Part::Response(*status))
    }

    fn resembles(&self, schema: &Value, body: &Value) -> bool {
        let Some((_, schema)) = self.resolved(schema) else { return false };
        let required = schema.get("required").and_then(Value::as_array);
        match (schema.get("type").and_then(Value::as_str), body) {
            (Some("object"), Value::Object(properties)) => required.is_none_or(|required| {
                required.iter().filter_map(Value::as_str).any(|it| properties.contains_key(it))
            }),
            (Some("array"), Value::Array(entries)) => {
                let of_entries = schema.get("items");
                let is_entry = |it: &Value| of_entries.is_none_or(|kind| self.resembles(kind, it));
                entries.is_empty() || entries.iter().any(is_entry)
            }
            (Some("object" | "array"), _) => false,
            _ => ["allOf", "anyOf", "oneOf"]
                .into_iter()
                .filter_map(|keyword| schema.get(keyword)?.as_array())
                .all(|branches| branches.iter().any(|branch| self.resembles(branch, body))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_required_is_required_in_lists_too() {
        let contract = Contract::built_in();
        assert!(contract.requires("get_registry", 200, "emoji"));
        assert!(contract.requires("list_registries", 200, "emoji"));
        assert!(!contract.requires("list_registries", 200, "team_ids"));
        assert!(!contract.requires("delete_registry", 200, "emoji"));
    }

    #[test]
    fn an_answer_is_recognized_by_what_it_must_have() {
        let attempts = [
            ("get_registry", 200, r#"{"slug": 1}"#, true),
            ("get_registry", 201, r#"{"slug": 1}"#, true),
            ("get_registry", 200, "{}", false),
            ("get_registry", 200, "null", false),
            ("get_registry", 200, "", false),
            ("get_registry", 200, r#"[{"slug": "a"}]"#, false),
            ("get_registry", 200, r#"{"message": "log in"}"#, false),
            ("list_registries", 200, "[]", true),
            ("list_registries", 200, r#"[{}, {"id": "a"}]"#, true),
            ("list_registries", 200, "[1]", false),
            ("list_registries", 200, "{}", false),
            ("get_access_token", 200, r#"{"uuid": "a"}"#, true),
            ("get_rate_limit", 200, "{}", false),
            ("get_registry", 404, r#"{"message": "no"}"#, true),
            ("get_registry", 404, "{}", false),
            ("get_registry", 500, r#"{"message": "no"}"#, true),
            ("delete_registry", 200, "", true),
            ("delete_registry", 200, "<!doctype html><p>Log in</p>", false),
            ("get_registry", 302, "", false),
        ];
        for (operation, status, body, expected) in attempts {
            let clean = |text: &str| (text.to_owned(), false);
            let answer = Answer::cleaned(status, std::iter::empty(), body.as_bytes(), clean);
            let recognized = Contract::built_in().recognizes(operation, &answer);
            assert_eq!(recognized, expected, "{operation}, {status}, {body}");
        }
    }
}
