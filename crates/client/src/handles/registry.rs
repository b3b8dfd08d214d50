//! A registry.

use std::{
    future::{Future, IntoFuture},
    pin::Pin,
};

use super::{CreatedToken, RegistryTokenHandle, found, if_exists};
use crate::{
    Call, Client, Error, Field, Policy, Response,
    client::{Options, option_methods},
    error::Resource,
    types::{self, builder},
};

/// A registry of an organization. From
/// [`OrganizationHandle::registry`](super::OrganizationHandle::registry).
///
/// ```no_run
/// # async fn example(client: registries_client::Client) -> Result<(), registries_client::Error> {
/// let mut gems = client.organization("my-org").registry("my-gems");
/// if gems.find().await?.is_none() {
///     println!("there is none");
/// }
/// gems.update().color("#000000").clear_description().await?;
/// gems.rename("Your Gems").await?;
/// assert_eq!(gems.slug(), "your-gems");
/// gems.delete_if_exists().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct RegistryHandle {
    client: Client,
    organization: String,
    slug: String,
}

impl RegistryHandle {
    pub(super) fn new(client: &Client, organization: String, slug: String) -> Self {
        Self { client: client.clone(), organization, slug }
    }

    /// The slug of the registry's organization.
    pub fn organization(&self) -> &str {
        &self.organization
    }

    /// The registry's slug.
    pub fn slug(&self) -> &str {
        &self.slug
    }

    /// Gets the registry. Needs the scope `read_registries`; see [`Client::get_registry`].
    ///
    /// # Errors
    ///
    /// Status 401, 403, 404, 429 and 503; see [`Client::get_registry`]. The rest is as for [every
    /// call](Call#errors).
    pub fn get(&self) -> Call<types::Registry> {
        let (organization, slug) = self.names();
        Call::new(&self.client, |client| async move {
            client.get_registry().org_slug(organization).registry_slug(slug).send().await
        })
    }

    /// Gets the registry, or `None` if there is none or the token may not know of it. Needs the scope
    /// `read_registries`.
    ///
    /// `None` is a 404 with the API's error. Buildkite and the reference server use another 404 for
    /// an unknown organization. That is an error, and so is a 404 that does not come from the API.
    /// A deployment whose message says only `Not Found` leaves open what is missing: then a mistake
    /// in the organization is `None` as well.
    ///
    /// # Errors
    ///
    /// Status 401, 403, 429, 503, and 404 unless it says that this resource is missing; see
    /// [`Client::get_registry`]. The rest is as for [every call](Call#errors).
    pub fn find(&self) -> Call<Option<types::Registry>> {
        let (organization, slug) = self.names();
        Call::new(&self.client, |client| async move {
            let request = client.get_registry().org_slug(organization).registry_slug(slug);
            found(Resource::Registry, request.send().await)
        })
    }

    /// Changes the properties that are set, clears those that are cleared, and keeps the others.
    /// Needs the scope `write_registries`; see [`Client::update_registry`]. Another name, which
    /// changes the slug, is given by [`rename`](Self::rename).
    ///
    /// # Errors
    ///
    /// Status 400, 401, 403, 404, 408, 413, 415, 422, 429 and 503; see
    /// [`Client::update_registry`]. The rest is as for [every call](Call#errors).
    pub fn update(&self) -> Call<types::Registry, builder::UpdateRegistry> {
        let (organization, slug) = self.names();
        let body = types::UpdateRegistry::builder();
        Call::with_body(&self.client, body, |client, body| async move {
            let request = client.update_registry().org_slug(organization).registry_slug(slug);
            request.body(body).send().await
        })
    }

    /// Gives the registry another name. Its slug is made anew from the name, and the handle
    /// continues with it. Needs the scope `write_registries`; see [`Client::update_registry`].
    ///
    /// `name`: At least 1 character. The handle keeps the old slug when the call fails, also if only
    /// the response was lost.
    ///
    /// # Errors
    ///
    /// Status 400, 401, 403, 404, 408, 413, 415, 422, 429 and 503; see
    /// [`Client::update_registry`]. The rest is as for [every call](Call#errors).
    pub fn rename(&mut self, name: impl Into<String>) -> Rename<'_> {
        let call = self.update().map_body(|body| body.name(name.into()));
        Rename { call, slug: &mut self.slug }
    }

    /// Deletes the registry with its packages and tokens. Needs the scope `delete_registries`; see
    /// [`Client::delete_registry`].
    ///
    /// It is not sent again when its response is lost, since the second request would find no
    /// registry; [`delete_if_exists`](Self::delete_if_exists) is.
    ///
    /// # Errors
    ///
    /// Status 401, 403, 404, 429 and 503; see [`Client::delete_registry`]. The rest is as for
    /// [every call](Call#errors).
    pub fn delete(&self) -> Call<()> {
        let (organization, slug) = self.names();
        Call::new(&self.client, |client| async move {
            client.delete_registry().org_slug(organization).registry_slug(slug).send().await
        })
    }

    /// Deletes the registry if there is one, and returns whether there was. Needs the scope
    /// `delete_registries`.
    ///
    /// A missing registry is recognised as in [`find`](Self::find). An unknown organization is an
    /// error if the deployment's message says so.
    ///
    /// It is sent again when its response is lost. If the second request finds no registry, the
    /// first one has most likely deleted it: then the call returns `true`.
    ///
    /// # Errors
    ///
    /// Status 401, 403, 429, 503, and 404 unless it says that this resource is missing; see
    /// [`Client::delete_registry`]. The rest is as for [every call](Call#errors).
    pub fn delete_if_exists(&self) -> Call<bool> {
        let (organization, slug) = self.names();
        if_exists(&self.client, Resource::Registry, |client| async move {
            client.delete_registry().org_slug(organization).registry_slug(slug).send().await
        })
    }

    /// Lists the registry's tokens, without their secrets. Needs the scope `read_registries`; see
    /// [`Client::list_registry_tokens`].
    ///
    /// # Errors
    ///
    /// Status 401, 403, 404, 429 and 503; see [`Client::list_registry_tokens`]. The rest is as
    /// for [every call](Call#errors).
    pub fn tokens(&self) -> Call<Vec<types::RegistryToken>> {
        let (organization, slug) = self.names();
        Call::new(&self.client, |client| async move {
            client.list_registry_tokens().org_slug(organization).registry_slug(slug).send().await
        })
    }

    /// The registry token with this id.
    pub fn token(&self, id: impl Into<String>) -> RegistryTokenHandle {
        let (organization, slug) = self.names();
        RegistryTokenHandle::new(&self.client, organization, slug, id.into())
    }

    /// Creates a token that reads the registry's packages, with a description that says what it is
    /// for. The secret is in this response, and by most deployments never shown again. Needs the
    /// scope `write_registries`; see [`Client::create_registry_token`].
    ///
    /// # Errors
    ///
    /// A response without the secret is an [`Error::Decode`], which keeps it: the token was created,
    /// and its id is in the body.
    ///
    /// Status 400, 401, 403, 404, 408, 413, 415, 422, 429 and 503; see
    /// [`Client::create_registry_token`]. The rest is as for [every call](Call#errors).
    pub fn create_token(&self, description: impl Into<String>) -> Call<CreatedToken> {
        let (organization, slug) = self.names();
        let description = description.into();
        Call::new(&self.client, |client| async move {
            let request = client.create_registry_token().org_slug(organization).registry_slug(slug);
            let request = request.body_map(|body| body.description(description));
            CreatedToken::of(request.send().await?)
        })
    }

    fn names(&self) -> (String, String) {
        (self.organization.clone(), self.slug.clone())
    }
}

/// What can change in a registry. A property that is not set stays as it is. A [`Field`] sets, clears
/// or keeps what is known only when the program runs.
impl Call<types::Registry, builder::UpdateRegistry> {
    /// Sets what the registry is for: any text.
    pub fn description(self, description: impl Into<Field<String>>) -> Self {
        self.map_body(|body| body.description(description.into()))
    }

    /// Clears the description.
    pub fn clear_description(self) -> Self {
        self.map_body(|body| body.description(Field::Null))
    }

    /// Sets the emoji, as `:sunflower:` or as itself.
    pub fn emoji(self, emoji: impl Into<Field<String>>) -> Self {
        self.map_body(|body| body.emoji(emoji.into()))
    }

    /// Clears the emoji.
    pub fn clear_emoji(self) -> Self {
        self.map_body(|body| body.emoji(Field::Null))
    }

    /// Sets the color, a hex code such as `#f0ccff`; null, or `""`, for none. Matches
    /// `^(#[0-9A-Fa-f]{6})?$`. The deployment checks it (422).
    pub fn color(self, color: impl Into<Field<String>>) -> Self {
        self.map_body(|body| body.color(color.into()))
    }

    /// Clears the color.
    pub fn clear_color(self) -> Self {
        self.map_body(|body| body.color(Field::Null))
    }

    /// Sets the policy by which OIDC tokens are accepted: YAML text or a list of statements.
    pub fn policy(self, policy: impl Into<Field<Policy>>) -> Self {
        self.map_body(|body| body.oidc_policy(policy.into()))
    }

    /// Clears the policy: then no OIDC token is accepted.
    pub fn clear_policy(self) -> Self {
        self.map_body(|body| body.oidc_policy(Field::Null))
    }
}

/// A [rename](RegistryHandle::rename). It borrows the handle, which continues with the new slug.
#[derive(Debug)]
#[must_use = "a call does nothing until it is awaited or sent"]
pub struct Rename<'a> {
    call: Call<types::Registry, builder::UpdateRegistry>,
    slug: &'a mut String,
}

impl Rename<'_> {
    /// Sends the call, and returns the registry with the status, the headers and the body of its
    /// response.
    ///
    /// # Errors
    ///
    /// Those of [`RegistryHandle::rename`].
    pub async fn send(self) -> Result<Response<types::Registry>, Error> {
        let registry = self.call.send().await?;
        self.slug.clone_from(&registry.slug);
        Ok(registry)
    }

    option_methods!();

    fn options_mut(&mut self) -> &mut Options {
        self.call.client.options_mut()
    }
}

impl<'a> IntoFuture for Rename<'a> {
    type Output = Result<types::Registry, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async { Ok(self.send().await?.into_inner()) })
    }
}
