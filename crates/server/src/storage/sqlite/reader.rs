//! Reading: on the thread that asks.
//!
//! A read of some rows takes microseconds, less than it takes to hand it over to another thread and
//! to be woken when it is done. It waits for no writer: in `SQLite`'s write-ahead log neither waits for
//! the other, but for rare moments, which are waited for without holding up the thread.

use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rusqlite::OpenFlags;
use sqlx::SqlitePool;
use sqlx::pool::PoolConnection;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::direct::{is_busy, sqlx_error};
use crate::storage::sql::Connection;
use crate::storage::{PoolSize, StorageError};

/// How many read at once at most.
const READERS: u32 = 8;
/// How long to wait for a connection when all are in use.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(30);

/// Where to read.
#[derive(Debug)]
pub(super) enum Reader {
    File(Box<Connections>),
    /// The only connection of a database in memory, which writes as well.
    Memory(SqlitePool),
}

impl Reader {
    /// A file that exists. Connections to it are opened when they are needed.
    pub(super) fn to(path: &Path) -> Self {
        let path = path.to_owned();
        let permits = Semaphore::new(READERS as usize);
        Self::File(Box::new(Connections {
            path,
            permits,
            idle: Mutex::default(),
            version: Mutex::default(),
        }))
    }

    pub(super) async fn acquire(&self) -> Result<Reading<'_>, StorageError> {
        Ok(match self {
            Self::File(connections) => Reading::File(connections.acquire().await?),
            Self::Memory(pool) => Reading::Memory(pool.acquire().await?),
        })
    }

    /// What `SQLite` tells a connection of what others have written.
    pub(super) fn version(&self) -> Result<Option<u32>, StorageError> {
        match self {
            Self::File(connections) => connections.version(),
            // What its only connection writes, it is not told.
            Self::Memory(_) => Ok(None),
        }
    }

    pub(super) fn pool_size(&self) -> PoolSize {
        match self {
            Self::File(connections) => connections.size(),
            Self::Memory(pool) => PoolSize::of(pool),
        }
    }

    pub(super) async fn close(&self) {
        match self {
            Self::File(connections) => connections.close().await,
            Self::Memory(pool) => pool.close().await,
        }
    }
}

/// A connection that is given back when it is dropped.
pub(super) enum Reading<'r> {
    File(Lease<'r>),
    Memory(PoolConnection<sqlx::Sqlite>),
}

impl Deref for Reading<'_> {
    type Target = dyn Connection;

    fn deref(&self) -> &Self::Target {
        match self {
            Self::File(lease) => lease.connection.as_ref().expect(LEASED),
            Self::Memory(connection) => &**connection,
        }
    }
}

impl DerefMut for Reading<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        match self {
            Self::File(lease) => lease.connection.as_mut().expect(LEASED),
            Self::Memory(connection) => &mut **connection,
        }
    }
}

/// A connection to a file.
pub(super) struct Lease<'r> {
    /// There is one until this is dropped.
    connection: Option<rusqlite::Connection>,
    of: &'r Connections,
    _permit: SemaphorePermit<'r>,
}

const LEASED: &str = "a connection is given back only when its lease is dropped";

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        self.of.idle().extend(self.connection.take());
    }
}

/// Connections to a file.
#[derive(Debug)]
pub(super) struct Connections {
    path: PathBuf,
    permits: Semaphore,
    idle: Mutex<Vec<rusqlite::Connection>>,
    /// The connection that is asked for the version, always the same: another one counts otherwise.
    version: Mutex<Option<rusqlite::Connection>>,
}

impl Connections {
    async fn acquire(&self) -> Result<Lease<'_>, StorageError> {
        let permit = tokio::time::timeout(ACQUIRE_TIMEOUT, self.permits.acquire()).await;
        let permit = permit.map_err(|_| sqlx::Error::PoolTimedOut)?;
        let permit = permit.map_err(|_| sqlx::Error::PoolClosed)?;
        let idle = self.idle().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => self.open().map_err(sqlx_error)?,
        };
        Ok(Lease { connection: Some(connection), of: self, _permit: permit })
    }

    fn open(&self) -> rusqlite::Result<rusqlite::Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = rusqlite::Connection::open_with_flags(&self.path, flags)?;
        // It is not the thread that waits.
        connection.busy_timeout(Duration::ZERO)?;
        connection.pragma_update(None, "query_only", true)?;
        Ok(connection)
    }

    fn version(&self) -> Result<Option<u32>, StorageError> {
        let mut connection = self.version.lock().unwrap_or_else(PoisonError::into_inner);
        if self.permits.is_closed() {
            return Err(sqlx::Error::PoolClosed.into());
        }
        if connection.is_none() {
            *connection = Some(self.open().map_err(sqlx_error)?);
        }
        let Some(connection) = &*connection else { return Ok(None) };
        let version = connection
            .prepare_cached("PRAGMA data_version")
            .and_then(|mut statement| statement.query_row([], |row| row.get(0)));
        match version {
            // It cannot be told now, which what is read need not know.
            Err(error) if is_busy(&error) => Ok(None),
            version => Ok(Some(version.map_err(sqlx_error)?)),
        }
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<rusqlite::Connection>> {
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
        *self.version.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
