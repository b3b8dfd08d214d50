//! Update a registry token.

use axum::Json;
use axum::extract::State;

use super::registry_token_body::RegistryTokenBody;
use crate::app::App;
use crate::auth::{OrganizationAccess, RegistryPath, RegistryTokenPath};
use crate::body::JsonBody;
use crate::domain::registry_input;
use crate::domain::registry_token::RegistryToken;
use crate::domain::scope::Scope;
use crate::error::Error;

/// Its description is all that can change; its secret stays.
pub(crate) async fn update_registry_token(
    State(app): State<App>,
    access: OrganizationAccess,
    path: RegistryPath,
    token: RegistryTokenPath,
    body: JsonBody,
) -> Result<Json<RegistryTokenBody>, Error> {
    access.require(&[Scope::WriteRegistries])?;
    let organization = access.organization;
    let registry = path.registry(&app, &organization).await?;
    let token = token.token(&app, &registry).await?;
    let description = registry_input::token_description(&body.read().await?);
    let token = RegistryToken { description: description.map_err(Error::Validation)?, ..token };
    if !app.storage.update_registry_token(registry.id, token.id, &token.description).await? {
        // It was deleted since.
        return Err(Error::RegistryTokenNotFound);
    }
    Ok(Json(RegistryTokenBody::new(&token, &registry, &organization, &app.config.urls)))
}
