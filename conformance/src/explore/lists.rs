//! Lists that are longer than the page of another list of the same API: each entry is there once, as it
//! is by itself.

use serde_json::{Map, Value, json};

use super::{Explorer, model::differing};
use crate::{
    contract::Problem,
    exchange::{Exchange, abridged},
    level::Grade,
    observed::NotJudged,
    steps::{Draft, long_description},
    wire::is_segment,
};

/// One more than a page of the API has by default (Pagination).
const ENTRIES: usize = 31;

pub(super) async fn explore(explorer: &mut Explorer<'_>) -> Result<(), NotJudged> {
    explorer.tried = (0, 2 * ENTRIES);
    let mut created = Vec::new();
    for _ in 0..ENTRIES {
        created.push(explorer.create().await?);
        explorer.tried.0 += 1;
    }
    let registries: Vec<_> = created.iter().map(|(_, registry)| registry.clone()).collect();
    let has_all = |list: &Exchange| has_all(list, &registries);
    let list = explorer.read("list_registries", Draft::default(), has_all).await?;
    let registries_shown = whole(explorer, &list, &registries, "List all registries", Grade::Seed);
    for (slug, _) in created.iter().skip(1) {
        explorer.send("delete_registry", Some(slug), None).await?;
    }
    if let Some((slug, _)) = created.first() {
        tokens(explorer, slug).await?;
        explorer.send("delete_registry", Some(slug), None).await?;
    }
    registries_shown
}

/// The tokens of one registry. The first has a long description, which may be refused.
async fn tokens(explorer: &mut Explorer<'_>, slug: &str) -> Result<(), NotJudged> {
    const CREATE: &str = "create_registry_token";
    let of_registry = Draft::registry(slug);
    let mut created = Vec::new();
    for index in 0..ENTRIES {
        let description = if index == 0 { long_description() } else { explorer.name() };
        let body = json!({"description": description}).to_string();
        let draft = of_registry.clone().raw(body);
        let exchange = explorer.send_to(CREATE, draft).await?;
        let token = exchange.answer.json.as_ref().and_then(Value::as_object).cloned();
        match token.filter(|_| exchange.answer.is_success()) {
            Some(mut token) => {
                token.remove("token");
                stored(explorer, &exchange, &token, &description);
                created.push(token);
            }
            None if index == 0 => {}
            // What is wrong with that, other cases say.
            None => {
                let outline = exchange.answer.outline();
                return Err(NotJudged::Skip(format!("{CREATE} returned {outline}")));
            }
        }
        explorer.tried.0 += 1;
    }
    let has_all = |list: &Exchange| has_all(list, &created);
    let list = explorer.read("list_registry_tokens", of_registry.clone(), has_all).await?;
    let cite = "Registry tokens, List all registry tokens";
    whole(explorer, &list, &created, cite, Grade::Documented)?;
    // Nothing of the list depends on how a token is got.
    for token in created.iter().take(1) {
        let id = token.get("id").and_then(Value::as_str).filter(|id| is_segment(id));
        let Some(id) = id.map(str::to_owned) else { continue };
        let draft = of_registry.clone().token(id);
        let got = explorer.send_to("get_registry_token", draft).await?;
        let answered = got.answer.json.as_ref().and_then(Value::as_object);
        let found = answered.and_then(|answered| differing(token, answered, ""));
        if let Some((place, expected, received)) = found {
            let cite = "Registry tokens, Get a registry token";
            let wrong = Problem::new(Grade::Documented, cite, expected, received).at(place);
            explorer.find(got.clone(), wrong);
        }
    }
    Ok(())
}

/// A description is returned as it was sent, however long it is.
fn stored(
    explorer: &mut Explorer<'_>,
    exchange: &Exchange,
    token: &Map<String, Value>,
    description: &str,
) {
    let received = token.get("description").cloned().unwrap_or_default();
    if received != description {
        let cite = "Registry tokens, Create a registry token";
        let expected = abridged(&json!(description));
        let wrong = Problem::new(Grade::Documented, cite, expected, abridged(&received));
        explorer.find(exchange.clone(), wrong.at("/description"));
    }
}

/// Whether a list has an entry for each of these. One that goes on elsewhere is not read again for them.
fn has_all(list: &Exchange, created: &[Map<String, Value>]) -> bool {
    let entries = list.answer.json.as_ref().and_then(Value::as_array);
    list.answer.next_page().is_some()
        || entries.is_some_and(|entries| {
            created.iter().all(|it| entries.iter().any(|entry| entry.get("id") == it.get("id")))
        })
}

/// A list has each of these once, as it is by itself. One that goes on elsewhere says nothing here.
fn whole(
    explorer: &mut Explorer<'_>,
    list: &Exchange,
    created: &[Map<String, Value>],
    cite: &str,
    grade: Grade,
) -> Result<(), NotJudged> {
    let operation = list.request.operation;
    let entries = list.answer.json.as_ref().and_then(Value::as_array);
    let Some(entries) = entries.filter(|_| list.answer.is_success()) else {
        let outline = list.answer.outline();
        return Err(NotJudged::Skip(format!("{operation} returned {outline}, not a list")));
    };
    if list.answer.next_page().is_some() {
        return Err(NotJudged::Skip(format!("the list of {operation} continues on another page")));
    }
    explorer.judged();
    let found = created.iter().find_map(|it| {
        let id = it.get("id");
        let mut places = entries.iter().enumerate().filter(|(_, entry)| entry.get("id") == id);
        let (first, times) = (places.next(), places.count());
        match (first, times) {
            (Some((index, entry)), 0) => {
                let (place, expected, received) =
                    differing(it, entry.as_object()?, &format!("/{index}"))?;
                Some(Problem::new(grade, cite, expected, received).at(place))
            }
            (first, times) => {
                let expected = format!("the entry {} once", it.get("id").map(abridged)?);
                let times = times + usize::from(first.is_some());
                let received = format!("{times} times, in a list of {}", entries.len());
                Some(Problem::new(grade, cite, expected, received))
            }
        }
    });
    if let Some(wrong) = found {
        explorer.find(list.clone(), wrong);
    }
    Ok(())
}
