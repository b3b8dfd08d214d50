//! Several clients at the same time: four that create or delete, two that update.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Explorer;
use crate::{
    contract::Problem, exchange::Exchange, level::Grade, observed::NotJudged, wire::id_text,
};

/// How many clients race to create or to delete.
const CLIENTS: usize = 4;

/// How updates at the same time describe the registry.
pub const DESCRIPTIONS: [&str; 2] = ["the first of two", "the second of two"];

/// How often a race is run whose outcome cannot be judged.
const ATTEMPTS: usize = 3;

pub(super) async fn explore(explorer: &mut Explorer<'_>) -> Result<(), NotJudged> {
    // Only a valid create that succeeds makes anything of the ones that race.
    explorer.tried = (0, 3);
    let (slug, _) = explorer.create().await?;
    explorer.send("delete_registry", Some(&slug), None).await?;
    for race in 0..3 {
        run(explorer, race).await?;
        explorer.tried.0 += 1;
    }
    Ok(())
}

/// Runs a race, and once more when a response was lost: the winner is unknown then.
async fn run(explorer: &mut Explorer<'_>, race: usize) -> Result<(), NotJudged> {
    let mut attempts = 1;
    loop {
        let outcome = match race {
            0 => creates_of_one_name(explorer).await,
            1 => updates_of_one_registry(explorer).await,
            _ => deletes_of_one_registry(explorer).await,
        };
        if !matches!(outcome, Err(NotJudged::Error(_))) || attempts == ATTEMPTS {
            return outcome;
        }
        attempts += 1;
    }
}

/// However many of them succeed, no two registries have one slug. All of them may return the one
/// registry that there is.
async fn creates_of_one_name(explorer: &mut Explorer<'_>) -> Result<(), NotJudged> {
    let body = json!({"name": explorer.name(), "ecosystem": "ruby"});
    let exchanges =
        explorer.send_at_once("create_registry", None, &vec![Some(body); CLIENTS]).await?;
    let expected = "success, or a rejection: the name was taken at the same time";
    none_fails(explorer, &exchanges, Grade::Seed, "Create a registry", expected);
    let mut seen: BTreeMap<&str, String> = BTreeMap::new();
    for exchange in &exchanges {
        let Some((slug, id)) = created(exchange) else { continue };
        if *seen.entry(slug).or_insert_with(|| id.clone()) != id {
            let expected = "another slug, or a rejection: the name was taken at the same time";
            let wrong = Problem::new(
                Grade::Seed,
                "Get a registry, looked up by its slug",
                expected.into(),
                format!("{slug:?} again"),
            );
            explorer.find(exchange.clone(), wrong.at("/slug"));
        }
    }
    if let Some(first) = exchanges.first().filter(|_| seen.is_empty()) {
        let wrong = Problem::new(
            Grade::Seed,
            "Create a registry",
            format!("one of {CLIENTS} creates of the same name succeeds"),
            first.answer.outline(),
        );
        explorer.find(first.clone(), wrong);
    }
    for slug in seen.keys() {
        explorer.send("delete_registry", Some(slug), None).await?;
    }
    let is_incomplete = |it: &&Exchange| it.answer.is_success() && created(it).is_none();
    if let Some(incomplete) = exchanges.iter().find(is_incomplete) {
        let body = incomplete.answer.body_outline();
        return Err(NotJudged::Skip(format!("a create returned {body}, without a slug and an id")));
    }
    explorer.judged();
    Ok(())
}

/// The slug and the id of the registry that a response says was created.
fn created(exchange: &Exchange) -> Option<(&str, String)> {
    let body = exchange.answer.json.as_ref().filter(|_| exchange.answer.is_success())?;
    Some((body.get("slug")?.as_str()?, id_text(body.get("id")?)?))
}

/// Both succeed, or one is refused because of the other, and the registry is as one of them said.
async fn updates_of_one_registry(explorer: &mut Explorer<'_>) -> Result<(), NotJudged> {
    const CITE: &str = "Update a registry";
    let (slug, _) = explorer.create().await?;
    let writes = [
        json!({"description": DESCRIPTIONS[0], "color": "#111111"}),
        json!({"description": DESCRIPTIONS[1], "color": "#222222"}),
    ];
    let bodies = writes.clone().map(Some);
    let exchanges = explorer.send_at_once("update_registry", Some(&slug), &bodies).await?;
    let is_refusal = |status: u16| matches!(status, 409 | 412 | 422 | 423 | 428);
    let failed =
        |exchange: &&Exchange| !exchange.answer.is_success() && !is_refusal(exchange.answer.status);
    for exchange in exchanges.iter().filter(failed) {
        let expected = "success, or a rejection because of an update at the same time".to_owned();
        let received = exchange.answer.outline();
        explorer.find(exchange.clone(), Problem::new(Grade::Documented, CITE, expected, received));
    }
    let is_as_written = |after: &Exchange| {
        let value = |name: &str| after.answer.json.as_ref().and_then(|it| it.get(name));
        writes
            .iter()
            .any(|write| ["description", "color"].iter().all(|name| value(name) == write.get(name)))
    };
    let succeeded = exchanges.iter().any(|exchange| exchange.answer.is_success());
    let after = explorer.get(&slug, |after| !succeeded || is_as_written(after)).await?;
    if after.answer.is_success() && succeeded && !is_as_written(&after) {
        let value = |name: &str| after.answer.json.as_ref().and_then(|it| it.get(name)).cloned();
        let received = json!([value("description"), value("color")]).to_string();
        let expected = "description and color of one of two updates at the same time".to_owned();
        explorer.find(after.clone(), Problem::new(Grade::ClientObserved, CITE, expected, received));
    }
    let shown = match after.answer.json.as_ref().and_then(Value::as_object) {
        _ if !succeeded => Err(NotJudged::Skip("neither of two updates was carried out".into())),
        Some(_) if after.answer.is_success() => Ok(()),
        _ => {
            let outline = after.answer.outline();
            Err(NotJudged::Skip(format!("the registry that was updated is returned as {outline}")))
        }
    };
    explorer.send("delete_registry", Some(&slug), None).await?;
    shown?;
    explorer.judged();
    Ok(())
}

/// At least one of them succeeds, none fails for another reason than that it came too late, and the
/// registry is gone.
async fn deletes_of_one_registry(explorer: &mut Explorer<'_>) -> Result<(), NotJudged> {
    let (slug, _) = explorer.create().await?;
    let exchanges =
        explorer.send_at_once("delete_registry", Some(&slug), &[const { None }; CLIENTS]).await?;
    let cite = "Delete a registry, Success response";
    if let Some(first) =
        exchanges.first().filter(|_| !exchanges.iter().any(|exchange| exchange.answer.is_success()))
    {
        let expected = format!("one of {CLIENTS} deletes of the same registry succeeds");
        let received = first.answer.outline();
        explorer.find(first.clone(), Problem::new(Grade::Documented, cite, expected, received));
    }
    let expected = "success, or a rejection because it is gone";
    none_fails(explorer, &exchanges, Grade::Documented, cite, expected);
    let after = explorer.get(&slug, |after| !after.answer.is_success()).await?;
    if after.answer.is_success() {
        let wrong = Problem::new(
            Grade::Documented,
            "Delete a registry",
            "no registry: it is deleted".into(),
            after.answer.outline(),
        );
        explorer.find(after, wrong);
    } else if !(400..500).contains(&after.answer.status) {
        let outline = after.answer.outline();
        return Err(NotJudged::Skip(format!(
            "the request for the deleted registry returned {outline}"
        )));
    }
    explorer.judged();
    Ok(())
}

/// Who comes too late is refused; the deployment does not fail.
fn none_fails(
    explorer: &mut Explorer<'_>,
    exchanges: &[Exchange],
    grade: Grade,
    cite: &str,
    expected: &str,
) {
    for exchange in exchanges.iter().filter(|exchange| exchange.answer.status >= 500) {
        let received = exchange.answer.outline();
        explorer.find(exchange.clone(), Problem::new(grade, cite, expected.into(), received));
    }
}
