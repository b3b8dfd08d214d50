//! Where an organization has teams: a registry is created for some of them, and stays theirs.

use serde_json::{Value, json};

use super::{Explorer, Wrong, invalid::remove_created};
use crate::{exchange::shown, level::Grade, observed::Unmet, steps::Draft};

pub(super) async fn explore(explorer: &mut Explorer<'_>) -> Result<(), Unmet> {
    explorer.tried = (0, 2);
    // Nothing is sent unless there is one.
    let teams = json!([explorer.runner.observed().team()?]);
    // The same operation with the same token succeeds: no refusal is a matter of access.
    let (slug, _) = explorer.create().await?;
    if tells(explorer, &slug, &teams, Grade::Documented, TOLD).await? {
        // An update that says something of teams may be refused or not: they are what they were.
        let body = json!({"team_ids": []});
        explorer.send("update_registry", Some(&slug), Some(&body)).await?;
        tells(explorer, &slug, &teams, Grade::ClientObserved, KEPT).await?;
    }
    explorer.send("delete_registry", Some(&slug), None).await?;
    explorer.tried.0 += 1;
    creates_without_team(explorer).await?;
    explorer.tried.0 += 1;
    Ok(())
}

const TOLD: &str = "Create a registry, response example";
const KEPT: &str = "Terraform provider, team_ids";

async fn creates_without_team(explorer: &mut Explorer<'_>) -> Result<(), Unmet> {
    const CITE: &str = "Create a registry, Optional request body properties, team_ids";
    let body = json!({"name": explorer.name(), "ecosystem": "ruby"}).to_string();
    let draft = Draft { body: Some(body), names_no_team: true, ..Draft::default() };
    let exchange = explorer.send_to("create_registry", draft).await?;
    if exchange.answer.refuses_what_is_asked() {
        return Ok(());
    }
    let expected = "a refusal (422): the organization has teams, and none is named".to_owned();
    let wrong = Wrong::new(Grade::Documented, CITE, expected, exchange.answer.outline());
    explorer.find(exchange.clone(), wrong);
    remove_created(explorer, "create_registry", &exchange).await
}

/// Whether a registry is told to be of these teams.
async fn tells(
    explorer: &mut Explorer<'_>,
    slug: &str,
    teams: &Value,
    grade: Grade,
    cite: &str,
) -> Result<bool, Unmet> {
    let exchange = explorer.send("get_registry", Some(slug), None).await?;
    let registry = exchange.answer.json.as_ref().filter(|_| exchange.answer.is_success());
    let told = registry.and_then(|registry| registry.get("team_ids"));
    let is_told = told == Some(teams);
    if !is_told {
        let received = shown(told);
        let wrong = Wrong::new(grade, cite, teams.to_string(), received).at("/team_ids");
        explorer.find(exchange, wrong);
    }
    Ok(is_told)
}
