//! What errors say, to programs and to people, and what they never say.

use std::{error::Error as _, io, time::Duration};

use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use registries_client::{Error, ErrorKind, Method, Problem, RetryPolicy};
use registries_server::{Embedded, EmbeddedOptions, TlsFiles};

use crate::support::{Reply, Scripted, builder};

async fn get(reply: Reply) -> Error {
    let server = Scripted::start([reply]).await;
    let client = server.client();
    client.get_registry().org_slug("my-org").registry_slug("r").send().await.unwrap_err()
}

#[tokio::test]
async fn each_status_has_a_kind() {
    let limited = ErrorKind::RateLimited { reset: None };
    for (status, kind, is) in [
        (401, ErrorKind::Unauthorized, Some(Error::is_unauthorized as fn(&Error) -> bool)),
        (403, ErrorKind::Forbidden, Some(Error::is_forbidden)),
        (404, ErrorKind::NotFound, Some(Error::is_not_found)),
        (422, ErrorKind::Validation, Some(Error::is_validation)),
        (429, limited, Some(Error::is_rate_limited)),
        (502, ErrorKind::Unavailable, None),
        (503, ErrorKind::Unavailable, None),
        (504, ErrorKind::Unavailable, None),
        (500, ErrorKind::Server, None),
        (302, ErrorKind::Status, None),
        (418, ErrorKind::Status, None),
    ] {
        let error = get(Reply::json(status, r#"{"message":"No"}"#)).await;
        assert_eq!(error.kind(), kind);
        assert!(is.is_none_or(|is| is(&error)), "{error}");
        assert_eq!(error.status().unwrap().as_u16(), status);
        assert_eq!(error.is_retryable(), [429, 502, 503, 504].contains(&status), "{error}");
        if status != 302 {
            assert!(error.to_string().contains("(No)"), "{error}");
        }
    }
}

#[tokio::test]
async fn a_rate_limit_says_when_the_window_starts_anew() {
    let headers = "RateLimit-Remaining: 0\nRateLimit-Reset: 42";
    for reply in [Reply::new(429, headers, ""), Reply::json(429, r#"{"reset": 42}"#)] {
        let reset = Some(Duration::from_secs(42));
        assert_eq!(get(reply).await.kind(), ErrorKind::RateLimited { reset });
    }
}

#[tokio::test]
async fn the_other_kinds_are_about_what_the_client_did() {
    assert_eq!(get(Reply::json(200, "{}")).await.kind(), ErrorKind::Decode);
    let broken = get(Reply::broken(200)).await;
    assert_eq!(broken.kind(), ErrorKind::Transport);
    assert!(broken.is_retryable() && broken.response().is_none());
    let client = builder("http://127.0.0.1:1/v2", "t").max_response_size(1).build().unwrap();
    let error = client.list_registries().send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert!(!error.is_retryable());
    let error = registries_client::Token::new("").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
}

/// The same rule as that of the retries: what may have been done is not done twice.
#[tokio::test]
async fn what_may_have_been_done_is_not_retryable() {
    let replies = [Reply::new(503, "", ""), Reply::Nothing, Reply::new(429, "", "")];
    let server = Scripted::start(replies).await;
    let client = server.client();
    for retryable in [false, false, true] {
        let delete = client.delete_registry().org_slug("my-org").registry_slug("r");
        let error = delete.send().await.unwrap_err();
        assert_eq!(error.is_retryable(), retryable, "{error}");
    }
}

#[tokio::test]
async fn problems_are_listed_with_their_property() {
    let server = Embedded::start().await.unwrap();
    let scopes = registries_server::Scope::ALL;
    let token = server.create_token(server.organization(), &scopes).await.unwrap();
    let client = builder(server.base_url(), &token).build().unwrap();
    let create = client.create_registry().org_slug(server.organization());
    let create = create.body_map(|body| body.name("").ecosystem("cobol"));
    let error = create.send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Validation);
    let fields: Vec<_> = error.problems().iter().filter_map(|it| it.field.as_deref()).collect();
    assert_eq!(fields, ["name", "ecosystem"], "{error}");
    assert!(error.problems().iter().all(|it| it.code.is_some() && it.message.is_some()));
    assert!(error.request_id().is_some_and(|id| !id.is_empty()), "{error:?}");
    assert_eq!(error.response().unwrap().method(), Method::POST);

    let error = get(Reply::json(422, r#"{"errors": ["name is taken", {"code": "odd"}, 7]}"#)).await;
    let messages: Vec<_> = error.problems().iter().map(Problem::to_string).collect();
    assert_eq!(messages, ["name is taken", "odd", "a problem without a message"]);
}

/// A reserved port without a listener.
fn nowhere() -> (tokio::net::TcpSocket, String) {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = socket.local_addr().unwrap().to_string();
    (socket, address)
}

#[tokio::test]
async fn a_connection_error_names_the_port_and_leaves_the_cause_to_its_source() {
    let (_socket, address) = nowhere();
    let client = builder(format!("http://{address}/v2"), "t").retry(RetryPolicy::none());
    let error = client.build().unwrap().get_access_token().send().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("get_access_token could not connect to {address}; check the base URL")
    );
    let source = error.source().unwrap();
    let source = source.downcast_ref::<io::Error>().unwrap();
    assert_eq!(source.kind(), io::ErrorKind::ConnectionRefused);
    let chain = format!("{:#}", anyhow::Error::from(error));
    assert!(chain.contains("base URL: Connection refused"), "{chain}");
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_is_said_so_and_not_asked_for_again() {
    let folder = tempfile::tempdir().unwrap();
    for (until, host, problem) in [
        (4096, "127.0.0.1", "unknown authority"),
        (1976, "127.0.0.1", "has expired"),
        (4096, "example.org", "another host"),
    ] {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new([host.to_owned()]).unwrap();
        params.not_before = date_time_ymd(1975, 1, 1);
        params.not_after = date_time_ymd(until, 1, 1);
        let pem = params.self_signed(&key).unwrap().pem();
        let files = TlsFiles {
            certificate: folder.path().join("certificate.pem"),
            key: folder.path().join("key.pem"),
        };
        std::fs::write(&files.certificate, &pem).unwrap();
        std::fs::write(&files.key, key.serialize_pem()).unwrap();
        let options = EmbeddedOptions { tls: Some(files), ..EmbeddedOptions::default() };
        let server = Embedded::start_with(options).await.unwrap();

        let waits = RetryPolicy::default().on_wait(|wait| panic!("{wait:?}"));
        let token = registries_client::Token::new("t").unwrap();
        let client = registries_client::Client::builder().base_url(server.base_url()).token(token);
        let client = if problem == "unknown authority" {
            client.no_proxy()
        } else {
            let trusted = reqwest::Certificate::from_pem(pem.as_bytes()).unwrap();
            let own = reqwest::Client::builder().no_proxy().tls_certs_only([trusted]);
            client.http_client(own.build().unwrap())
        };
        let trusted = reqwest::Certificate::from_pem(pem.as_bytes()).unwrap();
        let trusting = client.clone().http(move |http| http.tls_certs_merge([trusted.clone()]));
        let error = client.retry(waits).build().unwrap().get_access_token().send().await;
        let error = error.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Certificate, "{error:?}");
        assert!(error.to_string().contains(problem), "{error}");
        assert!(!error.is_retryable());
        if problem == "unknown authority" {
            let refused = trusting.build().unwrap().get_access_token().send().await.unwrap_err();
            assert!(refused.is_unauthorized(), "the certificate is trusted now: {refused}");
        }
    }
}
