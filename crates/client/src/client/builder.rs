//! Setting up a client.

use std::{env, fmt, sync::Arc, time::Duration};

use reqwest::{Url, header::HeaderValue};

use super::{Client, Exchange, OnExchange, Settings, tls};
use crate::{
    Clock, Error, Pacing, RetryPolicy, Token, clock::SharedClock, error::root_cause, pacing::Pacer,
    platform, printed::printable_url,
};

/// The vendor's deployment.
pub const DEFAULT_BASE_URL: &str = "https://api.buildkite.com/v2";

const DEFAULT_USER_AGENT: &str = concat!("registries-client/", env!("CARGO_PKG_VERSION"));
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);
const DEFAULT_MAX_RESPONSE_SIZE: usize = 64 * 1024 * 1024;
const DEFAULT_CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

type HttpChange = Arc<dyn Fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send + Sync>;

/// Sets up a [`Client`].
///
/// | | default |
/// |---|---|
/// | base URL | `https://api.buildkite.com/v2` |
/// | token | none; there has to be one |
/// | user agent | `registries-client/` and the version |
/// | timeout of an attempt | 30 seconds |
/// | timeout of connecting | 10 seconds |
/// | size of a response | at most 64 MiB; of an error, 1 MiB |
/// | proxies | those that the environment names: `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY` |
/// | retries | [`RetryPolicy::default`] |
/// | pacing | [`Pacing::FromHeaders`] |
/// | redirects | not followed: the API has none, and a redirected `POST` would become a `GET` |
#[derive(Clone, Default)]
#[must_use]
pub struct ClientBuilder {
    base_url: Option<String>,
    token: Option<Token>,
    user_agent: Option<String>,
    timeout: Option<Duration>,
    connect_timeout: Option<Duration>,
    max_response_size: Option<usize>,
    no_proxy: bool,
    http_client: Option<reqwest::Client>,
    http: Vec<HttpChange>,
    retry: RetryPolicy,
    pacing: Pacing,
    clock: SharedClock,
    on_exchange: Option<OnExchange>,
}

impl ClientBuilder {
    /// Reads the settings from the environment:
    ///
    /// - `REGISTRIES_TOKEN`, the access token, or else `REGISTRIES_TOKEN_FILE`, a file that
    ///   contains it; one of them has to be there
    /// - `REGISTRIES_BASE_URL`, another base URL
    ///
    /// An empty variable counts as none.
    ///
    /// # Errors
    ///
    /// [`Error::Configuration`] if there is no token, or it or its file cannot be used.
    pub fn from_env() -> Result<Self, Error> {
        Self::from_variables(|name| match env::var(name) {
            Ok(value) => Ok(Some(value)),
            Err(env::VarError::NotPresent) => Ok(None),
            Err(env::VarError::NotUnicode(_)) => {
                Err(Error::configuration(format!("{name} is not Unicode")))
            }
        })
    }

    fn from_variables(
        variable: impl Fn(&str) -> Result<Option<String>, Error>,
    ) -> Result<Self, Error> {
        let variable = |name| -> Result<Option<String>, Error> {
            Ok(variable(name)?.filter(|value| !value.trim().is_empty()))
        };
        let token = match (variable("REGISTRIES_TOKEN")?, variable("REGISTRIES_TOKEN_FILE")?) {
            (Some(secret), _) => Token::new(secret)?,
            (None, Some(file)) => Token::from_file(file)?,
            (None, None) => {
                return Err(Error::configuration(
                    "there is no token; set REGISTRIES_TOKEN to an access token, or \
                     REGISTRIES_TOKEN_FILE to a file that contains one",
                ));
            }
        };
        let base_url = variable("REGISTRIES_BASE_URL")?;
        Ok(Self { base_url, token: Some(token), ..Self::default() })
    }

    /// The URL that the paths of operations are appended to, with its version: for example
    /// `http://127.0.0.1:8080/v2`; `https://api.buildkite.com/v2` by default. A slash at its end does
    /// not matter. It is `http` or `https`, without credentials, query and fragment:
    /// [`build`](Self::build) refuses others.
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        self.base_url = Some(base_url.into());
        self
    }

    /// A base URL as [`Client::base_url`] returns it: two texts of one URL are then the same. Nothing is
    /// sent.
    ///
    /// # Errors
    ///
    /// [`Error::Configuration`] where [`build`](Self::build) refuses it.
    pub fn normalized_base_url(base_url: &str) -> Result<String, Error> {
        Ok(check_base_url(base_url)?.0)
    }

    /// The access token that requests are made with. There is no default.
    pub fn token(mut self, token: Token) -> Self {
        self.token = Some(token);
        self
    }

    /// What the client calls itself (`User-Agent`): visible ASCII; `registries-client/` and the version
    /// by default.
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.user_agent = Some(user_agent.into());
        self
    }

    /// How long one attempt may take, until the last byte of the response; 30 seconds by default. With
    /// [`Call::timeout`](crate::Call::timeout) a call has its own.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// How long it may take to connect, TLS included; 10 seconds by default.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = Some(timeout);
        self
    }

    /// How many bytes the body of a response may have; 64 MiB by default, which is a list of about
    /// 100,000 registries. A success with more is a [`TooLargeError`](crate::TooLargeError), and no more
    /// than that is held in memory. Of an error's body at most 1 MiB is read.
    pub fn max_response_size(mut self, bytes: usize) -> Self {
        self.max_response_size = Some(bytes);
        self
    }

    /// Connects to the deployment itself, whatever proxies the environment names; for one on this
    /// machine, as in tests.
    pub fn no_proxy(mut self) -> Self {
        self.no_proxy = true;
        self
    }

    /// Changes the HTTP client before it is built: for a proxy, more certificates, a client certificate
    /// or name resolution. Called twice, both changes apply, in this order. Time limits, `no_proxy` and
    /// that redirects are not followed are set before.
    ///
    /// ```
    /// use registries_client::{Client, Token, reqwest};
    ///
    /// let client = Client::builder()
    ///     .base_url("http://registries.internal:8080/v2")
    ///     .token(Token::new("your-access-token")?)
    ///     .http(|http| http.proxy(reqwest::Proxy::all("http://proxy.internal:3128").unwrap()))
    ///     .build()?;
    /// # Ok::<(), registries_client::Error>(())
    /// ```
    pub fn http(
        mut self,
        change: impl Fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send + Sync + 'static,
    ) -> Self {
        self.http.push(Arc::new(change));
        self
    }

    /// Sends requests with an HTTP client of your own, for example one whose connections are shared.
    /// To change the client's own, there is [`http`](Self::http).
    ///
    /// The token is sent all the same. User agent and timeout are the HTTP client's own, unless they
    /// are set here too; a timeout of connecting and the proxies can only be set there. If it follows
    /// redirects, it does not send the token to another host.
    pub fn http_client(mut self, client: reqwest::Client) -> Self {
        self.http_client = Some(client);
        self
    }

    /// When requests are sent again; [`RetryPolicy::default`] by default.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// How the client, with all its clones, stays inside the rate limits; by the headers of responses
    /// by default.
    pub fn pacing(mut self, pacing: Pacing) -> Self {
        self.pacing = pacing;
        self
    }

    /// Calls `callback` after each exchange, also one that is repeated: for example to log it.
    pub fn on_exchange(mut self, callback: impl Fn(&Exchange<'_>) + Send + Sync + 'static) -> Self {
        self.on_exchange = Some(OnExchange::new(callback));
        self
    }

    /// Takes the time from `clock` instead of from the system: for tests that should not take a
    /// minute, with [`TestClock`](crate::TestClock).
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = SharedClock(Arc::new(clock));
        self
    }

    /// The client, when everything fits together.
    ///
    /// # Errors
    ///
    /// [`Error::Configuration`] says what does not fit:
    ///
    /// - there is no token, or the pace is 0
    /// - the base URL cannot be one, or the user agent has characters that cannot be sent
    /// - the base URL is `https`, and the crate was built without TLS
    /// - an option has no effect on an HTTP client of your own
    /// - the HTTP client cannot be set up
    pub fn build(self) -> Result<Client, Error> {
        let (base_url, host_url) =
            check_base_url(self.base_url.as_deref().unwrap_or(DEFAULT_BASE_URL))?;
        let token = self.token.ok_or_else(|| {
            Error::configuration("there is no token; set one with `ClientBuilder::token`")
        })?;
        let own = self.http_client.is_some();
        let user_agent = match self.user_agent {
            None if own => None,
            agent => Some(check_user_agent(agent.as_deref().unwrap_or(DEFAULT_USER_AGENT))?),
        };
        let timeout = if own { self.timeout } else { self.timeout.or(Some(DEFAULT_TIMEOUT)) };
        let client = match self.http_client {
            Some(_) if self.connect_timeout.is_some() || self.no_proxy || !self.http.is_empty() => {
                return Err(Error::configuration(
                    "a connect timeout, `no_proxy` and `http` have no effect on an HTTP client of \
                     your own; set them there",
                ));
            }
            Some(client) => client,
            None => {
                default_http_client(&base_url, self.connect_timeout, self.no_proxy, &self.http)?
            }
        };
        if self.pacing == Pacing::PerMinute(0) {
            return Err(Error::configuration(
                "0 requests a minute are none at all; allow at least 1",
            ));
        }
        let max_response_size = self.max_response_size.unwrap_or(DEFAULT_MAX_RESPONSE_SIZE);
        let settings = Settings {
            base_url,
            host_url,
            token,
            user_agent,
            timeout,
            max_response_size,
            retry: self.retry,
            pacer: Pacer::new(self.pacing, &self.clock),
            clock: self.clock,
            on_exchange: self.on_exchange,
        };
        Ok(Client { client, settings: Arc::new(settings), options: Arc::default() })
    }
}

impl fmt::Debug for ClientBuilder {
    /// Without credentials in the base URL, and without the HTTP client, which prints the headers that it
    /// always sends.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("base_url", &self.base_url.as_deref().map(|url| printable_url(url, &[])))
            .field("token", &self.token)
            .field("user_agent", &self.user_agent)
            .field("timeout", &self.timeout)
            .field("connect_timeout", &self.connect_timeout)
            .field("max_response_size", &self.max_response_size)
            .field("no_proxy", &self.no_proxy)
            .field("retry", &self.retry)
            .field("pacing", &self.pacing)
            .field("clock", &self.clock)
            .finish_non_exhaustive()
    }
}

/// The base URL without a slash at its end, and the same without its path, when requests can be sent to
/// it.
fn check_base_url(text: &str) -> Result<(String, String), Error> {
    let refuse = |problem: &str| {
        let shown = printable_url(text, &[]);
        Err(Error::configuration(format!(
            "the base URL {shown:?} {problem}; one looks like {DEFAULT_BASE_URL}, version included"
        )))
    };
    let Ok(url) = Url::parse(text.trim()) else {
        return refuse("is not a URL");
    };
    if !matches!(url.scheme(), "http" | "https") {
        return refuse("does not begin with http:// or https://");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return refuse("contains credentials, which would be sent instead of the token");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return refuse("has a query or a fragment");
    }
    let base_url = url.as_str().trim_end_matches('/').to_owned();
    Ok((base_url, url.origin().ascii_serialization()))
}

fn check_user_agent(text: &str) -> Result<HeaderValue, Error> {
    HeaderValue::from_str(text)
        .map_err(|_| Error::configuration("the user agent contains characters that cannot be sent"))
}

fn default_http_client(
    base_url: &str,
    connect_timeout: Option<Duration>,
    no_proxy: bool,
    changes: &[HttpChange],
) -> Result<reqwest::Client, Error> {
    if !tls::IS_THERE && base_url.starts_with("https:") {
        return Err(Error::configuration(format!(
            "the client was built without TLS and cannot use https; enable one of its features {}, or \
             give it an HTTP client that has TLS",
            tls::FEATURES
        )));
    }
    tls::choose_provider();
    let connect_timeout = connect_timeout.unwrap_or(DEFAULT_CONNECT_TIMEOUT);
    let is_http_only = base_url.starts_with("http:") && changes.is_empty();
    let builder = platform::http_client(connect_timeout, no_proxy, is_http_only);
    let builder = changes.iter().fold(builder, |builder, change| change(builder));
    builder.build().map_err(|error| {
        let cause = root_cause(&error);
        Error::configuration(format!("the HTTP client cannot be set up: {cause}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(variables: &[(&str, &str)]) -> Result<Client, Error> {
        let find = |name: &str| variables.iter().find(|(known, _)| *known == name);
        ClientBuilder::from_variables(|name| Ok(find(name).map(|(_, value)| (*value).to_owned())))?
            .base_url_for_tests()
            .build()
    }

    impl ClientBuilder {
        /// Without a base URL of its own, one that needs no TLS.
        fn base_url_for_tests(mut self) -> Self {
            self.base_url.get_or_insert_with(|| "http://127.0.0.1:1/v2".to_owned());
            self
        }
    }

    #[test]
    fn the_environment_sets_up_a_client() {
        let client =
            from(&[("REGISTRIES_TOKEN", "t"), ("REGISTRIES_BASE_URL", "http://h:1/v2/")]).unwrap();
        assert_eq!(client.base_url(), "http://h:1/v2");
        assert_eq!(client.settings.token, Token::new("t").unwrap());
    }

    #[test]
    fn the_token_may_come_from_a_file() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/no-such-token");
        let error = from(&[("REGISTRIES_TOKEN_FILE", file)]).unwrap_err().to_string();
        assert!(error.contains("no-such-token"), "{error}");
        let both = [("REGISTRIES_TOKEN", "t"), ("REGISTRIES_TOKEN_FILE", file)];
        assert_eq!(from(&both).unwrap().settings.token, Token::new("t").unwrap());
    }

    #[test]
    fn a_missing_token_is_an_error_that_names_the_variables() {
        for variables in [&[][..], &[("REGISTRIES_TOKEN", " ")]] {
            let error = from(variables).unwrap_err().to_string();
            assert!(error.contains("REGISTRIES_TOKEN_FILE"), "{error}");
        }
    }

    #[test]
    fn base_urls_are_checked() {
        for (text, base_url, host_url) in [
            ("https://h/v2//", "https://h/v2", "https://h"),
            ("http://h:1", "http://h:1", "http://h:1"),
            ("HTTPS://H:443/v2", "https://h/v2", "https://h"),
            (DEFAULT_BASE_URL, DEFAULT_BASE_URL, "https://api.buildkite.com"),
        ] {
            let checked = check_base_url(text).unwrap();
            assert_eq!(checked, (base_url.to_owned(), host_url.to_owned()));
        }
        for bad in ["", "h/v2", "ftp://h/v2", "https://u:p@h/v2", "https://h/v2?a", "https://h#a"] {
            let error = check_base_url(bad).unwrap_err().to_string();
            assert!(error.contains(DEFAULT_BASE_URL), "{error}");
        }
    }

    #[test]
    fn what_does_not_fit_together_is_refused() {
        let builder = || Client::builder().base_url("http://h/v2").token(Token::new("t").unwrap());
        assert!(builder().build().is_ok());
        assert!(Client::builder().build().is_err());
        assert!(builder().user_agent("a\nb").build().is_err());
        let own = builder().http_client(reqwest::Client::new());
        assert!(own.clone().build().is_ok());
        assert!(own.clone().connect_timeout(Duration::from_secs(1)).build().is_err());
        assert!(own.clone().http(|http| http).build().is_err());
        assert!(own.no_proxy().build().is_err());
    }

    #[test]
    fn a_client_does_not_print_its_token() {
        let token = Token::new("secret-token").unwrap();
        let builder = Client::builder().base_url("http://h/v2").token(token);
        assert!(!format!("{builder:?}").contains("secret"));
        assert!(!format!("{:?}", builder.build().unwrap()).contains("secret"));
    }

    #[test]
    fn a_builder_prints_no_secret_that_it_was_given_elsewhere() {
        let mut headers = reqwest::header::HeaderMap::new();
        headers.insert("authorization", "Bearer secret-2".parse().unwrap());
        let own = reqwest::Client::builder().default_headers(headers).build().unwrap();
        for url in ["https://user:secret@h/v2?token=secret#secret", "user:secret@h"] {
            let builder = Client::builder().base_url(url).http_client(own.clone());
            assert!(!format!("{builder:#?}").contains("secret"), "{builder:?}");
            let error = builder.token(Token::new("t").unwrap()).build().unwrap_err();
            assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
        }
    }
}
