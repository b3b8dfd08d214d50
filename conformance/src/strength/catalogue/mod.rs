//! The catalogue of deviations: whole classes of them, not single bugs.

mod access;
mod headers;
mod identity;
mod lists;
mod persistence;
mod rate_limits;
mod shapes;
mod statuses;
mod texts;
mod tokens;
mod updates;
mod validation;

use super::{
    between::{Incoming, Outgoing},
    deviation::Deviation,
};

/// The catalogue, fresh: each deviation is good for one run.
#[must_use]
pub fn deviations() -> Vec<Deviation> {
    [
        shapes::deviations,
        statuses::deviations,
        headers::deviations,
        validation::deviations,
        access::deviations,
        persistence::deviations,
        updates::deviations,
        identity::deviations,
        lists::deviations,
        texts::deviations,
        rate_limits::deviations,
        tokens::deviations,
    ]
    .into_iter()
    .flat_map(|deviations| deviations())
    .collect()
}

/// The properties of a registry that a caller may set and leave out.
const OPTIONAL: [&str; 4] = ["description", "emoji", "color", "oidc_policy"];

/// Which requests a deviation is about.
type Which = fn(&Incoming) -> bool;

/// Every request.
fn any(_: &Incoming) -> bool {
    true
}

/// The slug of the registry that was answered.
fn slug(outgoing: &Outgoing) -> Option<String> {
    let body = outgoing.json().filter(|_| outgoing.status.is_success())?;
    body["slug"].as_str().map(str::to_owned)
}

/// The path of the collection that the last segment is in.
fn collection(path: &str) -> String {
    path.rsplit_once('/').map_or(path, |(collection, _)| collection).to_owned()
}
