//! Which failures of a database pass by themselves.

use sqlx::error::DatabaseError;
use sqlx::postgres::PgDatabaseError;
use sqlx::sqlite::SqliteError;

use super::StorageError;
use super::sqlite::DirectError;

/// What can be in the way to a database, as far as it takes something else to get it out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Obstacle {
    NoAnswer,
    Tls,
    Authorization,
    NoSuchDatabase,
    Other,
}

impl From<sqlx::Error> for StorageError {
    fn from(error: sqlx::Error) -> Self {
        if is_temporary(&error) { Self::Unavailable(error) } else { Self::Database(error) }
    }
}

impl StorageError {
    /// What the database itself said.
    pub(crate) fn reason(&self) -> String {
        match self {
            Self::Unavailable(source) | Self::Database(source) => source.to_string(),
            Self::Taken | Self::Corrupt { .. } => self.to_string(),
        }
    }

    /// What is in the way to `PostgreSQL`.
    pub(crate) fn obstacle(&self) -> Obstacle {
        let (Self::Unavailable(source) | Self::Database(source)) = self else {
            return Obstacle::Other;
        };
        match (source, sqlstate(source)) {
            (sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut, _) => Obstacle::NoAnswer,
            (sqlx::Error::Tls(_), _) => Obstacle::Tls,
            (_, Some(code)) if code.starts_with("28") => Obstacle::Authorization,
            (_, Some(code)) if code.starts_with("3D") => Obstacle::NoSuchDatabase,
            _ => Obstacle::Other,
        }
    }

    /// Whether the database gave up on a step because of another one: the same step, begun again,
    /// may succeed at once.
    pub(super) fn is_conflict(&self) -> bool {
        // serialization_failure and deadlock_detected
        matches!(self, Self::Unavailable(error) if matches!(sqlstate(error), Some("40001" | "40P01")))
    }
}

fn is_temporary(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => true,
        sqlx::Error::Database(error) if is_of_sqlite(&**error) => is_temporary_in_sqlite(&**error),
        sqlx::Error::Database(error) => sqlstate_of(&**error).is_some_and(is_temporary_in_postgres),
        _ => false,
    }
}

fn is_of_sqlite(error: &dyn DatabaseError) -> bool {
    error.try_downcast_ref::<SqliteError>().is_some()
        || error.try_downcast_ref::<DirectError>().is_some()
}

/// The primary result code is the last byte of the extended one.
fn is_temporary_in_sqlite(error: &dyn DatabaseError) -> bool {
    let code = error.code().and_then(|code| code.parse::<u32>().ok());
    matches!(
        code.map(|code| code & 0xff),
        // BUSY, LOCKED, NOMEM, READONLY, IOERR, FULL, CANTOPEN
        Some(5 | 6 | 7 | 8 | 10 | 13 | 14)
    )
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
    error.as_database_error().and_then(sqlstate_of)
}

fn sqlstate_of(error: &dyn DatabaseError) -> Option<&str> {
    error.try_downcast_ref::<PgDatabaseError>().map(PgDatabaseError::code)
}
