//! What is wrong with a server's certificate.

/// What is wrong with the server's certificate and what to do, when that is what `error` is about.
/// Known from the types of its causes, so only with rustls.
#[cfg(any(feature = "rustls", feature = "rustls-ring"))]
pub(super) fn problem(error: &reqwest::Error) -> Option<String> {
    let mut causes = super::transport::causes(error);
    causes.find_map(|cause| match cause.downcast_ref()? {
        rustls::Error::InvalidCertificate(problem) => Some(sentence(problem)),
        _ => None,
    })
}

/// Whether the server does not speak TLS, which is known from the types as well.
#[cfg(any(feature = "rustls", feature = "rustls-ring"))]
pub(super) fn is_without_tls(error: &reqwest::Error) -> bool {
    use rustls::{Error, InvalidMessage};
    let mut causes = super::transport::causes(error);
    causes.any(|cause| {
        matches!(
            cause.downcast_ref(),
            Some(Error::InvalidMessage(InvalidMessage::InvalidContentType))
        )
    })
}

#[cfg(not(any(feature = "rustls", feature = "rustls-ring")))]
pub(super) fn is_without_tls(_: &reqwest::Error) -> bool {
    false
}

#[cfg(not(any(feature = "rustls", feature = "rustls-ring")))]
pub(super) fn problem(_: &reqwest::Error) -> Option<String> {
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
