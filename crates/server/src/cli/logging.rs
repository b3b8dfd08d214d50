//! The log, which goes to standard error.

use std::io::IsTerminal;
use std::str::FromStr;

use tracing_subscriber::EnvFilter;

/// Starts logging what the filter lets through.
pub(super) fn start(filter: &LogFilter) {
    // Colours are for people: not in a file, and not for those who ask for none (no-color.org).
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(&filter.0))
        .with_ansi(std::io::stderr().is_terminal() && !no_color)
        .with_writer(std::io::stderr)
        .init();
}

/// How much is logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LogFilter(String);

impl LogFilter {
    /// What `REGISTRIES_SERVER_LOG` says, for commands that take no settings.
    pub(super) fn from_environment() -> Self {
        let text = std::env::var("REGISTRIES_SERVER_LOG").ok();
        text.and_then(|text| text.parse().ok()).unwrap_or_default()
    }
}

impl Default for LogFilter {
    fn default() -> Self {
        Self("info".to_owned())
    }
}

impl FromStr for LogFilter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match EnvFilter::try_new(text) {
            Ok(_) => Ok(Self(text.to_owned())),
            Err(error) => Err(format!(
                "{error}; a filter is a level (error, warn, info, debug, trace) or a list such as \
                 warn,registries_server=debug"
            )),
        }
    }
}
