//! What an organization's teams ask of a create.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{Api, Database, on_every_database};
use crate::transcript::Transcript;

on_every_database! {
    with_teams_ids_are_required_and_looked_at,
}

async fn with_teams_ids_are_required_and_looked_at(database: Database) {
    let api = Api::start_on(&database).await;
    let organization = api.server.organization();
    let unknown = Uuid::now_v7();
    let body = |name: &str, team_ids: &Value| json!({"name": name, "ecosystem": "ruby", "team_ids": team_ids});
    let mut transcript = Transcript::of(&api);
    transcript.create(body("before there were teams", &json!([unknown]))).await;
    let one = api.server.create_team(organization, "one").await.unwrap();
    let other = api.server.create_team(organization, "other").await.unwrap();
    api.server.create_organization("elsewhere").await.unwrap();
    let elsewhere = api.server.create_team("elsewhere", "one").await.unwrap();
    assert!(api.server.create_team(organization, "one").await.is_err());

    transcript.create(json!({"name": "without", "ecosystem": "ruby"})).await;
    for wrong in [json!([]), json!([one, elsewhere]), json!([unknown])] {
        transcript.create(body("wrong", &wrong)).await;
    }
    // All errors are reported at once.
    transcript.create(json!({"ecosystem": "ruby", "color": "red"})).await;
    let created = transcript.create(body("right", &json!([other, one]))).await.body;
    assert_eq!(api.get(&api.registry("right")).await.body, created);
    let change = json!({"description": "made before there were teams"});
    transcript.send("PATCH", &api.registry("before-there-were-teams"), change).await;
    assert_eq!(api.server.registries().await.unwrap(), 2);
    insta::assert_snapshot!("teams", transcript);
}
