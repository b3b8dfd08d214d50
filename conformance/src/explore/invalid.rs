//! Bodies in which one property does not fit the contract: each must be refused, and leave no trace.
//! Those at its edge must be accepted.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{Explorer, model::differing, object};
use crate::{
    contract::Made,
    contract::Problem,
    exchange::{Exchange, abridged},
    level::{Citation, Grade},
    observed::NotJudged,
};

pub(super) async fn explore(explorer: &mut Explorer<'_>) -> Result<(), NotJudged> {
    let creates = values(explorer, "create_registry");
    let (valid, invalid): (Vec<_>, Vec<_>) =
        values(explorer, "update_registry").into_iter().partition(|made| made.breaks.is_none());
    explorer.tried = (0, creates.len() + invalid.len() + valid.len());
    // The same operations with the same token succeed for a valid body: no refusal is a matter of
    // access, or of the route.
    let (slug, _) = explorer.create().await?;
    let refused = try_all(explorer, "create_registry", None, creates).await?;
    let creates_left_none = no_trace_of_creates(explorer, &slug, &refused).await;
    let registry = updated(explorer, &slug).await?;
    let all = invalid.len();
    let refused = try_all(explorer, "update_registry", Some(&slug), invalid).await?;
    // What was accepted and had to be rejected has changed the state, and is reported.
    if refused.len() == all {
        no_trace_of_updates(explorer, &slug, &registry).await?;
    }
    try_all(explorer, "update_registry", Some(&slug), valid).await?;
    explorer.send("delete_registry", Some(&slug), None).await?;
    creates_left_none
}

/// Updates a registry as it may be; all of it. What is wrong when that fails, other cases say.
async fn updated(explorer: &mut Explorer<'_>, slug: &str) -> Result<Map<String, Value>, NotJudged> {
    let body = json!({"description": "explored"});
    let exchange = explorer.send("update_registry", Some(slug), Some(&body)).await?;
    object(&exchange).cloned().ok_or_else(|| {
        let outline = exchange.answer.outline();
        NotJudged::Skip(format!("an update with a valid body returned {outline}"))
    })
}

/// A body whose response was right.
struct Right {
    /// The name that nothing else has, in a create of which it is not what is wrong.
    name: Option<String>,
    why: String,
    citation: Citation,
}

/// Sends one body after the other; returns those whose response was right. Of what breaks the
/// same in the same way, the smallest that fails stands for all.
async fn try_all(
    explorer: &mut Explorer<'_>,
    operation: &'static str,
    slug: Option<&str>,
    values: Vec<Made>,
) -> Result<Vec<Right>, NotJudged> {
    let mut right = Vec::new();
    let mut failed = BTreeSet::new();
    for made in values {
        explorer.tried.0 += 1;
        let way = (made.place.clone(), made.breaks);
        if failed.contains(&way) {
            continue;
        }
        let name = slug.is_none().then(|| explorer.name());
        if try_one(explorer, operation, slug, name.as_deref(), &made).await? {
            let why = format!("{} cannot be {}", made.property, abridged(&made.value));
            let name = name.filter(|_| made.property != "name");
            right.push(Right { name, why, citation: made.citation });
        } else {
            failed.insert(way);
        }
    }
    Ok(right)
}

/// No registry is in the list whose create was refused. What is wrong with the list itself, others
/// say.
async fn no_trace_of_creates(
    explorer: &mut Explorer<'_>,
    slug: &str,
    refused: &[Right],
) -> Result<(), NotJudged> {
    let list = explorer.send("list_registries", None, None).await?;
    let entries = Explorer::list_with(&list, "slug", slug)?;
    let place_of = |name: &str| {
        let is_it = |entry: &Value| entry.get("name").and_then(Value::as_str) == Some(name);
        entries.iter().position(is_it)
    };
    let mut traces = refused.iter().filter_map(|refused| {
        let name = refused.name.as_deref()?;
        Some((refused, name, place_of(name)?))
    });
    let Some((first, name, index)) = traces.next() else { return Ok(()) };
    let wrong = Problem::cited(
        first.citation.clone(),
        format!("no registry {name:?}: its create was rejected, {}", first.why),
        match traces.count() {
            0 => "the registry".into(),
            others => format!("the registry, and {others} others whose create was rejected"),
        },
    )
    .at(format!("/{index}"));
    explorer.find(list.clone(), wrong);
    Ok(())
}

/// The registry is as it was before the rejected updates.
async fn no_trace_of_updates(
    explorer: &mut Explorer<'_>,
    slug: &str,
    before: &Map<String, Value>,
) -> Result<(), NotJudged> {
    const CITE: &str = "Update a registry";
    let is_as_before = |after: &Exchange| {
        object(after).is_some_and(|registry| differing(before, registry, "").is_none())
    };
    let after = explorer.get(slug, is_as_before).await?;
    let Some(registry) = object(&after) else {
        let expected = "the registry: every update of it was rejected".to_owned();
        let wrong = Problem::new(Grade::Documented, CITE, expected, after.answer.outline());
        explorer.find(after, wrong);
        return Ok(());
    };
    if !before.keys().any(|name| registry.contains_key(name)) {
        let why = "the registry is returned without its properties";
        return Err(NotJudged::Skip(why.into()));
    }
    if let Some((place, was, received)) = differing(before, registry, "") {
        let expected = format!("{was}, as before the updates that were rejected");
        let wrong = Problem::new(Grade::Documented, CITE, expected, received).at(place);
        explorer.find(after.clone(), wrong);
    }
    Ok(())
}

/// What to try with an operation. An update can take one value after the other, but not `null`:
/// whether `null` is allowed for what cannot be cleared is not documented.
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

/// Whether the response to a value is right.
async fn try_one(
    explorer: &mut Explorer<'_>,
    operation: &'static str,
    slug: Option<&str>,
    name: Option<&str>,
    made: &Made,
) -> Result<bool, NotJudged> {
    let mut body = match name {
        // Without its name, it is recognised by its description.
        Some(name) if made.property == "name" => json!({"description": name, "ecosystem": "ruby"}),
        Some(name) => json!({"name": name, "ecosystem": "ruby"}),
        None => json!({}),
    };
    body[made.property.as_str()] = made.value.clone();
    let exchange = explorer.send(operation, slug, Some(&body)).await?;
    let is_refusal = exchange.answer.refuses_what_is_asked();
    explorer.judged();
    let (is_right, expected) = match made.breaks {
        None => (exchange.answer.is_success(), "a success".to_owned()),
        Some(keyword) => (is_refusal, format!("a rejection (422), by {keyword} at {}", made.place)),
    };
    if is_right {
        return Ok(true);
    }
    let can = if made.breaks.is_none() { "can" } else { "cannot" };
    let wrong = Problem::cited(
        made.citation.clone(),
        format!("{expected}: {} {can} be {}", made.property, abridged(&made.value)),
        exchange.answer.outline(),
    );
    explorer.find(exchange.clone(), wrong);
    if operation == "create_registry" {
        explorer.remove_created(&exchange).await?;
    }
    Ok(false)
}
