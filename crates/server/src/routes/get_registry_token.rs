//! Get a registry token.

use axum::Json;
use axum::extract::State;

use super::registry_token_body::RegistryTokenBody;
use crate::app::App;
use crate::auth::{OrganizationAccess, RegistryPath, RegistryTokenPath};
use crate::domain::scope::Scope;
use crate::error::Error;

pub(crate) async fn get_registry_token(
    State(app): State<App>,
    access: OrganizationAccess,
    path: RegistryPath,
    token: RegistryTokenPath,
) -> Result<Json<RegistryTokenBody>, Error> {
    access.require(&[Scope::ReadRegistries])?;
    let organization = access.organization;
    let registry = path.registry(&app, &organization).await?;
    let token = token.token(&app, &registry).await?;
    Ok(Json(RegistryTokenBody::new(&token, &registry, &organization, &app.config.urls)))
}
