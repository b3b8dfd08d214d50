//! A connection that is given up when its client takes too long.
//!
//! The limits that libraries have are others, as these tests show:
//!
//! - hyper's for a head runs between requests too
//!   (`between_requests_there_is_more_time_than_for_a_head`).
//! - One for the reads of a stream, as tokio-io-timeout has it, runs while the server works
//!   (`while_a_request_runs_reads_wait`). It starts anew with every byte of a head
//!   (`a_head_that_does_not_come_closes_the_connection`).
//! - None is for the room that a client of HTTP/2 makes for a response
//!   (`who_makes_no_room_for_a_response_loses_the_connection`, and for `timed_body.rs`
//!   `who_makes_room_little_by_little_gets_the_whole_response`).
//! - None takes what is still sent before it closes
//!   (`what_is_still_sent_is_taken_until_nothing_comes`).

use std::collections::HashMap;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
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
    /// For the client to make room for some more of each response. It is set for HTTP/2, where a
    /// stream that can be written to may have no room.
    pub(crate) room: Option<Duration>,
}

/// The requests of one connection, which the stream below knows nothing about.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    started: AtomicU64,
    finished: AtomicU64,
    /// Whether the last response was sent before all of its request was read.
    unread: AtomicBool,
    answers: Mutex<Answers>,
}

#[derive(Debug, Default)]
struct Answers {
    /// Who waits for the last request to finish, from when on patience counts.
    waiting: Option<Waker>,
    /// Since when there is something to send of a response, by the number of its request.
    offered: HashMap<u64, Instant>,
}

impl Requests {
    /// A request runs until what is returned is dropped.
    pub(crate) fn begin(self: &Arc<Self>) -> Running {
        let number = self.started.fetch_add(1, Ordering::Relaxed);
        self.unread.store(false, Ordering::Relaxed);
        Running { number, requests: self.clone() }
    }

    fn started(&self) -> u64 {
        self.started.load(Ordering::Relaxed)
    }

    /// Whether a request runs; if so, the task is woken when it has finished.
    fn poll_running(&self, context: &Context<'_>) -> bool {
        self.answers().waiting = Some(context.waker().clone());
        self.is_running()
    }

    /// Since when the client has not taken anything of some answer that it could have taken.
    fn offered_since(&self) -> Option<Instant> {
        self.answers().offered.values().min().copied()
    }

    fn answers(&self) -> MutexGuard<'_, Answers> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The rest of the present request is not read.
    pub(crate) fn leave_unread(&self) {
        self.unread.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_unread(&self) -> bool {
        self.unread.load(Ordering::Relaxed)
    }

    pub(crate) fn is_running(&self) -> bool {
        self.started() != self.finished.load(Ordering::Relaxed)
    }
}

/// A request that runs.
#[derive(Debug)]
pub(crate) struct Running {
    number: u64,
    requests: Arc<Requests>,
}

impl Running {
    /// From now on there is something for the client to take.
    pub(crate) fn offers(&self) {
        self.requests.answers().offered.insert(self.number, Instant::now());
    }

    /// From now on the client waits for the server again.
    pub(crate) fn works(&self) {
        self.requests.answers().offered.remove(&self.number);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut answers = self.requests.answers();
        answers.offered.remove(&self.number);
        self.requests.finished.fetch_add(1, Ordering::Relaxed);
        if let Some(waker) = answers.waiting.take() {
            waker.wake();
        }
    }
}

/// A stream whose reads and writes fail when patience is at its end. While a request runs, its reads
/// fail only for want of room for a response: the body has a limit of its own, with a response.
pub(crate) struct TimedStream<S> {
    inner: S,
    patience: Patience,
    requests: Arc<Requests>,
    /// How many requests there were when the present wait for one began.
    seen: u64,
    wait: Option<Wait>,
    read_timer: Pin<Box<Sleep>>,
    write_timer: Option<Pin<Box<Sleep>>>,
    room_timer: Option<Pin<Box<Sleep>>>,
    lingering: Option<Lingering>,
}

/// A connection of which one side is closed, while the other one still sends.
struct Lingering {
    until: Instant,
    /// When the client will have been silent for too long.
    silent: Pin<Box<Sleep>>,
    /// How many bytes may still come.
    left: usize,
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
        let (write_timer, room_timer, lingering) = (None, None, None);
        Self {
            inner,
            patience,
            requests,
            seen,
            wait: Some(wait),
            read_timer,
            write_timer,
            room_timer,
            lingering,
        }
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

    /// Ready when the client has made no room for a response for long enough.
    fn poll_room_timer(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let Some(room) = self.patience.room else { return Poll::Pending };
        let timer = self.room_timer.get_or_insert_with(|| Box::pin(tokio::time::sleep(room)));
        loop {
            ready!(timer.as_mut().poll(context));
            // Answers do not wake this task when they are offered: it looks from time to time.
            let now = Instant::now();
            let deadline = self.requests.offered_since().unwrap_or(now) + room;
            if deadline <= now {
                return Poll::Ready(());
            }
            timer.as_mut().reset(deadline);
        }
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

impl<S: AsyncRead + Unpin> TimedStream<S> {
    /// How long to wait for more of what is thrown away.
    const SILENCE: Duration = Duration::from_secs(2);
    /// How much is thrown away, in bytes.
    const UNREAD: usize = 16 * 1024 * 1024;

    /// Throws away what the client still sends, up to a bound. A connection that is closed on a client
    /// that writes is reset, and the client may never see the response.
    fn poll_linger(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let lingering = self.lingering.get_or_insert_with(|| Lingering {
            until: Instant::now() + self.patience.write,
            silent: Box::pin(tokio::time::sleep(Self::SILENCE.min(self.patience.write))),
            left: Self::UNREAD,
        });
        let mut bytes = [0; 16 * 1024];
        loop {
            let mut buffer = ReadBuf::new(&mut bytes);
            let read = Pin::new(&mut self.inner).poll_read(context, &mut buffer);
            let count = buffer.filled().len();
            match read {
                Poll::Ready(Ok(())) if count > 0 && count <= lingering.left => {
                    lingering.left -= count;
                    let silent = Instant::now() + Self::SILENCE;
                    lingering.silent.as_mut().reset(silent.min(lingering.until));
                }
                Poll::Ready(_) => return Poll::Ready(()),
                Poll::Pending => return lingering.silent.as_mut().poll(context),
            }
        }
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
            ready!(self.poll_room_timer(context));
        } else {
            ready!(self.poll_read_timer(context));
        }
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for TimedStream<S> {
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
        if self.lingering.is_none() {
            let shut = Pin::new(&mut self.inner).poll_shutdown(context);
            ready!(self.timed(context, shut))?;
            if !self.requests.is_unread() {
                return Poll::Ready(Ok(()));
            }
        }
        self.poll_linger(context).map(Ok)
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

    #[tokio::test(start_paused = true)]
    async fn a_head_has_to_come_whether_it_has_begun_or_not() {
        let patience = Patience { head: SHORT, idle: LONG, write: LONG, room: None };
        let (mut client, mut stream) = stream(patience);
        client.write_all(b"GET").await.unwrap();
        let error = stream.read_to_end(&mut Vec::new()).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test(start_paused = true)]
    async fn between_requests_it_may_be_idle_for_another_while() {
        for (head, idle) in [(LONG, SHORT), (SHORT, LONG)] {
            let (mut client, mut stream) = stream(Patience { head, idle, write: LONG, room: None });
            drop(stream.requests.begin());
            if idle == LONG {
                client.write_all(b"G").await.unwrap();
            }
            let error = stream.read_to_end(&mut Vec::new()).await.unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn between_requests_there_is_more_time_than_for_a_head() {
        let patience = Patience { head: SHORT, idle: LONG, write: LONG, room: None };
        let (_client, mut stream) = stream(patience);
        drop(stream.requests.begin());
        let waits = tokio::time::timeout(LONG / 2, stream.read_u8()).await;
        assert!(waits.is_err());
        let error = stream.read_u8().await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test(start_paused = true)]
    async fn while_a_request_runs_reads_wait() {
        let patience = Patience { head: SHORT, idle: SHORT, write: SHORT, room: None };
        let (mut client, mut stream) = stream(patience);
        let _running = stream.requests.begin();
        let mut bytes = [0; 1];
        let waits = tokio::time::timeout(SHORT * 4, stream.read_exact(&mut bytes)).await;
        assert!(waits.is_err());
        client.write_all(b"x").await.unwrap();
        stream.read_exact(&mut bytes).await.unwrap();
        assert_eq!(&bytes, b"x");
    }

    #[tokio::test(start_paused = true)]
    async fn what_nobody_takes_is_given_up() {
        let (_client, mut stream) =
            stream(Patience { head: LONG, idle: LONG, write: SHORT, room: None });
        let error = stream.write_all(&[0; 100]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test(start_paused = true)]
    async fn a_response_for_which_there_is_no_room_is_given_up() {
        let patience = Patience { head: LONG, idle: LONG, write: LONG, room: Some(SHORT) };
        let (_client, mut stream) = stream(patience);
        let (working, offering) = (stream.requests.begin(), stream.requests.begin());
        // The server may take its time.
        working.offers();
        working.works();
        let waits = tokio::time::timeout(SHORT * 4, stream.read_u8()).await;
        assert!(waits.is_err());
        offering.offers();
        let error = stream.read_u8().await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_taken_is_waited_for_no_more() {
        let patience = Patience { head: LONG, idle: LONG, write: LONG, room: Some(SHORT) };
        let (_client, mut stream) = stream(patience);
        let _running = stream.requests.begin();
        let taken = stream.requests.begin();
        taken.offers();
        drop(taken);
        assert!(tokio::time::timeout(SHORT * 4, stream.read_u8()).await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_still_sent_is_taken_until_nothing_comes() {
        let patience = Patience { head: LONG, idle: LONG, write: LONG, room: None };
        for (is_unread, seconds) in [(true, 2), (false, 0)] {
            let (mut client, mut stream) = stream(patience);
            if is_unread {
                stream.requests.leave_unread();
            }
            let start = Instant::now();
            let shutting = tokio::spawn(async move {
                stream.shutdown().await.unwrap();
                start.elapsed().as_secs()
            });
            // There is room for eight bytes.
            let written = client.write_all(&[0; 1000]).await;
            assert_eq!(written.is_ok(), is_unread);
            assert_eq!(shutting.await.unwrap(), seconds);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_never_stops_to_send_is_left_in_the_end() {
        let patience = Patience { head: LONG, idle: LONG, write: LONG, room: None };
        let (mut client, server) = tokio::io::duplex(1 << 16);
        let mut stream = TimedStream::new(server, patience, Arc::default());
        stream.requests.leave_unread();
        let shutting = tokio::spawn(async move { stream.shutdown().await });
        while client.write_all(&[0; 16_384]).await.is_ok() {}
        shutting.await.unwrap().unwrap();
    }
}
