//! Get a registry.

use axum::Json;
use axum::extract::State;

use super::registry_body::RegistryBody;
use crate::app::App;
use crate::auth::{OrganizationAccess, RegistryPath};
use crate::domain::scope::Scope;
use crate::error::Error;

pub(crate) async fn get_registry(
    State(app): State<App>,
    access: OrganizationAccess,
    path: RegistryPath,
) -> Result<Json<RegistryBody>, Error> {
    access.require(&[Scope::ReadRegistries])?;
    let registry = path.registry(&app, &access.organization).await?;
    Ok(Json(RegistryBody::new(&registry, &access.organization, &app.config.urls)))
}
