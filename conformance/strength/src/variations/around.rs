//! Other choices about what is around registries: tokens of all kinds, organizations and limits.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use super::of;
use crate::{
    deviation::{Class, Deviation, answer, request},
    faulty_proxy::{Behaviour, Incoming, Outgoing},
};

/// Changes the token's data in each response that has it.
fn token(change: impl Fn(&mut Value) + Send + Sync + 'static) -> impl Behaviour {
    answer(move |request, outgoing| {
        if let Some(mut body) =
            outgoing.json().filter(|_| request.is_about_token() && outgoing.status.is_success())
        {
            change(&mut body);
            outgoing.set_json(&body);
        }
    })
}

pub(super) fn tokens() -> Vec<Deviation> {
    let asked = AtomicUsize::new(0);
    let moving = token(move |body| {
        let minute = asked.fetch_add(1, Ordering::Relaxed) % 60;
        body["expires_at"] = json!(format!("2099-01-01T00:{minute:02}:00Z"));
    });
    let asked = AtomicUsize::new(0);
    let turning = token(move |body| {
        if let Some(Value::Array(scopes)) = body.get_mut("scopes") {
            let turned = asked.fetch_add(1, Ordering::Relaxed) % scopes.len().max(1);
            scopes.rotate_left(turned);
        }
    });
    vec![
        of(
            "token-that-does-not-expire",
            Class::Token,
            token(|body| body["expires_at"] = Value::Null),
        ),
        of("token-expires-later-as-it-is-used", Class::Token, moving),
        of("token-scopes-in-any-order", Class::Token, turning),
        of(
            "cookies-and-tokens-of-a-session",
            Class::Token,
            answer(|_, outgoing| {
                let cookie = "_session=c2Vzc2lvbi0wMTIzNDU2Nzg5YWJjZGVm; Path=/; HttpOnly";
                for (name, value) in [
                    ("set-cookie", cookie),
                    ("set-cookie", "locale=en; Path=/"),
                    ("x-csrf-token", "Y3NyZi0wMTIzNDU2Nzg5YWJjZGVm"),
                ] {
                    outgoing.headers.append(name, HeaderValue::from_static(value));
                }
            }),
        ),
        of(
            "the-scheme-of-the-token-does-not-matter",
            Class::Access,
            // The password of Basic credentials is no token as it stands.
            request(|request| {
                if let Some(sent) = request.headers.get(header::AUTHORIZATION)
                    && let Some((_, token)) = sent.to_str().unwrap_or_default().split_once(' ')
                    && let Ok(value) = HeaderValue::from_str(&format!("Bearer {token}"))
                {
                    request.headers.insert(header::AUTHORIZATION, value);
                }
            }),
        ),
    ]
}

/// Changes every registry token.
fn each_token(change: fn(&mut Value)) -> impl Behaviour {
    answer(move |request, outgoing| {
        if request.is_about_registry_tokens() {
            outgoing.each("created_by", change);
        }
    })
}

pub(super) fn registry_tokens() -> Vec<Deviation> {
    let class = Class::RegistryToken;
    vec![
        of(
            "registry-token-urls-as-they-are-printed",
            class,
            each_token(|token| {
                for place in ["/url", "/registry/url", "/registry/web_url"] {
                    if let Some(url) = token.pointer_mut(place) {
                        *url = json!(url.as_str().map(|url| url.replacen("https", "http", 1)));
                    }
                }
                token["organization"]["url"] =
                    json!("https://api.example.com/v2/analytics/organizations/example-org");
                token["registry"]["web_url"] =
                    json!("http://example.com/organizations/a/example-org/registries/b");
            }),
        ),
        of(
            "registry-token-times-in-the-other-form",
            class,
            each_token(|token| {
                let created_at = token["created_at"].as_str().unwrap_or_default();
                if let Ok(time) = chrono::DateTime::parse_from_rfc3339(created_at) {
                    let time = time.to_utc().format("%Y-%m-%d %H:%M:%S UTC");
                    token["created_at"] = json!(time.to_string());
                }
                token["created_by"]["created_at"] = json!("2025-07-16 06:07:42 UTC");
            }),
        ),
        of(
            "registry-token-of-a-user-with-a-picture",
            class,
            each_token(|token| {
                token["created_by"]["avatar_url"] = json!("https://example.com/a.png");
            }),
        ),
        of(
            "registry-tokens-newest-first",
            class,
            answer(|request, outgoing| {
                if let Some(Value::Array(mut list)) = outgoing.json()
                    && request.is_about_registry_tokens()
                {
                    list.reverse();
                    outgoing.set_json(&Value::Array(list));
                }
            }),
        ),
        of(
            "delete-of-a-registry-token-answers-a-body",
            class,
            answer(|request, outgoing| {
                if request.is_about_registry_tokens()
                    && request.method == http::Method::DELETE
                    && outgoing.status.is_success()
                {
                    outgoing.set_header("content-type", "application/json");
                    outgoing.set_json(&json!({"deleted": true}));
                }
            }),
        ),
    ]
}

/// Changes the page of organizations.
fn page(change: fn(&mut Vec<Value>), link: Option<&'static str>) -> impl Behaviour {
    answer(move |request: &Incoming, outgoing| {
        if let Some(Value::Array(mut list)) = outgoing.json()
            && request.is("GET", "/organizations")
        {
            change(&mut list);
            outgoing.set_json(&Value::Array(list));
            if let Some(link) = link {
                outgoing.set_header("link", link);
            }
        }
    })
}

/// The only page of organizations is the first.
fn beyond() -> impl Behaviour {
    answer(|request, outgoing| {
        if request.path.starts_with("/organizations?page=2") {
            outgoing.status = StatusCode::NOT_FOUND;
            outgoing.set_json(&json!({"message": "Not Found"}));
        }
    })
}

fn rest(change: fn(&mut Value)) -> impl Behaviour {
    answer(move |_, outgoing| {
        outgoing.each("scopes", |limits| {
            if let Some(rest) = limits.pointer_mut("/scopes/rest") {
                change(rest);
            }
        });
    })
}

pub(super) fn organizations() -> Vec<Deviation> {
    const NEXT: &str = "<https://api.example.com/v2/organizations?page=2>; rel=\"next\"";
    let class = Class::Organization;
    let others = |list: &mut Vec<Value>| {
        let mut others = list.clone();
        for other in &mut others {
            other["id"] = json!("0191df84-85e4-77aa-83ba-6579084728eb");
            other["slug"] = json!("their_org");
        }
        list.splice(0..0, others);
    };
    vec![
        of("token-is-good-for-several-organizations", class, page(others, None)),
        of("organization-is-on-the-next-page", class, page(Vec::clear, Some(NEXT))),
        of("beyond-the-last-page-nothing-is-found", class, beyond()),
        of("limits-are-not-enforced", class, rest(|it| it["enforced"] = json!(false))),
        of("others-use-the-limit-as-well", class, crowded()).limited(),
        of("the-window-ends-meanwhile", class, turning()).limited(),
    ]
}

/// Changes how many requests the organization has left, of those that it may send.
fn leave(outgoing: &mut Outgoing, change: impl Fn(u64) -> u64) {
    const REMAINING: &str = "ratelimit-remaining";
    let number = |name: &str| outgoing.headers.get(name)?.to_str().ok()?.parse::<u64>().ok();
    if let Some((left, limit)) = number(REMAINING).zip(number("ratelimit-limit")) {
        outgoing.headers.insert(REMAINING, HeaderValue::from(change(left).min(limit)));
    }
}

/// Others send three requests to each of the run's, and two more between what the headers say and what
/// the body does.
fn crowded() -> impl Behaviour {
    let sent = AtomicU64::new(0);
    answer(move |_, outgoing| {
        let others = 3 * sent.fetch_add(1, Ordering::Relaxed);
        leave(outgoing, |left| left.saturating_sub(others));
        outgoing.each("scopes", |limits| {
            if let Some(current) = limits.pointer_mut("/scopes/rest/current") {
                *current = json!(current.as_u64().unwrap_or_default() + others + 2);
            }
        });
    })
}

/// The window ends between what the headers say and what the body does.
fn turning() -> impl Behaviour {
    let used_before = AtomicU64::new(0);
    answer(move |_, outgoing| {
        let used = used_before.load(Ordering::Relaxed);
        leave(outgoing, |left| left + used);
        outgoing.each("scopes", |limits| {
            if let Some(current) = limits.pointer_mut("/scopes/rest/current").filter(|_| used == 0)
            {
                used_before.store(current.as_u64().unwrap_or_default(), Ordering::Relaxed);
                *current = json!(0);
            }
        });
    })
}
