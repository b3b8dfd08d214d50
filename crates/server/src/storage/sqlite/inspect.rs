//! Looking through a file without changing it.

use std::path::Path;

use chrono::{DateTime, Utc};

use super::connection::Connection;
use super::migrations::versions;
use super::reader::patiently;
use crate::storage::failure::StorageError;
use crate::storage::inspection::{Inspection, Migrations, contents, had};
use crate::storage::statement::{Row, Statement};

/// Looks through a file that others may be using.
pub(crate) async fn inspect(path: &Path, now: DateTime<Utc>) -> Result<Inspection, StorageError> {
    let mut connection = Connection::reading(path)?;
    let damage = damage(&mut connection).await?;
    let migrations = match tables(&mut connection).await? {
        Tables::Ours => migrations(&mut connection).await?,
        Tables::None | Tables::OfAnother => Migrations::None,
    };
    let contents = match migrations {
        Migrations::Current => patiently(&mut connection, &contents(now)).await?,
        _ => Vec::new(),
    };
    Inspection::of(migrations, damage, &contents)
}

/// Tries whether the file can be written: takes the lock of a writer, and changes nothing.
pub(crate) async fn writable(path: &Path) -> Result<(), StorageError> {
    let mut connection = Connection::writing(path)?;
    // A file that is no database is not written to.
    tables(&mut connection).await?;
    Ok(connection.batch("BEGIN IMMEDIATE; ROLLBACK")?)
}

/// Whose tables there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tables {
    None,
    Ours,
    OfAnother,
}

pub(super) async fn tables(connection: &mut Connection) -> Result<Tables, StorageError> {
    const SQL: &str = "SELECT count(*) AS everything,
             count(*) FILTER (WHERE name IN ('_sqlx_migrations', 'access_tokens')) AS ours
         FROM sqlite_schema";
    let found = rows(connection, SQL).await?;
    let count = |column| found.first().map_or(Ok(0), |row| row.integer(column));
    Ok(match (count("everything")?, count("ours")?) {
        (0, _) => Tables::None,
        (_, 2) => Tables::Ours,
        _ => Tables::OfAnother,
    })
}

/// Those of a database that has the server's tables.
pub(super) async fn migrations(connection: &mut Connection) -> Result<Migrations, StorageError> {
    Migrations::of(&patiently(connection, &had()).await?, versions())
}

pub(super) async fn damage(connection: &mut Connection) -> Result<Vec<String>, StorageError> {
    let mut damage = Vec::new();
    for row in rows(connection, "PRAGMA integrity_check").await? {
        damage.push(row.text("integrity_check")?.to_owned());
    }
    damage.retain(|line| line != "ok");
    let orphans = rows(connection, "PRAGMA foreign_key_check").await?.len();
    if orphans > 0 {
        damage.push(format!("rows point to others that are not there ({orphans})"));
    }
    Ok(damage)
}

async fn rows(connection: &mut Connection, sql: &'static str) -> Result<Vec<Row>, StorageError> {
    patiently(connection, &Statement::new(sql, [])).await
}
