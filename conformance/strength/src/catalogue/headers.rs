//! The headers of answers.

use http::{Method, StatusCode, header};

use super::Which;
use crate::{
    deviation::{Class, Deviation, Refused, answer},
    faulty_proxy::{Behaviour, Incoming},
};

const OPERATIONS: [(&str, Which); 8] = [
    ("list", Incoming::is_list),
    ("create", Incoming::is_create),
    ("get", Incoming::is_get),
    ("update", Incoming::is_update),
    ("token", Incoming::is_about_token),
    ("registry-token", Incoming::is_about_registry_tokens),
    ("organization", Incoming::is_organization),
    ("rate-limit", |request| request.path.ends_with("/rate_limit")),
];

pub(super) fn deviations() -> Vec<Deviation> {
    let mut all = Vec::new();
    for (place, of_interest) in OPERATIONS {
        for (name, value) in [
            ("html", Some("text/html; charset=utf-8")),
            ("plain", Some("text/plain")),
            ("missing", None),
        ] {
            let behaviour = answer(move |request, outgoing| {
                if of_interest(request) && outgoing.status.is_success() && !outgoing.body.is_empty()
                {
                    match value {
                        Some(value) => outgoing.set_header("content-type", value),
                        None => drop(outgoing.headers.remove(header::CONTENT_TYPE)),
                    }
                }
            });
            all.push(Deviation::new(
                Class::Header,
                format!("{place}-content-type-{name}"),
                behaviour,
            ));
        }
    }
    let html = answer(|_, outgoing| {
        if outgoing.status.is_client_error() {
            outgoing.set_header("content-type", "text/html");
            outgoing.body = b"<h1>Oops</h1>".to_vec();
        }
    });
    all.push(Deviation::new(Class::Header, "errors-are-html", html));
    let labelled = answer(|_, outgoing| {
        if outgoing.status.is_client_error() {
            outgoing.set_header("content-type", "text/html");
        }
    });
    all.push(Deviation::new(Class::Header, "errors-are-labelled-html", labelled));
    all.extend(cors());
    all
}

fn cors() -> Vec<Deviation> {
    const ALLOWS: &str = "access-control-allow-origin";
    const EXPOSES: &str = "access-control-expose-headers";
    fn of(name: &str, behaviour: impl Behaviour + 'static) -> Deviation {
        Deviation::new(Class::Header, name, behaviour)
    }
    vec![
        of("no-origin-may-read", answer(|_, outgoing| drop(outgoing.headers.remove(ALLOWS)))),
        of(
            "one-origin-may-read",
            answer(|_, outgoing| outgoing.set_header(ALLOWS, "https://example.com")),
        ),
        of(
            "no-origin-may-read-errors",
            answer(|_, outgoing| {
                if outgoing.status.is_client_error() {
                    outgoing.headers.remove(ALLOWS);
                }
            }),
        ),
        of(
            "preflight-takes-a-token",
            Refused(|it| it.method == Method::OPTIONS, StatusCode::UNAUTHORIZED),
        )
        .may(),
        of(
            "preflight-allows-no-token",
            answer(|request, outgoing| {
                if request.method == Method::OPTIONS {
                    outgoing.set_header("access-control-allow-headers", "content-type");
                }
            }),
        )
        .may(),
        of("link-is-not-exposed", answer(|_, outgoing| drop(outgoing.headers.remove(EXPOSES)))),
        of(
            "another-header-is-exposed",
            answer(|_, outgoing| outgoing.set_header(EXPOSES, "x-link-count")),
        ),
    ]
}
