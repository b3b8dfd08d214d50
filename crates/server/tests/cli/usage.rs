//! Wrong usage and failures: exit statuses, and sentences that help.

use crate::harness::{Deployment, command, run, stderr, stdout};

#[test]
fn wrong_usage_exits_with_2_and_says_what_is_right() {
    for (arguments, fragment) in [
        (&[][..], "Usage:"),
        (&["sevre"], "serve"),
        (&["serve", "--listen", "8080"], "--listen"),
        (&["serve", "--listen", "localhost"], "--listen"),
        (&["serve", "--database", "registries.db"], "sqlite://registries.db"),
        (&["serve", "--database", "mysql://localhost/a"], "begins with sqlite:// or postgres://"),
        (&["serve", "--database", "postgres://localhost/a?sslmod=require"], "\"sslmod\" is not"),
        (&["serve", "--public-url", "example.org"], "http://"),
        (&["serve", "--public-url", "https://example.org/a/v2/"], "give https://example.org/a\n"),
        (&["serve", "--rate-limit-user", "0"], "at least 1"),
        (&["serve", "--rate-limit-org", "none"], "`off`"),
        (&["serve", "--unknown"], "--unknown"),
        (&["org", "create"], "SLUG"),
        (&["org", "create", "My Org"], "lower-case letters"),
        (&["org", "create", "odd--org_"], "joined by single `-` or `_`"),
        (&["token", "create", "--org", "a"], "--scopes"),
        (&["token", "create", "--scopes", "all"], "--org"),
        (&["token", "create", "--org", "a", "--scopes", "admin"], "read_registries"),
        (&["token", "create", "--org", "a", "--scopes", "all", "--expires-in", "soon"], "30d"),
        (&["token", "create", "--org", "a", "--scopes", "all", "--user", "me"], "name@host"),
    ] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {output:?}");
        assert!(stderr(&output).contains(fragment), "{arguments:?}: {}", stderr(&output));
        assert_eq!(stdout(&output), "", "{arguments:?}");
    }
}

#[test]
fn failures_exit_with_1_and_a_sentence() {
    let deployment = Deployment::new();
    let database = deployment.database();
    let directory = tempfile::tempdir().unwrap();
    let missing = format!("sqlite://{}/missing.db", directory.path().display());
    let unreachable = format!("sqlite://{}/no/such/a.db", directory.path().display());
    let folder = format!("sqlite://{}", directory.path().display());
    let text = directory.path().join("text.db");
    std::fs::write(&text, "this is a text and no database at all, as anybody can see").unwrap();
    let text = format!("sqlite://{}", text.display());
    let holder = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let used = holder.local_addr().unwrap().to_string();
    let token = ["token", "create", "--scopes", "all", "--org"];
    let refused = "postgres://127.0.0.1:1/a";
    for (arguments, fragment) in [
        (vec!["serve", "--database", refused], "cannot open the database at 127.0.0.1:1/a"),
        (vec!["org", "create", "--database", &database, "my-org"], "already"),
        ([&token[..], &["other", "--database", &database]].concat(), "no organization \"other\""),
        ([&token[..], &["my-org", "--database", &missing]].concat(), "no database at"),
        (vec!["serve", "--database", &unreachable], "there is no such folder"),
        (vec!["serve", "--database", &folder], "that is a folder"),
        (vec!["serve", "--database", &text], "text.db: it is not an SQLite database\n"),
        (vec!["serve", "--database", &database, "--listen", &used], "cannot listen on"),
    ] {
        let output = run(&arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {output:?}");
        let message = stderr(&output);
        assert!(message.starts_with("error: ") && message.contains(fragment), "{message}");
        assert_eq!(message.lines().count(), 1, "{message}");
        assert_eq!(stdout(&output), "", "{arguments:?}");
    }
    drop(holder);
}

#[test]
fn help_shows_examples() {
    for arguments in [
        &["--help"][..],
        &["serve", "--help"],
        &["dev", "--help"],
        &["config", "--help"],
        &["backup", "--help"],
        &["restore", "--help"],
        &["doctor", "--help"],
        &["org", "create", "--help"],
        &["token", "create", "--help"],
    ] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        let text = stdout(&output);
        assert!(text.contains("Usage:"), "{text}");
        assert!(["dev", "config"].contains(&arguments[0]) || text.contains("Example"), "{text}");
    }
}

#[test]
fn the_password_of_a_database_is_not_shown() {
    for (url, arguments) in [
        ("postgres://somebody:hidden@127.0.0.1:port/a", &["serve"][..]),
        ("postgres://somebody@127.0.0.1/a?passwd=hidden", &["serve"]),
        ("mysql://somebody:hidden@127.0.0.1/a", &["serve"]),
        ("postgres://somebody:hidden@127.0.0.1:1/a", &["serve"]),
        ("postgres://somebody:hidden@127.0.0.1:1/a", &["serve", "--help"]),
    ] {
        let mut command = command(arguments);
        command.env("REGISTRIES_SERVER_DATABASE", url).env("REGISTRIES_SERVER_LOG", "trace");
        let output = command.output().unwrap();
        let shown = stdout(&output) + &stderr(&output);
        assert!(!shown.contains("hidden"), "{url}: {shown}");
        assert!(!shown.is_empty());
    }
}

#[test]
fn options_come_from_the_environment_too() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.db");
    let output = command(&["org", "create", "my-org"])
        .env("REGISTRIES_SERVER_DATABASE", format!("sqlite://{}", path.display()))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(path.exists());
    for variable in ["LISTEN", "PUBLIC_URL", "DATABASE", "RATE_LIMIT_USER", "LOG"] {
        let variable = format!("REGISTRIES_SERVER_{variable}");
        let output = command(&["serve"]).env(&variable, "no=where=").output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{variable}");
        let message = stderr(&output);
        assert!(message.contains(&format!("The value is that of {variable}.")), "{message}");
    }
    let output = command(&["serve", "--listen", "nowhere"])
        .env("REGISTRIES_SERVER_LISTEN", "127.0.0.1:0")
        .output()
        .unwrap();
    assert!(!stderr(&output).contains("REGISTRIES_SERVER_LISTEN."), "{output:?}");
}

/// Whether a text holds nothing but what shows itself, in lines.
fn is_harmless(text: &str) -> bool {
    let directions = '\u{202a}'..='\u{202e}';
    text.chars().all(|c| c == '\n' || !(c.is_control() || directions.contains(&c)))
}

#[test]
fn what_was_supplied_does_nothing_to_a_terminal() {
    const HOSTILE: &str = "a\u{1b}[31m\u{9b}1m\u{7f}\r\n\t\u{202e}\u{2028}b";
    const SHOWN: &str = "a\\u001b[31m\\u009b1m\\u007f\\u000d\\u000a\\u0009\\u202e\\u2028b";
    let deployment = Deployment::new();
    let database = deployment.database();
    let admin = |arguments: &[&str]| {
        let output = run(&[arguments, &["--database", &database]].concat());
        let (out, err) = (stdout(&output), stderr(&output));
        assert!(is_harmless(&out) && is_harmless(&err), "{arguments:?}: {out:?} {err:?}");
        (output.status.code(), out + &err)
    };
    for (create, list, count) in [
        (&["org", "create", "other", "--name", HOSTILE][..], &["org", "list"][..], 2),
        (&["user", "create", "a@b", "--name", HOSTILE], &["user", "list"], 1),
        (&["team", "create", "--org", "my-org", HOSTILE], &["team", "list", "--org", "my-org"], 1),
        (
            &["token", "create", "--org", "my-org", "--scopes", "all", "--description", HOSTILE],
            &["token", "list", "--org", "my-org"],
            1,
        ),
    ] {
        assert_eq!(admin(create).0, Some(0), "{create:?}");
        let (_, table) = admin(list);
        assert!(table.contains(SHOWN) && table.lines().count() == count + 1, "{table}");
        let (_, json) = admin(&[list, &["--json"]].concat());
        let entries: serde_json::Value = serde_json::from_str(&json).unwrap();
        let texts = entries.as_array().unwrap().iter().flat_map(|it| it.as_object().unwrap());
        assert!(texts.map(|(_, value)| value).any(|value| value == HOSTILE), "{json}");
    }
    let mail = "a\u{1b}[31m@b";
    for (wrong, status) in [
        (&["user", "create", mail][..], 2),
        (&["token", "create", "--org", "my-org", "--scopes", "all", "--user", mail], 2),
        (&["team", "create", "--org", "my-org", HOSTILE], 1),
        (&["token", "list", "--org", HOSTILE], 1),
        (&["user", "list", "--config", HOSTILE], 2),
        (&["token", "revoke", HOSTILE], 2),
        (&["serve", HOSTILE], 2),
        (&["serve", "--listen", HOSTILE], 2),
    ] {
        let (code, told) = admin(wrong);
        assert_eq!(code, Some(status), "{wrong:?}: {told}");
        assert!(told.contains("1b"), "{wrong:?}: {told}");
    }
    let output = command(&["serve"]).env("REGISTRIES_SERVER_LISTEN", HOSTILE).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let told = format!("error: the value of REGISTRIES_SERVER_LISTEN is wrong: {SHOWN}\n");
    assert_eq!(stderr(&output), told);
    let database = format!("postgres://u:canary{HOSTILE}@");
    let output = command(&["serve"]).env("REGISTRIES_SERVER_DATABASE", database).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(!stderr(&output).contains("canary"), "{output:?}");
}

#[test]
fn what_has_no_end_is_not_read_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a"), "[]").unwrap();
    let database = format!("sqlite://{}", folder.path().join("a.db").display());
    let (folder, device) = (folder.path().to_str().unwrap(), "/dev/zero");
    for (arguments, status) in [
        (&["serve", "--config"][..], 2),
        (&["user", "list", "--config"], 2),
        (
            &[
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--database",
                &database,
                "--tls-key",
                "a",
                "--tls-certificate",
            ],
            1,
        ),
        (&["policy", "check"], 3),
        (&["policy", "check", "a", "--claims"], 3),
    ] {
        for (path, said) in [(folder, "it is a folder"), (device, "it is a device")] {
            let all = [arguments, &[path]].concat();
            let mut command = command(&all);
            let output = command.current_dir(folder).output().unwrap();
            let told = stderr(&output);
            assert_eq!(output.status.code(), Some(status), "{all:?}: {told}");
            assert!(told.contains(said), "{all:?}: {told}");
        }
    }
}
