//! How making and restoring a backup can fail.

use std::io;
use std::path::PathBuf;

use crate::storage::failure::StorageError;

/// Why a database was not copied or not restored.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BackupError {
    #[error("there is no file {}", .0.display())]
    Missing(PathBuf),
    #[error("{} is not a regular file; name a file on a disk", .0.display())]
    NoFile(PathBuf),
    #[error("there is no folder {}; create it first", .0.display())]
    NoFolder(PathBuf),
    #[error("{} is the database itself; name another file", .0.display())]
    Itself(PathBuf),
    #[error("{} has the name of a file that SQLite keeps beside {}; name another file", .0.display(), .1.display())]
    SideFile(PathBuf, PathBuf),
    #[error("{} exists; --force replaces it", .0.display())]
    Exists(PathBuf),
    #[error(
        "{} is left over from a missing database, and may hold changes that no other file has; --force \
         removes it",
        .0.display()
    )]
    LeftBehind(PathBuf),
    #[error(
        "{} was not used, because {} may hold changes to it; if they belong together, run \
         `registries-server backup --database sqlite://{} FILE` and restore FILE; otherwise remove the \
         latter",
        path.display(),
        beside.display(),
        path.display()
    )]
    Beside { path: PathBuf, beside: PathBuf },
    #[error("{} is in use; stop the server first", .0.display())]
    InUse(PathBuf),
    #[error(
        "cannot lock {}; left unchanged ({error}); if it is damaged, move it away with its -wal and \
         -shm, and restore again",
        path.display(),
    )]
    NotLocked { path: PathBuf, error: rusqlite::Error },
    #[error(
        "cannot give the copy the owner and the mode of {}; left unchanged ({error}); restore as its \
         owner or as root",
        path.display()
    )]
    Unlike { path: PathBuf, error: io::Error },
    #[error("{} was not used: {problem}", path.display())]
    Wrong { path: PathBuf, problem: String },
    #[error("cannot read the database at {}: {}", path.display(), error.reason())]
    Unreadable { path: PathBuf, error: StorageError },
    #[error("cannot copy the database at {} to {}: {}", path.display(), to.display(), error.reason())]
    NotCopied { path: PathBuf, to: PathBuf, error: StorageError },
    #[error("cannot read {}: {error}", path.display())]
    Unread { path: PathBuf, error: io::Error },
    #[error("cannot write {}: {error}", path.display())]
    Unwritable { path: PathBuf, error: io::Error },
}
