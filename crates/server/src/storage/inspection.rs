//! Looking through a database without changing it.

use chrono::{DateTime, Utc};

use super::failure::StorageError;
use super::statement::{Row, Statement};

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

/// Returns the migrations of a database that has the table of them.
pub(super) fn had() -> Statement {
    Statement::new("SELECT version FROM _sqlx_migrations WHERE success", [])
}

impl Migrations {
    /// By the rows that [`had`] gives, and the versions that this server knows.
    pub(super) fn of(had: &[Row], known: impl Iterator<Item = i64>) -> Result<Self, StorageError> {
        let had: Vec<i64> =
            had.iter().map(|row| row.integer("version")).collect::<Result<_, _>>()?;
        let known: Vec<i64> = known.collect();
        Ok(if had.iter().any(|version| !known.contains(version)) {
            Self::Newer
        } else if known.iter().all(|version| had.contains(version)) {
            Self::Current
        } else {
            Self::Older
        })
    }
}

/// Counts what is in a database that is up to date.
pub(super) fn contents(now: DateTime<Utc>) -> Statement {
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
    Statement::new(SQL, [now.into()])
}

impl Inspection {
    /// By the rows that [`contents`] gives; none for a database that is not up to date.
    pub(super) fn of(
        migrations: Migrations,
        damage: Vec<String>,
        contents: &[Row],
    ) -> Result<Self, StorageError> {
        let mut found = Self { migrations, damage, organizations: 0, tokens: 0, newest: None };
        if let Some(row) = contents.first() {
            found.organizations = row.integer("organizations")?;
            found.tokens = row.integer("tokens")?;
            found.newest = row.optional_time("newest")?;
        }
        Ok(found)
    }
}
