//! Putting a database in a place where there may be another one, with its side files.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};
use tempfile::{NamedTempFile, TempDir};

use super::error::BackupError;
use super::side_files;
use crate::storage::sqlite::path::{folder, resolved};

/// Where a database is to be.
#[derive(Debug)]
pub(super) struct Place {
    path: PathBuf,
    /// Whether what is there may be replaced.
    replace: bool,
}

impl Place {
    /// The place that a path names, wherever its links lead. Fails if there is something in the way.
    pub(super) fn at(path: &Path, replace: bool) -> Result<Self, BackupError> {
        // What a link of the system leads to may have no name: `/dev/stdout`.
        if path.exists() && !path.is_file() {
            return Err(BackupError::NoFile(path.to_owned()));
        }
        if !folder(path).is_dir() {
            return Err(BackupError::NoFolder(folder(path).to_owned()));
        }
        let unwritable = |error| BackupError::Unwritable { path: path.to_owned(), error };
        let place = Self { path: resolved(path).map_err(unwritable)?, replace };
        place.look()?;
        Ok(place)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    fn look(&self) -> Result<(), BackupError> {
        if self.path.exists() {
            if !self.path.is_file() {
                return Err(BackupError::NoFile(self.path.clone()));
            }
            return if self.replace { Ok(()) } else { Err(BackupError::Exists(self.path.clone())) };
        }
        match side_files::with_changes(&self.path).map_err(|error| self.unwritable(error))? {
            Some(left) if !self.replace => Err(BackupError::LeftBehind(left)),
            _ => Ok(()),
        }
    }

    /// A new file beside it, which only its owner can read.
    pub(super) fn new_file(&self) -> Result<NamedTempFile, BackupError> {
        NamedTempFile::new_in(folder(&self.path)).map_err(|error| self.unwritable(error))
    }

    /// Puts a database there, for good: it will be there after a crash of the machine. If anything
    /// fails, what was there is as it was.
    pub(super) fn put(&self, database: NamedTempFile, owner: Owner) -> Result<(), BackupError> {
        self.put_and(database, owner, File::sync_all)
    }

    /// As above, with what makes a file, or the names in a folder, durable.
    fn put_and(
        &self,
        database: NamedTempFile,
        owner: Owner,
        sync: impl Fn(&File) -> io::Result<()>,
    ) -> Result<(), BackupError> {
        let unwritable = |error| self.unwritable(error);
        self.look()?;
        let is_there = self.path.exists();
        if is_there && owner == Owner::AsBefore {
            liken(database.path(), &self.path)?;
        }
        sync(database.as_file()).map_err(unwritable)?;
        // Until the end no other process can use what is about to be replaced.
        let _held = self.lock()?;
        let mut aside = Aside::new(&self.path).map_err(unwritable)?;
        aside.take().map_err(unwritable)?;
        if is_there {
            database.persist(&self.path).map_err(|error| unwritable(error.error))?;
        } else {
            database.persist_noclobber(&self.path).map_err(|error| match error.error.kind() {
                io::ErrorKind::AlreadyExists => BackupError::Exists(self.path.clone()),
                _ => unwritable(error.error),
            })?;
        }
        aside.is_replaced = true;
        // A folder can be opened, and so made durable, on Unix only.
        #[cfg(unix)]
        File::open(folder(&self.path)).and_then(|folder| sync(&folder)).map_err(unwritable)?;
        aside.forget();
        Ok(())
    }

    /// Takes what is there away from all other processes, with its log written into it. Fails if one of
    /// them has it open. What is no database, or too damaged for that, is only looked at.
    fn lock(&self) -> Result<Option<Connection>, BackupError> {
        let lock = || {
            let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let connection = Connection::open_with_flags(&self.path, flags)?;
            connection.busy_timeout(PATIENCE)?;
            // A transaction keeps readers out in this mode only, and side files are gone with the other.
            connection.pragma_update(None, "journal_mode", "DELETE")?;
            connection.execute_batch("BEGIN EXCLUSIVE")?;
            Ok(connection)
        };
        let in_use = || BackupError::InUse(self.path.clone());
        // SQLite removes what it finds beside a file that is no database.
        if is_database(&self.path).map_err(|error| self.unwritable(error))? {
            match lock() {
                Ok(connection) => return Ok(Some(connection)),
                Err(error) => match rusqlite::Error::sqlite_error_code(&error) {
                    Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                        return Err(in_use());
                    }
                    Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {}
                    _ => {
                        let path = self.path.clone();
                        return Err(BackupError::NotLocked { path, error });
                    }
                },
            }
        }
        match side_files::is_in_use(&self.path) {
            Ok(false) => Ok(None),
            Ok(true) => Err(in_use()),
            Err(error) => Err(self.unwritable(error)),
        }
    }

    fn unwritable(&self, error: io::Error) -> BackupError {
        BackupError::Unwritable { path: self.path.clone(), error }
    }
}

/// Who wrote is waited for, and who holds a database for longer uses it.
const PATIENCE: Duration = Duration::from_secs(5);

/// Whose a file is, and who else may read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    /// As it was with the file that is replaced: who could use that can use this one.
    AsBefore,
    /// That of this process only.
    New,
}

/// What is out of the way until it is sure that it is not needed any more. Unless it is forgotten, it is
/// put back.
#[derive(Debug)]
struct Aside {
    /// Beside the place, so that files move there at once.
    directory: Option<TempDir>,
    path: PathBuf,
    /// The side files that were moved there.
    moved: Vec<PathBuf>,
    /// Whether there is a second name for what was there, under which it can be put back.
    has_old: bool,
    /// Whether there is something new in the place.
    is_replaced: bool,
}

impl Aside {
    fn new(path: &Path) -> io::Result<Self> {
        let directory = Some(tempfile::tempdir_in(folder(path))?);
        let path = path.to_owned();
        Ok(Self { directory, path, moved: Vec::new(), has_old: false, is_replaced: false })
    }

    /// Moves the side files away, which `SQLite` would read as those of the next database.
    fn take(&mut self) -> io::Result<()> {
        // Where a file has one name only, it cannot be put back when the folder cannot be synced.
        self.has_old = std::fs::hard_link(&self.path, self.hidden(&self.path)).is_ok();
        for path in side_files::present(&self.path) {
            if path.is_dir() {
                let message = format!("there is a folder at {}", path.display());
                return Err(io::Error::new(io::ErrorKind::IsADirectory, message));
            }
            std::fs::rename(&path, self.hidden(&path))?;
            self.moved.push(path);
        }
        Ok(())
    }

    fn forget(mut self) {
        self.moved.clear();
        self.is_replaced = false;
    }

    fn hidden(&self, path: &Path) -> PathBuf {
        let folder = self.directory.as_ref().map_or(Path::new("."), TempDir::path);
        folder.join(path.file_name().unwrap_or_default())
    }

    fn put_back(&self) -> io::Result<()> {
        if self.is_replaced && self.has_old {
            std::fs::rename(self.hidden(&self.path), &self.path)?;
        } else if self.is_replaced {
            std::fs::remove_file(&self.path)?;
        }
        for path in &self.moved {
            std::fs::rename(self.hidden(path), path)?;
        }
        Ok(())
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        if let Err(error) = self.put_back() {
            // Nothing that may still be needed is removed.
            let kept = self.directory.take().map(TempDir::keep);
            tracing::error!(%error, ?kept, "what was there before could not be put back");
        }
    }
}

/// Whether a file is there that begins as a database does, or is empty, which is an empty database.
fn is_database(path: &Path) -> io::Result<bool> {
    const BEGINNING: &[u8; 16] = b"SQLite format 3\0";
    let mut beginning = Vec::new();
    match File::open(path) {
        Ok(file) => file.take(16).read_to_end(&mut beginning)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    Ok(beginning.is_empty() || beginning == BEGINNING)
}

/// Gives a file the owner and the mode of another one.
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
    liken().map_err(|error| BackupError::Unlike { path: to.to_owned(), error })
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    fn new_database(place: &Place) -> NamedTempFile {
        let file = place.new_file().unwrap();
        std::fs::write(file.path(), "the new one").unwrap();
        file
    }

    /// Everything in a folder, with what is in it.
    fn all(folder: &Path) -> Vec<(String, Vec<u8>)> {
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| {
            let path = entry.unwrap().path();
            (path.display().to_string(), std::fs::read(&path).unwrap())
        });
        let mut all: Vec<_> = entries.collect();
        all.sort();
        all
    }

    #[test]
    fn what_was_there_stays_when_a_sync_fails() {
        for is_there in [true, false] {
            // That of the file, and that of the folder.
            for failing in [0, 1] {
                let directory = tempfile::tempdir().unwrap();
                let path = directory.path().join("a.db");
                if is_there {
                    std::fs::write(&path, "this was a database, and is too damaged to be one now")
                        .unwrap();
                }
                for side in side_files::names(&path) {
                    std::fs::write(side, "of the old one").unwrap();
                }
                let before = all(directory.path());
                let place = Place::at(&path, true).unwrap();
                let calls = Cell::new(0);
                let sync = |_: &File| {
                    let call = calls.replace(calls.get() + 1);
                    if call == failing { Err(io::Error::other("a broken disk")) } else { Ok(()) }
                };
                let error = place.put_and(new_database(&place), Owner::AsBefore, sync).unwrap_err();
                assert!(error.to_string().contains("a broken disk"), "{error}");
                assert_eq!(calls.get(), failing + 1);
                assert_eq!(all(directory.path()), before, "{is_there} {failing}");

                place.put(new_database(&place), Owner::AsBefore).unwrap();
                let name = path.display().to_string();
                assert_eq!(all(directory.path()), [(name, b"the new one".to_vec())]);
            }
        }
    }
}
