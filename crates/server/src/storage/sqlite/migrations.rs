//! Bringing a database up to date.

use sha2::{Digest, Sha384};

use super::connection::Connection;
use crate::storage::failure::StorageError;
use crate::storage::statement::Statement;

// `MIGRATIONS`: what is in the folder `migrations/sqlite`.
include!(concat!(env!("OUT_DIR"), "/migrations.rs"));

pub(super) struct Migration {
    pub(super) version: i64,
    pub(super) description: &'static str,
    pub(super) sql: &'static str,
}

impl Migration {
    /// As sqlx's own migrator computes it.
    pub(super) fn checksum(&self) -> Vec<u8> {
        Sha384::digest(self.sql).to_vec()
    }
}

/// The versions of all migrations.
pub(super) fn versions() -> impl Iterator<Item = i64> {
    MIGRATIONS.iter().map(|migration| migration.version)
}

/// Runs the migrations that are missing, in one transaction that takes the write lock first: two
/// processes that start on a new file at once must not both create the tables.
///
/// Which ones a database has had is in the table of sqlx's own migrator, as that wrote it: a database may
/// have been made by it. With an error the connection is to be closed, which undoes all of it.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), NotMigrated> {
    const TABLE: &str = "CREATE TABLE IF NOT EXISTS _sqlx_migrations (
             version BIGINT PRIMARY KEY,
             description TEXT NOT NULL,
             installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
             success BOOLEAN NOT NULL,
             checksum BLOB NOT NULL,
             execution_time BIGINT NOT NULL
         )";
    const HAD: &str = "SELECT version, checksum, success FROM _sqlx_migrations";
    const ADD: &str = "INSERT INTO _sqlx_migrations
             (version, description, success, checksum, execution_time)
         VALUES ($1, $2, TRUE, $3, 0)";
    connection.batch("BEGIN IMMEDIATE")?;
    connection.batch(TABLE)?;
    let mut had = Vec::new();
    for row in connection.run(&Statement::new(HAD, []))? {
        let version = row.integer("version")?;
        if !row.boolean("success")? {
            return Err(NotMigrated::Unfinished(version));
        }
        let known = MIGRATIONS.iter().find(|migration| migration.version == version);
        if known.ok_or(NotMigrated::Newer)?.checksum() != row.bytes("checksum")? {
            return Err(NotMigrated::Changed(version));
        }
        had.push(version);
    }
    for migration in MIGRATIONS.iter().filter(|migration| !had.contains(&migration.version)) {
        connection.batch(migration.sql)?;
        let checksum = migration.checksum();
        let values =
            [migration.version.into(), migration.description.into(), checksum.as_slice().into()];
        connection.run(&Statement::new(ADD, values))?;
    }
    Ok(connection.batch("COMMIT")?)
}

/// Why a database was not brought up to date.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotMigrated {
    #[error("a newer version of this server wrote it; use that version")]
    Newer,
    #[error("its migration {0} did not finish; restore a backup")]
    Unfinished(i64),
    #[error("its migration {0} differs from that of this version; use the version that wrote it")]
    Changed(i64),
    #[error("{}", .0.reason())]
    Failed(StorageError),
}

impl<E: Into<StorageError>> From<E> for NotMigrated {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}
