//! Staying inside the rate limits: requests wait for their turn, instead of being refused.

mod state;
#[cfg(test)]
mod tests;
mod window;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use reqwest::{StatusCode, Url, header::HeaderMap};
use tokio::sync::{Mutex as Queue, Notify};

use self::state::State;
use crate::{RateLimits, clock::SharedClock, retry::is_transient};

/// How a client, with all its clones, stays inside the rate limits.
///
/// Requests wait in a queue, first come, first served. One whose future is dropped leaves the queue.
/// A request that is sent again after a 429 goes before those that were not yet sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Pacing {
    /// As the headers of responses tell (`RateLimit-…` and `RateLimit-User-…`), which count the
    /// requests of other processes too.
    ///
    /// At first, and when a window starts anew, one request finds out what is left. While it is
    /// unanswered, one more is sent every five seconds; when it fails, the next one. Then at most a
    /// sixth of what is left is unanswered at a time. When nothing is left, requests wait for the
    /// next window. Responses without these headers make no request wait.
    #[default]
    FromHeaders,
    /// As the headers tell, and at most so many requests in any 60 seconds.
    PerMinute(u32),
    /// Every request is sent at once. A 429 is waited out by each call for itself.
    Off,
}

/// The queue before the deployment.
pub(crate) struct Pacer {
    clock: SharedClock,
    state: Mutex<State>,
    /// Held by the first of those that were not sent before.
    door: Queue<()>,
    /// Held by who may be sent next: that one, or one that is sent again.
    turn: Queue<()>,
    /// Told when something came back.
    changed: Notify,
}

impl Pacer {
    /// The pacer, if there is to be one.
    pub(crate) fn new(pacing: Pacing, clock: &SharedClock) -> Option<Arc<Self>> {
        let per_minute = match pacing {
            Pacing::Off => return None,
            Pacing::FromHeaders => None,
            Pacing::PerMinute(most) => Some(most),
        };
        Some(Arc::new(Self {
            clock: clock.clone(),
            state: Mutex::new(State::new(per_minute)),
            door: Queue::default(),
            turn: Queue::default(),
            changed: Notify::new(),
        }))
    }

    /// Waits until a request to `url` may be sent; nothing if it may not be sent before `until`.
    /// `told` is told of each wait for a window.
    pub(crate) async fn enter(
        self: &Arc<Self>,
        url: &Url,
        is_again: bool,
        until: Option<Duration>,
        told: impl Fn(Duration) + Send + Sync,
    ) -> Option<Place> {
        let mut place = None;
        let entering = async { place = self.queue(url, is_again, until, told).await };
        match until {
            // The queue may be long.
            Some(until) => self.clock.wait_for(Box::pin(entering), until).await,
            None => entering.await,
        }
        place
    }

    async fn queue(
        self: &Arc<Self>,
        url: &Url,
        is_again: bool,
        until: Option<Duration>,
        told: impl Fn(Duration) + Send + Sync,
    ) -> Option<Place> {
        let organization = organization_of(url).unwrap_or_default();
        let _door = if is_again { None } else { Some(self.door.lock().await) };
        let _turn = self.turn.lock().await;
        loop {
            let now = self.clock.now();
            if until.is_some_and(|until| until <= now) {
                return None;
            }
            let Err((when, is_busy)) = self.state().start(organization, now) else {
                let pacer = Some(Arc::clone(self));
                return Some(Place { pacer, organization: organization.to_owned() });
            };
            if is_busy {
                self.clock.wait_for(Box::pin(self.changed.notified()), when).await;
            } else if until.is_some_and(|until| until < when) {
                return None;
            } else {
                told(when.saturating_sub(now));
                self.clock.wait_until(when).await;
            }
        }
    }

    /// Sends nothing more until then, where a 429 with these headers says that nothing is left.
    pub(crate) fn close(&self, url: &Url, headers: &HeaderMap, until: Duration) {
        let organization = organization_of(url).unwrap_or_default();
        self.state().close(organization, &RateLimits::from_headers(headers), until);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Pacer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pacer").finish_non_exhaustive()
    }
}

/// The place of a request that is under way. Dropped, it is given back.
pub(crate) struct Place {
    /// Nothing when it was given back.
    pacer: Option<Arc<Pacer>>,
    organization: String,
}

impl Place {
    /// The request was answered with this.
    pub(crate) fn answered(mut self, status: StatusCode, headers: &HeaderMap) {
        let limits = RateLimits::from_headers(headers);
        // Something before the deployment may refuse requests, and knows nothing of its limits.
        let is_refusal = status == StatusCode::TOO_MANY_REQUESTS || is_transient(status);
        self.give_back(|state, organization, now| {
            state.answered(organization, now, &limits, is_refusal);
        });
    }

    fn give_back(&mut self, change: impl FnOnce(&mut State, &str, Duration)) {
        if let Some(pacer) = self.pacer.take() {
            change(&mut pacer.state(), &self.organization, pacer.clock.now());
            pacer.changed.notify_one();
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.give_back(|state, organization, _| state.dropped(organization));
    }
}

/// The organization that a request counts for. Others count for that of the token.
fn organization_of(url: &Url) -> Option<&str> {
    let mut segments = url.path_segments()?;
    segments.find(|segment| *segment == "organizations")?;
    segments.next().filter(|slug| !slug.is_empty())
}
