//! Requests that no decent client sends: bytes on a socket.

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::harness::{Api, Database, on_every_database};

on_every_database! {
    strange_values_are_answered_and_never_with_500,
}

async fn connect(api: &Api) -> TcpStream {
    let authority = api.server.base_url().strip_prefix("http://").unwrap();
    TcpStream::connect(authority.strip_suffix("/v2").unwrap()).await.unwrap()
}

/// Sends these bytes, and returns all that comes back until the connection closes.
async fn exchange(api: &Api, bytes: &[u8]) -> String {
    let mut stream = connect(api).await;
    stream.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    // What is not HTTP may be answered by closing the connection.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn a_caller_who_leaves_changes_nothing_and_harms_nobody() {
    let api = Api::start().await;
    let head = format!(
        "POST /v2{} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nContent-Length: 36\r\n\r\n",
        api.registries(),
        api.token
    );
    for _ in 0..20 {
        let mut stream = connect(&api).await;
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(b"{\"name\": \"a\", ").await.unwrap();
        drop(stream);
    }
    assert_eq!(api.server.registries().await.unwrap(), 0);
    api.create("a").await;
}

#[tokio::test]
async fn what_is_not_http_does_not_stop_the_server() {
    let api = Api::start().await;
    for bytes in [
        &b"\0\0\0\0"[..],
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /v2/access-token HTTP/1.1\r\nAuthorization: Bearer \xff\xfe\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"POST /v2/access-token HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ] {
        let answer = exchange(&api, bytes).await;
        assert!(!answer.contains(" 500 "), "{answer}");
    }
    assert_eq!(api.get("/access-token").await.status, 200);
}

#[tokio::test]
async fn a_body_in_chunks_is_read_and_limited() {
    let api = Api::start().await;
    let head = format!(
        "POST /v2{} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
        api.registries(),
        api.token
    );
    let chunk = |text: &str| format!("{:x}\r\n{text}\r\n", text.len());
    let body = chunk("{\"name\": \"a\", ") + &chunk("\"ecosystem\": \"ruby\"}") + "0\r\n\r\n";
    let answer = exchange(&api, format!("{head}{body}").as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let body = chunk(&"x".repeat(700_000)) + &chunk(&"x".repeat(700_000)) + "0\r\n\r\n";
    let answer = exchange(&api, format!("{head}{body}").as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
}

async fn strange_values_are_answered_and_never_with_500(database: Database) {
    let api = Api::start_on(&database).await;
    api.create("there").await;
    let deep = (0..100).fold(json!(1), |inner, _| json!([inner]));
    let values = [
        json!(null),
        json!(true),
        json!(-0.0),
        json!(1e300),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(""),
        json!("\u{0}"),
        json!("\u{ffff}"),
        json!("\u{10ffff}"),
        json!("\u{feff}"),
        json!("\u{202e}\u{200d}"),
        json!("'; DROP TABLE registries; --"),
        json!("%s%n{}"),
        json!("\u{e9}".repeat(100_000)),
        json!([]),
        json!([[]]),
        json!({}),
        json!({"": {"": null}}),
        deep,
        json!("[".repeat(10_000)),
        json!("- ".repeat(10_000)),
        json!("a: &a [*a, *a]"),
        json!("? ? ? ?"),
        json!("{{{{"),
        json!("--- --- ---"),
        json!("%YAML 9.9\n---\n[]"),
        json!("!<tag:x> y"),
        json!("'"),
        json!("\"\\"),
        json!("|9\n a"),
        json!("- |+\n\n\n- >-\n"),
    ];
    for property in
        ["name", "ecosystem", "description", "emoji", "color", "oidc_policy", "team_ids", "other"]
    {
        for value in &values {
            let mut body = json!({"name": "new", "ecosystem": "ruby"});
            body[property] = value.clone();
            let answer = api.send("POST", &api.registries(), body).await;
            assert!(
                [200, 422].contains(&answer.status.as_u16()),
                "{property}: {value:.80}: {answer:?}"
            );
            if let Some(slug) = answer.body["slug"].as_str() {
                assert_eq!(api.send("DELETE", &api.registry(slug), json!(null)).await.status, 200);
            }
            let answer = api.send("PATCH", &api.registry("there"), json!({property: value})).await;
            assert!(
                [200, 422].contains(&answer.status.as_u16()),
                "{property}: {value:.80}: {answer:?}"
            );
            if let Some(slug) = answer.body["slug"].as_str().filter(|slug| *slug != "there") {
                let back = json!({"name": "there"});
                assert_eq!(api.send("PATCH", &api.registry(slug), back).await.status, 200);
            }
        }
    }
}
