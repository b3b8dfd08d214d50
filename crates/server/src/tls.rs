//! TLS, with a certificate and a key from files.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use tokio_rustls::rustls::{self, ServerConfig};
use tokio_rustls::server::TlsStream;
use webpki::{EndEntityCert, KeyUsage};

use crate::small_file;

/// Where the certificate and the key are, and what was read there last.
#[derive(Debug)]
pub(crate) struct Tls {
    certificate: PathBuf,
    key: PathBuf,
    current: RwLock<Arc<Pair>>,
}

/// A certificate and its key.
#[derive(Debug)]
struct Pair {
    config: Arc<ServerConfig>,
    /// When each certificate may be used, the server's own first. `None` where that cannot be read.
    validity: Vec<Option<Validity>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Validity {
    from: DateTime<Utc>,
    until: DateTime<Utc>,
}

impl Tls {
    /// Reads the certificate, followed by those that lead to its root if there are any, and its key.
    pub(crate) fn load(certificate: PathBuf, key: PathBuf) -> Result<Self, TlsError> {
        let current = RwLock::new(Arc::new(read(&certificate, &key)?));
        Ok(Self { certificate, key, current })
    }

    /// Reads both again, for connections to come. If that fails, all stays as it is.
    pub(crate) fn reload(&self) -> Result<(), TlsError> {
        let pair = Arc::new(read(&self.certificate, &self.key)?);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = pair;
        Ok(())
    }

    pub(crate) async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        let config = self.current().config.clone();
        TlsAcceptor::from(config).accept(stream).await
    }

    /// Why clients refuse the certificate now, or one of those after it.
    pub(crate) fn problems(&self, now: DateTime<Utc>) -> Vec<String> {
        let problem = |(index, validity): (usize, &Option<Validity>)| {
            let place = self.certificate.display();
            let which = match index {
                0 => format!("the certificate in {place}"),
                _ => format!("certificate {} in {place}", index + 1),
            };
            match validity {
                None => Some(format!("cannot read when {which} expires")),
                Some(Validity { until, .. }) if *until < now => {
                    Some(format!("{which} expired on {until:.0}"))
                }
                Some(Validity { from, .. }) if now < *from => {
                    Some(format!("{which} is not valid before {from:.0}"))
                }
                Some(_) => None,
            }
        };
        self.current().validity.iter().enumerate().filter_map(problem).collect()
    }

    /// When the first of the certificates expires.
    pub(crate) fn expires_at(&self) -> Option<DateTime<Utc>> {
        self.current().validity.iter().flatten().map(|validity| validity.until).min()
    }

    /// Logs why clients refuse the certificate, if they do.
    pub(crate) fn log_problems(&self, now: DateTime<Utc>) {
        for problem in self.problems(now) {
            tracing::warn!("{problem}; clients reject it; {RENEW}");
        }
    }

    fn current(&self) -> Arc<Pair> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// What to do about a certificate that is not valid.
pub(crate) const RENEW: &str = "replace it, and send the server SIGHUP";

/// Whether HTTP/2 was agreed for this connection.
pub(crate) fn is_http2(stream: &TlsStream<TcpStream>) -> bool {
    stream.get_ref().1.alpn_protocol() == Some(HTTP2)
}

const HTTP2: &[u8] = b"h2";
const HTTP1: &[u8] = b"http/1.1";

/// Why there is no TLS with these files. What they hold is not in it: one of them is a secret.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TlsError {
    #[error("cannot read {}: {error}", path.display())]
    Unreadable { path: PathBuf, error: io::Error },
    #[error(
        "there is no certificate in {}; expected PEM, which begins with -----BEGIN CERTIFICATE-----",
        .0.display()
    )]
    NoCertificate(PathBuf),
    #[error(
        "there is no private key in {}; expected PEM without a password",
        .0.display()
    )]
    NoKey(PathBuf),
    #[error("the certificate in {} does not match the key in {} ({error})", certificate.display(), key.display())]
    Apart { certificate: PathBuf, key: PathBuf, error: rustls::Error },
}

fn read(certificate: &Path, key: &Path) -> Result<Pair, TlsError> {
    let file = |path: &Path| {
        let bytes = small_file::read(path);
        let bytes = bytes.map_err(|error| TlsError::Unreadable { path: path.to_owned(), error })?;
        // Editors write a byte order mark, with which the first line is none of PEM's.
        Ok(bytes.strip_prefix(b"\xef\xbb\xbf").map(<[u8]>::to_vec).unwrap_or(bytes))
    };
    let chain = CertificateDer::pem_slice_iter(&file(certificate)?).collect::<Result<Vec<_>, _>>();
    let chain = chain.ok().filter(|chain| !chain.is_empty());
    let chain = chain.ok_or_else(|| TlsError::NoCertificate(certificate.to_owned()))?;
    let secret = PrivateKeyDer::from_pem_slice(&file(key)?);
    let secret = secret.map_err(|_| TlsError::NoKey(key.to_owned()))?;
    let validity = chain.iter().map(validity).collect();
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, secret))
        .map_err(|error| TlsError::Apart {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
            error,
        })?;
    config.alpn_protocols = vec![HTTP2.to_vec(), HTTP1.to_vec()];
    Ok(Pair { config: Arc::new(config), validity })
}

/// When a certificate is valid: it is checked at the beginning of time and at its end. The library
/// reports how much too early or too late each is.
fn validity(certificate: &CertificateDer<'_>) -> Option<Validity> {
    let certificate = EndEntityCert::try_from(certificate).ok()?;
    let check = |seconds| {
        let time = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        let usage = KeyUsage::server_auth();
        certificate.verify_for_usage(&[], &[], &[], time, usage, None, None).err()
    };
    let time = |time: UnixTime| DateTime::from_timestamp(time.as_secs().try_into().ok()?, 0);
    match (check(0)?, check(u64::MAX)?) {
        (
            webpki::Error::CertNotValidYet { not_before, .. },
            webpki::Error::CertExpired { not_after, .. },
        ) => Some(Validity { from: time(not_before)?, until: time(not_after)? }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    use super::*;

    /// A certificate that is valid in 2026, and one after it that is valid from 2025 to 2027.
    fn chain(folder: &Path) -> Tls {
        let key = KeyPair::generate().unwrap();
        let pem = |from, until| {
            let mut params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
            (params.not_before, params.not_after) =
                (date_time_ymd(from, 1, 1), date_time_ymd(until, 1, 1));
            params.self_signed(&key).unwrap().pem()
        };
        let [certificate, secret] = ["a.pem", "a.key"].map(|name| folder.join(name));
        std::fs::write(&certificate, pem(2026, 2027) + &pem(2025, 2028)).unwrap();
        std::fs::write(&secret, key.serialize_pem()).unwrap();
        Tls::load(certificate, secret).unwrap()
    }

    #[test]
    fn what_is_expired_or_not_yet_valid_is_reported() {
        let directory = tempfile::tempdir().unwrap();
        let tls = chain(directory.path());
        let place = directory.path().join("a.pem");
        let place = place.display();
        let (second, expired) = (Duration::from_secs(1), "expired on 2027-01-01 00:00:00 UTC");
        for (time, expected) in [
            ("2026-01-01T00:00:00Z", vec![]),
            ("2027-01-01T00:00:00Z", vec![]),
            ("2027-01-01T00:00:01Z", vec![format!("the certificate in {place} {expired}")]),
            (
                "2025-12-31T23:59:59Z",
                vec![format!(
                    "the certificate in {place} is not valid before 2026-01-01 00:00:00 UTC"
                )],
            ),
            (
                "2028-01-01T00:00:01Z",
                vec![
                    format!("the certificate in {place} {expired}"),
                    format!("certificate 2 in {place} expired on 2028-01-01 00:00:00 UTC"),
                ],
            ),
        ] {
            assert_eq!(tls.problems(time.parse().unwrap()), expected, "{time}");
        }
        let expires_at = tls.expires_at().unwrap();
        assert!(tls.problems(expires_at).is_empty());
        assert_eq!(tls.problems(expires_at + second).len(), 1);
    }
}
