//! What `serve` can be told: by flags, by the environment, and by a file.

mod environment;
mod file;

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};

use super::Failure;
use super::logging::{LogFilter, LogFormat};
use crate::config::{Config, Limits, PublicUrl, PublicUrls, RateLimit, Timeout};
use crate::storage::DatabaseUrl;
use crate::tls::Tls;

pub(super) use environment::check_environment;
pub(super) use file::{EXAMPLE, SettingsError, read};

/// Every setting of a server, each of which may be absent. A flag has its name with `-`, the
/// environment has it in capitals after `REGISTRIES_SERVER_`, and a file has it as it is here. A flag
/// goes before the environment, the environment before the file, the file before the default.
#[derive(Debug, Default, Args, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Settings {
    /// Where the database is. Other commands have this option as well, and so it is not among these.
    #[arg(skip)]
    #[serde(deserialize_with = "parsed")]
    pub(super) database: Option<DatabaseUrl>,
    /// Where to listen, by default 127.0.0.1:8080; port 0 stands for any free port
    #[arg(long, value_name = "ADDR:PORT", env = "REGISTRIES_SERVER_LISTEN")]
    #[serde(deserialize_with = "parsed")]
    listen: Option<SocketAddr>,
    /// Where to answer /metrics, /livez and /readyz; nowhere by default
    #[arg(long, value_name = "ADDR:PORT", env = "REGISTRIES_SERVER_ADMIN_LISTEN")]
    #[serde(deserialize_with = "parsed")]
    pub(super) admin_listen: Option<SocketAddr>,
    /// How callers reach this server, without /v2; by default the address it listens on
    #[arg(
        long,
        value_name = "URL",
        env = "REGISTRIES_SERVER_PUBLIC_URL",
        value_parser = PublicUrl::of_api
    )]
    #[serde(deserialize_with = "api_url")]
    pub(super) public_url: Option<PublicUrl>,
    /// What `web_url`s are built on; by default the public URL
    #[arg(long, value_name = "URL", env = "REGISTRIES_SERVER_PUBLIC_WEB_URL")]
    #[serde(deserialize_with = "parsed")]
    pub(super) public_web_url: Option<PublicUrl>,
    /// A file with the certificate, in PEM form: makes this an https server, which needs the key too
    #[arg(long, value_name = "FILE", env = "REGISTRIES_SERVER_TLS_CERTIFICATE")]
    tls_certificate: Option<PathBuf>,
    /// A file with the key of the certificate
    #[arg(long, value_name = "FILE", env = "REGISTRIES_SERVER_TLS_KEY")]
    tls_key: Option<PathBuf>,
    /// How many requests a minute one user may send, by default 50, or `off`. One address may send as
    /// many without a valid token; behind a proxy, all clients share that
    #[arg(long, value_name = "N|off", env = "REGISTRIES_SERVER_RATE_LIMIT_USER")]
    #[serde(deserialize_with = "parsed")]
    rate_limit_user: Option<RateLimit>,
    /// How many requests a minute may be sent to one organization, by default 200, or `off`
    #[arg(long, value_name = "N|off", env = "REGISTRIES_SERVER_RATE_LIMIT_ORG")]
    #[serde(deserialize_with = "parsed")]
    rate_limit_org: Option<RateLimit>,
    /// The longest request body in bytes, by default 1048576
    #[arg(long, value_name = "BYTES", env = "REGISTRIES_SERVER_MAX_BODY")]
    #[serde(deserialize_with = "parsed")]
    max_body: Option<usize>,
    /// How long the head of a request may take, by default 10s; the connection is then closed
    #[arg(long, value_name = "DURATION", env = "REGISTRIES_SERVER_HEADER_TIMEOUT")]
    #[serde(deserialize_with = "parsed")]
    header_timeout: Option<Timeout>,
    /// How long the body of a request may take, by default 30s; it is then answered with 408. A client
    /// that takes nothing of an answer for as long loses its connection
    #[arg(long, value_name = "DURATION", env = "REGISTRIES_SERVER_BODY_TIMEOUT")]
    #[serde(deserialize_with = "parsed")]
    body_timeout: Option<Timeout>,
    /// How long a connection is kept between requests, by default 75s
    #[arg(long, value_name = "DURATION", env = "REGISTRIES_SERVER_IDLE_TIMEOUT")]
    #[serde(deserialize_with = "parsed")]
    idle_timeout: Option<Timeout>,
    /// How many connections there are at once, by default 512; others wait
    #[arg(long, value_name = "N", env = "REGISTRIES_SERVER_MAX_CONNECTIONS")]
    #[serde(deserialize_with = "parsed")]
    max_connections: Option<NonZeroUsize>,
    /// How many connections one address may have (for IPv6, one /64 network), by default a quarter of
    /// all. More are closed. Behind a proxy, allow as many as it opens
    #[arg(long, value_name = "N", env = "REGISTRIES_SERVER_MAX_CONNECTIONS_PER_ADDRESS")]
    #[serde(deserialize_with = "parsed")]
    max_connections_per_address: Option<NonZeroUsize>,
    /// How long a server that is told to stop still takes requests while it says that it is not
    /// ready, by default 0s; a second signal ends that
    #[arg(long, value_name = "DURATION", env = "REGISTRIES_SERVER_SHUTDOWN_DELAY")]
    #[serde(deserialize_with = "parsed")]
    shutdown_delay: Option<Timeout>,
    /// How long a server that stops waits for what runs, by default 30s
    #[arg(long, value_name = "DURATION", env = "REGISTRIES_SERVER_SHUTDOWN_GRACE")]
    #[serde(deserialize_with = "parsed")]
    shutdown_grace: Option<Timeout>,
    /// How much is logged: error, warn, info (the default), debug or trace, or filters such as
    /// `warn,registries_server=debug`
    #[arg(long, value_name = "FILTER", env = "REGISTRIES_SERVER_LOG")]
    #[serde(deserialize_with = "parsed")]
    log: Option<LogFilter>,
    /// What a line of the log is: `text` (the default) or `json`
    #[arg(long, value_name = "FORMAT", env = "REGISTRIES_SERVER_LOG_FORMAT")]
    #[serde(deserialize_with = "parsed")]
    log_format: Option<LogFormat>,
}

impl Settings {
    /// These settings, and for those that are absent the `others`.
    pub(super) fn or(self, others: Self) -> Self {
        macro_rules! first {
            ($($name:ident)*) => { Self { $($name: self.$name.or(others.$name)),* } };
        }
        first! {
            database listen admin_listen public_url public_web_url tls_certificate tls_key
            rate_limit_user rate_limit_org max_body header_timeout body_timeout idle_timeout
            max_connections max_connections_per_address shutdown_delay shutdown_grace log log_format
        }
    }

    pub(super) fn listen(&self) -> SocketAddr {
        self.listen.unwrap_or(SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)))
    }

    pub(super) fn tls_key(&self) -> Option<&Path> {
        self.tls_key.as_deref()
    }

    /// The certificate and its key, if they are there.
    pub(super) fn tls(&self) -> Result<Option<Arc<Tls>>, Failure> {
        let alone = |which| Err(SettingsError::Alone(which).into());
        match (self.tls_certificate.clone(), self.tls_key.clone()) {
            (None, None) => Ok(None),
            (Some(certificate), Some(key)) => Ok(Some(Arc::new(Tls::load(certificate, key)?))),
            (Some(_), None) => alone("there is a certificate and no key: give tls_key as well"),
            (None, Some(_)) => {
                alone("there is a key and no certificate: give tls_certificate as well")
            }
        }
    }

    pub(super) fn shutdown_delay(&self) -> Duration {
        self.shutdown_delay.map_or(Duration::ZERO, Timeout::get)
    }

    pub(super) fn log(&self) -> LogFilter {
        self.log.clone().unwrap_or_default()
    }

    pub(super) fn log_format(&self) -> LogFormat {
        self.log_format.unwrap_or_default()
    }

    /// The configuration of a server that is reached at `urls`.
    pub(super) fn config(&self, urls: PublicUrls) -> Config {
        let defaults = Config::new(urls);
        Config {
            limits: Limits {
                organization: self.rate_limit_org.unwrap_or(defaults.limits.organization),
                user: self.rate_limit_user.unwrap_or(defaults.limits.user),
            },
            max_body: self.max_body.unwrap_or(defaults.max_body),
            header_timeout: self.header_timeout.map_or(defaults.header_timeout, Timeout::get),
            body_timeout: self.body_timeout.map_or(defaults.body_timeout, Timeout::get),
            idle_timeout: self.idle_timeout.map_or(defaults.idle_timeout, Timeout::get),
            max_connections: self.max_connections.unwrap_or(defaults.max_connections),
            max_connections_per_address: self.max_connections_per_address,
            shutdown_grace: self.shutdown_grace.map_or(defaults.shutdown_grace, Timeout::get),
            urls: defaults.urls,
        }
    }
}

/// A value as a flag would take it. In a file it may be a number as well.
fn parsed<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: fmt::Display>,
{
    let text = deserializer.deserialize_any(TextOrNumber)?;
    text.parse().map(Some).map_err(D::Error::custom)
}

fn api_url<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<PublicUrl>, D::Error> {
    let text = deserializer.deserialize_any(TextOrNumber)?;
    PublicUrl::of_api(&text).map(Some).map_err(D::Error::custom)
}

struct TextOrNumber;

impl Visitor<'_> for TextOrNumber {
    type Value = String;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a text in quotes or a whole number")
    }

    fn visit_str<E>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }

    fn visit_i64<E>(self, number: i64) -> Result<String, E> {
        Ok(number.to_string())
    }
}
