//! How a database can fail, and which failures pass by themselves.

use std::io;

use rusqlite::{ErrorCode, ffi};
use sqlx::postgres::PgDatabaseError;

/// Why storage did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StorageError {
    /// Another row has what only one can have.
    #[error("the slug is in use")]
    Taken,
    /// What it belongs to is not there, or not any more.
    #[error("it belongs to something that is not there")]
    Orphan,
    /// A row that this server cannot have written.
    #[error("the database holds a {what} that cannot be read: {value:?}")]
    Corrupt { what: &'static str, value: String },
    /// The database cannot be reached, or cannot do it now: later the same may succeed.
    #[error("the database is not available")]
    Unavailable(#[source] Cause),
    /// The database failed.
    #[error("the database failed")]
    Database(#[source] Cause),
}

/// What a database, or what leads to it, says is wrong. The errors that these are made of repeat in
/// their own sources what they say themselves.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Cause {
    #[error("{}", said_by_sqlite(.0))]
    Sqlite(rusqlite::Error),
    #[error("{}", said_by_postgres(.0))]
    Postgres(sqlx::Error),
    #[error("{0}")]
    Io(io::Error),
    #[error("no connection was free in time")]
    TimedOut,
    #[error("it was closed")]
    Closed,
    #[error("it was not committed: {0}")]
    NotCommitted(String),
    #[error("it was not written; what is logged before this says why")]
    NotWritten,
}

/// What can be in the way to a database, as far as it takes something else to get it out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Obstacle {
    NoAnswer,
    Tls,
    Authorization,
    NoSuchDatabase,
    Rights,
    Other,
}

impl From<rusqlite::Error> for StorageError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error().map(|error| error.extended_code) {
            Some(ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY) => Self::Taken,
            Some(ffi::SQLITE_CONSTRAINT_FOREIGNKEY) => Self::Orphan,
            Some(code) if is_temporary_in_sqlite(code) => Self::Unavailable(Cause::Sqlite(error)),
            _ => Self::Database(Cause::Sqlite(error)),
        }
    }
}

impl From<sqlx::Error> for StorageError {
    fn from(error: sqlx::Error) -> Self {
        match error.as_database_error() {
            Some(database) if database.is_unique_violation() => Self::Taken,
            Some(database) if database.is_foreign_key_violation() => Self::Orphan,
            _ if is_temporary(&error) => Self::Unavailable(Cause::Postgres(error)),
            _ => Self::Database(Cause::Postgres(error)),
        }
    }
}

impl From<io::Error> for StorageError {
    fn from(error: io::Error) -> Self {
        Self::Unavailable(Cause::Io(error))
    }
}

impl StorageError {
    /// What the database itself said, without where it comes from and what number it has.
    pub(crate) fn reason(&self) -> String {
        match self {
            Self::Unavailable(cause) | Self::Database(cause) => cause.to_string(),
            Self::Taken | Self::Orphan | Self::Corrupt { .. } => self.to_string(),
        }
    }

    /// What is in the way to `PostgreSQL`.
    pub(crate) fn obstacle(&self) -> Obstacle {
        let (Self::Unavailable(Cause::Postgres(error)) | Self::Database(Cause::Postgres(error))) =
            self
        else {
            return Obstacle::Other;
        };
        match (error, sqlstate(error)) {
            (sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut, _) => Obstacle::NoAnswer,
            (sqlx::Error::Tls(_), _) => Obstacle::Tls,
            (_, Some(code)) if code.starts_with("28") => Obstacle::Authorization,
            (_, Some(code)) if code.starts_with("3D") => Obstacle::NoSuchDatabase,
            // insufficient_privilege
            (_, Some("42501")) => Obstacle::Rights,
            _ => Obstacle::Other,
        }
    }
}

fn said_by_sqlite(error: &rusqlite::Error) -> String {
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => "it is not an SQLite database".to_owned(),
        _ => error.to_string(),
    }
}

fn said_by_postgres(error: &sqlx::Error) -> String {
    error.as_database_error().map_or_else(|| error.to_string(), |said| said.message().to_owned())
}

/// Whether `PostgreSQL` gave up on a step because of another one: the same step, begun again, may
/// succeed at once.
pub(super) fn is_conflict(error: &sqlx::Error) -> bool {
    // serialization_failure and deadlock_detected
    matches!(sqlstate(error), Some("40001" | "40P01"))
}

fn is_temporary(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed => true,
        error => sqlstate(error).is_some_and(is_temporary_in_postgres),
    }
}

/// The primary result code is the last byte of the extended one.
fn is_temporary_in_sqlite(code: i32) -> bool {
    // BUSY, LOCKED, NOMEM, READONLY, IOERR, FULL, CANTOPEN, PROTOCOL (its log could not be locked)
    matches!(code & 0xff, 5 | 6 | 7 | 8 | 10 | 13 | 14 | 15)
}

fn is_temporary_in_postgres(sqlstate: &str) -> bool {
    // The first two characters are the class.
    match sqlstate.get(..2) {
        // Connection, authorization, no such database, conflict with another transaction, resources
        // (disk, memory, connections), lock not available, operator (shutdown, time limit), system.
        Some("08" | "28" | "3D" | "40" | "53" | "55" | "57" | "58") => true,
        // read_only_sql_transaction: the server is a standby, as it is while another takes over.
        _ => sqlstate == "25006",
    }
}

fn sqlstate(error: &sqlx::Error) -> Option<&str> {
    let error = error.as_database_error()?;
    error.try_downcast_ref::<PgDatabaseError>().map(PgDatabaseError::code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_by_itself_is_told_from_what_does_not() {
        for (code, name, is_temporary) in [
            ("53100", "disk_full", true),
            ("53300", "too_many_connections", true),
            ("57014", "query_canceled, as by a time limit", true),
            ("57P01", "admin_shutdown", true),
            ("55P03", "lock_not_available", true),
            ("25006", "read_only_sql_transaction", true),
            ("58030", "io_error", true),
            ("54000", "program_limit_exceeded", false),
            ("42P01", "undefined_table", false),
            ("23505", "unique_violation", false),
            ("XX001", "data_corrupted", false),
        ] {
            assert_eq!(is_temporary_in_postgres(code), is_temporary, "{code} {name}");
        }
        for (code, name, is_temporary) in [
            (5, "BUSY", true),
            (517, "BUSY_SNAPSHOT", true),
            (778, "IOERR_WRITE", true),
            (13, "FULL", true),
            (15, "PROTOCOL", true),
            (1, "ERROR", false),
            (11, "CORRUPT", false),
            (26, "NOTADB", false),
            (2067, "CONSTRAINT_UNIQUE", false),
        ] {
            assert_eq!(is_temporary_in_sqlite(code), is_temporary, "{code} {name}");
        }
    }
}
