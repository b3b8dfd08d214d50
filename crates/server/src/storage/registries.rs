//! Registries.

use uuid::Uuid;

use super::failure::StorageError;
use super::rows;
use super::statement::Statement;
use super::store::{Page, Part, Storage};
use crate::domain::properties::{Color, Description, Emoji, RegistrySlug};
use crate::domain::registry::{Registry, RegistryChanges};
use registries_policy::OidcPolicy;

macro_rules! columns {
    () => {
        "id, organization_id, slug, name, ecosystem, description, emoji, color, oidc_policy, \
         team_ids, created_at"
    };
}

impl Storage {
    /// Fails with [`StorageError::Taken`] if the organization has a registry of that slug.
    pub(crate) async fn create_registry(&self, registry: &Registry) -> Result<(), StorageError> {
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
            registry.created_at.into(),
        ];
        self.write(SQL, values).await.map(drop)
    }

    /// A part of the list of an organization's registries, by ascending id, which is the order of their
    /// creation.
    pub(crate) async fn registries(
        &self,
        organization_id: Uuid,
        page: Page,
    ) -> Result<Part<Registry>, StorageError> {
        // How large a text is stands beside it: this does not read the texts that are not wanted. A slug
        // is in the URLs of its registry as well. A part has one registry at least, or a list with a
        // large one would never end.
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
        page.of(self, SQL, organization_id, rows::registry).await
    }

    pub(crate) async fn registry(
        &self,
        organization_id: Uuid,
        slug: &RegistrySlug,
    ) -> Result<Option<Registry>, StorageError> {
        const SQL: &str = concat!(
            "SELECT ",
            columns!(),
            " FROM registries WHERE organization_id = $1 AND slug = $2"
        );
        let found = self.read(SQL, [organization_id.into(), slug.as_str().into()]).await?;
        found.first().map(rows::registry).transpose()
    }

    /// Changes the registry with this id if `slug` is still its slug, and returns it as it then is;
    /// `None` if there is none any more. Fails with [`StorageError::Taken`] if another registry of
    /// the organization has the new slug.
    pub(crate) async fn update_registry(
        &self,
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
        let mut statements = vec![Statement::new(SQL, values)];
        if changes.name.is_some() && self.locks_rows() {
            statements.insert(0, await_other_renames(id));
        }
        let found = self.write_all(statements).await?;
        found.first().map(rows::registry).transpose()
    }

    /// Returns whether there was one to delete.
    pub(crate) async fn delete_registry(
        &self,
        organization_id: Uuid,
        slug: &RegistrySlug,
    ) -> Result<bool, StorageError> {
        const SQL: &str =
            "DELETE FROM registries WHERE organization_id = $1 AND slug = $2 RETURNING id";
        let values = [organization_id.into(), slug.as_str().into()];
        Ok(!self.write(SQL, values).await?.is_empty())
    }

    /// How many registries all organizations have together.
    pub(crate) async fn count_registries(&self) -> Result<usize, StorageError> {
        let found = self.read("SELECT COUNT(*) AS count FROM registries", []).await?;
        let count = found.first().map_or(Ok(0), |row| row.integer("count"))?;
        Ok(usize::try_from(count).unwrap_or(0))
    }
}

/// Lets one rename after the other through in the organization of a registry. Two that each want the
/// other's slug would wait for each other until the database notices, which takes it a second.
fn await_other_renames(id: Uuid) -> Statement {
    const SQL: &str = "SELECT id FROM organizations
         WHERE id = (SELECT organization_id FROM registries WHERE id = $1) FOR NO KEY UPDATE";
    Statement::new(SQL, [id.into()])
}
