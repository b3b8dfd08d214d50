//! Looking through a database without changing it.

use chrono::{DateTime, Utc};
use sqlx::migrate::Migrator;

use super::StorageError;
use super::sql::Connection;

/// What was found in a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Inspection {
    pub(crate) migrations: Migrations,
    /// What is not as the database wrote it, or points to nothing.
    pub(crate) damage: Vec<String>,
    /// None of these where there are no such tables yet.
    pub(crate) organizations: i64,
    /// Access tokens that work now.
    pub(crate) tokens: i64,
    /// When the newest row was written.
    pub(crate) newest: Option<DateTime<Utc>>,
}

/// Which migrations a database has had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Migrations {
    /// It is no database of this server.
    None,
    /// A server brings it up to date when it starts.
    Older,
    Current,
    /// A newer version of this server wrote it.
    Newer,
}

impl Inspection {
    /// Looks through what every kind of database has.
    pub(super) async fn of(
        connection: &mut dyn Connection,
        has_tables: bool,
        known: &Migrator,
    ) -> Result<Self, StorageError> {
        let migrations =
            if has_tables { migrations(connection, known).await? } else { Migrations::None };
        let damage = Vec::new();
        let mut found = Self { migrations, damage, organizations: 0, tokens: 0, newest: None };
        if migrations == Migrations::Current {
            found.count(connection).await?;
        }
        Ok(found)
    }

    async fn count(&mut self, connection: &mut dyn Connection) -> Result<(), StorageError> {
        const SQL: &str = "SELECT
                 (SELECT count(*) FROM organizations) AS organizations,
                 (SELECT count(*) FROM access_tokens WHERE revoked_at IS NULL
                      AND (expires_at IS NULL OR expires_at > $1)) AS tokens,
                 (SELECT max(created_at) FROM (
                      SELECT created_at FROM organizations
                      UNION ALL SELECT created_at FROM access_tokens
                      UNION ALL SELECT created_at FROM registries
                      UNION ALL SELECT created_at FROM registry_tokens
                      UNION ALL SELECT created_at FROM teams
                      UNION ALL SELECT created_at FROM users
                  ) AS rows_of_all) AS newest";
        let found = connection.rows(SQL, &[Utc::now().timestamp_millis().into()]).await?;
        let row = found.first().ok_or(sqlx::Error::RowNotFound)?;
        self.organizations = row.get("organizations")?;
        self.tokens = row.get("tokens")?;
        self.newest = row.get::<Option<i64>>("newest")?.and_then(DateTime::from_timestamp_millis);
        Ok(())
    }
}

/// Which migrations a database has had that has the table that tells.
pub(super) async fn migrations(
    connection: &mut dyn Connection,
    known: &Migrator,
) -> Result<Migrations, StorageError> {
    const SQL: &str = "SELECT version FROM _sqlx_migrations WHERE success";
    let rows = connection.rows(SQL, &[]).await?;
    let had: Vec<i64> =
        rows.iter().map(|row| row.get("version")).collect::<Result<_, StorageError>>()?;
    let known: Vec<i64> = known.iter().map(|migration| migration.version).collect();
    Ok(if had.iter().any(|version| !known.contains(version)) {
        Migrations::Newer
    } else if known.iter().all(|version| had.contains(version)) {
        Migrations::Current
    } else {
        Migrations::Older
    })
}
