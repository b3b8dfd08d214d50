//! The tokens of a registry.

use serde_json::Value;

use crate::support::Place;

#[tokio::test(flavor = "multi_thread")]
async fn a_token_from_its_creation_to_its_end() {
    let place = Place::new().await;
    place.ok(&["create", "Gems", "--ecosystem", "ruby"]).await;
    let created = place.run(&["token", "create", "gems", "--description", "CI"]).await;
    assert_eq!(created.status, 0, "{}", created.stderr);
    let secret = created.stdout.trim();
    assert!(secret.starts_with("bkrt_") && !secret.contains('\n'), "{secret}");
    assert!(created.stderr.starts_with("created the token "), "{}", created.stderr);
    assert!(!created.stderr.contains(secret));

    let listed = place.ok(&["token", "list", "gems", "-o", "json"]).await;
    assert!(!listed.contains(secret));
    let listed: Value = serde_json::from_str(&listed).unwrap();
    let id = listed[0]["id"].as_str().unwrap();
    assert_eq!(listed[0]["description"], "CI");
    assert!(listed[0].get("token").is_none());

    place.ok(&["token", "update", "gems", id, "--description", "CI of all"]).await;
    let got = place.ok(&["token", "get", "gems", id, "-o", "json"]).await;
    assert_eq!(serde_json::from_str::<Value>(&got).unwrap()["description"], "CI of all");

    place.ok(&["token", "delete", "gems", id, "--yes"]).await;
    assert_eq!(place.run(&["token", "get", "gems", id]).await.status, 1);
    assert_eq!(place.run(&["token", "delete", "gems", id, "--yes"]).await.status, 1);
    place.ok(&["token", "delete", "gems", id, "--yes", "--if-exists"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_gets_the_secret_with_the_rest() {
    let place = Place::new().await;
    place.ok(&["create", "Gems", "--ecosystem", "ruby"]).await;
    let create = ["token", "create", "gems", "--description", "CI", "-o", "ndjson"];
    let created: Value = serde_json::from_str(&place.ok(&create).await).unwrap();
    assert!(created["token"].as_str().unwrap().starts_with("bkrt_"));
    assert_eq!(created["description"], "CI");
}
