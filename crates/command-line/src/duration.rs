//! How durations are written, in options, variables and files of every program.

use std::time::Duration;

/// Reads a duration such as `30s`, `5m` or `1h30m`; a number alone is seconds.
///
/// # Errors
///
/// When it is no duration, or is longer than a hundred years, which clocks may not count.
pub fn duration(text: &str) -> Result<Duration, &'static str> {
    let text = text.trim();
    let seconds = text.parse().ok().map(Duration::from_secs);
    let duration = seconds.or_else(|| humantime::parse_duration(text).ok());
    duration.filter(|it| *it <= LONGEST).ok_or(EXPECTED)
}

const EXPECTED: &str =
    "expected a duration, for example 30s, 5m or 1h30m (a number alone is seconds)";

const LONGEST: Duration = Duration::from_hours(100 * 365 * 24);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_may_be_left_out_for_seconds() {
        for (text, seconds) in [
            ("30", 30),
            ("90s", 90),
            ("5m", 300),
            ("1h30m", 5400),
            (" 1h 30m ", 5400),
            ("30d", 30 * 86400),
            ("0s", 0),
        ] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        for text in ["", "5 apples", "-1", "1.5", "99999999999999999999s", "18446744073709551615"] {
            assert!(duration(text).is_err_and(|error| error.contains("a duration")), "{text}");
        }
    }
}
