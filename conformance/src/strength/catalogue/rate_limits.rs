//! What is told of the rate limits.

use std::sync::atomic::{AtomicU64, Ordering};

use http::{HeaderName, HeaderValue, StatusCode};

use crate::strength::{
    between::Outgoing,
    deviation::{Class, Deviation, answer},
};

const LIMITS: [&str; 8] = [
    "ratelimit-scope",
    "ratelimit-limit",
    "ratelimit-remaining",
    "ratelimit-reset",
    "ratelimit-user-scope",
    "ratelimit-user-limit",
    "ratelimit-user-remaining",
    "ratelimit-user-reset",
];

#[expect(clippy::too_many_lines, reason = "a catalogue")]
pub(super) fn deviations() -> Vec<Deviation> {
    let of = |name: String, behaviour| Deviation::new(Class::RateLimit, name, behaviour);
    let mut all = Vec::new();
    for name in LIMITS {
        all.push(of(
            format!("{name}-missing"),
            answer(move |_, outgoing| {
                outgoing.headers.remove(name);
            }),
        ));
        all.push(of(
            format!("{name}-wrong"),
            answer(move |_, outgoing| outgoing.set_header(name, "soon")),
        ));
        all.push(of(
            format!("{name}-empty"),
            answer(move |_, outgoing| outgoing.set_header(name, "")),
        ));
        if !name.ends_with("scope") {
            all.push(of(
                format!("{name}-negative"),
                answer(move |_, outgoing| outgoing.set_header(name, "-1")),
            ));
            all.push(of(
                format!("{name}-a-fraction"),
                answer(move |_, outgoing| outgoing.set_header(name, "1.5")),
            ));
        }
    }
    let without = |outgoing: &mut Outgoing| {
        for name in LIMITS {
            outgoing.headers.remove(name);
        }
    };
    all.push(of(
        "none-on-errors".into(),
        answer(move |_, outgoing| {
            if outgoing.status.is_client_error() {
                without(outgoing);
            }
        }),
    ));
    all.push(of(
        "none-on-writes".into(),
        answer(move |request, outgoing| {
            if request.method != http::Method::GET {
                without(outgoing);
            }
        }),
    ));
    all.push(of(
        "none-without-a-token".into(),
        answer(move |_, outgoing| {
            if outgoing.status == StatusCode::UNAUTHORIZED {
                without(outgoing);
            }
        }),
    ));
    all.push(of(
        "as-x-headers".into(),
        answer(move |_, outgoing| {
            for name in LIMITS {
                let Some(value) = outgoing.headers.remove(name) else { continue };
                if let Ok(name) = HeaderName::try_from(format!("x-{name}")) {
                    outgoing.headers.insert(name, value);
                }
            }
        }),
    ));
    all.push(of(
        "remaining-above-limit".into(),
        answer(|_, outgoing| {
            outgoing.set_header("ratelimit-user-limit", "50");
            outgoing.set_header("ratelimit-user-remaining", "51");
        }),
    ));
    all.push(of(
        "reset-is-a-time".into(),
        answer(|_, outgoing| outgoing.set_header("ratelimit-reset", "1752645600")),
    ));
    all.push(of(
        "reset-beyond-the-window".into(),
        answer(|_, outgoing| outgoing.set_header("ratelimit-user-reset", "3600")),
    ));
    all.push(of(
        "remaining-never-changes".into(),
        answer(|_, outgoing| outgoing.set_header("ratelimit-user-remaining", "37")),
    ));
    let left = AtomicU64::new(1);
    all.push(of(
        "remaining-counts-up".into(),
        answer(move |_, outgoing| {
            let left = left.fetch_add(1, Ordering::SeqCst);
            outgoing.headers.insert("ratelimit-user-limit", HeaderValue::from(1000));
            outgoing.headers.insert("ratelimit-user-remaining", HeaderValue::from(left));
        }),
    ));
    let limit = AtomicU64::new(1000);
    all.push(
        of(
            "limit-changes".into(),
            answer(move |_, outgoing| {
                let limit = limit.fetch_add(1, Ordering::SeqCst);
                outgoing.headers.insert("ratelimit-limit", HeaderValue::from(limit));
            }),
        )
        .may(),
    );
    all
}
