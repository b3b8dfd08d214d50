//! Reading: on the thread that asks.
//!
//! A read of some rows takes microseconds, less than it takes to hand it over to another thread and
//! to be woken when it is done. It waits for no writer: in `SQLite`'s write-ahead log neither waits for
//! the other, but for rare moments, which are waited for without holding up the thread.

use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};

use super::direct::Direct;
use super::version::Versions;
use super::writer::{Writable, Writing};
use crate::kept::Version;
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
    /// The only connection, which writes as well: that of a database in memory, or to a file that is only
    /// read.
    Only(Writing),
}

impl Reader {
    /// A file that a connection is using. Others to it are opened when they are needed.
    pub(super) fn to(path: &Path) -> Self {
        let path = path.to_owned();
        let permits = Semaphore::new(READERS as usize);
        let versions = Versions::of(&path);
        Self::File(Box::new(Connections { path, permits, idle: Mutex::default(), versions }))
    }

    pub(super) async fn acquire(&self) -> Result<Reading<'_>, StorageError> {
        Ok(match self {
            Self::File(connections) => Reading::File(connections.acquire().await?),
            Self::Only(connection) => Reading::Only(connection.acquire().await?),
        })
    }

    /// What tells whether anybody has written. `None` where it cannot be told now.
    pub(super) fn version(&self) -> Option<Version> {
        match self {
            Self::File(connections) if !connections.permits.is_closed() => {
                connections.versions.now()
            }
            // Others may go on with a file that was let go.
            Self::File(_) | Self::Only(_) => None,
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

/// A connection that is given back when it is dropped.
pub(super) enum Reading<'r> {
    File(Lease<'r>),
    Only(Writable<'r>),
}

impl Deref for Reading<'_> {
    type Target = dyn Connection;

    fn deref(&self) -> &Self::Target {
        match self {
            Self::File(lease) => lease.connection.as_ref().expect(LEASED),
            Self::Only(connection) => &**connection,
        }
    }
}

impl DerefMut for Reading<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        match self {
            Self::File(lease) => lease.connection.as_mut().expect(LEASED),
            Self::Only(connection) => &mut **connection,
        }
    }
}

/// A connection to a file.
pub(super) struct Lease<'r> {
    /// There is one until this is dropped.
    connection: Option<Direct>,
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
    idle: Mutex<Vec<Direct>>,
    versions: Versions,
}

impl Connections {
    async fn acquire(&self) -> Result<Lease<'_>, StorageError> {
        let permit = tokio::time::timeout(ACQUIRE_TIMEOUT, self.permits.acquire()).await;
        let permit = permit.map_err(|_| sqlx::Error::PoolTimedOut)?;
        let permit = permit.map_err(|_| sqlx::Error::PoolClosed)?;
        let idle = self.idle().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => Direct::reading(&self.path)?,
        };
        Ok(Lease { connection: Some(connection), of: self, _permit: permit })
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Direct>> {
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
