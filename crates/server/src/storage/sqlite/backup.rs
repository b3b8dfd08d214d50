//! Copies of a database in a file, made while servers run on it, and put in its place again.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use tempfile::NamedTempFile;

use super::inspect::inspect;
use crate::storage::{Inspection, Migrations, StorageError};

/// Copies the database into a file, as it is at one moment. The file is there as a whole or not at
/// all, and one that was there before is replaced only if that is wanted.
pub(crate) async fn backup(database: &Path, to: &Path, replace: bool) -> Result<(), BackupError> {
    if is_same(database, to) {
        return Err(BackupError::Itself(to.to_owned()));
    }
    if to.exists() && !replace {
        return Err(BackupError::Exists(to.to_owned()));
    }
    let copy = copy(database, to).await?;
    put(copy, to, replace)
}

/// Puts a copy in the place of the database, which nobody may use meanwhile.
pub(crate) async fn restore(
    from: &Path,
    database: &Path,
    replace: bool,
) -> Result<(), BackupError> {
    if is_same(from, database) {
        return Err(BackupError::Itself(from.to_owned()));
    }
    let copy = copy(from, database).await?;
    if database.exists() {
        if !replace {
            return Err(BackupError::Exists(database.to_owned()));
        }
        // Until the end nobody else gets hold of what is about to be replaced.
        let held = hold(database).await?;
        liken(copy.path(), database)?;
        remove_log(database)?;
        put(copy, database, replace)?;
        drop(held);
        return Ok(());
    }
    remove_log(database)?;
    put(copy, database, replace)
}

/// Why a database was not copied or not restored.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BackupError {
    #[error("there is no file {}", .0.display())]
    Missing(PathBuf),
    #[error("{} is the database itself", .0.display())]
    Itself(PathBuf),
    #[error("{} exists already; --force replaces it", .0.display())]
    Exists(PathBuf),
    #[error("{} is in use; stop the server first", .0.display())]
    InUse(PathBuf),
    #[error(
        "{} cannot be taken hold of, and stays as it is: {}; if it is damaged, move it away with its -wal \
         and -shm, and restore again",
        path.display(),
        source.reason()
    )]
    NotHeld { path: PathBuf, source: StorageError },
    #[error(
        "cannot give the copy the owner and the mode of {}, which stays as it is: {source}; restore as \
         its owner or as root",
        path.display()
    )]
    Unlike { path: PathBuf, source: io::Error },
    #[error("{} is not in order and was not used: {problem}", path.display())]
    Wrong { path: PathBuf, problem: String },
    #[error("cannot read the database at {}: {}", path.display(), source.reason())]
    Unreadable { path: PathBuf, source: StorageError },
    #[error("cannot write {}: {source}", path.display())]
    Unwritable { path: PathBuf, source: io::Error },
}

/// A copy of a database that was looked through, beside the place where it is to be.
async fn copy(database: &Path, beside: &Path) -> Result<NamedTempFile, BackupError> {
    if !database.exists() {
        return Err(BackupError::Missing(database.to_owned()));
    }
    let unwritable = |source| BackupError::Unwritable { path: beside.to_owned(), source };
    let copy = NamedTempFile::new_in(folder(beside)).map_err(unwritable)?;
    let no_text = || unwritable(io::ErrorKind::InvalidFilename.into());
    let path = copy.path().to_str().ok_or_else(no_text)?;
    let copied = async {
        // Copying reads no index and so would not notice that one is damaged.
        let found = inspect(database).await?;
        let mut connection = options(database).connect().await?;
        sqlx::query("VACUUM INTO ?").bind(path).execute(&mut connection).await?;
        connection.close().await?;
        Ok(found)
    };
    let unreadable = |source| BackupError::Unreadable { path: database.to_owned(), source };
    match problem(copied.await.map_err(unreadable)?) {
        Some(problem) => Err(BackupError::Wrong { path: database.to_owned(), problem }),
        None => Ok(copy),
    }
}

/// Why a database is not one to go back to.
fn problem(found: Inspection) -> Option<String> {
    match found.migrations {
        Migrations::Newer => Some("a newer version of this server wrote it".to_owned()),
        Migrations::None => Some("it is a database of something else".to_owned()),
        Migrations::Current | Migrations::Older => found.damage.into_iter().next(),
    }
}

/// Moves a copy to its place, for good: it will be there after a crash of the machine.
fn put(copy: NamedTempFile, to: &Path, replace: bool) -> Result<(), BackupError> {
    let unwritable = |source| BackupError::Unwritable { path: to.to_owned(), source };
    copy.as_file().sync_all().map_err(unwritable)?;
    if replace {
        copy.persist(to).map_err(|error| unwritable(error.error))?;
    } else {
        copy.persist_noclobber(to).map_err(|error| match error.error.kind() {
            io::ErrorKind::AlreadyExists => BackupError::Exists(to.to_owned()),
            _ => unwritable(error.error),
        })?;
    }
    // A folder can be opened, and so made durable, on Unix only.
    #[cfg(unix)]
    File::open(folder(to)).and_then(|folder| folder.sync_all()).map_err(unwritable)?;
    Ok(())
}

/// Gives a file the owner and the mode of the one that it is to replace: whoever could use that can use
/// this one.
fn liken(file: &Path, to: &Path) -> Result<(), BackupError> {
    let liken = || {
        let model = std::fs::metadata(to)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            let made = std::fs::metadata(file)?;
            if (made.uid(), made.gid()) != (model.uid(), model.gid()) {
                std::os::unix::fs::chown(file, Some(model.uid()), Some(model.gid()))?;
            }
        }
        std::fs::set_permissions(file, model.permissions())
    };
    liken().map_err(|source| BackupError::Unlike { path: to.to_owned(), source })
}

/// Takes a database away from everybody else, with its log written into it; fails if somebody has it
/// open, or for whatever else is in the way. One that is too damaged for that is nobody's.
async fn hold(database: &Path) -> Result<Option<SqliteConnection>, BackupError> {
    let hold = async {
        let mut connection = options(database).connect().await?;
        sqlx::query("PRAGMA journal_mode = DELETE").execute(&mut connection).await?;
        sqlx::query("BEGIN EXCLUSIVE").execute(&mut connection).await?;
        Ok(connection)
    };
    match hold.await {
        Ok(connection) => Ok(Some(connection)),
        Err(error) => match code(&error) {
            Some(BUSY) => Err(BackupError::InUse(database.to_owned())),
            Some(CORRUPT | NOTADB) => Ok(None),
            _ => Err(BackupError::NotHeld { path: database.to_owned(), source: error.into() }),
        },
    }
}

/// Result codes of `SQLite`.
const BUSY: u32 = 5;
const CORRUPT: u32 = 11;
const NOTADB: u32 = 26;

/// The code, also of an extended one, whose last byte it is.
fn code(error: &sqlx::Error) -> Option<u32> {
    let code: u32 = error.as_database_error()?.code()?.parse().ok()?;
    Some(code & 0xff)
}

/// Removes the log of a database that is not there any more: it would be taken for that of the next.
fn remove_log(database: &Path) -> Result<(), BackupError> {
    for suffix in ["-wal", "-shm"] {
        let mut path = database.as_os_str().to_owned();
        path.push(suffix);
        match std::fs::remove_file(&path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                return Err(BackupError::Unwritable { path: path.into(), source });
            }
            _ => {}
        }
    }
    Ok(())
}

fn options(database: &Path) -> SqliteConnectOptions {
    /// Whoever writes is waited for, and whoever holds the database for longer uses it.
    const PATIENCE: Duration = Duration::from_secs(5);
    SqliteConnectOptions::new().filename(database).busy_timeout(PATIENCE)
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn is_same(one: &Path, other: &Path) -> bool {
    matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}
