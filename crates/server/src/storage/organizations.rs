//! Organizations, their teams, and users.

use uuid::Uuid;

use super::failure::StorageError;
use super::rows;
use super::statement::Statement;
use super::store::Storage;
use crate::domain::organization::{Organization, OrganizationSlug, Team, User};

macro_rules! select_organization {
    () => {
        "SELECT id AS organization_id, slug AS organization_slug, name AS organization_name,
                created_at AS organization_created_at
         FROM organizations "
    };
}

macro_rules! select_user {
    () => {
        "SELECT id AS user_id, email AS user_email, name AS user_name, created_at AS user_created_at
         FROM users "
    };
}

impl Storage {
    /// Fails with [`StorageError::Taken`] if the slug is in use.
    pub(crate) async fn create_organization(
        &self,
        organization: &Organization,
    ) -> Result<(), StorageError> {
        const SQL: &str =
            "INSERT INTO organizations (id, slug, name, created_at) VALUES ($1, $2, $3, $4)";
        let values = [
            organization.id.into(),
            organization.slug.as_str().into(),
            organization.name.as_str().into(),
            organization.created_at.into(),
        ];
        self.write(SQL, values).await.map(drop)
    }

    /// All organizations, in the order of their slugs.
    pub(crate) async fn organizations(&self) -> Result<Vec<Organization>, StorageError> {
        const SQL: &str = concat!(select_organization!(), "ORDER BY slug");
        self.read(SQL, []).await?.iter().map(rows::organization).collect()
    }

    pub(crate) async fn organization(
        &self,
        slug: &OrganizationSlug,
    ) -> Result<Option<Organization>, StorageError> {
        const SQL: &str = concat!(select_organization!(), "WHERE slug = $1");
        let found = self.read(SQL, [slug.as_str().into()]).await?;
        found.first().map(rows::organization).transpose()
    }

    /// Whether there is any organization, without which the API cannot be used.
    pub(crate) async fn has_organizations(&self) -> Result<bool, StorageError> {
        const SQL: &str = "SELECT EXISTS (SELECT 1 FROM organizations) AS has";
        self.read(SQL, []).await?.first().map_or(Ok(false), |row| row.boolean("has"))
    }

    /// What goes with an organization when it is deleted.
    pub(crate) async fn belongings(&self, id: Uuid) -> Result<Belongings, StorageError> {
        const SQL: &str = "SELECT
                 (SELECT COUNT(*) FROM registries WHERE organization_id = $1) AS registries,
                 (SELECT COUNT(*) FROM teams WHERE organization_id = $1) AS teams,
                 (SELECT COUNT(*) FROM access_token_organizations l WHERE organization_id = $1
                      AND NOT EXISTS (SELECT 1 FROM access_token_organizations o
                          WHERE o.access_token_id = l.access_token_id
                              AND o.organization_id <> $1)) AS tokens";
        let found = self.read(SQL, [id.into()]).await?;
        let count = |column| found.first().map_or(Ok(0), |row| row.integer(column));
        let (registries, tokens, teams) = (count("registries")?, count("tokens")?, count("teams")?);
        Ok(Belongings { registries, tokens, teams })
    }

    /// Deletes an organization with its registries and teams, and the access tokens that are for no other.
    /// Returns whether there was one.
    pub(crate) async fn delete_organization(&self, id: Uuid) -> Result<bool, StorageError> {
        const TOKENS: &str = "DELETE FROM access_tokens WHERE id IN
                 (SELECT access_token_id FROM access_token_organizations WHERE organization_id = $1)
             AND id NOT IN
                 (SELECT access_token_id FROM access_token_organizations WHERE organization_id <> $1)";
        const ORGANIZATION: &str = "DELETE FROM organizations WHERE id = $1 RETURNING id";
        let statements = [TOKENS, ORGANIZATION].map(|sql| Statement::new(sql, [id.into()]));
        Ok(!self.write_all(statements.into()).await?.is_empty())
    }

    /// Fails with [`StorageError::Taken`] if another team of the organization has the name.
    pub(crate) async fn create_team(&self, team: &Team) -> Result<(), StorageError> {
        const SQL: &str =
            "INSERT INTO teams (id, organization_id, name, created_at) VALUES ($1, $2, $3, $4)";
        let values = [
            team.id.into(),
            team.organization_id.into(),
            team.name.as_str().into(),
            team.created_at.into(),
        ];
        self.write(SQL, values).await.map(drop)
    }

    /// All teams of an organization, in the order of their names.
    pub(crate) async fn teams(&self, organization_id: Uuid) -> Result<Vec<Team>, StorageError> {
        const SQL: &str = "SELECT id, organization_id, name, created_at FROM teams
             WHERE organization_id = $1 ORDER BY name";
        self.read(SQL, [organization_id.into()]).await?.iter().map(rows::team).collect()
    }

    /// Returns whether there was one.
    pub(crate) async fn delete_team(
        &self,
        organization_id: Uuid,
        name: &str,
    ) -> Result<bool, StorageError> {
        const SQL: &str = "DELETE FROM teams WHERE organization_id = $1 AND name = $2 RETURNING id";
        Ok(!self.write(SQL, [organization_id.into(), name.into()]).await?.is_empty())
    }

    /// How many access tokens a user has; `None` without such a user.
    pub(crate) async fn tokens_of_user(&self, email: &str) -> Result<Option<i64>, StorageError> {
        const SQL: &str = "SELECT COUNT(t.id) AS tokens FROM users u
             LEFT JOIN access_tokens t ON t.user_id = u.id WHERE u.email = $1 GROUP BY u.id";
        self.read(SQL, [email.into()]).await?.first().map(|row| row.integer("tokens")).transpose()
    }

    /// Deletes a user with its access tokens. Returns whether there was one. Fails with
    /// [`StorageError::Orphan`] if the user created registry tokens that are still there.
    pub(crate) async fn delete_user(&self, email: &str) -> Result<bool, StorageError> {
        const TOKENS: &str =
            "DELETE FROM access_tokens WHERE user_id = (SELECT id FROM users WHERE email = $1)";
        const USER: &str = "DELETE FROM users WHERE email = $1 RETURNING id";
        let statements = [TOKENS, USER].map(|sql| Statement::new(sql, [email.into()]));
        Ok(!self.write_all(statements.into()).await?.is_empty())
    }

    /// Fails with [`StorageError::Taken`] if another user has the email address.
    pub(crate) async fn create_user(&self, user: &User) -> Result<(), StorageError> {
        let stored = self.write_all(vec![store_user(user)]).await?;
        if stored.is_empty() { Err(StorageError::Taken) } else { Ok(()) }
    }

    /// All users, in the order of their email addresses.
    pub(crate) async fn users(&self) -> Result<Vec<User>, StorageError> {
        const SQL: &str = concat!(select_user!(), "ORDER BY email");
        self.read(SQL, []).await?.iter().map(rows::user).collect()
    }
}

/// How much belongs to an organization and to no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Belongings {
    pub(crate) registries: i64,
    /// Access tokens.
    pub(crate) tokens: i64,
    pub(crate) teams: i64,
}

/// Stores a user, and gives a row, if there is none with that email address yet.
pub(super) fn store_user(user: &User) -> Statement {
    const SQL: &str = "INSERT INTO users (id, email, name, created_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (email) DO NOTHING RETURNING id";
    let values = [
        user.id.into(),
        user.email.as_str().into(),
        user.name.as_str().into(),
        user.created_at.into(),
    ];
    Statement::new(SQL, values)
}

pub(super) fn user_by_email(email: &str) -> Statement {
    Statement::new(concat!(select_user!(), "WHERE email = $1"), [email.into()])
}
