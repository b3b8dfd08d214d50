//! A token that reads the packages of a registry.

use std::ops::Deref;

use super::{found, if_exists};
use crate::{
    Call, Client, Error, Response, Secret,
    error::{DecodeError, Resource},
    types,
};

/// A token that reads the packages of a registry. From
/// [`RegistryHandle::token`](super::RegistryHandle::token).
#[derive(Clone, Debug)]
pub struct RegistryTokenHandle {
    client: Client,
    organization: String,
    registry: String,
    id: String,
}

impl RegistryTokenHandle {
    pub(super) fn new(client: &Client, organization: String, registry: String, id: String) -> Self {
        Self { client: client.clone(), organization, registry, id }
    }

    /// The token's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Gets the token, without its secret. Needs the scope `read_registries`; see
    /// [`Client::get_registry_token`].
    ///
    /// # Errors
    ///
    /// Status 401, 403, 404, 429 and 503; see [`Client::get_registry_token`]. The rest is as for
    /// [every call](Call#errors).
    pub fn get(&self) -> Call<types::RegistryToken> {
        let this = self.clone();
        Call::new(&self.client, |client| async move { this.send_get(client).await })
    }

    /// Gets the token, or `None` if there is none. Needs the scope `read_registries`.
    ///
    /// A 404 whose message says that the organization or the registry is missing is an error; see
    /// [`RegistryHandle::find`](super::RegistryHandle::find).
    ///
    /// # Errors
    ///
    /// Status 401, 403, 429, 503, and 404 unless it says that this resource is missing; see
    /// [`Client::get_registry_token`]. The rest is as for [every call](Call#errors).
    pub fn find(&self) -> Call<Option<types::RegistryToken>> {
        let this = self.clone();
        Call::new(&self.client, |client| async move {
            found(Resource::Token, this.send_get(client).await)
        })
    }

    /// Says anew what the token is for. Needs the scope `write_registries`; see
    /// [`Client::update_registry_token`].
    ///
    /// # Errors
    ///
    /// Status 400, 401, 403, 404, 408, 413, 415, 422, 429 and 503; see
    /// [`Client::update_registry_token`]. The rest is as for [every call](Call#errors).
    pub fn update(&self, description: impl Into<String>) -> Call<types::RegistryToken> {
        let this = self.clone();
        let description = description.into();
        Call::new(&self.client, |client| async move {
            let request = client.update_registry_token().org_slug(this.organization);
            let request = request.registry_slug(this.registry).token_id(this.id);
            request.body_map(|body| body.description(description)).send().await
        })
    }

    /// Revokes the token, immediately and permanently. Needs the scope `write_registries`; see
    /// [`Client::delete_registry_token`].
    ///
    /// # Errors
    ///
    /// Status 401, 403, 404, 429 and 503; see [`Client::delete_registry_token`]. The rest is as
    /// for [every call](Call#errors).
    pub fn delete(&self) -> Call<()> {
        let this = self.clone();
        Call::new(&self.client, |client| async move { this.send_delete(client).await })
    }

    /// Revokes the token if there is one, and returns whether there was; with lost responses as in
    /// [`RegistryHandle::delete_if_exists`](super::RegistryHandle::delete_if_exists). Needs the
    /// scope `write_registries`.
    ///
    /// # Errors
    ///
    /// Status 401, 403, 429, 503, and 404 unless it says that this resource is missing; see
    /// [`Client::delete_registry_token`]. The rest is as for [every call](Call#errors).
    pub fn delete_if_exists(&self) -> Call<bool> {
        let this = self.clone();
        if_exists(
            &self.client,
            Resource::Token,
            |client| async move { this.send_delete(client).await },
        )
    }

    async fn send_get(self, client: Client) -> Result<Response<types::RegistryToken>, Error> {
        let request = client.get_registry_token().org_slug(self.organization);
        request.registry_slug(self.registry).token_id(self.id).send().await
    }

    async fn send_delete(self, client: Client) -> Result<Response<()>, Error> {
        let request = client.delete_registry_token().org_slug(self.organization);
        request.registry_slug(self.registry).token_id(self.id).send().await
    }
}

/// A new registry token with its secret. It dereferences to the other properties. `Debug` does not
/// print the secret.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct CreatedToken {
    /// The secret. Store it where only its user can read it. Most deployments never show it again.
    pub secret: Secret,
    /// The token as the response has it.
    pub details: types::CreatedRegistryToken,
}

impl CreatedToken {
    /// The token, or an error that keeps the response if the secret is missing.
    pub(super) fn of(
        response: Response<types::CreatedRegistryToken>,
    ) -> Result<Response<Self>, Error> {
        let (details, raw) = response.into_parts();
        let Some(secret) = details.token.clone() else {
            return Err(DecodeError::of_missing(raw, "token").into());
        };
        Ok(Response::from_parts(Self { secret, details }, raw))
    }
}

impl Deref for CreatedToken {
    type Target = types::CreatedRegistryToken;

    fn deref(&self) -> &Self::Target {
        &self.details
    }
}
