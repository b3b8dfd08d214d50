//! Deployments over HTTPS, with HTTP/2 where the client supports it.

use std::fs;

use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};
use registries_conformance::{
    Deployment, Verdict,
    traffic::{Proxy, ProxyOptions},
};
use registries_server::{EmbeddedOptions, TlsFiles};
use registries_strength::reference::Reference;
use tempfile::TempDir;

use crate::support::{bare, conformance, output, run, without_port};

/// The reference server with a self-signed certificate, and the folder that has it.
async fn reference() -> (Reference, TempDir) {
    reference_as(IsCa::NoCa).await
}

async fn reference_as(is_ca: IsCa) -> (Reference, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let signing_key = KeyPair::generate().unwrap();
    let mut parameters = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    parameters.is_ca = is_ca;
    let made = parameters.self_signed(&signing_key).unwrap();
    let [certificate, key] = ["certificate.pem", "key.pem"].map(|name| folder.path().join(name));
    fs::write(&certificate, made.pem()).unwrap();
    fs::write(&key, signing_key.serialize_pem()).unwrap();
    let tls = Some(TlsFiles { certificate, key });
    let options = EmbeddedOptions { tls, ..EmbeddedOptions::default() };
    (Reference::start_with(options).await.unwrap(), folder)
}

#[tokio::test]
async fn a_deployment_passes_over_http2() {
    let (reference, folder) = reference().await;
    let pem = fs::read(folder.path().join("certificate.pem")).unwrap();
    let certificate = reqwest::Certificate::from_pem(&pem).unwrap();
    let client = reqwest::Client::builder().no_proxy().tls_certs_merge([certificate]);
    let answer = client.build().unwrap().get(reference.server.base_url()).send().await.unwrap();
    assert_eq!(answer.version(), http::Version::HTTP_2);

    let deployment = Deployment { ca_certificates: pem, ..reference.deployment.clone() };
    let report = run(&deployment).await;
    assert_eq!(report.verdict, Verdict::Conforms);
    assert_eq!(report.findings().count(), 0, "{:#?}", report.findings().collect::<Vec<_>>());
    reference.server.shutdown().await;
}

#[tokio::test]
async fn https_where_no_tls_is_spoken_says_so() {
    let reference = Reference::start().await.unwrap();
    let mut command = conformance(&reference);
    let base_url = reference.server.base_url().replace("http://", "https://");
    command.args(["run", "--profile", "smoke", "--base-url", &base_url]);
    let (status, stdout, _) = output(command).await;
    assert_eq!(status, 3, "{stdout}");
    assert!(stdout.contains("is the URL's scheme http?"), "{stdout}");
}

#[tokio::test]
async fn plain_http_where_tls_is_spoken_says_so() {
    let (reference, _folder) = reference().await;
    let plain = reference.server.base_url().replace("https://", "http://");
    for arguments in [&["run", "--profile", "smoke"][..], &["sweep"]] {
        let mut command = conformance(&reference);
        command.args(arguments).args(["--base-url", &plain]);
        let (status, stdout, stderr) = output(command).await;
        assert_eq!(status, 3, "{stdout}{stderr}");
        assert_eq!(stdout.lines().count() + stderr.lines().count(), 1, "{stdout}{stderr}");
        let name = format!("plain-{}", arguments[0]);
        insta::assert_snapshot!(name, without_port(&(stdout + &stderr)));
    }
}

#[tokio::test]
async fn a_certificate_of_ones_own_is_trusted_when_it_is_named() {
    let (reference, folder) = reference().await;
    let smoke = |certificate: Option<&str>| {
        let mut command = conformance(&reference);
        command.args(["run", "--profile", "smoke"]).current_dir(folder.path());
        command.args(["--base-url", reference.server.base_url()]);
        if let Some(certificate) = certificate {
            command.args(["--ca-certificate", certificate]);
        }
        output(command)
    };
    let (status, stdout, stderr) = smoke(Some("certificate.pem")).await;
    assert_eq!(status, 0, "{stdout}{stderr}");
    let (status, stdout, _) = smoke(None).await;
    assert_eq!(status, 3, "{stdout}");
    insta::assert_snapshot!("certificate-not-trusted", without_port(&stdout));
    for file in ["key.pem", "missing"] {
        let (status, _, stderr) = smoke(Some(file)).await;
        assert_eq!(status, 2, "{file}: {stderr}");
        insta::assert_snapshot!(format!("certificate-{file}"), stderr);
    }
    reference.server.shutdown().await;
}

/// As `openssl req -x509` makes it by default.
#[tokio::test]
async fn a_certificate_of_an_authority_is_rejected_with_the_reason() {
    let (reference, folder) = reference_as(IsCa::Ca(BasicConstraints::Unconstrained)).await;
    let mut command = conformance(&reference);
    command.args(["run", "--profile", "smoke", "--base-url", reference.server.base_url()]);
    command.args(["--ca-certificate", "certificate.pem"]).current_dir(folder.path());
    let (status, stdout, _) = output(command).await;
    assert_eq!(status, 3, "{stdout}");
    insta::assert_snapshot!("certificate-of-an-authority", without_port(&stdout));
    reference.server.shutdown().await;
}

#[tokio::test]
async fn a_proxy_trusts_a_certificate_that_is_named() {
    let (reference, folder) = reference().await;
    let pem = fs::read(folder.path().join("certificate.pem")).unwrap();
    let options = ProxyOptions { ca_certificates: pem, ..ProxyOptions::default() };
    let listen = "127.0.0.1:0".parse().unwrap();
    let proxy = Proxy::bind(listen, reference.server.base_url(), options).await.unwrap();
    let url = format!("{}/access-token", proxy.base_url());
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(proxy.serve(async { drop(stopped.await) }));
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = client.get(url).bearer_auth(&reference.secrets[0]).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    stop.send(()).unwrap();
    assert_eq!(serving.await.unwrap().unwrap().exchanges, 1);

    let mut command = bare();
    command.args(["proxy", "--upstream", "https://127.0.0.1:1/v2"]).current_dir(folder.path());
    command.args(["--ca-certificate", "key.pem"]);
    let (status, _, stderr) = output(command).await;
    assert_eq!(status, 2, "{stderr}");
    insta::assert_snapshot!("proxy-certificate", stderr);
}
