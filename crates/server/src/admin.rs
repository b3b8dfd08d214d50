//! What is done to a deployment from outside the API: organizations, teams, users and access tokens.

use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use crate::clock::Clock;
use crate::domain::organization::{
    InvalidOrganizationSlug, Organization, OrganizationSlug, Team, User,
};
use crate::domain::scope::Scope;
use crate::domain::token::{AccessToken, Secret};
use crate::ids::{Ids, NoRandomness};
use crate::storage::{Belongings, Storage, StorageError};

/// Administers a deployment through its storage.
#[derive(Clone)]
pub(crate) struct Admin {
    pub(crate) storage: Storage,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn Ids>,
}

impl Admin {
    /// Creates an organization. Without a name it is called by its slug.
    pub(crate) async fn create_organization(
        &self,
        slug: &str,
        name: Option<&str>,
    ) -> Result<Organization, AdminError> {
        let slug: OrganizationSlug = slug.parse()?;
        refuse_nul(name)?;
        refuse_long("the name of an organization", name)?;
        let now = self.clock.now();
        let name = name.unwrap_or(slug.as_str()).to_owned();
        let organization = Organization { id: self.ids.uuid(now), slug, name, created_at: now };
        match self.storage.create_organization(&organization).await {
            Ok(()) => Ok(organization),
            Err(StorageError::Taken) => {
                Err(AdminError::OrganizationExists(organization.slug.to_string()))
            }
            Err(error) => Err(AdminError::Storage(error)),
        }
    }

    /// Creates an access token and returns its id and its secret, which is not shown again.
    pub(crate) async fn create_token(
        &self,
        request: &TokenRequest,
    ) -> Result<(Uuid, String), AdminError> {
        refuse_nul([Some(&*request.description), request.user.as_deref()].into_iter().flatten())?;
        refuse_long("an email address", request.user.as_deref())?;
        let organizations = self.organizations_of(request).await?;
        let now = self.clock.now();
        let expires_at = request
            .expires_in
            .map(|duration| {
                let duration = chrono::Duration::from_std(duration).ok();
                duration.and_then(|d| now.checked_add_signed(d)).ok_or(AdminError::ExpiresTooLate)
            })
            .transpose()?;
        let mut scopes = request.scopes.clone();
        scopes.sort_unstable();
        scopes.dedup();
        let token = AccessToken {
            id: self.ids.uuid(now),
            user: self.user(&request.user_email()),
            description: request.description.clone(),
            scopes,
            organizations,
            created_at: now,
            expires_at,
            revoked_at: None,
        };
        let secret = Secret::of_access_token(self.ids.secret()?);
        self.storage.create_token(&token, &secret.digest()).await?;
        Ok((token.id, secret.reveal()))
    }

    /// The organizations that a token is to be good for, in the order of their slugs.
    async fn organizations_of(
        &self,
        request: &TokenRequest,
    ) -> Result<Vec<Organization>, AdminError> {
        let mut found = Vec::with_capacity(request.organizations.len());
        for slug in &request.organizations {
            found.push(self.organization(slug).await?);
        }
        found.sort_by(|one: &Organization, other| one.slug.cmp(&other.slug));
        found.dedup();
        if found.is_empty() { Err(AdminError::NoOrganization) } else { Ok(found) }
    }

    /// The organization that is called so.
    pub(crate) async fn organization(&self, slug: &str) -> Result<Organization, AdminError> {
        let unknown = || AdminError::UnknownOrganization(slug.to_owned());
        let slug: OrganizationSlug = slug.parse().map_err(|_| unknown())?;
        self.storage.organization(&slug).await?.ok_or_else(unknown)
    }

    pub(crate) async fn organizations(&self) -> Result<Vec<Organization>, AdminError> {
        Ok(self.storage.organizations().await?)
    }

    pub(crate) async fn users(&self) -> Result<Vec<User>, AdminError> {
        Ok(self.storage.users().await?)
    }

    pub(crate) async fn teams(&self, organization: &str) -> Result<Vec<Team>, AdminError> {
        let id = self.organization(organization).await?.id;
        Ok(self.storage.teams(id).await?)
    }

    /// The access tokens that are good for an organization.
    pub(crate) async fn tokens(&self, organization: &str) -> Result<Vec<AccessToken>, AdminError> {
        let id = self.organization(organization).await?.id;
        Ok(self.storage.tokens(id).await?)
    }

    /// Gives an organization another team.
    pub(crate) async fn create_team(
        &self,
        organization: &str,
        name: &str,
    ) -> Result<Team, AdminError> {
        refuse_nul([name])?;
        refuse_long("the name of a team", [name])?;
        let organization_id = self.organization(organization).await?.id;
        let now = self.clock.now();
        let (id, name) = (self.ids.uuid(now), name.to_owned());
        let team = Team { id, organization_id, name, created_at: now };
        match self.storage.create_team(&team).await {
            Ok(()) => Ok(team),
            Err(StorageError::Taken) => Err(AdminError::TeamExists(team.name)),
            Err(error) => Err(error.into()),
        }
    }

    /// Creates a user. Without a name it is called as the mailbox is.
    pub(crate) async fn create_user(
        &self,
        email: &str,
        name: Option<&str>,
    ) -> Result<User, AdminError> {
        refuse_nul([Some(email), name].into_iter().flatten())?;
        refuse_long("an email address", [email])?;
        refuse_long("the name of a user", name)?;
        let mut user = self.user(email);
        user.name = name.map_or(user.name, str::to_owned);
        match self.storage.create_user(&user).await {
            Ok(()) => Ok(user),
            Err(StorageError::Taken) => Err(AdminError::UserExists(user.email)),
            Err(error) => Err(error.into()),
        }
    }

    /// What goes with an organization when it is deleted.
    pub(crate) async fn belongings(&self, slug: &str) -> Result<Belongings, AdminError> {
        let id = self.organization(slug).await?.id;
        Ok(self.storage.belongings(id).await?)
    }

    /// Deletes an organization with everything that belongs to it.
    pub(crate) async fn delete_organization(&self, slug: &str) -> Result<(), AdminError> {
        let id = self.organization(slug).await?.id;
        let unknown = || AdminError::UnknownOrganization(slug.to_owned());
        self.storage.delete_organization(id).await?.then_some(()).ok_or_else(unknown)
    }

    /// Deletes a team of an organization.
    pub(crate) async fn delete_team(
        &self,
        organization: &str,
        name: &str,
    ) -> Result<(), AdminError> {
        let id = self.organization(organization).await?.id;
        let unknown = || AdminError::UnknownTeam(name.to_owned());
        self.storage.delete_team(id, name).await?.then_some(()).ok_or_else(unknown)
    }

    /// How many access tokens a user has.
    pub(crate) async fn tokens_of_user(&self, email: &str) -> Result<i64, AdminError> {
        let found = self.storage.tokens_of_user(email).await?;
        found.ok_or_else(|| AdminError::UnknownUser(email.to_owned()))
    }

    /// Deletes a user with its access tokens.
    pub(crate) async fn delete_user(&self, email: &str) -> Result<(), AdminError> {
        match self.storage.delete_user(email).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(AdminError::UnknownUser(email.to_owned())),
            Err(StorageError::Orphan) => Err(AdminError::UserInUse(email.to_owned())),
            Err(error) => Err(error.into()),
        }
    }

    /// Makes an access token stop working.
    pub(crate) async fn revoke_token(&self, id: Uuid) -> Result<(), AdminError> {
        if self.storage.revoke_token(id, self.clock.now()).await? {
            Ok(())
        } else {
            Err(AdminError::NothingToRevoke(id))
        }
    }

    /// A user who is called as the mailbox is.
    fn user(&self, email: &str) -> User {
        let name = email.split('@').next().unwrap_or_default().to_owned();
        let created_at = self.clock.now();
        User { id: self.ids.uuid(created_at), email: email.to_owned(), name, created_at }
    }
}

/// An access token that is to be created.
#[derive(Debug, Clone)]
pub struct TokenRequest {
    /// The slugs of the organizations that the token is limited to, at least one.
    pub organizations: Vec<String>,
    /// What the token may be used for.
    pub scopes: Vec<Scope>,
    /// What the token is for, to distinguish it from others.
    pub description: String,
    /// The email address of the user that the token belongs to, who is created if there is none. By
    /// default every organization has one user, whose rate limit its tokens share; a token for
    /// several organizations belongs to the user of the first one.
    pub user: Option<String>,
    /// How long the token works; for ever by default.
    pub expires_in: Option<Duration>,
}

impl TokenRequest {
    /// A token for these scopes in this organization, with defaults elsewhere.
    pub fn new(organization: &str, scopes: &[Scope]) -> Self {
        Self {
            organizations: vec![organization.to_owned()],
            scopes: scopes.to_vec(),
            description: "Access token".to_owned(),
            user: None,
            expires_in: None,
        }
    }

    /// By default every organization has one user. Clients check addresses, and some refuse those
    /// that end in `.invalid` or `.test`; no mailbox exists at `example.org`.
    fn user_email(&self) -> String {
        let first = self.organizations.first().map_or("", String::as_str);
        self.user.clone().unwrap_or_else(|| format!("{first}@users.example.org"))
    }
}

/// Why something was not administered.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct AdministrationError(#[from] AdminError);

/// `PostgreSQL` keeps no text with NUL in it, so no database is to.
fn refuse_nul<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<(), AdminError> {
    if texts.into_iter().any(|text| text.contains('\0')) { Err(AdminError::Nul) } else { Ok(()) }
}

/// A key must fit into an index of `PostgreSQL`, and longer ones are unreadable (choice).
fn refuse_long<'a>(
    what: &'static str,
    texts: impl IntoIterator<Item = &'a str>,
) -> Result<(), AdminError> {
    let is_long = |text: &str| text.chars().nth(MAX_CHARS).is_some();
    if texts.into_iter().any(is_long) { Err(AdminError::TooLong(what)) } else { Ok(()) }
}

/// The longest that a name and an email address may be.
const MAX_CHARS: usize = 255;

#[derive(Debug, thiserror::Error)]
pub(crate) enum AdminError {
    #[error("the slug of the organization is not valid; {0}")]
    InvalidSlug(#[from] InvalidOrganizationSlug),
    #[error("the organization {0:?} exists already")]
    OrganizationExists(String),
    #[error("unknown organization {0:?}; `registries-server org list` lists all organizations")]
    UnknownOrganization(String),
    #[error("an access token needs at least one organization")]
    NoOrganization,
    #[error("the organization has a team {0:?} already")]
    TeamExists(String),
    #[error("the organization has no team {0:?}; `registries-server team list` lists its teams")]
    UnknownTeam(String),
    #[error("the user {0} exists already")]
    UserExists(String),
    #[error("unknown user {0}; `registries-server user list` lists all users")]
    UnknownUser(String),
    #[error(
        "the user {0} created registry tokens that still exist; nothing was deleted; delete them with \
         the API first"
    )]
    UserInUse(String),
    #[error("a NUL character is not allowed in a name, a description or an email address")]
    Nul,
    #[error("{0} must not be longer than {MAX_CHARS} characters")]
    TooLong(&'static str),
    #[error("unknown access token {0}, or it was revoked already")]
    NothingToRevoke(Uuid),
    #[error("the lifetime of the token is too long; choose a shorter one")]
    ExpiresTooLate,
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    #[error(transparent)]
    Storage(#[from] StorageError),
}
