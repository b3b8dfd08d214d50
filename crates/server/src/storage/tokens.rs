//! Access tokens.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::failure::StorageError;
use super::organizations::{store_user, user_by_email};
use super::rows;
use super::statement::{Row, Statement, corrupt};
use super::store::Storage;
use crate::domain::organization::User;
use crate::domain::token::{AccessToken, TokenDigest};

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

impl Storage {
    /// Stores the token, and its user if there is none with that email address yet. Returns the
    /// user that the token belongs to.
    pub(crate) async fn create_token(
        &self,
        token: &AccessToken,
        digest: &TokenDigest,
    ) -> Result<User, StorageError> {
        const TOKEN: &str = "INSERT INTO access_tokens
                 (id, user_id, digest, description, scopes, created_at, expires_at, revoked_at)
             SELECT $1, id, $2, $3, $4, $5, $6, $7 FROM users WHERE email = $8";
        const ORGANIZATION: &str = "INSERT INTO access_token_organizations
                 (access_token_id, organization_id)
             VALUES ($1, $2)";
        let values = [
            token.id.into(),
            digest.as_bytes().into(),
            token.description.as_str().into(),
            rows::scopes_json(&token.scopes).as_str().into(),
            token.created_at.into(),
            token.expires_at.into(),
            token.revoked_at.into(),
            token.user.email.as_str().into(),
        ];
        let mut statements = vec![store_user(&token.user), Statement::new(TOKEN, values)];
        for organization in &token.organizations {
            let values = [token.id.into(), organization.id.into()];
            statements.push(Statement::new(ORGANIZATION, values));
        }
        statements.push(user_by_email(&token.user.email));
        let found = self.write_all(statements).await?;
        let user = found.first().ok_or_else(|| corrupt("user", "a token of nobody"))?;
        rows::user(user)
    }

    /// The token with this digest, also when it is expired or revoked.
    pub(crate) async fn token(
        &self,
        digest: &TokenDigest,
    ) -> Result<Option<AccessToken>, StorageError> {
        const SQL: &str = concat!(select!(), "WHERE t.digest = $1 ORDER BY o.slug");
        let found = self.read(SQL, [digest.as_bytes().into()]).await?;
        found.split_first().map(|(first, others)| token(first, others)).transpose()
    }

    /// All tokens that are good for an organization, also expired and revoked ones, by ascending id,
    /// which is the order of their creation.
    pub(crate) async fn tokens(
        &self,
        organization_id: Uuid,
    ) -> Result<Vec<AccessToken>, StorageError> {
        const SQL: &str = concat!(
            select!(),
            "WHERE t.id IN (SELECT access_token_id FROM access_token_organizations
                            WHERE organization_id = $1)
             ORDER BY t.id, o.slug"
        );
        let found = self.read(SQL, [organization_id.into()]).await?;
        let of_one = found.chunk_by(|one, next| one.id("id").ok() == next.id("id").ok());
        let of_one = of_one.filter_map(<[Row]>::split_first);
        of_one.map(|(first, others)| token(first, others)).collect()
    }

    /// Returns whether there was such a token that was not yet revoked.
    pub(crate) async fn revoke_token(
        &self,
        id: Uuid,
        at: DateTime<Utc>,
    ) -> Result<bool, StorageError> {
        const SQL: &str = "UPDATE access_tokens SET revoked_at = $1
             WHERE id = $2 AND revoked_at IS NULL RETURNING id";
        Ok(!self.write(SQL, [at.into(), id.into()]).await?.is_empty())
    }
}

/// The token of these rows, one for each of its organizations.
fn token(first: &Row, others: &[Row]) -> Result<AccessToken, StorageError> {
    let mut organizations = Vec::with_capacity(1 + others.len());
    for row in std::iter::once(first).chain(others) {
        // A token without organizations has one row, of which this part is empty.
        if row.optional_text("organization_slug")?.is_some() {
            organizations.push(rows::organization(row)?);
        }
    }
    Ok(AccessToken {
        id: first.id("id")?,
        user: rows::user(first)?,
        description: first.text("description")?.to_owned(),
        scopes: rows::scopes(first.text("scopes")?)?,
        organizations,
        created_at: first.time("created_at")?,
        expires_at: first.optional_time("expires_at")?,
        revoked_at: first.optional_time("revoked_at")?,
    })
}
