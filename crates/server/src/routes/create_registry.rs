//! Create a registry.

use axum::Json;
use axum::extract::State;

use super::registry_body::RegistryBody;
use super::taken;
use crate::app::App;
use crate::auth::OrganizationAccess;
use crate::body::JsonBody;
use crate::domain::registry_input;
use crate::domain::scope::Scope;
use crate::error::Error;
use crate::storage::StorageError;

/// The scope is `create_registries` by the seed and `write_registries` by the documentation, which
/// does not know the first: either does.
const SCOPES: &[Scope] = &[Scope::CreateRegistries, Scope::WriteRegistries];

pub(crate) async fn create_registry(
    State(app): State<App>,
    access: OrganizationAccess,
    body: JsonBody,
) -> Result<Json<RegistryBody>, Error> {
    access.require(SCOPES)?;
    let organization = access.organization;
    let body = body.read().await?;
    let now = app.clock.now();
    let teams = app.storage.teams(organization.id).await?;
    let id = app.ids.uuid(now);
    let registry = match registry_input::registry(&body, id, organization.id, now, &teams) {
        Ok(registry) => registry,
        Err(refused) => return Err(taken::all_problems(&app, &organization, refused, None).await),
    };
    match app.storage.create_registry(&registry).await {
        Ok(()) => Ok(Json(RegistryBody::new(&registry, &organization, &app.config.urls))),
        Err(StorageError::Taken) => Err(taken::error(&registry.slug)),
        // The organization was deleted since.
        Err(StorageError::Orphan) => Err(Error::OrganizationNotFound),
        Err(error) => Err(error.into()),
    }
}
