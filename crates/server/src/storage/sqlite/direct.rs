//! Statements on a connection to `SQLite` that is used by the thread that has it.

use std::borrow::Cow;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use rusqlite::types::{FromSql, Value as Stored, ValueRef};
use rusqlite::{CachedStatement, ErrorCode, ffi};
use sqlx::error::{DatabaseError, ErrorKind};
use tokio::time::{Instant, sleep};

use super::open::BUSY_TIMEOUT;
use crate::storage::sql::{Connection, Row, Value};

/// How long to wait before trying again what others do not let through.
const PAUSE: Duration = Duration::from_millis(5);

#[async_trait]
impl Connection for rusqlite::Connection {
    async fn execute(
        &mut self,
        sql: &'static str,
        values: &[Value<'_>],
    ) -> Result<u64, sqlx::Error> {
        self.rows(sql, values).await?;
        Ok(self.changes())
    }

    async fn rows(
        &mut self,
        sql: &'static str,
        values: &[Value<'_>],
    ) -> Result<Vec<Row>, sqlx::Error> {
        let deadline = Instant::now() + BUSY_TIMEOUT;
        loop {
            match rows(self, sql, values) {
                Err(error) if is_busy(&error) && Instant::now() < deadline => sleep(PAUSE).await,
                result => return result.map_err(sqlx_error),
            }
        }
    }
}

fn rows(
    connection: &rusqlite::Connection,
    sql: &str,
    values: &[Value<'_>],
) -> rusqlite::Result<Vec<Row>> {
    let mut statement = connection.prepare_cached(sql)?;
    bind(&mut statement, values)?;
    let columns: Arc<[String]> = statement.column_names().into_iter().map(str::to_owned).collect();
    let mut found = Vec::new();
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next()? {
        let values = (0..columns.len()).map(|index| row.get(index)).collect::<Result<_, _>>()?;
        found.push(Row::Direct(DirectRow { columns: columns.clone(), values }));
    }
    Ok(found)
}

/// `SQLite` takes `$2` for a name, and numbers names in the order in which it meets them.
fn bind(statement: &mut CachedStatement<'_>, values: &[Value<'_>]) -> rusqlite::Result<()> {
    for index in 1..=statement.parameter_count() {
        let number =
            statement.parameter_name(index).and_then(|name| name[1..].parse::<usize>().ok());
        match values[number.unwrap_or(index) - 1] {
            Value::Id(id) => {
                let mut text = [0; 36];
                statement.raw_bind_parameter(index, &*id.hyphenated().encode_lower(&mut text))?;
            }
            Value::Text(text) => statement.raw_bind_parameter(index, text)?,
            Value::Integer(number) => statement.raw_bind_parameter(index, number)?,
            Value::Boolean(boolean) => statement.raw_bind_parameter(index, boolean)?,
            Value::Bytes(bytes) => statement.raw_bind_parameter(index, bytes)?,
        }
    }
    Ok(())
}

/// A row that was read.
pub(in crate::storage) struct DirectRow {
    columns: Arc<[String]>,
    values: Box<[Stored]>,
}

impl DirectRow {
    pub(in crate::storage) fn get<T: FromSql>(&self, column: &str) -> Result<T, sqlx::Error> {
        let index = self.columns.iter().position(|name| name == column);
        let value = index.and_then(|index| self.values.get(index));
        let value = value.ok_or_else(|| sqlx::Error::ColumnNotFound(column.to_owned()))?;
        T::column_result(ValueRef::from(value)).map_err(|source| sqlx::Error::ColumnDecode {
            index: column.to_owned(),
            source: source.into(),
        })
    }
}

/// Another connection writes, or changes what all read.
pub(super) fn is_busy(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error_code();
    matches!(code, Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

/// The same error as the other connections have it.
pub(super) fn sqlx_error(error: rusqlite::Error) -> sqlx::Error {
    match error {
        rusqlite::Error::SqliteFailure(code, message) => {
            let message = message.unwrap_or_else(|| code.to_string());
            sqlx::Error::Database(Box::new(DirectError { code, message }))
        }
        other => sqlx::Error::Protocol(other.to_string()),
    }
}

/// What `SQLite` says is wrong.
#[derive(Debug, thiserror::Error)]
#[error("(code: {}) {message}", code.extended_code)]
pub(in crate::storage) struct DirectError {
    code: ffi::Error,
    message: String,
}

impl DatabaseError for DirectError {
    fn message(&self) -> &str {
        &self.message
    }

    fn code(&self) -> Option<Cow<'_, str>> {
        Some(self.code.extended_code.to_string().into())
    }

    fn as_error(&self) -> &(dyn Error + Send + Sync + 'static) {
        self
    }

    fn as_error_mut(&mut self) -> &mut (dyn Error + Send + Sync + 'static) {
        self
    }

    fn into_error(self: Box<Self>) -> Box<dyn Error + Send + Sync + 'static> {
        self
    }

    fn kind(&self) -> ErrorKind {
        match self.code.extended_code {
            ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY => {
                ErrorKind::UniqueViolation
            }
            _ => ErrorKind::Other,
        }
    }
}
