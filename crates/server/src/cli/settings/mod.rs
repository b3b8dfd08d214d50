//! What `serve` can be told: by flags, by the environment, and by a file.

mod file;

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::str::FromStr;

use clap::Args;
use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};

use super::logging::{LogFilter, LogFormat};
use crate::storage::DatabaseUrl;
use crate::config::{Config, Limits, PublicUrl, PublicUrls, RateLimit, Timeout};

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
    /// How many requests a minute one user may send, by default 50, or `off`
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
        Self {
            database: self.database.or(others.database),
            listen: self.listen.or(others.listen),
            public_url: self.public_url.or(others.public_url),
            public_web_url: self.public_web_url.or(others.public_web_url),
            rate_limit_user: self.rate_limit_user.or(others.rate_limit_user),
            rate_limit_org: self.rate_limit_org.or(others.rate_limit_org),
            max_body: self.max_body.or(others.max_body),
            shutdown_grace: self.shutdown_grace.or(others.shutdown_grace),
            log: self.log.or(others.log),
            log_format: self.log_format.or(others.log_format),
        }
    }

    pub(super) fn listen(&self) -> SocketAddr {
        self.listen.unwrap_or(SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)))
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
