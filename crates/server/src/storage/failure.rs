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
    Rights,
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
            Self::Unavailable(source) | Self::Database(source) => reason(source),
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
            // insufficient_privilege
            (_, Some("42501")) => Obstacle::Rights,
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

/// What a database itself said, without where it comes from and what number it has.
pub(super) fn reason(error: &sqlx::Error) -> String {
    match error {
        // NOTADB
        sqlx::Error::Database(error) if sqlite_code(&**error) == Some(26) => {
            "it is not an SQLite database".to_owned()
        }
        sqlx::Error::Database(error) => error.message().to_owned(),
        other => other.to_string(),
    }
}

fn is_temporary(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => true,
        sqlx::Error::Database(error) => match sqlite_code(&**error) {
            Some(code) => is_temporary_in_sqlite(code),
            None => sqlstate_of(&**error).is_some_and(is_temporary_in_postgres),
        },
        _ => false,
    }
}

fn is_of_sqlite(error: &dyn DatabaseError) -> bool {
    error.try_downcast_ref::<SqliteError>().is_some()
        || error.try_downcast_ref::<DirectError>().is_some()
}

/// The primary result code, which is the last byte of the extended one.
fn sqlite_code(error: &dyn DatabaseError) -> Option<u32> {
    let code: u32 = error.code().filter(|_| is_of_sqlite(error))?.parse().ok()?;
    Some(code & 0xff)
}

fn is_temporary_in_sqlite(code: u32) -> bool {
    // BUSY, LOCKED, NOMEM, READONLY, IOERR, FULL, CANTOPEN, PROTOCOL (its log could not be locked)
    matches!(code, 5 | 6 | 7 | 8 | 10 | 13 | 14 | 15)
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
            assert_eq!(is_temporary_in_sqlite(code & 0xff), is_temporary, "{code} {name}");
        }
    }
}
