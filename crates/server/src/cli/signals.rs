//! The signals that stop the server, and the one that does not end `serve`.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use super::{Failure, io_failure};
#[cfg(unix)]
use crate::clock::{Clock, SystemClock};
use crate::tls::Tls;

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
            let failed = |error| io_failure("listen for signals", &error);
            Ok(Self {
                terminate: signal(SignalKind::terminate()).map_err(failed)?,
                interrupt: signal(SignalKind::interrupt()).map_err(failed)?,
            })
        }
        #[cfg(not(unix))]
        Ok(Self {})
    }

    /// Two waits. The first is to stop: it ends a while after the first signal, or at the second.
    /// The other is to stop without waiting for what runs: it ends at the signal after that.
    /// `begin` is called at the first signal.
    pub(super) fn stop(
        mut self,
        delay: Duration,
        begin: impl FnOnce() + Send + 'static,
    ) -> (impl Future<Output = ()> + Send, impl Future<Output = ()> + Send) {
        let ((stop, stopped), (cut_off, was_cut_off)) = (oneshot::channel(), oneshot::channel());
        tokio::spawn(async move {
            self.next().await;
            begin();
            if !delay.is_zero() {
                tokio::select! {
                    () = tokio::time::sleep(delay) => {}
                    () = self.next() => {}
                }
            }
            // A receiver that is gone has stopped already.
            let _ = stop.send(());
            self.next().await;
            let _ = cut_off.send(());
        });
        let done = |channel: oneshot::Receiver<()>| async {
            let _ = channel.await;
        };
        (done(stopped), done(was_cut_off))
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

/// SIGHUP, listened for from the start as well: by itself it would end the process, and break off what
/// runs.
pub(super) struct Hangups {
    #[cfg(unix)]
    hangup: tokio::signal::unix::Signal,
}

impl Hangups {
    pub(super) fn listen() -> Result<Self, Failure> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            let failed = |error| io_failure("listen for signals", &error);
            Ok(Self { hangup: signal(SignalKind::hangup()).map_err(failed)? })
        }
        #[cfg(not(unix))]
        Ok(Self {})
    }

    /// Reads the certificate and its key again, if there are any, whenever SIGHUP comes.
    pub(super) fn reload(self, tls: Option<Arc<Tls>>) {
        #[cfg(unix)]
        tokio::spawn(async move {
            let mut hangup = self.hangup;
            while hangup.recv().await.is_some() {
                let Some(tls) = &tls else {
                    tracing::info!("there is no certificate to read again");
                    continue;
                };
                match tls.reload() {
                    Ok(()) => tracing::info!("read the certificate and its key again"),
                    Err(error) => tracing::error!(%error, "the certificate stays as it was"),
                }
                tls.log_problems(SystemClock.now());
            }
        });
        #[cfg(not(unix))]
        drop(tls);
    }
}
