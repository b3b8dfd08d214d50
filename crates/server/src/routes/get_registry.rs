//! Get a registry.

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;

use super::json_text::answer;
use super::registry_body::RegistryBody;
use crate::app::App;
use crate::auth::{OrganizationAccess, RegistryPath};
use crate::domain::scope::Scope;
use crate::error::Error;

pub(crate) async fn get_registry(
    State(app): State<App>,
    access: OrganizationAccess,
    path: RegistryPath,
) -> Result<Response, Error> {
    access.require(&[Scope::ReadRegistries])?;
    let organization = access.organization;
    // The organization's slug, which was read before, never changes.
    let key = (organization.id, path.slug()?.clone());
    let version = app.storage.version();
    if let Some(kept) = version.and_then(|version| app.registries.get(&key, version)) {
        return Ok(answer(kept));
    }
    let registry = path.registry(&app, &organization).await?;
    let body = RegistryBody::new(&registry, &organization, &app.config.urls);
    let text = serde_json::to_vec(&body).map_err(|error| Error::Internal(error.into()))?;
    let text = Bytes::from(text);
    if let Some(version) = version.filter(|_| text.len() <= LONGEST_KEPT) {
        app.registries.keep(key, version, text.clone());
    }
    Ok(answer(text))
}

/// How long a registry may be that is kept, in bytes: a thousand of them are together some megabytes.
const LONGEST_KEPT: usize = 4 * 1024;
