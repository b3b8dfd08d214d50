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
    app.storage.close().await;
    result
}
