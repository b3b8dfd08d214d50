//! What every request has at hand.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use axum::body::Bytes;

use crate::clock::Clock;
use crate::config::Config;
use crate::ids::Ids;
use crate::limits::RateLimits;
use crate::metrics::Metrics;
use crate::storage::Storage;

/// The state of a server, shared by all of its requests.
#[derive(Clone)]
pub(crate) struct App(Arc<Parts>);

pub(crate) struct Parts {
    pub(crate) config: Config,
    pub(crate) storage: Storage,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn Ids>,
    pub(crate) limits: RateLimits,
    pub(crate) metrics: Arc<Metrics>,
    /// The contract, as text, as JSON and as the page shows it, after the first request for it.
    pub(crate) contract: OnceLock<Bytes>,
    pub(crate) contract_as_json: OnceLock<Bytes>,
    pub(crate) contract_of_page: OnceLock<Bytes>,
    stopping: AtomicBool,
}

impl App {
    pub(crate) fn new(
        config: Config,
        storage: Storage,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
    ) -> Self {
        let limits = RateLimits::new(config.limits);
        Self(Arc::new(Parts {
            config,
            storage,
            clock,
            ids,
            limits,
            metrics: Arc::new(Metrics::new()),
            contract: OnceLock::new(),
            contract_as_json: OnceLock::new(),
            contract_of_page: OnceLock::new(),
            stopping: AtomicBool::new(false),
        }))
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

#[cfg(test)]
impl App {
    /// For a test, with an empty database in memory.
    pub(crate) fn in_memory() -> Self {
        use crate::clock::SystemClock;
        use crate::config::PublicUrls;
        use crate::ids::SystemIds;

        let urls = PublicUrls::new(&"http://127.0.0.1".parse().unwrap(), None);
        let storage = Storage::in_memory().unwrap();
        Self::new(Config::new(urls), storage, Arc::new(SystemClock), Arc::new(SystemIds::default()))
    }
}
