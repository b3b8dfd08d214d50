//! In the place of `tls.rs`, without the feature `tls`.

#![expect(clippy::unused_async, reason = "what it stands in for waits")]

use std::io;
use std::path::PathBuf;

use tokio::net::TcpStream;

/// There is none.
#[derive(Debug)]
pub(crate) enum Tls {}

#[derive(Debug, thiserror::Error)]
#[error("TLS needs the feature `tls` of the crate registries-server")]
pub(crate) struct TlsError;

impl Tls {
    pub(crate) fn load(_: PathBuf, _: PathBuf) -> Result<Self, TlsError> {
        Err(TlsError)
    }

    pub(crate) async fn accept(&self, _: TcpStream) -> io::Result<TcpStream> {
        match *self {}
    }
}

pub(crate) fn is_http2(_: &TcpStream) -> bool {
    false
}
