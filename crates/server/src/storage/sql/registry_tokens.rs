//! Statements about registry tokens.

use uuid::Uuid;

use super::{Connection, rows};
use crate::domain::properties::Description;
use crate::domain::registry_token::RegistryToken;
use crate::domain::token::TokenDigest;
use crate::storage::StorageError;

macro_rules! select {
    () => {
        "SELECT t.id, t.registry_id, t.description, t.created_at, u.id AS user_id,
                u.email AS user_email, u.name AS user_name, u.created_at AS user_created_at
         FROM registry_tokens t JOIN users u ON u.id = t.created_by "
    };
}

/// Stores nothing when the registry is not there any more, or is being deleted at the same time: a
/// database that lets both begin finds that out at the end of the deletion.
pub(in crate::storage) async fn create(
    connection: &mut dyn Connection,
    token: &RegistryToken,
    digest: &TokenDigest,
) -> Result<bool, StorageError> {
    const SQL: &str = "INSERT INTO registry_tokens
             (id, registry_id, digest, description, created_at, created_by)
         SELECT $1, id, $2, $3, $4, $5 FROM registries WHERE id = $6";
    let values = [
        token.id.into(),
        digest.as_bytes().into(),
        token.description.as_str().into(),
        token.created_at.timestamp_millis().into(),
        token.created_by.id.into(),
        token.registry_id.into(),
    ];
    match connection.execute(SQL, &values).await {
        Ok(stored) => Ok(stored > 0),
        Err(sqlx::Error::Database(error)) if error.is_foreign_key_violation() => Ok(false),
        Err(error) => Err(error.into()),
    }
}

pub(in crate::storage) async fn all(
    connection: &mut dyn Connection,
    registry_id: Uuid,
) -> Result<Vec<RegistryToken>, StorageError> {
    const SQL: &str = concat!(select!(), "WHERE t.registry_id = $1 ORDER BY t.id");
    let found = connection.rows(SQL, &[registry_id.into()]).await?;
    found.iter().map(rows::registry_token).collect()
}

pub(in crate::storage) async fn by_id(
    connection: &mut dyn Connection,
    registry_id: Uuid,
    id: Uuid,
) -> Result<Option<RegistryToken>, StorageError> {
    const SQL: &str = concat!(select!(), "WHERE t.registry_id = $1 AND t.id = $2");
    let found = connection.rows(SQL, &[registry_id.into(), id.into()]).await?;
    found.first().map(rows::registry_token).transpose()
}

pub(in crate::storage) async fn update(
    connection: &mut dyn Connection,
    registry_id: Uuid,
    id: Uuid,
    description: &Description,
) -> Result<bool, StorageError> {
    const SQL: &str =
        "UPDATE registry_tokens SET description = $1 WHERE registry_id = $2 AND id = $3";
    let values = [description.as_str().into(), registry_id.into(), id.into()];
    Ok(connection.execute(SQL, &values).await? > 0)
}

pub(in crate::storage) async fn delete(
    connection: &mut dyn Connection,
    registry_id: Uuid,
    id: Uuid,
) -> Result<bool, StorageError> {
    const SQL: &str = "DELETE FROM registry_tokens WHERE registry_id = $1 AND id = $2";
    Ok(connection.execute(SQL, &[registry_id.into(), id.into()]).await? > 0)
}
