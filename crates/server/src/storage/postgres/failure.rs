//! How `PostgreSQL` can fail, and which failures pass by themselves.

use sqlx::postgres::PgDatabaseError;

use crate::storage::failure::{Cause, Obstacle, StorageError};

pub(crate) type Failure = sqlx::Error;

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

/// What is in the way to it.
pub(in crate::storage) fn obstacle(error: &Failure) -> Obstacle {
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

/// What it said, as far as it is of use to people.
pub(in crate::storage) fn said(error: &Failure) -> String {
    match error {
        sqlx::Error::PoolTimedOut => "it did not answer in time".to_owned(),
        sqlx::Error::PoolClosed => "it was closed".to_owned(),
        sqlx::Error::Io(error) => format!("the connection failed: {error}"),
        sqlx::Error::Tls(error) => error.to_string(),
        sqlx::Error::Database(said) => said.message().to_owned(),
        other => format!("the connection failed: {other}"),
    }
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
        error => sqlstate(error).is_some_and(is_temporary_state),
    }
}

fn is_temporary_state(sqlstate: &str) -> bool {
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
    fn temporary_failures_are_recognised() {
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
            assert_eq!(is_temporary_state(code), is_temporary, "{code} {name}");
        }
    }
}
