//! Load: connections that each send a request as soon as the last one was answered.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{
    Request,
    client::conn::http1::{SendRequest, handshake},
    header::HOST,
};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, task::JoinSet};

use crate::float;

pub(super) type Body = Full<Bytes>;

/// What is sent, given how many were sent before.
pub(super) type Requests = Arc<dyn Fn(usize) -> Result<Request<Body>> + Send + Sync>;

/// What is put on a server.
#[derive(Clone)]
pub(super) struct Load {
    pub(super) address: SocketAddr,
    pub(super) connections: usize,
    pub(super) requests: Requests,
    /// How many were sent already.
    pub(super) sent: Arc<AtomicUsize>,
}

/// What came of it.
pub(super) struct Outcome {
    pub(super) per_second: f64,
    /// How many seconds each request took, in ascending order.
    latencies: Vec<f64>,
}

impl Outcome {
    /// The latency that so many of a thousand requests do not exceed, in microseconds.
    pub(super) fn microseconds(&self, of_thousand: usize) -> f64 {
        let index = self.latencies.len() * of_thousand / 1000;
        self.latencies.get(index).copied().unwrap_or_default() * 1e6
    }
}

impl Load {
    pub(super) fn new(
        address: SocketAddr,
        connections: usize,
        requests: impl Fn(usize) -> Result<Request<Body>> + Send + Sync + 'static,
    ) -> Self {
        Self { address, connections, requests: Arc::new(requests), sent: Arc::default() }
    }

    /// Keeps the load up for some time.
    pub(super) async fn run(&self, time: Duration) -> Result<Outcome> {
        let load = self.clone();
        tokio::task::spawn_blocking(move || load.run_on_threads(time)).await?
    }

    /// Half of the cores make the load. Each thread of them has connections of its own.
    fn run_on_threads(&self, time: Duration) -> Result<Outcome> {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let threads = (cores / 2).clamp(1, self.connections);
        let started = Instant::now();
        let latencies: Vec<Vec<f64>> = thread::scope(|scope| {
            let share = |index| {
                self.connections * (index + 1) / threads - self.connections * index / threads
            };
            let run = |index| scope.spawn(move || self.run_here(share(index), started + time));
            let running: Vec<_> = (0..threads).map(run).collect();
            let ended = running.into_iter().map(|thread| thread.join().expect("no thread panics"));
            ended.collect::<Result<_>>()
        })?;
        let seconds = started.elapsed().as_secs_f64();
        let mut latencies = latencies.concat();
        latencies.sort_by(f64::total_cmp);
        Ok(Outcome { per_second: float(latencies.len()) / seconds, latencies })
    }

    fn run_here(&self, connections: usize, until: Instant) -> Result<Vec<f64>> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let mut running = JoinSet::new();
            for _ in 0..connections {
                running.spawn(self.clone().connection(until));
            }
            let mut latencies = Vec::new();
            while let Some(ended) = running.join_next().await {
                latencies.extend(ended??);
            }
            Ok(latencies)
        })
    }

    async fn connection(self, until: Instant) -> Result<Vec<f64>> {
        let mut sender = connect(self.address).await?;
        let mut latencies = Vec::new();
        while Instant::now() < until {
            let request = (self.requests)(self.sent.fetch_add(1, Ordering::Relaxed))?;
            let begun = Instant::now();
            exchange(&mut sender, self.address, request, |_| ()).await?;
            latencies.push(begun.elapsed().as_secs_f64());
        }
        Ok(latencies)
    }
}

/// Sends one request on a connection of its own, and hands over the body of the response as it comes.
pub(super) async fn send(
    address: SocketAddr,
    request: Request<Body>,
    take: impl FnMut(&Bytes),
) -> Result<()> {
    exchange(&mut connect(address).await?, address, request, take).await
}

async fn connect(address: SocketAddr) -> Result<SendRequest<Body>> {
    let stream = TcpStream::connect(address).await.context("connecting to the server")?;
    stream.set_nodelay(true)?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    // It ends with the sender, which reports failures.
    tokio::spawn(connection);
    Ok(sender)
}

async fn exchange(
    sender: &mut SendRequest<Body>,
    address: SocketAddr,
    mut request: Request<Body>,
    mut take: impl FnMut(&Bytes),
) -> Result<()> {
    request.headers_mut().insert(HOST, address.to_string().try_into()?);
    sender.ready().await?;
    let response = sender.send_request(request).await?;
    let status = response.status();
    ensure!(status.is_success(), "the server returned {status}");
    let mut body = response.into_body();
    while let Some(frame) = body.frame().await {
        if let Ok(bytes) = frame?.into_data() {
            take(&bytes);
        }
    }
    Ok(())
}
