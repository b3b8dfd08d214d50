//! The storage, on whatever database.

use std::sync::Arc;

use uuid::Uuid;

use super::backend::{Backend, PoolSize};
use super::counts::SharedCounts;
use super::failure::StorageError;
use super::statement::{Row, Statement, Value};

/// Durable storage.
///
/// Every method is one atomic step. Concurrent calls, also those of other processes on the same
/// database, happen in some order. A method that writes returns when its write will survive the
/// process and the machine.
#[derive(Debug, Clone)]
pub(crate) struct Storage {
    backend: Arc<dyn Backend>,
    shared_counts: Option<Arc<SharedCounts>>,
}

impl Storage {
    pub(super) fn on(backend: impl Backend) -> Self {
        Self { backend: Arc::new(backend), shared_counts: None }
    }

    /// On a database in which all processes count their requests together.
    pub(super) fn with_shared_counts(backend: impl Backend) -> Self {
        let backend: Arc<dyn Backend> = Arc::new(backend);
        let shared_counts = Some(Arc::new(SharedCounts::on(backend.clone())));
        Self { backend, shared_counts }
    }

    pub(super) async fn read<const N: usize>(
        &self,
        sql: &'static str,
        values: [Value; N],
    ) -> Result<Vec<Row>, StorageError> {
        self.backend.read(Statement::new(sql, values)).await
    }

    pub(super) async fn write<const N: usize>(
        &self,
        sql: &'static str,
        values: [Value; N],
    ) -> Result<Vec<Row>, StorageError> {
        self.write_all(vec![Statement::new(sql, values)]).await
    }

    /// Carries out all of these or none, and returns what the last one gives.
    pub(super) async fn write_all(
        &self,
        statements: Vec<Statement>,
    ) -> Result<Vec<Row>, StorageError> {
        self.backend.write(statements).await
    }

    pub(super) fn locks_rows(&self) -> bool {
        self.backend.locks_rows()
    }

    /// Where the requests of all processes on this database are counted together. `None` where each
    /// process counts its own.
    pub(crate) fn shared_counts(&self) -> Option<&SharedCounts> {
        self.shared_counts.as_deref()
    }

    /// Does nothing but ask the database for a response.
    pub(crate) async fn ping(&self) -> Result<(), StorageError> {
        self.has_organizations().await.map(drop)
    }

    /// How many connections to the database there are now.
    pub(crate) fn pool_size(&self) -> PoolSize {
        self.backend.pool_size()
    }

    /// Finishes what runs and lets go of the database.
    pub(crate) async fn close(&self) {
        self.backend.close().await;
    }
}

/// Which part of a list is wanted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Page {
    /// It begins after this id, or at the beginning of the list.
    pub(crate) after: Option<Uuid>,
    /// How many it has at most.
    pub(crate) limit: u32,
    /// It ends with the entry whose texts exceed this, together with those before.
    pub(crate) bytes: u32,
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part<T> {
    pub(crate) items: Vec<T>,
    /// Whether the list ends with it.
    pub(crate) is_last: bool,
}

impl Page {
    /// Reads a part of the list of what belongs to something. The statement takes that, the id to
    /// begin after, how many entries there may be, and how long their texts; each row has in
    /// `ahead` the number of entries without the last condition.
    pub(super) async fn of<T>(
        self,
        storage: &Storage,
        sql: &'static str,
        owner: Uuid,
        entry: impl Fn(&Row) -> Result<T, StorageError>,
    ) -> Result<Part<T>, StorageError> {
        // Nothing has the first of all ids.
        let after = self.after.unwrap_or(Uuid::nil());
        let (limit, bytes) = (i64::from(self.limit), i64::from(self.bytes));
        let values = [owner.into(), after.into(), limit.into(), bytes.into()];
        let found = storage.read(sql, values).await?;
        let ahead = found.first().map_or(Ok(0), |row| row.integer("ahead"))?;
        let is_last = ahead < limit && usize::try_from(ahead) == Ok(found.len());
        Ok(Part { items: found.iter().map(entry).collect::<Result<_, _>>()?, is_last })
    }
}
