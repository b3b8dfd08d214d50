//! Lists that are longer than what is in memory at once.

use std::net::SocketAddr;

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use crate::harness::{Deployment, Server, http_client};

/// Together they are more than what fits between a server and a client that reads nothing.
const REGISTRIES: usize = 3000;
const DESCRIPTION: usize = 4096;

impl Deployment {
    /// Does something to the database that no server does.
    pub(crate) async fn execute(&self, sql: String) {
        if let Some(path) = self.path() {
            let connection = rusqlite::Connection::open(path).unwrap();
            connection.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
            connection.execute_batch(&sql).unwrap();
        } else {
            let mut connection = PgConnection::connect(&self.database()).await.unwrap();
            sqlx::query(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
        }
    }

    async fn fill(&self) {
        self.fill_with(REGISTRIES, "description", &"x".repeat(DESCRIPTION)).await;
    }

    /// So many registries, with this text in a column of each.
    async fn fill_with(&self, count: usize, column: &str, text: &str) {
        let id = "'0191df84-85e4-7000-8000-' || CAST(100000000000 + i AS TEXT)";
        let id = if self.path().is_some() { id.to_owned() } else { format!("CAST({id} AS UUID)") };
        self.execute(format!(
            "WITH RECURSIVE numbers (i) AS (
                 SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < {count}
             )
             INSERT INTO registries
                 (id, organization_id, slug, name, ecosystem, {column}, created_at)
             SELECT {id}, organizations.id, 'r' || CAST(i AS TEXT), 'r', 'ruby', '{text}', 0
             FROM numbers CROSS JOIN organizations"
        ))
        .await;
    }
}

/// Runs a test on every database.
macro_rules! on_every_database {
    ($($test:ident),* $(,)?) => {
        mod in_a_file {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                super::$test(crate::harness::Deployment::new()).await;
            })*
        }

        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                let Some(deployment) = crate::harness::Deployment::on_postgres() else { return };
                super::$test(deployment).await;
            })*
        }
    };
}

on_every_database!(
    a_long_list_has_every_registry_once_and_in_order,
    a_list_that_cannot_be_made_to_its_end_is_broken_off,
    slow_clients_block_no_others,
    what_waits_for_a_client_is_small_whatever_registries_contain,
);

async fn a_long_list_has_every_registry_once_and_in_order(deployment: Deployment) {
    deployment.fill().await;
    let (token, server) = (deployment.token(), deployment.serve(&[]));
    let request = http_client().get(server.registries()).bearer_auth(token);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "application/json");
    let list: Vec<serde_json::Value> = answer.json().await.unwrap();
    let slugs: Vec<&str> = list.iter().map(|it| it["slug"].as_str().unwrap()).collect();
    let expected: Vec<String> = (1..=REGISTRIES).map(|number| format!("r{number}")).collect();
    assert_eq!(slugs, expected);
}

async fn a_list_that_cannot_be_made_to_its_end_is_broken_off(deployment: Deployment) {
    deployment.fill().await;
    let (token, server) = (deployment.token(), deployment.serve(&[]));
    let mut stream = begin(&server, &token).await;
    deployment.execute("ALTER TABLE registries RENAME TO away".to_owned()).await;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    assert!(!answer.ends_with(b"\r\n0\r\n\r\n"), "it looks complete");
    assert!(answer.len() < REGISTRIES * DESCRIPTION);
    // Before the first byte there is a status for it.
    let request = http_client().get(server.registries()).bearer_auth(token);
    assert_eq!(request.send().await.unwrap().status(), 500);
    server.signal(nix::sys::signal::Signal::SIGTERM);
    let (_, log) = server.wait();
    let failed: Vec<&str> = log.lines().filter(|line| line.contains("request failed")).collect();
    assert_eq!(failed.len(), 2, "{log}");
    assert!(failed[0].contains("request{id="), "{log}");
}

/// More of them than there are connections to the database.
async fn slow_clients_block_no_others(deployment: Deployment) {
    const CLIENTS: usize = 20;
    deployment.fill().await;
    let token = deployment.token();
    let monitored = ["--admin-listen", "127.0.0.1:0", "--body-timeout", "1h"];
    let mut server = deployment.serve(&monitored);
    let metrics = format!("{}/metrics", server.monitoring());
    let number = async |name: &str| -> usize {
        let text = http_client().get(&metrics).send().await.unwrap().text().await.unwrap();
        let name = format!("registries_server_{name} ");
        let line = text.lines().find_map(|line| line.strip_prefix(&name));
        line.unwrap().parse().unwrap()
    };
    let mut clients = Vec::new();
    for _ in 0..CLIENTS {
        clients.push(begin(&server, &token).await);
    }
    // Those before hold a part of the list by now, or wait for their clients.
    let create = http_client().post(server.registries()).bearer_auth(&token);
    let create = create.json(&serde_json::json!({"name": "new", "ecosystem": "ruby"}));
    assert_eq!(create.send().await.unwrap().status(), 200);
    assert!(number("connections").await >= CLIENTS, "the lists have not ended");
    drop(clients);
    // A list whose client is gone ends.
    while number("connections").await > 0 {
        tokio::task::yield_now().await;
    }
    let idle = number("database_connections_idle").await;
    assert_eq!(idle, number("database_connections").await);
}

/// With policies of 64 KiB each, as many registries as make a part of a list would be 16 MiB for each
/// of these clients.
async fn what_waits_for_a_client_is_small_whatever_registries_contain(deployment: Deployment) {
    const CLIENTS: usize = 20;
    const MIB: usize = 1024 * 1024;
    let policy = format!("# {}\n[]", "x".repeat(65_000));
    deployment.fill_with(300, "oidc_policy", &policy).await;
    let token = deployment.token();
    let server = deployment.serve(&["--body-timeout", "1h"]);
    let before = resident(&server);
    let mut clients = Vec::new();
    for _ in 0..CLIENTS {
        clients.push(begin(&server, &token).await);
    }
    if let (Some(before), Some(after)) = (before, resident(&server)) {
        let added = after - before;
        println!("{CLIENTS} slow clients of a list with large policies: {} KiB", added / 1024);
        assert!(added < CLIENTS * 6 * MIB, "{added}");
    }
    // A list of small parts is whole as well.
    let mut answer = Vec::new();
    clients.pop().unwrap().read_to_end(&mut answer).await.unwrap();
    assert!(answer.ends_with(b"]\r\n0\r\n\r\n"));
    let count = answer.windows(14).filter(|window| window == b"\"oidc_policy\":").count();
    assert_eq!(count, 300);
}

/// The server's peak memory in bytes, which only Linux reports.
fn resident(server: &Server) -> Option<usize> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    Some(line.trim().strip_suffix(" kB").unwrap().parse::<usize>().unwrap() * 1024)
}

/// A client that has read the first bytes of a list, and takes little at a time.
async fn begin(server: &Server, token: &str) -> TcpStream {
    let address: SocketAddr = server.address().parse().unwrap();
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stream = socket.connect(address).await.unwrap();
    let request = format!(
        "GET /v2/packages/organizations/my-org/registries HTTP/1.1\r\nHost: x\r\n\
         Authorization: Bearer {token}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut status = [0; 12];
    stream.read_exact(&mut status).await.unwrap();
    assert_eq!(&status, b"HTTP/1.1 200");
    stream
}
