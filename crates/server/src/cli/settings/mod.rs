//! The settings of `serve`: from flags, the environment, and a file.

mod environment;
mod file;
mod timeout;

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};

use super::Failure;
use super::logging::{LogFilter, LogFormat};
use crate::config::{Config, Count, Limits, ListenAddress, PublicUrl, PublicUrls, RateLimit};
use crate::storage::DatabaseUrl;
use crate::tls::Tls;

use self::timeout::Timeout;

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
    /// Listen address [default: 127.0.0.1:8080]
    ///
    /// HOST:PORT, or :PORT for 127.0.0.1. Port 0 is any free port. 0.0.0.0 accepts connections from other
    /// machines.
    #[arg(long, value_name = "ADDRESS", env = "REGISTRIES_SERVER_LISTEN")]
    #[serde(deserialize_with = "parsed")]
    listen: Option<ListenAddress>,
    /// Listen address of /metrics and /readyz
    ///
    /// Of /livez as well. By default there is none.
    #[arg(long, value_name = "ADDRESS", env = "REGISTRIES_SERVER_ADMIN_LISTEN")]
    #[serde(deserialize_with = "parsed")]
    pub(super) admin_listen: Option<ListenAddress>,
    /// URL that clients use, without /v2
    ///
    /// By default the listen address.
    #[arg(
        long,
        value_name = "URL",
        env = "REGISTRIES_SERVER_PUBLIC_URL",
        value_parser = PublicUrl::of_api
    )]
    #[serde(deserialize_with = "api_url")]
    pub(super) public_url: Option<PublicUrl>,
    /// Base of each `web_url` [default: the public URL]
    #[arg(
        long,
        value_name = "URL",
        env = "REGISTRIES_SERVER_PUBLIC_WEB_URL",
        hide_short_help = true
    )]
    #[serde(deserialize_with = "parsed")]
    pub(super) public_web_url: Option<PublicUrl>,
    /// Certificate (PEM), to serve https
    ///
    /// Needs --tls-key. The certificates that lead to its root follow it. SIGHUP reads both files again.
    #[arg(long, value_name = "FILE", env = "REGISTRIES_SERVER_TLS_CERTIFICATE")]
    tls_certificate: Option<PathBuf>,
    /// Private key of the certificate (PEM)
    #[arg(long, value_name = "FILE", env = "REGISTRIES_SERVER_TLS_KEY")]
    tls_key: Option<PathBuf>,
    /// Requests per minute, per user [default: 50]
    ///
    /// Requests without a valid token have the same limit per address. Behind a proxy, all clients have
    /// the address of the proxy.
    #[arg(long, value_name = "N|off", env = "REGISTRIES_SERVER_RATE_LIMIT_USER")]
    #[serde(deserialize_with = "parsed")]
    rate_limit_user: Option<RateLimit>,
    /// Requests per minute, per org [default: 200]
    #[arg(long, value_name = "N|off", env = "REGISTRIES_SERVER_RATE_LIMIT_ORG")]
    #[serde(deserialize_with = "parsed")]
    rate_limit_org: Option<RateLimit>,
    /// Largest request body, in bytes [default: 1048576]
    #[arg(long, value_name = "N", env = "REGISTRIES_SERVER_MAX_BODY", hide_short_help = true)]
    #[serde(deserialize_with = "parsed")]
    max_body: Option<Count>,
    /// Time limit for request headers [default: 10s]
    ///
    /// The connection is then closed.
    #[arg(
        long,
        value_name = "DURATION",
        env = "REGISTRIES_SERVER_HEADER_TIMEOUT",
        hide_short_help = true
    )]
    #[serde(deserialize_with = "parsed")]
    header_timeout: Option<Timeout>,
    /// Time limit for a request body [default: 30s]
    ///
    /// The response is then 408. A client that reads nothing of a response for as long is disconnected.
    #[arg(
        long,
        value_name = "DURATION",
        env = "REGISTRIES_SERVER_BODY_TIMEOUT",
        hide_short_help = true
    )]
    #[serde(deserialize_with = "parsed")]
    body_timeout: Option<Timeout>,
    /// Time limit for a connection without requests [default: 75s]
    #[arg(
        long,
        value_name = "DURATION",
        env = "REGISTRIES_SERVER_IDLE_TIMEOUT",
        hide_short_help = true
    )]
    #[serde(deserialize_with = "parsed")]
    idle_timeout: Option<Timeout>,
    /// Concurrent connections; others wait [default: 512]
    #[arg(
        long,
        value_name = "N",
        env = "REGISTRIES_SERVER_MAX_CONNECTIONS",
        hide_short_help = true
    )]
    #[serde(deserialize_with = "parsed")]
    max_connections: Option<Count>,
    /// Connections of one address [default: a quarter of all]
    ///
    /// More are closed. A /64 network of IPv6 counts as one address. Behind a proxy, allow as many as the
    /// proxy opens.
    #[arg(
        long,
        value_name = "N",
        env = "REGISTRIES_SERVER_MAX_CONNECTIONS_PER_ADDRESS",
        hide_short_help = true
    )]
    #[serde(deserialize_with = "parsed")]
    max_connections_per_address: Option<Count>,
    /// Time to accept requests after SIGTERM [default: 0s]
    ///
    /// Meanwhile /readyz fails, so that a load balancer can notice. A second signal ends the wait.
    #[arg(
        long,
        value_name = "DURATION",
        env = "REGISTRIES_SERVER_SHUTDOWN_DELAY",
        hide_short_help = true
    )]
    #[serde(deserialize_with = "parsed")]
    shutdown_delay: Option<Timeout>,
    /// Time limit for running requests at shutdown [default: 30s]
    #[arg(
        long,
        value_name = "DURATION",
        env = "REGISTRIES_SERVER_SHUTDOWN_GRACE",
        hide_short_help = true
    )]
    #[serde(deserialize_with = "parsed")]
    shutdown_grace: Option<Timeout>,
    /// Log level, or filters [default: info]
    ///
    /// A level is error, warn, info, debug or trace. Filters are a list such as
    /// `warn,registries_server=debug`.
    #[arg(long, value_name = "FILTER", env = "REGISTRIES_SERVER_LOG")]
    #[serde(deserialize_with = "parsed")]
    log: Option<LogFilter>,
    /// Log format: text or json [default: text]
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

    pub(super) fn listen(&self) -> ListenAddress {
        self.listen.clone().unwrap_or_default()
    }

    pub(super) fn tls_key(&self) -> Option<&Path> {
        self.tls_key.as_deref()
    }

    pub(super) fn speaks_tls(&self) -> bool {
        self.tls_certificate.is_some()
    }

    /// The certificate and its key, if they are there.
    pub(super) fn tls(&self) -> Result<Option<Arc<Tls>>, Failure> {
        let alone = |which| Err(SettingsError::Alone(which).into());
        match (self.tls_certificate.clone(), self.tls_key.clone()) {
            (None, None) => Ok(None),
            (Some(certificate), Some(key)) => Ok(Some(Arc::new(Tls::load(certificate, key)?))),
            (Some(_), None) => alone("the certificate needs its key; set --tls-key as well"),
            (None, Some(_)) => {
                alone("the key needs its certificate; set --tls-certificate as well")
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
            max_body: self.max_body.map_or(defaults.max_body, |Count(bytes)| bytes.get()),
            header_timeout: self.header_timeout.map_or(defaults.header_timeout, Timeout::get),
            body_timeout: self.body_timeout.map_or(defaults.body_timeout, Timeout::get),
            idle_timeout: self.idle_timeout.map_or(defaults.idle_timeout, Timeout::get),
            max_connections: self.max_connections.map_or(defaults.max_connections, |it| it.0),
            max_connections_per_address: self.max_connections_per_address.map(|it| it.0),
            shutdown_grace: self.shutdown_grace.map_or(defaults.shutdown_grace, Timeout::get),
            ..defaults
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
        formatter.write_str("a string in quotes or a whole number")
    }

    fn visit_str<E>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }

    fn visit_i64<E>(self, number: i64) -> Result<String, E> {
        Ok(number.to_string())
    }
}
