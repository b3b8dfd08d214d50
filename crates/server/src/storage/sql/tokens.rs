//! Statements about access tokens, their users and organizations.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::registries::taken_or_failed;
use super::{Connection, rows};
use crate::domain::organization::{Organization, OrganizationSlug, User};
use crate::domain::token::{AccessToken, TokenDigest};
use crate::storage::StorageError;

pub(in crate::storage) async fn create_organization(
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

pub(in crate::storage) async fn organization(
    connection: &mut dyn Connection,
    slug: &OrganizationSlug,
) -> Result<Option<Organization>, StorageError> {
    const SQL: &str =
        "SELECT id AS organization_id, slug AS organization_slug, name AS organization_name,
                created_at AS organization_created_at
         FROM organizations WHERE slug = $1";
    let found = connection.rows(SQL, &[slug.as_str().into()]).await?;
    found.first().map(rows::organization).transpose()
}

/// Takes several statements: a transaction makes one step of them.
pub(in crate::storage) async fn create(
    transaction: &mut dyn Connection,
    token: &AccessToken,
    digest: &TokenDigest,
) -> Result<User, StorageError> {
    const TOKEN: &str = "INSERT INTO access_tokens
             (id, user_id, digest, description, scopes, created_at, expires_at, revoked_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    const ORGANIZATION: &str =
        "INSERT INTO access_token_organizations (access_token_id, organization_id) VALUES ($1, $2)";
    let user = user(transaction, token).await?;
    let scopes = rows::scopes_json(&token.scopes);
    let values = [
        token.id.into(),
        user.id.into(),
        digest.as_bytes().into(),
        token.description.as_str().into(),
        scopes.as_str().into(),
        token.created_at.timestamp_millis().into(),
        token.expires_at.map(|time| time.timestamp_millis()).into(),
        token.revoked_at.map(|time| time.timestamp_millis()).into(),
    ];
    transaction.execute(TOKEN, &values).await?;
    for organization in &token.organizations {
        transaction.execute(ORGANIZATION, &[token.id.into(), organization.id.into()]).await?;
    }
    Ok(user)
}

pub(in crate::storage) async fn by_digest(
    connection: &mut dyn Connection,
    digest: &TokenDigest,
) -> Result<Option<AccessToken>, StorageError> {
    const SQL: &str =
        "SELECT t.id, t.description, t.scopes, t.created_at, t.expires_at, t.revoked_at,
                u.id AS user_id, u.email AS user_email, u.name AS user_name,
                u.created_at AS user_created_at,
                o.id AS organization_id, o.slug AS organization_slug, o.name AS organization_name,
                o.created_at AS organization_created_at
         FROM access_tokens t
         JOIN users u ON u.id = t.user_id
         LEFT JOIN access_token_organizations l ON l.access_token_id = t.id
         LEFT JOIN organizations o ON o.id = l.organization_id
         WHERE t.digest = $1
         ORDER BY o.slug";
    let found = connection.rows(SQL, &[digest.as_bytes().into()]).await?;
    let Some(first) = found.first() else { return Ok(None) };
    let optional_time = |column| -> Result<Option<DateTime<Utc>>, StorageError> {
        first.get::<Option<i64>>(column)?.map(rows::time).transpose()
    };
    let mut organizations = Vec::with_capacity(found.len());
    for row in &found {
        // A token without organizations has one row, of which this part is empty.
        if row.get::<Option<String>>("organization_slug")?.is_some() {
            organizations.push(rows::organization(row)?);
        }
    }
    Ok(Some(AccessToken {
        id: first.id("id")?,
        user: rows::user(first)?,
        description: first.get("description")?,
        scopes: rows::scopes(&first.get::<String>("scopes")?)?,
        organizations,
        created_at: rows::time(first.get("created_at")?)?,
        expires_at: optional_time("expires_at")?,
        revoked_at: optional_time("revoked_at")?,
    }))
}

pub(in crate::storage) async fn revoke(
    connection: &mut dyn Connection,
    id: Uuid,
    at: DateTime<Utc>,
) -> Result<bool, StorageError> {
    const SQL: &str =
        "UPDATE access_tokens SET revoked_at = $1 WHERE id = $2 AND revoked_at IS NULL";
    Ok(connection.execute(SQL, &[at.timestamp_millis().into(), id.into()]).await? > 0)
}

/// The user with the email address of the token's user, who is stored if there is none.
async fn user(transaction: &mut dyn Connection, token: &AccessToken) -> Result<User, StorageError> {
    const CREATE: &str = "INSERT INTO users (id, email, name, created_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (email) DO NOTHING";
    const FIND: &str =
        "SELECT id AS user_id, email AS user_email, name AS user_name, created_at AS user_created_at
         FROM users WHERE email = $1";
    let values = [
        token.user.id.into(),
        token.user.email.as_str().into(),
        token.user.name.as_str().into(),
        token.user.created_at.timestamp_millis().into(),
    ];
    transaction.execute(CREATE, &values).await?;
    let found = transaction.rows(FIND, &[token.user.email.as_str().into()]).await?;
    rows::user(found.first().ok_or(sqlx::Error::RowNotFound)?)
}
