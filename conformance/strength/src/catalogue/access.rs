//! Access.

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderValue, header};

use super::{Which, any};
use crate::{
    deviation::{Class, Deviation, Intruder, Unguarded, request},
    faulty_proxy::{Behaviour, Incoming},
};

/// The operations, by what a caller wants of them.
const OPERATIONS: [(&str, Which); 16] = [
    ("list", Incoming::is_list),
    ("create", Incoming::is_create),
    ("get", Incoming::is_get),
    ("update", |request| request.is_update() && request.method == "POST"),
    ("patch", |request| request.method == "PATCH"),
    ("put", |request| request.method == "PUT"),
    ("delete", Incoming::is_delete),
    ("token", |request| request.is("GET", "/access-token")),
    ("list-registry-tokens", |request| request.is("GET", "/tokens")),
    ("create-registry-token", |request| request.is("POST", "/tokens")),
    ("get-registry-token", |request| is_one(request, "GET")),
    ("update-registry-token", |request| is_one(request, "POST")),
    ("delete-registry-token", |request| is_one(request, "DELETE")),
    ("list-organizations", |request| request.is("GET", "/organizations")),
    ("get-organization", Incoming::is_organization),
    ("rate-limit", |request| request.is("GET", "/rate_limit")),
];

/// Whether it has this method and is about one registry token.
fn is_one(request: &Incoming, method: &str) -> bool {
    request.method == method && request.path.contains("/tokens/")
}

pub(super) fn deviations() -> Vec<Deviation> {
    fn of(name: impl Into<String>, behaviour: impl Behaviour + 'static) -> Deviation {
        Deviation::new(Class::Access, name, behaviour)
    }
    let mut all = Vec::new();
    for (operation, of_interest) in OPERATIONS {
        let is_alias = matches!(operation, "patch" | "put");
        let by_level = |deviation: Deviation| if is_alias { deviation.should() } else { deviation };
        all.push(by_level(of(
            format!("{operation}-without-a-token"),
            Unguarded::new(Intruder::Nobody, of_interest),
        )));
        all.push(by_level(of(
            format!("{operation}-with-an-unknown-token"),
            Unguarded::new(Intruder::Stranger, of_interest),
        )));
        if operation != "token" {
            all.push(by_level(of(
                format!("{operation}-without-its-scope"),
                Unguarded::new(Intruder::Limited, of_interest),
            )));
        }
    }
    all.push(of(
        "scope-for-writing-is-enough-to-delete",
        Unguarded::new(Intruder::Writer, Incoming::is_delete),
    ));
    all.push(of("nobody-needs-a-token", Unguarded::new(Intruder::Nobody, any)));
    all.push(of("any-token-will-do", Unguarded::new(Intruder::Stranger, any)));
    all.push(of("no-scope-is-needed", Unguarded::new(Intruder::Limited, any)));
    all.push(of(
        "any-organization-will-do",
        request(|request| {
            if let Some(rest) = request.path.strip_prefix("/packages/organizations/")
                && let Some((_, rest)) = rest.split_once('/')
            {
                request.path = format!("/packages/organizations/example-org/{rest}");
            } else if request.path.starts_with("/organizations/conformance-") {
                request.path = "/organizations/example-org".into();
            }
        }),
    ));
    all.push(of(
        "basic-credentials-are-taken",
        request(|request| {
            if let Some(token) = password(request)
                && let Ok(value) = HeaderValue::from_str(&format!("Bearer {token}"))
            {
                request.headers.insert(header::AUTHORIZATION, value);
            }
        }),
    ));
    all
}

/// The password of Basic credentials.
fn password(request: &Incoming) -> Option<String> {
    let sent = request.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let decoded = STANDARD.decode(sent.strip_prefix("Basic ")?).ok()?;
    let (_, password) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    Some(password.to_owned())
}

#[cfg(test)]
mod tests {
    use registries_conformance::contract::{Contract, Operation};

    use super::*;
    use crate::catalogue::product::refusals;

    /// A request to an operation.
    fn request_to(operation: &Operation) -> Incoming {
        let segments =
            operation.path.split('/').map(|it| if it.starts_with('{') { "a" } else { it });
        Incoming {
            method: operation.method.parse().unwrap(),
            path: segments.collect::<Vec<_>>().join("/"),
            headers: http::HeaderMap::new(),
            body: Vec::new(),
        }
    }

    /// An operation that is added to the contract is added to these lists. Otherwise nothing shows
    /// that its cases detect anything.
    #[test]
    fn every_operation_has_defects_of_access() {
        for operation in Contract::built_in().operations() {
            // There is one token to revoke, which a run has only if it is given one.
            if operation.id == "revoke_access_token" {
                continue;
            }
            let request = request_to(operation);
            let lists = OPERATIONS.iter().filter(|(_, is_it)| is_it(&request)).count();
            assert_eq!(lists, 1, "{} is in OPERATIONS", operation.id);
            let is_write = operation.method != "GET";
            assert_eq!(refusals::is_write(&request), is_write, "{} is in WRITES", operation.id);
        }
    }
}
