//! Statements about registries.

use sqlx::{AssertSqlSafe, SqlitePool};
use uuid::Uuid;

use super::rows;
use crate::domain::policy::OidcPolicy;
use crate::domain::properties::{Color, Description, Emoji, RegistrySlug};
use crate::domain::registry::{Registry, RegistryChanges};
use crate::storage::StorageError;

const COLUMNS: &str = "id, organization_id, slug, name, ecosystem, description, emoji, color, \
                       oidc_policy, team_ids, created_at";

pub(super) async fn create(pool: &SqlitePool, registry: &Registry) -> Result<(), StorageError> {
    let sql = format!("INSERT INTO registries ({COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?)");
    sqlx::query(AssertSqlSafe(sql))
        .bind(registry.id.to_string())
        .bind(registry.organization_id.to_string())
        .bind(registry.slug.as_str())
        .bind(registry.name.as_str())
        .bind(registry.ecosystem.as_str())
        .bind(registry.description.as_ref().map(Description::as_str))
        .bind(registry.emoji.as_ref().map(Emoji::as_str))
        .bind(registry.color.as_ref().map(Color::as_str))
        .bind(registry.oidc_policy.as_ref().map(OidcPolicy::as_str))
        .bind(registry.team_ids.as_ref().map(rows::team_ids_json))
        .bind(registry.created_at.timestamp_millis())
        .execute(pool)
        .await
        .map_err(taken_or_failed)?;
    Ok(())
}

pub(super) async fn all(
    pool: &SqlitePool,
    organization_id: Uuid,
) -> Result<Vec<Registry>, StorageError> {
    let sql = format!("SELECT {COLUMNS} FROM registries WHERE organization_id = ? ORDER BY id");
    let found = sqlx::query(AssertSqlSafe(sql))
        .bind(organization_id.to_string())
        .fetch_all(pool)
        .await
        .map_err(StorageError::Database)?;
    found.iter().map(rows::registry).collect()
}

pub(super) async fn by_slug(
    pool: &SqlitePool,
    organization_id: Uuid,
    slug: &RegistrySlug,
) -> Result<Option<Registry>, StorageError> {
    let sql = format!("SELECT {COLUMNS} FROM registries WHERE organization_id = ? AND slug = ?");
    let found = sqlx::query(AssertSqlSafe(sql))
        .bind(organization_id.to_string())
        .bind(slug.as_str())
        .fetch_optional(pool)
        .await
        .map_err(StorageError::Database)?;
    found.as_ref().map(rows::registry).transpose()
}

pub(super) async fn update(
    pool: &SqlitePool,
    id: Uuid,
    slug: &RegistrySlug,
    changes: &RegistryChanges,
) -> Result<Option<Registry>, StorageError> {
    let sql = format!(
        "UPDATE registries SET
             name        = COALESCE(?, name),
             slug        = COALESCE(?, slug),
             description = CASE WHEN ? THEN description ELSE ? END,
             emoji       = CASE WHEN ? THEN emoji       ELSE ? END,
             color       = CASE WHEN ? THEN color       ELSE ? END,
             oidc_policy = CASE WHEN ? THEN oidc_policy ELSE ? END
         WHERE id = ? AND slug = ? RETURNING {COLUMNS}"
    );
    // The first row of a RETURNING arrives before its statement has ended and so before it is
    // durable: only the commit says that it is.
    let mut transaction =
        pool.begin_with("BEGIN IMMEDIATE").await.map_err(StorageError::Database)?;
    let found = sqlx::query(AssertSqlSafe(sql))
        .bind(changes.name.as_ref().map(|(name, _)| name.as_str()))
        .bind(changes.name.as_ref().map(|(_, slug)| slug.as_str()))
        .bind(changes.description.is_keep())
        .bind(changes.description.value().map(Description::as_str))
        .bind(changes.emoji.is_keep())
        .bind(changes.emoji.value().map(Emoji::as_str))
        .bind(changes.color.is_keep())
        .bind(changes.color.value().map(Color::as_str))
        .bind(changes.oidc_policy.is_keep())
        .bind(changes.oidc_policy.value().map(OidcPolicy::as_str))
        .bind(id.to_string())
        .bind(slug.as_str())
        .fetch_optional(&mut *transaction)
        .await
        .map_err(taken_or_failed)?;
    transaction.commit().await.map_err(StorageError::Database)?;
    found.as_ref().map(rows::registry).transpose()
}

pub(super) async fn delete(
    pool: &SqlitePool,
    organization_id: Uuid,
    slug: &RegistrySlug,
) -> Result<bool, StorageError> {
    let done = sqlx::query("DELETE FROM registries WHERE organization_id = ? AND slug = ?")
        .bind(organization_id.to_string())
        .bind(slug.as_str())
        .execute(pool)
        .await
        .map_err(StorageError::Database)?;
    Ok(done.rows_affected() > 0)
}

pub(super) async fn count(pool: &SqlitePool) -> Result<usize, StorageError> {
    let count: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM registries")
        .fetch_one(pool)
        .await
        .map_err(StorageError::Database)?;
    Ok(usize::try_from(count).unwrap_or(0))
}

/// Tells the one constraint that callers can run into from a failure of the database.
pub(super) fn taken_or_failed(error: sqlx::Error) -> StorageError {
    match error.as_database_error() {
        Some(database) if database.is_unique_violation() => StorageError::Taken,
        _ => StorageError::Database(error),
    }
}
