//! A connection that is given up when its client takes too long.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

/// How long a connection waits for its client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Patience {
    /// For the head of a request, from its first byte on.
    pub(crate) head: Duration,
    /// For the first byte of another request.
    pub(crate) idle: Duration,
    /// For the client to take what it is sent.
    pub(crate) write: Duration,
}

/// The requests of one connection, which the stream below knows nothing about.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    started: AtomicU64,
    finished: AtomicU64,
    /// Who waits for the last of them to finish, from when on patience counts.
    waiting: Mutex<Option<Waker>>,
}

impl Requests {
    /// A request runs until what is returned is dropped.
    pub(crate) fn begin(self: &Arc<Self>) -> Running {
        self.started.fetch_add(1, Ordering::Relaxed);
        Running(self.clone())
    }

    fn started(&self) -> u64 {
        self.started.load(Ordering::Relaxed)
    }

    /// Whether a request runs; if so, the task is woken when it has finished.
    fn poll_running(&self, context: &Context<'_>) -> bool {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        *waiting = Some(context.waker().clone());
        self.is_running()
    }

    fn is_running(&self) -> bool {
        self.started() != self.finished.load(Ordering::Relaxed)
    }
}

/// A request that runs.
pub(crate) struct Running(Arc<Requests>);

impl Drop for Running {
    fn drop(&mut self) {
        let mut waiting = self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        self.0.finished.fetch_add(1, Ordering::Relaxed);
        if let Some(waker) = waiting.take() {
            waker.wake();
        }
    }
}

/// A stream whose reads and writes fail when patience is at its end. While a request runs, nothing
/// limits its reads: the body has a limit of its own, which can be answered.
pub(crate) struct TimedStream<S> {
    inner: S,
    patience: Patience,
    requests: Arc<Requests>,
    /// How many requests there were when the present wait for one began.
    seen: u64,
    wait: Option<Wait>,
    read_timer: Pin<Box<Sleep>>,
    write_timer: Option<Pin<Box<Sleep>>>,
}

#[derive(Clone, Copy)]
struct Wait {
    since: Instant,
    /// Whether some of the request has come already.
    begun: bool,
}

impl<S> TimedStream<S> {
    /// A new connection, which is made to send something: it has no time to be idle.
    pub(crate) fn new(inner: S, patience: Patience, requests: Arc<Requests>) -> Self {
        let wait = Wait { since: Instant::now(), begun: true };
        let read_timer = Box::pin(tokio::time::sleep(patience.head));
        let seen = requests.started();
        Self { inner, patience, requests, seen, wait: Some(wait), read_timer, write_timer: None }
    }

    fn wait(&mut self) -> &mut Wait {
        self.wait.get_or_insert_with(|| Wait { since: Instant::now(), begun: false })
    }

    fn has_read(&mut self) {
        let wait = self.wait();
        if !wait.begun {
            *wait = Wait { since: Instant::now(), begun: true };
        }
    }

    /// Ready when the client has been waited for long enough.
    fn poll_read_timer(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let patience = self.patience;
        let wait = *self.wait();
        let deadline = wait.since + if wait.begun { patience.head } else { patience.idle };
        if self.read_timer.deadline() != deadline {
            self.read_timer.as_mut().reset(deadline);
        }
        self.read_timer.as_mut().poll(context)
    }

    /// Fails a write that has been pending for too long.
    fn timed<T>(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.write_timer = None;
            return written;
        }
        let write = self.patience.write;
        let timer = self.write_timer.get_or_insert_with(|| Box::pin(tokio::time::sleep(write)));
        ready!(timer.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for TimedStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.inner).poll_read(context, buffer);
        if self.seen != self.requests.started() {
            self.seen = self.requests.started();
            self.wait = None;
        }
        if read.is_ready() {
            if buffer.filled().len() > before && !self.requests.is_running() {
                self.has_read();
            }
            return read;
        }
        if self.requests.poll_running(context) {
            return Poll::Pending;
        }
        ready!(self.poll_read_timer(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for TimedStream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write(context, bytes);
        self.timed(context, written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.inner).poll_flush(context);
        self.timed(context, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut = Pin::new(&mut self.inner).poll_shutdown(context);
        self.timed(context, shut)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write_vectored(context, slices);
        self.timed(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    const LONG: Duration = Duration::from_hours(1);
    const SHORT: Duration = Duration::from_millis(5);

    fn stream(
        patience: Patience,
    ) -> (tokio::io::DuplexStream, TimedStream<tokio::io::DuplexStream>) {
        let (client, server) = tokio::io::duplex(8);
        (client, TimedStream::new(server, patience, Arc::default()))
    }

    #[tokio::test]
    async fn a_head_has_to_come_whether_it_has_begun_or_not() {
        let patience = Patience { head: SHORT, idle: LONG, write: LONG };
        let (mut client, mut stream) = stream(patience);
        client.write_all(b"GET").await.unwrap();
        let error = stream.read_to_end(&mut Vec::new()).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn between_requests_it_may_be_idle_for_another_while() {
        for (head, idle) in [(LONG, SHORT), (SHORT, LONG)] {
            let (mut client, mut stream) = stream(Patience { head, idle, write: LONG });
            drop(stream.requests.begin());
            if idle == LONG {
                client.write_all(b"G").await.unwrap();
            }
            let error = stream.read_to_end(&mut Vec::new()).await.unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        }
    }

    #[tokio::test]
    async fn while_a_request_runs_reads_wait() {
        let patience = Patience { head: SHORT, idle: SHORT, write: SHORT };
        let (mut client, mut stream) = stream(patience);
        let _running = stream.requests.begin();
        let mut bytes = [0; 1];
        let waits = tokio::time::timeout(SHORT * 4, stream.read_exact(&mut bytes)).await;
        assert!(waits.is_err());
        client.write_all(b"x").await.unwrap();
        stream.read_exact(&mut bytes).await.unwrap();
        assert_eq!(&bytes, b"x");
    }

    #[tokio::test]
    async fn what_nobody_takes_is_given_up() {
        let (_client, mut stream) = stream(Patience { head: LONG, idle: LONG, write: SHORT });
        let error = stream.write_all(&[0; 100]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }
}
