//! Databases that an earlier version of the server made.

use serde_json::{Value, json};

use crate::harness::{Deployment, http_client, run, stderr, stdout};

const MIGRATED_BY_SQLX: &str = include_str!("migrated_by_sqlx.sql");
const TOKEN: &str = "bkua_158c92c2e9c5c9c04beab025c58b7a124460d4c95d3f0abf59533cf391c0bd75";

/// A deployment with the database that sqlx migrated.
fn made_by_sqlx() -> Deployment {
    let deployment = Deployment::new();
    let path = deployment.path().unwrap();
    std::fs::remove_file(&path).unwrap();
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.pragma_update(None, "journal_mode", "WAL").unwrap();
    connection.execute_batch(MIGRATED_BY_SQLX).unwrap();
    deployment
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_sqlx_migrated_is_brought_up_to_date_and_keeps_what_it_has() {
    let deployment = made_by_sqlx();
    assert_eq!(deployment.versions().await, ["1", "2"]);
    let server = deployment.serve(&[]);
    let request = http_client().get(server.registries()).bearer_auth(TOKEN);
    let list: Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!(list[0]["name"], "Kept");
    let create = http_client().post(server.registries()).bearer_auth(TOKEN);
    let create = create.json(&json!({"name": "new", "ecosystem": "ruby"}));
    assert_eq!(create.send().await.unwrap().status(), 200);
    assert_eq!(deployment.versions().await, Deployment::new().versions().await);
    let database = deployment.database();
    let team = run(&["team", "create", "--database", &database, "--org", "my-org", "new"]);
    assert!(team.status.success(), "{}", stderr(&team));
    let doctor = run(&["doctor", "--database", &database]);
    assert!(stdout(&doctor).contains("the database is up to date"), "{doctor:?}");
}

/// As sqlx refuses it: what was carried out may be something else than what this version knows.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_with_other_migrations_is_refused_and_left_as_it_is() {
    for (change, said) in [
        (
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
             VALUES (9999, 'from the future', TRUE, x'00', 0)",
            "a newer version of this server wrote",
        ),
        ("UPDATE _sqlx_migrations SET checksum = x'00' WHERE version = 2", "migration 2 differs"),
        (
            "UPDATE _sqlx_migrations SET success = FALSE WHERE version = 2",
            "migration 2 did not finish",
        ),
    ] {
        let deployment = made_by_sqlx();
        deployment.execute(change.to_owned()).await;
        let before = deployment.versions().await;
        let output = run(&["serve", "--database", &deployment.database()]);
        assert_eq!(output.status.code(), Some(3), "{output:?}");
        assert!(stderr(&output).contains(said), "{output:?}");
        assert_eq!(deployment.versions().await, before);
    }
}
