//! Statements about registry tokens.

use uuid::Uuid;

use super::{Connection, rows};
use crate::domain::properties::Description;
use crate::domain::registry_token::RegistryToken;
use crate::domain::token::TokenDigest;
use crate::storage::{Page, Part, StorageError};

macro_rules! select {
    ($($more:literal)?) => {
        concat!("SELECT ", $($more,)? "t.id, t.registry_id, t.description, t.created_at, u.id AS user_id,
                u.email AS user_email, u.name AS user_name, u.created_at AS user_created_at
         FROM registry_tokens t JOIN users u ON u.id = t.created_by ")
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

pub(in crate::storage) async fn page(
    connection: &mut dyn Connection,
    registry_id: Uuid,
    page: Page,
) -> Result<Part<RegistryToken>, StorageError> {
    // As the page of registries is made: there it says why.
    const SQL: &str = concat!(
        "WITH ahead AS (
             SELECT id, octet_length(description) AS bytes FROM registry_tokens
             WHERE registry_id = $1 AND id > $2 ORDER BY id LIMIT $3
         ), totals AS (
             SELECT id, SUM(bytes) OVER (ORDER BY id) - bytes AS before FROM ahead
         ) ",
        select!("(SELECT COUNT(*) FROM ahead) AS ahead, "),
        "WHERE t.registry_id = $1 AND t.id > $2
             AND t.id <= (SELECT id FROM totals WHERE before <= $4 ORDER BY id DESC LIMIT 1)
         ORDER BY t.id"
    );
    let after = page.after.unwrap_or(Uuid::nil());
    let (limit, bytes) = (i64::from(page.limit), i64::from(page.bytes));
    let values = [registry_id.into(), after.into(), limit.into(), bytes.into()];
    let found = connection.rows(SQL, &values).await?;
    let ahead = found.first().map_or(Ok(0), |row| row.get::<i64>("ahead"))?;
    let is_last = ahead < limit && usize::try_from(ahead) == Ok(found.len());
    let items = found.iter().map(rows::registry_token).collect::<Result<_, _>>()?;
    Ok(Part { items, is_last })
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
