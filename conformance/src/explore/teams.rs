//! Where an organization has teams: a registry is created for some of them, returns them, and stays
//! theirs.

use serde_json::{Value, json};

use super::Explorer;
use crate::{
    contract::Problem,
    exchange::{Exchange, shown},
    level::Grade,
    observed::NotJudged,
    steps::Draft,
};

pub(super) async fn explore(explorer: &mut Explorer<'_>) -> Result<(), NotJudged> {
    explorer.tried = (0, 2);
    // Nothing is sent unless there is one.
    let team = explorer.runner.observed().team()?.to_owned();
    returned_and_unchanged(explorer, &team).await?;
    explorer.tried.0 += 1;
    required(explorer).await?;
    explorer.tried.0 += 1;
    Ok(())
}

/// The response to a create has the team, perhaps with others, and an update leaves them.
async fn returned_and_unchanged(explorer: &mut Explorer<'_>, team: &str) -> Result<(), NotJudged> {
    const RETURNED: &str = "Create a registry, response example";
    const UNCHANGED: &str = "Terraform provider, team_ids";
    let (slug, created) = explorer.create_exchange().await?;
    let is_it = |id: &Value| id.as_str().is_some_and(|id| id.eq_ignore_ascii_case(team));
    let has_it = |ids: &Value| ids.as_array().is_some_and(|ids| ids.iter().any(is_it));
    let before = teams(&created).cloned();
    explorer.judged();
    if before.as_ref().is_some_and(has_it) {
        // It may be refused or not.
        let body = json!({"team_ids": []});
        explorer.send("update_registry", Some(&slug), Some(&body)).await?;
        let is_unchanged =
            |got: &Exchange| got.answer.is_success() && teams(got).is_none_or(has_it);
        let got = explorer.get(&slug, is_unchanged).await?;
        let expected = format!("a list with {team}, whatever an update says of teams");
        let wrong = |received| Problem::new(Grade::ClientObserved, UNCHANGED, expected, received);
        match teams(&got) {
            _ if !got.answer.is_success() => {
                let wrong = wrong(got.answer.outline());
                explorer.find(got, wrong);
            }
            // Whether that response has it is not documented.
            None => explorer.leaves_open("registry.update.team-ids"),
            // Others may have access by now, in any order.
            Some(after) if !has_it(after) => {
                let wrong = wrong(after.to_string()).at("/team_ids");
                explorer.find(got, wrong);
            }
            Some(_) => {}
        }
    } else {
        let expected = format!("a list with {team}, for which the registry was created");
        let wrong = Problem::new(Grade::Documented, RETURNED, expected, shown(before.as_ref()));
        explorer.find(created, wrong.at("/team_ids"));
    }
    explorer.send("delete_registry", Some(&slug), None).await.map(drop)
}

fn teams(exchange: &Exchange) -> Option<&Value> {
    exchange.answer.json.as_ref()?.get("team_ids")
}

/// Without a team nothing is created. A status of access is as good a refusal as another one: a
/// user who may create for a team need not be allowed to create without one.
async fn required(explorer: &mut Explorer<'_>) -> Result<(), NotJudged> {
    const CITE: &str = "Create a registry, Optional request body properties, team_ids";
    let body = json!({"name": explorer.name(), "ecosystem": "ruby"}).to_string();
    let draft = Draft { body: Some(body), names_no_team: true, ..Draft::default() };
    let exchange = explorer.send_to("create_registry", draft).await?;
    if (400..500).contains(&exchange.answer.status) {
        return Ok(());
    }
    let expected =
        "a rejection (422): the organization has teams, since --team names one, and the body none";
    let received = exchange.answer.outline();
    let wrong = Problem::new(Grade::Documented, CITE, expected.to_owned(), received);
    explorer.find(exchange.clone(), wrong);
    explorer.remove_created(&exchange).await
}
