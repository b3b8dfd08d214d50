//! Opening databases.

use std::fs::OpenOptions;
use std::io;
use std::path::Path;

use super::connection::Connection;
use super::database::Sqlite;
use super::inspect::{Tables, migrations, tables};
use super::migrations::{NotMigrated, migrate};
use super::path::{folder, resolved};
use super::reader::Reader;
use super::writer::{Writer, Writing};
use crate::storage::backend::Backend;
use crate::storage::failure::StorageError;
use crate::storage::inspection::Migrations;
use crate::storage::opening::{OpenError, WhenMissing};

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
            create(path).map_err(|error| open_error(path, error))?;
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
        let mut reading = Connection::reading(path).map_err(|error| open_error(path, error))?;
        let whose = tables(&mut reading).await.map_err(|error| unreadable(path, error))?;
        drop(reading);
        if whose == Tables::OfAnother {
            return Err(OpenError::OfAnother(place(path)));
        }
        let mut writing = Connection::writing(path).map_err(|error| open_error(path, error))?;
        writing.batch("PRAGMA journal_mode = WAL").map_err(|error| open_error(path, error))?;
        up_to_date(&mut writing, path)?;
        Self::new(path, writing, |_| Reader::to(path))
    }

    /// Opens the database in this file to read it, and leaves it as it is: it has to be up to date.
    pub(crate) async fn open_to_read(path: &Path) -> Result<Self, OpenError> {
        if !path.exists() {
            return Err(OpenError::Missing(place(path)));
        }
        if path.is_dir() {
            return Err(OpenError::IsFolder(place(path)));
        }
        let mut reading = Connection::reading(path).map_err(|error| open_error(path, error))?;
        let had = match tables(&mut reading).await.map_err(|error| unreadable(path, error))? {
            Tables::Ours => {
                migrations(&mut reading).await.map_err(|error| unreadable(path, error))?
            }
            Tables::None | Tables::OfAnother => Migrations::None,
        };
        OpenError::unless_current(had, place(path))?;
        Self::new(path, reading, |only| Reader::Only(only.clone()))
    }

    /// A new database that lives as long as this value.
    pub(crate) fn in_memory() -> Result<Self, OpenError> {
        let path = Path::new(":memory:");
        let mut connection = Connection::in_memory().map_err(|error| open_error(path, error))?;
        up_to_date(&mut connection, path)?;
        Self::new(path, connection, |only| Reader::Only(only.clone()))
    }

    fn new(
        path: &Path,
        connection: Connection,
        reader: impl FnOnce(&Writing) -> Reader,
    ) -> Result<Self, OpenError> {
        let writing = Writing::new(connection);
        let writer = Writer::on(&writing).map_err(|error| open_error(path, error))?;
        Ok(Self { reader: reader(&writing), writing, writer })
    }
}

fn up_to_date(connection: &mut Connection, path: &Path) -> Result<(), OpenError> {
    migrate(connection).map_err(|error| match error {
        NotMigrated::Newer => OpenError::Newer(place(path)),
        other => OpenError::Migrate { place: place(path), error: other.into() },
    })
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

/// Elsewhere an open file is not replaced.
#[cfg(not(unix))]
fn identity(_: &Path) -> Option<(u64, u64)> {
    None
}

fn open_error(path: &Path, error: impl Into<StorageError>) -> OpenError {
    OpenError::Open { place: place(path), error: error.into() }
}

fn unreadable(path: &Path, error: StorageError) -> OpenError {
    OpenError::Unreadable { place: place(path), error }
}

fn place(path: &Path) -> String {
    path.display().to_string()
}

#[cfg(test)]
mod tests {
    use super::super::migrations::MIGRATIONS;
    use super::*;
    use crate::storage::statement::Statement;
    use crate::storage::store::Storage;

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
        let mut row = |sql| connection.run(&Statement::new(sql, [])).unwrap().remove(0);
        assert_eq!(row("PRAGMA journal_mode").text("journal_mode").unwrap(), "wal");
        assert_eq!(row("PRAGMA synchronous").integer("synchronous").unwrap(), 2);
        assert_eq!(row("PRAGMA foreign_keys").integer("foreign_keys").unwrap(), 1);
    }

    /// What is in a file that had only the first migration.
    fn older(path: &Path) {
        let connection = rusqlite::Connection::open(path).unwrap();
        let first = &MIGRATIONS[0];
        connection.execute_batch(first.sql).unwrap();
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
                (first.version, first.description, first.checksum()),
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
        let refused =
            sqlite.writing.acquire().await.unwrap().batch("CREATE TABLE more (id INTEGER)");
        assert!(refused.is_err(), "it only reads");
        assert!(!Storage::on(sqlite).has_organizations().await.unwrap());
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
