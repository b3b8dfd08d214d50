//! The body of a response that is given up when its client makes no room for it.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};

use crate::timed_stream::Running;

/// A body in pieces, of which another one is asked for when there is room for the one before: so it
/// is known how long a client has been waited for.
pub(crate) struct TimedBody {
    inner: Body,
    /// What was made already of the next pieces.
    made: Bytes,
    running: Running,
}

impl TimedBody {
    /// As much as one frame of HTTP/2 holds, unless a client takes longer ones.
    const PIECE: usize = 16 * 1024;

    pub(crate) fn new(inner: Body, running: Running) -> Self {
        Self { inner, made: Bytes::new(), running }
    }
}

impl HttpBody for TimedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        while self.made.is_empty() {
            self.running.works();
            let frame = ready!(Pin::new(&mut self.inner).poll_frame(context));
            self.running.offers();
            match frame.map(|frame| frame.map(Frame::into_data)) {
                Some(Ok(Ok(data))) => self.made = data,
                Some(Ok(Err(other))) => return Poll::Ready(Some(Ok(other))),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
        self.running.offers();
        let length = self.made.len().min(Self::PIECE);
        Poll::Ready(Some(Ok(Frame::data(self.made.split_to(length)))))
    }

    fn is_end_stream(&self) -> bool {
        self.made.is_empty() && self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (rest, made) = (self.inner.size_hint(), self.made.len() as u64);
        let mut hint = SizeHint::new();
        hint.set_lower(rest.lower() + made);
        if let Some(upper) = rest.upper() {
            hint.set_upper(upper + made);
        }
        hint
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::io::ErrorKind;
    use std::sync::Arc;
    use std::time::Duration;

    use tokio::io::AsyncReadExt;
    use tokio::time::Instant;

    use super::*;
    use crate::timed_stream::{Patience, Requests, TimedStream};

    /// The room for every piece is waited for as long as that for the first one, however many there are.
    #[tokio::test(start_paused = true)]
    async fn who_makes_room_little_by_little_is_not_given_up() {
        const PIECES: usize = 10;
        const LONG: Duration = Duration::from_hours(1);
        let (room, pause) = (Duration::from_secs(30), Duration::from_secs(29));
        let patience = Patience { head: LONG, idle: LONG, write: LONG, room: Some(room) };
        let requests = Arc::new(Requests::default());
        let (_client, server) = tokio::io::duplex(8);
        let mut stream = TimedStream::new(server, patience, requests.clone());
        let inner = Body::from(vec![0; PIECES * TimedBody::PIECE]);
        let mut body = TimedBody::new(inner, requests.begin());
        let mut last = Instant::now();
        for piece in 0..PIECES {
            let frame = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await;
            assert_eq!(frame.unwrap().unwrap().into_data().unwrap().len(), TimedBody::PIECE);
            last = Instant::now();
            let waits = tokio::time::timeout(pause, stream.read_u8()).await;
            assert!(waits.is_err(), "{piece}");
        }
        let error = stream.read_u8().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        assert_eq!(last.elapsed().as_secs(), room.as_secs());
    }
}
