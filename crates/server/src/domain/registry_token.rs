//! Registry tokens.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::organization::User;
use super::properties::Description;

/// A registry token as it is stored: everything but the secret. It reads the packages of one
/// private registry, and goes with it (documented, Registry tokens).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RegistryToken {
    pub(crate) id: Uuid,
    pub(crate) registry_id: Uuid,
    pub(crate) description: Description,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) created_by: User,
}
