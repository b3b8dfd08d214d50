//! List organizations.

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use axum::response::{IntoResponse, Response};

use super::organization_body::OrganizationBody;
use super::page::Page;
use crate::app::App;
use crate::auth::Access;
use crate::domain::scope::Scope;
use crate::error::Error;

/// Those that the token is good for, page by page, in the order of their slugs (choice).
pub(crate) async fn list_organizations(
    State(app): State<App>,
    access: Access,
    uri: Uri,
) -> Result<Response, Error> {
    access.require(&[Scope::ReadOrganizations])?;
    let page = Page::of_query(uri.query())?;
    let all = access.0.organizations;
    let link = page.link(&app.config.urls.organizations(), all.len());
    let bodies = page.of(&all).iter().map(|one| OrganizationBody::new(one, &app.config.urls));
    Ok((link, Json(bodies.collect::<Vec<_>>())).into_response())
}
