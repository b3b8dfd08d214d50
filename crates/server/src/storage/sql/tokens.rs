//! Statements about access tokens.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Connection, Row, organizations, rows};
use crate::domain::organization::User;
use crate::domain::token::{AccessToken, TokenDigest};
use crate::storage::StorageError;

macro_rules! select {
    () => {
        "SELECT t.id, t.description, t.scopes, t.created_at, t.expires_at, t.revoked_at,
                u.id AS user_id, u.email AS user_email, u.name AS user_name,
                u.created_at AS user_created_at,
                o.id AS organization_id, o.slug AS organization_slug, o.name AS organization_name,
                o.created_at AS organization_created_at
         FROM access_tokens t
         JOIN users u ON u.id = t.user_id
         LEFT JOIN access_token_organizations l ON l.access_token_id = t.id
         LEFT JOIN organizations o ON o.id = l.organization_id "
    };
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
    let user = organizations::same_user(transaction, &token.user).await?;
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
    const SQL: &str = concat!(select!(), "WHERE t.digest = $1 ORDER BY o.slug");
    let found = connection.rows(SQL, &[digest.as_bytes().into()]).await?;
    if found.is_empty() { Ok(None) } else { token(&found).map(Some) }
}

/// Those that are good for an organization, by ascending id, which is the order of their creation.
pub(in crate::storage) async fn of_organization(
    connection: &mut dyn Connection,
    organization_id: Uuid,
) -> Result<Vec<AccessToken>, StorageError> {
    const SQL: &str = concat!(
        select!(),
        "WHERE t.id IN (SELECT access_token_id FROM access_token_organizations
                        WHERE organization_id = $1)
         ORDER BY t.id, o.slug"
    );
    let found = connection.rows(SQL, &[organization_id.into()]).await?;
    let ids = found.iter().map(|row| row.id("id")).collect::<Result<Vec<_>, _>>()?;
    let mut tokens = Vec::new();
    let mut rows = &found[..];
    for same in ids.chunk_by(|one, next| one == next) {
        let (first, rest) = rows.split_at(same.len());
        tokens.push(token(first)?);
        rows = rest;
    }
    Ok(tokens)
}

/// The token that one or more rows tell, one for each of its organizations.
fn token(found: &[Row]) -> Result<AccessToken, StorageError> {
    let first = found.first().ok_or(sqlx::Error::RowNotFound)?;
    let optional_time = |column| -> Result<Option<DateTime<Utc>>, StorageError> {
        first.get::<Option<i64>>(column)?.map(rows::time).transpose()
    };
    let mut organizations = Vec::with_capacity(found.len());
    for row in found {
        // A token without organizations has one row, of which this part is empty.
        if row.optional_text("organization_slug")?.is_some() {
            organizations.push(rows::organization(row)?);
        }
    }
    Ok(AccessToken {
        id: first.id("id")?,
        user: rows::user(first)?,
        description: first.get("description")?,
        scopes: rows::scopes(first.text("scopes")?)?,
        organizations,
        created_at: rows::time(first.get("created_at")?)?,
        expires_at: optional_time("expires_at")?,
        revoked_at: optional_time("revoked_at")?,
    })
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
