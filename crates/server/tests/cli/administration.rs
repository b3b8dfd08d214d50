//! Organizations and tokens from the command line.

use std::process::Output;

use serde_json::Value;

use crate::harness::{Deployment, command, http_client, run, stderr, stdout};

#[tokio::test(flavor = "multi_thread")]
async fn tokens_and_organizations_are_created_while_the_server_runs() {
    for deployment in [Some(Deployment::new()), Deployment::on_postgres()].into_iter().flatten() {
        tokens_and_organizations_are_created_in(&deployment).await;
    }
}

async fn tokens_and_organizations_are_created_in(deployment: &Deployment) {
    let server = deployment.serve(&[]);
    let token = deployment.token();
    let client = http_client();
    let list = client.get(server.registries()).bearer_auth(&token).send().await.unwrap();
    assert_eq!(list.status(), 200);

    let database = deployment.database();
    let created =
        run(&["org", "create", "--database", &database, "my_other_org", "--name", "Other"]);
    assert!(created.status.success(), "{created:?}");
    let output = run(&[
        "token",
        "create",
        "--database",
        &database,
        "--org",
        "my_other_org",
        "--scopes",
        "write_packages,read_registries",
        "--description",
        "For the dashboard",
        "--user",
        "algernon.m@example.org",
        "--expires-in",
        "7d",
    ]);
    let printed = stdout(&output);
    let secret = printed.trim_end();
    assert_eq!(printed, format!("{secret}\n"), "the secret and nothing else");
    assert!(secret.starts_with("bkua_") && secret.len() == 69, "{secret}");

    let url = format!("{}/access-token", server.base_url);
    let response = client.get(&url).bearer_auth(secret).send().await.unwrap();
    assert_eq!(response.status(), 200);
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["scopes"], serde_json::json!(["read_registries", "write_packages"]));
    assert_eq!(body["description"], "For the dashboard");
    assert_eq!(body["user"]["email"], "algernon.m@example.org");
    assert!(body["expires_at"].as_str().unwrap().ends_with(" UTC"));
    let other = format!("{}/packages/organizations/my_other_org/registries", server.base_url);
    assert_eq!(client.get(&other).bearer_auth(secret).send().await.unwrap().status(), 200);
    assert_eq!(client.get(&other).bearer_auth(&token).send().await.unwrap().status(), 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_can_be_for_several_organizations() {
    let deployment = Deployment::new();
    let (server, database) = (deployment.serve(&[]), deployment.database());
    for slug in ["other", "not-mine"] {
        assert!(run(&["org", "create", "--database", &database, slug]).status.success());
    }
    let create = ["token", "create", "--database", &database, "--scopes", "all", "--org", "other"];
    let output = run(&[&create[..], &["--org", "my-org"]].concat());
    let token = stdout(&output).trim_end().to_owned();
    let url = format!("{}/organizations", server.base_url);
    let response = http_client().get(url).bearer_auth(&token).send().await.unwrap();
    let body: Value = response.json().await.unwrap();
    assert_eq!((&body[0]["slug"], &body[1]["slug"]), (&"my-org".into(), &"other".into()));
    assert_eq!(body.as_array().unwrap().len(), 2);
    for org in ["my-org", "other"] {
        let list = run(&["token", "list", "--database", &database, "--org", org, "--json"]);
        let tokens: Value = serde_json::from_str(&stdout(&list)).unwrap();
        assert_eq!(tokens[0]["organizations"], serde_json::json!(["my-org", "other"]));
    }
    let output = run(&[&create[..], &["--org", "unknown"]].concat());
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(stderr(&output).contains("no organization \"unknown\""), "{output:?}");
}

#[test]
fn secrets_are_not_in_the_database() {
    let deployment = Deployment::new();
    let secret = deployment.token();
    let directory = deployment.path().unwrap();
    let directory = directory.parent().unwrap();
    let mut files = 0;
    for entry in std::fs::read_dir(directory).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        let secret = secret.strip_prefix("bkua_").unwrap().as_bytes();
        assert!(!bytes.windows(secret.len()).any(|window| window == secret));
        files += 1;
    }
    assert!(files > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_token_stops_working() {
    let deployment = Deployment::new();
    let (server, token) = (deployment.serve(&[]), deployment.token());
    let url = format!("{}/access-token", server.base_url);
    let get = async || http_client().get(&url).bearer_auth(&token).send().await.unwrap();
    let body: Value = get().await.json().await.unwrap();
    let (database, id) = (deployment.database(), body["uuid"].as_str().unwrap());
    let revoke = ["token", "revoke", "--database", &database, id];
    assert_eq!(stdout(&run(&revoke)), format!("revoked the access token {id}\n"));
    assert_eq!(get().await.status(), 401);
    let again = run(&revoke);
    assert_eq!(again.status.code(), Some(1), "{again:?}");
    assert!(stderr(&again).contains("or it was revoked already"), "{again:?}");
}

/// The statements that make a database one of an older version, or of a newer one.
const OTHER_VERSIONS: [(&str, &[&str]); 2] = [
    (
        "was written by an older version of this server",
        &[
            "DELETE FROM _sqlx_migrations WHERE version = (SELECT max(version) FROM _sqlx_migrations)",
        ],
    ),
    (
        "was written by a newer version of this server",
        &["INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
           VALUES (9999, 'from the future', TRUE, '', 0)"],
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn commands_that_only_read_change_no_database_of_another_version() {
    for (said, statements) in OTHER_VERSIONS {
        for deployment in [Some(Deployment::new()), Deployment::on_postgres()].into_iter().flatten()
        {
            deployment.token();
            for statement in statements {
                deployment.execute((*statement).to_owned()).await;
            }
            let before = deployment.versions().await;
            let database = deployment.database();
            for command in [
                &["org", "list"][..],
                &["user", "list"],
                &["team", "list", "--org", "my-org"],
                &["token", "list", "--org", "my-org", "--json"],
            ] {
                let output = run(&[command, &["--database", &database]].concat());
                assert_eq!(output.status.code(), Some(1), "{command:?}: {output:?}");
                assert!(stderr(&output).contains(said), "{command:?}: {output:?}");
            }
            let doctor = run(&["doctor", "--database", &database]);
            let told = said.replace("was written by", "").replace(" of this server", "");
            assert!(stdout(&doctor).contains(&told), "{doctor:?}");
            if deployment.path().is_some() {
                let copy = deployment.file("copy.db");
                run(&["backup", "--database", &database, copy.to_str().unwrap()]);
            }
            for (command, status) in
                [(&["config", "example"][..], 0), (&["policy", "check", "no-such-file"], 3)]
            {
                let output = command_with_database(command, &database);
                assert_eq!(output.status.code(), Some(status), "{command:?}: {output:?}");
            }
            assert_eq!(deployment.versions().await, before, "{said}");
        }
    }
}

/// Addresses that earlier versions gave to users, and clients refuse.
#[tokio::test(flavor = "multi_thread")]
async fn users_with_addresses_of_an_earlier_version_get_valid_ones() {
    for deployment in [Some(Deployment::new()), Deployment::on_postgres()].into_iter().flatten() {
        let token = deployment.token();
        let database = deployment.database();
        for email in ["both@users.invalid", "both@users.example.org", "jo@users.invalid.org"] {
            assert!(run(&["user", "create", email, "--database", &database]).status.success());
        }
        for statement in [
            "UPDATE users SET email = 'my-org@users.invalid' WHERE email = 'my-org@users.example.org'",
            OTHER_VERSIONS[0].1[0],
        ] {
            deployment.execute(statement.to_owned()).await;
        }
        let server = deployment.serve(&[]);
        let list = stdout(&run(&["user", "list", "--json", "--database", &database]));
        let users: Vec<Value> = serde_json::from_str(&list).unwrap();
        let emails: Vec<_> = users.iter().map(|user| user["email"].as_str().unwrap()).collect();
        // One that would be taken for another user stays.
        let expected = [
            "both@users.example.org",
            "both@users.invalid",
            "jo@users.invalid.org",
            "my-org@users.example.org",
        ];
        assert_eq!(emails, expected);
        let answer = http_client().get(server.registries()).bearer_auth(&token).send().await;
        assert_eq!(answer.unwrap().status(), 200, "its token works as before");
    }
}

/// Runs a command that has nothing to do with a database where one is named for all.
fn command_with_database(arguments: &[&str], database: &str) -> Output {
    let mut command = command(arguments);
    command.env("REGISTRIES_SERVER_DATABASE", database).output().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_administered_is_listed() {
    for deployment in [Some(Deployment::new()), Deployment::on_postgres()].into_iter().flatten() {
        let database = deployment.database();
        let admin = |arguments: &[&str]| {
            let output = run(&[arguments, &["--database", &database]].concat());
            assert!(output.status.success(), "{output:?}");
            stdout(&output)
        };
        let list = |arguments: &[&str]| -> Vec<Value> {
            serde_json::from_str(&admin(&[arguments, &["--json"]].concat())).unwrap()
        };
        assert_eq!(admin(&["team", "list", "--org", "my-org"]), "ID  NAME  CREATED AT\n");
        let id = admin(&["team", "create", "--org", "my-org", "Platform"]);
        let [team] = &list(&["team", "list", "--org", "my-org"])[..] else { panic!("one team") };
        assert_eq!((&team["name"], team["id"].as_str()), (&"Platform".into(), Some(id.trim_end())));

        admin(&["user", "create", "jo@example.org", "--name", "Jo"]);
        let secret = deployment.token();
        let users = list(&["user", "list"]);
        let emails: Vec<_> = users.iter().map(|user| user["email"].as_str().unwrap()).collect();
        assert_eq!(emails, ["jo@example.org", "my-org@users.example.org"]);
        assert_eq!(users[0]["name"], "Jo");

        assert_eq!(list(&["org", "list"])[0]["slug"], "my-org");
        let tokens = list(&["token", "list", "--org", "my-org"]);
        let id = tokens[0]["id"].as_str().unwrap();
        assert_eq!((tokens.len(), &tokens[0]["revoked_at"]), (1, &Value::Null));
        admin(&["token", "revoke", id]);
        let table = admin(&["token", "list", "--org", "my-org"]);
        assert!(table.contains(id) && table.contains("REVOKED AT"), "{table}");
        assert_eq!(table.lines().count(), 2, "{table}");
        assert!(!table.contains(&secret));
        assert!(list(&["token", "list", "--org", "my-org"])[0]["revoked_at"].is_string());

        for wrong in [
            &["team", "create", "--org", "my-org", "Platform", "--database", &database][..],
            &["user", "create", "jo@example.org", "--database", &database],
            &["token", "list", "--org", "unknown", "--database", &database],
        ] {
            let refused = run(wrong);
            assert_eq!(refused.status.code(), Some(1), "{refused:?}");
            assert!(stderr(&refused).starts_with("error: "), "{refused:?}");
        }
    }
}
