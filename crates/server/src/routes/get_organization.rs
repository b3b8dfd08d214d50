//! Get an organization.

use axum::Json;
use axum::extract::State;

use super::organization_body::OrganizationBody;
use crate::app::App;
use crate::auth::OrganizationAccess;
use crate::domain::scope::Scope;
use crate::error::Error;

pub(crate) async fn get_organization(
    State(app): State<App>,
    access: OrganizationAccess,
) -> Result<Json<OrganizationBody>, Error> {
    access.require(&[Scope::ReadOrganizations])?;
    Ok(Json(OrganizationBody::new(&access.organization, &app.config.urls)))
}
