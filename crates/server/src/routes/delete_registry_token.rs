//! Delete a registry token.

use axum::extract::State;

use crate::app::App;
use crate::auth::{OrganizationAccess, RegistryPath, RegistryTokenPath};
use crate::domain::scope::Scope;
use crate::error::Error;

/// Answers 200 (documented, Delete a registry token) with an empty body (choice: none is
/// documented).
pub(crate) async fn delete_registry_token(
    State(app): State<App>,
    access: OrganizationAccess,
    path: RegistryPath,
    token: RegistryTokenPath,
) -> Result<(), Error> {
    access.require(&[Scope::WriteRegistries])?;
    let registry = path.registry(&app, &access.organization).await?;
    if app.storage.delete_registry_token(registry.id, token.id()?).await? {
        Ok(())
    } else {
        Err(Error::RegistryTokenNotFound)
    }
}
