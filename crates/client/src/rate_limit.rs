//! What the headers of a response say about rate limits.

use std::time::Duration;

use reqwest::header::HeaderMap;

/// The two windows of 60 seconds that requests are counted in, as a response tells them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RateLimits {
    /// The organization's window (`RateLimit-…`).
    pub organization: Window,
    /// The user's window (`RateLimit-User-…`).
    pub user: Window,
}

/// One window. What the response did not tell, or not as a number, is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Window {
    /// How many requests the window allows.
    pub limit: Option<u64>,
    /// How many of them are left.
    pub remaining: Option<u64>,
    /// How long it takes until the window starts anew.
    pub reset: Option<Duration>,
    /// Whether the response warned that the limit is exhausted.
    pub warning: bool,
}

impl RateLimits {
    pub(crate) fn from_headers(headers: &HeaderMap) -> Self {
        Self {
            organization: Window::from_headers(headers, "ratelimit"),
            user: Window::from_headers(headers, "ratelimit-user"),
        }
    }
}

impl Window {
    fn from_headers(headers: &HeaderMap, prefix: &str) -> Self {
        let number = |name: &str| number(headers, &format!("{prefix}-{name}"));
        Self {
            limit: number("limit"),
            remaining: number("remaining"),
            reset: number("reset").map(Duration::from_secs),
            warning: headers.contains_key(format!("{prefix}-warning")),
        }
    }

    /// Whether no request is left in this window.
    pub fn is_exhausted(&self) -> bool {
        self.warning || self.remaining == Some(0)
    }
}

/// The header `name`, when it is a whole number.
pub(crate) fn number(headers: &HeaderMap, name: &str) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_read_and_the_rest_left_open() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("RateLimit-Limit", "200"),
            ("RateLimit-Remaining", "0"),
            ("RateLimit-Reset", "42"),
            ("RateLimit-User-Limit", "many"),
            ("RateLimit-User-Warning", "slow down"),
        ] {
            headers.insert(
                reqwest::header::HeaderName::try_from(name).unwrap(),
                value.parse().unwrap(),
            );
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
}
