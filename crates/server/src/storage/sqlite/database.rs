//! A database in a file, or in memory.

use async_trait::async_trait;

use super::reader::Reader;
use super::writer::{Writer, Writing};
use crate::storage::backend::{Backend, PoolSize};
use crate::storage::failure::StorageError;
use crate::storage::statement::{Row, Statement};

/// A `SQLite` database.
///
/// There is one connection that writes: `SQLite` lets one writer in at a time, and waiting for a
/// task is fair, waiting for its lock is not. A writer in another process is waited for, up to a
/// limit. A database in memory lives in its only connection, which reads as well.
#[derive(Debug)]
pub(in crate::storage) struct Sqlite {
    pub(super) reader: Reader,
    /// The connection of the writer.
    pub(super) writing: Writing,
    pub(super) writer: Writer,
}

#[async_trait]
impl Backend for Sqlite {
    async fn read(&self, statement: Statement) -> Result<Vec<Row>, StorageError> {
        self.reader.read(&statement).await
    }

    async fn write(&self, statements: Vec<Statement>) -> Result<Vec<Row>, StorageError> {
        self.writer.write(statements).await
    }

    fn locks_rows(&self) -> bool {
        false
    }

    fn pool_size(&self) -> PoolSize {
        let (reader, writer) = (self.reader.pool_size(), self.writing.size());
        PoolSize { open: reader.open + writer.open, idle: reader.idle + writer.idle }
    }

    async fn close(&self) {
        self.reader.close().await;
        self.writing.close().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::{Storage, WhenMissing, contract};

    #[tokio::test(flavor = "multi_thread")]
    async fn a_file_meets_the_storage_contract() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("registries.db");
        let sqlite = Sqlite::open(&path, WhenMissing::Create).await.unwrap();
        contract::run(Storage::on(sqlite)).await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_database_in_memory_meets_the_storage_contract() {
        contract::run(Storage::in_memory().unwrap()).await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn two_processes_on_one_file_meet_the_storage_contract() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("registries.db");
        let one = Sqlite::open(&path, WhenMissing::Create).await.unwrap();
        let other = Sqlite::open(&path, WhenMissing::Fail).await.unwrap();
        contract::run_on_two(Storage::on(one), Storage::on(other)).await;
    }

    #[tokio::test]
    async fn a_file_that_is_locked_or_full_is_not_available_until_it_is_free() {
        use chrono::Utc;
        use uuid::Uuid;

        use crate::domain::organization::Organization;

        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("registries.db");
        let sqlite = Sqlite::open(&path, WhenMissing::Create).await.unwrap();
        let writing = sqlite.writing.clone();
        let storage = Storage::on(sqlite);
        let create = async |slug: &str| {
            let slug = slug.parse().unwrap();
            let (id, name) = (Uuid::now_v7(), "x".repeat(100_000));
            let organization = Organization { id, slug, name, created_at: Utc::now() };
            storage.create_organization(&organization).await
        };
        let set = async |pragma: &'static str| {
            writing.acquire().await.unwrap().batch(pragma).unwrap();
        };
        let unavailable = |result| matches!(result, Err(StorageError::Unavailable(_)));
        set("PRAGMA busy_timeout = 0").await;
        let other = Sqlite::open(&path, WhenMissing::Fail).await.unwrap();
        other.writing.acquire().await.unwrap().batch("BEGIN IMMEDIATE").unwrap();
        assert!(unavailable(create("locked").await));
        other.writing.acquire().await.unwrap().batch("ROLLBACK").unwrap();
        create("free").await.unwrap();

        set("PRAGMA max_page_count = 1").await;
        assert!(unavailable(create("full").await));
        set("PRAGMA max_page_count = 1000").await;
        create("roomy").await.unwrap();
    }
}
