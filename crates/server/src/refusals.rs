//! What the HTTP library answers by itself, with a body that says why.
//!
//! A request of HTTP/1 that cannot be parsed never reaches a route. The library answers it with a head
//! alone and closes the connection; here that head is given the JSON object with a `message` that
//! every failure has (client-observed).

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::http::StatusCode;
use serde_json::json;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::timed_stream::Requests;

/// A stream on which the library's own answers are given a body.
pub(crate) struct Refusals<S> {
    inner: S,
    requests: Arc<Requests>,
    /// What is written in the place of what the library wrote, and how much of it was.
    instead: Option<(Vec<u8>, usize)>,
}

impl<S> Refusals<S> {
    pub(crate) fn new(inner: S, requests: Arc<Requests>) -> Self {
        Self { inner, requests, instead: None }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Refusals<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        if this.instead.is_none() && !this.requests.is_running() {
            this.instead = explained(bytes).map(|instead| (instead, 0));
        }
        let Some((instead, written)) = &mut this.instead else {
            return Pin::new(&mut this.inner).poll_write(context, bytes);
        };
        // The rest of the request is not read by anybody.
        this.requests.leave_unread();
        while let Some(rest) = instead.get(*written..).filter(|rest| !rest.is_empty()) {
            let count = ready!(Pin::new(&mut this.inner).poll_write(context, rest))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            *written += count;
        }
        this.instead = None;
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        // The library writes its own answers in one piece.
        let mut pieces = slices.iter().filter(|slice| !slice.is_empty());
        match (pieces.next(), pieces.next()) {
            (Some(only), None) => self.poll_write(context, only),
            _ => Pin::new(&mut self.inner).poll_write_vectored(context, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Refusals<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(context, buffer)
    }
}

/// These bytes with a body, if they end with an answer of the library's own. None of the server's has
/// so few headers, and no body has the ends of lines in it that a head has.
fn explained(bytes: &[u8]) -> Option<Vec<u8>> {
    /// Its own answers are shorter.
    const LONGEST: usize = 256;
    if !bytes.ends_with(b"\r\n\r\n") {
        return None;
    }
    let end = &bytes[bytes.len().saturating_sub(LONGEST)..];
    let start = end.windows(7).rposition(|window| window == b"HTTP/1.")?;
    let head = std::str::from_utf8(&end[start..]).ok()?.strip_suffix("\r\n\r\n")?;
    let (first, headers) = head.split_once("\r\n").unwrap_or((head, ""));
    let status = first.get(8..)?.trim_start();
    let refusals = [
        (StatusCode::BAD_REQUEST, MALFORMED),
        (StatusCode::URI_TOO_LONG, "The path of the request is too long. Send a shorter one."),
        (
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            "The head of the request is too large, or has more than 100 headers. Send fewer and \
             shorter ones.",
        ),
    ];
    let (_, message) = refusals.into_iter().find(|(known, _)| known.to_string() == status)?;
    let mut date = "";
    for line in headers.split("\r\n").filter(|line| !line.is_empty()) {
        match line.split_once(": ") {
            Some(("content-length", "0") | ("connection", "close")) => {}
            Some(("date", _)) => date = line,
            _ => return None,
        }
    }
    let body = json!({ "message": message }).to_string();
    let length = body.len();
    let mut text = bytes[..bytes.len() - end.len() + start].to_vec();
    let head = format!(
        "{first}\r\ncontent-type: application/json\r\naccess-control-allow-origin: *\r\n\
         access-control-expose-headers: link\r\nconnection: close\r\ncontent-length: {length}\r\n"
    );
    text.extend_from_slice(head.as_bytes());
    if !date.is_empty() {
        text.extend_from_slice(date.as_bytes());
        text.extend_from_slice(b"\r\n");
    }
    text.extend_from_slice(b"\r\n");
    text.extend_from_slice(body.as_bytes());
    Some(text)
}

const MALFORMED: &str = "This is not a valid request of HTTP. Check its first line, its headers, and \
    that their Content-Length or Transfer-Encoding is right.";

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    const OWN: &str = "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\ndate: Sun, 29 Nov\r\n\r\n";

    #[test]
    fn what_is_the_servers_own_is_left_as_it_is() {
        for text in [
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nx-request-id: a\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\n\r\n",
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n{}",
            "HTTP/1.1 100 Continue\r\n\r\n",
            "\r\n\r\n",
            "",
        ] {
            assert_eq!(explained(text.as_bytes()), None, "{text:?}");
        }
    }

    #[test]
    fn what_was_to_be_sent_before_is_sent_before() {
        let before = "HTTP/1.1 204 No Content\r\n\r\n".repeat(20);
        for (before, head) in [("", OWN), (before.as_str(), OWN), ("\u{fffd}", OWN)] {
            let text = explained(format!("{before}{head}").as_bytes()).unwrap();
            let text = String::from_utf8(text).unwrap();
            let (found, rest) = text.split_at(before.len());
            assert_eq!(found, before);
            assert!(rest.starts_with("HTTP/1.1 400 Bad Request\r\ncontent-type: application/json"));
            let (head, body) = rest.split_once("\r\n\r\n").unwrap();
            assert!(head.contains("\r\ndate: Sun, 29 Nov"), "{head}");
            assert!(head.contains(&format!("content-length: {}", body.len())), "{head}");
            let body: serde_json::Value = serde_json::from_str(body).unwrap();
            assert!(body["message"].as_str().unwrap().starts_with("This is not a valid request"));
        }
    }

    #[tokio::test]
    async fn a_client_that_takes_it_byte_by_byte_gets_it_once() {
        let (mut client, server) = tokio::io::duplex(1);
        let mut stream = Refusals::new(server, Arc::default());
        let writing = tokio::spawn(async move {
            stream.write_all(OWN.as_bytes()).await.unwrap();
            stream.write_all(b"more").await.unwrap();
        });
        let mut text = String::new();
        client.read_to_string(&mut text).await.unwrap();
        writing.await.unwrap();
        let expected = String::from_utf8(explained(OWN.as_bytes()).unwrap()).unwrap();
        assert_eq!(text, expected + "more");
    }

    #[tokio::test]
    async fn while_a_request_runs_nothing_is_the_librarys_own() {
        let (mut client, server) = tokio::io::duplex(1000);
        let requests = Arc::new(Requests::default());
        let _running = requests.begin();
        let mut stream = Refusals::new(server, requests);
        stream.write_all(OWN.as_bytes()).await.unwrap();
        drop(stream);
        let mut text = String::new();
        client.read_to_string(&mut text).await.unwrap();
        assert_eq!(text, OWN);
    }
}
