//! `doctor`: what it finds, and what it says to do.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::harness::{Deployment, TRIES, run, run_patiently, stdout};
use crate::postgres::{self, Cluster};
use crate::tls::Pair;

/// The outcome of each check, with what is said of it.
fn look(deployment: &Deployment, more: &[&str]) -> (Option<i32>, Vec<(String, String, String)>) {
    let database = deployment.database();
    let arguments = [&["doctor", "--json", "--database", &database], more].concat();
    let output = run_patiently(&arguments);
    let report: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(report["healthy"], output.status.success());
    let checks = report["checks"].as_array().unwrap().iter().map(|check| {
        let part = |name: &str| check[name].as_str().unwrap_or_default().to_owned();
        assert_eq!(part("outcome") == "wrong", check["advice"].is_string(), "{check}");
        (part("name"), part("outcome"), part("message") + ": " + &part("advice"))
    });
    (output.status.code(), checks.collect())
}

/// Everything is in order but for this check, which says so.
fn assert_wrong(deployment: &Deployment, more: &[&str], name: &str, message: &str) {
    let (status, checks) = look(deployment, more);
    assert_eq!(status, Some(1), "{checks:?}");
    let wrong: Vec<_> = checks.iter().filter(|(_, outcome, _)| outcome != "ok").collect();
    let found = wrong.iter().any(|(wrong, outcome, told)| {
        wrong == name && outcome == "wrong" && told.contains(message)
    });
    assert!(found, "{name}: {checks:?}");
}

#[test]
fn a_deployment_in_order_is_healthy_also_while_it_serves() {
    let deployment = Deployment::new();
    deployment.token();
    let (status, checks) = look(&deployment, &[]);
    assert_eq!(status, Some(0), "{checks:?}");
    let names: Vec<&str> = checks.iter().map(|(name, ..)| name.as_str()).collect();
    let all = ["configuration", "address", "database", "disk", "integrity", "migrations"];
    assert_eq!(names, [&all[..], &["organizations", "tokens", "clock"]].concat());
    let _server = deployment.serve(&[]);
    assert_eq!(look(&deployment, &[]).0, Some(0));
    let output = run(&["doctor", "--database", &deployment.database()]);
    assert_eq!(stdout(&output).lines().filter(|line| line.starts_with("ok ")).count(), 9);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_told_with_what_to_do() {
    let deployment = Deployment::new();
    assert_wrong(&deployment, &[], "tokens", "`registries-server token create");
    deployment.token();
    let connection = rusqlite::Connection::open(deployment.path().unwrap()).unwrap();
    connection.pragma_update(None, "foreign_keys", false).unwrap();
    let execute = |sql| connection.execute(sql, []).unwrap();

    execute("UPDATE organizations SET created_at = created_at + 1000000000");
    assert_wrong(&deployment, &[], "clock", "set the clock");
    execute("UPDATE organizations SET created_at = created_at - 1000000000");
    assert_eq!(look(&deployment, &[]).0, Some(0));

    execute("DELETE FROM organizations");
    assert_wrong(&deployment, &[], "organizations", "`registries-server org create");
    assert_wrong(&deployment, &[], "integrity", "rows point to others");

    execute(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9999, 'from the future', TRUE, x'00', 0)",
    );
    assert_wrong(&deployment, &[], "migrations", "use that version");
    execute("DELETE FROM _sqlx_migrations");
    assert_wrong(&deployment, &[], "migrations", "brings it up to date");
    drop(connection);

    let file = deployment.file("registries.toml");
    std::fs::write(&file, "lisen = 1").unwrap();
    let config = ["--config", file.to_str().unwrap()];
    assert_wrong(&deployment, &config, "configuration", "`listen` was probably meant");
    assert_wrong(&deployment, &["--tls-key", "a"], "certificate", "no certificate");

    std::fs::write(deployment.path().unwrap(), "this is a text and no database at all").unwrap();
    assert_wrong(&deployment, &[], "database", "`registries-server restore`");
    std::fs::remove_file(deployment.path().unwrap()).unwrap();
    assert_wrong(&deployment, &[], "database", "`registries-server org create`");
}

#[test]
fn a_database_that_others_can_read_is_told_with_the_files_beside_it() {
    let deployment = Deployment::new();
    deployment.token();
    let _server = deployment.serve(&[]);
    let mode = |name: &str, mode: u32| {
        std::fs::set_permissions(deployment.file(name), Permissions::from_mode(mode)).unwrap();
    };
    let names = ["registries.db", "registries.db-wal", "registries.db-shm"];
    for name in names {
        for wrong in [0o640, 0o604, 0o620] {
            mode(name, wrong);
            let message = format!(
                "{name} has the permissions {wrong:03o}: other users can use it: chmod 600 {}",
                deployment.file(name).display()
            );
            assert_wrong(&deployment, &[], "database", &message);
        }
        // SQLite gives an empty log the permissions of the database.
        for name in names {
            mode(name, 0o600);
        }
        let (status, checks) = look(&deployment, &[]);
        assert_eq!(status, Some(0), "{checks:?}");
    }
}

#[test]
fn a_certificate_that_is_not_valid_is_told() {
    let deployment = Deployment::new();
    deployment.token();
    for (from, until, told) in [
        (2001, 2002, "expired on 2002-01-01 00:00:00 UTC, so clients refuse it"),
        (3001, 3002, "is not valid before 3001-01-01 00:00:00 UTC, so clients refuse it"),
    ] {
        let pair = Pair::valid(&deployment, "a", from, until);
        assert_wrong(&deployment, &pair.options(), "certificate", told);
        assert_wrong(&deployment, &pair.options(), "certificate", "send the server SIGHUP");
    }
    let pair = Pair::valid(&deployment, "a", 2001, 3001);
    let (status, checks) = look(&deployment, &pair.options());
    assert_eq!(status, Some(0), "{checks:?}");
    let told = "is valid until 3001-01-01 00:00:00 UTC";
    assert!(checks.iter().any(|(_, _, message)| message.contains(told)), "{checks:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_on_postgres_is_looked_at_as_well() {
    let Some(deployment) = Deployment::on_postgres() else { return };
    assert_wrong(&deployment, &[], "tokens", "`registries-server token create");
    deployment.token();
    // Somebody else set this server up: how durable it is says nothing of `doctor`.
    let assert_in_order = || {
        let (_, checks) = look(&deployment, &[]);
        let mut others = checks.iter().filter(|(name, ..)| name != "durability");
        assert!(others.all(|(_, outcome, _)| outcome == "ok"), "{checks:?}");
        checks
    };
    let checks = assert_in_order();
    let names: Vec<&str> = checks.iter().map(|(name, ..)| name.as_str()).collect();
    let all = ["configuration", "address", "database", "durability", "writes", "rights"];
    assert_eq!(names, [&all[..], &["migrations", "organizations", "tokens", "clock"]].concat());
    let _server = deployment.serve(&[]);
    assert_in_order();

    let pool = sqlx::PgPool::connect(&deployment.database()).await.unwrap();
    let execute = async |sql: &'static str| sqlx::query(sql).execute(&pool).await.unwrap();
    execute("UPDATE organizations SET created_at = created_at + 1000000000").await;
    assert_wrong(&deployment, &[], "clock", "set the clock");
    execute("DELETE FROM organizations").await;
    assert_wrong(&deployment, &[], "organizations", "`registries-server org create");
    execute(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9999, 'from the future', TRUE, '', 0)",
    )
    .await;
    assert_wrong(&deployment, &[], "migrations", "use that version");
    execute("DELETE FROM _sqlx_migrations").await;
    assert_wrong(&deployment, &[], "migrations", "brings it up to date");
    execute("DROP TABLE _sqlx_migrations").await;
    assert_wrong(&deployment, &[], "migrations", "not one of this server");
    pool.close().await;
}

/// A deployment in a cluster of its own, which is set up as one should be.
async fn durable() -> Option<(Deployment, Cluster)> {
    let cluster = Cluster::start()?;
    let deployment = Deployment::on_postgres_of(postgres::Database::create_on(&cluster.url));
    set(&deployment, "fsync", "on").await;
    Some((deployment, cluster))
}

/// Sets something for the whole cluster, and waits until it is so.
async fn set(deployment: &Deployment, name: &str, value: &str) {
    let mut connection = PgConnection::connect(&deployment.database()).await.unwrap();
    let alter = format!("ALTER SYSTEM SET {name} = {value}");
    sqlx::query(AssertSqlSafe(alter)).execute(&mut connection).await.unwrap();
    sqlx::query("SELECT pg_reload_conf()").execute(&mut connection).await.unwrap();
    for _ in 0..TRIES {
        let mut connection = PgConnection::connect(&deployment.database()).await.unwrap();
        let current = sqlx::query_scalar("SELECT current_setting($1)").bind(name.to_owned());
        if current.fetch_one(&mut connection).await.is_ok_and(|current: String| current == value) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("{name} is not {value}");
}

#[tokio::test(flavor = "multi_thread")]
async fn how_postgres_is_set_up_is_told() {
    let Some((deployment, mut cluster)) = durable().await else { return };
    deployment.token();
    assert_eq!(look(&deployment, &[]).0, Some(0));
    for (setting, name, message) in [
        ("fsync", "durability", "fsync off: a crash of its machine damages the database"),
        ("full_page_writes", "durability", "full_page_writes off: "),
    ] {
        set(&deployment, setting, "off").await;
        assert_wrong(&deployment, &[], name, message);
        set(&deployment, setting, "on").await;
    }
    set(&deployment, "default_transaction_read_only", "on").await;
    assert_wrong(&deployment, &[], "writes", "default_transaction_read_only is on");
    set(&deployment, "default_transaction_read_only", "off").await;
    // The server is not harmed by it, and says so.
    set(&deployment, "synchronous_commit", "off").await;
    let (status, checks) = look(&deployment, &[]);
    assert_eq!(status, Some(0), "{checks:?}");
    assert!(checks.iter().any(|(.., told)| told.contains("turns on for itself")), "{checks:?}");

    let signal = cluster.directory.join("data/standby.signal");
    std::fs::write(&signal, "").unwrap();
    cluster.order("restart");
    assert_wrong(&deployment, &[], "writes", "it is a standby, which takes no writes");
}

#[tokio::test(flavor = "multi_thread")]
async fn rights_that_are_missing_are_told() {
    let Some((deployment, _cluster)) = durable().await else { return };
    deployment.token();
    let mut url = url::Url::parse(&deployment.database()).unwrap();
    url.set_username("limited").unwrap();
    let look = || {
        let output = run_patiently(&["doctor", "--database", url.as_str()]);
        (output.status.code(), stdout(&output))
    };
    let mut connection = PgConnection::connect(&deployment.database()).await.unwrap();
    let mut execute = async |sql: &'static str| {
        sqlx::query(sql).execute(&mut connection).await.unwrap();
    };
    execute("CREATE ROLE limited LOGIN").await;
    let (status, text) = look();
    let missing = "the user limited has no DELETE on registries, DELETE on registry_tokens, ";
    assert!(status == Some(1) && text.contains(missing), "{text}");
    assert!(text.contains("GRANT ALL ON ALL TABLES IN SCHEMA public TO limited"), "{text}");
    execute("GRANT ALL ON ALL TABLES IN SCHEMA public TO limited").await;
    let (status, text) = look();
    assert!(status == Some(1) && text.contains("the user limited may make no tables"), "{text}");
    // What it says of a server is so.
    let create = ["user", "create", "--database", url.as_str(), "jo@example.org"];
    assert_eq!(run_patiently(&create).status.code(), Some(1));
    let list = ["user", "list", "--database", url.as_str()];
    assert_eq!(run_patiently(&list).status.code(), Some(0), "who only reads makes no tables");
    execute("GRANT CREATE ON SCHEMA public TO limited").await;
    assert_eq!(run_patiently(&create).status.code(), Some(0));
    let (status, text) = look();
    assert!(status == Some(0) && text.contains("the user limited has all"), "{text}");
    execute("REVOKE INSERT ON users FROM limited").await;
    let (_, text) = look();
    assert!(text.contains("the user limited has no INSERT on users\n"), "{text}");
    execute("DROP OWNED BY limited").await;
    execute("DROP ROLE limited").await;
}

#[test]
fn a_postgres_that_does_not_answer_is_told_without_the_password() {
    // Nobody listens there.
    let url = "postgres://somebody:hidden@127.0.0.1:1/registries";
    let output = run(&["doctor", "--database", url]);
    assert_eq!(output.status.code(), Some(1));
    let text = stdout(&output);
    assert!(text.contains("wrong   database"), "{text}");
    assert!(text.contains("start it, or correct the host"), "{text}");
    assert!(!text.contains("hidden"), "{text}");
}

#[test]
fn a_postgres_that_refuses_says_what() {
    let Some(deployment) = Deployment::on_postgres() else { return };
    let url = url::Url::parse(&deployment.database()).unwrap();
    let [mut nobody, mut nowhere, mut encrypted] = [url.clone(), url.clone(), url];
    nobody.set_username("nobody-of-this-name").unwrap();
    nowhere.set_path("/no-such-database");
    encrypted.query_pairs_mut().append_pair("sslmode", "require");
    for (url, said) in [
        (nobody, "refuses the user"),
        (nowhere, "`createdb` makes one"),
        (encrypted, "TLS was not agreed on"),
    ] {
        let text = stdout(&run_patiently(&["doctor", "--database", url.as_str()]));
        assert!(text.contains(said), "{url}: {text}");
    }
}

#[test]
fn an_address_is_told_when_nobody_can_listen_there() {
    let deployment = Deployment::new();
    deployment.token();
    // Set aside for documentation (RFC 5737): no machine has it.
    assert_wrong(
        &deployment,
        &["--listen", "192.0.2.1:80"],
        "address",
        "an address that this machine has",
    );
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let (status, checks) =
        look(&deployment, &["--listen", &taken.local_addr().unwrap().to_string()]);
    assert_eq!(status, Some(0), "{checks:?}");
    assert!(checks.iter().any(|(_, _, told)| told.contains("somebody listens")), "{checks:?}");
}

#[test]
fn what_is_no_file_is_no_database() {
    let folder = tempfile::tempdir().unwrap();
    let [pipe, link] = ["pipe", "loop"].map(|name| folder.path().join(name));
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
    std::os::unix::fs::symlink(&link, &link).unwrap();
    for (path, said) in [
        (folder.path(), "is not a regular file"),
        (&*pipe, "is not a regular file"),
        (&*link, "symbolic links"),
    ] {
        let output = run(&["doctor", "--database", &format!("sqlite://{}", path.display())]);
        let told = stdout(&output);
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(told.contains(said), "{told}");
        assert!(!told.contains("chmod") && !told.contains("there is none"), "{told}");
    }
}
