//! How a database is set up, as far as the server depends on it.

use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection, Row};

use super::open::connect;
use crate::storage::StorageError;

/// What was found of how a database is set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Condition {
    /// The settings that are off and without which a crash of the machine damages the database.
    pub(crate) unsafe_settings: Vec<&'static str>,
    /// Whether commits are answered before they are durable, unless a connection wants it otherwise, as
    /// those of this server do.
    pub(crate) commits_early: bool,
    pub(crate) writes: Writes,
    pub(crate) user: String,
    /// Where its tables are, or would be.
    pub(crate) schema: String,
    /// What the user may not do to the server's tables that are there, as `INSERT on users`.
    pub(crate) missing_rights: Vec<String>,
    /// Whether the user may make tables, which the server does or looks after when it starts.
    pub(crate) may_create: bool,
}

/// Whether a database can be written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Writes {
    Taken,
    /// It follows another server, and takes none.
    OfAnother,
    /// Transactions write nothing, unless they say that they do.
    SwitchedOff,
}

/// Looks how a database is set up, without changing anything.
pub(crate) async fn condition(options: &PgConnectOptions) -> Result<Condition, StorageError> {
    const SETTINGS: &str = "SELECT current_setting('fsync') AS fsync,
            current_setting('full_page_writes') AS full_page_writes,
            current_setting('synchronous_commit') = 'off' AS commits_early,
            pg_is_in_recovery() AS is_standby,
            current_setting('default_transaction_read_only') = 'on' AS is_read_only,
            current_user::text AS \"user\",
            COALESCE(current_schema()::text, 'public') AS schema,
            COALESCE(has_schema_privilege(current_schema(), 'CREATE'), false) AS may_create";
    const MISSING: &str = "SELECT privilege || ' on ' || relname
        FROM pg_class CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS privilege
        WHERE oid IN (SELECT to_regclass(name)::oid FROM unnest($1::text[]) AS name)
            AND NOT has_table_privilege(oid, privilege)
        ORDER BY 1";
    let mut connection = connect(options).await?;
    let found = sqlx::query(SETTINGS).fetch_one(&mut connection).await?;
    let missing = sqlx::query_scalar(MISSING).bind(TABLES.as_slice());
    let missing_rights = missing.fetch_all(&mut connection).await?;
    connection.close().await?;
    let mut unsafe_settings = Vec::new();
    for name in ["fsync", "full_page_writes"] {
        if found.try_get::<&str, _>(name)? != "on" {
            unsafe_settings.push(name);
        }
    }
    Ok(Condition {
        unsafe_settings,
        commits_early: found.try_get("commits_early")?,
        writes: match (found.try_get("is_standby")?, found.try_get("is_read_only")?) {
            (true, _) => Writes::OfAnother,
            (false, true) => Writes::SwitchedOff,
            (false, false) => Writes::Taken,
        },
        user: found.try_get("user")?,
        schema: found.try_get("schema")?,
        missing_rights,
        may_create: found.try_get("may_create")?,
    })
}

const TABLES: [&str; 9] = [
    "_sqlx_migrations",
    "access_token_organizations",
    "access_tokens",
    "organizations",
    "registries",
    "registry_tokens",
    "request_counts",
    "teams",
    "users",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::postgres::Postgres;
    use crate::storage::test_postgres::Database;
    use crate::storage::{Storage, WhenMissing};

    #[tokio::test]
    async fn the_tables_are_all_that_a_server_makes() {
        let Some(database) = Database::create() else { return };
        let options: PgConnectOptions = database.url().parse().unwrap();
        let found = condition(&options).await.unwrap();
        assert_eq!((found.missing_rights, found.may_create), (vec![], true), "before it is one");
        let postgres = Postgres::open(&options, WhenMissing::Create).await.unwrap();
        let tables: Vec<String> = sqlx::query_scalar(
            "SELECT relname::text FROM pg_class WHERE relkind IN ('r', 'S', 'v', 'm', 'p')
                 AND relnamespace = 'public'::regnamespace ORDER BY relname COLLATE \"C\"",
        )
        .fetch_all(&postgres.pool)
        .await
        .unwrap();
        assert_eq!(tables, TABLES);
        postgres.close().await;
    }
}
