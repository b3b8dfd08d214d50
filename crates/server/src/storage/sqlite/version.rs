//! Whether anybody has written, without asking `SQLite`, which takes locks to tell.
//!
//! In the mode of the write-ahead log every commit, of whichever process, changes the header of the
//! log's index: the counter of transactions, the number of valid frames and a checksum of them all.
//! It is at the beginning of the file that ends in `-shm`, twice, so that a reader sees whether it is
//! just being changed (sqlite.org/walformat.html, The WAL-Index Header). A commit is visible to
//! readers from the moment on in which the first of both has changed.

use std::fs::File;
use std::mem::ManuallyDrop;
use std::path::Path;

use crate::kept::Version;

/// The versions of the database in a file.
#[derive(Debug)]
pub(super) struct Versions {
    /// The index. It stays the same file for as long as this process has the database open. Never
    /// closed, which would let go of the locks that `SQLite` has on the same file in this process
    /// (sqlite.org/howtocorrupt.html, 2.2).
    index: Option<ManuallyDrop<File>>,
}

impl Versions {
    /// Those of a database that a connection in this process is using.
    pub(super) fn of(database: &Path) -> Self {
        Self { index: index_of(database).map(ManuallyDrop::new) }
    }

    /// The present version; `None` where it is just being changed, or cannot be told.
    pub(super) fn now(&self) -> Option<Version> {
        let mut both = [0; 2 * SIZE];
        read(self.index.as_ref()?, &mut both)?;
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

/// `SQLite` writes the index through mapped memory, and here it is read as a file: on these systems
/// both are the same.
#[cfg(any(target_os = "linux", target_os = "macos", target_os = "freebsd"))]
fn index_of(database: &Path) -> Option<File> {
    // It is beside the file itself, wherever a link to that may be.
    let mut path = database.canonicalize().ok()?.into_os_string();
    path.push("-shm");
    let opened = File::open(&path);
    if let Err(error) = &opened {
        tracing::warn!(%error, "nothing is kept: the index of the database cannot be read");
    }
    opened.ok()
}

#[cfg(not(any(target_os = "linux", target_os = "macos", target_os = "freebsd")))]
fn index_of(_: &Path) -> Option<File> {
    None
}

#[cfg(unix)]
fn read(file: &File, header: &mut [u8]) -> Option<()> {
    use std::os::unix::fs::FileExt;
    file.read_exact_at(header, 0).ok()
}

#[cfg(not(unix))]
fn read(_: &File, _: &mut [u8]) -> Option<()> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::sqlite::direct::Direct;

    #[test]
    #[cfg(target_os = "linux")]
    fn every_commit_changes_the_version_and_what_commits_nothing_does_not() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.db");
        std::fs::write(&path, "").unwrap();
        let connections = [Direct::writing(&path).unwrap(), Direct::writing(&path).unwrap()];
        connections[0].batch("PRAGMA journal_mode = WAL; CREATE TABLE t (n)").unwrap();
        let versions = Versions::of(&path);
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
            if round % 10 == 0 {
                // The log begins anew with the next commit.
                connection.batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
                let before = versions.now();
                connection.batch("DELETE FROM t").unwrap();
                assert_ne!(versions.now(), before, "all rows were removed");
            }
            last = versions.now();
        }
    }

    /// What lies beside the link may be left of a database that was there before.
    #[test]
    #[cfg(target_os = "linux")]
    fn the_version_is_that_of_the_file_that_a_link_leads_to() {
        let directory = tempfile::tempdir().unwrap();
        let [path, link] = ["a.db", "link.db"].map(|name| directory.path().join(name));
        std::fs::write(&path, "").unwrap();
        std::os::unix::fs::symlink(&path, &link).unwrap();
        let connection = Direct::writing(&link).unwrap();
        connection.batch("PRAGMA journal_mode = WAL; CREATE TABLE t (n)").unwrap();
        std::fs::copy(path.with_extension("db-shm"), link.with_extension("db-shm")).unwrap();
        let versions = Versions::of(&link);
        let before = versions.now();
        assert!(before.is_some());
        connection.batch("INSERT INTO t VALUES (1)").unwrap();
        assert_ne!(versions.now(), before);
    }

    #[test]
    fn without_a_log_there_is_no_version() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(Versions::of(&directory.path().join("a.db")).now(), None);
    }
}
