//! The registry token object.

use serde::Serialize;
use uuid::Uuid;

use super::graphql_id::graphql_id;
use super::times::rfc3339;
use crate::config::PublicUrls;
use crate::domain::organization::{Organization, User};
use crate::domain::registry::Registry;
use crate::domain::registry_token::RegistryToken;
use crate::domain::token::Secret;

/// A registry token as it is returned: the documented properties in their order (Registry tokens),
/// and `token`, the secret, in the response to its creation only (client-observed).
///
/// The documented examples have URLs that contradict the rest of the API; these have its form.
#[derive(Serialize)]
pub(crate) struct RegistryTokenBody {
    id: Uuid,
    graphql_id: String,
    description: String,
    url: String,
    created_at: String,
    created_by: UserBody,
    organization: OrganizationReference,
    registry: RegistryReference,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

impl RegistryTokenBody {
    pub(super) fn new(
        token: &RegistryToken,
        registry: &Registry,
        organization: &Organization,
        urls: &PublicUrls,
    ) -> Self {
        let (slug, org) = (registry.slug.as_str(), organization.slug.as_str());
        Self {
            id: token.id,
            graphql_id: graphql_id("RegistryToken", token.id),
            description: token.description.as_str().to_owned(),
            url: urls.registry_token(org, slug, token.id),
            created_at: rfc3339(token.created_at),
            created_by: UserBody::new(&token.created_by),
            organization: OrganizationReference {
                id: organization.id,
                slug: org.to_owned(),
                url: urls.organization(org),
                web_url: urls.web_organization(org),
            },
            registry: RegistryReference {
                id: registry.id,
                graphql_id: graphql_id("Registry", registry.id),
                slug: slug.to_owned(),
                url: urls.registry(org, slug),
                web_url: urls.web_registry(org, slug),
            },
            token: None,
        }
    }

    /// The same with the secret, for the one answer that shows it.
    pub(super) fn with_secret(self, secret: Secret) -> Self {
        Self { token: Some(secret.reveal()), ..self }
    }
}

#[derive(Serialize)]
struct UserBody {
    id: Uuid,
    graphql_id: String,
    name: String,
    email: String,
    /// Users have no pictures here.
    avatar_url: Option<String>,
    created_at: String,
}

impl UserBody {
    fn new(user: &User) -> Self {
        Self {
            id: user.id,
            graphql_id: graphql_id("User", user.id),
            name: user.name.clone(),
            email: user.email.clone(),
            avatar_url: None,
            created_at: rfc3339(user.created_at),
        }
    }
}

#[derive(Serialize)]
struct OrganizationReference {
    id: Uuid,
    slug: String,
    url: String,
    web_url: String,
}

#[derive(Serialize)]
struct RegistryReference {
    id: Uuid,
    graphql_id: String,
    slug: String,
    url: String,
    web_url: String,
}
