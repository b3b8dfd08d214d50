//! Storage in `SQLite`, in a file or in memory.

mod backup;
mod direct;
mod inspect;
mod open;
mod place;
mod reader;
mod side_files;
mod version;
mod writer;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::sql::{Connection, organizations, registries, registry_tokens, tokens};
use super::{HAS_ORGANIZATIONS, Page, Part, PoolSize, SharedCounts, Storage, StorageError};
use crate::domain::organization::{Organization, OrganizationSlug, Team, User};
use crate::domain::properties::{Description, RegistrySlug};
use crate::domain::registry::{Registry, RegistryChanges};
use crate::domain::registry_token::RegistryToken;
use crate::domain::token::{AccessToken, TokenDigest};
use crate::kept::{Kept, Version};
use reader::Reader;
use writer::{Writer, Writing};

pub(crate) use backup::{BackupError, backup, restore};
pub(in crate::storage) use direct::{DirectError, DirectRow};
pub(crate) use inspect::inspect;
pub(crate) use side_files::present as side_files;

/// Hands a write over, which a function does on the connection that it is given.
macro_rules! hand_over {
    ($sqlite:ident, |$connection:ident| $write:expr) => {
        $sqlite.writer.write(move |$connection| Box::pin(async move { $write.await })).await
    };
}

/// A `SQLite` database.
///
/// There is one connection that writes: `SQLite` lets one writer in at a time, and waiting for a
/// task is fair, waiting for its lock is not. A writer in another process is waited for, up to a
/// limit. A database in memory lives in its only connection, which reads as well.
#[derive(Debug)]
pub(crate) struct Sqlite {
    reader: Reader,
    /// The connection of the writer.
    writing: Writing,
    writer: Writer,
    /// What every request needs, until anybody writes anything.
    tokens: Kept<TokenDigest, AccessToken>,
}

impl Sqlite {
    fn new(reader: Reader, writing: Writing, writer: Writer) -> Self {
        Self { reader, writing, writer, tokens: Kept::at_most(1024) }
    }
}

#[async_trait]
impl Storage for Sqlite {
    async fn create_organization(&self, organization: &Organization) -> Result<(), StorageError> {
        let organization = organization.clone();
        hand_over!(self, |connection| organizations::create(connection, &organization))
    }

    async fn organization(
        &self,
        slug: &OrganizationSlug,
    ) -> Result<Option<Organization>, StorageError> {
        organizations::by_slug(&mut *self.reader.acquire().await?, slug).await
    }

    async fn organizations(&self) -> Result<Vec<Organization>, StorageError> {
        organizations::all(&mut *self.reader.acquire().await?).await
    }

    async fn create_team(&self, team: &Team) -> Result<(), StorageError> {
        let team = team.clone();
        hand_over!(self, |connection| organizations::create_team(connection, &team))
    }

    async fn teams(&self, organization_id: Uuid) -> Result<Vec<Team>, StorageError> {
        organizations::teams(&mut *self.reader.acquire().await?, organization_id).await
    }

    async fn create_user(&self, user: &User) -> Result<(), StorageError> {
        let user = user.clone();
        hand_over!(self, |connection| organizations::create_user(connection, &user))
    }

    async fn users(&self) -> Result<Vec<User>, StorageError> {
        organizations::users(&mut *self.reader.acquire().await?).await
    }

    async fn create_token(
        &self,
        token: &AccessToken,
        digest: &TokenDigest,
    ) -> Result<User, StorageError> {
        let (token, digest) = (token.clone(), digest.clone());
        hand_over!(self, |connection| create_token(connection, &token, &digest))
    }

    async fn token(&self, digest: &TokenDigest) -> Result<Option<AccessToken>, StorageError> {
        let version = self.reader.version();
        if let Some(kept) = version.and_then(|version| self.tokens.get(digest, version)) {
            return Ok(Some(kept));
        }
        let token = tokens::by_digest(&mut *self.reader.acquire().await?, digest).await?;
        if let (Some(version), Some(token)) = (version, &token) {
            self.tokens.keep(digest.clone(), version, token.clone());
        }
        Ok(token)
    }

    async fn tokens(&self, organization_id: Uuid) -> Result<Vec<AccessToken>, StorageError> {
        tokens::of_organization(&mut *self.reader.acquire().await?, organization_id).await
    }

    async fn revoke_token(&self, id: Uuid, at: DateTime<Utc>) -> Result<bool, StorageError> {
        hand_over!(self, |connection| tokens::revoke(connection, id, at))
    }

    async fn create_registry(&self, registry: &Registry) -> Result<(), StorageError> {
        let registry = registry.clone();
        hand_over!(self, |connection| registries::create(connection, &registry))
    }

    async fn registries(
        &self,
        organization_id: Uuid,
        page: Page,
    ) -> Result<Part<Registry>, StorageError> {
        registries::page(&mut *self.reader.acquire().await?, organization_id, page).await
    }

    async fn registry(
        &self,
        organization_id: Uuid,
        slug: &RegistrySlug,
    ) -> Result<Option<Registry>, StorageError> {
        registries::by_slug(&mut *self.reader.acquire().await?, organization_id, slug).await
    }

    async fn update_registry(
        &self,
        id: Uuid,
        slug: &RegistrySlug,
        changes: &RegistryChanges,
    ) -> Result<Option<Registry>, StorageError> {
        let (slug, changes) = (slug.clone(), changes.clone());
        hand_over!(self, |connection| registries::update(connection, id, &slug, &changes))
    }

    async fn delete_registry(
        &self,
        organization_id: Uuid,
        slug: &RegistrySlug,
    ) -> Result<bool, StorageError> {
        let slug = slug.clone();
        hand_over!(self, |connection| registries::delete(connection, organization_id, &slug))
    }

    async fn create_registry_token(
        &self,
        token: &RegistryToken,
        digest: &TokenDigest,
    ) -> Result<bool, StorageError> {
        let (token, digest) = (token.clone(), digest.clone());
        hand_over!(self, |connection| registry_tokens::create(connection, &token, &digest))
    }

    async fn registry_tokens(
        &self,
        registry_id: Uuid,
        page: Page,
    ) -> Result<Part<RegistryToken>, StorageError> {
        registry_tokens::page(&mut *self.reader.acquire().await?, registry_id, page).await
    }

    async fn registry_token(
        &self,
        registry_id: Uuid,
        id: Uuid,
    ) -> Result<Option<RegistryToken>, StorageError> {
        registry_tokens::by_id(&mut *self.reader.acquire().await?, registry_id, id).await
    }

    async fn update_registry_token(
        &self,
        registry_id: Uuid,
        id: Uuid,
        description: &Description,
    ) -> Result<bool, StorageError> {
        let description = description.clone();
        hand_over!(self, |connection| registry_tokens::update(
            connection,
            registry_id,
            id,
            &description
        ))
    }

    async fn delete_registry_token(
        &self,
        registry_id: Uuid,
        id: Uuid,
    ) -> Result<bool, StorageError> {
        hand_over!(self, |connection| registry_tokens::delete(connection, registry_id, id))
    }

    fn version(&self) -> Option<Version> {
        self.reader.version()
    }

    async fn count_registries(&self) -> Result<usize, StorageError> {
        registries::count(&mut *self.reader.acquire().await?).await
    }

    fn shared_counts(&self) -> Option<&dyn SharedCounts> {
        // Counting in the file would make every request wait for its turn to write.
        None
    }

    async fn has_organizations(&self) -> Result<bool, StorageError> {
        let found = self.reader.acquire().await?.rows(HAS_ORGANIZATIONS, &[]).await?;
        found.first().ok_or(sqlx::Error::RowNotFound)?.get("has")
    }

    async fn ping(&self) -> Result<(), StorageError> {
        // A constant would be answered without looking at the file.
        self.reader.acquire().await?.rows("SELECT count(*) FROM sqlite_schema", &[]).await?;
        Ok(())
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

/// Several statements, of which the first must not stay when a later one fails: a single statement
/// takes care of that itself.
async fn create_token(
    connection: &mut dyn Connection,
    token: &AccessToken,
    digest: &TokenDigest,
) -> Result<User, StorageError> {
    connection.execute("SAVEPOINT token", &[]).await?;
    let result = tokens::create(connection, token, digest).await;
    if result.is_err() {
        connection.execute("ROLLBACK TO token", &[]).await?;
    }
    connection.execute("RELEASE token", &[]).await?;
    result
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::storage::{WhenMissing, contract};

    #[tokio::test(flavor = "multi_thread")]
    async fn a_file_keeps_the_storage_contract() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("registries.db");
        let sqlite = Sqlite::open(&path, WhenMissing::Create).await.unwrap();
        contract::run(Arc::new(sqlite)).await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_database_in_memory_keeps_the_storage_contract() {
        contract::run(Arc::new(Sqlite::in_memory().unwrap())).await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn two_processes_on_one_file_keep_the_storage_contract() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("registries.db");
        let one = Sqlite::open(&path, WhenMissing::Create).await.unwrap();
        let other = Sqlite::open(&path, WhenMissing::Fail).await.unwrap();
        contract::run_on_two(Arc::new(one), Arc::new(other)).await;
    }

    #[tokio::test]
    async fn a_file_that_is_locked_or_full_is_not_available_until_it_is_free() {
        use crate::domain::organization::Organization;

        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("registries.db");
        let sqlite = Sqlite::open(&path, WhenMissing::Create).await.unwrap();
        let create = async |slug: &str| {
            let slug = slug.parse().unwrap();
            let (id, name) = (Uuid::now_v7(), "x".repeat(100_000));
            let organization = Organization { id, slug, name, created_at: Utc::now() };
            sqlite.create_organization(&organization).await
        };
        let set = async |pragma: &'static str| {
            sqlite.writing.acquire().await.unwrap().batch(pragma).unwrap();
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
