//! List all registry tokens.

use axum::Json;
use axum::extract::State;

use super::registry_token_body::RegistryTokenBody;
use crate::app::App;
use crate::auth::{OrganizationAccess, RegistryPath};
use crate::domain::scope::Scope;
use crate::error::Error;

/// All of them in one answer, oldest first, as registries are listed (choice).
pub(crate) async fn list_registry_tokens(
    State(app): State<App>,
    access: OrganizationAccess,
    path: RegistryPath,
) -> Result<Json<Vec<RegistryTokenBody>>, Error> {
    access.require(&[Scope::ReadRegistries])?;
    let organization = access.organization;
    let registry = path.registry(&app, &organization).await?;
    let tokens = app.storage.registry_tokens(registry.id).await?;
    let body = |token| RegistryTokenBody::new(token, &registry, &organization, &app.config.urls);
    Ok(Json(tokens.iter().map(body).collect()))
}
