//! `backup` and `restore`.

use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;
use std::process::Output;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use nix::sys::signal::Signal;
use serde_json::{Value, json};

use crate::harness::{Deployment, Server, UNLIMITED, http_client, run, stderr};

fn backup(deployment: &Deployment, to: &Path, more: &[&str]) -> Output {
    let database = deployment.database();
    let arguments = ["backup", "--database", &database, to.to_str().unwrap()];
    run(&[&arguments[..], more].concat())
}

fn restore(deployment: &Deployment, from: &Path, more: &[&str]) -> Output {
    let database = deployment.database();
    let arguments = ["restore", "--database", &database, from.to_str().unwrap()];
    run(&[&arguments[..], more].concat())
}

fn assert_fails(output: &Output, message: &str) {
    // The table of failures has which.
    assert!(matches!(output.status.code(), Some(1..=3)), "{output:?}");
    assert!(stderr(output).contains(message), "{message}: {output:?}");
}

async fn slugs(server: &Server, token: &str) -> Vec<String> {
    let request = http_client().get(server.registries()).bearer_auth(token);
    let list: Vec<Value> = request.send().await.unwrap().json().await.unwrap();
    list.iter().map(|registry| registry["slug"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_made_while_the_server_writes_and_put_in_its_place_when_it_does_not() {
    const BEFORE: usize = 20;
    let deployment = Deployment::new();
    let token = deployment.token();
    let server = deployment.serve(&UNLIMITED);
    let written = Arc::new(AtomicUsize::new(0));
    let writer = {
        let (url, token, written) = (server.registries(), token.clone(), written.clone());
        tokio::spawn(async move {
            let client = http_client();
            for index in 0.. {
                let body = json!({"name": format!("r{index}"), "ecosystem": "ruby"});
                let sent = client.post(&url).bearer_auth(&token).json(&body).send().await;
                assert_eq!(sent.unwrap().status(), 200);
                written.fetch_add(1, Ordering::Relaxed);
            }
        })
    };
    while written.load(Ordering::Relaxed) < BEFORE {
        tokio::task::yield_now().await;
    }
    let copy = deployment.file("copy.db");
    let made = tokio::task::block_in_place(|| backup(&deployment, &copy, &[]));
    assert!(made.status.success(), "{made:?}");
    assert!(!writer.is_finished(), "it was written all the time");
    writer.abort();

    assert_fails(&restore(&deployment, &copy, &[]), "--force replaces it");
    assert_fails(&restore(&deployment, &copy, &["--force"]), "is in use; stop the server first");
    let last = server.registries();
    let body = json!({"name": "last", "ecosystem": "ruby"});
    let create = http_client().post(last).bearer_auth(&token).json(&body);
    assert_eq!(create.send().await.unwrap().status(), 200);
    assert!(slugs(&server, &token).await.contains(&"last".to_owned()));
    server.signal(Signal::SIGKILL);
    server.wait();

    let restored = restore(&deployment, &copy, &["--force"]);
    assert!(restored.status.success(), "{restored:?}");
    let server = deployment.serve(&UNLIMITED);
    let slugs = slugs(&server, &token).await;
    assert!(slugs.len() >= BEFORE && !slugs.contains(&"last".to_owned()), "{slugs:?}");
    let expected: Vec<String> = (0..slugs.len()).map(|index| format!("r{index}")).collect();
    assert_eq!(slugs, expected, "those of one moment");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_cannot_be_locked_stays_as_it_is_with_its_log() {
    let deployment = Deployment::new();
    let token = deployment.token();
    let copy = deployment.file("copy.db");
    assert!(backup(&deployment, &copy, &[]).status.success());
    let server = deployment.serve(&UNLIMITED);
    let body = json!({"name": "in-the-log", "ecosystem": "ruby"});
    let create = http_client().post(server.registries()).bearer_auth(&token).json(&body);
    assert_eq!(create.send().await.unwrap().status(), 200);
    server.signal(Signal::SIGKILL);
    server.wait();
    let log = deployment.file("registries.db-wal");
    let read = || [&deployment.path().unwrap(), &log].map(|path| std::fs::read(path).unwrap());
    let before = read();
    // It is whole, and SQLite cannot open it: there is something where the index of its log belongs.
    let index = deployment.file("registries.db-shm");
    std::fs::remove_file(&index).unwrap();
    std::fs::create_dir(&index).unwrap();
    let refused = restore(&deployment, &copy, &["--force"]);
    assert_fails(&refused, "registries.db; left unchanged");
    assert_fails(&refused, "move it away with its -wal and -shm, and restore again");
    assert!(read() == before, "nothing was changed");
    std::fs::remove_dir(&index).unwrap();
    let server = deployment.serve(&UNLIMITED);
    assert_eq!(slugs(&server, &token).await, ["in-the-log"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_damaged_is_replaced_by_one_with_its_owner_and_mode() {
    let deployment = Deployment::new();
    let token = deployment.token();
    let copy = deployment.file("copy.db");
    assert!(backup(&deployment, &copy, &[]).status.success());
    let path = deployment.path().unwrap();
    std::fs::write(&path, "this was a database, and it is not any more, as anybody can see")
        .unwrap();
    std::fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
    // Only root may give files away.
    let owner = nix::unistd::geteuid().is_root().then_some(65534);
    chown(&path, owner, owner).unwrap();
    let before = std::fs::metadata(&path).unwrap();
    let restored = restore(&deployment, &copy, &["--force"]);
    assert!(restored.status.success(), "{restored:?}");
    let after = std::fs::metadata(&path).unwrap();
    assert_eq!(
        (after.uid(), after.gid(), after.mode()),
        (before.uid(), before.gid(), before.mode())
    );
    let server = deployment.serve(&UNLIMITED);
    assert!(slugs(&server, &token).await.is_empty());
}

#[test]
fn what_is_there_is_not_overwritten_and_nothing_half_done_is_left() {
    let deployment = Deployment::new();
    let copy = deployment.file("copy.db");
    std::fs::write(&copy, "precious").unwrap();
    assert_fails(&backup(&deployment, &copy, &[]), "exists; --force replaces it");
    assert_eq!(std::fs::read(&copy).unwrap(), b"precious");
    assert_fails(
        &backup(&deployment, &deployment.path().unwrap(), &["--force"]),
        "is the database itself",
    );
    assert_fails(
        &backup(&deployment, &deployment.file("no/such/folder"), &[]),
        "; create it first",
    );
    assert!(backup(&deployment, &copy, &["--force"]).status.success());
    let names = std::fs::read_dir(copy.parent().unwrap()).unwrap();
    let mut names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["copy.db", "registries.db"]);
}

#[test]
fn a_backup_is_not_written_to_a_pipe_or_a_folder() {
    let deployment = Deployment::new();
    for to in ["/dev/stdout", "/dev/null", "."] {
        // Standard output is a pipe.
        let message = format!("{to} is not a regular file; name a file on a disk");
        assert_fails(&backup(&deployment, Path::new(to), &["--force"]), &message);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_backup_is_not_restored() {
    let deployment = Deployment::new();
    let copy = deployment.file("copy.db");
    assert!(backup(&deployment, &copy, &[]).status.success());
    let damaged = deployment.file("damaged.db");
    let mut bytes = std::fs::read(&copy).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle - 4096..middle].fill(0xa5);
    std::fs::write(&damaged, bytes).unwrap();
    let text = deployment.file("text.db");
    std::fs::write(&text, "this is a text and no database at all, as anybody can see").unwrap();
    let other = deployment.file("other.db");
    let connection = rusqlite::Connection::open(&other).unwrap();
    connection.execute_batch("CREATE TABLE other (id INTEGER)").unwrap();
    drop(connection);

    let before = std::fs::read(deployment.path().unwrap()).unwrap();
    let [truncated, empty] = ["truncated.db", "empty.db"].map(|name| deployment.file(name));
    let bytes = std::fs::read(&copy).unwrap();
    let all = bytes.len();

    for kept in [100, all / 2, all - 1] {
        std::fs::write(&truncated, &bytes[..kept]).unwrap();
        let message = format!("it is truncated, with {kept} of {all} bytes; copy it again, or ");
        assert_fails(&restore(&deployment, &truncated, &["--force"]), &message);
    }
    std::fs::write(&empty, "").unwrap();
    for (from, message) in [
        (&damaged, "damaged.db was not used: it is damaged: "),
        (&empty, "it is empty; restore an intact backup"),
        (&text, "it is not an SQLite database"),
        (&other, "it belongs to another program"),
        (&deployment.file("missing.db"), "there is no file"),
    ] {
        assert_fails(&restore(&deployment, from, &["--force"]), message);
        assert_eq!(std::fs::read(deployment.path().unwrap()).unwrap(), before);
    }
}
