//! Writing: what callers want written at the same time is committed together.
//!
//! A commit waits for the disk, and `SQLite` has one at a time. So one thread writes: it takes all
//! that waits, carries it out in one transaction, and tells each caller how it went when that is
//! durable. Meanwhile the next ones gather.

use std::collections::VecDeque;
use std::ops::{Deref, DerefMut};
use std::pin::Pin;
use std::sync::Arc;
use std::thread;

use tokio::sync::{Mutex, MutexGuard, mpsc, oneshot};

use super::direct::Direct;
use crate::storage::sql::Connection;
use crate::storage::{PoolSize, StorageError};

/// How much is committed at once, and how much may wait besides.
const GROUP: usize = 256;

/// The connection that writes, until it is closed.
#[derive(Debug, Clone)]
pub(super) struct Writing(Arc<Mutex<Option<Direct>>>);

impl Writing {
    pub(super) fn new(connection: Direct) -> Self {
        Self(Arc::new(Mutex::new(Some(connection))))
    }

    pub(super) async fn acquire(&self) -> Result<Writable<'_>, sqlx::Error> {
        let connection = self.0.lock().await;
        if connection.is_some() { Ok(Writable(connection)) } else { Err(sqlx::Error::PoolClosed) }
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

/// The connection that writes, which nobody else has meanwhile.
pub(super) struct Writable<'w>(MutexGuard<'w, Option<Direct>>);

impl Deref for Writable<'_> {
    type Target = Direct;

    fn deref(&self) -> &Direct {
        self.0.as_ref().expect(OPEN)
    }
}

impl DerefMut for Writable<'_> {
    fn deref_mut(&mut self) -> &mut Direct {
        self.0.as_mut().expect(OPEN)
    }
}

const OPEN: &str = "who has acquired the connection keeps it from being closed";

/// Hands writes over to the thread that carries them out, which ends with the last of these.
#[derive(Debug, Clone)]
pub(super) struct Writer(mpsc::Sender<Write>);

impl Writer {
    /// A writer on this connection.
    pub(super) fn on(writing: &Writing) -> Result<Self, sqlx::Error> {
        let (sender, receiver) = mpsc::channel(GROUP);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
        let writing = writing.clone();
        thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || runtime.block_on(keep_running(writing, receiver)))?;
        Ok(Self(sender))
    }

    /// Carries out one write, and returns when it is durable. A write that fails leaves nothing behind
    /// and does not concern others. It is carried out even if nobody waits for it any more.
    pub(super) async fn write<T, W>(&self, write: W) -> Result<T, StorageError>
    where
        T: Send + 'static,
        W: for<'c> FnOnce(&'c mut dyn Connection) -> BoxFuture<'c, Result<T, StorageError>>,
        W: Send + 'static,
    {
        let (sender, receiver) = oneshot::channel();
        let write: Write = Box::new(move |connection| {
            Box::pin(async move {
                let result = write(connection).await;
                let may_go_on = matches!(result, Ok(_) | Err(StorageError::Taken));
                let answer: Answer = Box::new(move |committed| {
                    // Who found a slug taken may have found it in what was not committed.
                    let told = if may_go_on { committed.and(result) } else { result };
                    // Who asked may have gone away.
                    let _ = sender.send(told);
                });
                (answer, may_go_on)
            })
        });
        let gone = || {
            let reason = "it was not written; what is logged before this says why";
            StorageError::Unavailable(sqlx::Error::Protocol(reason.to_owned()))
        };
        self.0.send(write).await.map_err(|_| gone())?;
        receiver.await.map_err(|_| gone())?
    }
}

pub(super) type BoxFuture<'c, T> = Pin<Box<dyn Future<Output = T> + Send + 'c>>;
/// Carries out a write. Besides what tells how it went, returns whether the transaction goes on.
type Write =
    Box<dyn for<'c> FnOnce(&'c mut dyn Connection) -> BoxFuture<'c, (Answer, bool)> + Send>;
/// Tells the caller how the write went, given how the commit did.
type Answer = Box<dyn FnOnce(Result<(), StorageError>) + Send>;

/// Carries out writes until nobody can ask for any more. A panic, which is a bug, costs those who wait
/// for the group in which it happens their answer, and nobody else.
async fn keep_running(writing: Writing, writes: mpsc::Receiver<Write>) {
    let writes = Arc::new(Mutex::new(writes));
    while let Err(error) = tokio::spawn(run(writing.clone(), writes.clone())).await {
        tracing::error!(error = &error as &dyn std::error::Error, "a write panicked");
        // What came before it in its transaction must not be committed with what comes next.
        if let Ok(mut connection) = writing.acquire().await {
            let _ = connection.execute("ROLLBACK", &[]).await;
        }
    }
}

async fn run(writing: Writing, writes: Arc<Mutex<mpsc::Receiver<Write>>>) {
    let mut writes = writes.lock().await;
    let mut next = Vec::new();
    while writes.recv_many(&mut next, GROUP).await > 0 {
        let mut group = VecDeque::from(std::mem::take(&mut next));
        while !group.is_empty() {
            if let Err(error) = commit_together(&writing, &mut group).await {
                tracing::error!(error = &error as &dyn std::error::Error, "nothing can be written");
                // Who waits for these is told that the database is not available.
                group.clear();
            }
        }
    }
}

/// Carries out writes and commits them. Those that remain in the group are for another transaction.
async fn commit_together(
    writing: &Writing,
    group: &mut VecDeque<Write>,
) -> Result<(), sqlx::Error> {
    let mut connection = writing.acquire().await?;
    // A write by itself is a transaction by itself.
    let is_alone = group.len() == 1;
    if !is_alone {
        connection.execute("BEGIN IMMEDIATE", &[]).await?;
    }
    let mut answers = Vec::with_capacity(group.len());
    let mut has_failed = false;
    while let Some(write) = group.pop_front() {
        let (answer, may_go_on) = write(&mut *connection).await;
        answers.push(answer);
        // A full disk, for example, can have ended the transaction: what would follow is not in it.
        has_failed = !may_go_on;
        if has_failed {
            break;
        }
    }
    let committed = if is_alone { Ok(0) } else { connection.execute("COMMIT", &[]).await };
    if has_failed || committed.is_err() {
        // No transaction is to stay open, and mostly none is.
        let _ = connection.execute("ROLLBACK", &[]).await;
    }
    for answer in answers {
        answer(match &committed {
            Ok(_) => Ok(()),
            Err(error) => Err(StorageError::Unavailable(sqlx::Error::Protocol(error.to_string()))),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};
    use std::task::{Context, Waker};

    use chrono::Utc;
    use tempfile::TempDir;
    use uuid::Uuid;

    use super::*;
    use crate::domain::organization::Organization;
    use crate::storage::sqlite::Sqlite;
    use crate::storage::{Storage, WhenMissing};

    type Creating = Pin<Box<dyn Future<Output = Result<(), StorageError>> + Send>>;

    /// A writer that is busy with one write until it is let go: what is handed over meanwhile is the
    /// next group, whatever the threads do.
    struct Waiting {
        sqlite: Arc<Sqlite>,
        busy: Creating,
        go: oneshot::Sender<()>,
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
            let sqlite = Arc::new(Sqlite::open(&path, WhenMissing::Create).await.unwrap());
            sqlite.create_organization(&organization("taken")).await.unwrap();
            if let Some(more) = pages {
                let mut connection = sqlite.writing.acquire().await.unwrap();
                let pages = connection.rows("PRAGMA page_count", &[]).await.unwrap();
                let pages: i64 = pages[0].get("page_count").unwrap();
                connection.batch(&format!("PRAGMA max_page_count = {}", pages + more)).unwrap();
            }
            let (busy, go) = keep_busy(&sqlite).await;
            Self { sqlite, busy, go, path, directory }
        }

        /// Hands a write over, which is what happens before its caller first waits.
        async fn create(&self, slug: String) -> Creating {
            let sqlite = self.sqlite.clone();
            self.hand_over(Box::pin(async move {
                sqlite.create_organization(&organization(&slug)).await
            }))
            .await
        }

        async fn hand_over(&self, mut write: Creating) -> Creating {
            let room = self.sqlite.writer.0.capacity();
            assert!(write.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
            assert_eq!(self.sqlite.writer.0.capacity(), room - 1, "it was handed over");
            // The runtime lets nobody do much without a pause.
            tokio::task::yield_now().await;
            write
        }

        /// Lets the writer go on, and returns what is left to ask.
        async fn let_go(self) -> Written {
            self.go.send(()).unwrap();
            self.busy.await.unwrap();
            Written { sqlite: self.sqlite, path: self.path, _directory: self.directory }
        }
    }

    /// A write that ends when it is told to, and is being carried out when this returns.
    async fn keep_busy(sqlite: &Arc<Sqlite>) -> (Creating, oneshot::Sender<()>) {
        let (has_begun, begun) = oneshot::channel();
        let (go, gone) = oneshot::channel();
        let writer = sqlite.writer.clone();
        let mut busy: Creating = Box::pin(async move {
            let write = writer.write(move |_| {
                Box::pin(async move {
                    has_begun.send(()).unwrap();
                    gone.await.unwrap();
                    Ok(())
                })
            });
            write.await
        });
        assert!(busy.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        begun.await.unwrap();
        (busy, go)
    }

    /// A database on which the writer is not busy any more.
    struct Written {
        sqlite: Arc<Sqlite>,
        path: PathBuf,
        _directory: TempDir,
    }

    impl Written {
        async fn is_there(&self, slug: &str) -> bool {
            self.sqlite.organization(&slug.parse().unwrap()).await.unwrap().is_some()
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

    /// A write that panics.
    fn panicking(sqlite: &Arc<Sqlite>) -> Creating {
        let sqlite = sqlite.clone();
        Box::pin(
            async move { sqlite.writer.write(|_| Box::pin(async { panic!("for a test") })).await },
        )
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_panic_costs_its_group_and_nobody_else() {
        let waiting = Waiting::start().await;
        let before = waiting.create("before".to_owned()).await;
        let panic = waiting.hand_over(panicking(&waiting.sqlite)).await;
        let after = waiting.create("after".to_owned()).await;
        let written = waiting.let_go().await;
        let is_lost = |result: &_| matches!(result, Err(StorageError::Unavailable(_)));
        for (slug, write) in [("before", before), ("panic", panic), ("after", after)] {
            let result = write.await;
            assert!(is_lost(&result), "{slug}: {result:?}");
            assert!(!written.is_there(slug).await, "{slug}");
        }
        written.sqlite.create_organization(&organization("next")).await.unwrap();
        assert!(written.is_there("next").await);

        let memory = Arc::new(Sqlite::in_memory().unwrap());
        for slug in ["one", "two"] {
            memory.create_organization(&organization(slug)).await.unwrap();
            assert!(is_lost(&panicking(&memory).await));
        }
        assert_eq!(memory.organizations().await.unwrap().len(), 2);
    }
}
