//! Copies of a database in a file, made while servers run on it, and put in its place again.
//!
//! A file beside a database can change what is read from it (`side_files.rs`). So nothing is copied
//! or put in a place without looking for them. Those of the database are a part of it. Those of a
//! copy may be of anything. Those of a place are of what was there.

mod error;
mod place;
mod side_files;

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

pub(crate) use self::error::BackupError;
use self::place::{Owner, Place};
use self::side_files::Unchanged;
pub(crate) use self::side_files::present as side_files;
use super::connection::Connection;
use super::inspect::{Tables, damage, migrations, tables};
use super::path::folder;
use crate::storage::failure::StorageError;
use crate::storage::inspection::Migrations;

/// Copies the database into a file, as it is at one moment. The file is there as a whole or not at
/// all, and one that was there before is replaced only if that is wanted.
pub(crate) async fn backup(database: &Path, to: &Path, replace: bool) -> Result<(), BackupError> {
    let database = existing(database)?;
    apart(&database, to)?;
    let place = Place::at(to, replace)?;
    apart(&database, place.path())?;
    let unreadable = |error| BackupError::Unreadable { path: database.clone(), error };
    let connection = Connection::reading(&database).map_err(|error| unreadable(error.into()))?;
    let copy = copy(connection, &database, &place).await?;
    place.put(copy, Owner::New)
}

/// Restores the database from a copy. No other process may use it meanwhile. The copy, and what is
/// beside it, stays as it is.
pub(crate) async fn restore(
    from: &Path,
    database: &Path,
    replace: bool,
) -> Result<(), BackupError> {
    let from = existing(from)?;
    apart(&from, database)?;
    let place = Place::at(database, replace)?;
    apart(&from, place.path())?;
    let unread = |error| BackupError::Unread { path: from.clone(), error };
    if let Some(beside) = side_files::with_changes(&from).map_err(unread)? {
        return Err(BackupError::Beside { path: from, beside });
    }
    // Before the lock: closing a file gives up all locks that the process has on it.
    if let Some(problem) = cut_short(&from).map_err(unread)? {
        return Err(BackupError::Wrong { path: from, problem });
    }
    let in_use = || BackupError::InUse(from.clone());
    let unchanged = Unchanged::lock(&from).map_err(unread)?.ok_or_else(in_use)?;
    let unreadable = |error| BackupError::Unreadable { path: from.clone(), error };
    let connection = Connection::immutable(&from).map_err(|error| unreadable(error.into()))?;
    let copy = copy(connection, &from, &place).await?;
    if !unchanged.is_unchanged().map_err(unread)? {
        return Err(in_use());
    }
    place.put(copy, Owner::AsBefore)
}

/// Tries whether a file could be created where there is none.
pub(crate) fn creatable(path: &Path) -> io::Result<()> {
    tempfile::tempfile_in(folder(path)).map(drop)
}

/// A copy of a database that was looked through, beside the place where it is to be.
async fn copy(
    mut connection: Connection,
    database: &Path,
    place: &Place,
) -> Result<NamedTempFile, BackupError> {
    let path = database.to_owned();
    // Copying reads no index and so would not notice that one is damaged.
    match problem(&mut connection).await {
        Ok(None) => {}
        Ok(Some(problem)) => return Err(BackupError::Wrong { path, problem }),
        Err(error) if error.is_about_contents() => {
            let problem = format!("{}; {ADVICE}", error.reason());
            return Err(BackupError::Wrong { path, problem });
        }
        Err(error) => return Err(BackupError::Unreadable { path, error }),
    }
    let copy = place.new_file()?;
    let no_text = || BackupError::Unwritable {
        path: copy.path().to_owned(),
        error: io::ErrorKind::InvalidFilename.into(),
    };
    let path = copy.path().to_str().ok_or_else(no_text)?;
    let uncopied = |error: rusqlite::Error| BackupError::NotCopied {
        path: database.to_owned(),
        to: place.path().to_owned(),
        error: error.into(),
    };
    connection.copy_into(path).map_err(uncopied)?;
    Ok(copy)
}

/// What to do about a database that is not intact.
const ADVICE: &str = "restore an intact backup";

/// Why a database is not one to go back to.
async fn problem(connection: &mut Connection) -> Result<Option<String>, StorageError> {
    let damage = damage(connection).await?;
    match tables(connection).await? {
        Tables::Ours => {}
        Tables::None => return Ok(Some("it has no tables of this server".to_owned())),
        Tables::OfAnother => return Ok(Some("it belongs to another program".to_owned())),
    }
    Ok(match migrations(connection).await? {
        Migrations::Newer => {
            Some("a newer version of this server wrote it; use that version".to_owned())
        }
        _ => damage.first().map(|damage| format!("it is damaged: {damage}; {ADVICE}")),
    })
}

/// What says that the end of a file is missing, if it is. `SQLite` reads an incomplete last page as if
/// zeros followed, and may find nothing wrong.
fn cut_short(path: &Path) -> io::Result<Option<String>> {
    let mut file = File::open(path)?;
    let found = file.metadata()?.len();
    let mut header = [0; 100];
    if found == 0 {
        return Ok(Some(format!("it is empty; {ADVICE}")));
    } else if found < 100 {
        return Ok(None);
    }
    file.read_exact(&mut header)?;
    let two = |at: usize| u16::from_be_bytes([header[at], header[at + 1]]);
    let four = |at: usize| (u32::from(two(at)) << 16) | u32::from(two(at + 2));
    // The format of the file: 16 is the size of a page, 28 how many there are. That holds if the number
    // of the last change at 24 is the one at 92, for which it was written.
    let page = if two(16) == 1 { 65_536 } else { u64::from(two(16)) };
    let whole = page * u64::from(four(28));
    let is_known = header.starts_with(b"SQLite format 3\0") && four(24) == four(92);
    Ok((is_known && found < whole).then(|| {
        format!("it is truncated, with {found} of {whole} bytes; copy it again, or {ADVICE}")
    }))
}

/// The file that a path leads to.
fn existing(path: &Path) -> Result<PathBuf, BackupError> {
    let found = path.canonicalize().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => BackupError::Missing(path.to_owned()),
        _ => BackupError::Unread { path: path.to_owned(), error },
    })?;
    // Opening a pipe would wait for its writer.
    if found.is_file() { Ok(found) } else { Err(BackupError::NoFile(path.to_owned())) }
}

/// What is copied must not be where the copy is to be, and neither may have the name of the other's
/// side files.
fn apart(from: &Path, to: &Path) -> Result<(), BackupError> {
    if is_same(from, to) {
        return Err(BackupError::Itself(to.to_owned()));
    }
    for (file, of) in [(from, to), (to, from)] {
        if side_files::names(of).iter().any(|side| side == file || is_same(side, file)) {
            return Err(BackupError::SideFile(file.to_owned(), of.to_owned()));
        }
    }
    Ok(())
}

/// Whether both lead to one file, which may have several names.
fn is_same(one: &Path, other: &Path) -> bool {
    #[cfg(unix)]
    if let (Ok(one), Ok(other)) = (one.metadata(), other.metadata()) {
        use std::os::unix::fs::MetadataExt;
        return (one.dev(), one.ino()) == (other.dev(), other.ino());
    }
    matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}
