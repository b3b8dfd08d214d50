//! Delete a registry.

use axum::extract::State;

use crate::app::App;
use crate::auth::{OrganizationAccess, RegistryPath};
use crate::domain::scope::Scope;
use crate::error::Error;

/// Answers 200 (documented, Delete a registry) with an empty body (choice: none is documented).
pub(crate) async fn delete_registry(
    State(app): State<App>,
    access: OrganizationAccess,
    path: RegistryPath,
) -> Result<(), Error> {
    access.require(&[Scope::DeleteRegistries])?;
    if app.storage.delete_registry(access.organization.id, path.slug()?).await? {
        Ok(())
    } else {
        Err(Error::RegistryNotFound)
    }
}
