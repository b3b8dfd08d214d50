//! What the HTTP library answers by itself, with a body that says why.
//!
//! A request of HTTP/1 that cannot be parsed never reaches a route. The library answers it with a head
//! alone and closes the connection; here that head is given the JSON object with a `message` that
//! every failure has (client-observed).

use std::fmt;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::http::StatusCode;
use serde_json::json;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::observe::REQUEST_ID;
use crate::timed_stream::Requests;

/// A stream on which the library's own answers are given a body.
pub(crate) struct Refusals<S> {
    inner: S,
    requests: Arc<Requests>,
    new_id: NewId,
    /// What is written in the place of what the library wrote, and how much of it was.
    instead: Option<(Vec<u8>, usize)>,
}

/// Makes an id for a request that has none.
pub(crate) type NewId = Box<dyn Fn() -> String + Send>;

impl<S> Refusals<S> {
    pub(crate) fn new(inner: S, requests: Arc<Requests>, new_id: NewId) -> Self {
        Self { inner, requests, new_id, instead: None }
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
            this.instead = explained(bytes, &this.new_id).map(|instead| (instead, 0));
        }
        let Some((instead, written)) = &mut this.instead else {
            return Pin::new(&mut this.inner).poll_write(context, bytes);
        };
        // The rest of the request is not read.
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

/// These bytes with a body, if they end with a response of the library's own.
fn explained(bytes: &[u8], new_id: &NewId) -> Option<Vec<u8>> {
    let OwnAnswer { start, status, date } = OwnAnswer::at_the_end_of(bytes)?;
    let (message, request_id) = (message(status)?, &*new_id());
    let more = &*date.map(|date| format!("date: {date}\r\n")).unwrap_or_default();
    tracing::info!(request_id, status = status.as_u16(), "rejected an invalid HTTP request");
    let answer = Refusal { status, message, request_id, more }.to_string();
    Some([&bytes[..start], answer.as_bytes()].concat())
}

/// A response of the library's own: a head alone, without a body, and without the id that the server
/// gives to every response.
struct OwnAnswer<'a> {
    /// Where it begins.
    start: usize,
    status: StatusCode,
    date: Option<&'a str>,
}

impl<'a> OwnAnswer<'a> {
    /// More headers than it has.
    const MOST_HEADERS: usize = 8;

    fn at_the_end_of(bytes: &'a [u8]) -> Option<Self> {
        if !bytes.ends_with(b"\r\n\r\n") {
            return None;
        }
        let start = bytes.windows(7).rposition(|window| window == b"HTTP/1.")?;
        let mut headers = [httparse::EMPTY_HEADER; Self::MOST_HEADERS];
        let mut head = httparse::Response::new(&mut headers);
        let parsed = head.parse(&bytes[start..]).ok()?;
        if parsed != httparse::Status::Complete(bytes.len() - start) {
            return None;
        }
        let value = |name: &str| {
            let named = |header: &&httparse::Header<'a>| header.name.eq_ignore_ascii_case(name);
            head.headers.iter().find(named).map(|header| header.value)
        };
        let has_body = value("transfer-encoding").is_some()
            || value("content-length").is_some_and(|length| length != b"0");
        if has_body || value(REQUEST_ID.as_str()).is_some() {
            return None;
        }
        let date = value("date").and_then(|date| str::from_utf8(date).ok());
        Some(Self { start, status: StatusCode::from_u16(head.code?).ok()?, date })
    }
}

/// What is wrong with a request that the library refuses with this status, if it does.
fn message(status: StatusCode) -> Option<&'static str> {
    Some(match status {
        StatusCode::BAD_REQUEST => MALFORMED,
        StatusCode::URI_TOO_LONG => "The path of the request is too long. Send a shorter one.",
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => {
            "The request headers are too large, or more than 100. Send fewer and shorter ones."
        }
        _ => return None,
    })
}

/// A response that no route makes, after which the connection is closed.
pub(crate) struct Refusal<'a> {
    pub(crate) status: StatusCode,
    pub(crate) message: &'a str,
    pub(crate) request_id: &'a str,
    /// Lines of its head beside those that all of them have.
    pub(crate) more: &'a str,
}

impl fmt::Display for Refusal<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { status, message, request_id, more } = self;
        let body = json!({ "message": message }).to_string();
        let length = body.len();
        write!(
            formatter,
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\n\
             access-control-allow-origin: *\r\naccess-control-expose-headers: link\r\n\
             {REQUEST_ID}: {request_id}\r\n{more}connection: close\r\n\
             content-length: {length}\r\n\r\n{body}"
        )
    }
}

const MALFORMED: &str = "The request is not valid HTTP. Check its first line, its headers, and \
    that their Content-Length or Transfer-Encoding is right.";

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    const OWN: &str = "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\ndate: Sun, 29 Nov\r\n\r\n";

    fn new_id() -> NewId {
        Box::new(|| "an-id".to_owned())
    }

    #[test]
    fn what_is_the_librarys_own_is_recognised_however_it_is_written() {
        for (text, status) in [
            (OWN, "400 Bad Request"),
            ("HTTP/1.0 400 \r\nConnection: close\r\nContent-Length: 0\r\n\r\n", "400 Bad Request"),
            ("HTTP/1.1 414 Whatever\r\nserver: some\r\nvary: *\r\n\r\n", "414 URI Too Long"),
            ("HTTP/1.1 431\r\n\r\n", "431 Request Header Fields Too Large"),
        ] {
            let answer =
                explained(text.as_bytes(), &new_id()).unwrap_or_else(|| panic!("{text:?}"));
            let answer = String::from_utf8(answer).unwrap();
            assert!(answer.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{answer}");
            assert!(answer.contains("\r\nx-request-id: an-id\r\n"), "{answer}");
            assert!(answer.contains("\r\nconnection: close\r\n"), "{answer}");
        }
    }

    #[test]
    fn what_is_the_servers_own_is_left_as_it_is() {
        for text in [
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nx-request-id: a\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\n\r\n",
            "HTTP/1.1 400 Bad Request\r\ntransfer-encoding: chunked\r\n\r\n",
            "HTTP/1.1 400 Bad Request\r\nX-Request-Id: a\r\n\r\n",
            "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n{}",
            "HTTP/1.1 100 Continue\r\n\r\n",
            "\r\n\r\n",
            "",
        ] {
            assert_eq!(explained(text.as_bytes(), &new_id()), None, "{text:?}");
        }
    }

    #[test]
    fn what_was_to_be_sent_before_is_sent_before() {
        let before = "HTTP/1.1 204 No Content\r\n\r\n".repeat(20);
        for (before, head) in [("", OWN), (before.as_str(), OWN), ("\u{fffd}", OWN)] {
            let text = explained(format!("{before}{head}").as_bytes(), &new_id()).unwrap();
            let text = String::from_utf8(text).unwrap();
            let (found, rest) = text.split_at(before.len());
            assert_eq!(found, before);
            assert!(rest.starts_with("HTTP/1.1 400 Bad Request\r\ncontent-type: application/json"));
            let (head, body) = rest.split_once("\r\n\r\n").unwrap();
            assert!(head.contains("\r\ndate: Sun, 29 Nov"), "{head}");
            assert!(head.contains(&format!("content-length: {}", body.len())), "{head}");
            let body: serde_json::Value = serde_json::from_str(body).unwrap();
            assert!(body["message"].as_str().unwrap().starts_with("The request is not valid HTTP"));
        }
    }

    #[tokio::test]
    async fn a_client_that_takes_it_byte_by_byte_gets_it_once() {
        let (mut client, server) = tokio::io::duplex(1);
        let mut stream = Refusals::new(server, Arc::default(), new_id());
        let writing = tokio::spawn(async move {
            stream.write_all(OWN.as_bytes()).await.unwrap();
            stream.write_all(b"more").await.unwrap();
        });
        let mut text = String::new();
        client.read_to_string(&mut text).await.unwrap();
        writing.await.unwrap();
        let expected = String::from_utf8(explained(OWN.as_bytes(), &new_id()).unwrap()).unwrap();
        assert_eq!(text, expected + "more");
    }

    #[tokio::test]
    async fn while_a_request_runs_nothing_is_the_librarys_own() {
        let (mut client, server) = tokio::io::duplex(1000);
        let requests = Arc::new(Requests::default());
        let _running = requests.begin();
        let mut stream = Refusals::new(server, requests, new_id());
        stream.write_all(OWN.as_bytes()).await.unwrap();
        drop(stream);
        let mut text = String::new();
        client.read_to_string(&mut text).await.unwrap();
        assert_eq!(text, OWN);
    }
}
