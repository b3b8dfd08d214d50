//! Accepting connections: so many at once, each with so much time, with TLS or without.

use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::ConnectInfo;
use axum::http::{HeaderValue, StatusCode, Version, header};
use http_body_util::BodyExt;
use hyper::Request;
use hyper::body::{Frame, Incoming, SizeHint};
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
use crate::config::Config;
use crate::head::{LONGEST_HTTP2_HEAD, without_final_slash};
use crate::metrics::Metrics;
use crate::network::Network;
use crate::observe::new_request_id;
use crate::refusals::{Refusal, Refusals};
use crate::timed_body::TimedBody;
use crate::timed_stream::{Patience, Requests, TimedStream};
use crate::tls::{Tls, is_http2};

/// Where to listen, and what responds there.
pub(crate) struct Listening {
    pub(crate) app: App,
    pub(crate) listener: TcpListener,
    /// The TLS configuration, if it uses TLS.
    pub(crate) tls: Option<Arc<Tls>>,
    pub(crate) routes: Router,
    /// How many connections there are at once, in all and from one network. Those beyond the first
    /// wait to be accepted, those beyond the second are closed.
    pub(crate) most: usize,
    pub(crate) most_of_one: usize,
    pub(crate) patience: Patience,
    /// Where connections are counted, if anywhere.
    pub(crate) metrics: Option<Arc<Metrics>>,
}

impl Listening {
    /// Answers what connects until `stop` is done, then finishes the requests that run, for `grace` or
    /// until `at_once` is done. Returns when everything else has to be finished as well.
    pub(crate) async fn answer(
        self,
        stop: impl Future<Output = ()> + Send,
        grace: Duration,
        at_once: Pin<&mut (impl Future<Output = ()> + Send)>,
    ) -> Instant {
        let graceful = GracefulShutdown::new();
        let mut connections = JoinSet::new();
        let networks = Networks::new(self.most_of_one);
        let mut stop = pin!(stop);
        loop {
            let is_full = connections.len() >= self.most;
            tokio::select! {
                (stream, peer) = accept(&self.listener), if !is_full => {
                    let Some(place) = networks.place(peer.ip()) else {
                        self.refuse(&stream, peer);
                        continue;
                    };
                    let connection = Connection {
                        app: self.app.clone(),
                        peer,
                        tls: self.tls.clone(),
                        routes: self.routes.clone(),
                        patience: self.patience,
                        watcher: graceful.watcher(),
                    };
                    let counted = self.metrics.clone().map(Counted::new);
                    connections.spawn(async move {
                        let _held = (place, counted);
                        connection.answer(stream).await;
                    });
                }
                Some(_) = connections.join_next() => {}
                () = &mut stop => break,
            }
        }
        drop(self.listener);
        let deadline = Instant::now() + grace;
        tokio::select! {
            finished = tokio::time::timeout_at(deadline, graceful.shutdown()) => {
                if finished.is_err() {
                    tracing::warn!(
                        ?grace,
                        "requests still run after the grace period; they are cut off"
                    );
                }
                deadline
            }
            () = at_once => {
                tracing::warn!("second signal to stop: requests that still run are cut off");
                Instant::now()
            }
        }
    }

    /// Closes a connection of a network that has enough of them.
    fn refuse(&self, stream: &TcpStream, peer: SocketAddr) {
        let id = new_request_id(&self.app);
        if self.tls.is_none() {
            let answer = Refusal {
                status: StatusCode::SERVICE_UNAVAILABLE,
                message: "There are too many connections from this address. Close some, and try again.",
                request_id: &id,
                more: "retry-after: 1\r\n",
            };
            // There is room in a new connection; if not, the client gets no response.
            let _ = stream.try_write(answer.to_string().as_bytes());
        }
        if let Some(metrics) = &self.metrics {
            metrics.refused_connections.inc();
        }
        tracing::debug!(
            request_id = id,
            %peer,
            "refused a connection: there are too many from this address"
        );
    }
}

impl Patience {
    /// How long the configuration lets a connection wait, over HTTP/1.
    pub(crate) fn of(config: &Config) -> Self {
        Self {
            head: config.header_timeout,
            idle: config.idle_timeout,
            write: config.body_timeout,
            room: None,
        }
    }
}

/// How many connections each network has.
struct Networks {
    most: usize,
    counts: Arc<Mutex<HashMap<Network, usize>>>,
}

impl Networks {
    fn new(most: usize) -> Self {
        Self { most, counts: Arc::default() }
    }

    /// A place for one more connection, if the network may have it. It is free again when it is
    /// dropped.
    fn place(&self, address: IpAddr) -> Option<Place> {
        let network = Network::of(address);
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(network).or_default();
        (*count < self.most).then(|| {
            *count += 1;
            Place { network, counts: self.counts.clone() }
        })
    }
}

/// A connection that the metrics count, until it is dropped.
struct Counted(Arc<Metrics>);

impl Counted {
    fn new(metrics: Arc<Metrics>) -> Self {
        metrics.connections.inc();
        Self(metrics)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.connections.dec();
    }
}

struct Place {
    network: Network,
    counts: Arc<Mutex<HashMap<Network, usize>>>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.network) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.network);
            }
        }
    }
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
    app: App,
    peer: SocketAddr,
    tls: Option<Arc<Tls>>,
    routes: Router,
    patience: Patience,
    watcher: Watcher,
}

impl Connection {
    async fn answer(self, stream: TcpStream) {
        // Without it, small answers may be held back for others to come.
        let _ = stream.set_nodelay(true);
        let patience = self.patience;
        match self.tls.clone() {
            None => self.answer_http1(stream).await,
            Some(tls) => match tokio::time::timeout(patience.head, tls.accept(stream)).await {
                Ok(Ok(stream)) if is_http2(&stream) => self.answer_http2(stream).await,
                Ok(Ok(stream)) => self.answer_http1(stream).await,
                Ok(Err(error)) => tracing::debug!(%error, "TLS was not agreed on"),
                Err(_) => tracing::debug!("TLS was not agreed on in time"),
            },
        }
    }

    async fn answer_http1<S>(self, stream: S)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        /// How long a head may be, in bytes. A longer one is rejected with 431, and a path of 64 KiB
        /// with 414.
        const LONGEST_HEAD: usize = 128 * 1024;
        let mut builder = Builder::new(TokioExecutor::new()).http1_only();
        // A client that has sent all it will send waits for the response, like any other.
        builder.http1().half_close(true).max_buf_size(LONGEST_HEAD);
        let requests = Arc::new(Requests::default());
        let stream = TimedStream::new(stream, self.patience, requests.clone());
        let app = self.app.clone();
        let new_id = Box::new(move || new_request_id(&app));
        let stream = Refusals::new(stream, requests.clone(), new_id);
        self.serve(stream, builder, requests).await;
    }

    async fn answer_http2<S>(mut self, stream: S)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        /// Requests that run at the same time on one connection: no fewer than RFC 9113 recommends.
        const STREAMS: u32 = 100;
        let mut builder = Builder::new(TokioExecutor::new()).http2_only();
        builder.http2().max_concurrent_streams(STREAMS).max_header_list_size(LONGEST_HTTP2_HEAD);
        // Its clients send more than requests: what comes need not be a head. And they say how much
        // they take of each response, on a stream that could be written to.
        let (head, room) = (self.patience.idle, Some(self.patience.write));
        self.patience = Patience { head, room, ..self.patience };
        let requests = Arc::new(Requests::default());
        let stream = TimedStream::new(stream, self.patience, requests.clone());
        self.serve(stream, builder, requests).await;
    }

    async fn serve<S>(self, stream: S, builder: Builder<TokioExecutor>, requests: Arc<Requests>)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let routes = TowerToHyperService::new(self.routes);
        let (peer, has_room) = (self.peer, self.patience.room.is_some());
        let service = service_fn(move |request: Request<Incoming>| {
            let running = requests.begin();
            let (mut head, body) = request.into_parts();
            head.uri = without_final_slash(head.uri);
            head.extensions.insert(ConnectInfo(peer));
            let (is_http1, requests) = (head.version < Version::HTTP_2, requests.clone());
            let body = if body.is_end_stream() {
                Body::empty()
            } else {
                Body::new(RequestBody { inner: body, has_ended: false, requests: requests.clone() })
            };
            let answer = routes.call(Request::from_parts(head, body));
            async move {
                // The request runs until its response was sent.
                let until_sent = move |body: Body| {
                    if has_room {
                        return Body::new(TimedBody::new(body, running));
                    }
                    Body::new(body.map_frame(move |frame| {
                        let _ = &running;
                        frame
                    }))
                };
                answer.await.map(|response| {
                    let mut response = response.map(until_sent);
                    if is_http1 && is_for_want_of_a_body(response.status()) && requests.is_unread()
                    {
                        let close = HeaderValue::from_static("close");
                        response.headers_mut().insert(header::CONNECTION, close);
                    }
                    response
                })
            }
        });
        let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
        if let Err(error) = self.watcher.watch(connection).await {
            tracing::debug!(error = &*error as &dyn std::error::Error, "a connection broke off");
        }
    }
}

/// Whether this refuses a request for its body, of which more may come. The connection is closed then,
/// for who is refused a body need not send it.
fn is_for_want_of_a_body(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::REQUEST_TIMEOUT
            | StatusCode::PAYLOAD_TOO_LARGE
            | StatusCode::UNSUPPORTED_MEDIA_TYPE
    )
}

/// The body of a request, of which the connection learns whether it was read to its end.
struct RequestBody {
    inner: Incoming,
    has_ended: bool,
    requests: Arc<Requests>,
}

impl HttpBody for RequestBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(context));
        self.has_ended = !matches!(frame, Some(Ok(_)));
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl Drop for RequestBody {
    fn drop(&mut self) {
        if !self.has_ended && !self.inner.is_end_stream() {
            self.requests.leave_unread();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_of_a_network_and_come_back() {
        let networks = Networks::new(2);
        let place = |address: &str| networks.place(address.parse().unwrap());
        let one = place("192.0.2.1").unwrap();
        let two = place("::ffff:192.0.2.1").unwrap();
        assert!(place("192.0.2.1").is_none());
        let other = place("192.0.2.2").unwrap();
        drop(one);
        let again = place("192.0.2.1").unwrap();
        assert!(place("192.0.2.1").is_none());
        let six = [place("2001:db8::1"), place("2001:db8::2")];
        assert!(six.iter().all(Option::is_some) && place("2001:db8::3").is_none());
        drop((two, other, again, six));
        assert!(networks.counts.lock().unwrap().is_empty());
    }
}
