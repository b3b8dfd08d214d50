//! What responses say of the rate limits.

use std::{
    collections::HashMap,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::{Map, Value, json};

use crate::{
    deviation::{Class, Deviation, answer, lock},
    faulty_proxy::{Answering, Behaviour, Incoming, Outgoing, Upstream},
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
            // What is left can be less than nothing.
            if !name.ends_with("remaining") {
                all.push(of(
                    format!("{name}-negative"),
                    answer(move |_, outgoing| outgoing.set_header(name, "-1")),
                ));
            }
            all.push(of(
                format!("{name}-a-fraction"),
                answer(move |_, outgoing| outgoing.set_header(name, "1.5")),
            ));
        }
    }
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
    all.extend(exceeding());
    all
}

fn without(outgoing: &mut Outgoing) {
    for name in LIMITS {
        outgoing.headers.remove(name);
    }
}

/// What becomes of a request that is one too many.
fn exceeding() -> Vec<Deviation> {
    fn of(name: impl Into<String>, behaviour: impl Behaviour + 'static) -> Deviation {
        Deviation::new(Class::RateLimit, name, behaviour).limited()
    }
    fn refusal(change: impl Fn(&mut Outgoing) + Send + Sync + 'static) -> impl Behaviour {
        answer(move |_, outgoing| {
            if outgoing.status == StatusCode::TOO_MANY_REQUESTS {
                change(outgoing);
            }
        })
    }
    fn body(change: impl Fn(&mut Map<String, Value>) + Send + Sync + 'static) -> impl Behaviour {
        refusal(move |outgoing| {
            if let Some(Value::Object(mut body)) = outgoing.json() {
                change(&mut body);
                outgoing.set_json(&Value::Object(body));
            }
        })
    }
    let mut all = vec![
        of("exceeding-is-not-refused", Unenforced { step: 1, seen: Mutex::default() }),
        of(
            "exceeding-is-not-refused-and-every-other-is-told",
            Unenforced { step: 2, seen: Mutex::default() },
        ),
        of("exceeding-answers-400", refusal(|outgoing| outgoing.status = StatusCode::BAD_REQUEST)),
        of("exceeding-answers-403", refusal(|outgoing| outgoing.status = StatusCode::FORBIDDEN)),
        of("exceeding-answers-no-body", refusal(|outgoing| outgoing.body.clear())),
        of(
            "exceeding-answers-text",
            refusal(|outgoing| {
                outgoing.set_header("content-type", "text/plain");
                outgoing.body = b"Retry later\n".to_vec();
            }),
        ),
        of(
            "exceeding-answers-a-list",
            refusal(|outgoing| {
                if let Some(body) = outgoing.json() {
                    outgoing.set_json(&json!([body]));
                }
            }),
        ),
        of("exceeding-tells-no-limits", refusal(without)),
        of(
            "exceeding-without-a-warning",
            refusal(|outgoing| drop(outgoing.headers.remove("ratelimit-user-warning"))),
        ),
    ];
    let wrong = [
        ("message", json!(["wait"])),
        ("scope", json!("rest")),
        ("limit", json!(7)),
        ("current", json!(1)),
        ("reset", json!(3600)),
    ];
    for (property, wrong) in wrong {
        all.push(of(
            format!("exceeding-{property}-missing"),
            body(move |body| drop(body.remove(property))),
        ));
        all.push(of(
            format!("exceeding-{property}-wrong"),
            body(move |body| drop(body.insert(property.into(), wrong.clone()))),
        ));
    }
    all
}

/// Answers a request that is one too many as the last one of its path, with the headers that say
/// that nothing is left.
struct Unenforced {
    /// The step in which it reports what is left.
    step: u64,
    seen: Mutex<HashMap<String, Outgoing>>,
}

impl Behaviour for Unenforced {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let mut outgoing = upstream.send(&request).await;
            let name = "ratelimit-user-remaining";
            let shown =
                outgoing.headers.get(name).and_then(|it| it.to_str().ok()?.parse::<u64>().ok());
            if let Some(left) = shown.filter(|_| request.is_about_token()) {
                let shown = left / self.step * self.step;
                outgoing.headers.insert(name, HeaderValue::from(shown));
            }
            let mut seen = lock(&self.seen);
            if outgoing.status == StatusCode::TOO_MANY_REQUESTS {
                return seen.get(&request.path).cloned().unwrap_or(outgoing);
            }
            seen.insert(request.path, outgoing.clone());
            outgoing
        })
    }
}
