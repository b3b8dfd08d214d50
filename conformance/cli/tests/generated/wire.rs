//! Requests as bytes on a connection, and what comes back. A client of HTTP would not send most of them.

use std::{collections::BTreeMap, io};

use registries_conformance::{Answer, Unrecorded};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};

/// A connection that is used until the server closes it.
pub(crate) struct Wire {
    address: String,
    connection: Option<BufReader<TcpStream>>,
}

impl Wire {
    pub(crate) fn to(address: &str) -> Self {
        Self { address: address.to_owned(), connection: None }
    }

    /// Sends a request and returns its response.
    pub(crate) async fn exchange(&mut self, bytes: &[u8], is_head: bool) -> io::Result<Answer> {
        // The server may close a connection after a response, and say so too late. It completes a
        // response that it has begun.
        if let Some(mut connection) = self.connection.take()
            && begins(&mut connection, bytes).await
        {
            return self.answer_on(connection, is_head).await;
        }
        let mut connection = self.connect().await?;
        connection.write_all(bytes).await?;
        self.answer_on(connection, is_head).await
    }

    async fn connect(&self) -> io::Result<BufReader<TcpStream>> {
        let stream = TcpStream::connect(&self.address).await?;
        stream.set_nodelay(true)?;
        Ok(BufReader::new(stream))
    }

    async fn answer_on(
        &mut self,
        mut connection: BufReader<TcpStream>,
        is_head: bool,
    ) -> io::Result<Answer> {
        let answer = read(&mut connection, is_head).await?;
        if !connection.buffer().is_empty() {
            let more = String::from_utf8_lossy(connection.buffer());
            return Err(invalid(format!("more than the answer {answer:?}: {more:?}")));
        }
        if answer.header("connection") != Some("close") {
            self.connection = Some(connection);
        }
        Ok(answer)
    }

    /// Sends what need not be a request, and returns all that comes back.
    pub(crate) async fn throw(&self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        let mut connection = self.connect().await?;
        let mut all = Vec::new();
        // The server may have had enough before it has all.
        let _ = connection.write_all(bytes).await;
        // It answers at once, or waits for what never comes.
        let patience = std::time::Duration::from_millis(20);
        let _ = tokio::time::timeout(patience, connection.read_to_end(&mut all)).await;
        let _ = connection.get_mut().shutdown().await;
        let _ = connection.read_to_end(&mut all).await;
        Ok(all)
    }
}

/// Sends a request on a connection that was used before; whether a response begins to arrive, and not
/// the connection's end.
async fn begins(connection: &mut BufReader<TcpStream>, bytes: &[u8]) -> bool {
    // The server may have had enough before it has all: what it says then, it says all the same.
    let _ = connection.write_all(bytes).await;
    connection.fill_buf().await.is_ok_and(|arrived| !arrived.is_empty())
}

async fn read(connection: &mut BufReader<TcpStream>, is_head: bool) -> io::Result<Answer> {
    let (mut status, mut headers) = head(connection).await?;
    while status < 200 {
        (status, headers) = head(connection).await?;
    }
    let length = headers.get("content-length").map(|length| length.parse().map_err(invalid));
    let mut body = Vec::new();
    if is_head || status == 204 || status == 304 {
        // There is none.
    } else if let Some(length) = length.transpose()? {
        body.resize(length, 0);
        connection.read_exact(&mut body).await?;
    } else if headers.contains_key("transfer-encoding") {
        chunks(connection, &mut body).await?;
    } else {
        connection.read_to_end(&mut body).await?;
    }
    let text = String::from_utf8(body).map_err(invalid)?;
    let json = serde_json::from_str(&text).ok();
    Ok(Answer {
        status,
        headers,
        text,
        json,
        leaked_secret: false,
        bytes: None,
        unrecorded: Unrecorded::default(),
    })
}

async fn head(
    connection: &mut BufReader<TcpStream>,
) -> io::Result<(u16, BTreeMap<String, String>)> {
    let first = line(connection).await?;
    let status = first.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)?.parse().ok());
    let status = status.ok_or_else(|| invalid(format!("not an answer: {first:?}")))?;
    let mut headers = BTreeMap::new();
    loop {
        let header = line(connection).await?;
        if header.is_empty() {
            return Ok((status, headers));
        }
        let (name, value) = header.split_once(':').ok_or_else(|| invalid("not a header"))?;
        headers.entry(name.to_ascii_lowercase()).or_insert_with(|| value.trim().to_owned());
    }
}

async fn chunks(connection: &mut BufReader<TcpStream>, body: &mut Vec<u8>) -> io::Result<()> {
    loop {
        let length = usize::from_str_radix(&line(connection).await?, 16).map_err(invalid)?;
        let start = body.len();
        body.resize(start + length, 0);
        connection.read_exact(&mut body[start..]).await?;
        line(connection).await?;
        if length == 0 {
            return Ok(());
        }
    }
}

async fn line(connection: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut line = Vec::new();
    connection.read_until(b'\n', &mut line).await?;
    if line.pop() != Some(b'\n') {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    line.pop();
    // Nothing but the caller's own request id can be no ASCII.
    Ok(String::from_utf8_lossy(&line).into_owned())
}

fn invalid(reason: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    const ANSWER: &[u8] = b"HTTP/1.1 204 No Content\r\n\r\n";
    const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n";

    /// What becomes of a second request on a connection, which gets this response and is then closed.
    /// Every other connection gets the right response.
    async fn second(answer: &'static [u8]) -> io::Result<Answer> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut wire = Wire::to(&listener.local_addr().unwrap().to_string());
        let server = tokio::spawn(async move {
            for answers in [[ANSWER, answer], [ANSWER, ANSWER]] {
                let (stream, _) = listener.accept().await.unwrap();
                let mut connection = BufReader::new(stream);
                for answer in answers {
                    while !line(&mut connection).await?.is_empty() {}
                    connection.write_all(answer).await?;
                }
            }
            io::Result::Ok(())
        });
        assert_eq!(wire.exchange(REQUEST, false).await.unwrap().status, 204);
        let outcome = wire.exchange(REQUEST, false).await;
        server.abort();
        outcome
    }

    #[tokio::test]
    async fn only_a_connection_that_ended_without_a_response_is_replaced() {
        assert_eq!(second(b"").await.unwrap().status, 204);
        for broken in [
            &b"0\r\n\r\n"[..],
            b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}{}",
        ] {
            assert!(second(broken).await.is_err(), "{}", String::from_utf8_lossy(broken));
        }
    }
}
