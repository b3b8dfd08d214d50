//! One way in which a deployment can be wrong, and how it is made.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use http::{HeaderValue, StatusCode, header};
use registries_server::RateLimit;
use serde_json::{Map, Value, json};

use super::faulty_proxy::{Answering, Behaviour, Incoming, Outgoing, Upstream};
pub use registries_conformance::strength::Class;
use registries_conformance::{Options, level::Level};

/// One way in which a deployment can be wrong, or, in the catalogue of variations, be different and
/// right. Good for one run: it may keep state.
#[derive(Clone)]
pub struct Deviation {
    /// Its stable name.
    pub name: String,
    /// The part of the exchange that it is about.
    pub class: Class,
    /// How binding what it breaks is.
    pub level: Level,
    /// How many requests the reference server behind it lets a user send in a minute. Its clock
    /// stands still when it limits them: a run does not wait.
    pub user_rate_limit: RateLimit,
    /// Whether the organization of the reference server behind it has a team, which the run names.
    pub has_team: bool,
    /// The address that the reference server behind it returns as its own, if it is another one.
    pub public_url: Option<&'static str>,
    /// How long a read is repeated that does not show the last write. It is short, so that what never
    /// shows costs no time, unless this is about what shows late.
    pub consistency_wait: Duration,
    /// What makes it.
    pub behaviour: Arc<dyn Behaviour>,
}

impl fmt::Debug for Deviation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deviation").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Deviation {
    /// Whether it shows on the reference server as that is by default, without limits and teams.
    #[must_use]
    pub fn shows_by_default(&self) -> bool {
        self.user_rate_limit == RateLimit::Off && !self.has_team
    }

    pub(super) fn new(
        class: Class,
        name: impl Into<String>,
        behaviour: impl Behaviour + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            class,
            level: Level::Must,
            user_rate_limit: RateLimit::Off,
            has_team: false,
            public_url: None,
            consistency_wait: Duration::from_millis(150),
            behaviour: Arc::new(behaviour),
        }
    }

    /// It only shows where requests are limited: to more than everything else takes, so that this
    /// is what is exhausted at the end.
    pub(super) fn limited(mut self) -> Self {
        self.user_rate_limit = RateLimit::PerMinute(800);
        self
    }

    /// It only shows where the organization has teams.
    pub(super) fn of_teams(mut self) -> Self {
        self.has_team = true;
        self
    }

    /// It is reached at another address than the one that it returns.
    pub(super) fn known_as(mut self, public_url: &'static str) -> Self {
        self.public_url = Some(public_url);
        self
    }

    /// It is about what reads show late, for which they are repeated as long as by default.
    pub(super) fn shown_late(mut self) -> Self {
        self.consistency_wait = Options::default().consistency_wait;
        self
    }

    /// What it breaks is only what an official client relies on.
    pub(super) fn should(mut self) -> Self {
        self.level = Level::Should;
        self
    }

    /// It is as binding as this.
    pub(super) fn at(mut self, level: Level) -> Self {
        self.level = level;
        self
    }

    /// What it breaks is not documented.
    pub(super) fn may(mut self) -> Self {
        self.level = Level::May;
        self
    }
}

type Asks = dyn Fn(&mut Incoming) + Send + Sync;
type Answers = dyn Fn(&Incoming, &mut Outgoing) + Send + Sync;

/// Changes the request, and the response to it.
pub(super) struct Changed {
    request: Box<Asks>,
    answer: Box<Answers>,
}

impl Behaviour for Changed {
    fn answer<'a>(&'a self, mut request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            (self.request)(&mut request);
            let mut outgoing = upstream.send(&request).await;
            (self.answer)(&request, &mut outgoing);
            outgoing
        })
    }
}

/// Changes answers only.
pub(super) fn answer(change: impl Fn(&Incoming, &mut Outgoing) + Send + Sync + 'static) -> Changed {
    Changed { request: Box::new(|_| {}), answer: Box::new(change) }
}

/// Changes requests only.
pub(super) fn request(change: impl Fn(&mut Incoming) + Send + Sync + 'static) -> Changed {
    Changed { request: Box::new(change), answer: Box::new(|_, _| {}) }
}

/// Changes every registry in the responses to the requests of interest.
pub(super) fn registries(
    of_interest: fn(&Incoming) -> bool,
    change: impl Fn(&mut Map<String, Value>) + Send + Sync + 'static,
) -> Changed {
    answer(move |request, outgoing| {
        if of_interest(request) {
            outgoing.each_registry(|registry| {
                if let Value::Object(registry) = registry {
                    change(registry);
                }
            });
        }
    })
}

/// Changes the body of every request of interest that has one.
pub(super) fn bodies(
    of_interest: fn(&Incoming) -> bool,
    change: impl Fn(&mut Map<String, Value>) + Send + Sync + 'static,
) -> Changed {
    request(move |request| {
        if of_interest(request) {
            request.change(&change);
        }
    })
}

/// Gives the responses of interest another status.
pub(super) fn status(
    of_interest: fn(&Incoming) -> bool,
    from: fn(StatusCode) -> bool,
    to: StatusCode,
) -> Changed {
    answer(move |request, outgoing| {
        if of_interest(request) && from(outgoing.status) {
            outgoing.status = to;
        }
    })
}

/// Refuses requests itself, without passing them on.
pub(super) struct Refused(pub(super) fn(&Incoming) -> bool, pub(super) StatusCode);

impl Behaviour for Refused {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            if !(self.0)(&request) {
                return upstream.send(&request).await;
            }
            let mut outgoing = upstream.send(&as_get(&request)).await;
            outgoing.status = self.1;
            outgoing.set_json(&json!({"message": "no"}));
            outgoing
        })
    }
}

/// The same as a get.
pub(super) fn as_get(request: &Incoming) -> Incoming {
    let mut get = request.clone();
    get.method = http::Method::GET;
    get.body.clear();
    get
}

/// Returns to the requests of interest the first successful response of their path.
pub(super) struct Cached {
    of_interest: fn(&Incoming) -> bool,
    seen: Mutex<HashMap<String, Outgoing>>,
}

impl Cached {
    pub(super) fn new(of_interest: fn(&Incoming) -> bool) -> Self {
        Self { of_interest, seen: Mutex::default() }
    }
}

impl Behaviour for Cached {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let outgoing = upstream.send(&request).await;
            if !(self.of_interest)(&request) {
                return outgoing;
            }
            let mut seen = lock(&self.seen);
            if outgoing.status.is_success() || seen.contains_key(&request.path) {
                return seen.entry(request.path).or_insert(outgoing).clone();
            }
            outgoing
        })
    }
}

/// Answers with a property and does not store it.
pub(super) struct Lost {
    pub(super) property: &'static str,
    pub(super) of_interest: fn(&Incoming) -> bool,
}

impl Behaviour for Lost {
    fn answer<'a>(&'a self, mut request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let sent = request.json().and_then(|body| body.get(self.property).cloned());
            if !(self.of_interest)(&request) || sent.is_none() {
                return upstream.send(&request).await;
            }
            request.change(|body| drop(body.remove(self.property)));
            let mut outgoing = upstream.send(&request).await;
            outgoing.each_registry(|registry| {
                registry[self.property] = sent.clone().unwrap_or_default();
            });
            outgoing
        })
    }
}

/// Whose requests are let through that must be refused.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Intruder {
    /// Who has no token.
    Nobody,
    /// A client with an unknown token.
    Stranger,
    /// Who has a token without the scope.
    Limited,
    /// Who has a token that may write, and lacks the scope.
    Writer,
}

/// Lets an intruder do what the run's own token may do. That is the token that it sees first.
pub(super) struct Unguarded {
    intruder: Intruder,
    of_interest: fn(&Incoming) -> bool,
    token: Mutex<Option<HeaderValue>>,
}

/// The run's own token, which is the first that a request has; `None` before any had one.
pub(super) fn own_token(
    first: &Mutex<Option<HeaderValue>>,
    request: &Incoming,
) -> Option<HeaderValue> {
    let mut first = lock(first);
    if first.is_none() {
        *first = request.headers.get(header::AUTHORIZATION).cloned();
    }
    first.clone()
}

impl Unguarded {
    pub(super) fn new(intruder: Intruder, of_interest: fn(&Incoming) -> bool) -> Self {
        Self { intruder, of_interest, token: Mutex::default() }
    }
}

impl Behaviour for Unguarded {
    fn answer<'a>(&'a self, mut request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let sent = request.headers.get(header::AUTHORIZATION).cloned();
            let token = own_token(&self.token, &request);
            let outgoing = upstream.send(&request).await;
            let is_intruder = match self.intruder {
                Intruder::Nobody => sent.is_none(),
                Intruder::Stranger => sent.is_some() && outgoing.status == StatusCode::UNAUTHORIZED,
                Intruder::Limited => outgoing.status == StatusCode::FORBIDDEN,
                Intruder::Writer => {
                    outgoing.status == StatusCode::FORBIDDEN && may_write(&request, upstream).await
                }
            };
            match token {
                Some(token) if is_intruder && (self.of_interest)(&request) => {
                    request.headers.insert(header::AUTHORIZATION, token);
                    upstream.send(&request).await
                }
                _ => outgoing,
            }
        })
    }
}

/// Whether the token of a request may write registries.
async fn may_write(request: &Incoming, upstream: &Upstream) -> bool {
    let about_token = Incoming { path: "/access-token".into(), ..as_get(request) };
    let body = upstream.send(&about_token).await.json().unwrap_or_default();
    let scopes = body["scopes"].as_array().into_iter().flatten();
    scopes.into_iter().any(|scope| scope == "write_registries")
}

/// The lock, whatever became of who held it before: what it guards is a memory of exchanges.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
