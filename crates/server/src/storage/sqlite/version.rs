//! Whether anybody has written, without asking `SQLite`, which takes locks to tell.
//!
//! In the mode of the write-ahead log every commit, of whichever process, changes the header of the
//! log's index: the counter of transactions, the number of valid frames and a checksum of them all.
//! It is at the beginning of the file that ends in `-shm`, twice, so that a reader sees whether it is
//! just being changed (sqlite.org/walformat.html, The WAL-Index Header). A commit is visible to
//! readers from the moment on in which the first of both has changed.

use std::fs::File;
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::kept::Version;

/// The versions of the database in a file.
#[derive(Debug)]
pub(super) struct Versions {
    index: PathBuf,
    /// Opened when it is first needed: it stays the same file for as long as this process has the
    /// database open. Never closed, which would let go of the locks that `SQLite` has on the same file
    /// in this process (sqlite.org/howtocorrupt.html, 2.2).
    file: OnceLock<Option<ManuallyDrop<File>>>,
}

impl Versions {
    pub(super) fn of(database: &Path) -> Self {
        let mut index = database.as_os_str().to_owned();
        index.push("-shm");
        Self { index: index.into(), file: OnceLock::new() }
    }

    /// The present version; `None` where it is just being changed, or cannot be read.
    pub(super) fn now(&self) -> Option<Version> {
        let file = self.file.get_or_init(|| File::open(&self.index).ok().map(ManuallyDrop::new));
        let file = file.as_ref()?;
        let mut both = [0; 2 * SIZE];
        read(file, &mut both)?;
        let (first, second) = both.split_at(SIZE);
        let is_of_known_form = first[..4] == FORM.to_ne_bytes() && first[INITIALIZED] != 0;
        let first = first.try_into().ok()?;
        (first == second && is_of_known_form).then_some(Version(first))
    }
}

/// The size of a header.
const SIZE: usize = Version::SIZE;
/// The version of the format, in the byte order of the machine.
const FORM: u32 = 3_007_000;
/// Where it says that the index can be used.
const INITIALIZED: usize = 12;

#[cfg(unix)]
fn read(file: &File, header: &mut [u8]) -> Option<()> {
    use std::os::unix::fs::FileExt;
    file.read_exact_at(header, 0).ok()
}

/// Elsewhere what others lock cannot be read.
#[cfg(not(unix))]
fn read(_: &File, _: &mut [u8]) -> Option<()> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::sqlite::direct::Direct;

    #[test]
    #[cfg(unix)]
    fn every_commit_of_every_connection_changes_the_version_and_nothing_else_does() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.db");
        std::fs::write(&path, "").unwrap();
        let connections = [Direct::writing(&path).unwrap(), Direct::writing(&path).unwrap()];
        let versions = Versions::of(&path);
        connections[0].batch("PRAGMA journal_mode = WAL; CREATE TABLE t (n)").unwrap();
        let mut last = versions.now();
        assert!(last.is_some());
        for round in 0..100 {
            let [one, other] = &connections;
            let connection = if round % 3 == 0 { one } else { other };
            connection.batch("BEGIN; INSERT INTO t VALUES (1); ROLLBACK").unwrap();
            other.batch("UPDATE t SET n = 2 WHERE n = 1 AND n = 2").unwrap();
            assert_eq!(versions.now(), last, "nothing was written");
            connection.batch("INSERT INTO t VALUES (1)").unwrap();
            assert_ne!(versions.now(), last, "one row was written");
            last = versions.now();
            if round % 10 == 0 {
                // The log begins anew with the next commit.
                connection.batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
                connection.batch("DELETE FROM t").unwrap();
                assert_ne!(versions.now(), last, "all rows were removed");
                last = versions.now();
            }
        }
    }

    #[test]
    fn without_a_log_there_is_no_version() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(Versions::of(&directory.path().join("a.db")).now(), None);
    }
}
