//! What the server keeps, and the trait that every backend implements.

#[cfg(test)]
mod contract;
mod database;
mod failure;
mod inspection;
pub(crate) mod postgres;
mod sql;
pub(crate) mod sqlite;
#[cfg(test)]
#[path = "../../tests/postgres/mod.rs"]
mod test_postgres;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::domain::organization::{Organization, OrganizationSlug, Team, User};
use crate::domain::properties::{Description, RegistrySlug};
use crate::domain::registry::{Registry, RegistryChanges};
use crate::domain::registry_token::RegistryToken;
use crate::domain::token::{AccessToken, TokenDigest};
use crate::kept::Version;

pub(crate) use database::{DatabaseUrl, OpenError, WhenMissing};
pub(crate) use failure::Obstacle;
pub(crate) use inspection::{Inspection, Migrations};

/// Durable storage.
///
/// Every method is one atomic step: concurrent calls, also those of other processes on the same
/// database, happen in some order, and a method that writes returns after its write will survive
/// the process and the machine.
#[async_trait]
pub(crate) trait Storage: Send + Sync + 'static {
    /// Fails with [`StorageError::Taken`] if the slug is in use.
    async fn create_organization(&self, organization: &Organization) -> Result<(), StorageError>;

    async fn organization(
        &self,
        slug: &OrganizationSlug,
    ) -> Result<Option<Organization>, StorageError>;

    /// All organizations, in the order of their slugs.
    async fn organizations(&self) -> Result<Vec<Organization>, StorageError>;

    /// Fails with [`StorageError::Taken`] if another team of the organization has the name.
    async fn create_team(&self, team: &Team) -> Result<(), StorageError>;

    /// All teams of an organization, in the order of their names.
    async fn teams(&self, organization_id: Uuid) -> Result<Vec<Team>, StorageError>;

    /// Fails with [`StorageError::Taken`] if another user has the email address.
    async fn create_user(&self, user: &User) -> Result<(), StorageError>;

    /// All users, in the order of their email addresses.
    async fn users(&self) -> Result<Vec<User>, StorageError>;

    /// Stores the token, and its user if there is none with that email address yet. Returns the
    /// user that the token belongs to.
    async fn create_token(
        &self,
        token: &AccessToken,
        digest: &TokenDigest,
    ) -> Result<User, StorageError>;

    /// The token with this digest, also when it is expired or revoked.
    async fn token(&self, digest: &TokenDigest) -> Result<Option<AccessToken>, StorageError>;

    /// All tokens that are good for an organization, also expired and revoked ones, by ascending id,
    /// which is the order of their creation.
    async fn tokens(&self, organization_id: Uuid) -> Result<Vec<AccessToken>, StorageError>;

    /// Returns whether there was such a token that was not yet revoked.
    async fn revoke_token(&self, id: Uuid, at: DateTime<Utc>) -> Result<bool, StorageError>;

    /// Fails with [`StorageError::Taken`] if the organization has a registry of that slug.
    async fn create_registry(&self, registry: &Registry) -> Result<(), StorageError>;

    /// A part of the list of an organization's registries, by ascending id, which is the order of their
    /// creation.
    async fn registries(
        &self,
        organization_id: Uuid,
        page: Page,
    ) -> Result<Part<Registry>, StorageError>;

    async fn registry(
        &self,
        organization_id: Uuid,
        slug: &RegistrySlug,
    ) -> Result<Option<Registry>, StorageError>;

    /// Changes the registry with this id if `slug` is still its slug, and returns it as it then is;
    /// `None` if there is none any more. Fails with [`StorageError::Taken`] if another registry of
    /// the organization has the new slug.
    async fn update_registry(
        &self,
        id: Uuid,
        slug: &RegistrySlug,
        changes: &RegistryChanges,
    ) -> Result<Option<Registry>, StorageError>;

    /// Returns whether there was one to delete.
    async fn delete_registry(
        &self,
        organization_id: Uuid,
        slug: &RegistrySlug,
    ) -> Result<bool, StorageError>;

    /// Stores the registry token; returns whether its registry is there.
    async fn create_registry_token(
        &self,
        token: &RegistryToken,
        digest: &TokenDigest,
    ) -> Result<bool, StorageError>;

    /// A part of the list of a registry's tokens, by ascending id, which is the order of their
    /// creation.
    async fn registry_tokens(
        &self,
        registry_id: Uuid,
        page: Page,
    ) -> Result<Part<RegistryToken>, StorageError>;

    async fn registry_token(
        &self,
        registry_id: Uuid,
        id: Uuid,
    ) -> Result<Option<RegistryToken>, StorageError>;

    /// Returns whether there was one to change.
    async fn update_registry_token(
        &self,
        registry_id: Uuid,
        id: Uuid,
        description: &Description,
    ) -> Result<bool, StorageError>;

    /// Returns whether there was one to delete.
    async fn delete_registry_token(
        &self,
        registry_id: Uuid,
        id: Uuid,
    ) -> Result<bool, StorageError>;

    /// What whatever is read after it, and put together from that, is right for. `None` where the
    /// database does not tell.
    fn version(&self) -> Option<Version>;

    /// How many registries all organizations have together.
    async fn count_registries(&self) -> Result<usize, StorageError>;

    /// Where the requests of all processes on this database are counted together. `None` where each
    /// process counts its own.
    fn shared_counts(&self) -> Option<&dyn SharedCounts>;

    /// Whether there is any organization, without which nobody can use the API.
    async fn has_organizations(&self) -> Result<bool, StorageError>;

    /// Does nothing but ask the database for an answer.
    async fn ping(&self) -> Result<(), StorageError>;

    /// How many connections to the database there are now.
    fn pool_size(&self) -> PoolSize;

    /// Finishes what runs and lets go of the database.
    async fn close(&self);
}

const HAS_ORGANIZATIONS: &str = "SELECT EXISTS (SELECT 1 FROM organizations) AS has";

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

/// Counters of requests that processes share.
#[async_trait]
pub(crate) trait SharedCounts: Send + Sync {
    /// Counts one request, in one step: for its user, and, if that is not more than the user may
    /// send, for its organization. Returns both counts as they then are.
    async fn count_request(&self, request: &CountedRequest) -> Result<Counts, StorageError>;
}

/// A request that is to be counted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CountedRequest {
    /// Minutes since 1970.
    pub(crate) minute: i64,
    pub(crate) user: Uuid,
    /// How many requests the user may send in this minute.
    pub(crate) user_limit: u32,
    pub(crate) organization: Uuid,
}

/// How many requests were counted in a minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) user: u32,
    pub(crate) organization: u32,
}

/// Connections to a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PoolSize {
    pub(crate) open: u32,
    /// Those of them that nobody uses.
    pub(crate) idle: u32,
}

impl PoolSize {
    fn of<D: sqlx::Database>(pool: &sqlx::Pool<D>) -> Self {
        Self { open: pool.size(), idle: u32::try_from(pool.num_idle()).unwrap_or(u32::MAX) }
    }
}

/// Why storage did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StorageError {
    /// The slug is in use.
    #[error("the slug is in use")]
    Taken,
    /// A row that this server cannot have written.
    #[error("the database holds a {what} that cannot be read: {value:?}")]
    Corrupt { what: &'static str, value: String },
    /// The database cannot be reached, or cannot do it now: later the same may succeed.
    #[error("the database is not available")]
    Unavailable(#[source] sqlx::Error),
    /// The database failed.
    #[error("the database failed")]
    Database(#[source] sqlx::Error),
}
