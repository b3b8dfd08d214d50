//! Databases of `PostgreSQL` for tests: one for each test, in one cluster for each process of tests.
//!
//! `REGISTRIES_TEST_POSTGRES` is the URL of a server on which the tests may create databases, or
//! `required`. If it is no URL, the tests start a cluster of their own from what is installed on the
//! machine; without that they are skipped, and with `required` they fail. Tests that stop and start a
//! cluster have one of their own in any case, or are skipped.

mod cluster;

use std::sync::OnceLock;

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use url::Url;
use uuid::Uuid;

pub(crate) use cluster::Cluster;

/// An empty database, which is removed when this is dropped.
pub(crate) struct Database {
    server: Url,
    name: String,
}

impl Database {
    /// `None`, with a line on standard error that says so, where there is no `PostgreSQL`.
    pub(crate) fn create() -> Option<Self> {
        static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();
        let named = std::env::var("REGISTRIES_TEST_POSTGRES").unwrap_or_default();
        if named.starts_with("postgres") {
            return Some(Self::create_on(&named.parse().unwrap()));
        }
        let cluster = CLUSTER.get_or_init(Cluster::start).as_ref();
        cluster.map(|cluster| Self::create_on(&cluster.url))
    }

    pub(crate) fn create_on(server: &Url) -> Self {
        // Tests on other machines, where processes have the same numbers, may be using the server too.
        let name = format!("registries_test_{}", Uuid::now_v7().simple());
        // It sorts as people do, so that what depends on that comes to light.
        let locale = "LOCALE 'C' LOCALE_PROVIDER icu ICU_LOCALE 'en'";
        let sql = format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' {locale}");
        execute(server, sql).unwrap();
        Self { server: server.clone(), name }
    }

    /// The value of `--database`.
    pub(crate) fn url(&self) -> String {
        let mut url = self.server.clone();
        url.set_path(&self.name);
        url.into()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // A test that took the server away has nothing to remove.
        let _ = execute(&self.server, format!("DROP DATABASE {} WITH (FORCE)", self.name));
    }
}

/// Runs a statement on the server, in a thread of its own: a runtime cannot wait in another.
fn execute(server: &Url, sql: String) -> Result<(), sqlx::Error> {
    let server = server.to_string();
    let run = async move {
        let mut connection = PgConnection::connect(&server).await?;
        sqlx::query(AssertSqlSafe(sql)).execute(&mut connection).await?;
        connection.close().await
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    std::thread::spawn(move || runtime.block_on(run)).join().unwrap()
}
