//! Opening databases.

use std::path::Path;

use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use sqlx::{ConnectOptions, Connection, SqliteConnection};

use super::Sqlite;
use super::direct::{Direct, PATIENCE};
use super::reader::Reader;
use super::writer::{Writer, Writing};
use crate::storage::{OpenError, WhenMissing};

pub(super) static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

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
        let options = SqliteConnectOptions::new()
            .busy_timeout(PATIENCE)
            .filename(path)
            .create_if_missing(when_missing == WhenMissing::Create)
            .journal_mode(SqliteJournalMode::Wal);
        let open_error = |source| OpenError::Open { place: place(path), source };
        let mut migrating = options.connect().await.map_err(open_error)?;
        migrate(&mut migrating, path).await?;
        let writing = Direct::writing(path).map_err(open_error)?;
        // The log is there for as long as a connection that has used it.
        writing.batch("SELECT count(*) FROM sqlite_schema").map_err(open_error)?;
        migrating.close().await.map_err(open_error)?;
        let writing = Writing::new(writing);
        let writer = Writer::on(&writing).map_err(open_error)?;
        Ok(Self::new(Reader::to(path), writing, writer))
    }

    /// A new database that lives as long as this value.
    pub(crate) fn in_memory() -> Result<Self, OpenError> {
        let open_error = |source| OpenError::Open { place: place(Path::new(":memory:")), source };
        let connection = Direct::in_memory().map_err(open_error)?;
        for migration in MIGRATIONS.iter() {
            connection.batch(migration.sql.as_str()).map_err(open_error)?;
        }
        let writing = Writing::new(connection);
        let writer = Writer::on(&writing).map_err(open_error)?;
        Ok(Self::new(Reader::Memory(writing.clone()), writing, writer))
    }
}

/// Runs the migrations that are missing, in one transaction that takes the write lock first: two
/// processes that start on a new file at once must not both create the tables.
async fn migrate(connection: &mut SqliteConnection, path: &Path) -> Result<(), OpenError> {
    let open_error = |source| OpenError::Open { place: place(path), source };
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
    use crate::storage::sql::Connection as _;

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
        let mut connection = sqlite.writing.acquire().await.unwrap();
        let mode = connection.rows("PRAGMA journal_mode", &[]).await.unwrap();
        assert_eq!(mode[0].get::<String>("journal_mode").unwrap(), "wal");
        let full = connection.rows("PRAGMA synchronous", &[]).await.unwrap();
        assert_eq!(full[0].get::<i64>("synchronous").unwrap(), 2);
        let on = connection.rows("PRAGMA foreign_keys", &[]).await.unwrap();
        assert_eq!(on[0].get::<i64>("foreign_keys").unwrap(), 1);
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
        let future =
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
             VALUES (9999, 'from the future', TRUE, x'00', 0)";
        sqlite.writing.acquire().await.unwrap().batch(future).unwrap();
        let error = Sqlite::open(&path, WhenMissing::Create).await.unwrap_err();
        assert!(matches!(error, OpenError::Newer(_)), "{error}");
    }
}
