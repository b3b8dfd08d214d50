//! List all registries.

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use uuid::Uuid;

use super::list_in_parts::{Entries, List};
use super::registry_body::RegistryBody;
use crate::app::App;
use crate::auth::OrganizationAccess;
use crate::config::PublicUrls;
use crate::domain::organization::Organization;
use crate::domain::registry::Registry;
use crate::domain::scope::Scope;
use crate::error::Error;
use crate::storage::{Page, Part, StorageError};

/// All of them in one answer, oldest first: the list is not described as paginated (seed, List all
/// registries), and the order is a choice.
pub(crate) async fn list_registries(
    State(app): State<App>,
    access: OrganizationAccess,
) -> Result<Response, Error> {
    access.require(&[Scope::ReadRegistries])?;
    List::answer(app, Registries(access.organization)).await
}

/// The registries of an organization.
struct Registries(Organization);

impl Entries for Registries {
    type Entry = Registry;

    async fn read(&self, app: &App, page: Page) -> Result<Part<Registry>, StorageError> {
        app.storage.registries(self.0.id, page).await
    }

    fn id(entry: &Registry) -> Uuid {
        entry.id
    }

    fn body(&self, entry: &Registry, urls: &PublicUrls) -> impl Serialize {
        RegistryBody::new(entry, &self.0, urls)
    }
}
