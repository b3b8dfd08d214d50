//! How a database can fail, and which failures pass by themselves.

use std::io;

use rusqlite::{ErrorCode, ffi};

use super::postgres;

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
    #[error("the database has an unreadable {what}: {value:?}; run `registries-server doctor`")]
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
    #[error("{}", postgres::said(.0))]
    Postgres(postgres::Failure),
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

    /// Whether another process has what is needed.
    pub(crate) fn is_busy(&self) -> bool {
        let Self::Unavailable(Cause::Sqlite(error)) = self else { return false };
        let code = error.sqlite_error_code();
        matches!(code, Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
    }

    /// Whether what is in the database is the problem, and not the way to it.
    pub(crate) fn is_about_contents(&self) -> bool {
        matches!(self, Self::Database(_) | Self::Corrupt { .. })
    }

    /// What is in the way to `PostgreSQL`.
    pub(crate) fn obstacle(&self) -> Obstacle {
        match self {
            Self::Unavailable(Cause::Postgres(error)) | Self::Database(Cause::Postgres(error)) => {
                postgres::obstacle(error)
            }
            _ => Obstacle::Other,
        }
    }
}

impl Obstacle {
    /// What it is, and what to do about it.
    pub(crate) fn explained(self) -> (&'static str, &'static str) {
        match self {
            Self::NoAnswer => {
                ("it does not answer", "start it, or correct host and port in the URL")
            }
            Self::Tls => ("TLS failed", "correct sslmode and sslrootcert in the URL"),
            Self::Authorization => (
                "it rejects the user",
                "correct user, password or sslmode in the URL, or its pg_hba.conf",
            ),
            Self::NoSuchDatabase => {
                ("it has no such database", "PostgreSQL's `createdb` creates one")
            }
            Self::Rights => {
                ("the user lacks rights", "name the owner in the URL, or grant the rights")
            }
            Self::Other => ("it failed", "solve this, and try again"),
        }
    }
}

/// Never the library's words alone: what is wrong stands before them.
fn said_by_sqlite(error: &rusqlite::Error) -> String {
    let what = match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => return "it is not an SQLite database".to_owned(),
        Some(ErrorCode::CannotOpen) => {
            "reading and writing needs access to the file and to its folder"
        }
        Some(ErrorCode::ReadOnly) => {
            return "the file, or its folder, is read-only for this user".to_owned();
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            "another process has locked it"
        }
        Some(ErrorCode::DatabaseCorrupt) => "it is damaged",
        Some(ErrorCode::DiskFull) => "the disk is full",
        Some(ErrorCode::SystemIoFailure) => "the disk cannot be read or written",
        _ => "SQLite failed",
    };
    format!("{what}: {error}")
}

/// The primary result code is the last byte of the extended one.
fn is_temporary_in_sqlite(code: i32) -> bool {
    // BUSY, LOCKED, NOMEM, READONLY, IOERR, FULL, CANTOPEN, PROTOCOL (its log could not be locked)
    matches!(code & 0xff, 5 | 6 | 7 | 8 | 10 | 13 | 14 | 15)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn temporary_failures_are_recognised() {
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
