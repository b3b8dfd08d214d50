//! What the headers of a response say about rate limits.

use std::time::Duration;

use reqwest::header::{DATE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use serde_json::Value;

use crate::platform::SystemTime;

/// The two windows of 60 seconds that requests are counted in, from the headers of a response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RateLimits {
    /// The organization's window (`RateLimit-…`).
    pub organization: Window,
    /// The user's window (`RateLimit-User-…`).
    pub user: Window,
}

/// One window. A missing header, or one that is no number, is `None`. Of a repeated header, the
/// value that leaves less counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Window {
    /// How many requests the window allows.
    pub limit: Option<u64>,
    /// How many of them are left. Beyond the limit a deployment may count on, below zero.
    pub remaining: Option<i64>,
    /// How long it takes until the window starts anew.
    pub reset: Option<Duration>,
    /// Whether the response warned that the limit is exhausted.
    pub warning: bool,
}

impl RateLimits {
    pub(crate) fn from_headers(headers: &HeaderMap) -> Self {
        Self {
            organization: Window::from_headers(headers, &ORGANIZATION),
            user: Window::from_headers(headers, &USER),
        }
    }
}

/// The headers of a window.
struct Names {
    limit: HeaderName,
    remaining: HeaderName,
    reset: HeaderName,
    warning: HeaderName,
}

static ORGANIZATION: Names = Names {
    limit: HeaderName::from_static("ratelimit-limit"),
    remaining: HeaderName::from_static("ratelimit-remaining"),
    reset: HeaderName::from_static("ratelimit-reset"),
    warning: HeaderName::from_static("ratelimit-warning"),
};

static USER: Names = Names {
    limit: HeaderName::from_static("ratelimit-user-limit"),
    remaining: HeaderName::from_static("ratelimit-user-remaining"),
    reset: HeaderName::from_static("ratelimit-user-reset"),
    warning: HeaderName::from_static("ratelimit-user-warning"),
};

impl Window {
    fn from_headers(headers: &HeaderMap, names: &Names) -> Self {
        let numbers = |name| numbers(headers, name);
        Self {
            limit: numbers(&names.limit).filter_map(|it| u64::try_from(it.down()).ok()).min(),
            remaining: numbers(&names.remaining).map(|it| clamped(it.down())).min(),
            reset: numbers(&names.reset).map(Number::seconds).max(),
            warning: headers.contains_key(&names.warning),
        }
    }

    /// Whether no request is left in this window.
    pub fn is_exhausted(&self) -> bool {
        self.warning || self.remaining.is_some_and(|remaining| remaining <= 0)
    }
}

/// The time that `Retry-After` asks for, in seconds or as a date; of several the longest.
///
/// A date is compared with the response's `Date`, if it has one: the clocks may differ.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let date = |value: &HeaderValue| http_date(value.to_str().ok()?);
    let asked = headers.get_all(RETRY_AFTER).iter().filter_map(|value| {
        if let Some(number) = value.to_str().ok().and_then(Number::parse) {
            return Some(number.seconds());
        }
        let now = headers.get(DATE).and_then(date).unwrap_or_else(SystemTime::now);
        // A date that has passed asks for no time.
        Some(date(value)?.duration_since(now).unwrap_or_default())
    });
    asked.max()
}

/// A date as HTTP writes it.
fn http_date(text: &str) -> Option<SystemTime> {
    let since_1970 = httpdate::parse_http_date(text.trim()).ok()?;
    let since_1970 = since_1970.duration_since(std::time::UNIX_EPOCH).ok()?;
    SystemTime::UNIX_EPOCH.checked_add(since_1970)
}

/// The time that a property of a body asks for, in seconds.
pub(crate) fn seconds_of(value: &Value) -> Option<Duration> {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    Number::parse(&text).map(Number::seconds).or_else(|| {
        // Only what is written with an exponent: far beyond any time, or next to none.
        let is_long = value.as_f64()? >= 1.0;
        Some(if is_long { Duration::MAX } else { Duration::ZERO })
    })
}

/// The numbers in the headers called `name`, of which a proxy may have made one, with commas.
fn numbers(headers: &HeaderMap, name: &HeaderName) -> impl Iterator<Item = Number> {
    let texts = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    texts.flat_map(|text| text.split(',')).filter_map(Number::parse)
}

/// A decimal number of any size. Deployments send negative ones, and may send fractions.
#[derive(Clone, Copy, Debug)]
struct Number {
    /// Towards zero.
    whole: i128,
    /// Whether there is more than the whole.
    has_fraction: bool,
    is_negative: bool,
}

impl Number {
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let is_negative = text.starts_with('-');
        let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let is_number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !is_number(whole) || !is_number(fraction) {
            return None;
        }
        // Only digits that are too many cannot be read.
        let whole: i128 = whole.parse().unwrap_or(i128::MAX);
        let whole = if is_negative { -whole } else { whole };
        Some(Self { whole, has_fraction: fraction.bytes().any(|byte| byte != b'0'), is_negative })
    }

    /// The largest whole number that is not above this one.
    fn down(self) -> i128 {
        if self.is_negative && self.has_fraction {
            self.whole.saturating_sub(1)
        } else {
            self.whole
        }
    }

    /// So many seconds, with the last one begun; none if it is negative.
    fn seconds(self) -> Duration {
        let begun = i128::from(self.has_fraction && !self.is_negative);
        let seconds = self.whole.saturating_add(begun).max(0);
        Duration::from_secs(u64::try_from(seconds).unwrap_or(u64::MAX))
    }
}

/// The number as far as it fits.
fn clamped(number: i128) -> i64 {
    let nearest = if number < 0 { i64::MIN } else { i64::MAX };
    i64::try_from(number).unwrap_or(nearest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_that_are_there_are_read_and_the_rest_is_none() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("RateLimit-Limit", "200"),
            ("RateLimit-Remaining", "0"),
            ("RateLimit-Reset", "42"),
            ("RateLimit-User-Limit", "many"),
            ("RateLimit-User-Warning", "slow down"),
        ] {
            headers.insert(HeaderName::try_from(name).unwrap(), value.parse().unwrap());
        }
        let limits = RateLimits::from_headers(&headers);
        assert_eq!(
            limits.organization,
            Window {
                limit: Some(200),
                remaining: Some(0),
                reset: Some(Duration::from_secs(42)),
                warning: false
            }
        );
        assert_eq!(limits.user, Window { warning: true, ..Window::default() });
        assert!(limits.organization.is_exhausted() && limits.user.is_exhausted());
        assert!(!Window::default().is_exhausted());
    }

    /// Headers from lines such as `ratelimit-reset: 1`.
    fn headers(lines: &[&'static str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            let (name, value) = line.split_once(": ").unwrap();
            headers.append(name, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn numbers_may_be_negative_huge_fractions_and_repeated() {
        let window =
            |lines: &[&'static str]| RateLimits::from_headers(&headers(lines)).organization;
        for (lines, remaining) in [
            (&["ratelimit-remaining: -14"][..], Some(-14)),
            (&["ratelimit-remaining: 0"], Some(0)),
            (&["ratelimit-remaining: +3 "], Some(3)),
            (&["ratelimit-remaining: 2.9"], Some(2)),
            (&["ratelimit-remaining: -0.5"], Some(-1)),
            (
                &["ratelimit-remaining: 99999999999999999999999999999999999999999999"],
                Some(i64::MAX),
            ),
            (
                &["ratelimit-remaining: -99999999999999999999999999999999999999999999"],
                Some(i64::MIN),
            ),
            (&["ratelimit-remaining: 7", "ratelimit-remaining: -1"], Some(-1)),
            (&["ratelimit-remaining: 7, 3"], Some(3)),
            (&["ratelimit-remaining: many", "ratelimit-remaining: 3"], Some(3)),
            (&["ratelimit-remaining: 1e3"], None),
            (&["ratelimit-remaining: -"], None),
            (&["ratelimit-remaining: inf"], None),
            (&["ratelimit-remaining: "], None),
        ] {
            let window = window(lines);
            assert_eq!(window.remaining, remaining, "{lines:?}");
            assert_eq!(window.is_exhausted(), remaining.is_some_and(|it| it <= 0), "{lines:?}");
        }
        for (lines, reset) in [
            (&["ratelimit-reset: -3"][..], Some(Duration::ZERO)),
            (&["ratelimit-reset: 1.2"], Some(Duration::from_secs(2))),
            (&["ratelimit-reset: 3", "ratelimit-reset: 9, 5"], Some(Duration::from_secs(9))),
            (&["ratelimit-reset: 18446744073709551616"], Some(Duration::from_secs(u64::MAX))),
            (&["ratelimit-reset: NaN"], None),
        ] {
            assert_eq!(window(lines).reset, reset, "{lines:?}");
        }
        assert_eq!(window(&["ratelimit-limit: 200, 50"]).limit, Some(50));
        assert_eq!(window(&["ratelimit-limit: -1"]).limit, None);
    }

    #[test]
    fn retry_after_is_a_number_or_a_date() {
        let date = "date: Sun, 06 Nov 1994 08:49:37 GMT";
        for (lines, seconds) in [
            (&["retry-after: 13"][..], Some(13)),
            (&["retry-after: -1"], Some(0)),
            (&["retry-after: 1.5"], Some(2)),
            (&["retry-after: Sun, 06 Nov 1994 08:50:07 GMT", date], Some(30)),
            (&["retry-after: Sunday, 06-Nov-94 08:50:07 GMT", date], Some(30)),
            (&["retry-after: Sun Nov  6 08:50:07 1994", date], Some(30)),
            (&["retry-after: Sun, 06 Nov 1994 08:49:07 GMT", date], Some(0)),
            // Long ago, whatever the time is.
            (&["retry-after: Sun, 06 Nov 1994 08:49:07 GMT"], Some(0)),
            (&["retry-after: 5", "retry-after: Sun, 06 Nov 1994 08:50:07 GMT", date], Some(30)),
            (&["retry-after: later"], None),
            (&[date], None),
        ] {
            let asked = retry_after(&headers(lines));
            assert_eq!(asked, seconds.map(Duration::from_secs), "{lines:?}");
        }
        let far = headers(&["retry-after: Fri, 31 Dec 9999 23:59:59 GMT"]);
        assert!(retry_after(&far).unwrap() > Duration::from_secs(1_000_000_000));
    }

    #[test]
    fn a_time_in_a_body_may_be_any_number() {
        for (json, seconds) in [
            ("7", Some(7)),
            ("-7", Some(0)),
            ("7.5", Some(8)),
            ("\"7\"", Some(7)),
            ("18446744073709551615", Some(u64::MAX)),
            ("1e-300", Some(0)),
            ("\"soon\"", None),
            ("null", None),
            ("[7]", None),
        ] {
            let value = serde_json::from_str(json).unwrap();
            assert_eq!(seconds_of(&value), seconds.map(Duration::from_secs), "{json}");
        }
        assert_eq!(seconds_of(&serde_json::from_str("1e300").unwrap()), Some(Duration::MAX));
    }
}
