//! Two clients at the same time.

use serde_json::json;

use super::{Explorer, Wrong};
use crate::{exchange::Exchange, level::Grade, observed::Unmet};

/// How many clients race.
const CLIENTS: usize = 4;

pub(super) async fn explore(explorer: &mut Explorer<'_>) -> Result<(), Unmet> {
    // Only a valid create that succeeds makes anything of the ones that race.
    let slug = explorer.create().await?;
    explorer.send("delete_registry", Some(&slug), None).await?;
    creates_of_one_name(explorer).await?;
    deletes_of_one_registry(explorer).await
}

/// However many of them succeed, no two registries have one slug.
async fn creates_of_one_name(explorer: &mut Explorer<'_>) -> Result<(), Unmet> {
    let body = json!({"name": explorer.name(), "ecosystem": "ruby"});
    let exchanges = explorer.send_at_once("create_registry", None, Some(&body), CLIENTS).await?;
    let slug = |exchange: &Exchange| {
        let body = exchange.answer.json.as_ref().filter(|_| exchange.answer.is_success())?;
        body.get("slug")?.as_str().map(str::to_owned)
    };
    let mut seen: Vec<String> = Vec::new();
    for exchange in &exchanges {
        let Some(slug) = slug(exchange) else { continue };
        if seen.contains(&slug) {
            let expected = "another slug, or a refusal: the name was taken at the same time";
            let wrong = Wrong::new(
                Grade::Seed,
                "Get a registry, looked up by its slug",
                expected.into(),
                format!("{slug:?} again"),
            );
            explorer.find(exchange.clone(), wrong.at("/slug"));
        }
        seen.push(slug);
    }
    if let Some(first) = exchanges.first().filter(|_| seen.is_empty()) {
        let wrong = Wrong::new(
            Grade::Seed,
            "Create a registry",
            format!("one of {CLIENTS} creates of the same name succeeds"),
            first.answer.outline(),
        );
        explorer.find(first.clone(), wrong);
    }
    seen.dedup();
    for slug in seen {
        explorer.send("delete_registry", Some(&slug), None).await?;
    }
    Ok(())
}

/// At least one of them succeeds, none fails for another reason than that it came too late, and the
/// registry is gone.
async fn deletes_of_one_registry(explorer: &mut Explorer<'_>) -> Result<(), Unmet> {
    let slug = explorer.create().await?;
    let exchanges = explorer.send_at_once("delete_registry", Some(&slug), None, CLIENTS).await?;
    let cite = "Delete a registry, Success response";
    if let Some(first) =
        exchanges.first().filter(|_| !exchanges.iter().any(|exchange| exchange.answer.is_success()))
    {
        let expected = format!("one of {CLIENTS} deletes of the same registry succeeds");
        let received = first.answer.outline();
        explorer.find(first.clone(), Wrong::new(Grade::Documented, cite, expected, received));
    }
    for exchange in exchanges.iter().filter(|exchange| exchange.answer.status >= 500) {
        let expected = "success, or a refusal because it is gone".to_owned();
        let received = exchange.answer.outline();
        explorer.find(exchange.clone(), Wrong::new(Grade::Documented, cite, expected, received));
    }
    let after = explorer.send("get_registry", Some(&slug), None).await?;
    if after.answer.is_success() {
        let wrong = Wrong::new(
            Grade::Documented,
            "Delete a registry",
            "no registry: it is deleted".into(),
            after.answer.outline(),
        );
        explorer.find(after, wrong);
    }
    Ok(())
}
