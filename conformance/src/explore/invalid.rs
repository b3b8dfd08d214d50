//! Bodies in which one property does not fit the contract: each must be refused, and leave no trace.

use jsonschema::error::ValidationErrorKind;
use serde_json::{Value, json};

use super::{Explorer, Wrong};
use crate::{
    contract::RequestProperty,
    exchange::{Exchange, abridged},
    observed::Unmet,
};

/// Values of every type, and text that a pattern may refuse.
fn candidates() -> Vec<Value> {
    vec![
        Value::Null,
        json!(true),
        json!(0),
        json!(-1.5),
        json!({}),
        json!({"value": "text"}),
        json!([]),
        json!(["text"]),
        json!([[1]]),
        json!("red"),
        json!("f0ccff"),
        json!("#ggg000"),
        json!("#f0ccf"),
    ]
}

pub(super) async fn explore(explorer: &mut Explorer<'_>) -> Result<(), Unmet> {
    for operation in ["create_registry", "update_registry"] {
        let slug = match operation {
            "update_registry" => Some(explorer.create().await?),
            _ => None,
        };
        let properties = explorer.runner.observed().contract.request_properties(operation);
        for property in &properties {
            for value in invalid_values(operation, property) {
                try_one(explorer, operation, slug.as_deref(), property, &value).await?;
            }
        }
        if let Some(slug) = slug {
            explorer.send("delete_registry", Some(&slug), None).await?;
        }
    }
    Ok(())
}

/// The candidates that the property's schema refuses for a reason that somebody documents: its type
/// or its pattern. Whether `null` may stand for what an update cannot clear, nobody says.
fn invalid_values(operation: &str, property: &RequestProperty) -> Vec<Value> {
    let is_known_reason = |value: &Value| {
        property.validator.iter_errors(value).next().is_some_and(|error| match error.kind() {
            ValidationErrorKind::Type { .. } => error.instance_path().as_str().is_empty(),
            ValidationErrorKind::Pattern { .. } => true,
            ValidationErrorKind::AnyOf { .. } => !value.is_string() && !value.is_array(),
            _ => false,
        })
    };
    // A value that would be right by itself shows whether a list of one is taken for it.
    let wrapped = property.example.iter().map(|example| json!([example]));
    candidates()
        .into_iter()
        .chain(wrapped)
        .filter(|value| operation != "update_registry" || !value.is_null())
        .filter(is_known_reason)
        .collect()
}

async fn try_one(
    explorer: &mut Explorer<'_>,
    operation: &'static str,
    slug: Option<&str>,
    property: &RequestProperty,
    value: &Value,
) -> Result<(), Unmet> {
    let mut body = match slug {
        None => json!({"name": explorer.name(), "ecosystem": "ruby"}),
        Some(_) => json!({}),
    };
    body[property.name.as_str()] = value.clone();
    let exchange = explorer.send(operation, slug, Some(&body)).await?;
    // The same operation with the same token succeeds for a valid body: this is no matter of access.
    let status = exchange.answer.status;
    if (400..500).contains(&status) && !matches!(status, 401 | 403 | 404) {
        return Ok(());
    }
    let wrong = Wrong {
        citation: property.source.clone(),
        place: None,
        expected: format!("a refusal (422), {} cannot be {}", property.name, abridged(value)),
        received: exchange.answer.outline(),
    };
    explorer.find(exchange.clone(), wrong);
    remove_created(explorer, operation, &exchange).await
}

/// Removes what a create has created that should have been refused.
async fn remove_created(
    explorer: &mut Explorer<'_>,
    operation: &str,
    exchange: &Exchange,
) -> Result<(), Unmet> {
    let slug = exchange.answer.json.as_ref().and_then(|body| body.get("slug")?.as_str());
    match slug.filter(|slug| operation == "create_registry" && crate::observed::is_segment(slug)) {
        Some(slug) => explorer.send("delete_registry", Some(slug), None).await.map(drop),
        None => Ok(()),
    }
}
