//! Statements on a connection to `PostgreSQL`.

use async_trait::async_trait;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::{PgConnection, Postgres};

use crate::storage::sql::{Connection, Row, Value};

#[async_trait]
impl Connection for PgConnection {
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
        Ok(rows.into_iter().map(Row::Postgres).collect())
    }
}

fn bound(sql: &'static str, values: &[Value<'_>]) -> Query<'static, Postgres, PgArguments> {
    values.iter().fold(sqlx::query(sql), |query, value| match *value {
        Value::Id(id) => query.bind(id),
        Value::Text(text) => query.bind(text.map(str::to_owned)),
        Value::Integer(number) => query.bind(number),
        Value::Boolean(boolean) => query.bind(boolean),
        Value::Bytes(bytes) => query.bind(bytes.to_vec()),
    })
}
