//! Looking through a file without changing it.

use std::path::Path;

use super::direct::Direct;
use super::open::MIGRATIONS;
use crate::storage::sql::Connection;
use crate::storage::{Inspection, StorageError};

pub(crate) async fn inspect(path: &Path) -> Result<Inspection, StorageError> {
    const TABLES: &str = "SELECT count(*) AS count FROM sqlite_schema
         WHERE name IN ('_sqlx_migrations', 'access_tokens')";
    let mut connection = Direct::reading(path)?;
    let damage = damage(&mut connection).await?;
    let tables = connection.rows(TABLES, &[]).await?;
    let tables: i64 = tables.first().ok_or(sqlx::Error::RowNotFound)?.get("count")?;
    let found = Inspection::of(&mut connection, tables == 2, &MIGRATIONS).await?;
    Ok(Inspection { damage, ..found })
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
