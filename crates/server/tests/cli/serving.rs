//! `serve` and `dev` as processes: addresses, limits, and how they stop.

use nix::sys::signal::Signal;
use serde_json::{Value, json};

use crate::harness::{Deployment, Server, command, http_client, run};

#[tokio::test(flavor = "multi_thread")]
async fn the_public_url_is_the_address_unless_it_is_set() {
    let deployment = Deployment::new();
    let (token, client) = (deployment.token(), http_client());
    let create = async |server: &Server, name: &str| -> Value {
        let body = json!({"name": name, "ecosystem": "ruby"});
        let request = client.post(server.registries()).bearer_auth(&token).json(&body);
        request.send().await.unwrap().json().await.unwrap()
    };
    let server = deployment.serve(&[]);
    let registry = create(&server, "a").await;
    assert_eq!(registry["url"], json!(format!("{}/a", server.registries())));
    drop(server);
    let server = deployment.serve(&["--public-url", "https://registries.example.org/"]);
    let registry = create(&server, "b").await;
    let path = "organizations/my-org/registries/b";
    assert_eq!(
        registry["url"],
        json!(format!("https://registries.example.org/v2/packages/{path}"))
    );
    assert_eq!(registry["web_url"], json!(format!("https://registries.example.org/{path}")));
}

#[tokio::test(flavor = "multi_thread")]
async fn rate_limits_are_enforced_by_default_and_can_be_set_and_switched_off() {
    let deployment = Deployment::new();
    let (token, client) = (deployment.token(), http_client());
    let status = async |server: &Server| {
        let request = client.get(server.registries()).bearer_auth(&token);
        request.send().await.unwrap().status().as_u16()
    };
    // A minute may end at any time, and then requests are accepted again.
    let refuses = async |server: &Server| {
        for _ in 0..1000 {
            if status(server).await == 429 {
                return true;
            }
        }
        false
    };
    let server = deployment.serve(&[]);
    let request = client.get(server.registries()).bearer_auth(&token).send().await.unwrap();
    let limits = ["ratelimit-limit", "ratelimit-user-limit"].map(|name| &request.headers()[name]);
    assert_eq!(limits, ["200", "50"]);
    assert!(refuses(&server).await);
    let server = deployment.serve(&["--rate-limit-user", "off", "--rate-limit-org", "2"]);
    assert!(refuses(&server).await);
    let server = deployment.serve(&["--rate-limit-user", "off", "--rate-limit-org", "off"]);
    for _ in 0..210 {
        assert_eq!(status(&server).await, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_lets_finish_what_runs_and_stops_the_server() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let deployment = Deployment::new();
        let (token, server) = (deployment.token(), deployment.serve(&[]));
        let body = r#"{"name": "a", "ecosystem": "ruby"}"#;
        let mut stream = server.begin_create(&token, body).await;
        let authority = stream.peer_addr().unwrap();

        server.signal(signal);
        // It has heard the signal when it does not listen any more.
        while tokio::net::TcpStream::connect(authority).await.is_ok() {
            tokio::task::yield_now().await;
        }
        stream.write_all(body.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");

        let (status, log) = server.wait();
        assert_eq!(status.code(), Some(0), "{log}");
        assert!(log.contains(signal.as_str()), "{log}");
        assert!(!log.contains(&token), "{log}");
        assert!(!log.contains('\u{1b}'), "no colors in a file: {log:?}");

        let server = deployment.serve(&[]);
        let request = http_client().get(server.registries() + "/a").bearer_auth(&token);
        assert_eq!(request.send().await.unwrap().status(), 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_ends_the_wait_for_what_runs() {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let deployment = Deployment::new();
        let token = deployment.token();
        let server = deployment.serve(&["--shutdown-grace", "1h", "--body-timeout", "1h"]);
        let stream = server.begin_create(&token, r#"{"name": "a", "ecosystem": "ruby"}"#).await;
        let authority = stream.peer_addr().unwrap();
        server.signal(Signal::SIGTERM);
        while tokio::net::TcpStream::connect(authority).await.is_ok() {
            tokio::task::yield_now().await;
        }
        server.signal(signal);
        let (status, log) = server.wait();
        assert_eq!(status.code(), Some(0), "{log}");
        assert!(log.contains("second signal to stop"), "{log}");
        drop(stream);
    }
}

/// A pipe without a writer blocks the start.
#[test]
fn a_signal_during_the_start_ends_it() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("registries.toml");
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let arguments = ["serve", "--config", pipe.to_str().unwrap()];
        let mut child = command(&arguments).spawn().unwrap();
        // Opened when the server has opened it as well, and so listens for signals.
        let writer = std::fs::File::options().write(true).open(&pipe).unwrap();
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(child.id().try_into().unwrap()), signal)
            .unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(0), "{signal}");
        drop(writer);
    }
}

/// By itself it would end the process, and break off what runs.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_certificate_sighup_ends_nothing() {
    let deployment = Deployment::new();
    let server = deployment.serve(&[]);
    server.signal(Signal::SIGHUP);
    server.logs("there is no certificate to read again").await;
    let url = format!("{}/access-token", server.base_url);
    assert_eq!(http_client().get(url).send().await.unwrap().status(), 401);
    server.signal(Signal::SIGTERM);
    let (status, log) = server.wait();
    assert_eq!(status.code(), Some(0), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn dev_prints_all_that_a_first_call_needs() {
    let mut server = Server::start(&["dev"]);
    let mut lines = String::new();
    let value = |lines: &str, label: &str| -> Option<String> {
        let line = lines.lines().find(|line| line.trim_start().starts_with(label))?;
        Some(line.trim_start().strip_prefix(label)?.trim().to_owned())
    };
    while !lines.contains("-d '") {
        let line = server.line();
        assert_ne!(line, "", "{lines}");
        lines.push_str(&line);
    }
    let base_url = value(&lines, "base URL").unwrap();
    let organization = value(&lines, "organization").unwrap();
    let token = value(&lines, "access token").unwrap();
    assert_eq!(base_url, server.base_url);
    assert!(lines.contains(&format!("curl -H \"Authorization: Bearer {token}\"")));
    let url = format!("{base_url}/packages/organizations/{organization}/registries");
    assert!(lines.contains(&url));
    let body = json!({"name": "my registry", "ecosystem": "ruby"});
    let request = http_client().post(&url).bearer_auth(&token).json(&body);
    assert_eq!(request.send().await.unwrap().status(), 200);
    server.signal(Signal::SIGINT);
    let (status, log) = server.wait();
    assert_eq!(status.code(), Some(0), "{log}");
}

#[test]
fn a_server_without_an_organization_says_what_to_do_next() {
    let directory = tempfile::tempdir().unwrap();
    let database = format!("sqlite://{}/new.db", directory.path().display());
    let hint = "`registries-server org create SLUG`";
    for (organization, is_printed) in [(None, true), (Some("my-org"), false)] {
        if let Some(slug) = organization {
            let created = run(&["org", "create", "--database", &database, slug]);
            assert!(created.status.success(), "{created:?}");
        }
        let server = Server::start(&["serve", "--listen", "127.0.0.1:0", "--database", &database]);
        server.signal(Signal::SIGTERM);
        let (_, log) = server.wait();
        assert_eq!(log.contains(hint), is_printed, "{log}");
    }
}
