//! List all registries.

use axum::Json;
use axum::extract::State;

use super::registry_body::RegistryBody;
use crate::app::App;
use crate::auth::OrganizationAccess;
use crate::domain::scope::Scope;
use crate::error::Error;

/// All of them in one answer, oldest first: the list is not described as paginated (seed, List all
/// registries), and the order is a choice.
pub(crate) async fn list_registries(
    State(app): State<App>,
    access: OrganizationAccess,
) -> Result<Json<Vec<RegistryBody>>, Error> {
    access.require(&[Scope::ReadRegistries])?;
    let organization = access.organization;
    let registries = app.storage.registries(organization.id).await?;
    let body = |registry| RegistryBody::new(registry, &organization, &app.config.urls);
    Ok(Json(registries.iter().map(body).collect()))
}
