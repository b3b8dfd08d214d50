//! Statements about access tokens, their users and organizations.

use chrono::{DateTime, Utc};
use sqlx::{SqliteConnection, SqlitePool};
use uuid::Uuid;

use super::registries::taken_or_failed;
use super::rows;
use crate::domain::organization::{Organization, OrganizationSlug, User};
use crate::domain::token::{AccessToken, TokenDigest};
use crate::storage::StorageError;

pub(super) async fn create_organization(
    pool: &SqlitePool,
    organization: &Organization,
    created_at: DateTime<Utc>,
) -> Result<(), StorageError> {
    sqlx::query("INSERT INTO organizations (id, slug, name, created_at) VALUES (?, ?, ?, ?)")
        .bind(organization.id.to_string())
        .bind(organization.slug.as_str())
        .bind(&organization.name)
        .bind(created_at.timestamp_millis())
        .execute(pool)
        .await
        .map_err(taken_or_failed)?;
    Ok(())
}

pub(super) async fn organization(
    pool: &SqlitePool,
    slug: &OrganizationSlug,
) -> Result<Option<Organization>, StorageError> {
    let found = sqlx::query(
        "SELECT id AS organization_id, slug AS organization_slug, name AS organization_name
         FROM organizations WHERE slug = ?",
    )
    .bind(slug.as_str())
    .fetch_optional(pool)
    .await
    .map_err(StorageError::Database)?;
    found.as_ref().map(rows::organization).transpose()
}

pub(super) async fn create(
    pool: &SqlitePool,
    token: &AccessToken,
    digest: &TokenDigest,
) -> Result<User, StorageError> {
    let mut transaction =
        pool.begin_with("BEGIN IMMEDIATE").await.map_err(StorageError::Database)?;
    let user = insert(&mut transaction, token, digest).await?;
    transaction.commit().await.map_err(StorageError::Database)?;
    Ok(user)
}

pub(super) async fn by_digest(
    pool: &SqlitePool,
    digest: &TokenDigest,
) -> Result<Option<AccessToken>, StorageError> {
    let found = sqlx::query(
        "SELECT t.id, t.description, t.scopes, t.created_at, t.expires_at, t.revoked_at,
                u.id AS user_id, u.email AS user_email, u.name AS user_name,
                o.id AS organization_id, o.slug AS organization_slug, o.name AS organization_name
         FROM access_tokens t
         JOIN users u ON u.id = t.user_id
         LEFT JOIN access_token_organizations l ON l.access_token_id = t.id
         LEFT JOIN organizations o ON o.id = l.organization_id
         WHERE t.digest = ?
         ORDER BY o.slug",
    )
    .bind(digest.as_bytes())
    .fetch_all(pool)
    .await
    .map_err(StorageError::Database)?;
    let Some(first) = found.first() else { return Ok(None) };
    let optional_time = |column| -> Result<Option<DateTime<Utc>>, StorageError> {
        rows::get::<Option<i64>>(first, column)?.map(rows::time).transpose()
    };
    let mut organizations = Vec::with_capacity(found.len());
    for row in &found {
        // A token without organizations has one row, of which this part is empty.
        if rows::get::<Option<String>>(row, "organization_id")?.is_some() {
            organizations.push(rows::organization(row)?);
        }
    }
    Ok(Some(AccessToken {
        id: rows::uuid(rows::get(first, "id")?)?,
        user: rows::user(first)?,
        description: rows::get(first, "description")?,
        scopes: rows::scopes(&rows::get::<String>(first, "scopes")?)?,
        organizations,
        created_at: rows::time(rows::get(first, "created_at")?)?,
        expires_at: optional_time("expires_at")?,
        revoked_at: optional_time("revoked_at")?,
    }))
}

pub(super) async fn revoke(
    pool: &SqlitePool,
    id: Uuid,
    at: DateTime<Utc>,
) -> Result<bool, StorageError> {
    let done =
        sqlx::query("UPDATE access_tokens SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL")
            .bind(at.timestamp_millis())
            .bind(id.to_string())
            .execute(pool)
            .await
            .map_err(StorageError::Database)?;
    Ok(done.rows_affected() > 0)
}

async fn insert(
    connection: &mut SqliteConnection,
    token: &AccessToken,
    digest: &TokenDigest,
) -> Result<User, StorageError> {
    let user = user(connection, token).await?;
    sqlx::query(
        "INSERT INTO access_tokens
             (id, user_id, digest, description, scopes, created_at, expires_at, revoked_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(token.id.to_string())
    .bind(user.id.to_string())
    .bind(digest.as_bytes())
    .bind(&token.description)
    .bind(rows::scopes_json(&token.scopes))
    .bind(token.created_at.timestamp_millis())
    .bind(token.expires_at.map(|time| time.timestamp_millis()))
    .bind(token.revoked_at.map(|time| time.timestamp_millis()))
    .execute(&mut *connection)
    .await
    .map_err(StorageError::Database)?;
    for organization in &token.organizations {
        sqlx::query(
            "INSERT INTO access_token_organizations (access_token_id, organization_id)
             VALUES (?, ?)",
        )
        .bind(token.id.to_string())
        .bind(organization.id.to_string())
        .execute(&mut *connection)
        .await
        .map_err(StorageError::Database)?;
    }
    Ok(user)
}

/// The user with the email address of the token's user, who is stored if there is none.
async fn user(
    connection: &mut SqliteConnection,
    token: &AccessToken,
) -> Result<User, StorageError> {
    sqlx::query(
        "INSERT INTO users (id, email, name, created_at) VALUES (?, ?, ?, ?)
         ON CONFLICT (email) DO NOTHING",
    )
    .bind(token.user.id.to_string())
    .bind(&token.user.email)
    .bind(&token.user.name)
    .bind(token.created_at.timestamp_millis())
    .execute(&mut *connection)
    .await
    .map_err(StorageError::Database)?;
    let stored = sqlx::query(
        "SELECT id AS user_id, email AS user_email, name AS user_name FROM users WHERE email = ?",
    )
    .bind(&token.user.email)
    .fetch_one(&mut *connection)
    .await
    .map_err(StorageError::Database)?;
    rows::user(&stored)
}
