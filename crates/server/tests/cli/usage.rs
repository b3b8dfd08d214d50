//! Wrong usage and failures: exit statuses, and messages that help.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Output, Stdio};

use crate::harness::{Deployment, command, run, shell, stderr, stdout};
use crate::tls::Pair;

/// Adds what a command did to a table: its exit status, and what it printed.
fn add(table: &mut String, what: &str, output: &Output, folder: &Path) {
    let printed = stdout(output) + &stderr(output);
    let printed = printed.lines().map(|line| format!("    {line}").trim_end().to_owned() + "\n");
    let status = format!("    exit status {}\n", output.status.code().unwrap());
    let outcome = status + &printed.collect::<Vec<_>>().concat();
    let folder = folder.to_str().unwrap();
    table.extend([format!("$ {what}\n{outcome}").replace(folder, "[folder]")]);
}

/// Runs commands in a folder, each a line of words, and returns the table of what they did.
fn table(folder: &Path, lines: &[&str]) -> String {
    let mut table = String::new();
    for line in lines {
        let (variables, arguments): (Vec<_>, Vec<_>) =
            line.split(' ').partition(|word| word.starts_with("REGISTRIES_SERVER_"));
        let arguments: Vec<String> = arguments.iter().map(|it| it.replace("%20", " ")).collect();
        let arguments: Vec<&str> =
            arguments.iter().map(String::as_str).filter(|it| !it.is_empty()).collect();
        let mut command = command(&arguments);
        command.envs(variables.iter().map(|it| it.split_once('=').unwrap()));
        add(&mut table, line, &command.current_dir(folder).output().unwrap(), folder);
    }
    table
}

#[test]
fn wrong_usage_exits_with_2_and_says_what_is_right() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("wrong.toml", "# settings\nlisten = \"8080\"\n");
    write("unknown.toml", "lisen = \"127.0.0.1:8080\"\n");
    write("broken.toml", "listen = 127.0.0.1:8080\n");
    let table = table(
        folder.path(),
        &[
            "sevre",
            "serve --listen 8080",
            "serve --listen localhost",
            "serve --listen ::1:80",
            "REGISTRIES_SERVER_LISTEN=8080 serve",
            "serve --config wrong.toml",
            "serve --config unknown.toml",
            "serve --config broken.toml",
            "org list --config unknown.toml",
            "serve --config missing.toml",
            "REGISTRIES_SERVER_LISEN=8080 serve",
            "REGISTRIES_SERVER_X=1 org list",
            "dev --listen everywhere",
            "serve --database registries.db",
            "serve --database sqlite://",
            "serve --database sqlite://:memory:",
            "serve --database mysql://localhost/a",
            "serve --database postgres://localhost:port/a",
            "serve --database postgres://localhost/a?sslmod=require",
            "serve --public-url example.org",
            "serve --public-url https://example.org/a/v2/",
            "serve --rate-limit-user 0",
            "serve --rate-limit-org none",
            "serve --max-body many",
            "serve --max-connections 0",
            "serve --max-connections-per-address -1",
            "serve --header-timeout soon",
            "serve --header-timeout 25h",
            "serve --log loud=very=",
            "serve --log-format xml",
            "serve --tls-key key.pem",
            "serve --tls-certificate certificate.pem",
            "serve --unknown",
            "org create",
            "org create My%20Org",
            "org create odd--org_",
            "org delete my-org --database sqlite://missing.db",
            "team create --org a ",
            "token create --org a",
            "token create --scopes all",
            "token create --org a --scopes admin",
            "token create --org a --scopes all --expires-in soon",
            "token create --org a --scopes all --expires-in 0s",
            "token create --org a --scopes all --user me",
            "token revoke 1",
            "user create me",
            "policy check policy.yaml --registry a/b",
            "policy check policy.yaml --claims claims.json --registry a",
            "policy check policy.yaml --claims claims.json --at noon",
            "completions dos",
        ],
    );
    insta::assert_snapshot!("wrong-usage", table);
}

#[test]
fn failures_say_what_to_do() {
    let deployment = Deployment::new();
    let folder = deployment.path().unwrap().parent().unwrap().to_owned();
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    write("text.db", "this is a text and no database at all, as anybody can see");
    write("list.json", "[]");
    write("policy.yaml", "- iss: https://agent.buildkite.com\n  claims: {a: b}\n");
    write("claims.json", "{\"aud\": \"https://example.org\"}");
    write("wide.yaml", "-\0 \0i\0s\0s\0");
    rusqlite::Connection::open(folder.join("other.db"))
        .and_then(|other| other.execute_batch("CREATE TABLE other (id INTEGER)"))
        .unwrap();
    let (a, b) = (Pair::new(&deployment, "a"), Pair::new(&deployment, "b"));
    drop((a, b));
    let used = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = used.local_addr().unwrap().port().to_string();
    let database = "--database sqlite://registries.db";
    let lines = [
        "serve DATABASE --listen 127.0.0.1:PORT",
        "serve DATABASE --listen 127.0.0.1:0 --admin-listen :PORT",
        "dev --listen localhost:PORT",
        "serve DATABASE --listen 192.0.2.1:80",
        "serve DATABASE --listen no-such-host.invalid:80",
        "serve --database postgres://127.0.0.1:1/a",
        "serve --database sqlite://no/such/folder/a.db",
        "serve --database sqlite://.",
        "serve --database sqlite://text.db",
        "serve --database sqlite://other.db",
        "org list --database sqlite://missing.db",
        "org list --database sqlite://other.db",
        "serve DATABASE --tls-certificate a.key --tls-key a.key",
        "serve DATABASE --tls-certificate a.pem --tls-key a.pem",
        "serve DATABASE --tls-certificate a.pem --tls-key b.key",
        "serve DATABASE --tls-certificate a.pem --tls-key no-such.key",
        "org create my-org DATABASE",
        "org delete other --yes DATABASE",
        "org delete my-org DATABASE",
        "team create --org other Platform DATABASE",
        "team delete --org my-org Platform --yes DATABASE",
        "token create --scopes all --org other DATABASE",
        "token list --org other DATABASE",
        "token revoke 0191df84-85e4-77aa-83ba-6579084728eb DATABASE",
        "token create --org my-org --scopes all --expires-in 999999999y DATABASE",
        "user delete jo@example.org --yes DATABASE",
        "backup registries.db DATABASE",
        "backup registries.db-wal DATABASE",
        "backup text.db DATABASE",
        "backup no/such/folder DATABASE",
        "backup copy.db --database sqlite://missing.db",
        "backup copy.db --database postgres://localhost/a",
        "restore missing.db DATABASE",
        "restore copy.db DATABASE",
        "restore text.db --force DATABASE",
        "restore other.db --force DATABASE",
        "policy check missing.yaml",
        "policy check .",
        "policy check wide.yaml",
        "policy check policy.yaml --claims list.json",
        "policy check policy.yaml --claims policy.yaml",
        "policy check policy.yaml --claims claims.json",
    ];
    // One that can be restored.
    table(&folder, &[&format!("backup copy.db {database}")]);
    let lines = lines.map(|line| line.replace("DATABASE", database).replace("PORT", &port));
    let table = table(&folder, &lines.each_ref().map(String::as_str));
    insta::assert_snapshot!("failures", table.replace(&port, "[port]"));
    drop(used);
}

/// A device that is full is no place where a result could be.
#[cfg(target_os = "linux")]
#[test]
fn a_result_that_cannot_be_printed_is_a_failure() {
    let deployment = Deployment::new();
    let database = deployment.database();
    let policy = deployment.file("policy.yaml");
    std::fs::write(&policy, "[]").unwrap();
    for arguments in [
        &["--help"][..],
        &["serve", "-h"],
        &["--version"],
        &["completions", "bash"],
        &["man"],
        &["config", "example"],
        &["org", "list", "--database", &database],
        &["doctor", "--database", &database],
        &["policy", "check", policy.to_str().unwrap()],
        &["dev", "--listen", "127.0.0.1:0"],
        &["serve", "--listen", "127.0.0.1:0", "--database", &database],
    ] {
        let output = shell(r#""$0" "$@" >/dev/full"#, arguments).output().unwrap();
        let message = stderr(&output);
        let last = message.lines().last();
        let expected = "error: cannot write to standard output: the disk is full";
        assert_eq!((output.status.code(), last), (Some(3), Some(expected)), "{arguments:?}");
    }
    // If nothing can be printed, only the status remains.
    let output = shell(r#""$0" "$@" >/dev/full 2>/dev/full"#, &["sevre"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let mut unread = command(&["sevre"]).stderr(Stdio::piped()).spawn().unwrap();
    drop(unread.stderr.take());
    assert_eq!(unread.wait().unwrap().code(), Some(2));
    // Who reads no further is no failure.
    let output = shell(r#""$0" "$@" | true"#, &["man"]).output().unwrap();
    assert_eq!(stderr(&output), "");
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
        assert!(
            message.contains(&format!("The value comes from the environment variable {variable}.")),
            "{message}"
        );
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
        let (code, message) = admin(wrong);
        assert_eq!(code, Some(status), "{wrong:?}: {message}");
        assert!(message.contains("1b"), "{wrong:?}: {message}");
    }
    let output = command(&["serve"]).env("REGISTRIES_SERVER_LISTEN", HOSTILE).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let message = stderr(&output);
    assert!(
        message.contains(&format!("invalid value '{SHOWN}' for '--listen <ADDRESS>'")),
        "{message}"
    );
    assert!(message.ends_with("environment variable REGISTRIES_SERVER_LISTEN.\n"), "{message}");
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
    for arguments in [
        &["serve", "--config"][..],
        &["user", "list", "--config"],
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
        &["policy", "check"],
        &["policy", "check", "a", "--claims"],
    ] {
        for (path, said) in [(folder, "it is a folder"), (device, "it is a device")] {
            let all = [arguments, &[path]].concat();
            let mut command = command(&all);
            let output = command.current_dir(folder).output().unwrap();
            let message = stderr(&output);
            assert_eq!(output.status.code(), Some(2), "{all:?}: {message}");
            assert!(message.contains(said), "{all:?}: {message}");
        }
    }
}
