//! Accepting connections: so many at once, each with so much time, with TLS or without.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use http_body_util::BodyExt;
use hyper::Request;
use hyper::body::Incoming;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::app::App;
use crate::router::router;
use crate::timed_body::TimedBody;
use crate::timed_stream::{Patience, Requests, TimedStream};
use crate::tls::{Tls, is_http2};

/// Answers what connects until `stop` is done, then finishes the requests that run, for as long as
/// the configuration allows. Those beyond the highest number of connections wait to be accepted.
/// Returns when everything else has to be finished as well.
pub(crate) async fn answer(
    listener: TcpListener,
    tls: Option<Arc<Tls>>,
    app: &App,
    stop: impl Future<Output = ()> + Send,
) -> Instant {
    let routes = router(app.clone());
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    let mut stop = pin!(stop);
    loop {
        let is_full = connections.len() >= app.config.max_connections.get();
        tokio::select! {
            (stream, peer) = accept(&listener), if !is_full => {
                let connection = Connection {
                    peer,
                    tls: tls.clone(),
                    app: app.clone(),
                    routes: routes.clone(),
                    watcher: graceful.watcher(),
                };
                connections.spawn(connection.answer(stream));
            }
            Some(_) = connections.join_next() => {}
            () = &mut stop => break,
        }
    }
    drop(listener);
    let grace = app.config.shutdown_grace;
    let deadline = Instant::now() + grace;
    if tokio::time::timeout_at(deadline, graceful.shutdown()).await.is_err() {
        tracing::warn!(?grace, "requests still run after the grace period; they are cut off");
    }
    deadline
}

async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    /// Long enough for something to be closed where there are too many open files.
    const PAUSE: Duration = Duration::from_millis(100);
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            // A client that has left already.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(error) => {
                tracing::error!(%error, "a connection was not accepted");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// A connection that was accepted.
struct Connection {
    peer: SocketAddr,
    tls: Option<Arc<Tls>>,
    app: App,
    routes: Router,
    watcher: Watcher,
}

impl Connection {
    async fn answer(self, stream: TcpStream) {
        let metrics = self.app.clone();
        metrics.metrics.connections.inc();
        // Without it, small answers may be held back for others to come.
        let _ = stream.set_nodelay(true);
        let config = &self.app.config;
        let patience = Patience {
            head: config.header_timeout,
            idle: config.idle_timeout,
            write: config.body_timeout,
            room: None,
        };
        let builder = Builder::new(TokioExecutor::new());
        match self.tls.clone() {
            None => self.answer_http(stream, patience, builder.http1_only()).await,
            Some(tls) => match tokio::time::timeout(patience.head, tls.accept(stream)).await {
                Ok(Ok(stream)) if is_http2(&stream) => {
                    // Its clients send more than requests: what comes need not be a head. And they say
                    // how much they take of each answer, on a stream that could be written to.
                    let (head, room) = (patience.idle, Some(patience.write));
                    let patience = Patience { head, room, ..patience };
                    self.answer_http(stream, patience, builder.http2_only()).await;
                }
                Ok(Ok(stream)) => self.answer_http(stream, patience, builder.http1_only()).await,
                Ok(Err(error)) => tracing::debug!(%error, "TLS was not agreed on"),
                Err(_) => tracing::debug!("TLS was not agreed on in time"),
            },
        }
        metrics.metrics.connections.dec();
    }

    async fn answer_http<S>(self, stream: S, patience: Patience, builder: Builder<TokioExecutor>)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let requests = Arc::new(Requests::default());
        let stream = TimedStream::new(stream, patience, requests.clone());
        let routes = TowerToHyperService::new(self.routes);
        let peer = self.peer;
        let service = service_fn(move |mut request: Request<Incoming>| {
            let running = requests.begin();
            request.extensions_mut().insert(ConnectInfo(peer));
            let answer = routes.call(request);
            async move {
                // The request runs until its answer was sent.
                let held = move |body: Body| match patience.room {
                    Some(_) => Body::new(TimedBody::new(body, running)),
                    None => Body::new(body.map_frame(move |frame| {
                        let _ = &running;
                        frame
                    })),
                };
                answer.await.map(|response| response.map(held))
            }
        });
        let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
        if let Err(error) = self.watcher.watch(connection).await {
            tracing::debug!(error = &*error as &dyn std::error::Error, "a connection broke off");
        }
    }
}
