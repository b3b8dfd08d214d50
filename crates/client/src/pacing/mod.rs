//! Staying inside the rate limits: requests wait for their turn, instead of being refused.

mod queue;
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
use tokio::sync::Notify;

use self::{
    queue::Ticket,
    state::State,
    window::{Hold, PATIENCE},
};
use crate::{
    RateLimits,
    clock::{SharedClock, first_of},
    retry::is_transient,
};

/// How a client, with all its clones, stays inside the rate limits.
///
/// Requests wait in a queue, first come, first served. Each organization has a queue, since each has
/// a limit: when it has nothing left, requests to other organizations do not wait for it. The user's
/// limit holds for all of them. A request that is sent again after a 429 goes before those that were
/// not yet sent. One whose future is dropped leaves the queue. One whose future is no longer polled is
/// passed after five seconds, and has its turn when it is polled again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Pacing {
    /// As the headers of responses say (`RateLimit-…` and `RateLimit-User-…`), which count the
    /// requests of other processes too.
    ///
    /// At first, and when a window starts anew, one request finds out what is left. While it is
    /// unanswered, one more is sent every five seconds; when it fails, the next one. Then at most a
    /// sixth of what is left is unanswered at a time. When nothing is left, requests wait for the
    /// next window. Responses without these headers make no request wait.
    #[default]
    FromHeaders,
    /// As the headers say, and at most so many requests in any 60 seconds.
    PerMinute(u32),
    /// Every request is sent at once. A 429 is waited out by each call for itself.
    Off,
}

/// The queues before the deployment.
pub(crate) struct Pacer {
    clock: SharedClock,
    state: Mutex<State>,
}

/// A request was not sent: its time was over before its turn came.
#[derive(Debug)]
pub(crate) struct TooLate {
    /// How long the limit that it waited for has nothing left. Without one, it waited for the
    /// responses of earlier requests.
    pub(crate) reset: Option<Duration>,
}

impl Pacer {
    /// The pacer, if there is to be one.
    pub(crate) fn new(pacing: Pacing, clock: &SharedClock) -> Option<Arc<Self>> {
        let per_minute = match pacing {
            Pacing::Off => return None,
            Pacing::FromHeaders => None,
            Pacing::PerMinute(most) => Some(most),
        };
        let state = Mutex::new(State::new(per_minute));
        Some(Arc::new(Self { clock: clock.clone(), state }))
    }

    /// Waits until a request to `url` may be sent, until `until` at the latest. `on_wait` is called
    /// before each wait for a limit, with how long it is.
    pub(crate) async fn enter(
        self: &Arc<Self>,
        url: &Url,
        is_again: bool,
        until: Option<Duration>,
        on_wait: impl Fn(Duration) + Send + Sync,
    ) -> Result<Place, TooLate> {
        let organization = organization_of(url).unwrap_or_default();
        let mut place = None;
        let entering = async { place = self.queue(organization, is_again, until, on_wait).await };
        match until {
            // The queue may be long.
            Some(until) => self.clock.wait_for(Box::pin(entering), until).await,
            None => entering.await,
        }
        place.ok_or_else(|| {
            let now = self.clock.now();
            let exhausted = self.state().exhausted_until(organization, now);
            TooLate { reset: exhausted.map(|until| until.saturating_sub(now)) }
        })
    }

    async fn queue(
        self: &Arc<Self>,
        organization: &str,
        is_again: bool,
        until: Option<Duration>,
        on_wait: impl Fn(Duration) + Send + Sync,
    ) -> Option<Place> {
        let waiting = Waiting::join(self, organization, is_again);
        let mut told_until = None;
        loop {
            let now = self.clock.now();
            if until.is_some_and(|until| until <= now) {
                return None;
            }
            let (hold, is_busy) = {
                let mut state = self.state();
                match state.start(organization, waiting.ticket, now) {
                    Ok(()) => return Some(Place::new(self, organization, now)),
                    Err(hold) => (hold, state.is_busy()),
                }
            };
            let when = match hold {
                Hold::Behind(before) => {
                    let patience = now.saturating_add(PATIENCE);
                    self.clock.wait_for(Box::pin(waiting.woken.notified()), patience).await;
                    if self.clock.now() >= patience {
                        self.state().pass_over(before);
                    }
                    continue;
                }
                Hold::Unanswered(when) => when,
                Hold::Exhausted(when) if until.is_some_and(|until| until < when) => return None,
                Hold::Exhausted(when) => {
                    if told_until.replace(when) != Some(when) {
                        on_wait(when.saturating_sub(now));
                    }
                    when
                }
            };
            let woken = Box::pin(waiting.woken.notified());
            if is_busy {
                self.clock.wait_for(woken, when).await;
            } else {
                first_of(woken, self.clock.wait_until(when)).await;
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

/// A request in a queue. Dropped, it has left.
struct Waiting<'a> {
    pacer: &'a Pacer,
    organization: &'a str,
    ticket: Ticket,
    woken: Arc<Notify>,
}

impl<'a> Waiting<'a> {
    fn join(pacer: &'a Pacer, organization: &'a str, is_again: bool) -> Self {
        let now = pacer.clock.now();
        let (ticket, woken) = pacer.state().join(organization, is_again, now);
        Self { pacer, organization, ticket, woken }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.pacer.state().leave(self.organization, self.ticket);
    }
}

/// The place of a request that is under way. Dropped, it is given back.
pub(crate) struct Place {
    /// Nothing when it was given back.
    pacer: Option<Arc<Pacer>>,
    organization: String,
    sent: Duration,
}

impl Place {
    fn new(pacer: &Arc<Pacer>, organization: &str, sent: Duration) -> Self {
        Self { pacer: Some(Arc::clone(pacer)), organization: organization.to_owned(), sent }
    }

    /// The request was answered with this.
    pub(crate) fn answered(mut self, status: StatusCode, headers: &HeaderMap) {
        let limits = RateLimits::from_headers(headers);
        // Something before the deployment may refuse requests, and knows nothing of its limits.
        let is_refusal = status == StatusCode::TOO_MANY_REQUESTS || is_transient(status);
        let sent = self.sent;
        self.give_back(|state, organization, now| {
            state.answered(organization, sent, now, &limits, is_refusal);
        });
    }

    fn give_back(&mut self, change: impl FnOnce(&mut State, &str, Duration)) {
        if let Some(pacer) = self.pacer.take() {
            change(&mut pacer.state(), &self.organization, pacer.clock.now());
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
