//! Storage in `SQLite`, in a file or in memory.

mod open;
mod registries;
mod rows;
mod tokens;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sqlx::SqlitePool;
use uuid::Uuid;

use super::{Storage, StorageError};
use crate::domain::organization::{Organization, OrganizationSlug, User};
use crate::domain::properties::RegistrySlug;
use crate::domain::registry::{Registry, RegistryChanges};
use crate::domain::token::{AccessToken, TokenDigest};

pub(crate) use open::{OpenError, WhenMissing};

/// A `SQLite` database.
///
/// There is one connection that writes: `SQLite` lets one writer in at a time, and waiting for a
/// connection is fair, waiting for its lock is not. A writer in another process is waited for, up
/// to a limit. A database in memory lives in its only connection, which reads as well.
#[derive(Debug, Clone)]
pub(crate) struct Sqlite {
    reader: SqlitePool,
    writer: SqlitePool,
}

#[async_trait]
impl Storage for Sqlite {
    async fn create_organization(
        &self,
        organization: &Organization,
        created_at: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        tokens::create_organization(&self.writer, organization, created_at).await
    }

    async fn organization(
        &self,
        slug: &OrganizationSlug,
    ) -> Result<Option<Organization>, StorageError> {
        tokens::organization(&self.reader, slug).await
    }

    async fn create_token(
        &self,
        token: &AccessToken,
        digest: &TokenDigest,
    ) -> Result<User, StorageError> {
        tokens::create(&self.writer, token, digest).await
    }

    async fn token(&self, digest: &TokenDigest) -> Result<Option<AccessToken>, StorageError> {
        tokens::by_digest(&self.reader, digest).await
    }

    async fn revoke_token(&self, id: Uuid, at: DateTime<Utc>) -> Result<bool, StorageError> {
        tokens::revoke(&self.writer, id, at).await
    }

    async fn create_registry(&self, registry: &Registry) -> Result<(), StorageError> {
        registries::create(&self.writer, registry).await
    }

    async fn registries(&self, organization_id: Uuid) -> Result<Vec<Registry>, StorageError> {
        registries::all(&self.reader, organization_id).await
    }

    async fn registry(
        &self,
        organization_id: Uuid,
        slug: &RegistrySlug,
    ) -> Result<Option<Registry>, StorageError> {
        registries::by_slug(&self.reader, organization_id, slug).await
    }

    async fn update_registry(
        &self,
        id: Uuid,
        slug: &RegistrySlug,
        changes: &RegistryChanges,
    ) -> Result<Option<Registry>, StorageError> {
        registries::update(&self.writer, id, slug, changes).await
    }

    async fn delete_registry(
        &self,
        organization_id: Uuid,
        slug: &RegistrySlug,
    ) -> Result<bool, StorageError> {
        registries::delete(&self.writer, organization_id, slug).await
    }

    async fn count_registries(&self) -> Result<usize, StorageError> {
        registries::count(&self.reader).await
    }

    async fn close(&self) {
        self.reader.close().await;
        self.writer.close().await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::storage::contract;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_file_keeps_the_storage_contract() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("registries.db");
        let sqlite = Sqlite::open(&path, WhenMissing::Create).await.unwrap();
        contract::run(Arc::new(sqlite)).await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_database_in_memory_keeps_the_storage_contract() {
        contract::run(Arc::new(Sqlite::in_memory().await.unwrap())).await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn two_processes_on_one_file_keep_the_storage_contract() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("registries.db");
        let one = Sqlite::open(&path, WhenMissing::Create).await.unwrap();
        let other = Sqlite::open(&path, WhenMissing::Fail).await.unwrap();
        contract::run_on_two(Arc::new(one), Arc::new(other)).await;
    }
}
