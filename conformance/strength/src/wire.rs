//! A server that writes responses byte by byte, for what no HTTP library would write.

use std::{io, sync::Arc};

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

use super::{
    broken::Changes,
    faulty_proxy::{Behaviour, Incoming, Outgoing, Upstream},
};

/// How many bytes a request has at most.
const LIMIT: usize = 1 << 20;

/// Serves connections until the task is dropped.
pub(super) async fn serve(
    listener: TcpListener,
    behaviour: Arc<dyn Behaviour>,
    upstream: Upstream,
    changes: Changes,
) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let (behaviour, upstream) = (Arc::clone(&behaviour), upstream.clone());
        let changes = changes.clone();
        connections.spawn(async move {
            // A client that goes away ends its connection.
            let _ = serve_one(stream, behaviour, upstream, changes).await;
        });
    }
}

async fn serve_one(
    mut stream: TcpStream,
    behaviour: Arc<dyn Behaviour>,
    upstream: Upstream,
    changes: Changes,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut read = Vec::new();
    while let Some(request) = next(&mut stream, &mut read).await? {
        let (upstream, sent) = upstream.watched();
        let outgoing = behaviour.answer(request.clone(), &upstream).await;
        changes.note(&request, &sent, &outgoing);
        let bytes = behaviour.bytes(&request, &outgoing);
        if bytes.is_some() {
            changes.note_bytes(&request);
        }
        let ends = bytes.as_ref().is_some_and(|it| says_close(it));
        stream.write_all(&bytes.unwrap_or_else(|| written(&outgoing))).await?;
        if ends {
            return stream.shutdown().await;
        }
    }
    Ok(())
}

fn says_close(bytes: &[u8]) -> bool {
    let head = String::from_utf8_lossy(bytes).to_ascii_lowercase();
    head.split("\r\n\r\n").next().is_some_and(|head| head.contains("connection: close"))
}

/// The next request of a connection; `None` when it ends. Its body has the length that it says.
async fn next(stream: &mut TcpStream, read: &mut Vec<u8>) -> io::Result<Option<Incoming>> {
    let wrong = |why: &str| io::Error::new(io::ErrorKind::InvalidData, why.to_owned());
    loop {
        if let Some(end) = read.windows(4).position(|it| it == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&read[..end]).into_owned();
            let mut request = head_of(&head).ok_or_else(|| wrong("no request"))?;
            let length = request.headers.get(http::header::CONTENT_LENGTH);
            let length = length.and_then(|it| it.to_str().ok()?.parse().ok()).unwrap_or(0);
            let begin = end + 4;
            while read.len() < begin + length {
                if stream.read_buf(read).await? == 0 {
                    return Ok(None);
                }
            }
            request.body = read[begin..begin + length].to_vec();
            read.drain(..begin + length);
            return Ok(Some(request));
        }
        if read.len() > LIMIT {
            return Err(wrong("the head of the request is too long"));
        }
        if stream.read_buf(read).await? == 0 {
            return Ok(None);
        }
    }
}

fn head_of(head: &str) -> Option<Incoming> {
    let mut lines = head.split("\r\n");
    let mut first = lines.next()?.split(' ');
    let method: Method = first.next()?.parse().ok()?;
    let path = first.next()?;
    let mut headers = HeaderMap::new();
    for line in lines {
        let (name, value) = line.split_once(':')?;
        let name: HeaderName = name.trim().parse().ok()?;
        headers.append(name, HeaderValue::from_str(value.trim()).ok()?);
    }
    let path = path.strip_prefix("/v2").unwrap_or(path).to_owned();
    Some(Incoming { method, path, headers, body: Vec::new() })
}

/// A response with its status, its headers and the length of its body.
pub(super) fn written(outgoing: &Outgoing) -> Vec<u8> {
    let mut bytes = head(outgoing, &[]);
    if outgoing.status != http::StatusCode::NO_CONTENT {
        let length = format!("content-length: {}\r\n", outgoing.body.len());
        bytes.extend_from_slice(length.as_bytes());
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(&outgoing.body);
    bytes
}

/// The first line and the headers of a response, without the empty line that ends them, and without these
/// headers.
pub(super) fn head(outgoing: &Outgoing, without: &[&str]) -> Vec<u8> {
    let reason = outgoing.status.canonical_reason().unwrap_or_default();
    let mut bytes = format!("HTTP/1.1 {} {reason}\r\n", outgoing.status.as_u16()).into_bytes();
    let kept = outgoing.headers.iter().filter(|(name, _)| !without.contains(&name.as_str()));
    for (name, value) in kept {
        bytes.extend_from_slice(name.as_str().as_bytes());
        bytes.extend_from_slice(b": ");
        bytes.extend_from_slice(value.as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    bytes
}
