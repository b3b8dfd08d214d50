//! The client: what its clones share, and what is set for one call.

mod builder;
mod exchange;
mod options;
mod send;
mod tls;

use std::{fmt, sync::Arc, time::Duration};

use reqwest::header::HeaderValue;

pub(crate) use self::exchange::OnExchange;
pub(crate) use self::options::{Options, option_methods};
pub use self::{
    builder::{ClientBuilder, DEFAULT_BASE_URL},
    exchange::Exchange,
};
use crate::{Error, RetryPolicy, Token, clock::SharedClock, pacing::Pacer};

/// A client of one deployment of the Registries API, with one access token.
///
/// [`organization`](Self::organization) and the other handles are where to begin. Each operation also
/// has a method that returns a builder: set its parameters and `send` it. Clones are cheap and share
/// their connections.
#[derive(Clone)]
#[expect(clippy::struct_field_names, reason = "`client` is what generated code calls it")]
pub struct Client {
    /// Where the operations start their requests.
    pub(crate) client: reqwest::Client,
    settings: Arc<Settings>,
    /// Set for the calls of this clone only.
    options: Arc<Options>,
}

/// What a client does with each request.
struct Settings {
    base_url: String,
    /// The base URL without its path.
    host_url: String,
    token: Token,
    user_agent: Option<HeaderValue>,
    timeout: Option<Duration>,
    max_response_size: usize,
    retry: RetryPolicy,
    clock: SharedClock,
    pacer: Option<Arc<Pacer>>,
    on_exchange: Option<OnExchange>,
}

impl Client {
    /// A client of `https://api.buildkite.com/v2` with the defaults of [`ClientBuilder`].
    ///
    /// # Errors
    ///
    /// [`Error::Configuration`] if the token cannot be one ([`Token::new`]), or TLS cannot be set up.
    pub fn new(token: impl AsRef<str>) -> Result<Self, Error> {
        Self::builder().token(Token::new(token)?).build()
    }

    /// A client set up by the environment; see [`ClientBuilder::from_env`].
    ///
    /// # Errors
    ///
    /// Those of [`ClientBuilder::from_env`] and [`ClientBuilder::build`].
    pub fn from_env() -> Result<Self, Error> {
        ClientBuilder::from_env()?.build()
    }

    /// Sets up a client step by step.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// The URL that the paths of operations are appended to, without a slash at its end.
    pub fn base_url(&self) -> &str {
        &self.settings.base_url
    }

    /// The URL of what stands outside the API root, without a slash at its end.
    pub(crate) fn host_url(&self) -> &str {
        &self.settings.host_url
    }

    /// What is set for the calls of this clone. Other clones do not see what is changed.
    pub(crate) fn options_mut(&mut self) -> &mut Options {
        Arc::make_mut(&mut self.options)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base_url", &self.settings.base_url)
            .field("token", &self.settings.token)
            .field("retry", &self.settings.retry)
            .finish_non_exhaustive()
    }
}
