//! The signals that stop the server.

use super::Failure;
use crate::tls::TlsError;

/// SIGTERM and SIGINT, listened for from the start: a signal that comes before the server is ready
/// must stop it as well, and in the same way.
pub(super) struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

impl Signals {
    pub(super) fn listen() -> Result<Self, Failure> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            let failed = |error| Failure::Io { what: "listen for signals", error };
            Ok(Self {
                terminate: signal(SignalKind::terminate()).map_err(failed)?,
                interrupt: signal(SignalKind::interrupt()).map_err(failed)?,
            })
        }
        #[cfg(not(unix))]
        Ok(Self {})
    }

    /// Done when the next of them comes.
    pub(super) async fn next(&mut self) {
        #[cfg(unix)]
        tokio::select! {
            _ = self.terminate.recv() => tracing::info!("stopping on SIGTERM"),
            _ = self.interrupt.recv() => tracing::info!("stopping on SIGINT"),
        }
        #[cfg(not(unix))]
        {
            // Without Ctrl-C there is nothing to wait for but the end of the process.
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending().await
            }
        }
    }
}

/// Reads what changed whenever SIGHUP comes, which by itself would end the process.
pub(super) fn reload_on_hangup(
    reload: impl Fn() -> Result<(), TlsError> + Send + 'static,
) -> Result<(), Failure> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let failed = |error| Failure::Io { what: "listen for signals", error };
        let mut hangup = signal(SignalKind::hangup()).map_err(failed)?;
        tokio::spawn(async move {
            while hangup.recv().await.is_some() {
                match reload() {
                    Ok(()) => tracing::info!("read the certificate and its key again"),
                    Err(error) => tracing::error!(%error, "the certificate stays as it was"),
                }
            }
        });
    }
    Ok(())
}
