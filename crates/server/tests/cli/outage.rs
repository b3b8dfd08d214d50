//! A disk that is full, a database that is locked or goes away: requests fail with 503, and it
//! passes.

use std::io::Write;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::harness::{Deployment, Server, UNLIMITED, http_client, patiently, shell};
use crate::postgres::{self, Cluster};
use crate::{rows, slow};

/// A caller with a token for everything.
#[derive(Clone)]
pub(crate) struct Caller {
    client: reqwest::Client,
    token: String,
}

impl Caller {
    pub(crate) fn of(deployment: &Deployment) -> Self {
        Self { client: http_client(), token: deployment.token() }
    }

    /// Whether it was done. If it was not, the response says that it can be sent again.
    pub(crate) async fn done(&self, request: RequestBuilder) -> bool {
        let response = self.answer(request).await;
        let status = response.status().as_u16();
        if status == 200 {
            return true;
        }
        assert_eq!(status, 503, "{response:?}");
        assert_eq!(response.headers()["retry-after"], "2");
        let body: Value = response.json().await.unwrap();
        assert!(body["message"].as_str().unwrap().contains("send it again"), "{body}");
        false
    }

    async fn answer(&self, request: RequestBuilder) -> Response {
        request.bearer_auth(&self.token).send().await.unwrap()
    }

    pub(crate) fn create(&self, server: &Server, name: &str) -> RequestBuilder {
        let body = json!({"name": name, "ecosystem": "ruby", "description": "x".repeat(3000)});
        self.client.post(server.registries()).json(&body)
    }

    pub(crate) async fn slugs(&self, server: &Server) -> Vec<String> {
        let list = self.client.get(server.registries()).bearer_auth(&self.token);
        let list: Vec<Value> = patiently(list).await.json().await.unwrap();
        list.iter().map(|registry| registry["slug"].as_str().unwrap().to_owned()).collect()
    }
}

/// A file that cannot grow any more fails the server's writes in the middle of a transaction, as many
/// times as is wanted; `disk.rs` has a disk that is full.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn files_that_cannot_grow_lose_nothing_that_had_a_response() {
    let deployment = Deployment::new();
    let caller = Caller::of(&deployment);
    let database = deployment.database();
    // A signal would come with the failure, and end the server.
    let script = r#"trap "" XFSZ; exec "$0" "$@""#;
    let serve = [&["serve", "--listen", "127.0.0.1:0", "--database", &database][..], &UNLIMITED];
    let server = Server::start_command(shell(script, &serve.concat()));
    assert!(caller.done(caller.create(&server, "before")).await);

    let mut written = vec!["before".to_owned()];
    let mut refused = 0;
    for round in 0..3 {
        let log = std::fs::metadata(deployment.file("registries.db-wal")).unwrap().len();
        limit_files(&server, &format!("{}:unlimited", log + 100_000));
        let mut creating = JoinSet::new();
        for index in 0..64 {
            let name = format!("r{round}n{index}");
            let (caller, create) = (caller.clone(), caller.create(&server, &name));
            creating.spawn(async move { caller.done(create).await.then_some(name) });
        }
        let results = creating.join_all().await;
        refused += results.iter().filter(|written| written.is_none()).count();
        written.extend(results.into_iter().flatten());
        // Many at once may not fit where few still do.
        while caller.done(caller.create(&server, &format!("r{round}m{}", written.len()))).await {
            written.push(format!("r{round}m{}", written.len()));
        }
        let slugs = caller.slugs(&server).await;
        assert!(written.iter().all(|slug| slugs.contains(slug)), "what was written is read");
        limit_files(&server, "unlimited");
        let after = format!("after-{round}");
        assert!(caller.done(caller.create(&server, &after)).await, "at once");
        written.push(after);
    }
    assert!(written.len() > 6 && refused > 3, "{} written, {refused} refused", written.len());
    println!("files that cannot grow: {} creates answered, {refused} refused", written.len());
    server.signal(Signal::SIGKILL);
    server.wait();
    rows::assert_whole(&deployment).await;
    let mut slugs = caller.slugs(&deployment.serve(&UNLIMITED)).await;
    slugs.sort_unstable();
    written.sort_unstable();
    assert_eq!(slugs, written, "nothing was lost, and nothing refused was written");
}

/// How large the files may become that the server writes.
fn limit_files(server: &Server, limit: &str) {
    let pid = server.pid().to_string();
    let status =
        Command::new("prlimit").args(["--pid", &pid, &format!("--fsize={limit}")]).status();
    assert!(status.unwrap().success());
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_log_on_a_full_disk_costs_no_response() {
    let deployment = Deployment::new();
    let caller = Caller::of(&deployment);
    let database = deployment.database();
    let script = r#"exec "$0" "$@" 2>/dev/full"#;
    let serve = ["serve", "--listen", "127.0.0.1:0", "--database", &database];
    let server = Server::start_command(shell(script, &serve));
    assert!(caller.done(caller.create(&server, "a")).await);
    assert_eq!(caller.slugs(&server).await, ["a"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_file_is_reported_in_the_end() {
    // It is waited for as long as no test may change.
    if !slow::is_full() {
        return;
    }
    let deployment = Deployment::new();
    let caller = Caller::of(&deployment);
    let server = deployment.serve(&UNLIMITED);
    assert!(caller.done(caller.create(&server, "before")).await);
    let lock = rusqlite::Connection::open(deployment.path().unwrap()).unwrap();
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    let begun = Instant::now();
    let tokens = format!("{}/before/tokens", server.registries());
    let delete = caller.client.delete(format!("{}/before", server.registries()));
    let (created, deleted, issued, read) = tokio::join!(
        caller.done(caller.create(&server, "locked")),
        caller.done(delete),
        caller.done(caller.client.post(tokens).json(&json!({"description": "locked"}))),
        caller.slugs(&server),
    );
    assert_eq!((created, deleted, issued), (false, false, false));
    assert_eq!(read, ["before"], "reading goes on");
    println!("locked file: refused after {:?}", begun.elapsed());
    lock.execute_batch("ROLLBACK").unwrap();
    assert!(caller.done(caller.create(&server, "free")).await, "at once");
    let mut slugs = caller.slugs(&server).await;
    slugs.sort_unstable();
    assert_eq!(slugs, ["before", "free"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_locked_for_a_moment_is_waited_for() {
    let deployment = Deployment::new();
    let caller = Caller::of(&deployment);
    let server = deployment.serve(&UNLIMITED);
    let lock = rusqlite::Connection::open(deployment.path().unwrap()).unwrap();
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    let create = tokio::spawn({
        let (caller, create) = (caller.clone(), caller.create(&server, "locked"));
        async move { caller.done(create).await }
    });
    assert!(caller.slugs(&server).await.is_empty(), "reading goes on");
    tokio::time::sleep(Duration::from_millis(200)).await;
    lock.execute_batch("ROLLBACK").unwrap();
    assert!(create.await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_table_is_waited_for_and_then_reported() {
    let Some(deployment) = Deployment::on_postgres() else { return };
    let caller = Caller::of(&deployment);
    let server = deployment.serve(&UNLIMITED);
    assert!(caller.done(caller.create(&server, "before")).await);
    let pool = sqlx::PgPool::connect(&deployment.database()).await.unwrap();
    let mut lock = pool.begin().await.unwrap();
    sqlx::query("LOCK TABLE registries").execute(&mut *lock).await.unwrap();
    let begun = Instant::now();
    let at = format!("{}/before", server.registries());
    let (created, read, listed, deleted) = tokio::join!(
        caller.done(caller.create(&server, "locked")),
        caller.done(caller.client.get(&at)),
        caller.done(caller.client.get(server.registries())),
        caller.done(caller.client.delete(&at)),
    );
    assert_eq!((created, read, listed, deleted), (false, false, false, false));
    println!("locked table: refused after {:?}", begun.elapsed());
    lock.rollback().await.unwrap();
    // The machine may have something else to do, and what is refused then may be there all the same.
    for tries in 0.. {
        assert!(tries < 20, "nothing is written any more");
        if caller.done(caller.create(&server, &format!("free-{tries}"))).await {
            break;
        }
    }
    let slugs = caller.slugs(&server).await;
    assert!(slugs.iter().all(|slug| slug == "before" || slug.starts_with("free")), "{slugs:?}");
    assert!(slugs.len() >= 2, "{slugs:?}");
}

impl Cluster {
    /// Carries out `stop`, which is a crash, `start`, or both.
    pub(crate) fn order(&mut self, order: &str) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{order}").unwrap();
        self.wait_until_ready();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_of_postgres_under_load_loses_nothing_that_had_a_response() {
    let Some(mut cluster) = Cluster::start() else { return };
    let deployment = Deployment::on_postgres_of(postgres::Database::create_on(&cluster.url));
    let caller = Caller::of(&deployment);
    let servers = Arc::new([(); 3].map(|()| deployment.serve(&UNLIMITED)));
    let (mut written, mut refused) = (Vec::new(), 0);
    for round in 0..5 {
        let is_back = Arc::new(AtomicBool::new(false));
        let mut callers = JoinSet::new();
        for index in 0..8 {
            let prefix = format!("r{round}c{index}");
            let (servers, is_back) = (servers.clone(), is_back.clone());
            callers.spawn(write_until(caller.clone(), servers, index, prefix, is_back));
        }
        // The writes of this moment break off.
        while caller.slugs(&servers[0]).await.len() < written.len() + 20 {}
        cluster.order("stop");
        for server in &*servers {
            assert!(!caller.done(caller.create(server, "away")).await);
        }
        cluster.order("start");
        is_back.store(true, Ordering::Relaxed);
        // They go on by themselves until each has written again.
        for (slugs, without) in callers.join_all().await {
            written.extend(slugs);
            refused += without;
        }
    }
    println!("PostgreSQL crashed 5 times: {} creates answered, {refused} refused", written.len());
    rows::assert_no_orphans(&deployment).await;
    for server in &*servers {
        let slugs = caller.slugs(server).await;
        let lost: Vec<_> = written.iter().filter(|slug| !slugs.contains(slug)).collect();
        assert!(lost.is_empty(), "{lost:?}");
        assert!(slugs.len() <= written.len() + refused, "nobody created the others");
    }
}

/// Creates until the database is back and this caller has seen that. Returns the slugs of what was
/// created, and how many creates were refused.
async fn write_until(
    caller: Caller,
    servers: Arc<[Server; 3]>,
    index: usize,
    prefix: String,
    is_back: Arc<AtomicBool>,
) -> (Vec<String>, usize) {
    let (mut written, mut refused) = (Vec::new(), 0);
    loop {
        let was_back = is_back.load(Ordering::Relaxed);
        let name = format!("{prefix}n{}", written.len() + refused);
        let server = &servers[(index + written.len()) % 3];
        if caller.done(caller.create(server, &name)).await {
            written.push(name);
            if was_back {
                return (written, refused);
            }
        } else {
            refused += 1;
        }
    }
}
