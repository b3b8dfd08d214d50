//! Organizations and tokens from the command line.

use std::process::Output;

use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use crate::harness::{Deployment, command, http_client, run, shell, stderr, stdout};

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
    assert!(stderr(&output).contains("unknown organization \"unknown\""), "{output:?}");
}

/// Runs the command with standard output without a reader: closed, a pipe without a reader, or full.
fn unread(arguments: &[&str]) -> Vec<(Output, &'static str)> {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut outputs = vec![
        (shell(r#""$0" "$@" >&-"#, arguments).output().unwrap(), "it is closed"),
        (command(arguments).stdout(writer).output().unwrap(), "the reader has closed it"),
    ];
    if cfg!(target_os = "linux") {
        let full = shell(r#""$0" "$@" >/dev/full"#, arguments).output().unwrap();
        outputs.push((full, "the disk is full"));
    }
    outputs
}

#[test]
fn a_token_whose_secret_was_not_printed_is_revoked() {
    for deployment in [Some(Deployment::new()), Deployment::on_postgres()].into_iter().flatten() {
        let database = deployment.database();
        let of = ["--database", &database, "--org", "my-org"];
        for (output, why) in unread(&[&["token", "create", "--scopes", "all"], &of[..]].concat()) {
            let list = run(&[&["token", "list", "--json"], &of[..]].concat());
            let tokens: Vec<Value> = serde_json::from_str(&stdout(&list)).unwrap();
            assert!(tokens.iter().all(|token| token["revoked_at"].is_string()), "{tokens:?}");
            let message = stderr(&output);
            let id = tokens
                .iter()
                .find_map(|token| token["id"].as_str().filter(|id| message.contains(*id)));
            let expected = format!(
                "error: cannot write to standard output: {why}; the token {} was revoked\n",
                id.unwrap_or_default()
            );
            assert_eq!((output.status.code(), message), (Some(3), expected));
        }
    }
    for (output, why) in unread(&["dev", "--listen", "127.0.0.1:0"]) {
        let expected = format!("error: cannot write to standard output: {why}\n");
        assert_eq!((output.status.code(), stderr(&output)), (Some(3), expected));
    }
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
        "an older version of this server wrote the database",
        &[
            "DELETE FROM _sqlx_migrations WHERE version = (SELECT max(version) FROM _sqlx_migrations)",
        ],
    ),
    (
        "a newer version of this server wrote the database",
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
                assert_eq!(output.status.code(), Some(3), "{command:?}: {output:?}");
                assert!(stderr(&output).contains(said), "{command:?}: {output:?}");
            }
            let doctor = run(&["doctor", "--database", &database]);
            assert!(stdout(&doctor).contains(said), "{doctor:?}");
            if deployment.path().is_some() {
                let copy = deployment.file("copy.db");
                run(&["backup", "--database", &database, copy.to_str().unwrap()]);
            }
            for (command, status) in
                [(&["config", "example"][..], 0), (&["policy", "check", "no-such-file"], 2)]
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
        // One that could be confused with another user stays.
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

#[tokio::test(flavor = "multi_thread")]
async fn what_is_deleted_is_gone_with_what_belongs_to_it() {
    for deployment in [Some(Deployment::new()), Deployment::on_postgres()].into_iter().flatten() {
        let (server, database) = (deployment.serve(&[]), deployment.database());
        let admin = |arguments: &[&str]| {
            let output = run(&[arguments, &["--database", &database]].concat());
            (output.status.code(), stdout(&output) + &stderr(&output))
        };
        let token = deployment.token();
        admin(&["org", "create", "other"]);
        let shared = ["token", "create", "--scopes", "all", "--org", "other", "--org", "my-org"];
        let (_, shared) = admin(&[&shared[..], &["--user", "jo@example.org"]].concat());
        let request = |method: Method, path: &str, token: &str| {
            let url = format!("{}{path}", server.base_url);
            http_client().request(method, url).bearer_auth(token.trim_end())
        };
        let status =
            async |request: RequestBuilder| request.send().await.unwrap().status().as_u16();
        let registries = "/packages/organizations/my-org/registries";
        let create = request(Method::POST, registries, &shared);
        let body = serde_json::json!({"name": "a", "ecosystem": "ruby"});
        assert_eq!(status(create.json(&body)).await, 200);
        let tokens = format!("{registries}/a/tokens");
        let create = request(Method::POST, &tokens, &shared);
        let body = serde_json::json!({"description": "of jo"});
        assert_eq!(status(create.json(&body)).await, 200);
        admin(&["team", "create", "--org", "my-org", "Platform"]);

        let refused = "error: the user jo@example.org created registry tokens that still exist; \
                       nothing was deleted; delete them with the API first\n";
        let delete = ["user", "delete", "jo@example.org", "--yes"];
        assert_eq!(admin(&delete), (Some(1), refused.to_owned()));
        for (arguments, message) in [
            (&["team", "delete", "--org", "my-org", "Platform", "--yes"][..], "the team Platform"),
            (&["org", "delete", "my-org", "--yes"], "the organization my-org"),
        ] {
            assert_eq!(admin(arguments), (Some(0), format!("deleted {message}\n")));
        }
        let list = request(Method::GET, registries, &shared);
        assert_eq!(status(list).await, 404, "it is still good for the other organization");
        assert_eq!(status(request(Method::GET, "/access-token", &token)).await, 401);
        assert_eq!(admin(&delete), (Some(0), "deleted the user jo@example.org\n".to_owned()));
        assert_eq!(status(request(Method::GET, "/access-token", &shared)).await, 401);
        assert!(admin(&["org", "list"]).1.lines().skip(1).all(|line| line.starts_with("other ")));
        crate::rows::assert_no_orphans(&deployment).await;
    }
}

/// `script` gives a command a terminal.
#[cfg(target_os = "linux")]
#[test]
fn on_a_terminal_it_is_asked_before_anything_is_deleted() {
    use std::io::Write;
    use std::process::{Command, Stdio};

    let deployment = Deployment::new();
    deployment.token();
    let database = deployment.database();
    let delete = format!("{} org delete my-org --database {database}", crate::harness::SERVER);
    for (typed, status, message) in [
        ("n\n", 1, "nothing was deleted"),
        ("\n", 1, "nothing was deleted"),
        ("yes\n", 0, "deleted the organization my-org"),
    ] {
        let mut command = Command::new("script");
        command.args(["--quiet", "--return", "--command", &delete, "/dev/null"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(typed.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let text = stdout(&output);
        let asked = "Delete the organization my-org with 0 registries, 1 access token and 0 teams? \
                     [y/N]";
        assert!(text.contains(asked) && text.contains(message), "{typed:?}: {text}");
        assert_eq!(output.status.code(), Some(status), "{typed:?}: {text}");
    }
}
