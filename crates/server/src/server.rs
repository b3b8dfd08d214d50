//! Listening, answering, and stopping without breaking anything off.

use std::future::{Future, pending};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::net::TcpListener;

use crate::app::App;
use crate::connections::Listening;
use crate::monitoring::monitoring;
use crate::router::router;
use crate::timed_stream::Patience;
use crate::tls::Tls;

/// A server that listens already.
pub(crate) struct Server {
    pub(crate) app: App,
    pub(crate) listener: TcpListener,
    /// The TLS configuration, if it uses TLS.
    pub(crate) tls: Option<Arc<Tls>>,
    /// The listener for monitoring, if there is one.
    pub(crate) monitoring: Option<TcpListener>,
}

impl Server {
    /// Answers requests until `stop` is done. Then it finishes those that run, for as long as the
    /// configuration allows or until `at_once` is done, and closes the database. It reports its
    /// state for all that time.
    pub(crate) async fn run(
        self,
        stop: impl Future<Output = ()> + Send,
        at_once: impl Future<Output = ()> + Send,
    ) {
        let Self { app, listener, tls, monitoring: monitor } = self;
        let grace = app.config.shutdown_grace;
        let running = async {
            let stop = async {
                stop.await;
                app.begin_to_stop();
            };
            let mut at_once = pin!(at_once.fuse());
            let deadline =
                listening(&app, listener, tls).answer(stop, grace, at_once.as_mut()).await;
            tokio::select! {
                closed = tokio::time::timeout_at(deadline, app.storage.close()) => {
                    if closed.is_err() {
                        tracing::warn!(?grace, "the database is still in use after the grace period");
                    }
                }
                () = at_once => {
                    tracing::warn!("second signal to stop: the database is still in use");
                }
            }
        };
        let monitoring = async {
            match monitor {
                Some(listener) => watched(&app, listener).await,
                None => pending().await,
            }
        };
        tokio::select! {
            () = running => {}
            () = monitoring => {}
        }
    }
}

fn listening(app: &App, listener: TcpListener, tls: Option<Arc<Tls>>) -> Listening {
    Listening {
        app: app.clone(),
        listener,
        tls,
        routes: router(app.clone()),
        most: app.config.max_connections.get(),
        most_of_one: app.config.max_connections_per_address().get(),
        patience: Patience::of(&app.config),
        metrics: Some(app.metrics.clone()),
    }
}

/// Serves monitoring until the end of the process.
async fn watched(app: &App, listener: TcpListener) {
    /// Those who ask are few, and most of them may be at one address, though none is left without a
    /// place by it.
    const MOST: usize = 64;
    const MOST_OF_ONE: usize = 32;
    let listening = Listening {
        app: app.clone(),
        listener,
        tls: None,
        routes: monitoring(app.clone()),
        most: MOST,
        most_of_one: MOST_OF_ONE,
        patience: Patience::of(&app.config),
        metrics: None,
    };
    listening.answer(pending(), Duration::ZERO, pin!(pending())).await;
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::time::Duration;

    use tokio::io::AsyncWriteExt;
    use tokio::net::TcpStream;
    use tokio::sync::oneshot;
    use tokio::time::Instant;

    use super::*;
    use crate::admin::{Admin, TokenRequest};
    use crate::clock::SystemClock;
    use crate::config::{Config, PublicUrls};
    use crate::domain::scope::Scope;
    use crate::ids::SystemIds;
    use crate::storage::Storage;

    const GRACE: Duration = Duration::from_millis(20);

    async fn server() -> (App, TcpListener, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let urls = PublicUrls::new(&format!("http://{address}").parse().unwrap(), None);
        let config = Config { shutdown_grace: GRACE, ..Config::new(urls) };
        let storage = Storage::in_memory().unwrap();
        let ids = Arc::new(SystemIds::default());
        (App::new(config, storage, Arc::new(SystemClock), ids), listener, address)
    }

    /// A request that runs, and never ends: its body does not come.
    async fn endless(address: SocketAddr, app: &App) -> TcpStream {
        let (storage, clock, ids) = (app.storage.clone(), app.clock.clone(), app.ids.clone());
        let admin = Admin { storage, clock, ids };
        admin.create_organization("my-org", None).await.unwrap();
        let token = TokenRequest::new("my-org", &Scope::ALL);
        let (_, token) = admin.create_token(&token).await.unwrap();
        let head = format!(
            "POST /v2/packages/organizations/my-org/registries HTTP/1.1\r\nHost: x\r\n\
             Authorization: Bearer {token}\r\nContent-Type: application/json\r\n\
             Content-Length: 2\r\n\r\n"
        );
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        while app.metrics.in_flight.get() == 0 {
            tokio::task::yield_now().await;
        }
        stream
    }

    #[tokio::test]
    async fn a_request_that_never_ends_does_not_block_a_shutdown_for_ever() {
        let (app, listener, address) = server().await;
        let (stop, stopped) = oneshot::channel::<()>();
        let server = Server { app: app.clone(), listener, tls: None, monitoring: None };
        let running = tokio::spawn(server.run(
            async {
                let _ = stopped.await;
            },
            pending(),
        ));
        let _stream = endless(address, &app).await;
        stop.send(()).unwrap();
        running.await.unwrap();
    }

    #[tokio::test]
    async fn a_second_signal_to_stop_ends_the_wait() {
        let (app, listener, address) = server().await;
        let config = Config { shutdown_grace: Duration::from_hours(1), ..app.config.clone() };
        let (storage, clock, ids) = (app.storage.clone(), app.clock.clone(), app.ids.clone());
        let app = App::new(config, storage, clock, ids);
        let server = Server { app: app.clone(), listener, tls: None, monitoring: None };
        let ((stop, stopped), (again, received_again)) =
            (oneshot::channel(), oneshot::channel::<()>());
        let received = |channel: oneshot::Receiver<()>| async {
            let _ = channel.await;
        };
        let running = tokio::spawn(server.run(received(stopped), received(received_again)));
        let _stream = endless(address, &app).await;
        stop.send(()).unwrap();
        while !app.is_stopping() {
            tokio::task::yield_now().await;
        }
        assert!(!running.is_finished());
        again.send(()).unwrap();
        running.await.unwrap();
    }

    #[tokio::test]
    async fn what_requests_used_up_of_the_grace_is_used_up() {
        let (app, listener, address) = server().await;
        let (stop, stopped) = oneshot::channel::<()>();
        let answering = {
            let app = app.clone();
            tokio::spawn(async move {
                let stop = async {
                    let _ = stopped.await;
                };
                let listening = listening(&app, listener, None);
                listening.answer(stop, GRACE, pin!(pending())).await
            })
        };
        let _stream = endless(address, &app).await;
        stop.send(()).unwrap();
        let deadline = answering.await.unwrap();
        assert!(deadline <= Instant::now(), "nothing is left of it");
    }
}
