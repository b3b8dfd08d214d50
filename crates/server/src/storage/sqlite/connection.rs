//! Connections to `SQLite`, used by the thread that has them.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use rusqlite::{CachedStatement, OpenFlags, Result, types};

use crate::storage::statement::{Row, Statement, Value};

/// How long to wait for a writer in another process.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
/// Statements that a connection need not read again: there are fewer.
const STATEMENTS: usize = 64;

/// A connection.
#[derive(Debug)]
pub(super) struct Connection {
    connection: rusqlite::Connection,
    /// The names of the columns that statements give.
    columns: HashMap<&'static str, Arc<[Box<str>]>>,
}

impl Connection {
    /// Opens a file for reading. A locked database is an error at once.
    pub(super) fn reading(path: &Path) -> Result<Self> {
        let connection = open(path)?;
        connection.pragma_update(None, "query_only", true)?;
        connection.busy_timeout(Duration::ZERO)?;
        Ok(Self::new(connection))
    }

    /// Opens a file for writing. Who waits for others holds up the thread, and looks again at least
    /// ten times a second.
    pub(super) fn writing(path: &Path) -> Result<Self> {
        let connection = open(path)?;
        // SQLite opens what it may not write to read it, and would say so with the first write.
        if connection.is_readonly(rusqlite::MAIN_DB)? {
            let read_only = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_READONLY);
            return Err(rusqlite::Error::SqliteFailure(read_only, None));
        }
        // A write whose response was sent must survive a crash of the machine, not of the process alone.
        connection.pragma_update(None, "synchronous", "FULL")?;
        // Where the system has two ways to write to the disk, the one that reaches it.
        connection.pragma_update(None, "fullfsync", true)?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.busy_timeout(PATIENCE)?;
        Ok(Self::new(connection))
    }

    /// Opens a file that no process changes meanwhile. It takes no locks, looks at no file beside
    /// it, and leaves everything as it is.
    pub(super) fn immutable(path: &Path) -> Result<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
            | OpenFlags::SQLITE_OPEN_URI
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let uri = format!("file:{}?immutable=1", encoded(path));
        Ok(Self::new(rusqlite::Connection::open_with_flags(uri, flags)?))
    }

    /// A new database, which is gone with this connection.
    pub(super) fn in_memory() -> Result<Self> {
        let connection = rusqlite::Connection::open_in_memory()?;
        connection.pragma_update(None, "foreign_keys", true)?;
        Ok(Self::new(connection))
    }

    fn new(connection: rusqlite::Connection) -> Self {
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        Self { connection, columns: HashMap::new() }
    }

    /// Runs any number of statements, whatever they give.
    pub(super) fn batch(&self, sql: &str) -> Result<()> {
        self.connection.execute_batch(sql)
    }

    /// Copies the database into an empty file, as it is at one moment.
    pub(super) fn copy_into(&self, path: &str) -> Result<()> {
        // It is not let those who only read, though it changes nothing.
        self.connection.pragma_update(None, "query_only", false)?;
        self.connection.busy_timeout(PATIENCE)?;
        self.connection.execute("VACUUM INTO ?1", [path])?;
        Ok(())
    }

    /// Runs a statement to its end, and returns the rows that it gives.
    pub(super) fn run(&mut self, statement: &Statement) -> Result<Vec<Row>> {
        let mut prepared = self.connection.prepare_cached(statement.sql)?;
        bind(&mut prepared, &statement.values)?;
        let names = || prepared.column_names().into_iter().map(Box::from).collect();
        let columns = &*self.columns.entry(statement.sql).or_insert_with(names);
        let mut found = Vec::new();
        let mut rows = prepared.raw_query();
        while let Some(row) = rows.next()? {
            let values =
                (0..columns.len()).map(|index| Ok(row.get::<_, types::Value>(index)?.into()));
            let values = values.collect::<Result<_>>()?;
            found.push(Row { columns: columns.clone(), values });
        }
        Ok(found)
    }
}

impl From<types::Value> for Value {
    fn from(value: types::Value) -> Self {
        match value {
            types::Value::Null => Self::NULL,
            types::Value::Integer(number) => number.into(),
            types::Value::Text(text) => Self::Text(Some(text)),
            types::Value::Blob(bytes) => Self::Bytes(bytes),
            // No table of the server has any, and none is what a column is read as.
            types::Value::Real(number) => Self::Text(Some(number.to_string())),
        }
    }
}

/// Opens a file that exists.
fn open(path: &Path) -> Result<rusqlite::Connection> {
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

/// `SQLite` takes `$2` for a name, and numbers names in the order in which it meets them.
fn bind(statement: &mut CachedStatement<'_>, values: &[Value]) -> Result<()> {
    for index in 1..=statement.parameter_count() {
        let name = statement.parameter_name(index).and_then(|name| name[1..].parse().ok());
        let value = values.get(name.unwrap_or(index) - 1);
        match value.ok_or(rusqlite::Error::InvalidParameterCount(values.len(), index))? {
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
