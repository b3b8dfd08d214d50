//! What the log has of requests, and what not.

use nix::sys::signal::Signal;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::harness::{Deployment, http_client};

#[tokio::test(flavor = "multi_thread")]
async fn every_request_is_one_line_without_secrets() {
    let deployment = Deployment::new();
    let token = deployment.token();
    let server = deployment.serve(&["--log-format", "json"]);
    let client = http_client();
    let send = async |url: String, id: Option<&str>, token: &str| {
        let mut request = client.post(url).bearer_auth(token).json(&json!({"name": "hidden-body"}));
        if let Some(id) = id {
            request = request.header("X-Request-Id", id);
        }
        let response = request.send().await.unwrap();
        let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
        (id, response.status().as_u16())
    };
    let registries = server.registries();
    let mut requests = Vec::new();
    requests.push(send(format!("{registries}?a=hidden-query"), Some("abc/1-2_3"), &token).await);
    assert_eq!(requests[0], ("abc/1-2_3".to_owned(), 422));
    requests.push(send(registries.clone(), None, "hidden-token").await);
    let strange = format!("{}/no-such-path/bkpt_hidden?a=hidden", server.base_url);
    requests.push(send(strange, None, &token).await);
    let too_long = "x".repeat(65);
    for refused in [Some(""), Some("with space"), Some(too_long.as_str())] {
        let (id, status) = send(registries.clone(), refused, &token).await;
        assert_eq!(uuid::Uuid::parse_str(&id).unwrap().get_version_num(), 7);
        requests.push((id, status));
    }
    server.signal(Signal::SIGTERM);
    let (_, log) = server.wait();
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let line_of = |id: &str| {
        let found: Vec<&Value> = lines.iter().filter(|line| line["request_id"] == id).collect();
        assert_eq!(found.len(), 1, "{log}");
        found[0]
    };
    for (id, status) in &requests {
        let line = line_of(id);
        assert_eq!(line["status"], *status, "{line}");
        assert_eq!(line["method"], "POST", "{line}");
        assert!(line["elapsed_us"].as_u64().is_some(), "{line}");
    }
    let route = "/v2/packages/organizations/{org}/registries";
    assert_eq!(line_of(&requests[0].0)["route"], route);
    assert_eq!(line_of(&requests[0].0)["organization"], "my-org");
    assert_eq!(line_of(&requests[1].0)["route"], route);
    assert_eq!(line_of(&requests[1].0)["organization"], Value::Null);
    assert_eq!(line_of(&requests[2].0)["route"], "none");
    assert_eq!(line_of(&requests[2].0)["path"], "/v2/no-such-path/bkpt_[token]");
    assert_eq!(line_of(&requests[0].0)["path"], Value::Null);
    assert!(!log.contains("hidden") && !log.contains(&token), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_is_logged_with_the_id_of_its_request() {
    let deployment = Deployment::new();
    let token = deployment.token();
    let server = deployment.serve(&["--log", "warn"]);
    deployment.execute("DROP TABLE registries".to_owned()).await;
    let request = http_client().get(server.registries()).bearer_auth(&token);
    let response = request.header("X-Request-Id", "the-one-that-fails").send().await.unwrap();
    assert!(response.status().is_server_error());
    server.signal(Signal::SIGTERM);
    let (_, log) = server.wait();
    let line = log.lines().find(|line| line.contains("request failed")).unwrap();
    assert!(line.contains("the-one-that-fails") && line.contains("no such table"), "{log}");
    assert!(!log.contains("responded"), "only what is asked for is logged: {log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_request_is_logged_with_the_id_that_it_was_given() {
    let deployment = Deployment::new();
    let server = deployment.serve(&["--log-format", "json"]);
    let mut stream = server.connect().await;
    stream.write_all(b"hidden\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let id = answer.lines().find_map(|line| line.strip_prefix("x-request-id: ")).unwrap();
    server.signal(Signal::SIGTERM);
    let (_, log) = server.wait();
    let lines = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let line = lines.into_iter().find(|line| line["request_id"] == id).expect(&log);
    assert_eq!(line["status"], 400, "{line}");
    assert!(!log.contains("hidden"), "{log}");
}
