//! Every write that is refused, and carried out all the same.

use std::sync::Mutex;

use http::{HeaderValue, Method, StatusCode, header};
use serde_json::json;

use super::super::Which;
use crate::{
    deviation::{Class, Deviation, own_token},
    faulty_proxy::{Answering, Behaviour, Incoming, Upstream},
};

/// The writes, and whether the sources document them.
const WRITES: [(&str, Which, bool); 8] = [
    ("create", Incoming::is_create, true),
    ("update", |request| request.is_update() && request.method == Method::POST, true),
    ("patch", |request| request.is_update() && request.method == Method::PATCH, false),
    ("put", |request| request.is_update() && request.method == Method::PUT, false),
    ("delete", Incoming::is_delete, true),
    ("create-registry-token", |request| request.is("POST", "/tokens"), true),
    ("update-registry-token", |request| is_one(request, &Method::POST), true),
    ("delete-registry-token", |request| is_one(request, &Method::DELETE), true),
];

/// Whether a write of that list is asked for.
#[cfg(test)]
pub(in crate::catalogue) fn is_write(request: &Incoming) -> bool {
    WRITES.iter().any(|(_, is_it, _)| is_it(request))
}

fn is_one(request: &Incoming, method: &Method) -> bool {
    request.method == *method && request.path.contains("/tokens/")
}

/// For which reason a write is refused.
const REASONS: [(&str, Reason); 4] = [
    ("without-a-token", |request, status| {
        status == StatusCode::UNAUTHORIZED && !request.headers.contains_key(header::AUTHORIZATION)
    }),
    ("with-an-unknown-token", |request, status| {
        status == StatusCode::UNAUTHORIZED && request.headers.contains_key(header::AUTHORIZATION)
    }),
    ("without-its-scope", |_, status| status == StatusCode::FORBIDDEN),
    ("with-an-invalid-body", |_, status| status == StatusCode::UNPROCESSABLE_ENTITY),
];

type Reason = fn(&Incoming, StatusCode) -> bool;

pub(super) fn deviations() -> Vec<Deviation> {
    let mut all = Vec::new();
    for (write, of_interest, is_documented) in WRITES {
        for (reason, is_it) in REASONS {
            let has_body = !write.starts_with("delete");
            let is_tried = !matches!(write, "patch" | "put");
            if reason == "with-an-invalid-body" && !(has_body && is_tried) {
                continue;
            }
            let name = format!("refused-{write}-{reason}-is-carried-out");
            let behaviour = CarriedOut { of_interest, is_it, token: Mutex::default() };
            let deviation = Deviation::new(Class::Access, name, behaviour);
            all.push(if is_documented { deviation } else { deviation.should() });
        }
    }
    all
}

/// Refuses a write, and carries it out with the run's own token, which is the one that it sees first.
struct CarriedOut {
    of_interest: Which,
    is_it: Reason,
    token: Mutex<Option<HeaderValue>>,
}

impl Behaviour for CarriedOut {
    fn answer<'a>(&'a self, mut request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let token = own_token(&self.token, &request);
            let outgoing = upstream.send(&request).await;
            if !(self.of_interest)(&request) || !(self.is_it)(&request, outgoing.status) {
                return outgoing;
            }
            if let Some(token) = token {
                request.headers.insert(header::AUTHORIZATION, token);
            }
            // What is invalid is left out, and something else is put in its place.
            if outgoing.status == StatusCode::UNPROCESSABLE_ENTITY {
                let is_create = request.is_create();
                request.change(|body| {
                    body.retain(|name, value| name == "name" && value.is_string());
                    body.insert("description".into(), json!("of what was refused"));
                    if is_create {
                        body.entry("ecosystem").or_insert_with(|| json!("ruby"));
                        body.entry("name").or_insert_with(|| json!("conformance untitled"));
                    }
                });
            }
            upstream.send(&request).await;
            outgoing
        })
    }
}
