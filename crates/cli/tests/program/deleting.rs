//! Deleting one registry or several.

use serde_json::{Value, json};

use crate::support::{Place, answering, printed};

#[tokio::test(flavor = "multi_thread")]
async fn the_others_are_deleted_when_one_is_missing() {
    let place = Place::new().await;
    for name in ["A", "B", "C", "D"] {
        place.ok(&["create", name, "--ecosystem", "ruby"]).await;
    }
    let deleted = place.run(&["delete", "a", "none", "b", "a", "--yes"]).await;
    assert_eq!(deleted.status, 1, "{}", deleted.stderr);
    for said in [
        "deleted a\n",
        "failed: none\n",
        "deleted b\n",
        "error: 1 of 3 registries could not be deleted\n",
    ] {
        assert!(deleted.stderr.contains(said), "{said}: {}", deleted.stderr);
    }
    assert_eq!(place.server.registries().await.unwrap(), 2);
    // What makes no sense is so beside others.
    for slugs in [&[".."][..], &["..", "none"], &["none", ".."]] {
        let wrong = place.run(&[&["delete", "--yes"], slugs].concat()).await;
        assert_eq!(wrong.status, 2, "{slugs:?}: {}", wrong.stderr);
    }
    let schema: Value = serde_json::from_str(&place.ok(&["schema", "deletion"]).await).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let delete = ["delete", "c", "none", "--yes", "--output", "json", "--quiet"];
    let failed = place.run(&delete).await;
    assert_eq!(failed.status, 1);
    let outcomes: Value = serde_json::from_str(&failed.stdout).unwrap();
    assert_eq!(outcomes[0], json!({"slug": "c", "outcome": "deleted", "error": null}));
    assert_eq!(outcomes[1]["outcome"], "failed");
    assert!(outcomes[1]["error"].as_str().unwrap().contains("404"), "{outcomes}");
    let repeated = place.ok(&[&delete[..], &["--if-exists"]].concat()).await;
    let missing: Value = serde_json::from_str(&repeated).unwrap();
    assert_eq!(missing[1], json!({"slug": "none", "outcome": "missing", "error": null}));
    for outcome in outcomes.as_array().unwrap().iter().chain(missing.as_array().unwrap()) {
        assert!(validator.is_valid(outcome), "{outcome}");
    }
}

/// Nothing that is missing is the registry.
#[tokio::test(flavor = "multi_thread")]
async fn a_mistake_in_the_organization_is_no_missing_registry() {
    let place = Place::new().await;
    place.ok(&["create", "Gems", "--ecosystem", "ruby"]).await;
    let id = "0191df84-85e4-77aa-83ba-6579084728eb";
    for arguments in [
        &["delete", "gems", "--yes", "--if-exists", "--org", "typo"][..],
        &["token", "delete", "gems", id, "--yes", "--if-exists", "--org", "typo"],
        &["token", "delete", "typo", id, "--yes", "--if-exists"],
    ] {
        let failed = place.run(arguments).await;
        assert_eq!(failed.status, 1, "{arguments:?}: {}", failed.stderr);
    }
    let mut command = place.command(&["delete", "gems", "--yes", "--if-exists"]);
    let (url, _) = answering("404 Not Found\r\nContent-Type: text/html", "<h1>Not found</h1>");
    command.env("REGISTRIES_BASE_URL", url);
    let failed = printed(command, "").await;
    assert_eq!(failed.status, 1, "{}", failed.stderr);
    assert_eq!(place.server.registries().await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_more_is_tried_without_a_connection() {
    let place = Place::new().await;
    let mut command = place.command(&["delete", "a", "b", "--yes", "-o", "ndjson"]);
    let (url, _) = answering("503 Service Unavailable", "");
    command.env("REGISTRIES_BASE_URL", url);
    let failed = printed(command, "").await;
    assert_eq!(failed.status, 3, "{}", failed.stderr);
    assert!(failed.stderr.contains("b was not deleted\n"), "{}", failed.stderr);
    let said = "1 of 2 registries could not be deleted, 1 not begun\n";
    assert!(failed.stderr.contains(said), "{}", failed.stderr);
    assert!(
        failed.stdout.ends_with("\"outcome\":\"not_begun\",\"error\":null}\n"),
        "{}",
        failed.stdout
    );
}
