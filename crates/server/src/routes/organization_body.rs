//! The organization object.

use serde::Serialize;
use uuid::Uuid;

use super::graphql_id::graphql_id;
use super::times::rfc3339;
use crate::config::PublicUrls;
use crate::domain::organization::Organization;

/// An organization as it is returned (documented, Organizations). It links to parts of the API that
/// this server does not have.
#[derive(Debug, Serialize)]
pub(crate) struct OrganizationBody {
    id: Uuid,
    graphql_id: String,
    url: String,
    web_url: String,
    name: String,
    slug: String,
    pipelines_url: String,
    agents_url: String,
    emojis_url: String,
    created_at: String,
}

impl OrganizationBody {
    pub(super) fn new(organization: &Organization, urls: &PublicUrls) -> Self {
        let slug = organization.slug.as_str();
        let url = urls.organization(slug);
        Self {
            id: organization.id,
            graphql_id: graphql_id("Organization", organization.id),
            web_url: urls.web_organization(slug),
            name: organization.name.clone(),
            slug: slug.to_owned(),
            pipelines_url: format!("{url}/pipelines"),
            agents_url: format!("{url}/agents"),
            emojis_url: format!("{url}/emojis"),
            url,
            created_at: rfc3339(organization.created_at),
        }
    }
}
