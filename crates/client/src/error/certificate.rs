//! What is wrong with a server's certificate, or with its TLS.

/// Why TLS does not come about, however often it is tried.
#[cfg_attr(
    not(any(feature = "rustls", feature = "rustls-ring")),
    expect(dead_code, reason = "another library does not say why")
)]
pub(super) enum TlsProblem {
    /// The server's certificate is not trusted: what is wrong with it and what to do.
    Certificate(String),
    /// The server does not use TLS.
    NoTls,
}

/// What is wrong with TLS, when that is what `error` is about. Known from the types of its causes, so
/// only with rustls.
#[cfg(any(feature = "rustls", feature = "rustls-ring"))]
pub(super) fn problem(error: &reqwest::Error) -> Option<TlsProblem> {
    use rustls::{Error, InvalidMessage::InvalidContentType};
    super::transport::causes(error).find_map(|cause| match cause.downcast_ref()? {
        Error::InvalidCertificate(problem) => Some(TlsProblem::Certificate(sentence(problem))),
        Error::InvalidMessage(InvalidContentType) => Some(TlsProblem::NoTls),
        _ => None,
    })
}

#[cfg(not(any(feature = "rustls", feature = "rustls-ring")))]
pub(super) fn problem(_: &reqwest::Error) -> Option<TlsProblem> {
    None
}

#[cfg(any(feature = "rustls", feature = "rustls-ring"))]
fn sentence(problem: &rustls::CertificateError) -> String {
    use rustls::CertificateError as E;
    let (what, hint) = match problem {
        E::UnknownIssuer => (
            "is signed by an unknown authority",
            "add the authority to the certificates of the system, or to an HTTP client of your own",
        ),
        E::NotValidForName | E::NotValidForNameContext { .. } => {
            ("is for another host", "check the base URL")
        }
        E::Expired | E::ExpiredContext { .. } => ("has expired", "the server needs a new one"),
        E::NotValidYet | E::NotValidYetContext { .. } => {
            ("is not valid yet", "check the clock of this machine")
        }
        E::Revoked => ("is revoked", "the server needs a new one"),
        _ => ("is not valid", "the server needs another one"),
    };
    format!("the server's certificate {what}; {hint}")
}

#[cfg(all(test, any(feature = "rustls", feature = "rustls-ring")))]
mod tests {
    use rustls::CertificateError;

    use super::*;

    #[test]
    fn each_problem_is_a_sentence() {
        for (problem, part) in [
            (CertificateError::UnknownIssuer, "unknown authority"),
            (CertificateError::Expired, "has expired"),
            (CertificateError::NotValidYet, "not valid yet"),
            (CertificateError::NotValidForName, "another host"),
            (CertificateError::Revoked, "revoked"),
            (CertificateError::BadSignature, "is not valid;"),
        ] {
            assert!(sentence(&problem).contains(part), "{problem:?}");
        }
    }
}
