//! What every request has at hand.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::body::Bytes;
use uuid::Uuid;

use crate::clock::Clock;
use crate::config::Config;
use crate::ids::Ids;
use crate::kept::Kept;
use crate::limits::RateLimits;
use crate::metrics::Metrics;
use crate::storage::Storage;

/// The state of a server, shared by all of its requests.
#[derive(Clone)]
pub(crate) struct App(Arc<Parts>);

pub(crate) struct Parts {
    pub(crate) config: Config,
    pub(crate) storage: Arc<dyn Storage>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn Ids>,
    pub(crate) limits: RateLimits,
    pub(crate) metrics: Metrics,
    /// The texts of short lists, by their organization.
    pub(crate) lists: Kept<Uuid, Bytes>,
    stopping: AtomicBool,
}

impl App {
    pub(crate) fn new(
        config: Config,
        storage: Arc<dyn Storage>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
    ) -> Self {
        let limits = RateLimits::new(config.limits);
        let (metrics, lists) = (Metrics::new(), Kept::at_most(32));
        let stopping = AtomicBool::new(false);
        Self(Arc::new(Parts { config, storage, clock, ids, limits, metrics, lists, stopping }))
    }

    /// From now on the server is not ready for more, though it answers until it has stopped.
    pub(crate) fn begin_to_stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }
}

impl std::ops::Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
