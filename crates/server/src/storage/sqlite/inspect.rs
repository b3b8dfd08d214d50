//! Looking through a file without changing it.

use std::path::Path;

use super::direct::Direct;
use super::open::MIGRATIONS;
use crate::storage::sql::Connection;
use crate::storage::{Inspection, StorageError};

pub(crate) async fn inspect(path: &Path) -> Result<Inspection, StorageError> {
    look(&mut Direct::reading(path)?).await
}

/// As above, on a connection to it.
pub(super) async fn look(connection: &mut dyn Connection) -> Result<Inspection, StorageError> {
    let damage = damage(connection).await?;
    let has_tables = tables(connection).await? == Tables::Ours;
    let found = Inspection::of(connection, has_tables, &MIGRATIONS).await?;
    Ok(Inspection { damage, ..found })
}

/// Whose tables there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tables {
    None,
    Ours,
    OfAnother,
}

pub(super) async fn tables(connection: &mut dyn Connection) -> Result<Tables, StorageError> {
    const SQL: &str = "SELECT count(*) AS everything,
             count(*) FILTER (WHERE name IN ('_sqlx_migrations', 'access_tokens')) AS ours
         FROM sqlite_schema";
    let found = connection.rows(SQL, &[]).await?;
    let found = found.first().ok_or(sqlx::Error::RowNotFound)?;
    Ok(match (found.get::<i64>("everything")?, found.get::<i64>("ours")?) {
        (0, _) => Tables::None,
        (_, 2) => Tables::Ours,
        _ => Tables::OfAnother,
    })
}

async fn damage(connection: &mut dyn Connection) -> Result<Vec<String>, StorageError> {
    let mut damage = Vec::new();
    for row in connection.rows("PRAGMA integrity_check", &[]).await? {
        damage.push(row.get::<String>("integrity_check")?);
    }
    damage.retain(|line| line != "ok");
    let orphans = connection.rows("PRAGMA foreign_key_check", &[]).await?.len();
    if orphans > 0 {
        damage.push(format!("{orphans} rows point to others that are not there"));
    }
    Ok(damage)
}
