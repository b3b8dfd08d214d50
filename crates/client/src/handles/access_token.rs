//! The access token that requests are made with.

use crate::{Call, Client, types};

/// The access token that requests are made with. From [`Client::access_token`].
#[derive(Clone, Debug)]
pub struct AccessTokenHandle {
    client: Client,
}

impl AccessTokenHandle {
    pub(super) fn new(client: &Client) -> Self {
        Self { client: client.clone() }
    }

    /// Gets the token's id, scopes and user, without its secret. Needs no scope; see
    /// [`Client::get_access_token`].
    ///
    /// # Errors
    ///
    /// Status 401, 429 and 503; see [`Client::get_access_token`]. The rest is as for [every
    /// call](Call#errors).
    pub fn get(&self) -> Call<types::AccessToken> {
        Call::new(&self.client, |client| async move { client.get_access_token().send().await })
    }

    /// Revokes the token, immediately and permanently: every later call fails with 401. Needs no
    /// scope; see [`Client::revoke_access_token`].
    ///
    /// # Errors
    ///
    /// Status 401, 429 and 503; see [`Client::revoke_access_token`]. The rest is as for [every
    /// call](Call#errors).
    pub fn revoke(&self) -> Call<()> {
        Call::new(&self.client, |client| async move { client.revoke_access_token().send().await })
    }
}
