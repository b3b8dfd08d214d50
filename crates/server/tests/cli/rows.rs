//! A look into the database itself, past the server.

use sqlx::{AssertSqlSafe, Row};

use crate::harness::Deployment;

/// Every reference that there is: a table, its column, and the table that it points to.
const REFERENCES: [(&str, &str, &str); 7] = [
    ("access_tokens", "user_id", "users"),
    ("access_token_organizations", "access_token_id", "access_tokens"),
    ("access_token_organizations", "organization_id", "organizations"),
    ("registries", "organization_id", "organizations"),
    ("registry_tokens", "registry_id", "registries"),
    ("registry_tokens", "created_by", "users"),
    ("teams", "organization_id", "organizations"),
];

/// The database is intact, has no other users, and has no dangling references.
pub(crate) async fn assert_whole(deployment: &Deployment) {
    if deployment.path().is_some() {
        assert_eq!(texts(deployment, "PRAGMA integrity_check").await, ["ok"]);
        assert!(texts(deployment, "PRAGMA foreign_key_check").await.is_empty());
        let query = "SELECT m.name || ' ' || f.\"from\" || ' ' || f.\"table\" FROM sqlite_schema m,
                    pragma_foreign_key_list(m.name) f ORDER BY 1";
        assert_all_references(&texts(deployment, query).await);
    } else {
        await_the_end_of_others(deployment).await;
        let query = "SELECT conrelid::regclass || ' ' || a.attname || ' ' || confrelid::regclass
                    FROM pg_constraint JOIN pg_attribute a ON a.attrelid = conrelid
                        AND a.attnum = conkey[1] WHERE contype = 'f' AND convalidated";
        assert_all_references(&texts(deployment, query).await);
    }
    assert_no_orphans(deployment).await;
}

/// No row points to nothing.
pub(crate) async fn assert_no_orphans(deployment: &Deployment) {
    for (table, column, to) in REFERENCES {
        let orphans = format!(
            "SELECT CAST(COUNT(*) AS TEXT) FROM {table} WHERE NOT EXISTS
             (SELECT 1 FROM {to} WHERE {to}.id = {table}.{column})"
        );
        assert_eq!(texts(deployment, &orphans).await, ["0"], "{table}.{column}");
    }
}

impl Deployment {
    /// The migrations that the database has had.
    pub(crate) async fn versions(&self) -> Vec<String> {
        let sql = "SELECT CAST(version AS TEXT) FROM _sqlx_migrations ORDER BY version";
        texts(self, sql).await
    }
}

/// How many registries and how many registry tokens there are.
pub(crate) async fn count(deployment: &Deployment) -> [usize; 2] {
    let mut counts = [0; 2];
    for (count, table) in counts.iter_mut().zip(["registries", "registry_tokens"]) {
        let sql = format!("SELECT CAST(COUNT(*) AS TEXT) FROM {table}");
        *count = texts(deployment, &sql).await[0].parse().unwrap();
    }
    counts
}

/// One that is added is to be looked at as well.
fn assert_all_references(found: &[String]) {
    let mut found = found.to_vec();
    found.sort_unstable();
    let mut all = REFERENCES.map(|(table, column, to)| format!("{table} {column} {to}"));
    all.sort_unstable();
    assert_eq!(found, all);
}

/// The database carries out statements of a server that is gone, until it notices that.
async fn await_the_end_of_others(deployment: &Deployment) {
    let others = "SELECT pid::text FROM pg_stat_activity
                  WHERE datname = current_database() AND backend_type = 'client backend'
                      AND pid <> pg_backend_pid()";
    while !texts(deployment, others).await.is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

/// The first column of what a statement gives.
async fn texts(deployment: &Deployment, sql: &str) -> Vec<String> {
    if let Some(path) = deployment.path() {
        let connection = rusqlite::Connection::open(path).unwrap();
        let mut statement = connection.prepare(sql).unwrap();
        let texts = statement.query_map([], |row| row.get(0)).unwrap();
        return texts.map(Result::unwrap).collect();
    }
    let query = AssertSqlSafe(sql.to_owned());
    let pool = sqlx::PgPool::connect(&deployment.database()).await.unwrap();
    let rows = sqlx::query(query).fetch_all(&pool).await.unwrap();
    pool.close().await;
    rows.iter().map(|row| row.get(0)).collect()
}
