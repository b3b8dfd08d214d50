//! Statements about registries.

use uuid::Uuid;

use super::{Connection, rows};
use crate::domain::policy::OidcPolicy;
use crate::domain::properties::{Color, Description, Emoji, RegistrySlug};
use crate::domain::registry::{Registry, RegistryChanges};
use crate::storage::{Page, Part, StorageError};

macro_rules! columns {
    () => {
        "id, organization_id, slug, name, ecosystem, description, emoji, color, oidc_policy, \
         team_ids, created_at"
    };
}

pub(in crate::storage) async fn create(
    connection: &mut dyn Connection,
    registry: &Registry,
) -> Result<(), StorageError> {
    const SQL: &str = concat!(
        "INSERT INTO registries (",
        columns!(),
        ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
    );
    let team_ids = registry.team_ids.as_ref().map(rows::team_ids_json);
    let values = [
        registry.id.into(),
        registry.organization_id.into(),
        registry.slug.as_str().into(),
        registry.name.as_str().into(),
        registry.ecosystem.as_str().into(),
        registry.description.as_ref().map(Description::as_str).into(),
        registry.emoji.as_ref().map(Emoji::as_str).into(),
        registry.color.as_ref().map(Color::as_str).into(),
        registry.oidc_policy.as_ref().map(OidcPolicy::as_str).into(),
        team_ids.as_deref().into(),
        registry.created_at.timestamp_millis().into(),
    ];
    connection.execute(SQL, &values).await.map_err(taken_or_failed)?;
    Ok(())
}

pub(in crate::storage) async fn page(
    connection: &mut dyn Connection,
    organization_id: Uuid,
    page: Page,
) -> Result<Part<Registry>, StorageError> {
    // How large a text is stands beside it: this does not read the texts that are not wanted. A slug is
    // in the URLs of its registry as well. A part has one registry at least, or a list with a large one
    // would never end.
    const SQL: &str = concat!(
        "WITH ahead AS (
             SELECT id, octet_length(name) + 3 * octet_length(slug)
                 + COALESCE(octet_length(description), 0)
                 + COALESCE(octet_length(oidc_policy), 0)
                 + COALESCE(octet_length(team_ids), 0) AS bytes
             FROM registries WHERE organization_id = $1 AND id > $2 ORDER BY id LIMIT $3
         ), totals AS (
             SELECT id, SUM(bytes) OVER (ORDER BY id) - bytes AS before FROM ahead
         )
         SELECT ",
        columns!(),
        ", (SELECT COUNT(*) FROM ahead) AS ahead FROM registries
         WHERE organization_id = $1 AND id > $2
             AND id <= (SELECT id FROM totals WHERE before <= $4 ORDER BY id DESC LIMIT 1)
         ORDER BY id"
    );
    // No registry has the first of all ids.
    let after = page.after.unwrap_or(Uuid::nil());
    let (limit, bytes) = (i64::from(page.limit), i64::from(page.bytes));
    let values = [organization_id.into(), after.into(), limit.into(), bytes.into()];
    let found = connection.rows(SQL, &values).await?;
    let ahead = found.first().map_or(Ok(0), |row| row.get::<i64>("ahead"))?;
    let is_last = ahead < limit && usize::try_from(ahead) == Ok(found.len());
    let items = found.iter().map(rows::registry).collect::<Result<_, _>>()?;
    Ok(Part { items, is_last })
}

pub(in crate::storage) async fn by_slug(
    connection: &mut dyn Connection,
    organization_id: Uuid,
    slug: &RegistrySlug,
) -> Result<Option<Registry>, StorageError> {
    const SQL: &str =
        concat!("SELECT ", columns!(), " FROM registries WHERE organization_id = $1 AND slug = $2");
    let found = connection.rows(SQL, &[organization_id.into(), slug.as_str().into()]).await?;
    found.first().map(rows::registry).transpose()
}

pub(in crate::storage) async fn update(
    connection: &mut dyn Connection,
    id: Uuid,
    slug: &RegistrySlug,
    changes: &RegistryChanges,
) -> Result<Option<Registry>, StorageError> {
    const SQL: &str = concat!(
        "UPDATE registries SET
             name        = COALESCE($1, name),
             slug        = COALESCE($2, slug),
             description = CASE WHEN $3 THEN description ELSE $4 END,
             emoji       = CASE WHEN $5 THEN emoji       ELSE $6 END,
             color       = CASE WHEN $7 THEN color       ELSE $8 END,
             oidc_policy = CASE WHEN $9 THEN oidc_policy ELSE $10 END
         WHERE id = $11 AND slug = $12 RETURNING ",
        columns!()
    );
    let values = [
        changes.name.as_ref().map(|(name, _)| name.as_str()).into(),
        changes.name.as_ref().map(|(_, slug)| slug.as_str()).into(),
        changes.description.is_keep().into(),
        changes.description.value().map(Description::as_str).into(),
        changes.emoji.is_keep().into(),
        changes.emoji.value().map(Emoji::as_str).into(),
        changes.color.is_keep().into(),
        changes.color.value().map(Color::as_str).into(),
        changes.oidc_policy.is_keep().into(),
        changes.oidc_policy.value().map(OidcPolicy::as_str).into(),
        id.into(),
        slug.as_str().into(),
    ];
    let found = connection.rows(SQL, &values).await.map_err(taken_or_failed)?;
    found.first().map(rows::registry).transpose()
}

pub(in crate::storage) async fn delete(
    connection: &mut dyn Connection,
    organization_id: Uuid,
    slug: &RegistrySlug,
) -> Result<bool, StorageError> {
    const SQL: &str = "DELETE FROM registries WHERE organization_id = $1 AND slug = $2";
    let values = [organization_id.into(), slug.as_str().into()];
    Ok(connection.execute(SQL, &values).await? > 0)
}

pub(in crate::storage) async fn count(
    connection: &mut dyn Connection,
) -> Result<usize, StorageError> {
    let found = connection.rows("SELECT COUNT(*) AS count FROM registries", &[]).await?;
    let count: i64 = found.first().ok_or(sqlx::Error::RowNotFound)?.get("count")?;
    Ok(usize::try_from(count).unwrap_or(0))
}

/// Tells the one constraint that callers can run into from a failure of the database.
pub(super) fn taken_or_failed(error: sqlx::Error) -> StorageError {
    match error.as_database_error() {
        Some(database) if database.is_unique_violation() => StorageError::Taken,
        _ => error.into(),
    }
}
