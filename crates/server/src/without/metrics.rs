//! In the place of `metrics.rs`, without the feature `program`: nothing is counted.

use std::time::Duration;

use axum::http::{Method, StatusCode};

use crate::storage::PoolSize;

#[derive(Debug)]
pub(crate) struct Metrics {
    pub(crate) in_flight: Number,
    pub(crate) database_errors: Number,
    pub(crate) connections: Number,
    pub(crate) refused_connections: Number,
}

#[derive(Debug)]
pub(crate) struct Number;

impl Number {
    #[expect(clippy::unused_self, reason = "a metric has it")]
    pub(crate) fn inc(&self) {}

    #[expect(clippy::unused_self, reason = "a metric has it")]
    pub(crate) fn dec(&self) {}
}

impl Metrics {
    pub(crate) const CONTENT_TYPE: &str = "text/plain";

    pub(crate) fn new() -> Self {
        Self {
            in_flight: Number,
            database_errors: Number,
            connections: Number,
            refused_connections: Number,
        }
    }

    #[expect(clippy::unused_self, reason = "a metric has it")]
    pub(crate) fn answered(&self, _: &Method, _: &str, _: StatusCode, _: Duration) {}

    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "as with metrics")]
    pub(crate) fn encode(&self, _: PoolSize) -> Result<String, std::fmt::Error> {
        Ok(String::new())
    }
}
