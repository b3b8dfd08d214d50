//! Storage in `PostgreSQL`, which any number of server processes share.

mod condition;
mod connection;
mod counts;
mod open;

use std::future::Future;
use std::sync::atomic::AtomicI64;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sqlx::PgPool;
use sqlx::pool::PoolConnection;
use uuid::Uuid;

use super::sql::{Connection, organizations, registries, registry_tokens, tokens};
use super::{HAS_ORGANIZATIONS, Page, Part, PoolSize, SharedCounts, Storage, StorageError};
use crate::domain::organization::{Organization, OrganizationSlug, Team, User};
use crate::domain::properties::{Description, RegistrySlug};
use crate::domain::registry::{Registry, RegistryChanges};
use crate::domain::registry_token::RegistryToken;
use crate::domain::token::{AccessToken, TokenDigest};
use crate::kept::Version;

pub(crate) use condition::{Condition, Writes, condition};
pub(crate) use open::inspect;
pub(super) use open::place;

/// A `PostgreSQL` database.
///
/// Each method is one statement, or one transaction, that is right at every level of isolation: two
/// writes of one row wait for each other, and where the database gives up on one of them, that one
/// begins again.
#[derive(Debug)]
pub(crate) struct Postgres {
    pool: PgPool,
    /// The minute for which this process last removed what was counted before.
    swept: AtomicI64,
}

impl Postgres {
    async fn connection(&self) -> Result<PoolConnection<sqlx::Postgres>, StorageError> {
        Ok(self.pool.acquire().await?)
    }
}

/// How long a step may take. The database ends its statements before that; this is for one that does
/// not answer at all, because the network between has failed.
const STEP_TIMEOUT: Duration = Duration::from_secs(8);

async fn step<T, F>(step: impl FnMut() -> F + Send) -> Result<T, StorageError>
where
    F: Future<Output = Result<T, StorageError>> + Send,
{
    let timed_out = |_| Err(StorageError::Unavailable(sqlx::Error::PoolTimedOut));
    tokio::time::timeout(STEP_TIMEOUT, attempts(step)).await.unwrap_or_else(timed_out)
}

/// Takes a step, and takes it again, some times, when the database gave up on it to let another one
/// pass.
async fn attempts<T, F>(mut step: impl FnMut() -> F + Send) -> Result<T, StorageError>
where
    F: Future<Output = Result<T, StorageError>> + Send,
{
    const ATTEMPTS: u32 = 10;
    for attempt in 1..ATTEMPTS {
        match step().await {
            Err(error) if error.is_conflict() => {
                tokio::time::sleep(Duration::from_millis(u64::from(attempt))).await;
            }
            result => return result,
        }
    }
    step().await
}

/// Lets one rename after the other through in the organization of a registry. Two that each want the
/// other's slug would wait for each other until the database notices, which takes it a second.
async fn await_other_renames(
    transaction: &mut dyn Connection,
    id: Uuid,
) -> Result<(), StorageError> {
    const SQL: &str = "SELECT id FROM organizations
         WHERE id = (SELECT organization_id FROM registries WHERE id = $1) FOR NO KEY UPDATE";
    transaction.rows(SQL, &[id.into()]).await?;
    Ok(())
}

#[async_trait]
impl Storage for Postgres {
    async fn create_organization(&self, organization: &Organization) -> Result<(), StorageError> {
        step(|| async move {
            let mut connection = self.connection().await?;
            organizations::create(&mut *connection, organization).await
        })
        .await
    }

    async fn organization(
        &self,
        slug: &OrganizationSlug,
    ) -> Result<Option<Organization>, StorageError> {
        step(|| async move { organizations::by_slug(&mut *self.connection().await?, slug).await })
            .await
    }

    async fn organizations(&self) -> Result<Vec<Organization>, StorageError> {
        step(|| async move { organizations::all(&mut *self.connection().await?).await }).await
    }

    async fn create_team(&self, team: &Team) -> Result<(), StorageError> {
        step(|| async move {
            organizations::create_team(&mut *self.connection().await?, team).await
        })
        .await
    }

    async fn teams(&self, organization_id: Uuid) -> Result<Vec<Team>, StorageError> {
        step(|| async move {
            organizations::teams(&mut *self.connection().await?, organization_id).await
        })
        .await
    }

    async fn create_user(&self, user: &User) -> Result<(), StorageError> {
        step(|| async move {
            organizations::create_user(&mut *self.connection().await?, user).await
        })
        .await
    }

    async fn users(&self) -> Result<Vec<User>, StorageError> {
        step(|| async move { organizations::users(&mut *self.connection().await?).await }).await
    }

    async fn create_token(
        &self,
        token: &AccessToken,
        digest: &TokenDigest,
    ) -> Result<User, StorageError> {
        step(|| async move {
            let mut transaction = self.pool.begin().await?;
            let user = tokens::create(&mut *transaction, token, digest).await?;
            transaction.commit().await?;
            Ok(user)
        })
        .await
    }

    async fn token(&self, digest: &TokenDigest) -> Result<Option<AccessToken>, StorageError> {
        step(|| async move { tokens::by_digest(&mut *self.connection().await?, digest).await })
            .await
    }

    async fn tokens(&self, organization_id: Uuid) -> Result<Vec<AccessToken>, StorageError> {
        step(|| async move {
            tokens::of_organization(&mut *self.connection().await?, organization_id).await
        })
        .await
    }

    async fn revoke_token(&self, id: Uuid, at: DateTime<Utc>) -> Result<bool, StorageError> {
        step(|| async move { tokens::revoke(&mut *self.connection().await?, id, at).await }).await
    }

    async fn create_registry(&self, registry: &Registry) -> Result<(), StorageError> {
        step(|| async move { registries::create(&mut *self.connection().await?, registry).await })
            .await
    }

    async fn registries(
        &self,
        organization_id: Uuid,
        page: Page,
    ) -> Result<Part<Registry>, StorageError> {
        step(|| async move {
            registries::page(&mut *self.connection().await?, organization_id, page).await
        })
        .await
    }

    async fn registry(
        &self,
        organization_id: Uuid,
        slug: &RegistrySlug,
    ) -> Result<Option<Registry>, StorageError> {
        step(|| async move {
            registries::by_slug(&mut *self.connection().await?, organization_id, slug).await
        })
        .await
    }

    async fn update_registry(
        &self,
        id: Uuid,
        slug: &RegistrySlug,
        changes: &RegistryChanges,
    ) -> Result<Option<Registry>, StorageError> {
        step(|| async move {
            if changes.name.is_none() {
                let mut connection = self.connection().await?;
                return registries::update(&mut *connection, id, slug, changes).await;
            }
            let mut transaction = self.pool.begin().await?;
            await_other_renames(&mut *transaction, id).await?;
            let registry = registries::update(&mut *transaction, id, slug, changes).await?;
            transaction.commit().await?;
            Ok(registry)
        })
        .await
    }

    async fn delete_registry(
        &self,
        organization_id: Uuid,
        slug: &RegistrySlug,
    ) -> Result<bool, StorageError> {
        step(|| async move {
            registries::delete(&mut *self.connection().await?, organization_id, slug).await
        })
        .await
    }

    async fn create_registry_token(
        &self,
        token: &RegistryToken,
        digest: &TokenDigest,
    ) -> Result<bool, StorageError> {
        step(|| async move {
            registry_tokens::create(&mut *self.connection().await?, token, digest).await
        })
        .await
    }

    async fn registry_tokens(
        &self,
        registry_id: Uuid,
        page: Page,
    ) -> Result<Part<RegistryToken>, StorageError> {
        step(|| async move {
            registry_tokens::page(&mut *self.connection().await?, registry_id, page).await
        })
        .await
    }

    async fn registry_token(
        &self,
        registry_id: Uuid,
        id: Uuid,
    ) -> Result<Option<RegistryToken>, StorageError> {
        step(|| async move {
            registry_tokens::by_id(&mut *self.connection().await?, registry_id, id).await
        })
        .await
    }

    async fn update_registry_token(
        &self,
        registry_id: Uuid,
        id: Uuid,
        description: &Description,
    ) -> Result<bool, StorageError> {
        step(|| async move {
            registry_tokens::update(&mut *self.connection().await?, registry_id, id, description)
                .await
        })
        .await
    }

    async fn delete_registry_token(
        &self,
        registry_id: Uuid,
        id: Uuid,
    ) -> Result<bool, StorageError> {
        step(|| async move {
            registry_tokens::delete(&mut *self.connection().await?, registry_id, id).await
        })
        .await
    }

    fn version(&self) -> Option<Version> {
        // To ask for one would take as long as to read.
        None
    }

    async fn count_registries(&self) -> Result<usize, StorageError> {
        step(|| async move { registries::count(&mut *self.connection().await?).await }).await
    }

    fn shared_counts(&self) -> Option<&dyn SharedCounts> {
        Some(self)
    }

    async fn has_organizations(&self) -> Result<bool, StorageError> {
        let has = sqlx::query_scalar(HAS_ORGANIZATIONS).fetch_one(&self.pool).await?;
        Ok(has)
    }

    async fn ping(&self) -> Result<(), StorageError> {
        sqlx::query("SELECT 1").execute(&self.pool).await?;
        Ok(())
    }

    fn pool_size(&self) -> PoolSize {
        PoolSize::of(&self.pool)
    }

    async fn close(&self) {
        self.pool.close().await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::storage::{DatabaseUrl, WhenMissing, contract, test_postgres};

    pub(super) async fn open(database: &test_postgres::Database) -> Arc<dyn Storage> {
        let url: DatabaseUrl = database.url().parse().unwrap();
        url.open(WhenMissing::Create).await.unwrap()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_database_keeps_the_storage_contract() {
        let Some(database) = test_postgres::Database::create() else { return };
        contract::run(open(&database).await).await;
    }

    /// Where transactions look as if they ran one after the other, the database gives up on many.
    #[tokio::test(flavor = "multi_thread")]
    async fn a_database_of_another_isolation_keeps_the_storage_contract() {
        let Some(database) = test_postgres::Database::create() else { return };
        for isolation in ["repeatable", "serializable"] {
            let level = format!("-c default_transaction_isolation={isolation}");
            let level = level.replace("repeatable", "repeatable\\ read");
            let mut url: url::Url = database.url().parse().unwrap();
            url.query_pairs_mut().append_pair("options", &level);
            let url: DatabaseUrl = url.as_str().parse().unwrap();
            let open = async || url.open(WhenMissing::Create).await.unwrap();
            contract::run_on_two(open().await, open().await).await;
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn two_processes_on_one_database_keep_the_storage_contract() {
        let Some(database) = test_postgres::Database::create() else { return };
        contract::run_on_two(open(&database).await, open(&database).await).await;
    }
}
