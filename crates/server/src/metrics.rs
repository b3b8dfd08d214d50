//! Numbers about a server, as Prometheus reads them.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

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
        let mut metrics = Self {
            registry: Registry::with_prefix("registries_server"),
            requests: Family::default(),
            durations: Family::new_with_constructor(histogram),
            in_flight: Gauge::default(),
            rate_limited: Counter::default(),
            database_errors: Counter::default(),
            connections: Gauge::default(),
            refused_connections: Counter::default(),
            database_connections: Gauge::default(),
            database_connections_idle: Gauge::default(),
        };
        metrics.register();
        metrics
    }

    fn register(&mut self) {
        let build = Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]);
        let all = &mut self.registry;
        all.register("build", "What this server was built from", build);
        all.register("requests", "Requests that were answered", self.requests.clone());
        let durations = self.durations.clone();
        let help = "How long answers took";
        all.register_with_unit("request_duration", help, Unit::Seconds, durations);
        let in_flight = self.in_flight.clone();
        all.register("requests_in_flight", "Requests that are being answered", in_flight);
        let rate_limited = self.rate_limited.clone();
        all.register("rate_limited", "Requests that a rate limit refused", rate_limited);
        let errors = self.database_errors.clone();
        all.register("database_errors", "Requests that failed since the database did", errors);
        all.register("connections", "Connections of clients", self.connections.clone());
        let refused = self.refused_connections.clone();
        let help = "Connections that were closed, since there were too many from their address";
        all.register("connections_refused", help, refused);
        let pool = self.database_connections.clone();
        all.register("database_connections", "Connections to the database", pool);
        let idle = self.database_connections_idle.clone();
        all.register("database_connections_idle", "Those of them that nobody uses", idle);
    }

    /// Counts a request that was answered.
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

/// What requests are told apart by. None of it is in the callers' hands: their number is bounded.
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
