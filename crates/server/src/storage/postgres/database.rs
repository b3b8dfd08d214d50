//! A database that is used by way of a pool of connections.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::postgres::PgRow;
use sqlx::{Column as _, PgConnection, PgPool, Row as _, TypeInfo as _, ValueRef as _};

use super::failure::is_conflict;
use crate::storage::backend::{Backend, PoolSize};
use crate::storage::failure::StorageError;
use crate::storage::statement::{Row, Statement, Value};

/// A `PostgreSQL` database.
///
/// Each step is one statement, or one transaction, that is right at every level of isolation: two
/// writes of one row wait for each other, and where the database gives up on one of them, that one
/// begins again.
#[derive(Debug)]
pub(in crate::storage) struct Postgres {
    pub(super) pool: PgPool,
}

#[async_trait]
impl Backend for Postgres {
    async fn read(&self, statement: Statement) -> Result<Vec<Row>, StorageError> {
        let statement = &statement;
        step(|| async move { run(&mut *self.pool.acquire().await?, statement).await }).await
    }

    async fn write(&self, statements: Vec<Statement>) -> Result<Vec<Row>, StorageError> {
        let statements = &statements[..];
        step(|| async move {
            if let [statement] = statements {
                return run(&mut *self.pool.acquire().await?, statement).await;
            }
            let mut transaction = self.pool.begin().await?;
            let mut rows = Vec::new();
            for statement in statements {
                rows = run(&mut transaction, statement).await?;
            }
            transaction.commit().await?;
            Ok(rows)
        })
        .await
    }

    fn locks_rows(&self) -> bool {
        true
    }

    fn pool_size(&self) -> PoolSize {
        let idle = u32::try_from(self.pool.num_idle()).unwrap_or(u32::MAX);
        PoolSize { open: self.pool.size(), idle }
    }

    async fn close(&self) {
        self.pool.close().await;
    }
}

/// How long a step may take. The database ends its statements before that; this is for one that does
/// not answer at all, because the network between has failed.
const STEP_TIMEOUT: Duration = Duration::from_secs(8);

async fn step<F>(step: impl FnMut() -> F + Send) -> Result<Vec<Row>, StorageError>
where
    F: Future<Output = Result<Vec<Row>, sqlx::Error>> + Send,
{
    let timed_out = |_| Err(sqlx::Error::PoolTimedOut);
    let taken = tokio::time::timeout(STEP_TIMEOUT, attempts(step)).await;
    Ok(taken.unwrap_or_else(timed_out)?)
}

/// Takes a step, and takes it again, some times, when the database gave up on it to let another one
/// pass.
async fn attempts<F>(mut step: impl FnMut() -> F + Send) -> Result<Vec<Row>, sqlx::Error>
where
    F: Future<Output = Result<Vec<Row>, sqlx::Error>> + Send,
{
    const ATTEMPTS: u32 = 10;
    for attempt in 1..ATTEMPTS {
        match step().await {
            Err(error) if is_conflict(&error) => {
                tokio::time::sleep(Duration::from_millis(u64::from(attempt))).await;
            }
            result => return result,
        }
    }
    step().await
}

/// Runs a statement to its end, and returns the rows that it gives.
pub(super) async fn run(
    connection: &mut PgConnection,
    statement: &Statement,
) -> Result<Vec<Row>, sqlx::Error> {
    let bound =
        statement.values.iter().fold(sqlx::query(statement.sql), |query, value| {
            match value.clone() {
                Value::Id(id) => query.bind(id),
                Value::Text(text) => query.bind(text),
                Value::Integer(number) => query.bind(number),
                Value::Boolean(boolean) => query.bind(boolean),
                Value::Bytes(bytes) => query.bind(bytes),
            }
        });
    let found = bound.fetch_all(connection).await?;
    let Some(first) = found.first() else { return Ok(Vec::new()) };
    let columns: Arc<[Box<str>]> = first.columns().iter().map(|it| it.name().into()).collect();
    let row = |row: &PgRow| {
        let values = (0..columns.len()).map(|index| value(row, index)).collect::<Result<_, _>>()?;
        Ok(Row { columns: columns.clone(), values })
    };
    found.iter().map(row).collect()
}

fn value(row: &PgRow, index: usize) -> Result<Value, sqlx::Error> {
    let raw = row.try_get_raw(index)?;
    if raw.is_null() {
        return Ok(Value::NULL);
    }
    Ok(match raw.type_info().name() {
        "UUID" => Value::Id(row.try_get(index)?),
        "INT8" => Value::Integer(row.try_get(index)?),
        "BOOL" => Value::Boolean(row.try_get(index)?),
        "BYTEA" => Value::Bytes(row.try_get(index)?),
        _ => Value::Text(row.try_get(index)?),
    })
}

#[cfg(test)]
mod tests {
    use crate::storage::contract::{self, open};
    use crate::storage::{DatabaseUrl, WhenMissing, test_postgres};

    #[tokio::test(flavor = "multi_thread")]
    async fn a_database_meets_the_storage_contract() {
        let Some(database) = test_postgres::Database::create() else { return };
        contract::run(open(&database).await).await;
    }

    /// Where transactions look as if they ran one after the other, the database gives up on many.
    #[tokio::test(flavor = "multi_thread")]
    async fn a_database_of_another_isolation_meets_the_storage_contract() {
        let Some(database) = test_postgres::Database::create() else { return };
        for isolation in ["repeatable", "serializable"] {
            let level = format!("-c default_transaction_isolation={isolation}");
            let level = level.replace("repeatable", "repeatable\\ read");
            let mut url: url::Url = database.url().parse().unwrap();
            url.query_pairs_mut().append_pair("options", &level);
            let url: DatabaseUrl = url.as_str().parse().unwrap();
            let open = async || url.open(WhenMissing::Create).await.unwrap();
            contract::run_on_two(open().await, open().await).await;
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn two_processes_on_one_database_meet_the_storage_contract() {
        let Some(database) = test_postgres::Database::create() else { return };
        contract::run_on_two(open(&database).await, open(&database).await).await;
    }
}
