//! Counting the requests of all processes on one database.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use uuid::Uuid;

use super::backend::Backend;
use super::failure::StorageError;
use super::statement::Statement;

/// Counters of requests that processes share.
#[derive(Debug)]
pub(crate) struct SharedCounts {
    backend: Arc<dyn Backend>,
    /// The minute for which this process last removed what was counted before.
    swept: AtomicI64,
}

/// A request that is to be counted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CountedRequest {
    /// Minutes since 1970.
    pub(crate) minute: i64,
    pub(crate) user: Uuid,
    /// How many requests the user may send in this minute.
    pub(crate) user_limit: u32,
    pub(crate) organization: Uuid,
}

/// How many requests were counted in a minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) user: u32,
    pub(crate) organization: u32,
}

impl SharedCounts {
    pub(super) fn on(backend: Arc<dyn Backend>) -> Self {
        Self { backend, swept: AtomicI64::new(0) }
    }

    /// Counts one request, in one step: for its user, and, if that is not more than the user may
    /// send, for its organization. Returns both counts as they then are.
    pub(crate) async fn count_request(
        &self,
        request: &CountedRequest,
    ) -> Result<Counts, StorageError> {
        // The first request of a minute removes the counts of earlier windows. A process whose
        // clock is behind still counts in the minute before, and one whose clock is ahead in the
        // minute after; what is farther ahead is of a clock that was put right since.
        if self.swept.swap(request.minute, Ordering::Relaxed) != request.minute {
            let bounds = [(request.minute - 1).into(), (request.minute + 1).into()];
            let sql = "DELETE FROM request_counts WHERE minute < $1 OR minute > $2";
            self.backend.write(vec![Statement::new(sql, bounds)]).await?;
        }
        let found = self.backend.write(vec![count(request)]).await?;
        let number = |column| -> Result<u32, StorageError> {
            let number = found.first().map_or(Ok(0), |row| row.integer(column))?;
            Ok(u32::try_from(number).unwrap_or(u32::MAX))
        };
        Ok(Counts { user: number("of_user")?, organization: number("of_organization")? })
    }
}

/// Always locks the user's row before the organization's, so that no two requests wait for each
/// other.
fn count(request: &CountedRequest) -> Statement {
    const SQL: &str = "WITH of_user AS (
             INSERT INTO request_counts AS counts (minute, scope, counted, requests)
             VALUES ($1, 'rest_user', $2, 1)
             ON CONFLICT (minute, scope, counted) DO UPDATE SET requests = counts.requests + 1
             RETURNING requests
         ), of_organization AS (
             INSERT INTO request_counts AS counts (minute, scope, counted, requests)
             SELECT $1, 'rest', $3, 1 FROM of_user WHERE requests <= $4
             ON CONFLICT (minute, scope, counted) DO UPDATE SET requests = counts.requests + 1
             RETURNING requests
         )
         SELECT of_user.requests AS of_user, COALESCE(
             of_organization.requests,
             (SELECT requests FROM request_counts
              WHERE minute = $1 AND scope = 'rest' AND counted = $3),
             0) AS of_organization
         FROM of_user LEFT JOIN of_organization ON TRUE";
    let CountedRequest { minute, user, user_limit, organization } = *request;
    let values = [minute.into(), user.into(), organization.into(), i64::from(user_limit).into()];
    Statement::new(SQL, values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::contract::open;
    use crate::storage::test_postgres;

    #[tokio::test(flavor = "multi_thread")]
    async fn every_request_of_every_process_is_counted_once() {
        let Some(database) = test_postgres::Database::create() else { return };
        let processes = [open(&database).await, open(&database).await, open(&database).await];
        let (users, organization) = ([Uuid::now_v7(), Uuid::now_v7()], Uuid::now_v7());
        let mut tasks = tokio::task::JoinSet::new();
        for index in 0..90 {
            let storage = processes[index % 3].clone();
            let user = users[index / 3 % 2];
            let request = CountedRequest { minute: 7, user, user_limit: 30, organization };
            tasks.spawn(async move {
                let counts =
                    storage.shared_counts().unwrap().count_request(&request).await.unwrap();
                (user, counts)
            });
        }
        let counted = tasks.join_all().await;
        for user in users {
            let of_user = counted.iter().filter(|(counted, _)| *counted == user);
            let mut counts: Vec<u32> = of_user.map(|(_, counts)| counts.user).collect();
            counts.sort_unstable();
            assert_eq!(counts, (1..=45).collect::<Vec<_>>());
        }
        let allowed = counted.iter().filter(|(_, counts)| counts.user <= 30);
        let mut counts: Vec<u32> = allowed.map(|(_, counts)| counts.organization).collect();
        counts.sort_unstable();
        assert_eq!(counts, (1..=60).collect::<Vec<_>>(), "30 of each user, and none beyond");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_minute_begins_at_nothing_and_leaves_nothing_behind() {
        let Some(database) = test_postgres::Database::create() else { return };
        let storage = open(&database).await;
        let (user, organization) = (Uuid::now_v7(), Uuid::now_v7());
        // The clock was ahead for a while.
        for minute in [7, 8, 1_000_000, 10] {
            let request = CountedRequest { minute, user, user_limit: 1, organization };
            let counts = storage.shared_counts().unwrap().count_request(&request).await.unwrap();
            assert_eq!(counts, Counts { user: 1, organization: 1 });
        }
        let pool = sqlx::PgPool::connect(&database.url()).await.unwrap();
        let minutes: Vec<i64> = sqlx::query_scalar("SELECT DISTINCT minute FROM request_counts")
            .fetch_all(&pool)
            .await
            .unwrap();
        assert_eq!(minutes, [10]);
    }
}
