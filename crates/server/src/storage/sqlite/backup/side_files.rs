//! The files that `SQLite` has beside a database, and its locks.
//!
//! A database is found by its name, and so are the files that belong to it. `SQLite` reads a file
//! with the name of one as a part of the database. That is so even if another database left it
//! behind (sqlite.org/howtocorrupt.html, 1.3 and 1.4).

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// What the names of such files end in.
const SUFFIXES: [&str; 3] = [WAL, SHM, JOURNAL];
/// The write-ahead log: what was committed and is not in the database itself yet.
const WAL: &str = "-wal";
/// The index of that log, which is made again from it.
const SHM: &str = "-shm";
/// The rollback journal: what was in the database before a transaction that has not ended.
const JOURNAL: &str = "-journal";

/// The files beside a database, whether they exist or not.
pub(super) fn names(database: &Path) -> [PathBuf; 3] {
    SUFFIXES.map(|suffix| with(database, suffix))
}

/// Those of them that exist.
pub(crate) fn present(database: &Path) -> Vec<PathBuf> {
    // A link that leads nowhere is there as well.
    names(database).into_iter().filter(|path| path.symlink_metadata().is_ok()).collect()
}

/// A file beside a database that changes what is read from it.
pub(super) fn with_changes(database: &Path) -> io::Result<Option<PathBuf>> {
    let log = with(database, WAL);
    if log.metadata().is_ok_and(|log| log.len() > 0) {
        return Ok(Some(log));
    }
    let journal = with(database, JOURNAL);
    Ok(is_hot(&journal)?.then_some(journal))
}

/// Whether a journal would be rolled back: when a transaction ends, it is removed, emptied, or its first
/// bytes become zeros.
fn is_hot(journal: &Path) -> io::Result<bool> {
    if !journal.is_file() {
        return Ok(false);
    }
    let mut first = [0];
    Ok(File::open(journal)?.read(&mut first)? == 1 && first != [0])
}

fn with(database: &Path, suffix: &str) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push(suffix);
    path.into()
}

/// Whether another process has the database open in the mode of the write-ahead log, or reads or writes
/// it. No connection of this process may have it open: its locks would be lost.
pub(super) fn is_in_use(database: &Path) -> io::Result<bool> {
    // Who has the log open has locked a part of its index for as long.
    for path in [database.to_owned(), with(database, SHM)] {
        match File::open(path) {
            Ok(file) if locks::is_locked(&file)? => return Ok(true),
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(false)
}

/// A database that is read without `SQLite`'s locks, and which no other process may change
/// meanwhile.
#[derive(Debug)]
pub(super) struct Unchanged {
    path: PathBuf,
    /// Keeps writers out while it is open.
    file: File,
    before: State,
}

/// What shows whether a file was changed.
#[derive(Debug, PartialEq, Eq)]
struct State {
    length: u64,
    modified: Option<std::time::SystemTime>,
}

impl Unchanged {
    /// `None` where another process uses the database.
    pub(super) fn lock(path: &Path) -> io::Result<Option<Self>> {
        let mut file = File::open(path)?;
        // In the mode of the write-ahead log, other connections write during a read.
        if is_in_log_mode(&mut file)? && is_in_use(path)? {
            return Ok(None);
        }
        if !locks::lock_for_reading(&file)? {
            return Ok(None);
        }
        let before = State::of(&file)?;
        Ok(Some(Self { path: path.to_owned(), file, before }))
    }

    /// Whether it is still as it was.
    pub(super) fn is_unchanged(&self) -> io::Result<bool> {
        let same_place = State::of(&File::open(&self.path)?)?;
        Ok(State::of(&self.file)? == self.before
            && same_place == self.before
            && with_changes(&self.path)?.is_none())
    }
}

impl State {
    fn of(file: &File) -> io::Result<Self> {
        let metadata = file.metadata()?;
        Ok(Self { length: metadata.len(), modified: metadata.modified().ok() })
    }
}

/// The versions of the format that readers and writers need (sqlite.org/fileformat.html, 1.3).
fn is_in_log_mode(file: &mut File) -> io::Result<bool> {
    const LOG: u8 = 2;
    let mut header = [0; 20];
    match file.read_exact(&mut header) {
        Ok(()) => Ok(header[18..].contains(&LOG)),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(any(target_os = "linux", target_os = "macos"))]
mod locks {
    use std::fs::File;
    use std::io;

    use nix::errno::Errno;
    use nix::fcntl::{FcntlArg, fcntl};
    use nix::libc;

    /// The bytes that a reader of a database locks (sqlite.org/src, os.h: `SHARED_FIRST`).
    const SHARED: (i64, i64) = (0x4000_0002, 510);
    /// The whole file.
    const ALL: (i64, i64) = (0, 0);

    /// Whether another process has locked any part of the file.
    pub(super) fn is_locked(file: &File) -> io::Result<bool> {
        let mut lock = lock(libc::F_WRLCK, ALL);
        fcntl(file, FcntlArg::F_GETLK(&mut lock))?;
        Ok(lock.l_type != short(libc::F_UNLCK))
    }

    /// Locks a database as its readers do, until the file is closed; whether that could be done.
    pub(super) fn lock_for_reading(file: &File) -> io::Result<bool> {
        match fcntl(file, FcntlArg::F_SETLK(&lock(libc::F_RDLCK, SHARED))) {
            Ok(_) => Ok(true),
            Err(Errno::EAGAIN | Errno::EACCES) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    fn lock(kind: impl TryInto<i16>, (start, length): (i64, i64)) -> libc::flock {
        libc::flock {
            l_type: short(kind),
            l_whence: short(libc::SEEK_SET),
            l_start: start,
            l_len: length,
            l_pid: 0,
        }
    }

    /// These constants are small, and of another type on every system.
    fn short(constant: impl TryInto<i16>) -> i16 {
        constant.try_into().unwrap_or_default()
    }
}

/// Elsewhere locks are not looked at, only changes.
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
mod locks {
    use std::fs::File;
    use std::io;

    pub(super) fn is_locked(_: &File) -> io::Result<bool> {
        Ok(false)
    }

    pub(super) fn lock_for_reading(_: &File) -> io::Result<bool> {
        Ok(true)
    }
}
