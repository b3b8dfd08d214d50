//! Registries: created, changed, renamed and deleted.

use serde_json::{Value, json};

use crate::support::Place;

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_from_its_creation_to_its_end() {
    let place = Place::new().await;
    let policy = place.write(
        "policy.yaml",
        "- iss: https://agent.buildkite.com\n  scopes: [read_packages]\n  claims:\n    \
         organization_slug: example-org\n",
    );
    let created = place
        .ok(&[
            "create",
            "My Gems",
            "--ecosystem",
            "ruby",
            "--description",
            "gems",
            "--emoji",
            ":gem:",
            "--registry-color",
            "#f0ccff",
            "--policy",
            &policy,
            "-o",
            "json",
        ])
        .await;
    let created = json(&created);
    assert_eq!(created["slug"], "my-gems");
    assert_eq!(created["color"], "#f0ccff");
    assert!(created["oidc_policy"].to_string().contains("example-org"), "{created}");
    assert_eq!(created, json(&place.ok(&["get", "my-gems", "-o", "json"]).await));

    let update = ["update", "my-gems", "--description", "all gems", "--clear", "emoji,policy"];
    place.ok(&update).await;
    let updated = json(&place.ok(&["get", "my-gems", "-o", "json"]).await);
    assert_eq!(updated["description"], "all gems");
    assert_eq!(updated["color"], "#f0ccff");
    assert_eq!((&updated["emoji"], &updated["oidc_policy"]), (&json!(null), &json!(null)));

    let renamed = place.run(&["rename", "my-gems", "Our Gems", "-o", "json"]).await;
    assert_eq!(renamed.stderr, "renamed my-gems to our-gems\n");
    assert_eq!(json(&renamed.stdout)["slug"], "our-gems");

    let listed = json(&place.ok(&["list", "-o", "json"]).await);
    assert_eq!(listed, json!([json(&renamed.stdout)]));

    let deleted = place.run(&["delete", "our-gems", "--yes"]).await;
    assert_eq!((deleted.status, deleted.stdout.as_str()), (0, ""));
    assert_eq!(deleted.stderr, "deleted our-gems\n");
    assert_eq!(place.server.registries().await.unwrap(), 0);
    let again = place.run(&["delete", "our-gems", "--yes"]).await;
    assert_eq!(again.status, 1, "{}", again.stderr);
    let again = place.run(&["delete", "our-gems", "--yes", "--if-exists"]).await;
    assert_eq!((again.status, again.stderr.as_str()), (0, "there is no our-gems\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_may_come_from_standard_input() {
    let place = Place::new().await;
    let create = ["create", "a", "-e", "ruby", "--policy", "-", "-o", "json"];
    let policy = "[{\"iss\": \"https://agent.buildkite.com\", \"claims\": {\"a\": \"b\"}}]";
    let created = crate::support::printed(place.command(&create), policy).await;
    assert_eq!(created.status, 0, "{}", created.stderr);
    assert!(created.stdout.contains("agent.buildkite.com"), "{}", created.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn organizations_and_the_token_are_shown() {
    let place = Place::new().await;
    let organizations = json(&place.ok(&["org", "list", "-o", "json"]).await);
    assert_eq!(organizations[0]["slug"], "example-org");
    let organization = json(&place.ok(&["org", "get", "-o", "json"]).await);
    assert_eq!(organizations[0], organization);
    let limits = json(&place.ok(&["org", "limits", "-o", "json"]).await);
    assert_eq!(limits[0]["api"], "rest");
    let status = json(&place.ok(&["auth", "status", "-o", "json"]).await);
    assert_eq!(status["source"], "the variable REGISTRIES_TOKEN");
    assert_eq!(status["scopes"].as_array().unwrap().len(), 9);
    let file = place.write("token", &place.token);
    let mut command = place.command(&["auth", "status", "--token-file", &file]);
    command.env_remove("REGISTRIES_TOKEN");
    let status = crate::support::printed(command, "").await;
    assert!(status.stdout.contains(&format!("the file {file}")), "{}", status.stdout);
    assert!(!status.stdout.contains(&place.token));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_token_is_of_no_more_use() {
    let place = Place::new().await;
    place.ok(&["auth", "revoke", "--yes"]).await;
    let after = place.run(&["auth", "status"]).await;
    assert_eq!(after.status, 1, "{}", after.stderr);
}
