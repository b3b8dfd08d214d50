//! How a database is set up, as far as the server depends on it.

use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection, Row};

use super::open::connect;
use crate::storage::failure::StorageError;

/// What was found of how a database is set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Condition {
    /// The settings that are off and without which a crash of the machine damages the database.
    pub(crate) unsafe_settings: Vec<&'static str>,
    /// Whether commits return before they are durable, unless a connection wants it otherwise, as
    /// those of this server do.
    pub(crate) commits_early: bool,
    pub(crate) writes: Writes,
    /// As statements name it, in quotes where they need them.
    pub(crate) user: String,
    /// Where its tables are, or would be, as statements name it.
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
            quote_ident(current_user) AS \"user\",
            COALESCE(quote_ident(current_schema()), 'public') AS schema,
            COALESCE(has_schema_privilege(current_schema(), 'CREATE'), false) AS may_create";
    const MISSING: &str = "SELECT needed.privilege || ' on ' || needed.name
        FROM unnest($1::text[], $2::text[]) AS needed (name, privilege)
        WHERE NOT has_table_privilege(to_regclass(needed.name)::oid, needed.privilege)
        ORDER BY 1";
    let mut connection = connect(options).await?;
    let found = sqlx::query(SETTINGS).fetch_one(&mut connection).await?;
    let (tables, rights): (Vec<&str>, Vec<&str>) = needed().unzip();
    let missing = sqlx::query_scalar(MISSING).bind(tables).bind(rights);
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

/// The server's tables, and what it does to each.
const TABLES: [(&str, &[&str]); 9] = [
    // A server that brings the database up to date writes to it, as the owner of all of them.
    ("_sqlx_migrations", &["SELECT"]),
    ("access_token_organizations", &["SELECT", "INSERT"]),
    ("access_tokens", &["SELECT", "INSERT", "UPDATE", "DELETE"]),
    // It is locked while a registry gets another name, which takes the right to update it.
    ("organizations", &["SELECT", "INSERT", "UPDATE", "DELETE"]),
    ("registries", &["SELECT", "INSERT", "UPDATE", "DELETE"]),
    ("registry_tokens", &["SELECT", "INSERT", "UPDATE", "DELETE"]),
    ("request_counts", &["SELECT", "INSERT", "UPDATE", "DELETE"]),
    ("teams", &["SELECT", "INSERT", "DELETE"]),
    ("users", &["SELECT", "INSERT", "DELETE"]),
];

fn needed() -> impl Iterator<Item = (&'static str, &'static str)> {
    TABLES.iter().flat_map(|(table, rights)| rights.iter().map(move |right| (*table, *right)))
}

#[cfg(test)]
mod tests {
    use sqlx::AssertSqlSafe;
    use uuid::Uuid;

    use super::*;
    use crate::storage::backend::Backend as _;
    use crate::storage::postgres::database::Postgres;
    use crate::storage::test_postgres::{Cluster, Database};
    use crate::storage::{CountedRequest, DatabaseUrl, WhenMissing, contract};

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
        assert_eq!(tables, TABLES.map(|(table, _)| table));
        postgres.close().await;
    }

    /// A role with these rights and no others can do all that a server does.
    #[tokio::test(flavor = "multi_thread")]
    async fn the_rights_are_enough_for_a_server() {
        // A server that is named need not let the tests make roles.
        let Some(cluster) = Cluster::start() else { return };
        let database = Database::create_on(&cluster.url);
        let options: PgConnectOptions = database.url().parse().unwrap();
        let owner = Postgres::open(&options, WhenMissing::Create).await.unwrap();
        let execute = async |sql: String| {
            sqlx::query(AssertSqlSafe(sql)).execute(&owner.pool).await.unwrap();
        };
        let role = "\"Limited\"";
        execute(format!("CREATE ROLE {role}")).await;
        execute(format!("GRANT CREATE ON SCHEMA public TO {role}")).await;

        let mut url: url::Url = database.url().parse().unwrap();
        url.query_pairs_mut().append_pair("options", "-c role=Limited");
        let limited: PgConnectOptions = url.as_str().parse().unwrap();
        let found = condition(&limited).await.unwrap();
        assert_eq!((found.missing_rights.len(), found.user.as_str()), (needed().count(), role));
        for (table, right) in needed() {
            execute(format!("GRANT {right} ON {table} TO {role}")).await;
        }
        assert_eq!(condition(&limited).await.unwrap().missing_rights, Vec::<String>::new());
        let url: DatabaseUrl = url.as_str().parse().unwrap();
        let storage = url.open(WhenMissing::Fail).await.unwrap();
        let [user, organization] = [Uuid::now_v7(), Uuid::now_v7()];
        for minute in [1, 1, 2] {
            let request = CountedRequest { minute, user, user_limit: 9, organization };
            storage.shared_counts().unwrap().count_request(&request).await.unwrap();
        }
        contract::run(storage).await;
        owner.close().await;
    }
}
