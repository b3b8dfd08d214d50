//! The log, which goes to standard error.

use std::str::FromStr;

use registries_command_line::is_colored;
use tracing_subscriber::fmt::writer::BoxMakeWriter;
use tracing_subscriber::{EnvFilter, filter::LevelFilter};

/// Starts logging what the filter lets through.
pub(super) fn start(filter: &LogFilter, format: LogFormat) {
    let log = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(&filter.0))
        .with_ansi(is_colored(&std::io::stderr()))
        .with_writer(standard_error())
        // What cannot be written, since the disk is full for example, is lost. Reporting that on
        // standard error would panic.
        .log_internal_errors(false);
    match format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().flatten_event(true).with_span_list(false).init(),
    }
}

/// Standard error. Each line is written at once, and whole if the system writes it in one piece (up
/// to 4096 bytes to a pipe). The standard library's own is locked while it is written to, and
/// others wait for that.
fn standard_error() -> BoxMakeWriter {
    #[cfg(unix)]
    if let Ok(file) = std::os::fd::AsFd::as_fd(&std::io::stderr()).try_clone_to_owned() {
        return BoxMakeWriter::new(std::fs::File::from(file));
    }
    BoxMakeWriter::new(std::io::stderr)
}

/// What a line of the log is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum LogFormat {
    /// Text, for people.
    #[default]
    Text,
    /// A JSON object, for machines.
    Json,
}

impl FromStr for LogFormat {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err("expected `text` or `json`"),
        }
    }
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
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        // A lone word would be the name of a module, of which everything is logged.
        let is_known =
            |part: &str| part.contains(['=', '[']) || LevelFilter::from_str(part).is_ok();
        let is_usable =
            text.split(',').map(str::trim).all(is_known) && EnvFilter::try_new(text).is_ok();
        is_usable.then(|| Self(text.to_owned())).ok_or(
            "expected a level (error, warn, info, debug, trace), or a list of filters such as \
             warn,registries_server=debug",
        )
    }
}
