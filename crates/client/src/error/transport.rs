//! No answer, or not a whole one.

use std::{error::Error as StdError, fmt, io};

use reqwest::Url;

use super::{
    Called,
    certificate::{self, TlsProblem},
};
use crate::printed::printable;

/// No answer, or not a whole one. Its [source](StdError::source) is the innermost cause, such as the
/// I/O error.
pub struct TransportError {
    called: Called,
    /// Host and port, as they stand in a URL.
    host: Option<String>,
    tls: Option<TlsProblem>,
    /// Without its URL, which may hold a secret where a redirect was followed.
    source: reqwest::Error,
}

impl TransportError {
    pub(crate) fn new(called: Called, source: reqwest::Error) -> Self {
        let host = source.url().and_then(host_and_port);
        let source = source.without_url();
        let tls = certificate::problem(&source);
        Self { called, host, tls, source }
    }

    /// The operation, such as `get_registry`.
    pub fn operation(&self) -> &'static str {
        self.called.operation
    }

    /// Whether no connection came about. Then nothing was sent.
    pub fn is_connect(&self) -> bool {
        crate::platform::is_connect(&self.source)
    }

    /// Whether it took too long. Unless [`is_connect`](Self::is_connect) is true as well, the
    /// deployment may have done what it was asked for.
    pub fn is_timeout(&self) -> bool {
        self.source.is_timeout()
    }

    /// Whether the server's certificate is not trusted. Nothing was sent, and nothing is sent again.
    ///
    /// Known with rustls only: the system's TLS library does not say why it rejects a server.
    pub fn is_certificate(&self) -> bool {
        matches!(self.tls, Some(TlsProblem::Certificate(_)))
    }

    /// Whether the same request may be sent again, and may succeed then. A request that may have
    /// reached the deployment may be if it only reads.
    pub(crate) fn is_retryable(&self) -> bool {
        self.tls.is_none() && (self.is_connect() || self.called.method.is_safe())
    }
}

/// Host and port of a URL, the port even where it is the scheme's own.
pub(super) fn host_and_port(url: &Url) -> Option<String> {
    let host = url.host_str()?;
    Some(match url.port_or_known_default() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    })
}

impl fmt::Debug for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransportError")
            .field("operation", &self.called.operation)
            .field("host", &self.host)
            .field("is_connect", &self.is_connect())
            .field("is_timeout", &self.is_timeout())
            .field("cause", &printable(&root_cause(&self.source).to_string(), &[]))
            .finish_non_exhaustive()
    }
}

impl fmt::Display for TransportError {
    /// What happened, without the cause: that is the source.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.host.as_deref().unwrap_or("the deployment");
        let call = &self.called.name;
        match &self.tls {
            Some(TlsProblem::Certificate(problem)) => {
                write!(f, "{call} could not connect to {host}: {problem}")
            }
            Some(TlsProblem::NoTls) => write!(
                f,
                "{call} could not connect to {host}, which does not use TLS; check whether the \
                 base URL begins with http://"
            ),
            None if self.is_connect() && self.is_timeout() => {
                write!(f, "{call} could not connect to {host} in time; check the base URL")
            }
            None if self.is_connect() => {
                write!(f, "{call} could not connect to {host}; check the base URL")
            }
            None if self.is_timeout() => {
                write!(f, "{call} got no response from {host} in time")
            }
            None => write!(f, "{call} got no complete response from {host}"),
        }
    }
}

impl StdError for TransportError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(root_cause(&self.source))
    }
}

/// The errors that caused `error`, itself first. An I/O error shows those that it holds as its own, so
/// they are looked for in it.
pub(super) fn causes<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error: &&'a (dyn StdError + 'static)| {
        let held = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        held.map(|held| held as &(dyn StdError + 'static)).or_else(|| error.source())
    })
}

/// The innermost cause of an error.
pub(crate) fn root_cause<'a>(error: &'a (dyn StdError + 'static)) -> &'a (dyn StdError + 'static) {
    causes(error).last().unwrap_or(error)
}
