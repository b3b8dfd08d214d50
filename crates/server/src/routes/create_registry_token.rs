//! Create a registry token.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

use super::registry_token_body::RegistryTokenBody;
use crate::app::App;
use crate::auth::{OrganizationAccess, RegistryPath};
use crate::body::JsonBody;
use crate::domain::registry_input;
use crate::domain::registry_token::RegistryToken;
use crate::domain::scope::Scope;
use crate::domain::token::Secret;
use crate::error::Error;

/// Only private registries have tokens (documented, Registry tokens); here all of them are private.
pub(crate) async fn create_registry_token(
    State(app): State<App>,
    access: OrganizationAccess,
    path: RegistryPath,
    body: JsonBody,
) -> Result<Response, Error> {
    access.require(&[Scope::WriteRegistries])?;
    let organization = access.organization;
    let registry = path.registry(&app, &organization).await?;
    let description = registry_input::token_description(&body.read().await?);
    let now = app.clock.now();
    let token = RegistryToken {
        id: app.ids.uuid(now),
        registry_id: registry.id,
        description: description.map_err(Error::Validation)?,
        created_at: now,
        created_by: access.user,
    };
    let secret = Secret::of_registry_token(app.ids.secret()?);
    if !app.storage.create_registry_token(&token, &secret.digest()).await? {
        // The registry was deleted since.
        return Err(Error::RegistryNotFound);
    }
    let body = RegistryTokenBody::new(&token, &registry, &organization, &app.config.urls);
    // Nothing on the way is to keep the secret.
    let headers = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    Ok((headers, Json(body.with_secret(secret))).into_response())
}
