//! Writing: what callers want written at the same time is committed together.
//!
//! A commit waits for the disk, and `SQLite` has one at a time. So one thread writes: it takes all
//! that waits, carries it out in one transaction, and returns the results to the callers when that
//! is durable. Meanwhile the next ones gather.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::thread;

use tokio::sync::{MappedMutexGuard, Mutex, MutexGuard, mpsc, oneshot};

use super::connection::Connection;
use crate::storage::backend::PoolSize;
use crate::storage::failure::{Cause, StorageError};
use crate::storage::statement::{Row, Statement};

/// How much is committed at once, and how much may wait besides.
const GROUP: usize = 256;

/// The connection that writes, until it is closed.
#[derive(Debug, Clone)]
pub(super) struct Writing(Arc<Mutex<Option<Connection>>>);

/// The connection that writes, locked for its user.
type Writable<'w> = MappedMutexGuard<'w, Connection>;

impl Writing {
    pub(super) fn new(connection: Connection) -> Self {
        Self(Arc::new(Mutex::new(Some(connection))))
    }

    pub(super) async fn acquire(&self) -> Result<Writable<'_>, StorageError> {
        writable(self.0.lock().await)
    }

    pub(super) fn size(&self) -> PoolSize {
        match self.0.try_lock() {
            Ok(connection) => {
                let open = u32::from(connection.is_some());
                PoolSize { open, idle: open }
            }
            Err(_) => PoolSize { open: 1, idle: 0 },
        }
    }

    pub(super) async fn close(&self) {
        self.0.lock().await.take();
    }
}

fn writable(connection: MutexGuard<'_, Option<Connection>>) -> Result<Writable<'_>, StorageError> {
    let closed = |_| StorageError::Unavailable(Cause::Closed);
    MutexGuard::try_map(connection, Option::as_mut).map_err(closed)
}

/// Hands writes over to the thread that carries them out, which ends with the last of these.
#[derive(Debug, Clone)]
pub(super) struct Writer(mpsc::Sender<Write>);

/// Statements of which all are carried out or none.
#[derive(Debug)]
struct Write {
    statements: Vec<Statement>,
    /// Who asked may have gone away.
    answer: oneshot::Sender<Result<Vec<Row>, StorageError>>,
}

impl Writer {
    /// A writer on this connection.
    pub(super) fn on(writing: &Writing) -> io::Result<Self> {
        let (sender, receiver) = mpsc::channel(GROUP);
        let writing = writing.clone();
        thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || run(&writing, receiver))?;
        Ok(Self(sender))
    }

    /// Carries out one write, and returns when it is durable. A write that fails leaves nothing
    /// behind and does not concern others. It is carried out even if the caller does not wait any
    /// more.
    pub(super) async fn write(&self, statements: Vec<Statement>) -> Result<Vec<Row>, StorageError> {
        let (answer, result) = oneshot::channel();
        let gone = || StorageError::Unavailable(Cause::NotWritten);
        self.0.send(Write { statements, answer }).await.map_err(|_| gone())?;
        result.await.map_err(|_| gone())?
    }
}

/// Carries out writes until all senders are gone.
fn run(writing: &Writing, mut writes: mpsc::Receiver<Write>) {
    let mut next = Vec::new();
    while writes.blocking_recv_many(&mut next, GROUP) > 0 {
        let mut group = VecDeque::from(std::mem::take(&mut next));
        while !group.is_empty() {
            if let Err(error) = commit_together(writing, &mut group) {
                tracing::error!(error = &error as &dyn std::error::Error, "nothing can be written");
                // Their callers get the error that the database is not available.
                group.clear();
            }
        }
    }
}

/// Carries out writes and commits them. Those that remain in the group are for another transaction.
fn commit_together(writing: &Writing, group: &mut VecDeque<Write>) -> Result<(), StorageError> {
    let mut connection = writable(writing.0.blocking_lock())?;
    // A write by itself is a transaction by itself.
    let is_alone = group.len() == 1;
    if !is_alone {
        connection.batch("BEGIN IMMEDIATE")?;
    }
    let mut carried_out = Vec::with_capacity(group.len());
    let mut has_failed = false;
    while let Some(Write { statements, answer }) = group.pop_front() {
        let result = carry_out(&mut connection, &statements).map_err(StorageError::from);
        // A full disk, for example, can have ended the transaction: what would follow is not in it.
        has_failed = result.as_ref().is_err_and(|error| !is_refused(error));
        carried_out.push((answer, result));
        if has_failed {
            break;
        }
    }
    let committed = if is_alone { Ok(()) } else { connection.batch("COMMIT") };
    if has_failed || committed.is_err() {
        // No transaction is to stay open, and mostly none is.
        let _ = connection.batch("ROLLBACK");
    }
    for (answer, result) in carried_out {
        let _ = answer.send(match (&committed, result) {
            // What was refused may have been because of what was not committed.
            (Err(error), result) if result.as_ref().err().is_none_or(is_refused) => {
                Err(StorageError::Unavailable(Cause::NotCommitted(error.to_string())))
            }
            (_, result) => result,
        });
    }
    Ok(())
}

/// Whether a write was refused because of what is there, which leaves the transaction as it was.
fn is_refused(error: &StorageError) -> bool {
    matches!(error, StorageError::Taken | StorageError::Orphan)
}

/// Returns what the last statement gives. A single one leaves nothing behind when it fails; of several
/// the first must not stay when a later one fails.
fn carry_out(connection: &mut Connection, statements: &[Statement]) -> rusqlite::Result<Vec<Row>> {
    if let [statement] = statements {
        return connection.run(statement);
    }
    connection.batch("SAVEPOINT one")?;
    let results = statements.iter().map(|statement| connection.run(statement));
    let mut results = results.collect::<rusqlite::Result<Vec<_>>>().inspect_err(|_| {
        // There is none any more when the failure has ended the transaction.
        let _ = connection.batch("ROLLBACK TO one; RELEASE one");
    })?;
    connection.batch("RELEASE one")?;
    Ok(results.pop().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};
    use std::pin::Pin;
    use std::task::{Context, Waker};

    use chrono::Utc;
    use tempfile::TempDir;
    use tokio::sync::OwnedMutexGuard;
    use uuid::Uuid;

    use super::*;
    use crate::domain::organization::Organization;
    use crate::storage::sqlite::database::Sqlite;
    use crate::storage::{Storage, WhenMissing};

    type Creating = Pin<Box<dyn Future<Output = Result<(), StorageError>> + Send>>;

    /// A writer that waits for its connection with one write, until that is let go: what is handed over
    /// meanwhile is the next group, whatever the threads do.
    struct Waiting {
        storage: Storage,
        writer: Writer,
        busy: Creating,
        held: OwnedMutexGuard<Option<Connection>>,
        path: PathBuf,
        directory: TempDir,
    }

    impl Waiting {
        async fn start() -> Self {
            Self::start_with_room(None).await
        }

        /// On a file that can grow by so many pages.
        async fn start_with_room(pages: Option<i64>) -> Self {
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join("registries.db");
            let sqlite = Sqlite::open(&path, WhenMissing::Create).await.unwrap();
            let (writer, writing) = (sqlite.writer.clone(), sqlite.writing.clone());
            let storage = Storage::on(sqlite);
            storage.create_organization(&organization("taken")).await.unwrap();
            if let Some(more) = pages {
                let mut connection = writing.acquire().await.unwrap();
                let count = Statement::new("PRAGMA page_count", []);
                let pages = connection.run(&count).unwrap()[0].integer("page_count").unwrap();
                connection.batch(&format!("PRAGMA max_page_count = {}", pages + more)).unwrap();
            }
            let held = writing.0.lock_owned().await;
            let busy = storage.clone();
            let mut busy: Creating =
                Box::pin(async move { busy.create_organization(&organization("busy")).await });
            assert!(busy.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
            while writer.0.capacity() < GROUP {
                tokio::task::yield_now().await;
            }
            Self { storage, writer, busy, held, path, directory }
        }

        /// Hands a write over, which is what happens before its caller first waits.
        async fn create(&self, slug: String) -> Creating {
            let storage = self.storage.clone();
            let organization = organization(&slug);
            let mut write: Creating =
                Box::pin(async move { storage.create_organization(&organization).await });
            let room = self.writer.0.capacity();
            assert!(write.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
            assert_eq!(self.writer.0.capacity(), room - 1, "it was handed over");
            // The runtime makes every task pause.
            tokio::task::yield_now().await;
            write
        }

        /// Lets the writer go on, and returns what is left to ask.
        async fn let_go(self) -> Written {
            drop(self.held);
            self.busy.await.unwrap();
            Written { storage: self.storage, path: self.path, _directory: self.directory }
        }
    }

    /// A database on which the writer is not busy any more.
    struct Written {
        storage: Storage,
        path: PathBuf,
        _directory: TempDir,
    }

    impl Written {
        async fn is_there(&self, slug: &str) -> bool {
            self.storage.organization(&slug.parse().unwrap()).await.unwrap().is_some()
        }
    }

    /// The size of the write-ahead log, in pages of 4 KiB.
    fn log_pages(database: &Path) -> u64 {
        std::fs::metadata(database.with_extension("db-wal")).unwrap().len() / 4096
    }

    fn organization(slug: &str) -> Organization {
        Organization {
            id: Uuid::now_v7(),
            slug: slug.parse().unwrap(),
            name: "x".repeat(500),
            created_at: Utc::now(),
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn writes_that_wait_are_committed_together_and_fail_alone() {
        let waiting = Waiting::start().await;
        let before = log_pages(&waiting.path);
        let mut writes = Vec::new();
        for index in 0..128 {
            let slug = if index % 4 == 0 { "taken".to_owned() } else { format!("o{index}") };
            writes.push(waiting.create(slug).await);
        }
        let written = waiting.let_go().await;
        for (index, write) in writes.into_iter().enumerate() {
            let result = write.await;
            assert_eq!(matches!(result, Err(StorageError::Taken)), index % 4 == 0, "{result:?}");
            assert_eq!(result.is_ok(), index % 4 != 0, "{result:?}");
        }
        for index in 0..128 {
            assert_eq!(written.is_there(&format!("o{index}")).await, index % 4 != 0);
        }
        // By itself each would write a page of the table and one of each of its two indices.
        let pages = log_pages(&written.path) - before;
        assert!(pages < 96, "{pages} pages for 96 writes");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn who_gives_up_waiting_harms_nobody() {
        let waiting = Waiting::start().await;
        let mut writes = Vec::new();
        for index in 0..64 {
            writes.push(waiting.create(format!("o{index}")).await);
        }
        // The last of them is waited for, and with it all before.
        let mut keep = [false, true].into_iter().cycle();
        writes.retain(|_| keep.next().unwrap_or_default());
        let written = waiting.let_go().await;
        for write in writes {
            write.await.unwrap();
        }
        for index in 0..64 {
            assert!(written.is_there(&format!("o{index}")).await, "it was handed over");
        }
    }

    /// A file that is full can end the transaction, with what came before in the group.
    #[tokio::test(flavor = "multi_thread")]
    async fn what_was_said_to_be_written_is_when_the_file_is_full() {
        let waiting = Waiting::start_with_room(Some(10)).await;
        let mut writes = Vec::new();
        for index in 0..200 {
            writes.push(waiting.create(format!("o{index}")).await);
        }
        let written = waiting.let_go().await;
        let mut count = 0;
        for (index, write) in writes.into_iter().enumerate() {
            let result = write.await;
            assert_eq!(result.is_ok(), written.is_there(&format!("o{index}")).await, "{result:?}");
            count += usize::from(result.is_ok());
        }
        assert!(0 < count && count < 200, "{count}");
    }
}
