//! How much of the contract a run has seen: statuses, properties, enumerated values.

mod aspects;
mod seen;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use self::aspects::Aspect;
use self::seen::Seen;
use crate::{contract::Contract, exchange::Exchange};

/// The coverage of the contract in a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct Coverage {
    /// Every status that the contract documents, by operation.
    pub statuses: Vec<StatusCoverage>,
    /// Every property of every schema that a response can have.
    pub properties: Vec<PropertyCoverage>,
    /// Every value that the contract enumerates, in requests, responses and headers.
    pub values: Vec<ValueCoverage>,
}

/// The number of responses with a documented status, by operation.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct StatusCoverage {
    /// The operation.
    pub operation: String,
    /// The status.
    pub status: u16,
    /// The number of answers with this status and a body of the documented kind.
    pub times: usize,
}

/// The number of responses with a property.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct PropertyCoverage {
    /// The schema, as the contract's components call it.
    pub schema: String,
    /// The property; of an object in an object, with a dot between the two names.
    pub property: String,
    /// Whether the contract lets it be null.
    pub nullable: bool,
    /// How often it was null.
    pub null: usize,
    /// How often it had a value.
    pub non_null: usize,
}

impl PropertyCoverage {
    /// Whether it was seen at all.
    #[must_use]
    pub fn is_seen(&self) -> bool {
        self.null + self.non_null > 0
    }
}

/// The number of occurrences of an enumerated value at a place.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct ValueCoverage {
    /// The place: a schema and a property, `[]` for the entries of an array, or a header.
    pub place: String,
    /// The value.
    pub value: Value,
    /// How often it was seen there, sent or received.
    pub times: usize,
}

/// What the exchanges show of the contract.
pub(crate) fn coverage<'a>(
    contract: &Contract,
    exchanges: impl Iterator<Item = &'a Exchange>,
) -> Coverage {
    let mut seen = Seen::nothing_of(contract);
    for exchange in exchanges {
        seen.observe(exchange);
    }
    seen.into_coverage()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::exchange::{Answer, Credential, Request};

    fn exchange(
        operation: &'static str,
        sent: Option<&Value>,
        status: u16,
        received: Value,
    ) -> Exchange {
        let headers = [("ratelimit-user-scope".to_owned(), "rest_user".to_owned())];
        let request = Request {
            operation,
            method: "POST".into(),
            path: "/".into(),
            credential: Credential::Main,
            body: sent.map(Value::to_string),
        };
        let answer = Answer {
            status,
            headers: headers.into(),
            text: received.to_string(),
            json: Some(received),
            leaked_secret: false,
            bytes: None,
            unrecorded: crate::wire::Unrecorded::default(),
        };
        Exchange::new(crate::exchange::Purpose::Explored, request, answer)
    }

    fn of(exchanges: &[Exchange]) -> Coverage {
        coverage(Contract::built_in(), exchanges.iter())
    }

    fn property<'a>(coverage: &'a Coverage, name: &str) -> &'a PropertyCoverage {
        let is_meant = |it: &&PropertyCoverage| format!("{}.{}", it.schema, it.property) == name;
        coverage.properties.iter().find(is_meant).unwrap()
    }

    fn times(coverage: &Coverage, place: &str, value: &str) -> usize {
        let is_meant = |it: &&ValueCoverage| it.place == place && it.value == value;
        coverage.values.iter().find(is_meant).unwrap().times
    }

    #[test]
    fn what_there_is_to_see_is_what_the_contract_has() {
        let coverage = of(&[]);
        let of_get = coverage.statuses.iter().filter(|it| it.operation == "get_registry");
        assert_eq!(of_get.map(|it| it.status).collect::<Vec<_>>(), [200, 401, 403, 404, 429, 503]);
        assert!(coverage.statuses.iter().all(|it| it.times == 0));
        assert!(!coverage.properties.iter().any(PropertyCoverage::is_seen));
        assert!(property(&coverage, "Registry.emoji").nullable);
        assert!(property(&coverage, "AccessToken.expires_at").nullable);
        assert!(!property(&coverage, "AccessToken.user.email").nullable);
        assert!(!coverage.properties.iter().any(|it| it.schema == "CreateRegistry"));
        for value in ["read_packages", "write_packages", "delete_packages"] {
            assert_eq!(times(&coverage, "OidcStatement.scopes[]", value), 0);
        }
        assert_eq!(times(&coverage, "RateLimitExceeded.scope", "rest_user"), 0);
        assert!(!coverage.values.iter().any(|it| it.value.is_null()));
    }

    #[test]
    fn lists_and_alternatives_are_walked_through_with_their_values() {
        let registries = json!([
            {"emoji": null, "ecosystem": "ruby", "unknown": 1},
            {"emoji": "💎", "ecosystem": "cobol"},
        ]);
        let token = json!({"expires_at": null, "user": {"email": "a@example.com"}});
        let coverage = of(&[
            exchange("list_registries", None, 200, registries),
            exchange("list_registries", None, 418, json!({"message": "no"})),
            exchange("get_access_token", None, 200, token),
        ]);
        let emoji = property(&coverage, "Registry.emoji");
        assert_eq!((emoji.null, emoji.non_null), (1, 1));
        assert!(!property(&coverage, "Registry.color").is_seen());
        assert_eq!(property(&coverage, "AccessToken.expires_at").null, 1);
        assert_eq!(property(&coverage, "AccessToken.user.email").non_null, 1);
        assert_eq!(times(&coverage, "Registry.ecosystem", "ruby"), 1);
        assert_eq!(times(&coverage, "Registry.ecosystem", "java"), 0);
        assert_eq!(times(&coverage, "RateLimit-User-Scope", "rest_user"), 3);
        assert_eq!(coverage.statuses.iter().map(|it| it.times).sum::<usize>(), 2);
    }

    #[test]
    fn what_was_sent_counts_for_values_only() {
        let body = json!({
            "ecosystem": "java",
            "oidc_policy": [{"iss": "x", "scopes": ["read_packages", "read_packages"]}],
        });
        let refused = json!({"message": "Validation Failed", "errors": []});
        let text = json!({"ecosystem": "java", "oidc_policy": "- iss: x"});
        let coverage = of(&[
            exchange("create_registry", Some(&body), 422, refused),
            exchange("create_registry", Some(&text), 200, json!([1])),
        ]);
        assert_eq!(times(&coverage, "CreateRegistry.ecosystem", "java"), 2);
        assert_eq!(times(&coverage, "OidcStatement.scopes[]", "read_packages"), 2);
        assert_eq!(times(&coverage, "OidcStatement.scopes[]", "write_packages"), 0);
        assert_eq!(property(&coverage, "ValidationError.errors").non_null, 1);
        assert!(!property(&coverage, "Registry.ecosystem").is_seen());
    }
}
