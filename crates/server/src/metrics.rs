//! Numbers about a server, as Prometheus reads them.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Metric, Registry, Unit};

use crate::storage::PoolSize;

/// The numbers of one server, each of which begins with `registries_server_`.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Labels, Counter>,
    durations: Family<Labels, Histogram>,
    pub(crate) in_flight: Gauge,
    rate_limited: Counter,
    pub(crate) database_errors: Counter,
    pub(crate) connections: Gauge,
    pub(crate) refused_connections: Counter,
    database_connections: Gauge,
    database_connections_idle: Gauge,
}

impl Metrics {
    /// What the encoded numbers are.
    pub(crate) const CONTENT_TYPE: &str =
        "application/openmetrics-text; version=1.0.0; charset=utf-8";

    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("registries_server");
        let all = &mut registry;
        let build = Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]);
        all.register("build", "Version of this server", build);
        let requests = added(all, "requests", "Requests that got a response");
        let durations: Family<_, _> = Family::new_with_constructor(histogram as fn() -> _);
        let help = "Time until the response";
        all.register_with_unit("request_duration", help, Unit::Seconds, durations.clone());
        Self {
            requests,
            durations,
            in_flight: added(all, "requests_in_flight", "Requests without a response yet"),
            rate_limited: added(all, "rate_limited", "Requests over a rate limit"),
            database_errors: added(all, "database_errors", "Requests that the database failed"),
            connections: added(all, "connections", "Open connections of clients"),
            refused_connections: added(
                all,
                "connections_refused",
                "Connections closed because their address had too many",
            ),
            database_connections: added(all, "database_connections", "Connections to the database"),
            database_connections_idle: added(
                all,
                "database_connections_idle",
                "Unused connections to the database",
            ),
            registry,
        }
    }

    /// Counts a response.
    pub(crate) fn answered(
        &self,
        method: &Method,
        route: &str,
        status: StatusCode,
        elapsed: Duration,
    ) {
        let status_code = status.as_u16();
        let labels = Labels { method: known(method), route: route.to_owned(), status: status_code };
        self.requests.get_or_create(&labels).inc();
        self.durations.get_or_create(&labels).observe(elapsed.as_secs_f64());
        if status == StatusCode::TOO_MANY_REQUESTS {
            self.rate_limited.inc();
        }
    }

    /// All numbers as text.
    pub(crate) fn encode(&self, pool: PoolSize) -> Result<String, std::fmt::Error> {
        self.database_connections.set(i64::from(pool.open));
        self.database_connections_idle.set(i64::from(pool.idle));
        let mut text = String::new();
        text::encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// A new metric, which is encoded with all others.
fn added<M: Metric + Clone + Default>(all: &mut Registry, name: &str, help: &str) -> M {
    let metric = M::default();
    all.register(name, help, metric.clone());
    metric
}

/// The labels of requests. None of it is in the callers' hands: their number is bounded.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    method: &'static str,
    route: String,
    status: u16,
}

fn known(method: &Method) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "POST", "PATCH", "PUT", "DELETE", "HEAD", "OPTIONS"];
    KNOWN.into_iter().find(|known| known == &method.as_str()).unwrap_or("other")
}

/// From a read of one row to a write that waits for others.
fn histogram() -> Histogram {
    Histogram::new([0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0])
}
