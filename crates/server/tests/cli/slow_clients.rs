//! Clients that are slow, idle, or many.

use std::{io, time::Duration};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use crate::harness::{Deployment, Server, TRIES};

const REQUEST: &[u8] = b"GET /v2/access-token HTTP/1.1\r\nHost: x\r\n\r\n";

/// Sends a request, and reads its response.
async fn ask(stream: &mut TcpStream) -> String {
    stream.write_all(REQUEST).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"}") {
        assert_ne!(stream.read_buf(&mut answer).await.unwrap(), 0, "{answer:?}");
    }
    String::from_utf8(answer).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_does_not_come_closes_the_connection() {
    let deployment = Deployment::new();
    let server = deployment.serve(&["--header-timeout", "50ms", "--idle-timeout", "1h"]);
    let mut silent = server.connect().await;
    assert_eq!(silent.read_to_end(&mut Vec::new()).await.unwrap(), 0);
    // Not even when it comes byte by byte.
    let (mut reader, mut writer) = server.connect().await.into_split();
    let trickle = tokio::spawn(async move {
        writer.write_all(b"GET / HTTP/1.1\r\nX: ").await.unwrap();
        while writer.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    // It ends, or is reset since the server does not read the rest.
    let _ = reader.read_to_end(&mut Vec::new()).await;
    trickle.await.unwrap();
}

/// How long it may be idle is tested where time stands still, in `timed_stream.rs`.
#[tokio::test(flavor = "multi_thread")]
async fn the_head_of_a_second_request_has_to_come_as_well() {
    let deployment = Deployment::new();
    let server = deployment.serve(&["--header-timeout", "50ms", "--idle-timeout", "1h"]);
    // The machine may take longer for the head of the first one.
    let mut stream = loop {
        let mut stream = server.connect().await;
        if stream.write_all(REQUEST).await.is_ok() && stream.read_u8().await.is_ok() {
            break stream;
        }
    };
    let mut first = vec![b'H'];
    while !first.ends_with(b"}") {
        assert_ne!(stream.read_buf(&mut first).await.unwrap(), 0, "{first:?}");
    }
    assert!(first.starts_with(b"HTTP/1.1 401"), "{first:?}");
    // It is broken off, or reset if it was in the middle of something: no second answer comes.
    let _ = stream.write_all(b"GET /").await;
    let mut rest = Vec::new();
    let ended = stream.read_to_end(&mut rest).await;
    let is_reset = |error: &io::Error| error.kind() == io::ErrorKind::ConnectionReset;
    assert!(ended.as_ref().map_or_else(is_reset, |_| true), "{ended:?}");
    assert_eq!(String::from_utf8_lossy(&rest), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_connection_is_closed() {
    let deployment = Deployment::new();
    let server = deployment.serve(&["--header-timeout", "1h", "--idle-timeout", "50ms"]);
    let mut stream = server.connect().await;
    assert!(ask(&mut stream).await.starts_with("HTTP/1.1 401"));
    assert_eq!(stream.read_to_end(&mut Vec::new()).await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_does_not_come_is_rejected_with_408() {
    let deployment = Deployment::new();
    let token = deployment.token();
    let server = deployment.serve(&["--body-timeout", "50ms", "--header-timeout", "1h"]);
    let mut stream = server.begin_create(&token, r#"{"name": "a", "ecosystem": "ruby"}"#).await;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(answer.contains("\r\nconnection: close\r\n"), "{answer}");
    let body = r#"{"message":"The request body did not arrive within 50ms. Send it again."}"#;
    assert!(answer.ends_with(body), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_beyond_the_highest_number_wait() {
    let deployment = Deployment::new();
    let server = deployment.serve(&["--max-connections", "1"]);
    let mut first = server.connect().await;
    ask(&mut first).await;
    let mut second = server.connect().await;
    second.write_all(REQUEST).await.unwrap();
    for _ in 0..10 {
        ask(&mut first).await;
    }
    let answered = second.try_read(&mut [0; 1]);
    assert_eq!(answered.unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    drop(first);
    let mut answer = Vec::new();
    second.read_buf(&mut answer).await.unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 401"));
}

/// A connection from another address of this machine.
async fn connect_from(address: &str, server: &Server) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(format!("{address}:0").parse().unwrap()).unwrap();
    socket.connect(server.address().parse().unwrap()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_cannot_have_all_connections() {
    let deployment = Deployment::new();
    for (limit, most) in [
        (&["--max-connections", "8"][..], 2),
        (&["--max-connections", "8", "--max-connections-per-address", "5"], 5),
    ] {
        let server = deployment.serve(limit);
        let mut connected = Vec::new();
        for _ in 0..most {
            let mut stream = server.connect().await;
            ask(&mut stream).await;
            connected.push(stream);
        }
        for _ in 0..3 {
            let mut answer = String::new();
            server.connect().await.read_to_string(&mut answer).await.unwrap();
            assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
            let (head, body) = answer.split_once("\r\n\r\n").unwrap();
            assert!(head.contains(&format!("content-length: {}", body.len())), "{head}");
            assert!(head.contains("\r\nx-request-id: "), "{head}");
            assert!(head.contains("\r\nconnection: close"), "{head}");
            let body: serde_json::Value = serde_json::from_str(body).unwrap();
            assert!(body["message"].as_str().unwrap().contains("too many connections"));
        }
        let mut other = connect_from("127.0.0.2", &server).await;
        assert!(ask(&mut other).await.starts_with("HTTP/1.1 401"));
        drop(connected.pop());
        // It is closed when the server has noticed.
        for tries in 0.. {
            assert!(tries < TRIES, "there is no place again");
            let mut stream = server.connect().await;
            stream.write_all(REQUEST).await.unwrap();
            let mut answer = Vec::new();
            // What is refused may be reset.
            let _ = stream.read_buf(&mut answer).await;
            if answer.starts_with(b"HTTP/1.1 401") {
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}
