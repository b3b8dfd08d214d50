//! Listening, answering, and stopping without breaking anything off.

use std::future::Future;
use std::io;
use std::net::SocketAddr;

use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::app::App;
use crate::router::router;

/// Answers requests until `stop` is done, then finishes those that run, for as long as the
/// configuration allows, and lets go of the database.
pub(crate) async fn serve(
    listener: TcpListener,
    app: App,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let (stopping, stopped) = oneshot::channel();
    let service = router(app.clone()).into_make_service_with_connect_info::<SocketAddr>();
    let running = axum::serve(listener, service).with_graceful_shutdown(async move {
        stop.await;
        // Nobody listens any more if the server failed in the meantime.
        let _ = stopping.send(());
    });
    let grace = app.config.shutdown_grace;
    let deadline = async {
        if stopped.await.is_ok() {
            tokio::time::sleep(grace).await;
        } else {
            std::future::pending::<()>().await;
        }
    };
    let result = tokio::select! {
        result = async { running.await } => result,
        () = deadline => {
            tracing::warn!(?grace, "requests still run after the grace period; they are cut off");
            Ok(())
        }
    };
    if tokio::time::timeout(grace, app.storage.close()).await.is_err() {
        tracing::warn!(?grace, "the database is still in use after the grace period");
    }
    result
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use tokio::io::AsyncWriteExt;

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
        let storage = Arc::new(Sqlite::in_memory().await.unwrap());
        let ids = Arc::new(SystemIds::default());
        let app = App::new(config, storage, Arc::new(SystemClock), ids);
        let (stop, stopped) = oneshot::channel::<()>();
        let running = tokio::spawn(serve(listener, app, async {
            let _ = stopped.await;
        }));
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n").await.unwrap();
        stop.send(()).unwrap();
        running.await.unwrap().unwrap();
    }
}
