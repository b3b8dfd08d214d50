//! Which reading of what the sources disagree about a deployment follows, as the access token shows it.

use super::super::Reads;
use crate::{observed::Observed, steps::Step};

pub(in crate::areas) const READINGS: &[(&str, Reads)] = &[("timestamp-format", timestamp)];

fn timestamp(run: &Observed) -> Option<String> {
    let created = run.success(Step::GetToken).ok()?.json.as_ref()?.get("created_at")?.as_str()?;
    if created.ends_with(" UTC") {
        return Some("2025-07-16 06:07:42 UTC".into());
    }
    chrono::DateTime::parse_from_rfc3339(created).ok().map(|_| "RFC 3339".into())
}
