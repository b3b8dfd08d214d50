//! What `--verbose` prints.

use registries_client::{Exchange, RateLimits};

/// An exchange in one line, without the secrets in it.
pub(crate) fn exchanged(exchange: &Exchange<'_>) -> String {
    let Exchange { method, url, duration, result, .. } = exchange;
    let what = format!("{method} {url}");
    let took = duration.as_millis();
    match result {
        Ok(response) => {
            let id = response.request_id().map(|id| format!(", request {id}"));
            let left = left(&response.rate_limits());
            let id = id.unwrap_or_default();
            format!("{what}: {} in {took} ms{id}{left}", response.status())
        }
        Err(error) => format!("{what}: no response after {took} ms: {error}"),
    }
}

/// How many requests are left.
fn left(limits: &RateLimits) -> String {
    let windows = [("organization", &limits.organization), ("user", &limits.user)];
    let left = windows.into_iter().filter_map(|(name, window)| {
        Some(format!(", {} of {} left ({name})", window.remaining?, window.limit?))
    });
    left.collect()
}
