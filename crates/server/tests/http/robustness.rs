//! Requests that no decent client sends: bytes on a socket.

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::harness::{Api, Database, on_every_database};
use crate::transcript::add_row;

on_every_database! {
    strange_values_get_a_response_and_never_500,
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
    // What is not HTTP may only close the connection.
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

/// The status and the JSON of a response.
fn read(answer: &str) -> (u16, Value) {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{answer:?}"));
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(body).unwrap_or_else(|_| panic!("{answer:?}")))
}

/// Adds a request and its response to a table: without what differs each time, which has
/// to be there.
fn add(table: &mut String, request: &str, answer: &str) {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{answer:?}"));
    let differs = |line: &&str| ["date: ", "x-request-id: "].iter().any(|it| line.starts_with(it));
    assert_eq!(head.lines().filter(differs).count(), 2, "{head}");
    let lines = head.lines().filter(|line| !differs(line)).chain([body]);
    let outcome = lines.map(|line| format!("    {line}\n")).collect::<Vec<_>>().concat();
    add_row(table, &format!("{:?}", request.chars().take(150).collect::<String>()), &outcome);
}

/// The head of a create with these lines in it.
fn create(api: &Api, lines: &str) -> String {
    format!(
        "POST /v2{} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n{lines}\r\n",
        api.registries(),
        api.token
    )
}

#[tokio::test]
async fn what_the_library_refuses_has_a_message() {
    let api = Api::start().await;
    let long = |length: usize| "x".repeat(length);
    let mut text = String::new();
    for request in [
        "GET\r\n\r\n".to_owned(),
        "GET / HTTP/9.9\r\n\r\n".to_owned(),
        "GET / HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n".to_owned(),
        "GET / HTTP/1.1\r\nHost : x\r\n\r\n".to_owned(),
        "GET / HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n".to_owned(),
        "G\u{fc}T / HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(),
        create(&api, "Content-Length: -1\r\n"),
        create(&api, "Content-Length: 1, 1\r\n"),
        create(&api, "Content-Length: x\r\n"),
        create(&api, "Content-Length: 1\r\nContent-Length: 2\r\n"),
        create(&api, "Content-Length: 99999999999999999999\r\n"),
        create(&api, "Transfer-Encoding: gzip\r\n"),
        create(&api, "Transfer-Encoding: chunked, gzip\r\n"),
        create(&api, "Transfer-Encoding: identity\r\n"),
        format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", long(100_000)),
        format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", long(1_000_000)),
        create(&api, &format!("X: {}\r\n", long(1_000_000))),
        create(&api, &"X: x\r\n".repeat(200)),
    ] {
        let answer = exchange(&api, request.as_bytes()).await;
        add(&mut text, &request.replace(&api.token, "TOKEN"), &answer);
    }
    insta::assert_snapshot!("not-http", text);
    // After a request that was in order, on the same connection.
    let both = "GET / HTTP/1.1\r\nHost: x\r\n\r\nGET\r\n\r\n";
    let answers = exchange(&api, both.as_bytes()).await;
    assert!(answers.starts_with("HTTP/1.1 200 OK"), "{answers}");
    assert_eq!(read(&answers[answers.find("HTTP/1.1 400").unwrap()..]).0, 400);
    assert_eq!(api.get("/access-token").await.status, 200);
}

#[tokio::test]
async fn a_request_has_one_host_and_no_coding_but_chunked() {
    let api = Api::start().await;
    let mut text = String::new();
    for request in [
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET http://a/ HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: user@a\r\n\r\n",
        "GET /v2/access-token HTTP/1.1\r\n\r\n",
        "GET /docs/ HTTP/1.1\r\n\r\n",
        "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\
             Transfer-Encoding: chunked\r\n\r\n",
        "GET / HTTP/1.0\r\n\r\n",
        "GET / HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: [::1]:80\r\nConnection: close\r\n\r\n",
        "GET http://a/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    ] {
        let answer = exchange(&api, request.as_bytes()).await;
        // The greeting has the time in it.
        add(&mut text, request, answer.split_inclusive("\"timestamp\"").next().unwrap());
    }
    insta::assert_snapshot!("host-and-coding", text);
    let body = "{\"name\": \"a\", \"ecosystem\": \"ruby\"}";
    let json = "Content-Type: application/json\r\nConnection: close\r\n";
    let same = format!("{json}Content-Length: {0}\r\nContent-Length: {0}\r\n", body.len());
    let answer = exchange(&api, (create(&api, &same) + body).as_bytes()).await;
    assert_eq!(read(&answer).0, 200, "a length that is said twice is one length");
}

#[tokio::test]
async fn a_client_that_closes_its_half_gets_its_response() {
    let api = Api::start().await;
    let body = "{\"name\": \"a\", \"ecosystem\": \"ruby\"}";
    let lines = format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len());
    let list = format!(
        "GET /v2{} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n\r\n",
        api.registries(),
        api.token
    );
    let cut_short = create(&api, &lines.replace("Content-Length: ", "Content-Length: 1")) + body;
    for (request, expected) in
        [(create(&api, &lines) + body, 200), (list.clone(), 200), (cut_short, 400)]
    {
        let mut stream = connect(&api).await;
        stream.write_all(request.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert_eq!(read(&answer).0, expected, "{answer}");
    }
    // One that closes all of it, or nothing, is no harm.
    let mut stream = connect(&api).await;
    stream.shutdown().await.unwrap();
    assert_eq!(stream.read_to_end(&mut Vec::new()).await.unwrap(), 0);
    assert_eq!(api.server.registries().await.unwrap(), 1);
}

#[tokio::test]
async fn what_the_head_decides_is_returned_before_the_body_is_asked_for() {
    let api = Api::start().await;
    api.create("there").await;
    let json = "Content-Type: application/json\r\n";
    for expect in ["Expect: 100-continue\r\n", "Expect: 100-Continue\r\n", ""] {
        for (lines, expected) in [
            (format!("{json}Content-Length: 1048577\r\n"), 413),
            (format!("{json}Content-Length: 18446744073709551613\r\n"), 413),
            ("Content-Type: text/plain\r\nContent-Length: 10\r\n".to_owned(), 415),
            ("Content-Length: 10\r\n".to_owned(), 415),
            ("Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\n".to_owned(), 415),
            (format!("{json}Content-Encoding: gzip\r\nContent-Length: 10\r\n"), 415),
        ] {
            for method in ["POST", "PATCH"] {
                let head = create(&api, &format!("{lines}{expect}"));
                let there = format!("PATCH /v2{} ", api.registry("there"));
                let head = match method {
                    "POST" => head,
                    _ => head.replace(&format!("POST /v2{} ", api.registries()), &there),
                };
                // Nothing of the body is sent.
                let mut stream = connect(&api).await;
                stream.write_all(head.as_bytes()).await.unwrap();
                let mut answer = String::new();
                stream.read_to_string(&mut answer).await.unwrap();
                assert_eq!(read(&answer).0, expected, "{head}");
                assert!(answer.contains("\r\nconnection: close\r\n"), "{answer}");
            }
        }
    }
    // An unknown expectation is none.
    let body = "{\"name\": \"a\", \"ecosystem\": \"ruby\"}";
    let lines = format!("{json}Content-Length: {}\r\nConnection: close\r\n", body.len());
    for (name, expect) in [("a", "Expect: something\r\n"), ("b", "Expect: 100-continue\r\n")] {
        let body = body.replace("\"a\"", &format!("\"{name}\""));
        let request = create(&api, &format!("{lines}{expect}")) + &body;
        let answer = exchange(&api, request.as_bytes()).await;
        let answer = answer.strip_prefix("HTTP/1.1 100 Continue\r\n\r\n").unwrap_or(&answer);
        assert_eq!(read(answer).0, 200, "{expect}");
    }
}

async fn strange_values_get_a_response_and_never_500(database: Database) {
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
