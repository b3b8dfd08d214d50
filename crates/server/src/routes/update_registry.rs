//! Update a registry.

use axum::Json;
use axum::extract::State;

use super::registry_body::RegistryBody;
use super::taken;
use crate::app::App;
use crate::auth::{OrganizationAccess, RegistryPath};
use crate::body::JsonBody;
use crate::domain::registry_input;
use crate::domain::scope::Scope;
use crate::error::Error;
use crate::storage::StorageError;

/// Changes what the body names and nothing else, whichever of the three methods was used.
pub(crate) async fn update_registry(
    State(app): State<App>,
    access: OrganizationAccess,
    path: RegistryPath,
    body: JsonBody,
) -> Result<Json<RegistryBody>, Error> {
    access.require(&[Scope::WriteRegistries])?;
    let organization = access.organization;
    let slug = path.slug()?;
    let registry = path.registry(&app, &organization).await?;
    let body = body.read().await?;
    let changes = match registry_input::changes(&body, &registry) {
        Ok(changes) => changes,
        Err(refused) => {
            let own = Some(registry.id);
            return Err(taken::all_problems(&app, &organization, refused, own).await);
        }
    };
    match app.storage.update_registry(registry.id, slug, &changes).await {
        Ok(Some(registry)) => {
            Ok(Json(RegistryBody::new(&registry, &organization, &app.config.urls)))
        }
        // It was renamed or deleted since.
        Ok(None) => Err(Error::RegistryNotFound),
        Err(StorageError::Taken) => {
            Err(changes.name.map_or(Error::RegistryNotFound, |(_, slug)| taken::error(&slug)))
        }
        Err(error) => Err(error.into()),
    }
}
