//! Times in answers.

use chrono::{DateTime, SecondsFormat, Utc};

/// The form that the documented examples have everywhere but in the access token: RFC 3339, in
/// milliseconds.
pub(super) fn rfc3339(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}
