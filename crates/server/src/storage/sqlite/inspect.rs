//! Looking through a database without changing it.

use std::path::Path;

use chrono::{DateTime, Utc};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};

use super::open::MIGRATIONS;

/// What was found in a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Inspection {
    pub(crate) migrations: Migrations,
    /// What is not as `SQLite` wrote it, or points to nothing.
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
    pub(crate) async fn of(path: &Path) -> Result<Self, sqlx::Error> {
        let mut connection = SqliteConnectOptions::new().filename(path).connect().await?;
        let damage = damage(&mut connection).await?;
        let migrations = migrations(&mut connection).await?;
        let mut found = Self { migrations, damage, organizations: 0, tokens: 0, newest: None };
        if migrations == Migrations::Current {
            found.count(&mut connection).await?;
        }
        connection.close().await?;
        Ok(found)
    }

    async fn count(&mut self, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        self.organizations = sqlx::query_scalar("SELECT count(*) FROM organizations")
            .fetch_one(&mut *connection)
            .await?;
        self.tokens = sqlx::query_scalar(
            "SELECT count(*) FROM access_tokens
             WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?)",
        )
        .bind(Utc::now().timestamp_millis())
        .fetch_one(&mut *connection)
        .await?;
        let newest: Option<i64> = sqlx::query_scalar(
            "SELECT max(created_at) FROM (
                 SELECT created_at FROM organizations
                 UNION ALL SELECT created_at FROM access_tokens
                 UNION ALL SELECT created_at FROM registries
             )",
        )
        .fetch_one(connection)
        .await?;
        self.newest = newest.and_then(DateTime::from_timestamp_millis);
        Ok(())
    }
}

async fn damage(connection: &mut SqliteConnection) -> Result<Vec<String>, sqlx::Error> {
    let mut damage: Vec<String> =
        sqlx::query_scalar("PRAGMA integrity_check").fetch_all(&mut *connection).await?;
    damage.retain(|line| line != "ok");
    let orphans = sqlx::query("PRAGMA foreign_key_check").fetch_all(connection).await?.len();
    if orphans > 0 {
        damage.push(format!("{orphans} rows point to others that are not there"));
    }
    Ok(damage)
}

async fn migrations(connection: &mut SqliteConnection) -> Result<Migrations, sqlx::Error> {
    let tables: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM sqlite_schema WHERE name IN ('_sqlx_migrations', 'access_tokens')",
    )
    .fetch_one(&mut *connection)
    .await?;
    if tables != 2 {
        return Ok(Migrations::None);
    }
    let had: Vec<i64> = sqlx::query_scalar("SELECT version FROM _sqlx_migrations WHERE success")
        .fetch_all(connection)
        .await?;
    let known: Vec<i64> = MIGRATIONS.iter().map(|migration| migration.version).collect();
    Ok(if had.iter().any(|version| !known.contains(version)) {
        Migrations::Newer
    } else if known.iter().all(|version| had.contains(version)) {
        Migrations::Current
    } else {
        Migrations::Older
    })
}
