//! `doctor`: what it finds, and what it says to do.

use std::fs::Permissions;
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use nix::unistd::{User, geteuid};
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::harness::{Deployment, SERVER, TRIES, run, run_patiently, stdout};
use crate::postgres::{self, Cluster};
use crate::tls::Pair;

/// What doctor prints, without what differs between two machines, and its exit status.
fn printed(output: &Output, folder: &Path) -> String {
    let text = stdout(output).replace(folder.to_str().unwrap(), "[folder]");
    let mut words: Vec<&str> = text.split(' ').collect();
    for index in 1..words.len() {
        if words[index] == "MiB" {
            words[index - 1] = "[number]";
        } else if words[index].starts_with("UTC") && words[index - 1].len() == 8 {
            words[index - 1] = "[time]";
            words[index - 2] = "[date]";
        }
    }
    format!("exit status {}\n{}\n", output.status.code().unwrap(), words.join(" "))
}

fn doctor(deployment: &Deployment, more: &[&str]) -> String {
    let database = deployment.database();
    let listen = ["--listen", "127.0.0.1:0"];
    let listen = if more.contains(&"--listen") { &[] } else { &listen[..] };
    let arguments = [&["doctor", "--database", &database], listen, more].concat();
    printed(&run_patiently(&arguments), deployment.file("a").parent().unwrap())
}

/// The checks that failed, with what to do about them.
fn problems(text: &str) -> String {
    text.split_inclusive('\n').filter(|line| !line.starts_with("ok ")).collect()
}

/// Scenarios with what doctor says of each.
#[derive(Default)]
struct Scenarios(String);

impl Scenarios {
    fn add(&mut self, name: &str, text: &str) {
        self.0.extend([format!("# {name}\n"), text.to_owned(), "\n".to_owned()]);
    }
}

#[test]
fn a_deployment_in_order_is_healthy_also_while_it_serves() {
    let deployment = Deployment::new();
    deployment.token();
    insta::assert_snapshot!("healthy", doctor(&deployment, &[]));
    let server = deployment.serve(&[]);
    let serving = doctor(&deployment, &["--listen", server.address()]);
    let expected = format!("{} is in use by a server of this API", server.address());
    assert!(serving.contains(&expected) && serving.starts_with("exit status 0\n"), "{serving}");

    let database = deployment.database();
    let json = run(&["doctor", "--json", "--database", &database, "--listen", "127.0.0.1:0"]);
    let report: Value = serde_json::from_str(&stdout(&json)).unwrap();
    assert_eq!(report["healthy"], true);
    let text = run(&["doctor", "--database", &database, "--listen", "127.0.0.1:0"]);
    for (check, line) in report["checks"].as_array().unwrap().iter().zip(stdout(&text).lines()) {
        let part = |name: &str| check[name].as_str().unwrap();
        let formatted = format!("{:8}{:16}{}", part("outcome"), part("name"), part("message"));
        // Others use the disk as well.
        assert!(formatted == line || part("name") == "disk", "{formatted}: {line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_reported_with_what_to_do() {
    let deployment = Deployment::new();
    let mut scenarios = Scenarios::default();
    let mut add = |name: &str, more: &[&str]| {
        scenarios.add(name, &problems(&doctor(&deployment, more)));
    };
    add("no access token", &[]);
    deployment.token();
    let mode = |name: &str, mode: u32| {
        std::fs::set_permissions(deployment.file(name), Permissions::from_mode(mode)).unwrap();
    };
    for (name, modes) in
        [("registries.db", &[0o640, 0o604, 0o620][..]), ("registries.db-journal", &[0o604])]
    {
        for wrong in modes {
            std::fs::File::options().append(true).create(true).open(deployment.file(name)).unwrap();
            mode(name, *wrong);
            add(&format!("mode {wrong:o} of {name}"), &[]);
            mode(name, 0o600);
        }
    }

    let file = deployment.file("registries.toml");
    std::fs::write(&file, "lisen = 1").unwrap();
    add("a configuration file that is wrong", &["--config", file.to_str().unwrap()]);
    add("a key alone", &["--tls-key", "a"]);
    let pair = Pair::valid(&deployment, "a", 2001, 2002);
    add("a certificate that expired", &pair.options());
    let pair = Pair::valid(&deployment, "a", 3001, 3002);
    add("a certificate that is not valid yet", &pair.options());
    // Set aside for documentation (RFC 5737): no machine has it.
    add("an address that the machine lacks", &["--listen", "192.0.2.1:80"]);
    add("a host that is unknown", &["--listen", "no-such-host.invalid:80"]);
    let connection = rusqlite::Connection::open(deployment.path().unwrap()).unwrap();
    connection.pragma_update(None, "foreign_keys", false).unwrap();
    let execute = |sql| connection.execute(sql, []).unwrap();

    execute("UPDATE organizations SET created_at = created_at + 1000000000");
    add("a clock that is late", &[]);
    execute("UPDATE organizations SET created_at = created_at - 1000000000");
    add("nothing", &[]);
    execute("INSERT INTO teams VALUES ('a', 'b', 'c', 0)");
    add("a team of no organization", &[]);
    execute("DELETE FROM teams");
    let database = deployment.database();
    assert!(run(&["org", "delete", "my-org", "--yes", "--database", &database]).status.success());
    add("no organization", &[]);
    execute(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9999, 'from the future', TRUE, x'00', 0)",
    );
    add("a newer version", &[]);
    execute("DELETE FROM _sqlx_migrations");
    add("an older version", &[]);
    execute("DROP TABLE _sqlx_migrations");
    add("another program", &[]);
    drop(connection);
    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap().to_string();
    let text =
        problems(&doctor(&deployment, &["--listen", &address])).replace(&address, "[address]");
    scenarios.add("an address that another program has", &text);
    insta::assert_snapshot!("problems", scenarios.0);
}

#[test]
fn what_is_no_database_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    nix::unistd::mkfifo(&at("pipe"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    std::os::unix::fs::symlink(at("loop"), at("loop")).unwrap();
    std::fs::write(at("text.db"), "this is a text and no database at all").unwrap();
    std::fs::set_permissions(at("text.db"), Permissions::from_mode(0o600)).unwrap();
    let mut scenarios = Scenarios::default();
    for name in [".", "pipe", "loop", "text.db", "missing.db", "no/such/folder/a.db"] {
        let database = format!("sqlite://{}", at(name).display());
        let output = run(&["doctor", "--database", &database, "--listen", "127.0.0.1:0"]);
        scenarios.add(name, &problems(&printed(&output, folder.path())));
    }
    // The port has no listener.
    let url = "postgres://somebody:hidden@127.0.0.1:1/registries";
    let output = run(&["doctor", "--database", url, "--listen", "127.0.0.1:0"]);
    scenarios.add("no PostgreSQL", &problems(&printed(&output, folder.path())));
    assert!(!scenarios.0.contains("hidden"));
    insta::assert_snapshot!("no-database", scenarios.0);
}

/// Root may write everywhere: then it is another user who runs doctor.
#[test]
fn what_cannot_be_written_is_reported() {
    let deployment = Deployment::new();
    deployment.token();
    let folder = deployment.file("a").parent().unwrap().to_owned();
    let (uid, gid) = if geteuid().is_root() {
        let nobody = User::from_name("nobody").unwrap().unwrap();
        (nobody.uid.as_raw(), nobody.gid.as_raw())
    } else {
        (geteuid().as_raw(), nix::unistd::getegid().as_raw())
    };
    let doctor = |name: &str| {
        let database = format!("sqlite://{}", deployment.file(name).display());
        let mut command = if geteuid().is_root() {
            let mut command = Command::new("setpriv");
            let ids = [format!("--reuid={uid}"), format!("--regid={gid}")];
            command.args(ids).args(["--clear-groups", SERVER]);
            command
        } else {
            Command::new(SERVER)
        };
        command.args(["doctor", "--database", &database, "--listen", "127.0.0.1:0"]);
        command.current_dir(&folder).output().unwrap()
    };
    for path in [&folder, &deployment.path().unwrap()] {
        chown(path, Some(uid), Some(gid)).unwrap();
    }
    if doctor("registries.db").status.code() != Some(0) {
        // Written past what captures the output of tests that succeed.
        let note = b"skipped what another user may not write: no other user may run the server\n";
        return std::io::stderr().write_all(note).unwrap();
    }
    let mut scenarios = Scenarios::default();
    for (name, modes, file) in [
        ("a file that is read-only", (0o700, 0o400), "registries.db"),
        ("a file that nobody may read", (0o700, 0o000), "registries.db"),
        ("a folder that is read-only", (0o500, 0o600), "registries.db"),
        ("a folder where nothing can be created", (0o500, 0o600), "missing.db"),
    ] {
        std::fs::set_permissions(deployment.file("registries.db"), Permissions::from_mode(modes.1))
            .unwrap();
        std::fs::set_permissions(&folder, Permissions::from_mode(modes.0)).unwrap();
        scenarios.add(name, &problems(&printed(&doctor(file), &folder)));
        std::fs::set_permissions(&folder, Permissions::from_mode(0o700)).unwrap();
    }
    insta::assert_snapshot!("unwritable", scenarios.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_on_postgres_is_looked_at_as_well() {
    let Some((deployment, mut cluster)) = durable().await else { return };
    let mut scenarios = Scenarios::default();
    let mut add = |name: &str| scenarios.add(name, &problems(&doctor(&deployment, &[])));
    add("no access token");
    deployment.token();
    insta::assert_snapshot!("postgres", doctor(&deployment, &[]));
    for setting in ["fsync", "full_page_writes"] {
        set(&deployment, setting, "off").await;
        add(setting);
        set(&deployment, setting, "on").await;
    }
    set(&deployment, "default_transaction_read_only", "on").await;
    add("read only");
    set(&deployment, "default_transaction_read_only", "off").await;
    // The server is not harmed by it, and says so.
    set(&deployment, "synchronous_commit", "off").await;
    let text = doctor(&deployment, &[]);
    assert!(text.contains("synchronous_commit is off; the server turns it on"), "{text}");

    let pool = sqlx::PgPool::connect(&deployment.database()).await.unwrap();
    let execute = async |sql: &'static str| sqlx::query(sql).execute(&pool).await.unwrap();
    execute("UPDATE organizations SET created_at = created_at + 1000000000").await;
    add("a clock that is late");
    execute("DELETE FROM organizations").await;
    add("no organization");
    execute(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9999, 'from the future', TRUE, '', 0)",
    )
    .await;
    add("a newer version");
    execute("DELETE FROM _sqlx_migrations").await;
    add("an older version");
    execute("DROP TABLE _sqlx_migrations").await;
    add("another program");
    pool.close().await;
    let signal = cluster.directory.join("data/standby.signal");
    std::fs::write(&signal, "").unwrap();
    cluster.order("restart");
    add("a standby");
    insta::assert_snapshot!("postgres-problems", scenarios.0);
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
async fn rights_that_are_missing_are_reported() {
    let Some((deployment, _cluster)) = durable().await else { return };
    deployment.token();
    let mut url = url::Url::parse(&deployment.database()).unwrap();
    url.set_username("limited").unwrap();
    let mut scenarios = Scenarios::default();
    let mut add = |name: &str| {
        let arguments = ["doctor", "--database", url.as_str(), "--listen", "127.0.0.1:0"];
        scenarios.add(name, &problems(&printed(&run_patiently(&arguments), Path::new("/nowhere"))));
    };
    let mut connection = PgConnection::connect(&deployment.database()).await.unwrap();
    let mut execute = async |sql: &'static str| {
        sqlx::query(sql).execute(&mut connection).await.unwrap();
    };
    execute("CREATE ROLE limited LOGIN").await;
    add("no rights");
    execute("GRANT ALL ON ALL TABLES IN SCHEMA public TO limited").await;
    add("rights on tables");
    // What it says of a server is so.
    let create = ["user", "create", "--database", url.as_str(), "jo@example.org"];
    assert_eq!(run_patiently(&create).status.code(), Some(3));
    let list = ["user", "list", "--database", url.as_str()];
    assert_eq!(run_patiently(&list).status.code(), Some(0), "who only reads makes no tables");
    execute("GRANT CREATE ON SCHEMA public TO limited").await;
    assert_eq!(run_patiently(&create).status.code(), Some(0));
    add("all rights");
    execute("REVOKE INSERT ON users FROM limited").await;
    add("one right less");
    execute("DROP OWNED BY limited").await;
    execute("DROP ROLE limited").await;
    let url = url::Url::parse(&deployment.database()).unwrap();
    let [mut nobody, mut nowhere, mut encrypted] = [url.clone(), url.clone(), url];
    nobody.set_username("nobody-of-this-name").unwrap();
    nowhere.set_path("/no-such-database");
    encrypted.query_pairs_mut().append_pair("sslmode", "require");
    for (name, url) in
        [("unknown user", nobody), ("unknown database", nowhere), ("no TLS", encrypted)]
    {
        let arguments = ["doctor", "--database", url.as_str(), "--listen", "127.0.0.1:0"];
        scenarios.add(name, &problems(&printed(&run_patiently(&arguments), Path::new("/nowhere"))));
    }
    insta::assert_snapshot!("rights", scenarios.0);
}
