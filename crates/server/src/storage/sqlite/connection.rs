//! Statements on a connection to `SQLite`.

use async_trait::async_trait;
use sqlx::query::Query;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Sqlite, SqliteConnection};

use crate::storage::sql::{Connection, Row, Value};

#[async_trait]
impl Connection for SqliteConnection {
    async fn execute(
        &mut self,
        sql: &'static str,
        values: &[Value<'_>],
    ) -> Result<u64, sqlx::Error> {
        Ok(bound(sql, values).execute(self).await?.rows_affected())
    }

    async fn rows(
        &mut self,
        sql: &'static str,
        values: &[Value<'_>],
    ) -> Result<Vec<Row>, sqlx::Error> {
        let rows = bound(sql, values).fetch_all(self).await?;
        Ok(rows.into_iter().map(Row::Sqlite).collect())
    }
}

fn bound(sql: &'static str, values: &[Value<'_>]) -> Query<'static, Sqlite, SqliteArguments> {
    values.iter().fold(sqlx::query(sql), |query, value| match *value {
        Value::Id(id) => query.bind(id.to_string()),
        Value::Text(text) => query.bind(text.map(str::to_owned)),
        Value::Integer(number) => query.bind(number),
        Value::Boolean(boolean) => query.bind(boolean),
        Value::Bytes(bytes) => query.bind(bytes.to_vec()),
    })
}
