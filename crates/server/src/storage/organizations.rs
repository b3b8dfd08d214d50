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

    /// Whether there is any organization, without which nobody can use the API.
    pub(crate) async fn has_organizations(&self) -> Result<bool, StorageError> {
        const SQL: &str = "SELECT EXISTS (SELECT 1 FROM organizations) AS has";
        self.read(SQL, []).await?.first().map_or(Ok(false), |row| row.boolean("has"))
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
