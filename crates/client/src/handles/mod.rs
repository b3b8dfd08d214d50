//! The resources of the API, each with what can be done with it.
//!
//! A handle is a name and a client. It sends nothing by itself, and borrows nothing. Its methods make a
//! [`Call`], which sends a generated builder through a client that carries the options of the call.
//!
//! Handles are written by hand: the contract does not say which names a handle keeps, which parameters
//! are arguments, or what `find`, `rename` and `delete_if_exists` do. Paths and bodies are the
//! contract's, since generated builders make them. A test compares the table in the README with the
//! contract's operations.

use std::sync::atomic::Ordering;

mod access_token;
mod organization;
mod registry;
mod registry_token;

pub use self::{
    access_token::AccessTokenHandle,
    organization::OrganizationHandle,
    registry::{RegistryHandle, Rename},
    registry_token::{CreatedToken, RegistryTokenHandle},
};
use crate::{
    Call, Client, Error, Pages, Response, error::Resource, pages::PageOf, response::RawResponse,
    types,
};

impl Client {
    /// The organization with this slug.
    pub fn organization(&self, slug: impl Into<String>) -> OrganizationHandle {
        OrganizationHandle::new(self, slug.into())
    }

    /// The organizations that the token may use, page by page. Needs the scope
    /// `read_organizations`; see [`Client::list_organizations`].
    ///
    /// # Errors
    ///
    /// Status 401, 403, 422, 429 and 503; see [`Client::list_organizations`]. The rest is as for
    /// [every call](Call#errors).
    pub fn organizations(&self) -> Pages<types::Organization> {
        Pages::new(self, |client, PageOf { page, per_page }| {
            Box::pin(async move {
                client.list_organizations().page(page).per_page(per_page).send().await
            })
        })
    }

    /// The access token that requests are made with.
    pub fn access_token(&self) -> AccessTokenHandle {
        AccessTokenHandle::new(self)
    }

    /// The greeting of the host, with its time. It needs no token, so that it shows whether the host
    /// can be reached; see [`Client::get_root`].
    ///
    /// # Errors
    ///
    /// Status 429 and 503; see [`Client::get_root`]. The rest is as for [every
    /// call](Call#errors).
    pub fn root(&self) -> Call<types::Root> {
        Call::new(self, |client| async move { client.get_root().send().await })
    }
}

/// The value, or nothing when the response says that the resource is missing.
fn found<T>(
    resource: Resource,
    sent: Result<Response<T>, Error>,
) -> Result<Response<Option<T>>, Error> {
    match sent {
        Ok(response) => Ok(response.map(Some)),
        Err(Error::Api(error)) if error.is_missing(resource) => {
            Ok(Response::from_parts(None, RawResponse::clone(&error)))
        }
        Err(error) => Err(error),
    }
}

/// A deletion that returns whether there was something to delete.
///
/// It may be sent again whatever became of an earlier attempt. If that one was lost, it may be the
/// reason why the next one finds nothing.
fn if_exists<F>(
    client: &Client,
    resource: Resource,
    delete: impl FnOnce(Client) -> F + Send + 'static,
) -> Call<bool>
where
    F: Future<Output = Result<Response<()>, Error>> + Send + 'static,
{
    Call::new(client, move |mut client| async move {
        let lost = client.options_mut().watch_lost();
        let deleted = found(resource, delete(client).await)?;
        Ok(deleted.map(|deleted| deleted.is_some() || lost.load(Ordering::Relaxed)))
    })
    .idempotent()
}
