//! Bodies in which one property does not fit the contract: each must be refused, and leave no trace.
//! Those at its edge must be accepted.

use std::collections::BTreeSet;

use serde_json::json;

use super::{Explorer, Wrong};
use crate::{
    contract::Made,
    exchange::{Exchange, abridged},
    observed::Unmet,
};

pub(super) async fn explore(explorer: &mut Explorer<'_>) -> Result<(), Unmet> {
    for operation in ["create_registry", "update_registry"] {
        let slug = match operation {
            "update_registry" => Some(explorer.create().await?),
            _ => None,
        };
        // Of what breaks the same in the same way, the smallest that fails stands for all.
        let mut failed = BTreeSet::new();
        for made in values(explorer, operation) {
            let way = (made.place.clone(), made.breaks);
            if !failed.contains(&way)
                && !try_one(explorer, operation, slug.as_deref(), &made).await?
            {
                failed.insert(way);
            }
        }
        if let Some(slug) = slug {
            explorer.send("delete_registry", Some(&slug), None).await?;
        }
    }
    Ok(())
}

/// What to try with an operation. An update can take one value after the other, and tells nothing of
/// `null`: whether that may stand for what it cannot clear, nobody says.
fn values(explorer: &Explorer<'_>, operation: &str) -> Vec<Made> {
    let is_update = operation == "update_registry";
    let mut values = explorer.runner.observed().contract.values(operation);
    values.retain(|made| match made.breaks {
        // A name would change the slug.
        None => is_update && made.property != "name",
        Some(_) => !is_update || !made.value.is_null(),
    });
    values
}

/// Whether a value is answered as it must be.
async fn try_one(
    explorer: &mut Explorer<'_>,
    operation: &'static str,
    slug: Option<&str>,
    made: &Made,
) -> Result<bool, Unmet> {
    let mut body = match slug {
        None => json!({"name": explorer.name(), "ecosystem": "ruby"}),
        Some(_) => json!({}),
    };
    body[made.property.as_str()] = made.value.clone();
    let exchange = explorer.send(operation, slug, Some(&body)).await?;
    // The same operation with the same token succeeds for a valid body: this is no matter of access.
    let status = exchange.answer.status;
    let is_refusal = (400..500).contains(&status) && !matches!(status, 401 | 403 | 404);
    let (is_right, expected) = match made.breaks {
        None => (exchange.answer.is_success(), "a success".to_owned()),
        Some(keyword) => (is_refusal, format!("a refusal (422), by {keyword} at {}", made.place)),
    };
    if is_right {
        return Ok(true);
    }
    let can = if made.breaks.is_none() { "can" } else { "cannot" };
    let wrong = Wrong {
        citation: made.citation.clone(),
        place: None,
        expected: format!("{expected}: {} {can} be {}", made.property, abridged(&made.value)),
        received: exchange.answer.outline(),
    };
    explorer.find(exchange.clone(), wrong);
    remove_created(explorer, operation, &exchange).await?;
    Ok(false)
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
