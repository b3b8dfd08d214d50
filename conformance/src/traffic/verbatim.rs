//! Requests whose target must reach the deployment as it is written: `reqwest` resolves `..`, and
//! encodes characters that a URL should not have.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use http::{HeaderMap, Method, Uri, Version};
use http_body_util::Full;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::{
        legacy::{Client, connect::HttpConnector},
        proxy::matcher::Matcher,
    },
    rt::TokioExecutor,
};
use rustls::{
    ClientConfig,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, pem::PemObject},
};
use rustls_platform_verifier::Verifier;

use crate::engine::deployment::causes;

/// Sends requests with their targets as they are written.
pub(super) struct Verbatim {
    certificates: Vec<u8>,
    is_loopback: bool,
    /// Made when it is needed, which it seldom is.
    client: OnceLock<Result<RawClient, String>>,
}

type RawClient = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

impl Verbatim {
    /// Trusts these certificates in PEM beside those of the machine. A deployment on this machine is
    /// reached without a proxy.
    pub(super) fn new(certificates: Vec<u8>, is_loopback: bool) -> Self {
        Self { certificates, is_loopback, client: OnceLock::new() }
    }

    /// Sends a request with this target to an origin such as `https://api.example.com`.
    pub(super) async fn send(
        &self,
        method: Method,
        (origin, target): (&str, &str),
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<reqwest::Response, String> {
        let (scheme, authority) = origin.split_once("://").unwrap_or(("http", origin));
        let uri = Uri::builder().scheme(scheme).authority(authority).path_and_query(target).build();
        let uri = uri.map_err(|error| format!("the target {target} cannot be sent: {error}"))?;
        if !self.is_loopback && Matcher::from_env().intercept(&uri).is_some() {
            return Err(format!("the target {target} cannot be sent through a proxy as it is"));
        }
        let client = self.client.get_or_init(|| self.client()).as_ref().map_err(Clone::clone)?;
        let mut request = http::Request::new(Full::new(body));
        (*request.method_mut(), *request.uri_mut(), *request.headers_mut()) =
            (method, uri, headers);
        *request.version_mut() = Version::HTTP_11;
        let response = client.request(request).await.map_err(|error| causes(&error))?;
        Ok(response.map(reqwest::Body::wrap).into())
    }

    fn client(&self) -> Result<RawClient, String> {
        let tls = self.tls()?;
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .build();
        Ok(Client::builder(TokioExecutor::new()).build(connector))
    }

    fn tls(&self) -> Result<ClientConfig, String> {
        let certificates: Result<Vec<_>, _> =
            CertificateDer::pem_slice_iter(&self.certificates).collect();
        let certificates = certificates.map_err(|error| causes(&error))?;
        let provider = Arc::new(aws_lc_rs::default_provider());
        let verifier = Verifier::new_with_extra_roots(certificates, Arc::clone(&provider));
        let verifier = verifier.map_err(|error| causes(&error))?;
        let config = ClientConfig::builder_with_provider(provider);
        let config =
            config.with_safe_default_protocol_versions().map_err(|error| causes(&error))?;
        let config = config.dangerous().with_custom_certificate_verifier(Arc::new(verifier));
        Ok(config.with_no_client_auth())
    }
}
