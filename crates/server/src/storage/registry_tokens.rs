//! Registry tokens.

use uuid::Uuid;

use super::failure::StorageError;
use super::rows;
use super::store::{Page, Part, Storage};
use crate::domain::properties::Description;
use crate::domain::registry_token::RegistryToken;
use crate::domain::token::TokenDigest;

macro_rules! select {
    ($($more:literal)?) => {
        concat!("SELECT ", $($more,)? "t.id, t.registry_id, t.description, t.created_at, u.id AS user_id,
                u.email AS user_email, u.name AS user_name, u.created_at AS user_created_at
         FROM registry_tokens t JOIN users u ON u.id = t.created_by ")
    };
}

impl Storage {
    /// Stores the registry token; returns whether its registry is there.
    pub(crate) async fn create_registry_token(
        &self,
        token: &RegistryToken,
        digest: &TokenDigest,
    ) -> Result<bool, StorageError> {
        const SQL: &str = "INSERT INTO registry_tokens
                 (id, registry_id, digest, description, created_at, created_by)
             SELECT $1, id, $2, $3, $4, $5 FROM registries WHERE id = $6 RETURNING id";
        let values = [
            token.id.into(),
            digest.as_bytes().into(),
            token.description.as_str().into(),
            token.created_at.into(),
            token.created_by.id.into(),
            token.registry_id.into(),
        ];
        match self.write(SQL, values).await {
            Ok(stored) => Ok(!stored.is_empty()),
            // A database that lets a deletion begin at the same time finds out at its end.
            Err(StorageError::Orphan) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// A part of the list of a registry's tokens, by ascending id, which is the order of their
    /// creation.
    pub(crate) async fn registry_tokens(
        &self,
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
        page.of(self, SQL, registry_id, rows::registry_token).await
    }

    pub(crate) async fn registry_token(
        &self,
        registry_id: Uuid,
        id: Uuid,
    ) -> Result<Option<RegistryToken>, StorageError> {
        const SQL: &str = concat!(select!(), "WHERE t.registry_id = $1 AND t.id = $2");
        let found = self.read(SQL, [registry_id.into(), id.into()]).await?;
        found.first().map(rows::registry_token).transpose()
    }

    /// Returns whether there was one to change.
    pub(crate) async fn update_registry_token(
        &self,
        registry_id: Uuid,
        id: Uuid,
        description: &Description,
    ) -> Result<bool, StorageError> {
        const SQL: &str = "UPDATE registry_tokens SET description = $1
             WHERE registry_id = $2 AND id = $3 RETURNING id";
        let values = [description.as_str().into(), registry_id.into(), id.into()];
        Ok(!self.write(SQL, values).await?.is_empty())
    }

    /// Returns whether there was one to delete.
    pub(crate) async fn delete_registry_token(
        &self,
        registry_id: Uuid,
        id: Uuid,
    ) -> Result<bool, StorageError> {
        const SQL: &str =
            "DELETE FROM registry_tokens WHERE registry_id = $1 AND id = $2 RETURNING id";
        Ok(!self.write(SQL, [registry_id.into(), id.into()]).await?.is_empty())
    }
}
