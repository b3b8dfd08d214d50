//! The second listener: metrics, liveness, readiness.

use std::time::Duration;

use nix::sys::signal::Signal;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use crate::harness::{Deployment, Server, http_client};

const ADMIN: [&str; 2] = ["--admin-listen", "127.0.0.1:0"];

async fn get(url: String) -> (u16, String) {
    let response = http_client().get(url).send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

/// The value of a metric, whose labels are part of its name.
fn value(metrics: &str, name: &str) -> Option<f64> {
    metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok())
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_count_requests() {
    let deployment = Deployment::new();
    let token = deployment.token();
    let limits = ["--rate-limit-org", "off", "--rate-limit-user", "5"];
    let mut server = deployment.serve(&[&ADMIN[..], &limits].concat());
    let metrics = format!("{}/metrics", server.monitoring());
    let client = http_client();
    for _ in 0..3 {
        let request = client.get(server.registries() + "?a=b").bearer_auth(&token);
        assert_eq!(request.send().await.unwrap().status(), 200);
    }
    let strange = reqwest::Method::from_bytes(b"STRANGE").unwrap();
    assert_eq!(client.request(strange, server.registries()).send().await.unwrap().status(), 405);
    // A minute may end at any time, and then requests are accepted again.
    let none = format!("{}/none", server.base_url);
    while client.delete(&none).send().await.unwrap().status() != 429 {}
    let running = server.begin_create(&token, "{}").await;
    let (status, text) = get(metrics.clone()).await;
    assert_eq!(status, 200);
    let route = "route=\"/v2/packages/organizations/{org}/registries\"";
    let labels = format!("{{method=\"GET\",{route},status=\"200\"}}");
    let of = |name: &str| value(&text, &format!("registries_server_{name}"));
    assert_eq!(of(&format!("requests_total{labels}")), Some(3.0), "{text}");
    assert_eq!(of(&format!("request_duration_seconds_count{labels}")), Some(3.0));
    let other = format!("requests_total{{method=\"other\",{route},status=\"405\"}}");
    assert_eq!(of(&other), Some(1.0), "{text}");
    let refused = of("requests_total{method=\"DELETE\",route=\"none\",status=\"429\"}").unwrap();
    assert!(refused >= 1.0);
    assert_eq!(of("rate_limited_total"), Some(refused));
    assert_eq!(of("requests_in_flight"), Some(1.0));
    assert!(of("connections").unwrap() >= 1.0);
    assert!(of("database_connections").unwrap() >= of("database_connections_idle").unwrap());
    assert!(of("database_connections").unwrap() >= 1.0);
    assert_eq!(of("database_errors_total"), Some(0.0));
    assert!(text.contains("registries_server_build_info{version=\""), "{text}");
    assert!(text.ends_with("# EOF\n") && !text.contains(&token));

    drop(running);
    while value(&get(metrics.clone()).await.1, "registries_server_requests_in_flight") != Some(0.0)
    {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // They are no part of the API.
    let public = client.get(server.base_url.replace("/v2", "/metrics")).bearer_auth(&token);
    assert_eq!(public.send().await.unwrap().status(), 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_of_the_database_are_counted() {
    let deployment = Deployment::new();
    let token = deployment.token();
    let mut server = deployment.serve(&ADMIN);
    let metrics = format!("{}/metrics", server.monitoring());
    deployment.execute("DROP TABLE registries".to_owned()).await;
    let request = http_client().get(server.registries()).bearer_auth(&token);
    assert!(request.send().await.unwrap().status().is_server_error());
    let (_, text) = get(metrics).await;
    assert_eq!(value(&text, "registries_server_database_errors_total"), Some(1.0), "{text}");
}

/// First it says that it is not ready, then it takes no more, then it finishes what runs.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_is_first_not_ready() {
    let deployment = Deployment::new();
    let token = deployment.token();
    let mut server = deployment.serve(&[&ADMIN[..], &["--shutdown-delay", "1h"]].concat());
    let monitoring = server.monitoring();
    let (live, ready) = (format!("{monitoring}/livez"), format!("{monitoring}/readyz"));
    // The database has to answer in time, for which the machine may have no time.
    while get(ready.clone()).await != (200, "ready\n".to_owned()) {}
    assert_eq!(get(live.clone()).await.0, 200);

    server.signal(Signal::SIGTERM);
    // Who asks very often is refused for a while.
    let stopping = loop {
        let answer = get(ready.clone()).await;
        if ![200, 429].contains(&answer.0) {
            break answer;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    assert_eq!(stopping, (503, "the server is stopping\n".to_owned()));
    let list = http_client().get(server.registries()).bearer_auth(&token);
    assert_eq!(list.send().await.unwrap().status(), 200, "it still takes requests");

    let body = r#"{"name": "a", "ecosystem": "ruby"}"#;
    let mut stream = server.begin_create(&token, body).await;
    let authority = stream.peer_addr().unwrap();
    server.signal(Signal::SIGTERM);
    while TcpStream::connect(authority).await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert_eq!(get(ready).await.0, 503);
    assert_eq!(get(live).await.0, 200);
    stream.write_all(body.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let (status, log) = server.wait();
    assert_eq!(status.code(), Some(0), "{log}");
}

#[test]
fn without_the_option_there_is_no_second_listener() {
    let deployment = Deployment::new();
    let mut server: Server = deployment.serve(&[]);
    server.signal(Signal::SIGTERM);
    assert_eq!(server.line(), "", "it prints one line");
}

/// As on the other listener: who says nothing is waited for no longer than for a head.
#[tokio::test(flavor = "multi_thread")]
async fn monitoring_waits_for_nobody_for_ever() {
    let deployment = Deployment::new();
    let mut server = deployment.serve(&[&ADMIN[..], &["--header-timeout", "50ms"]].concat());
    let mut silent = from("127.0.0.2", &server.monitoring()).await;
    assert_eq!(silent.read_to_end(&mut Vec::new()).await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_cannot_keep_others_from_monitoring() {
    let deployment = Deployment::new();
    let mut server = deployment.serve(&[&ADMIN[..], &["--header-timeout", "1h"]].concat());
    let monitoring = server.monitoring();
    let mut silent = Vec::new();
    for _ in 0..32 {
        silent.push(from("127.0.0.2", &monitoring).await);
    }
    for _ in 0..100 {
        let mut answer = String::new();
        from("127.0.0.2", &monitoring).await.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    }
    assert_eq!(get(format!("{monitoring}/livez")).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_asks_so_often_and_no_more() {
    let deployment = Deployment::new();
    let mut server = deployment.serve(&ADMIN);
    let monitoring = server.monitoring();
    let client = http_client();
    for path in ["/metrics", "/readyz"] {
        // A minute may end at any time, and then requests are accepted again.
        let refused = loop {
            let answer = client.get(format!("{monitoring}{path}")).send().await.unwrap();
            if answer.status() == 429 {
                break answer;
            }
            // A machine that has much to do may have no time for the database.
            assert!([200, 503].contains(&answer.status().as_u16()), "{path}: {answer:?}");
        };
        let wait: u32 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((1..=60).contains(&wait), "{path}: {wait}");
    }
    let live = client.get(format!("{monitoring}/livez")).send().await.unwrap();
    assert_eq!(live.status(), 200, "it never makes the server look dead");
    let mut other = from("127.0.0.2", &monitoring).await;
    other
        .write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        .await
        .unwrap();
    let mut answer = String::new();
    other.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

/// A connection from another address of this machine.
async fn from(address: &str, monitoring: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(format!("{address}:0").parse().unwrap()).unwrap();
    socket.connect(monitoring.strip_prefix("http://").unwrap().parse().unwrap()).await.unwrap()
}
