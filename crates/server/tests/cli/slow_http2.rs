//! Clients of HTTP/2 that are slow to make room for what they asked for.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::http::Request;
use h2::RecvStream;
use h2::client::{Builder, Connection, SendRequest};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::harness::{Deployment, Server, TRIES};
use crate::tls::Pair;

/// Only what is about room for answers has a limit that comes soon.
const NOTHING_ELSE: [&str; 4] = ["--idle-timeout", "1h", "--header-timeout", "1h"];

/// A connection over which the server may send this much of every response, until the window is
/// enlarged.
async fn connect(
    server: &Server,
    pair: &Pair,
    window: u32,
) -> (SendRequest<Bytes>, Connection<TlsStream<TcpStream>>) {
    let mut roots = RootCertStore::empty();
    roots.add(PemObject::from_pem_slice(pair.pem.as_bytes()).unwrap()).unwrap();
    let mut config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let stream = server.connect().await;
    let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
    Builder::new().initial_window_size(window).handshake(stream).await.unwrap()
}

/// Asks for a path outside the API's root, and returns the response's body.
async fn ask(sender: &mut SendRequest<Bytes>, server: &Server, path: &str) -> RecvStream {
    try_ask(sender, server, path).await.unwrap()
}

/// The same, of a server that may give up the connection meanwhile.
async fn try_ask(
    sender: &mut SendRequest<Bytes>,
    server: &Server,
    path: &str,
) -> Result<RecvStream, h2::Error> {
    let host = server.base_url.strip_suffix("/v2").unwrap();
    let request = Request::get(format!("{host}{path}")).body(()).unwrap();
    let (answer, _) = sender.send_request(request, true)?;
    let answer = answer.await?;
    assert_eq!(answer.status(), 200, "{path}");
    Ok(answer.into_body())
}

#[tokio::test(flavor = "multi_thread")]
async fn who_makes_no_room_for_a_response_loses_the_connection() {
    const LIMIT: Duration = Duration::from_millis(200);
    let deployment = Deployment::new();
    let pair = Pair::new(&deployment, "a");
    let limit = ["--body-timeout", &format!("{}ms", LIMIT.as_millis())];
    let server = deployment.serve(&[&pair.options()[..], &NOTHING_ELSE, &limit].concat());
    // A short answer, of which nothing may be sent, and a long one, of which something may.
    for (window, path) in [(0, "/"), (30_000, "/docs/swagger-ui-bundle.js")] {
        let (mut sender, mut connection) = connect(&server, &pair, window).await;
        let mut pings = connection.ping_pong().unwrap();
        let connection = tokio::spawn(connection);
        let asked = Instant::now();
        // A client that is late itself may find the connection gone before it has read a head.
        let body = try_ask(&mut sender, &server, path).await;
        // It does not help to say something meanwhile.
        let mut tries = 0;
        while pings.ping(h2::Ping::opaque()).await.is_ok() {
            tries += 1;
            assert!(tries < TRIES, "{path}: the connection is still there");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        // Over, or reset: unread pings are on their way.
        let _ = connection.await.unwrap();
        assert!(asked.elapsed() >= LIMIT, "{path}: the connection was given up before its time");
        drop(body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_makes_room_little_by_little_gets_the_whole_response() {
    const PIECE: u32 = 16 * 1024;
    let deployment = Deployment::new();
    let pair = Pair::new(&deployment, "a");
    let limit = ["--body-timeout", "1h"];
    let server = deployment.serve(&[&pair.options()[..], &NOTHING_ELSE, &limit].concat());
    let (mut sender, connection) = connect(&server, &pair, PIECE).await;
    let connection = tokio::spawn(connection);
    let mut body = ask(&mut sender, &server, "/docs/swagger-ui-bundle.js").await;
    let mut taken = 0;
    while let Some(data) = body.data().await {
        let length = data.unwrap().len();
        body.flow_control().release_capacity(length).unwrap();
        taken += length;
    }
    assert!(taken > 1_000_000, "{taken}");
    drop((sender, body));
    connection.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_connection_has_so_many_requests_at_once_and_so_long_a_head() {
    let deployment = Deployment::new();
    let pair = Pair::new(&deployment, "a");
    let server = deployment.serve(&[&pair.options()[..], &NOTHING_ELSE].concat());
    let (mut sender, connection) = connect(&server, &pair, 100_000).await;
    // It ends with the test. Why it broke off, if it did, shows in the responses below.
    let _connection = tokio::spawn(connection);
    let mut body = ask(&mut sender, &server, "/").await;
    assert!(!text(&mut body).await.is_empty());
    assert_eq!(sender.current_max_send_streams(), 100);
    let host = server.base_url.strip_suffix("/v2").unwrap();
    let long = "x".repeat(40_000);
    for (header, path) in [(long.as_str(), "/".to_owned()), ("", format!("/{long}"))] {
        let request = Request::get(format!("{host}{path}")).header("x", header).body(()).unwrap();
        let (answer, _) = sender.send_request(request, true).unwrap();
        let answer = answer.await.unwrap();
        assert_eq!(answer.status(), 431);
        let text = text(&mut answer.into_body()).await;
        let body: serde_json::Value = serde_json::from_slice(&text).unwrap();
        assert!(body["message"].as_str().unwrap().contains("too large"), "{body}");
    }
    // The library refuses a head that is longer still by itself, without a body.
    let request =
        Request::get(format!("{host}/")).header("x", "x".repeat(70_000)).body(()).unwrap();
    let (answer, _) = sender.send_request(request, true).unwrap();
    let answer = answer.await.unwrap();
    assert_eq!(answer.status(), 431);
    assert!(text(&mut answer.into_body()).await.is_empty());
    // The connection is as good as before.
    let mut body = ask(&mut sender, &server, "/").await;
    assert!(!text(&mut body).await.is_empty());
}

/// All of a body, for which there is room.
async fn text(body: &mut RecvStream) -> Vec<u8> {
    let mut text = Vec::new();
    while let Some(data) = body.data().await {
        text.extend(data.unwrap());
    }
    text
}
