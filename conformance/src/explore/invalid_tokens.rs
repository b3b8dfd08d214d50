//! Registry tokens with a property that does not fit the contract: each must be refused, and leave no
//! trace.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{Explorer, model::differing, object};
use crate::{
    contract::Made,
    contract::Problem,
    exchange::{Exchange, abridged},
    level::Grade,
    observed::NotJudged,
    steps::Draft,
    wire::{id_text, is_segment},
};

const CREATE: &str = "create_registry_token";
const UPDATE: &str = "update_registry_token";

pub(super) async fn explore(explorer: &mut Explorer<'_>) -> Result<(), NotJudged> {
    let creates = broken(explorer, CREATE);
    // Whether null is allowed for what cannot be cleared is not documented.
    let mut updates = broken(explorer, UPDATE);
    updates.retain(|made| !made.value.is_null());
    explorer.tried = (0, creates.len() + updates.len());
    let (slug, _) = explorer.create().await?;
    // With a valid body both operations succeed: no refusal is a matter of access, or of the route.
    let of_registry = Draft::registry(slug.clone());
    let (id, _) = valid(explorer, CREATE, &of_registry, None).await?;
    let of_token = of_registry.clone().token(id.clone());
    let (_, token) = valid(explorer, UPDATE, &of_token, Some(&id)).await?;
    if all_are_refused(explorer, CREATE, &of_registry, creates).await? {
        no_other_is_listed(explorer, of_registry, &id).await?;
    }
    if all_are_refused(explorer, UPDATE, &of_token, updates).await? {
        it_is_as_before(explorer, of_token, &token).await?;
    }
    explorer.send("delete_registry", Some(&slug), None).await.map(drop)
}

fn broken(explorer: &Explorer<'_>, operation: &str) -> Vec<Made> {
    let mut values = explorer.runner.observed().contract.values(operation);
    values.retain(|made| made.breaks.is_some());
    values
}

/// Creates or updates a registry token as it should be; its id, and all of it. What is wrong when that
/// fails, other cases say.
async fn valid(
    explorer: &mut Explorer<'_>,
    operation: &'static str,
    to: &Draft,
    known: Option<&str>,
) -> Result<(String, Map<String, Value>), NotJudged> {
    let body = json!({"description": explorer.name()});
    let exchange = explorer.send_to(operation, with(to, &body)).await?;
    let token = object(&exchange);
    let id = known.map(str::to_owned).or_else(|| id_text(token?.get("id")?));
    id.filter(|id| is_segment(id)).zip(token.cloned()).ok_or_else(|| {
        let outline = exchange.answer.outline();
        NotJudged::Skip(format!("{operation} with a valid body returned {outline}"))
    })
}

/// Sends one body after the other; whether each was refused. Of what breaks the same in the same way,
/// the smallest that is not stands for all.
async fn all_are_refused(
    explorer: &mut Explorer<'_>,
    operation: &'static str,
    to: &Draft,
    values: Vec<Made>,
) -> Result<bool, NotJudged> {
    let mut failed = BTreeSet::new();
    for made in values {
        explorer.tried.0 += 1;
        let way = (made.place.clone(), made.breaks);
        if failed.contains(&way) {
            continue;
        }
        let mut body = json!({"description": "explored"});
        body[made.property.as_str()] = made.value.clone();
        let exchange = explorer.send_to(operation, with(to, &body)).await?;
        explorer.judged();
        if exchange.answer.refuses_what_is_asked() {
            continue;
        }
        let wrong = Problem::cited(
            made.citation,
            format!(
                "a rejection (422), by {} at {}: {} cannot be {}",
                made.breaks.unwrap_or_default(),
                made.place,
                made.property,
                abridged(&made.value)
            ),
            exchange.answer.outline(),
        );
        explorer.find(exchange, wrong);
        failed.insert(way);
    }
    Ok(failed.is_empty())
}

/// The list has no registry token but the one whose creation returned success.
async fn no_other_is_listed(
    explorer: &mut Explorer<'_>,
    of_registry: Draft,
    id: &str,
) -> Result<(), NotJudged> {
    let list = explorer.send_to("list_registry_tokens", of_registry).await?;
    // What is wrong with the list itself, others say.
    let entries = Explorer::list_with(&list, "id", id)?;
    let is_other = |entry: &Value| entry.get("id").and_then(id_text).as_deref() != Some(id);
    if let Some(index) = entries.iter().position(is_other) {
        let expected = "no registry token whose creation was rejected".to_owned();
        let received = abridged(&entries[index]["id"]);
        let cite = "Registry tokens, Create a registry token";
        let wrong = Problem::new(Grade::Documented, cite, expected, received);
        explorer.find(list.clone(), wrong.at(format!("/{index}")));
    }
    Ok(())
}

/// The registry token is as it was before the rejected updates.
async fn it_is_as_before(
    explorer: &mut Explorer<'_>,
    of_token: Draft,
    before: &Map<String, Value>,
) -> Result<(), NotJudged> {
    let is_as_before = |after: &Exchange| {
        object(after).is_some_and(|token| differing(before, token, "").is_none())
    };
    let after = explorer.read("get_registry_token", of_token, is_as_before).await?;
    let is_it = |token: &&Map<String, Value>| before.keys().any(|name| token.contains_key(name));
    let Some(token) = object(&after).filter(is_it) else {
        let outline = after.answer.outline();
        let why = format!("get_registry_token returned {outline}, and no registry token");
        return Err(NotJudged::Skip(why));
    };
    if let Some((place, was, received)) = differing(before, token, "") {
        let expected = format!("{was}, as before the updates that were rejected");
        let cite = "Registry tokens, Update a registry token";
        let wrong = Problem::new(Grade::Documented, cite, expected, received).at(place);
        explorer.find(after.clone(), wrong);
    }
    Ok(())
}

fn with(to: &Draft, body: &Value) -> Draft {
    to.clone().body(body)
}
