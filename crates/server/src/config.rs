//! How a server is configured.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::str::FromStr;
use std::time::Duration;

use tokio::net::TcpListener;
use url::{Host, Url};
use uuid::Uuid;

/// Everything that can be set about a server, but for where it listens and what it stores.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Config {
    /// Requests per minute, to one organization and from one user.
    pub(crate) limits: Limits,
    /// The addresses in responses.
    pub(crate) urls: PublicUrls,
    /// The longest request body, in bytes.
    pub(crate) max_body: usize,
    /// How long the head of a request may take.
    pub(crate) header_timeout: Duration,
    /// How long the body of a request may take, and how long a client may take nothing of a response.
    pub(crate) body_timeout: Duration,
    /// How long a connection is kept between requests.
    pub(crate) idle_timeout: Duration,
    /// How many connections there are at once.
    pub(crate) max_connections: NonZeroUsize,
    /// How many of them one address may have, unless it is a quarter.
    pub(crate) max_connections_per_address: Option<NonZeroUsize>,
    /// How long a shutdown waits for what runs.
    pub(crate) shutdown_grace: Duration,
    /// The organization that the page of the API fills in. That page is public: only a server for
    /// tests names one.
    pub(crate) example_organization: Option<&'static str>,
}

impl Config {
    /// The longest request body: large enough for every valid one (choice).
    pub(crate) const MAX_BODY: usize = 1024 * 1024;
    const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
    const BODY_TIMEOUT: Duration = Duration::from_secs(30);
    /// Longer than the minute for which many proxies keep connections: who closes one should be the
    /// side that knows whether a request is on its way.
    const IDLE_TIMEOUT: Duration = Duration::from_secs(75);
    /// Half of the open files that many systems allow a process.
    const MAX_CONNECTIONS: NonZeroUsize = NonZeroUsize::new(512).unwrap();
    const SHUTDOWN_GRACE: Duration = Duration::from_secs(30);

    /// The configuration of a server that is reached at `urls` and has defaults elsewhere.
    pub(crate) fn new(urls: PublicUrls) -> Self {
        Self {
            limits: Limits::default(),
            urls,
            max_body: Self::MAX_BODY,
            header_timeout: Self::HEADER_TIMEOUT,
            body_timeout: Self::BODY_TIMEOUT,
            idle_timeout: Self::IDLE_TIMEOUT,
            max_connections: Self::MAX_CONNECTIONS,
            max_connections_per_address: None,
            shutdown_grace: Self::SHUTDOWN_GRACE,
            example_organization: None,
        }
    }

    /// How many connections one address may have: as many as are set, or a quarter of all.
    pub(crate) fn max_connections_per_address(&self) -> NonZeroUsize {
        let quarter = NonZeroUsize::new(self.max_connections.get() / 4);
        self.max_connections_per_address.or(quarter).unwrap_or(NonZeroUsize::MIN)
    }
}

/// The two rate limits (documented, Rate limits).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    pub(crate) organization: RateLimit,
    pub(crate) user: RateLimit,
}

impl Limits {
    /// Requests a minute to one organization, unless configured.
    pub(crate) const ORGANIZATION: u32 = 200;
    /// Requests a minute from one user, unless configured.
    pub(crate) const USER: u32 = 50;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            organization: RateLimit::PerMinute(Self::ORGANIZATION),
            user: RateLimit::PerMinute(Self::USER),
        }
    }
}

/// How many requests a minute are accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RateLimit {
    /// No more than this number, which is at least 1.
    PerMinute(u32),
    /// All of them: the headers have the documented limit, all of it left, and it is not enforced.
    Off,
}

impl fmt::Display for RateLimit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PerMinute(limit) => write!(formatter, "{limit}"),
            Self::Off => formatter.write_str("off"),
        }
    }
}

impl FromStr for RateLimit {
    type Err = InvalidRateLimit;

    fn from_str(text: &str) -> Result<Self, InvalidRateLimit> {
        if text == "off" {
            return Ok(Self::Off);
        }
        match text.parse() {
            Ok(limit) if limit > 0 => Ok(Self::PerMinute(limit)),
            _ => Err(InvalidRateLimit),
        }
    }
}

/// A text that is not a rate limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a number of requests per minute, at least 1, or `off`")]
pub struct InvalidRateLimit;

/// A text that is no count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a whole number, at least 1")]
pub(crate) struct InvalidCount;

/// How many of something there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Count(pub(crate) NonZeroUsize);

impl FromStr for Count {
    type Err = InvalidCount;

    fn from_str(text: &str) -> Result<Self, InvalidCount> {
        text.parse().map(Self).map_err(|_| InvalidCount)
    }
}

/// Where to listen: a host, which may be a name, and a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ListenAddress {
    host: String,
    port: u16,
}

impl ListenAddress {
    pub(crate) const DEFAULT: &str = "127.0.0.1:8080";

    /// The addresses that it stands for; those of IPv4 first, which are the usual ones of a machine.
    async fn resolve(&self) -> io::Result<Vec<SocketAddr>> {
        let unknown =
            |_| io::Error::new(io::ErrorKind::NotFound, "the host name cannot be resolved");
        let found = tokio::net::lookup_host((self.host.as_str(), self.port)).await;
        let found = found.map_err(unknown)?;
        let mut found: Vec<SocketAddr> = found.collect();
        found.sort_by_key(SocketAddr::is_ipv6);
        Ok(found)
    }

    /// Where a client on this machine reaches it.
    pub(crate) fn reached_at(&self) -> (String, u16) {
        let is_unspecified = |host: &str| host.parse().is_ok_and(|ip: IpAddr| ip.is_unspecified());
        let localhost = || "localhost".to_owned();
        let host = if is_unspecified(&self.host) { localhost() } else { self.host.clone() };
        (host, self.port)
    }

    /// Listens there.
    pub(crate) async fn bind(&self) -> io::Result<TcpListener> {
        TcpListener::bind(&*self.resolve().await?).await
    }
}

impl Default for ListenAddress {
    fn default() -> Self {
        Self { host: Ipv4Addr::LOCALHOST.to_string(), port: 8080 }
    }
}

impl FromStr for ListenAddress {
    type Err = InvalidListenAddress;

    fn from_str(text: &str) -> Result<Self, InvalidListenAddress> {
        let (host, port) = text.rsplit_once(':').ok_or(InvalidListenAddress)?;
        let inner = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let host = match (host, inner) {
            ("", _) => Ipv4Addr::LOCALHOST.to_string(),
            (_, Some(inner)) if inner.parse::<Ipv6Addr>().is_ok() => inner.to_owned(),
            (name, None) if Host::parse(name).is_ok() => name.to_owned(),
            _ => return Err(InvalidListenAddress),
        };
        Ok(Self { host, port: port.parse().map_err(|_| InvalidListenAddress)? })
    }
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        if host.contains(':') {
            write!(formatter, "[{host}]:{port}")
        } else {
            write!(formatter, "{host}:{port}")
        }
    }
}

/// A text that does not say where to listen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected HOST:PORT, for example 127.0.0.1:8080 or localhost:8080, or :PORT for 127.0.0.1")]
pub(crate) struct InvalidListenAddress;

/// Where callers reach this server, for `url` and `web_url`.
///
/// Both are origins, possibly with a path, without a slash at the end. The API's paths begin after
/// the first, those of the web interface (which this server does not have) after the second.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PublicUrls {
    api: String,
    web: String,
}

impl PublicUrls {
    /// `web_url`s begin as `url`s do unless there is an address of its own for them.
    pub(crate) fn new(api: &PublicUrl, web: Option<&PublicUrl>) -> Self {
        Self { api: api.0.clone(), web: web.unwrap_or(api).0.clone() }
    }

    /// The address of the API's root, which clients take as their base URL.
    pub(crate) fn base(&self) -> String {
        format!("{}/v2", self.api)
    }

    /// Something beside the API, which has a path without `/v2`.
    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.api)
    }

    pub(crate) fn registry(&self, organization: &str, slug: &str) -> String {
        format!("{}/v2/packages/organizations/{organization}/registries/{slug}", self.api)
    }

    pub(crate) fn registry_token(&self, organization: &str, slug: &str, id: Uuid) -> String {
        format!("{}/tokens/{id}", self.registry(organization, slug))
    }

    pub(crate) fn organizations(&self) -> String {
        format!("{}/v2/organizations", self.api)
    }

    /// Other parts of the API, which this server does not have, begin with it.
    pub(crate) fn organization(&self, slug: &str) -> String {
        format!("{}/{slug}", self.organizations())
    }

    /// What the addresses of its registries begin with. The documentation prints another for the
    /// organization itself, without `/organizations`; one organization has one address here
    /// (choice).
    pub(crate) fn web_organization(&self, slug: &str) -> String {
        format!("{}/organizations/{slug}", self.web)
    }

    /// The form that the seed prints for create and get. For the list it prints another, with
    /// `/packages` in it; one registry has one address here (choice).
    pub(crate) fn web_registry(&self, organization: &str, slug: &str) -> String {
        format!("{}/registries/{slug}", self.web_organization(organization))
    }
}

/// An address to build others on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PublicUrl(String);

impl PublicUrl {
    /// As any public URL, but one that the API's paths are built on: they begin with `/v2`, which is
    /// not to stand there twice.
    pub(crate) fn of_api(text: &str) -> Result<Self, InvalidPublicUrl> {
        let url: Self = text.parse()?;
        match url.0.strip_suffix("/v2") {
            // `http://v2` is a host.
            Some(before) if !before.ends_with(":/") => {
                Err(InvalidPublicUrl::Versioned { give: before.to_owned() })
            }
            _ => Ok(url),
        }
    }

    /// The address to call when the one listened on is all that is known. A server that listens on
    /// every address is reached at the loopback one, at least from its own machine.
    pub(crate) fn at(scheme: &str, mut address: SocketAddr) -> Self {
        if address.ip().is_unspecified() {
            address.set_ip(match address {
                SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
                SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
            });
        }
        let text = format!("{scheme}://{address}");
        // Parsed, it has no port where that is the scheme's own.
        text.parse().unwrap_or(Self(text))
    }
}

impl FromStr for PublicUrl {
    type Err = InvalidPublicUrl;

    fn from_str(text: &str) -> Result<Self, InvalidPublicUrl> {
        let url = Url::parse(text).map_err(|_| InvalidPublicUrl::NoAddress)?;
        let is_address = matches!(url.scheme(), "http" | "https")
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        if is_address {
            Ok(Self(url.as_str().trim_end_matches('/').to_owned()))
        } else {
            Err(InvalidPublicUrl::NoAddress)
        }
    }
}

/// Why a text is not an address to build others on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidPublicUrl {
    #[error(
        "expected a URL that begins with http:// or https://, without user, query, fragment and the \
         API's own path /v2, for example https://registries.example.org"
    )]
    NoAddress,
    #[error("the API's own path /v2 is not part of the public URL; use {give}")]
    Versioned { give: String },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_built_on_the_public_urls() {
        let api: PublicUrl = "https://api.example.org/".parse().unwrap();
        let urls = PublicUrls::new(&api, None);
        assert_eq!(urls.base(), "https://api.example.org/v2");
        assert_eq!(
            urls.registry("my-org", "my-registry"),
            "https://api.example.org/v2/packages/organizations/my-org/registries/my-registry"
        );
        assert_eq!(
            urls.web_registry("my-org", "my-registry"),
            "https://api.example.org/organizations/my-org/registries/my-registry"
        );
        let web: PublicUrl = "https://example.org/web".parse().unwrap();
        assert_eq!(
            PublicUrls::new(&api, Some(&web)).web_registry("o", "r"),
            "https://example.org/web/organizations/o/registries/r"
        );
    }

    #[test]
    fn a_public_url_is_derived_from_the_address() {
        for (address, base) in [
            ("127.0.0.1:80", "http://127.0.0.1/v2"),
            ("192.0.2.1:8080", "http://192.0.2.1:8080/v2"),
            ("0.0.0.0:8080", "http://127.0.0.1:8080/v2"),
            ("[::]:8080", "http://[::1]:8080/v2"),
        ] {
            let url = PublicUrl::at("http", address.parse().unwrap());
            assert_eq!(PublicUrls::new(&url, None).base(), base);
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            "example.org",
            "/v2",
            "ftp://example.org",
            "http://u:p@h",
            "http://h?q",
            "http://h#f",
        ] {
            assert_eq!(text.parse::<PublicUrl>(), Err(InvalidPublicUrl::NoAddress), "{text:?}");
        }
    }

    #[test]
    fn the_version_is_not_part_of_the_apis_address() {
        for (text, give) in [
            ("http://host/v2", "http://host"),
            ("http://host:8080/v2/", "http://host:8080"),
            ("http://host/a/v2//", "http://host/a"),
            ("http://host/a//v2", "http://host/a/"),
        ] {
            let error = PublicUrl::of_api(text).unwrap_err();
            assert_eq!(error, InvalidPublicUrl::Versioned { give: give.to_owned() }, "{text:?}");
            assert!(error.to_string().ends_with(&format!("use {give}")), "{error}");
            assert!(text.parse::<PublicUrl>().is_ok(), "others may have such a path");
        }
        for text in ["http://host", "http://v2", "http://host/v2/a", "http://host/av2"] {
            assert!(PublicUrl::of_api(text).is_ok(), "{text:?}");
        }
        assert_eq!(PublicUrl::of_api("host/v2"), Err(InvalidPublicUrl::NoAddress));
    }

    #[test]
    fn an_address_to_listen_on_has_a_port_and_may_have_a_name() {
        for (text, shown) in [
            ("127.0.0.1:8080", "127.0.0.1:8080"),
            ("localhost:0", "localhost:0"),
            (":80", "127.0.0.1:80"),
            ("[::1]:80", "[::1]:80"),
        ] {
            assert_eq!(text.parse::<ListenAddress>().unwrap().to_string(), shown);
        }
        assert_eq!(ListenAddress::DEFAULT.parse(), Ok(ListenAddress::default()));
        for text in ["", "8080", ":", "a", "a:b", "a:70000", "::1:80", "[a]:80", "a/b:80", "a b:80"]
        {
            assert_eq!(text.parse::<ListenAddress>(), Err(InvalidListenAddress), "{text:?}");
        }
    }

    #[test]
    fn rate_limits() {
        assert_eq!("off".parse(), Ok(RateLimit::Off));
        assert_eq!("50".parse(), Ok(RateLimit::PerMinute(50)));
        for text in ["", "0", "-1", "OFF", "1.5", "many", "99999999999"] {
            assert_eq!(text.parse::<RateLimit>(), Err(InvalidRateLimit), "{text:?}");
        }
    }
}
