//! Other ways of writing the same response, which every HTTP client reads.

use super::of;
use crate::{
    deviation::{Class, Deviation},
    faulty_proxy::{Answering, Behaviour, Incoming, Outgoing, Upstream},
    wire::{head, written},
};

pub(super) fn wire() -> Vec<Deviation> {
    let written_as = |name: &str, write| of(name, Class::Header, Written(write));
    vec![
        written_as("header-names-in-capitals", |outgoing| {
            let bytes = written(outgoing);
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let Some((head, body)) = text.split_once("\r\n\r\n") else { return bytes };
            let lines = head.split("\r\n").map(|line| match line.split_once(": ") {
                Some((name, value)) => format!("{}: {value}", name.to_uppercase()),
                None => line.to_owned(),
            });
            format!("{}\r\n\r\n{body}", lines.collect::<Vec<_>>().join("\r\n")).into_bytes()
        }),
        written_as("reasons-are-other-words", |outgoing| {
            let bytes = written(outgoing);
            let end = bytes.windows(2).position(|it| it == b"\r\n").unwrap_or_default();
            let line = format!("HTTP/1.1 {} Whatever it is", outgoing.status.as_u16());
            [line.as_bytes(), &bytes[end..]].concat()
        }),
        written_as("chunks-with-trailers", |outgoing| {
            let mut bytes = head(outgoing, &["content-length"]);
            if outgoing.status == http::StatusCode::NO_CONTENT {
                return written(outgoing);
            }
            bytes.extend_from_slice(b"transfer-encoding: chunked\r\ntrailer: x-sum\r\n\r\n");
            // Small ones, but of a long body not so many that their extensions are too much for a client.
            for chunk in outgoing.body.chunks(9.max(outgoing.body.len() / 500)) {
                let size = format!("{:x};part=1\r\n", chunk.len());
                bytes.extend_from_slice(size.as_bytes());
                bytes.extend_from_slice(chunk);
                bytes.extend_from_slice(b"\r\n");
            }
            bytes.extend_from_slice(b"0\r\nx-sum: 17\r\n\r\n");
            bytes
        }),
        written_as("every-connection-is-closed", |outgoing| {
            let mut bytes = head(outgoing, &["content-length"]);
            // Without a length, the body ends with the connection.
            bytes.extend_from_slice(b"connection: close\r\n\r\n");
            bytes.extend_from_slice(&outgoing.body);
            bytes
        }),
        written_as("hints-come-first", |outgoing| {
            let hint = b"HTTP/1.1 103 Early Hints\r\nlink: </docs>; rel=\"help\"\r\n\r\n";
            [hint.as_slice(), &written(outgoing)].concat()
        }),
    ]
}

/// Writes every response so.
struct Written(fn(&Outgoing) -> Vec<u8>);

impl Behaviour for Written {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move { upstream.send(&request).await })
    }

    fn writes_bytes(&self) -> bool {
        true
    }

    fn bytes(&self, _: &Incoming, outgoing: &Outgoing) -> Option<Vec<u8>> {
        Some((self.0)(outgoing))
    }
}
