//! What is reported of each request.

use std::{fmt, sync::Arc, time::Duration};

use reqwest::{Method, Request};

use super::Settings;
use crate::{Error, RawResponse, printed::printable_url};

/// A request that was sent, and what came of it. A call that is sent again has several.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Exchange<'a> {
    /// The method.
    pub method: Method,
    /// The URL as it may be printed: without its query, and with the token and whatever looks like one
    /// redacted.
    pub url: String,
    /// How long it took, until the last byte of the response.
    pub duration: Duration,
    /// The response, whatever its status is, or why there was none.
    pub result: Result<&'a RawResponse, &'a Error>,
}

/// Who wants to know of each exchange.
#[derive(Clone)]
pub(crate) struct OnExchange(Arc<dyn Fn(&Exchange<'_>) + Send + Sync>);

impl OnExchange {
    pub(super) fn new(callback: impl Fn(&Exchange<'_>) + Send + Sync + 'static) -> Self {
        Self(Arc::new(callback))
    }
}

impl fmt::Debug for OnExchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OnExchange")
    }
}

/// An exchange that has begun.
pub(super) struct Begun<'a> {
    settings: &'a Settings,
    callback: &'a OnExchange,
    method: Method,
    url: String,
    at: Duration,
}

impl<'a> Begun<'a> {
    /// Nothing where no one asks for it.
    pub(super) fn new(settings: &'a Settings, request: &Request) -> Option<Self> {
        let callback = settings.on_exchange.as_ref()?;
        let url = printable_url(request.url().as_str(), &[settings.token.secret()]);
        let (method, at) = (request.method().clone(), settings.clock.now());
        Some(Self { settings, callback, method, url, at })
    }

    pub(super) fn end(self, result: &Result<RawResponse, Error>) {
        let Self { settings, callback, method, url, at } = self;
        let duration = settings.clock.now().saturating_sub(at);
        (callback.0)(&Exchange { method, url, duration, result: result.as_ref() });
    }
}
