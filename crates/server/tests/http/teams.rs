//! What an organization's teams ask of a create.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{Api, Database, on_every_database};

on_every_database! {
    without_teams_ids_are_taken_as_they_are,
    with_teams_ids_are_required_and_looked_at,
    everything_that_is_wrong_is_told_at_once,
}

fn body(name: &str, team_ids: &Value) -> Value {
    json!({"name": name, "ecosystem": "ruby", "team_ids": team_ids})
}

async fn without_teams_ids_are_taken_as_they_are(database: Database) {
    let api = Api::start_on(&database).await;
    let unknown = Uuid::now_v7();
    let created = api.create_with(body("alpha", &json!([unknown]))).await;
    assert_eq!(created["team_ids"], json!([unknown]));
    assert!(api.create("beta").await.get("team_ids").is_none());
}

async fn with_teams_ids_are_required_and_looked_at(database: Database) {
    let api = Api::start_on(&database).await;
    let organization = api.server.organization();
    api.create("before").await;
    let one = api.server.create_team(organization, "one").await.unwrap();
    let other = api.server.create_team(organization, "other").await.unwrap();
    api.server.create_organization("elsewhere").await.unwrap();
    let elsewhere = api.server.create_team("elsewhere", "one").await.unwrap();
    assert!(api.server.create_team(organization, "one").await.is_err());

    let missing =
        api.send("POST", &api.registries(), json!({"name": "alpha", "ecosystem": "ruby"})).await;
    assert_eq!(missing.status, 422);
    assert_eq!(missing.body["errors"][0]["field"], "team_ids");
    assert_eq!(missing.body["errors"][0]["code"], "missing");
    for wrong in [json!([]), json!([one, elsewhere]), json!([Uuid::now_v7()])] {
        let answer = api.send("POST", &api.registries(), body("alpha", &wrong)).await;
        assert_eq!(answer.status, 422, "{wrong}");
        assert_eq!(answer.body["errors"][0]["code"], "invalid", "{wrong}");
    }
    let created = api.create_with(body("alpha", &json!([other, one]))).await;
    assert_eq!(created["team_ids"], json!([other, one]));
    assert_eq!(api.get(&api.registry("alpha")).await.body["team_ids"], json!([other, one]));
    let renamed = json!({"description": "made before there were teams"});
    assert_eq!(api.send("PATCH", &api.registry("before"), renamed).await.status, 200);
    assert_eq!(api.get(&api.registries()).await.body.as_array().unwrap().len(), 2);
}

async fn everything_that_is_wrong_is_told_at_once(database: Database) {
    let api = Api::start_on(&database).await;
    api.server.create_team(api.server.organization(), "one").await.unwrap();
    let wrong = json!({"ecosystem": "ruby", "color": "red"});
    let answer = api.send("POST", &api.registries(), wrong).await;
    let errors = answer.body["errors"].as_array().unwrap();
    let fields: Vec<_> = errors.iter().map(|error| error["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["name", "color", "team_ids"]);
}
