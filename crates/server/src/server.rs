//! Listening, answering, and stopping without breaking anything off.

use std::future::Future;
use std::sync::Arc;

use tokio::net::TcpListener;

use crate::app::App;
use crate::connections::answer;
use crate::monitoring::monitoring;
use crate::tls::Tls;

/// A server that listens already.
pub(crate) struct Server {
    pub(crate) app: App,
    pub(crate) listener: TcpListener,
    /// With what it speaks TLS, if it does.
    pub(crate) tls: Option<Arc<Tls>>,
    /// Where it tells how it is, if anywhere.
    pub(crate) monitoring: Option<TcpListener>,
}

impl Server {
    /// Answers requests until `stop` is done, then finishes those that run, for as long as the
    /// configuration allows, and lets go of the database. It tells how it is for all that time.
    pub(crate) async fn run(self, stop: impl Future<Output = ()> + Send) {
        let Self { app, listener, tls, monitoring: monitor } = self;
        let running = async {
            let stop = async {
                stop.await;
                app.begin_to_stop();
            };
            answer(listener, tls, &app, stop).await;
            let grace = app.config.shutdown_grace;
            if tokio::time::timeout(grace, app.storage.close()).await.is_err() {
                tracing::warn!(?grace, "the database is still in use after the grace period");
            }
        };
        let monitoring = async {
            if let Some(listener) = monitor {
                let served = axum::serve(listener, monitoring(app.clone())).await;
                tracing::error!(?served, "the server does not tell how it is any more");
            }
            std::future::pending::<()>().await;
        };
        tokio::select! {
            () = running => {}
            () = monitoring => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::AsyncWriteExt;
    use tokio::sync::oneshot;

    use super::*;
    use crate::clock::SystemClock;
    use crate::config::{Config, PublicUrls};
    use crate::ids::SystemIds;
    use crate::storage::sqlite::Sqlite;

    #[tokio::test]
    async fn a_request_that_never_ends_does_not_hold_up_a_shutdown_for_ever() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let urls = PublicUrls::new(&format!("http://{address}").parse().unwrap(), None);
        let grace = Duration::from_millis(20);
        let config = Config { shutdown_grace: grace, ..Config::new(urls) };
        let storage = Arc::new(Sqlite::in_memory().unwrap());
        let ids = Arc::new(SystemIds::default());
        let app = App::new(config, storage, Arc::new(SystemClock), ids);
        let (stop, stopped) = oneshot::channel::<()>();
        let server = Server { app, listener, tls: None, monitoring: None };
        let running = tokio::spawn(server.run(async {
            let _ = stopped.await;
        }));
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n").await.unwrap();
        stop.send(()).unwrap();
        running.await.unwrap();
    }
}
