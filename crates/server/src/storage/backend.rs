//! What a database has to be able to do.

use std::fmt;

use async_trait::async_trait;

use super::failure::StorageError;
use super::statement::{Row, Statement};

/// A database.
///
/// Both ways to it are one atomic step: concurrent ones, also those of other processes on the same
/// database, happen in some order.
#[async_trait]
pub(super) trait Backend: fmt::Debug + Send + Sync + 'static {
    /// The rows that a statement gives, which changes nothing.
    async fn read(&self, statement: Statement) -> Result<Vec<Row>, StorageError>;

    /// Carries out all of these or none, and returns the rows that the last one gives. By then they
    /// will survive the process and the machine.
    async fn write(&self, statements: Vec<Statement>) -> Result<Vec<Row>, StorageError>;

    /// Whether writes wait for each other only where they write the same rows.
    fn locks_rows(&self) -> bool;

    /// How many connections to the database there are now.
    fn pool_size(&self) -> PoolSize;

    /// Finishes what runs and lets go of the database.
    async fn close(&self);
}

/// Connections to a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PoolSize {
    pub(crate) open: u32,
    /// Those of them that are unused.
    pub(crate) idle: u32,
}
