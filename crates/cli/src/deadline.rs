//! How long a command may take, and what it waits for.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use registries_client::Wait;
use tokio::time::Instant;

use crate::settings::Origin;

/// Until when a command may take, how long that was, and where it comes from.
#[derive(Debug)]
pub(crate) struct Deadline {
    pub(crate) at: Instant,
    pub(crate) limit: Duration,
    pub(crate) origin: Origin,
}

impl Deadline {
    /// That the command did not end until then.
    pub(crate) fn missed(&self) -> String {
        format!("not done within {:?} (from {})", self.limit, self.origin)
    }
}

/// The last wait of a request, and when it ends.
#[derive(Clone, Debug, Default)]
pub(crate) struct LastWait(Arc<Mutex<Option<(Instant, String)>>>);

impl LastWait {
    pub(crate) fn set(&self, wait: &Wait) {
        let end = Instant::now() + wait.delay;
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((end, wait.to_string()));
    }

    /// What is waited for now.
    pub(crate) fn text(&self) -> Option<String> {
        let last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.as_ref().filter(|(end, _)| Instant::now() < *end).map(|(_, text)| text.clone())
    }
}
