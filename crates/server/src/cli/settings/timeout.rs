//! How long something may take.

use std::str::FromStr;
use std::time::Duration;

use registries_command_line::duration;

/// How long something may take: at most a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Timeout(Duration);

impl Timeout {
    pub(super) fn get(self) -> Duration {
        self.0
    }
}

impl FromStr for Timeout {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        /// Longer ones are no limits, and clocks cannot count all of them.
        const LONGEST: Duration = Duration::from_hours(24);
        match duration(text)? {
            duration if duration <= LONGEST => Ok(Self(duration)),
            _ => Err("expected a duration of at most a day, for example 500ms, 30s or 5m"),
        }
    }
}
