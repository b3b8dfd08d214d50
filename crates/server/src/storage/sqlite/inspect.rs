//! Looking through a file without changing it.

use std::path::Path;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};

use super::open::MIGRATIONS;
use crate::storage::{Inspection, StorageError};

pub(crate) async fn inspect(path: &Path) -> Result<Inspection, StorageError> {
    let mut connection = SqliteConnectOptions::new().filename(path).connect().await?;
    let damage = damage(&mut connection).await?;
    let tables: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM sqlite_schema WHERE name IN ('_sqlx_migrations', 'access_tokens')",
    )
    .fetch_one(&mut connection)
    .await?;
    let found = Inspection::of(&mut connection, tables == 2, &MIGRATIONS).await?;
    connection.close().await?;
    Ok(Inspection { damage, ..found })
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
