//! Reading: on the thread that asks.
//!
//! A read of some rows takes microseconds. To hand it over to another thread, and to be woken when
//! it is done, takes longer. A read waits for no writer: in `SQLite`'s write-ahead log neither
//! waits for the other, except for rare moments, which do not hold up the thread.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::ErrorCode;
use tokio::sync::Semaphore;
use tokio::time::sleep;

use super::connection::{Connection, PATIENCE};
use super::writer::Writing;
use crate::storage::backend::PoolSize;
use crate::storage::failure::{Cause, StorageError};
use crate::storage::statement::{Row, Statement};

/// How many read at once at most.
const READERS: u32 = 8;
/// How long to wait for a connection when all are in use.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(30);
/// How long to wait before trying again what others do not let through.
const PAUSE: Duration = Duration::from_millis(5);
/// How often to try again: for as long as a writer waits.
const TRIES: u128 = PATIENCE.as_millis() / PAUSE.as_millis();

/// Where to read.
#[derive(Debug)]
pub(super) enum Reader {
    File(Connections),
    /// The only connection, which writes as well: that of a database in memory, or to a file that is only
    /// read.
    Only(Writing),
}

impl Reader {
    /// A file that a connection is using. Others to it are opened when they are needed.
    pub(super) fn to(path: &Path) -> Self {
        let permits = Semaphore::new(READERS as usize);
        Self::File(Connections { path: path.to_owned(), permits, idle: Mutex::default() })
    }

    pub(super) async fn read(&self, statement: &Statement) -> Result<Vec<Row>, StorageError> {
        match self {
            Self::File(connections) => connections.read(statement).await,
            Self::Only(connection) => patiently(&mut *connection.acquire().await?, statement).await,
        }
    }

    pub(super) fn pool_size(&self) -> PoolSize {
        match self {
            Self::File(connections) => connections.size(),
            // It is counted as the one that writes.
            Self::Only(_) => PoolSize { open: 0, idle: 0 },
        }
    }

    pub(super) async fn close(&self) {
        match self {
            Self::File(connections) => connections.close().await,
            Self::Only(connection) => connection.close().await,
        }
    }
}

/// Reads, and waits for those who are in the way while the thread does something else.
pub(super) async fn patiently(
    connection: &mut Connection,
    statement: &Statement,
) -> Result<Vec<Row>, StorageError> {
    for _ in 0..TRIES {
        match connection.run(statement) {
            Err(error) if is_busy(&error) => sleep(PAUSE).await,
            result => return Ok(result?),
        }
    }
    Ok(connection.run(statement)?)
}

/// Another connection writes, or changes what all read.
fn is_busy(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error_code();
    matches!(code, Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

/// Connections to a file.
#[derive(Debug)]
pub(super) struct Connections {
    path: PathBuf,
    permits: Semaphore,
    idle: Mutex<Vec<Connection>>,
}

impl Connections {
    /// Who gives up waiting costs no more than the connection.
    async fn read(&self, statement: &Statement) -> Result<Vec<Row>, StorageError> {
        let permit = tokio::time::timeout(ACQUIRE_TIMEOUT, self.permits.acquire()).await;
        let permit = permit.map_err(|_| StorageError::Unavailable(Cause::TimedOut))?;
        let _permit = permit.map_err(|_| StorageError::Unavailable(Cause::Closed))?;
        let idle = self.idle().pop();
        let mut connection = idle.map_or_else(|| Connection::reading(&self.path), Ok)?;
        let rows = patiently(&mut connection, statement).await;
        self.idle().push(connection);
        rows
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn size(&self) -> PoolSize {
        let idle = u32::try_from(self.idle().len()).unwrap_or(u32::MAX);
        let free = u32::try_from(self.permits.available_permits()).unwrap_or(u32::MAX);
        PoolSize { open: idle + READERS.saturating_sub(free), idle }
    }

    async fn close(&self) {
        // Those that read finish that.
        if let Ok(all) = self.permits.acquire_many(READERS).await {
            self.permits.close();
            drop(all);
        }
        self.idle().clear();
    }
}
