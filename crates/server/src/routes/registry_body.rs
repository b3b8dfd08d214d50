//! The registry object.

use serde::Serialize;
use uuid::Uuid;

use super::graphql_id::graphql_id;
use crate::config::PublicUrls;
use crate::domain::organization::Organization;
use crate::domain::registry::Registry;

/// A registry as it is returned. It has the seed's properties in the seed's order (Create a
/// registry), and `team_ids` (documented, Create a registry) if creation named any. The Terraform
/// provider does not take a registry without `type` (client-observed).
#[derive(Debug, Serialize)]
pub(crate) struct RegistryBody {
    id: Uuid,
    graphql_id: String,
    slug: String,
    url: String,
    web_url: String,
    name: String,
    ecosystem: &'static str,
    description: Option<String>,
    emoji: Option<String>,
    color: Option<String>,
    public: bool,
    oidc_policy: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    team_ids: Option<Vec<Uuid>>,
    #[serde(rename = "type")]
    kind: &'static str,
}

impl RegistryBody {
    /// The only type that there is: packages are published here, not collected from elsewhere.
    const KIND: &'static str = "source";

    pub(crate) fn new(registry: &Registry, organization: &Organization, urls: &PublicUrls) -> Self {
        let (slug, organization) = (registry.slug.as_str(), organization.slug.as_str());
        Self {
            id: registry.id,
            graphql_id: graphql_id("Registry", registry.id),
            slug: slug.to_owned(),
            url: urls.registry(organization, slug),
            web_url: urls.web_registry(organization, slug),
            name: registry.name.as_str().to_owned(),
            ecosystem: registry.ecosystem.as_str(),
            description: registry.description.as_ref().map(|text| text.as_str().to_owned()),
            emoji: registry.emoji.as_ref().map(|text| text.as_str().to_owned()),
            color: registry.color.as_ref().map(|text| text.as_str().to_owned()),
            public: false,
            oidc_policy: registry.oidc_policy.as_ref().map(|text| text.as_str().to_owned()),
            team_ids: registry.team_ids.as_ref().map(|ids| ids.as_slice().to_vec()),
            kind: Self::KIND,
        }
    }
}
