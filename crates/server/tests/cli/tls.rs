//! `serve` with a certificate.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use nix::sys::signal::Signal;
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use reqwest::{Certificate, Version};
use serde_json::{Value, json};

use crate::harness::{Deployment, Server, http_client};

/// A certificate for 127.0.0.1 in files of the deployment.
pub(crate) struct Pair {
    pub(crate) pem: String,
    certificate: PathBuf,
    key: PathBuf,
}

impl Pair {
    pub(crate) fn new(deployment: &Deployment, name: &str) -> Self {
        Self::valid(deployment, name, 1975, 4096)
    }

    /// That is valid from the beginning of one year to that of another one.
    pub(crate) fn valid(deployment: &Deployment, name: &str, from: i32, until: i32) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
        params.not_before = date_time_ymd(from, 1, 1);
        params.not_after = date_time_ymd(until, 1, 1);
        let pair = Self {
            pem: params.self_signed(&key).unwrap().pem(),
            certificate: deployment.file(&format!("{name}.pem")),
            key: deployment.file(&format!("{name}.key")),
        };
        std::fs::write(&pair.certificate, &pair.pem).unwrap();
        std::fs::write(&pair.key, key.serialize_pem()).unwrap();
        std::fs::set_permissions(&pair.key, Permissions::from_mode(0o600)).unwrap();
        pair
    }

    pub(crate) fn options(&self) -> [&str; 4] {
        let [certificate, key] = [&self.certificate, &self.key].map(|path| path.to_str().unwrap());
        ["--tls-certificate", certificate, "--tls-key", key]
    }

    /// A client that trusts this certificate and no other, with a connection of its own.
    fn client(&self) -> reqwest::ClientBuilder {
        let trusted = Certificate::from_pem(self.pem.as_bytes()).unwrap();
        reqwest::Client::builder().no_proxy().tls_certs_only([trusted])
    }
}

async fn version(
    client: reqwest::ClientBuilder,
    server: &Server,
) -> Result<Version, reqwest::Error> {
    let url = format!("{}/access-token", server.base_url);
    Ok(client.build().unwrap().get(url).send().await?.version())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_is_served_over_tls() {
    let deployment = Deployment::new();
    let pair = Pair::new(&deployment, "a");
    let token = deployment.token();
    let server = deployment.serve(&pair.options());
    assert!(server.base_url.starts_with("https://127.0.0.1:"));
    let client = pair.client().build().unwrap();
    let body = json!({"name": "a", "ecosystem": "ruby"});
    let create = client.post(server.registries()).bearer_auth(&token).json(&body);
    let response = create.send().await.unwrap();
    assert_eq!((response.status().as_u16(), response.version()), (200, Version::HTTP_2));
    let registry: Value = response.json().await.unwrap();
    assert_eq!(registry["url"], json!(format!("{}/a", server.registries())));
    assert_eq!(version(pair.client().http1_only(), &server).await.unwrap(), Version::HTTP_11);
    // What is not TLS gets no response, and does no harm.
    let plain = server.base_url.replace("https", "http");
    assert!(http_client().get(plain).send().await.is_err());
    assert!(version(pair.client(), &server).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_connection_of_http2_is_closed() {
    use tokio::io::AsyncReadExt;

    let deployment = Deployment::new();
    let pair = Pair::new(&deployment, "a");
    // A connection that never begins TLS is closed as well.
    let server = deployment.serve(&[&pair.options()[..], &["--header-timeout", "50ms"]].concat());
    let mut silent = server.connect().await;
    assert_eq!(silent.read_to_end(&mut Vec::new()).await.unwrap(), 0);

    let more = ["--idle-timeout", "50ms", "--admin-listen", "127.0.0.1:0"];
    let more = [&pair.options()[..], &more, &["--header-timeout", "1h"]].concat();
    let mut server = deployment.serve(&more);
    let metrics = format!("{}/metrics", server.monitoring());
    let client = pair.client().build().unwrap();
    let url = format!("{}/access-token", server.base_url);
    // The machine may take longer for a request than the connection may be idle.
    let answer = loop {
        if let Ok(answer) = client.get(&url).send().await {
            break answer;
        }
    };
    assert_eq!(answer.version(), Version::HTTP_2);
    let none = "registries_server_connections 0\n";
    while !http_client().get(&metrics).send().await.unwrap().text().await.unwrap().contains(none) {
        tokio::task::yield_now().await;
    }
    drop(client);
}

#[tokio::test(flavor = "multi_thread")]
async fn on_sighup_the_files_are_read_again() {
    let deployment = Deployment::new();
    let old = Pair::new(&deployment, "a");
    let server = deployment.serve(&old.options());
    let new = Pair::new(&deployment, "b");
    std::fs::write(&old.key, "this is no key").unwrap();
    server.signal(Signal::SIGHUP);
    assert!(version(old.client(), &server).await.is_ok());
    std::fs::copy(&new.certificate, &old.certificate).unwrap();
    std::fs::copy(&new.key, &old.key).unwrap();
    server.signal(Signal::SIGHUP);
    while version(new.client(), &server).await.is_err() {
        tokio::task::yield_now().await;
    }
    assert!(version(old.client(), &server).await.is_err());
    server.signal(Signal::SIGTERM);
    let (status, log) = server.wait();
    assert_eq!(status.code(), Some(0), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_is_not_valid_is_logged_at_the_start_and_on_sighup() {
    let deployment = Deployment::new();
    let expired = Pair::valid(&deployment, "a", 2001, 2002);
    let server = deployment.serve(&expired.options());
    server.logs("a.pem expired on 2002-01-01 00:00:00 UTC; clients reject it").await;
    Pair::valid(&deployment, "a", 3001, 3002);
    server.signal(Signal::SIGHUP);
    server.logs("a.pem is not valid before 3001-01-01 00:00:00 UTC; clients reject it").await;
    let valid = Pair::new(&deployment, "a");
    server.signal(Signal::SIGHUP);
    while version(valid.client(), &server).await.is_err() {
        tokio::task::yield_now().await;
    }
    server.signal(Signal::SIGTERM);
    let (_, log) = server.wait();
    assert_eq!(log.matches("clients reject it").count(), 2, "{log}");
}
