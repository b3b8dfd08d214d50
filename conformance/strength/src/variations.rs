//! Other choices that a deployment may make: none of them is a deviation.

mod answers;
mod around;
mod delivery;
mod lists;
mod open;
mod refusals;
mod wire;

use http::{HeaderName, HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use self::{
    answers::{AnotherLimit, AnotherSlug, Compressed, Late, Slow, TheFirst, escaped},
    around::{organizations, registry_tokens, tokens},
    delivery::delivery,
    lists::lists,
    open::open,
    refusals::refusals,
    wire::wire,
};
use super::{
    deviation::{Class, Deviation, Refused, answer, bodies, registries},
    faulty_proxy::{Behaviour, Incoming},
};

fn of(name: &str, class: Class, behaviour: impl Behaviour + 'static) -> Deviation {
    Deviation::new(class, name, behaviour)
}

fn any(_: &Incoming) -> bool {
    true
}

fn message(text: &'static str) -> impl Behaviour {
    answer(move |_, outgoing| {
        if let Some(mut body) = outgoing.json().filter(|body| body.get("message").is_some()) {
            body["message"] = json!(text);
            outgoing.set_json(&body);
        }
    })
}

fn header_on_all(name: &'static str, value: &'static str) -> impl Behaviour {
    answer(move |_, outgoing| outgoing.set_header(name, value))
}

fn without_policy(of_interest: fn(&Incoming) -> bool) -> impl Behaviour {
    registries(of_interest, |registry| {
        registry.insert("oidc_policy".into(), Value::Null);
    })
}

fn web_url(change: fn(&str) -> String, of_interest: fn(&Incoming) -> bool) -> impl Behaviour {
    registries(of_interest, move |registry| {
        let url = registry["web_url"].as_str().map(change);
        registry.insert("web_url".into(), json!(url));
    })
}

/// The catalogue of legal variations, fresh: each is good for one run.
#[must_use]
pub fn variations() -> Vec<Deviation> {
    [
        whole_bodies,
        properties,
        headers,
        bodies_on_the_wire,
        wire,
        refusals,
        updates,
        identity,
        lists,
        texts,
        rate_limits,
        tokens,
        registry_tokens,
        organizations,
        open,
        delivery,
    ]
    .into_iter()
    .flat_map(|variations| variations())
    .collect()
}

fn whole_bodies() -> Vec<Deviation> {
    let pretty = answer(|_, outgoing| {
        if let Some(body) = outgoing.json() {
            outgoing.body = format!("{body:#}\n").into_bytes();
        }
    });
    let escaped = answer(|_, outgoing| {
        if let Some(body) = outgoing.json() {
            outgoing.body = escaped(&body.to_string()).into_bytes();
        }
    });
    vec![
        of(
            "errors-say-more",
            Class::Shape,
            answer(|_, outgoing| {
                if let Some(mut body) =
                    outgoing.json().filter(|_| outgoing.status.is_client_error())
                {
                    body["documentation_url"] = json!("https://example.com/docs");
                    outgoing.set_json(&body);
                }
            }),
        ),
        of("pretty-bodies", Class::Shape, pretty),
        of("bodies-in-ascii", Class::Shape, escaped),
        of(
            "delete-answers-a-body",
            Class::Shape,
            answer(|request, outgoing| {
                if request.is_delete() && outgoing.status.is_success() {
                    outgoing.set_header("content-type", "application/json");
                    outgoing.set_json(&json!({"deleted": true}));
                }
            }),
        ),
    ]
}

fn properties() -> Vec<Deviation> {
    vec![
        of(
            "team-ids-are-told",
            Class::Shape,
            registries(any, |registry| {
                registry.insert("team_ids".into(), json!([]));
            }),
        ),
        of(
            "team-ids-are-other-strings",
            Class::Shape,
            registries(any, |registry| {
                registry.insert("team_ids".into(), json!(["team-one-uuid"]));
            }),
        ),
        // Clients read it, and are warned for; no document prints it.
        of(
            "type-is-missing",
            Class::Shape,
            registries(any, |registry| {
                registry.remove("type");
            }),
        ),
        of(
            "times-in-the-other-form",
            Class::Shape,
            answer(|request, outgoing| {
                if let Some(mut body) = outgoing
                    .json()
                    .filter(|_| request.is_about_token() && outgoing.status.is_success())
                {
                    body["created_at"] = json!("2025-07-16T06:07:42Z");
                    outgoing.set_json(&body);
                }
            }),
        ),
    ]
}

fn headers() -> Vec<Deviation> {
    vec![
        of("extra-headers", Class::Header, header_on_all("x-served-by", "17")),
        of(
            "security-headers",
            Class::Header,
            header_on_all("strict-transport-security", "max-age=31536000"),
        ),
        of(
            "cors-header-as-it-is-printed",
            Class::Header,
            answer(|_, outgoing| {
                outgoing.headers.remove("access-control-allow-origin");
                outgoing.set_header("access-controller-allow-origin", "*");
            }),
        ),
        of(
            "more-headers-are-exposed",
            Class::Header,
            header_on_all("access-control-expose-headers", "x-request-id, Link, ETag"),
        ),
        of(
            "headers-are-exposed-in-two-lines",
            Class::Header,
            answer(|_, outgoing| {
                let exposes = header::ACCESS_CONTROL_EXPOSE_HEADERS;
                outgoing.headers.insert(&exposes, HeaderValue::from_static("X-Request-Id"));
                outgoing.headers.append(exposes, HeaderValue::from_static("Link"));
            }),
        ),
        of("an-entity-tag", Class::Header, header_on_all("etag", "W/\"17\"")),
        of("cookies", Class::Header, header_on_all("set-cookie", "session=1; HttpOnly")),
        of(
            "charset-in-the-content-type",
            Class::Header,
            answer(|_, outgoing| {
                if outgoing.headers.contains_key(header::CONTENT_TYPE) {
                    outgoing.set_header("content-type", "application/json; charset=utf-8");
                }
            }),
        ),
        of(
            "content-type-in-capitals",
            Class::Header,
            answer(|_, outgoing| {
                if outgoing.headers.contains_key(header::CONTENT_TYPE) {
                    outgoing.set_header("content-type", "Application/JSON;charset=UTF-8");
                }
            }),
        ),
        of(
            "repeated-headers",
            Class::Header,
            answer(|_, outgoing| {
                for value in ["one", "two"] {
                    outgoing.headers.append(
                        HeaderName::from_static("x-backend"),
                        HeaderValue::from_static(value),
                    );
                }
            }),
        ),
    ]
}

fn bodies_on_the_wire() -> Vec<Deviation> {
    vec![
        of(
            "chunked-bodies",
            Class::Header,
            answer(|_, outgoing| {
                // A few bytes in each, so that a chunk ends in the middle of a character.
                outgoing.chunk = Some(7);
            }),
        ),
        of("compressed-bodies", Class::Header, Compressed),
        of("slow-answers", Class::Header, Slow),
    ]
}

fn updates() -> Vec<Deviation> {
    vec![
        of(
            "update-without-put",
            Class::Update,
            Refused(|request| request.method == "PUT", StatusCode::METHOD_NOT_ALLOWED),
        ),
        of(
            "update-without-patch",
            Class::Update,
            Refused(|request| request.method == "PATCH", StatusCode::METHOD_NOT_ALLOWED),
        ),
        of(
            "ecosystem-in-an-update-is-ignored",
            Class::Update,
            bodies(Incoming::is_update, |body| {
                body.remove("ecosystem");
            }),
        ),
        of("policy-is-not-returned", Class::Persistence, without_policy(any)),
        of("policy-null-in-create", Class::Persistence, without_policy(Incoming::is_create)),
        of(
            "policy-null-in-writes",
            Class::Persistence,
            without_policy(|request| request.is_create() || request.is_update()),
        ),
    ]
}

fn identity() -> Vec<Deviation> {
    vec![
        of(
            "web-url-in-the-other-form",
            Class::Identity,
            web_url(|url| url.replace("/registries/", "/packages/registries/"), any),
        ),
        of(
            "web-url-in-the-other-form-in-lists",
            Class::Identity,
            web_url(|url| url.replace("/registries/", "/packages/registries/"), Incoming::is_list),
        ),
        of("another-public-url", Class::Identity, answer(|_, _| {}))
            .known_as("https://registries.example"),
        of("duplicate-name-gets-another-slug", Class::Identity, AnotherSlug),
        of("duplicate-name-answers-the-first-registry", Class::Identity, TheFirst),
    ]
}

fn texts() -> Vec<Deviation> {
    vec![
        of("other-messages", Class::Text, message("Nope.")),
        of("empty-messages", Class::Text, message("")),
        of("messages-in-another-language", Class::Text, message("見つかりません")),
        of(
            "emoji-as-itself",
            Class::Text,
            registries(any, |registry| {
                let emoji = match registry["emoji"].as_str() {
                    Some(":sunflower:") => "🌻",
                    Some(":gem:") => "💎",
                    _ => return,
                };
                registry.insert("emoji".into(), json!(emoji));
            }),
        ),
    ]
}

fn rate_limits() -> Vec<Deviation> {
    vec![
        of(
            "other-limits",
            Class::RateLimit,
            answer(|_, outgoing| {
                outgoing.each("scopes", |limits| {
                    if let Some(rest) = limits.pointer_mut("/scopes/rest") {
                        rest["limit"] = json!(10_000);
                    }
                });
                let header = |name: &str| outgoing.headers.get(name)?.to_str().ok()?.parse().ok();
                let used = |limit: i64| Some(limit - header("ratelimit-remaining")?);
                let left = 10_000 - header("ratelimit-limit").and_then(used).unwrap_or(0);
                outgoing.set_header("ratelimit-limit", "10000");
                outgoing.headers.insert("ratelimit-remaining", HeaderValue::from(left));
                outgoing.set_header("ratelimit-user-limit", "600");
                outgoing.set_header("ratelimit-user-remaining", "600");
            }),
        ),
        of(
            "exceeding-says-more",
            Class::RateLimit,
            answer(|_, outgoing| {
                if let Some(mut body) =
                    outgoing.json().filter(|_| outgoing.status == StatusCode::TOO_MANY_REQUESTS)
                {
                    body["message"] = json!("Slow down.");
                    body["current"] = body["limit"].clone();
                    body["documentation_url"] = json!("https://example.com/docs");
                    outgoing.set_json(&body);
                }
            }),
        )
        .limited(),
        of("exceeding-is-refused-a-little-late", Class::RateLimit, Late::default()).limited(),
        of("another-limit-refuses-first", Class::RateLimit, AnotherLimit::default()).limited(),
    ]
}
