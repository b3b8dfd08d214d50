//! What a caller may do: extractors of the token and of the organization in the path.

use std::borrow::Cow;

use axum::extract::{FromRequestParts, MatchedPath};
use axum::http::request::Parts;
use percent_encoding::percent_decode;
use uuid::Uuid;

use crate::app::App;
use crate::domain::organization::{Organization, User};
use crate::domain::properties::RegistrySlug;
use crate::domain::registry::Registry;
use crate::domain::registry_token::RegistryToken;
use crate::domain::scope::Scope;
use crate::domain::token::AccessToken;
use crate::error::{Error, Unauthenticated};

/// The outcome of authentication, left in the request by the gate for handlers that need a token.
pub(crate) type Authentication = Result<AccessToken, Unauthenticated>;

/// The valid token of a request. Extracting it is what makes a route need one.
pub(crate) struct Access(pub(crate) AccessToken);

impl Access {
    /// Fails unless the token has one of these scopes.
    pub(crate) fn require(&self, one_of: &'static [Scope]) -> Result<(), Error> {
        require(&self.0.scopes, one_of)
    }
}

impl FromRequestParts<App> for Access {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Error> {
        let outcome = parts.extensions.remove::<Authentication>();
        Ok(Self(outcome.unwrap_or(Err(Unauthenticated::NoCredentials))?))
    }
}

/// The organization in the path, if the token covers it, and what the token allows there.
pub(crate) struct OrganizationAccess {
    pub(crate) organization: Organization,
    /// Whose token it is.
    pub(crate) user: User,
    scopes: Vec<Scope>,
}

impl OrganizationAccess {
    /// Fails unless the token has one of these scopes.
    pub(crate) fn require(&self, one_of: &'static [Scope]) -> Result<(), Error> {
        require(&self.scopes, one_of)
    }
}

impl FromRequestParts<App> for OrganizationAccess {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        let Access(token) = Access::from_request_parts(parts, app).await?;
        let org = segment(parts, "{org}").ok_or(Error::OrganizationNotFound)?;
        let organization = token
            .organizations
            .into_iter()
            .find(|organization| organization.slug.as_str() == org)
            .ok_or(Error::OrganizationNotFound)?;
        Ok(Self { organization, user: token.user, scopes: token.scopes })
    }
}

/// The slug of a registry in the path. What is not a slug belongs to no registry, and is rejected
/// only where an unknown one would be: after the token was compared with the organization.
pub(crate) struct RegistryPath(Option<RegistrySlug>);

impl RegistryPath {
    pub(crate) fn slug(&self) -> Result<&RegistrySlug, Error> {
        self.0.as_ref().ok_or(Error::RegistryNotFound)
    }

    /// The registry of the organization that the path names.
    pub(crate) async fn registry(
        &self,
        app: &App,
        organization: &Organization,
    ) -> Result<Registry, Error> {
        let found = app.storage.registry(organization.id, self.slug()?).await?;
        found.ok_or(Error::RegistryNotFound)
    }
}

impl FromRequestParts<App> for RegistryPath {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Error> {
        Ok(Self(segment(parts, "{slug}").and_then(|slug| slug.parse().ok())))
    }
}

/// The id of a registry token in the path, with the same reserve.
pub(crate) struct RegistryTokenPath(Option<Uuid>);

impl RegistryTokenPath {
    pub(crate) fn id(&self) -> Result<Uuid, Error> {
        self.0.ok_or(Error::RegistryTokenNotFound)
    }

    /// The token of the registry that the path names.
    pub(crate) async fn token(
        &self,
        app: &App,
        registry: &Registry,
    ) -> Result<RegistryToken, Error> {
        let found = app.storage.registry_token(registry.id, self.id()?).await?;
        found.ok_or(Error::RegistryTokenNotFound)
    }
}

impl FromRequestParts<App> for RegistryTokenPath {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Error> {
        // An id has one spelling, the one in which it is returned: as it is written, not decoded.
        let written = raw_segment(parts, "{token}").and_then(|id| str::from_utf8(id).ok());
        let id = written.and_then(|id| Uuid::try_parse(id).ok().filter(|it| it.to_string() == id));
        Ok(Self(id))
    }
}

fn require(scopes: &[Scope], one_of: &'static [Scope]) -> Result<(), Error> {
    if one_of.iter().any(|scope| scopes.contains(scope)) {
        Ok(())
    } else {
        Err(Error::MissingScope(one_of))
    }
}

/// The segment of the path where the route has `parameter`, decoded; nothing when that is no text.
///
/// Each segment is decoded by itself. The framework's own extractor fails for all of them when one
/// cannot be decoded, and so would not show whether the organization is valid.
fn segment(parts: &Parts, parameter: &str) -> Option<String> {
    let segment = raw_segment(parts, parameter)?;
    percent_decode(segment).decode_utf8().ok().map(Cow::into_owned)
}

/// The same as it is written.
fn raw_segment<'a>(parts: &'a Parts, parameter: &str) -> Option<&'a [u8]> {
    let route = parts.extensions.get::<MatchedPath>()?.as_str();
    let segments = |path: &'a str| path.as_bytes().split(|byte| *byte == b'/');
    let mut both = segments(route).zip(segments(parts.uri.path()));
    both.find(|(name, _)| *name == parameter.as_bytes()).map(|(_, segment)| segment)
}
