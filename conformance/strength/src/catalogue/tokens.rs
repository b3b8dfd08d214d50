//! Access tokens.

use std::sync::atomic::{AtomicUsize, Ordering};

use http::{HeaderName, HeaderValue, StatusCode, header};
use serde_json::json;

use crate::{
    deviation::{Class, Deviation, answer, as_get},
    faulty_proxy::{Answering, Behaviour, Incoming, Upstream},
};

#[expect(clippy::too_many_lines, reason = "a catalogue")]
pub(super) fn deviations() -> Vec<Deviation> {
    fn of(name: &str, behaviour: impl Behaviour + 'static) -> Deviation {
        Deviation::new(Class::Token, name, behaviour)
    }
    vec![
        of(
            "secret-in-the-token",
            answer(|request, outgoing| {
                if let Some(mut body) = outgoing.json()
                    && request.is("GET", "/access-token")
                    && body.is_object()
                {
                    body["token"] = json!(bearer(request));
                    outgoing.set_json(&body);
                }
            }),
        ),
        of(
            "secret-in-a-header",
            answer(|request, outgoing| {
                if let Some(sent) = request.headers.get(header::AUTHORIZATION) {
                    outgoing.headers.insert("x-authorization", sent.clone());
                }
            }),
        ),
        of(
            "secret-in-upper-case-in-a-header",
            answer(|request, outgoing| {
                if let Ok(value) = HeaderValue::from_str(&bearer(request).to_uppercase()) {
                    outgoing.headers.insert("x-debug", value);
                }
            }),
        ),
        of(
            "secret-as-the-name-of-a-header",
            answer(|request, outgoing| {
                let name = HeaderName::from_bytes(bearer(request).to_lowercase().as_bytes());
                if let Some(name) = name.ok().filter(|name| name.as_str().len() > 20) {
                    outgoing.headers.insert(name, HeaderValue::from_static("1"));
                }
            }),
        ),
        of(
            "secret-in-a-link",
            answer(|request, outgoing| {
                let link =
                    format!("<https://{}@api.example.com/v2>; rel=\"first\"", bearer(request));
                if let Ok(value) = HeaderValue::from_str(&link) {
                    outgoing.headers.insert(header::LINK, value);
                }
            }),
        ),
        of(
            "secret-in-an-error",
            answer(|request, outgoing| {
                if outgoing.status.is_client_error() {
                    outgoing.set_json(&json!({"message": format!("{} may not", bearer(request))}));
                }
            }),
        ),
        of(
            "secret-in-a-registry",
            answer(|request, outgoing| {
                let secret = bearer(request);
                outgoing.each_registry(|registry| {
                    registry["url"] = json!(format!(
                        "{}?token={secret}",
                        registry["url"].as_str().unwrap_or_default()
                    ));
                });
            }),
        ),
        of("revoked-token-still-works", NotRevoked { status: StatusCode::NO_CONTENT }),
        of(
            "revocation-answers-200",
            answer(|request, outgoing| {
                if request.is("DELETE", "/access-token")
                    && outgoing.status == StatusCode::NO_CONTENT
                {
                    outgoing.status = StatusCode::OK;
                }
            }),
        ),
        of("revocation-answers-202-and-does-nothing", NotRevoked { status: StatusCode::ACCEPTED }),
        of(
            "revocation-is-refused",
            answer(|request, outgoing| {
                if request.is("DELETE", "/access-token") {
                    outgoing.status = StatusCode::METHOD_NOT_ALLOWED;
                    outgoing.set_header("content-type", "application/json");
                    outgoing.set_json(&json!({"message": "no"}));
                }
            }),
        ),
        of("revocation-takes-no-token", revoked(|sent| sent.is_none())),
        of("revocation-takes-an-unknown-token", revoked(|sent| sent.is_some())),
        of(
            "token-tells-no-scopes",
            answer(|request, outgoing| {
                if let Some(mut body) = outgoing.json()
                    && request.is("GET", "/access-token")
                    && body.is_object()
                {
                    body["scopes"] = json!([]);
                    outgoing.set_json(&body);
                }
            }),
        ),
        of("token-changes-between-two-reads", {
            let count = AtomicUsize::new(0);
            answer(move |request, outgoing| {
                if request.is("GET", "/access-token") {
                    let count = count.fetch_add(1, Ordering::SeqCst);
                    outgoing.each("uuid", |token| {
                        token["uuid"] = json!(format!("0191df84-85e4-77aa-83ba-{count:012}"));
                    });
                }
            })
        }),
        of(
            "token-cannot-be-described",
            answer(|request, outgoing| {
                if request.is("GET", "/access-token") {
                    outgoing.status = StatusCode::NOT_FOUND;
                    outgoing.set_json(&json!({"message": "no"}));
                }
            }),
        ),
    ]
}

/// Answers as if there had been a token to revoke.
fn revoked(is_taken: fn(Option<&HeaderValue>) -> bool) -> impl Behaviour {
    answer(move |request, outgoing| {
        if request.is("DELETE", "/access-token")
            && outgoing.status == StatusCode::UNAUTHORIZED
            && is_taken(request.headers.get(header::AUTHORIZATION))
        {
            outgoing.status = StatusCode::NO_CONTENT;
            outgoing.body.clear();
            outgoing.headers.remove(header::CONTENT_TYPE);
        }
    })
}

fn bearer(request: &Incoming) -> String {
    let sent = request.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    sent.unwrap_or_default().trim_start_matches("Bearer ").to_owned()
}

/// Says that the token is revoked, and does nothing.
struct NotRevoked {
    status: StatusCode,
}

impl Behaviour for NotRevoked {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            if !request.is("DELETE", "/access-token") {
                return upstream.send(&request).await;
            }
            let mut outgoing = upstream.send(&as_get(&request)).await;
            outgoing.status = self.status;
            outgoing.body.clear();
            outgoing.headers.remove(header::CONTENT_TYPE);
            outgoing
        })
    }
}
