//! The body of an answer that is given up when its client makes no room for it.

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
