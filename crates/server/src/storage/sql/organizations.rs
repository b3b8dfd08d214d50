//! Statements about organizations, their teams, and users.

use uuid::Uuid;

use super::registries::taken_or_failed;
use super::{Connection, rows};
use crate::domain::organization::{Organization, OrganizationSlug, Team, User};
use crate::storage::StorageError;

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

pub(in crate::storage) async fn create(
    connection: &mut dyn Connection,
    organization: &Organization,
) -> Result<(), StorageError> {
    const SQL: &str =
        "INSERT INTO organizations (id, slug, name, created_at) VALUES ($1, $2, $3, $4)";
    let values = [
        organization.id.into(),
        organization.slug.as_str().into(),
        organization.name.as_str().into(),
        organization.created_at.timestamp_millis().into(),
    ];
    connection.execute(SQL, &values).await.map_err(taken_or_failed)?;
    Ok(())
}

pub(in crate::storage) async fn all(
    connection: &mut dyn Connection,
) -> Result<Vec<Organization>, StorageError> {
    const SQL: &str = concat!(select_organization!(), "ORDER BY slug");
    connection.rows(SQL, &[]).await?.iter().map(rows::organization).collect()
}

pub(in crate::storage) async fn by_slug(
    connection: &mut dyn Connection,
    slug: &OrganizationSlug,
) -> Result<Option<Organization>, StorageError> {
    const SQL: &str = concat!(select_organization!(), "WHERE slug = $1");
    let found = connection.rows(SQL, &[slug.as_str().into()]).await?;
    found.first().map(rows::organization).transpose()
}

pub(in crate::storage) async fn create_team(
    connection: &mut dyn Connection,
    team: &Team,
) -> Result<(), StorageError> {
    const SQL: &str =
        "INSERT INTO teams (id, organization_id, name, created_at) VALUES ($1, $2, $3, $4)";
    let values = [
        team.id.into(),
        team.organization_id.into(),
        team.name.as_str().into(),
        team.created_at.timestamp_millis().into(),
    ];
    connection.execute(SQL, &values).await.map_err(taken_or_failed)?;
    Ok(())
}

pub(in crate::storage) async fn teams(
    connection: &mut dyn Connection,
    organization_id: Uuid,
) -> Result<Vec<Team>, StorageError> {
    const SQL: &str = "SELECT id, organization_id, name, created_at FROM teams
         WHERE organization_id = $1 ORDER BY name";
    let found = connection.rows(SQL, &[organization_id.into()]).await?;
    found.iter().map(rows::team).collect()
}

pub(in crate::storage) async fn create_user(
    connection: &mut dyn Connection,
    user: &User,
) -> Result<(), StorageError> {
    if store_user(connection, user).await? { Ok(()) } else { Err(StorageError::Taken) }
}

pub(in crate::storage) async fn users(
    connection: &mut dyn Connection,
) -> Result<Vec<User>, StorageError> {
    const SQL: &str = concat!(select_user!(), "ORDER BY email");
    connection.rows(SQL, &[]).await?.iter().map(rows::user).collect()
}

/// The user with the email address of this one, who is stored if there is none.
pub(super) async fn same_user(
    transaction: &mut dyn Connection,
    user: &User,
) -> Result<User, StorageError> {
    const SQL: &str = concat!(select_user!(), "WHERE email = $1");
    store_user(transaction, user).await?;
    let found = transaction.rows(SQL, &[user.email.as_str().into()]).await?;
    rows::user(found.first().ok_or(sqlx::Error::RowNotFound)?)
}

/// Returns whether there was no user with that email address yet.
async fn store_user(connection: &mut dyn Connection, user: &User) -> Result<bool, StorageError> {
    const SQL: &str = "INSERT INTO users (id, email, name, created_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (email) DO NOTHING";
    let values = [
        user.id.into(),
        user.email.as_str().into(),
        user.name.as_str().into(),
        user.created_at.timestamp_millis().into(),
    ];
    Ok(connection.execute(SQL, &values).await? > 0)
}
