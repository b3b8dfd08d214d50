//! An organization, and the creation of registries in it.

use super::{RegistryHandle, found};
use crate::{
    Call, Client, Ecosystem, Field, Policy,
    error::Resource,
    types::{self, builder},
};

/// An organization. From [`Client::organization`].
#[derive(Clone, Debug)]
pub struct OrganizationHandle {
    client: Client,
    slug: String,
}

impl OrganizationHandle {
    pub(super) fn new(client: &Client, slug: String) -> Self {
        Self { client: client.clone(), slug }
    }

    /// The organization's slug.
    pub fn slug(&self) -> &str {
        &self.slug
    }

    /// Gets the organization. Needs the scope `read_organizations`; see
    /// [`Client::get_organization`].
    ///
    /// # Errors
    ///
    /// Status 401, 403, 404, 429 and 503; see [`Client::get_organization`]. The rest is as for
    /// [every call](Call#errors).
    pub fn get(&self) -> Call<types::Organization> {
        let slug = self.slug.clone();
        Call::new(&self.client, |client| async move {
            client.get_organization().org_slug(slug).send().await
        })
    }

    /// Gets the organization, or `None` if there is none or the token may not know of it. Needs the
    /// scope `read_organizations`.
    ///
    /// A 404 that is no error of the API, such as the page of a proxy, is an error.
    ///
    /// # Errors
    ///
    /// Status 401, 403, 429, 503, and 404 unless it says that this resource is missing; see
    /// [`Client::get_organization`]. The rest is as for [every call](Call#errors).
    pub fn find(&self) -> Call<Option<types::Organization>> {
        let slug = self.slug.clone();
        Call::new(&self.client, |client| async move {
            found(Resource::Organization, client.get_organization().org_slug(slug).send().await)
        })
    }

    /// Gets how much of its rate limits the organization has used. Needs the scope `read_accounts`;
    /// see [`Client::get_rate_limit`].
    ///
    /// # Errors
    ///
    /// Status 401, 403, 404, 429 and 503; see [`Client::get_rate_limit`]. The rest is as for
    /// [every call](Call#errors).
    pub fn rate_limits(&self) -> Call<types::RateLimits> {
        let slug = self.slug.clone();
        Call::new(&self.client, |client| async move {
            client.get_rate_limit().org_slug(slug).send().await
        })
    }

    /// Lists the organization's registries; the API sends all of them at once. Needs the scope
    /// `read_registries`; see [`Client::list_registries`].
    ///
    /// # Errors
    ///
    /// Status 401, 403, 404, 429 and 503; see [`Client::list_registries`]. The rest is as for
    /// [every call](Call#errors).
    pub fn registries(&self) -> Call<Vec<types::Registry>> {
        let slug = self.slug.clone();
        Call::new(&self.client, |client| async move {
            client.list_registries().org_slug(slug).send().await
        })
    }

    /// The registry with this slug.
    pub fn registry(&self, slug: impl Into<String>) -> RegistryHandle {
        RegistryHandle::new(&self.client, self.slug.clone(), slug.into())
    }

    /// Creates a registry. It is private, and its slug is made from its name. Needs the scope
    /// `create_registries` or `write_registries`; see [`Client::create_registry`].
    ///
    /// `name`: At least 1 character. `ecosystem`, which cannot change later: At least 1 character.
    /// Known values: `ruby`, `java`, `python`, `container`.
    ///
    /// A `POST` is not sent again when its response is lost, since that could create a second
    /// registry; [`RegistryHandle::find`] shows whether it was created.
    ///
    /// # Errors
    ///
    /// Status 400, 401, 403, 404, 408, 413, 415, 422, 429 and 503; see
    /// [`Client::create_registry`]. The rest is as for [every call](Call#errors).
    ///
    /// ```no_run
    /// # async fn example(client: registries_client::Client) -> Result<(), registries_client::Error> {
    /// let org = client.organization("my-org");
    /// let gems = org.create_registry("My Gems", "ruby").description("gems").emoji(":gem:").await?;
    /// println!("{} has the slug {}", gems.name, gems.slug);
    /// # Ok(())
    /// # }
    /// ```
    pub fn create_registry(
        &self,
        name: impl Into<String>,
        ecosystem: impl Into<Ecosystem>,
    ) -> Call<types::Registry, builder::CreateRegistry> {
        let slug = self.slug.clone();
        let body = types::CreateRegistry::builder().name(name.into()).ecosystem(ecosystem.into());
        Call::with_body(&self.client, body, |client, body| async move {
            client.create_registry().org_slug(slug).body(body).send().await
        })
    }
}

/// What a new registry may have. A [`Field`] sets or leaves out what is known only when the program
/// runs.
impl Call<types::Registry, builder::CreateRegistry> {
    /// What the registry is for: any text; null by default.
    pub fn description(self, description: impl Into<Field<String>>) -> Self {
        self.map_body(|body| body.description(description.into()))
    }

    /// An emoji, as `:sunflower:` or as itself; null by default.
    pub fn emoji(self, emoji: impl Into<Field<String>>) -> Self {
        self.map_body(|body| body.emoji(emoji.into()))
    }

    /// A color as hex code, such as `#f0ccff`; null, or `""`, for none, which is the default. Matches
    /// `^(#[0-9A-Fa-f]{6})?$`. The deployment checks it (422).
    pub fn color(self, color: impl Into<Field<String>>) -> Self {
        self.map_body(|body| body.color(color.into()))
    }

    /// The policy by which OIDC tokens are accepted: YAML text or a list of statements; null by default,
    /// which accepts none.
    pub fn policy(self, policy: impl Into<Field<Policy>>) -> Self {
        self.map_body(|body| body.oidc_policy(policy.into()))
    }

    /// The ids of the teams that get access, which are UUIDs. Required where the organization has teams
    /// enabled; absent by default. They cannot change later through this API.
    pub fn team_ids(self, ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let ids: Vec<String> = ids.into_iter().map(Into::into).collect();
        self.map_body(|body| body.team_ids(ids))
    }
}
