//! Servers that take turns.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use registries_strength::faulty_proxy::{Answering, Behaviour, Incoming, Upstream};

/// Lets servers take turns, and counts how many requests each of them answers.
pub(crate) struct InTurns {
    servers: Vec<(Upstream, Arc<AtomicUsize>)>,
    sent: AtomicUsize,
}

impl InTurns {
    pub(crate) fn new(base_urls: &[&str]) -> Self {
        let server = |url: &&str| (Upstream::new(url).unwrap(), Arc::default());
        Self { servers: base_urls.iter().map(server).collect(), sent: AtomicUsize::new(0) }
    }

    /// The number of requests that each server has responded to, as it changes.
    pub(crate) fn answered(&self) -> Vec<Arc<AtomicUsize>> {
        self.servers.iter().map(|(_, answered)| answered.clone()).collect()
    }
}

impl Behaviour for InTurns {
    fn answer<'a>(&'a self, request: Incoming, _: &'a Upstream) -> Answering<'a> {
        let turn = self.sent.fetch_add(1, Ordering::Relaxed) % self.servers.len();
        let (server, answered) = &self.servers[turn];
        answered.fetch_add(1, Ordering::Relaxed);
        Box::pin(async move { server.send(&request).await })
    }
}
