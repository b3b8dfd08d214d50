//! The catalogue of deviations: whole classes of them, not single bugs.

mod access;
mod constants;
mod explored;
mod foreign;
mod headers;
mod identity;
mod lists;
mod organizations;
mod persistence;
mod product;
mod rate_limits;
mod registry_tokens;
mod schemas;
mod shapes;
mod statuses;
mod texts;
mod tokens;
mod updates;
mod validation;
mod wire;

use super::{
    deviation::{Deviation, as_get},
    faulty_proxy::{Incoming, Outgoing, Upstream},
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
        registry_tokens::deviations,
        organizations::deviations,
        explored::deviations,
        product::deviations,
        foreign::deviations,
        wire::deviations,
        constants::deviations,
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

/// The slug of the registry in the response.
fn slug(outgoing: &Outgoing) -> Option<String> {
    let body = outgoing.json().filter(|_| outgoing.status.is_success())?;
    body["slug"].as_str().map(str::to_owned)
}

/// The path of the collection that the last segment is in.
fn collection(path: &str) -> String {
    path.rsplit_once('/').map_or(path, |(collection, _)| collection).to_owned()
}

/// The registry that a request is about as it was before, and the response to the request.
async fn before_and_after(request: &Incoming, upstream: &Upstream) -> (Outgoing, Outgoing) {
    let before = upstream.send(&as_get(request)).await;
    (before, upstream.send(request).await)
}

/// The same as a list of the registries that the one is among.
fn as_list(request: &Incoming) -> Incoming {
    Incoming { path: collection(&request.path), ..as_get(request) }
}

/// The same as a delete of the registry at this path.
fn as_delete(request: &Incoming, path: String) -> Incoming {
    Incoming { method: http::Method::DELETE, path, ..as_get(request) }
}
