//! List all registry tokens.

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use uuid::Uuid;

use super::list_in_parts::{Entries, List};
use super::registry_token_body::RegistryTokenBody;
use crate::app::App;
use crate::auth::{OrganizationAccess, RegistryPath};
use crate::config::PublicUrls;
use crate::domain::organization::Organization;
use crate::domain::registry::Registry;
use crate::domain::registry_token::RegistryToken;
use crate::domain::scope::Scope;
use crate::error::Error;
use crate::storage::{Page, Part, StorageError};

/// All of them in one answer, oldest first, as registries are listed (choice).
pub(crate) async fn list_registry_tokens(
    State(app): State<App>,
    access: OrganizationAccess,
    path: RegistryPath,
) -> Result<Response, Error> {
    access.require(&[Scope::ReadRegistries])?;
    let organization = access.organization;
    let registry = path.registry(&app, &organization).await?;
    List::answer(app, Tokens { organization, registry }).await
}

/// The tokens of a registry, as it was when the list began.
struct Tokens {
    organization: Organization,
    registry: Registry,
}

impl Entries for Tokens {
    type Entry = RegistryToken;

    async fn read(&self, app: &App, page: Page) -> Result<Part<RegistryToken>, StorageError> {
        app.storage.registry_tokens(self.registry.id, page).await
    }

    fn id(entry: &RegistryToken) -> Uuid {
        entry.id
    }

    fn body(&self, entry: &RegistryToken, urls: &PublicUrls) -> impl Serialize {
        RegistryTokenBody::new(entry, &self.registry, &self.organization, urls)
    }
}
