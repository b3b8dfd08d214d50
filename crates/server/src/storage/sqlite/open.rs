//! Opening databases.

use std::fs::OpenOptions;
use std::io;
use std::path::Path;

use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use sqlx::{ConnectOptions, Connection, SqliteConnection};

use super::Sqlite;
use super::direct::{Direct, PATIENCE};
use super::inspect::{Tables, tables};
use super::place::{folder, resolved};
use super::reader::Reader;
use super::writer::{Writer, Writing};
use crate::storage::inspection::migrations;
use crate::storage::{Migrations, OpenError, Storage, StorageError, WhenMissing};

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
        if !folder(path).is_dir() {
            return Err(OpenError::NoFolder(place(path)));
        }
        if when_missing == WhenMissing::Create {
            create(path).map_err(|source| open_error(path, source.into()))?;
        }
        loop {
            let before = identity(path);
            let opened = Self::open_existing(path).await;
            if identity(path) == before {
                return opened;
            }
            // A backup was put in its place, which is what the name stands for now.
            if let Ok(old) = opened {
                old.close().await;
            }
        }
    }

    async fn open_existing(path: &Path) -> Result<Self, OpenError> {
        let mut reading = Direct::reading(path).map_err(|source| open_error(path, source))?;
        if tables_of(&mut reading, path).await? == Tables::OfAnother {
            return Err(OpenError::OfAnother(place(path)));
        }
        drop(reading);
        let options = SqliteConnectOptions::new()
            .busy_timeout(PATIENCE)
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal);
        let open_error = |source| open_error(path, source);
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

    /// Opens the database in this file to read it, and leaves it as it is: it has to be up to date.
    pub(crate) async fn open_to_read(path: &Path) -> Result<Self, OpenError> {
        if !path.exists() {
            return Err(OpenError::Missing(place(path)));
        }
        if path.is_dir() {
            return Err(OpenError::IsFolder(place(path)));
        }
        let open_error = |source| open_error(path, source);
        let mut reading = Direct::reading(path).map_err(open_error)?;
        let migrations = match tables_of(&mut reading, path).await? {
            Tables::Ours => migrations(&mut reading, &MIGRATIONS).await,
            Tables::None | Tables::OfAnother => Ok(Migrations::None),
        };
        let migrations = migrations.map_err(|source| unreadable(path, source))?;
        OpenError::unless_current(migrations, place(path))?;
        let only = Writing::new(reading);
        let writer = Writer::on(&only).map_err(open_error)?;
        Ok(Self::new(Reader::Only(only.clone()), only, writer))
    }

    /// A new database that lives as long as this value.
    pub(crate) fn in_memory() -> Result<Self, OpenError> {
        let open_error = |error| OpenError::Open { place: place(Path::new(":memory:")), error };
        let connection = Direct::in_memory().map_err(open_error)?;
        for migration in MIGRATIONS.iter() {
            connection.batch(migration.sql.as_str()).map_err(open_error)?;
        }
        let writing = Writing::new(connection);
        let writer = Writer::on(&writing).map_err(open_error)?;
        Ok(Self::new(Reader::Only(writing.clone()), writing, writer))
    }
}

async fn tables_of(connection: &mut Direct, path: &Path) -> Result<Tables, OpenError> {
    tables(connection).await.map_err(|source| unreadable(path, source))
}

/// Creates the file if there is none. Only its owner may read it: `SQLite` would let everybody, and gives
/// the files that it has beside it the same permissions.
fn create(path: &Path) -> io::Result<()> {
    if path.exists() {
        return Ok(());
    }
    let mut options = OpenOptions::new();
    // A file that is there must not be opened: when it is closed, locks of this process are lost.
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(resolved(path)?) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// What a file of another name, or one that was put in its place, has another one of.
#[cfg(unix)]
fn identity(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    path.metadata().ok().map(|metadata| (metadata.dev(), metadata.ino()))
}

/// Elsewhere a file that somebody has open is not replaced.
#[cfg(not(unix))]
fn identity(_: &Path) -> Option<(u64, u64)> {
    None
}

fn open_error(path: &Path, error: sqlx::Error) -> OpenError {
    OpenError::Open { place: place(path), error }
}

fn unreadable(path: &Path, error: StorageError) -> OpenError {
    OpenError::Unreadable { place: place(path), error }
}

/// Runs the migrations that are missing, in one transaction that takes the write lock first: two
/// processes that start on a new file at once must not both create the tables.
async fn migrate(connection: &mut SqliteConnection, path: &Path) -> Result<(), OpenError> {
    let open_error = |error| OpenError::Open { place: place(path), error };
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

    /// What is in a file that had only the first migration.
    fn older(path: &Path) {
        let connection = rusqlite::Connection::open(path).unwrap();
        let first = MIGRATIONS.iter().next().unwrap();
        connection.execute_batch(first.sql.as_str()).unwrap();
        connection
            .execute_batch(
                "CREATE TABLE _sqlx_migrations (
                     version BIGINT PRIMARY KEY,
                     description TEXT NOT NULL,
                     installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
                     success BOOLEAN NOT NULL,
                     checksum BLOB NOT NULL,
                     execution_time BIGINT NOT NULL
                 )",
            )
            .unwrap();
        connection
            .execute(
                "INSERT INTO _sqlx_migrations
                     (version, description, success, checksum, execution_time)
                 VALUES (?1, ?2, TRUE, ?3, 0)",
                (first.version, &*first.description, &*first.checksum),
            )
            .unwrap();
    }

    #[tokio::test]
    async fn what_is_read_is_left_as_it_is_and_has_to_be_up_to_date() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("older.db");
        older(&path);
        let before = std::fs::read(&path).unwrap();
        let error = Sqlite::open_to_read(&path).await.unwrap_err();
        assert!(matches!(error, OpenError::Older(_)), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), before);
        Sqlite::open(&path, WhenMissing::Fail).await.unwrap().close().await;
        let sqlite = Sqlite::open_to_read(&path).await.unwrap();
        assert!(!sqlite.has_organizations().await.unwrap());
        let tables = sqlite.writing.acquire().await.unwrap();
        assert!(tables.batch("CREATE TABLE more (id INTEGER)").is_err(), "it only reads");
    }

    #[tokio::test]
    async fn a_database_of_another_program_stays_as_it_is() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("other.db");
        let connection = rusqlite::Connection::open(&path).unwrap();
        connection.execute_batch("CREATE TABLE other (id INTEGER)").unwrap();
        drop(connection);
        let before = std::fs::read(&path).unwrap();
        let error = Sqlite::open(&path, WhenMissing::Create).await.unwrap_err();
        assert!(matches!(error, OpenError::OfAnother(_)), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }

    #[tokio::test]
    #[cfg(unix)]
    async fn a_new_file_and_those_beside_it_are_readable_by_their_owner_only() {
        use std::os::unix::fs::PermissionsExt;

        let directory = tempfile::tempdir().unwrap();
        let link = directory.path().join("link.db");
        std::os::unix::fs::symlink("linked.db", &link).unwrap();
        for name in ["plain.db", "link.db"] {
            let path = directory.path().join(name);
            let _sqlite = Sqlite::open(&path, WhenMissing::Create).await.unwrap();
            let entries = std::fs::read_dir(directory.path()).unwrap();
            let mut seen = Vec::new();
            for entry in entries.map(Result::unwrap).filter(|entry| !entry.path().is_symlink()) {
                let mode = entry.metadata().unwrap().permissions().mode();
                assert_eq!(mode & 0o777, 0o600, "{:?}", entry.file_name());
                seen.push(entry.file_name());
            }
            assert!(seen.len() >= 3, "with the log and its index: {seen:?}");
        }
        assert!(link.is_symlink());
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
        assert!(matches!(error, OpenError::Unreadable { .. }), "{error}");

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
