//! The statements that every database takes, and what they need of one.
//!
//! `PostgreSQL` and `SQLite` both take `$1` for the first value, and the same statements: there is
//! one text of each.

pub(super) mod organizations;
pub(super) mod registries;
pub(super) mod registry_tokens;
pub(super) mod rows;
pub(super) mod tokens;

use async_trait::async_trait;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use super::sqlite::DirectRow;

/// A connection, or a transaction on it.
#[async_trait]
pub(super) trait Connection: Send {
    /// Runs a statement to its end, and returns how many rows it wrote.
    async fn execute(
        &mut self,
        sql: &'static str,
        values: &[Value<'_>],
    ) -> Result<u64, sqlx::Error>;

    /// Runs a statement to its end, and returns the rows that it gives.
    async fn rows(
        &mut self,
        sql: &'static str,
        values: &[Value<'_>],
    ) -> Result<Vec<Row>, sqlx::Error>;
}

/// What a statement is given.
#[derive(Debug, Clone, Copy)]
pub(super) enum Value<'a> {
    Id(Uuid),
    Text(Option<&'a str>),
    Integer(Option<i64>),
    Boolean(bool),
    Bytes(&'a [u8]),
}

/// What a statement gives.
pub(super) enum Row {
    Postgres(PgRow),
    Sqlite(DirectRow),
}

impl From<Uuid> for Value<'_> {
    fn from(id: Uuid) -> Self {
        Self::Id(id)
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Some(text))
    }
}

impl<'a> From<Option<&'a str>> for Value<'a> {
    fn from(text: Option<&'a str>) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Self::Integer(Some(number))
    }
}

impl From<Option<i64>> for Value<'_> {
    fn from(number: Option<i64>) -> Self {
        Self::Integer(number)
    }
}

impl From<bool> for Value<'_> {
    fn from(boolean: bool) -> Self {
        Self::Boolean(boolean)
    }
}

impl<'a> From<&'a [u8]> for Value<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Bytes(bytes)
    }
}
