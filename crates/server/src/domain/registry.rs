//! Registries as they are stored, and changes to them.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::ecosystem::Ecosystem;
use super::properties::{Color, Description, Emoji, RegistryName, RegistrySlug, TeamIds};
use registries_policy::OidcPolicy;

/// A registry.
///
/// It has no `public` property: a new registry is private (documented, Registries), and nothing
/// documented makes it public.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Registry {
    /// A UUID of version 7, as in the seed's examples; registries are listed in the order of it.
    pub(crate) id: Uuid,
    pub(crate) organization_id: Uuid,
    pub(crate) slug: RegistrySlug,
    pub(crate) name: RegistryName,
    pub(crate) ecosystem: Ecosystem,
    pub(crate) description: Option<Description>,
    pub(crate) emoji: Option<Emoji>,
    pub(crate) color: Option<Color>,
    pub(crate) oidc_policy: Option<OidcPolicy>,
    /// `None` when creation did not name any, which is not the same as an empty list.
    pub(crate) team_ids: Option<TeamIds>,
    pub(crate) created_at: DateTime<Utc>,
}

/// What an update changes. A property that the caller left out stays as it is, one that is `null`
/// is cleared (client-observed: the Terraform provider sends both).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct RegistryChanges {
    /// A new name brings its new slug with it (documented, Update a registry).
    pub(crate) name: Option<(RegistryName, RegistrySlug)>,
    pub(crate) description: Change<Description>,
    pub(crate) emoji: Change<Emoji>,
    pub(crate) color: Change<Color>,
    pub(crate) oidc_policy: Change<OidcPolicy>,
}

/// What an update does to a property that may be absent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Change<T> {
    #[default]
    Keep,
    Clear,
    Set(T),
}

impl<T> Change<T> {
    pub(crate) fn is_keep(&self) -> bool {
        matches!(self, Self::Keep)
    }

    /// The value that is there afterwards, if it is not kept.
    pub(crate) fn value(&self) -> Option<&T> {
        match self {
            Self::Set(value) => Some(value),
            Self::Keep | Self::Clear => None,
        }
    }

    /// The value of a property that does not exist yet.
    pub(crate) fn initial(&self) -> Option<T>
    where
        T: Clone,
    {
        self.value().cloned()
    }
}
