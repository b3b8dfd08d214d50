//! Connections to `SQLite`, used by the thread that has them.

use std::borrow::Cow;
use std::collections::HashMap;
use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use rusqlite::types::{FromSql, FromSqlError, Value as Stored, ValueRef};
use rusqlite::{CachedStatement, ErrorCode, OpenFlags, ffi};
use sqlx::error::{DatabaseError, ErrorKind};
use tokio::time::{Instant, sleep};

use crate::storage::sql::{Connection, Row, Value};

/// How long to wait for a writer in another process.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
/// How long to wait before trying again what others do not let through.
const PAUSE: Duration = Duration::from_millis(5);
/// Statements that a connection need not read again: there are fewer.
const STATEMENTS: usize = 64;

/// A connection.
#[derive(Debug)]
pub(super) struct Direct {
    connection: rusqlite::Connection,
    /// How long to try again what others do not let through, while the thread does something else.
    patience: Duration,
    /// The names of the columns that statements give.
    columns: HashMap<&'static str, Arc<[Box<str>]>>,
}

impl Direct {
    /// Opens a file for reading. Who waits for others does not hold up the thread.
    pub(super) fn reading(path: &Path) -> Result<Self, sqlx::Error> {
        let connection = open(path).map_err(sqlx_error)?;
        let set = connection.pragma_update(None, "query_only", true);
        set.and_then(|()| connection.busy_timeout(Duration::ZERO)).map_err(sqlx_error)?;
        Ok(Self::new(connection, PATIENCE))
    }

    /// Opens a file for writing. Who waits for others holds up the thread, and looks again at least
    /// ten times a second.
    pub(super) fn writing(path: &Path) -> Result<Self, sqlx::Error> {
        let connection = open(path).map_err(sqlx_error)?;
        // An answered write must survive a crash of the machine, not of the process alone.
        let set = connection.pragma_update(None, "synchronous", "FULL");
        // Where the system has two ways to write to the disk, the one that reaches it.
        set.and_then(|()| connection.pragma_update(None, "fullfsync", true))
            .and_then(|()| connection.pragma_update(None, "foreign_keys", true))
            .and_then(|()| connection.busy_timeout(PATIENCE))
            .map_err(sqlx_error)?;
        Ok(Self::new(connection, Duration::ZERO))
    }

    /// Opens a file that nobody changes meanwhile. It takes no locks, looks at no file beside it, and
    /// leaves everything as it is.
    pub(super) fn immutable(path: &Path) -> Result<Self, sqlx::Error> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
            | OpenFlags::SQLITE_OPEN_URI
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let uri = format!("file:{}?immutable=1", encoded(path));
        let connection = rusqlite::Connection::open_with_flags(uri, flags).map_err(sqlx_error)?;
        Ok(Self::new(connection, Duration::ZERO))
    }

    /// A new database, which is gone with this connection.
    pub(super) fn in_memory() -> Result<Self, sqlx::Error> {
        let connection = rusqlite::Connection::open_in_memory().map_err(sqlx_error)?;
        connection.pragma_update(None, "foreign_keys", true).map_err(sqlx_error)?;
        Ok(Self::new(connection, Duration::ZERO))
    }

    fn new(connection: rusqlite::Connection, patience: Duration) -> Self {
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        Self { connection, patience, columns: HashMap::new() }
    }

    /// Runs any number of statements that give nothing.
    pub(super) fn batch(&self, sql: &str) -> Result<(), sqlx::Error> {
        self.connection.execute_batch(sql).map_err(sqlx_error)
    }

    /// Copies the database into an empty file, as it is at one moment.
    pub(super) fn copy_into(&self, path: &str) -> Result<(), sqlx::Error> {
        // It is not let those who only read, though it changes nothing.
        self.connection
            .pragma_update(None, "query_only", false)
            .and_then(|()| self.connection.busy_timeout(PATIENCE))
            .and_then(|()| self.connection.execute("VACUUM INTO ?1", [path]))
            .map_err(sqlx_error)?;
        Ok(())
    }

    fn rows_at_once(
        &mut self,
        sql: &'static str,
        values: &[Value<'_>],
    ) -> rusqlite::Result<Vec<Row>> {
        let mut statement = self.connection.prepare_cached(sql)?;
        bind(&mut statement, values)?;
        let names = || statement.column_names().into_iter().map(Box::from).collect();
        let columns = &*self.columns.entry(sql).or_insert_with(names);
        let mut found = Vec::new();
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next()? {
            let values =
                (0..columns.len()).map(|index| row.get(index)).collect::<Result<_, _>>()?;
            found.push(Row::Sqlite(DirectRow { columns: columns.clone(), values }));
        }
        Ok(found)
    }
}

/// Opens a file that exists.
fn open(path: &Path) -> rusqlite::Result<rusqlite::Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    rusqlite::Connection::open_with_flags(path, flags)
}

/// A path as it is written in a URI.
fn encoded(path: &Path) -> String {
    const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'-').remove(b'_');
    #[cfg(unix)]
    let bytes = std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str());
    #[cfg(not(unix))]
    let text = format!("/{}", path.to_string_lossy().replace('\\', "/"));
    #[cfg(not(unix))]
    let bytes = text.as_bytes();
    percent_encode(bytes, PLAIN).to_string()
}

#[async_trait]
impl Connection for Direct {
    async fn execute(
        &mut self,
        sql: &'static str,
        values: &[Value<'_>],
    ) -> Result<u64, sqlx::Error> {
        self.rows(sql, values).await?;
        Ok(self.connection.changes())
    }

    async fn rows(
        &mut self,
        sql: &'static str,
        values: &[Value<'_>],
    ) -> Result<Vec<Row>, sqlx::Error> {
        let mut deadline = None;
        loop {
            match self.rows_at_once(sql, values) {
                Err(error) if is_busy(&error) => {
                    let deadline = *deadline.get_or_insert_with(|| Instant::now() + self.patience);
                    if Instant::now() >= deadline {
                        return Err(sqlx_error(error));
                    }
                    sleep(PAUSE).await;
                }
                result => return result.map_err(sqlx_error),
            }
        }
    }
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
    columns: Arc<[Box<str>]>,
    values: Box<[Stored]>,
}

impl DirectRow {
    pub(in crate::storage) fn get<T: FromSql>(&self, column: &str) -> Result<T, sqlx::Error> {
        let value = ValueRef::from(self.value(column)?);
        T::column_result(value).map_err(|source| wrong_type(column, source))
    }

    pub(in crate::storage) fn text(&self, column: &str) -> Result<Option<&str>, sqlx::Error> {
        let value = ValueRef::from(self.value(column)?);
        value.as_str_or_null().map_err(|source| wrong_type(column, source))
    }

    fn value(&self, column: &str) -> Result<&Stored, sqlx::Error> {
        let index = self.columns.iter().position(|name| **name == *column);
        let value = index.and_then(|index| self.values.get(index));
        value.ok_or_else(|| sqlx::Error::ColumnNotFound(column.to_owned()))
    }
}

fn wrong_type(column: &str, source: FromSqlError) -> sqlx::Error {
    sqlx::Error::ColumnDecode { index: column.to_owned(), source: source.into() }
}

/// Another connection writes, or changes what all read.
fn is_busy(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error_code();
    matches!(code, Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

/// The same error as sqlx has it.
fn sqlx_error(error: rusqlite::Error) -> sqlx::Error {
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
            ffi::SQLITE_CONSTRAINT_FOREIGNKEY => ErrorKind::ForeignKeyViolation,
            _ => ErrorKind::Other,
        }
    }
}
