//! Opening databases.

use std::path::Path;
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, SqlitePool};

use super::Sqlite;
use super::reader::Reader;
use crate::storage::{OpenError, WhenMissing};

pub(super) static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

/// How long to wait for a writer in another process.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// How long to wait for a connection when all are in use.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(30);

impl Sqlite {
    /// Opens the database in this file and brings it up to date.
    pub(crate) async fn open(path: &Path, when_missing: WhenMissing) -> Result<Self, OpenError> {
        if when_missing == WhenMissing::Fail && !path.exists() {
            return Err(OpenError::Missing(place(path)));
        }
        if path.is_dir() {
            return Err(OpenError::IsFolder(place(path)));
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        if folder.is_some_and(|folder| !folder.is_dir()) {
            return Err(OpenError::NoFolder(place(path)));
        }
        let options = options()
            .filename(path)
            .create_if_missing(when_missing == WhenMissing::Create)
            // An answered write must survive a crash of the machine, not of the process alone.
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full);
        let open_error = |source| OpenError::Open { place: place(path), source };
        // A server without a connection would not be seen to use the database by whoever wants to
        // replace that.
        let writer = pool().connect_with(options).await.map_err(open_error)?;
        migrate(&writer, path).await?;
        Ok(Self::new(Reader::to(path), writer))
    }

    /// A new database that lives as long as this value.
    pub(crate) async fn in_memory() -> Result<Self, OpenError> {
        let path = Path::new(":memory:");
        // The database is the connection: it must never be closed and replaced.
        let pool = pool()
            .connect_with(options().in_memory(true))
            .await
            .map_err(|source| OpenError::Open { place: place(path), source })?;
        migrate(&pool, path).await?;
        Ok(Self::new(Reader::Memory(pool.clone()), pool))
    }
}

fn options() -> SqliteConnectOptions {
    SqliteConnectOptions::new().foreign_keys(true).busy_timeout(BUSY_TIMEOUT)
}

/// A pool of one connection, which is never closed.
fn pool() -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(1)
        .min_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        // There is no network on which a connection could go stale. And a caller who gives up
        // during that test takes the connection along, a database in memory with it.
        .test_before_acquire(false)
}

/// Runs the migrations that are missing, in one transaction that takes the write lock first: two
/// processes that start on a new file at once must not both create the tables.
async fn migrate(pool: &SqlitePool, path: &Path) -> Result<(), OpenError> {
    let open_error = |source| OpenError::Open { place: place(path), source };
    let mut connection = pool.acquire().await.map_err(open_error)?;
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(open_error)?;
    // `run` takes whatever a connection can be acquired from, which the compiler cannot follow here.
    MIGRATIONS
        .run_direct(None, &mut *transaction, false)
        .await
        .map_err(|source| OpenError::migrate(place(path), source))?;
    transaction.commit().await.map_err(open_error)
}

fn place(path: &Path) -> String {
    path.display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_missing_file_is_created_only_on_request() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("registries.db");
        assert!(matches!(Sqlite::open(&path, WhenMissing::Fail).await, Err(OpenError::Missing(_))));
        assert!(!path.exists());
        Sqlite::open(&path, WhenMissing::Create).await.unwrap();
        Sqlite::open(&path, WhenMissing::Fail).await.unwrap();
    }

    #[tokio::test]
    async fn writes_are_durable_and_references_are_checked() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("registries.db");
        let sqlite = Sqlite::open(&path, WhenMissing::Create).await.unwrap();
        let pool = &sqlite.writing;
        let mode: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(pool).await.unwrap();
        assert_eq!(mode, "wal");
        let full: i64 = sqlx::query_scalar("PRAGMA synchronous").fetch_one(pool).await.unwrap();
        assert_eq!(full, 2);
        let on: i64 = sqlx::query_scalar("PRAGMA foreign_keys").fetch_one(pool).await.unwrap();
        assert_eq!(on, 1);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn many_can_open_a_new_file_at_once() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("registries.db");
        let mut opening = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let path = path.clone();
            opening.spawn(async move { Sqlite::open(&path, WhenMissing::Create).await.map(drop) });
        }
        for result in opening.join_all().await {
            result.unwrap();
        }
    }

    #[tokio::test]
    async fn what_is_no_database_and_what_is_newer_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("registries.db");
        std::fs::write(&path, "this is a text and not a database, which is rather longer").unwrap();
        let error = Sqlite::open(&path, WhenMissing::Create).await.unwrap_err();
        assert!(matches!(error, OpenError::Open { .. }), "{error}");

        let path = directory.path().join("newer.db");
        let sqlite = Sqlite::open(&path, WhenMissing::Create).await.unwrap();
        sqlx::query(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
             VALUES (9999, 'from the future', TRUE, x'00', 0)",
        )
        .execute(&sqlite.writing)
        .await
        .unwrap();
        let error = Sqlite::open(&path, WhenMissing::Create).await.unwrap_err();
        assert!(matches!(error, OpenError::Newer(_)), "{error}");
    }
}
