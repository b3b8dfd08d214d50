//! What the sources leave open, or have both ways.

use std::{
    collections::BTreeSet,
    sync::{
        Mutex,
        atomic::{AtomicI64, AtomicUsize, Ordering},
    },
};

use chrono::{DateTime, FixedOffset};
use http::{HeaderValue, StatusCode};
use serde_json::{Map, Value, json};

use super::{any, of};
use crate::{
    deviation::{Class, Deviation, Refused, answer, as_get, lock, registries},
    faulty_proxy::{Answering, Behaviour, Incoming, Upstream},
};

pub(super) fn open() -> Vec<Deviation> {
    let mut all = media_types();
    all.extend(bodies());
    all.extend(limits());
    all.extend(policies());
    all.extend(clearing());
    all.push(of("deleted-names-stay-reserved", Class::Identity, Reserved::default()));
    all.push(of("teams-are-told-in-any-order-with-others", Class::Persistence, teams()).of_teams());
    all
}

fn media_types() -> Vec<Deviation> {
    let problems = answer(|_, outgoing| {
        if let Some(mut body) = outgoing.json().filter(|_| outgoing.status.is_client_error()) {
            body["type"] = json!("about:blank");
            body["title"] = json!("It was refused.");
            body["status"] = json!(outgoing.status.as_u16());
            outgoing.set_json(&body);
            outgoing.set_header("content-type", "application/problem+json");
        }
    });
    let vendor = answer(|_, outgoing| {
        if outgoing.status.is_success() && !outgoing.body.is_empty() {
            outgoing.set_header("content-type", "application/vnd.registries.v2+json;charset=utf-8");
        }
    });
    let text = answer(|_, outgoing| {
        if !outgoing.body.is_empty() {
            outgoing.set_header("content-type", "text/json");
        }
    });
    vec![
        of("errors-are-problem-json", Class::Header, problems),
        of("successes-are-of-a-vendors-json", Class::Header, vendor),
        of("bodies-are-text-json", Class::Header, text),
    ]
}

fn bodies() -> Vec<Deviation> {
    let additions = answer(|_, outgoing| {
        if let Some(mut body) = outgoing.json() {
            add_to_each(&mut body);
            outgoing.set_json(&body);
        }
    });
    let older = answer(|request, outgoing| {
        if let Some(Value::Array(mut list)) = outgoing.json().filter(|_| request.is_list()) {
            list.extend(list.first().cloned().map(older));
            outgoing.set_json(&Value::Array(list));
        }
    });
    let times = answer(|request, outgoing| {
        if request.is_about_registry_tokens() {
            outgoing.each("created_by", |token| {
                let time = token["created_at"].as_str().unwrap_or_default();
                if let (Ok(time), Some(ahead)) =
                    (DateTime::parse_from_rfc3339(time), FixedOffset::east_opt(2 * 60 * 60))
                {
                    let time = time.with_timezone(&ahead).format("%Y-%m-%dt%H:%M:%S%.6f%:z");
                    token["created_at"] = json!(time.to_string());
                }
            });
        }
    });
    let fractions = answer(|_, outgoing| {
        outgoing.each("scopes", |limits| {
            for place in ["/scopes/rest", "/scopes/graphql"] {
                for name in ["limit", "current", "reset"] {
                    if let Some(number) = limits.pointer_mut(&format!("{place}/{name}")) {
                        *number = json!(number.as_f64());
                    }
                }
            }
        });
    });
    let composite = registries(any, |registry| {
        registry.insert("type".into(), json!("composite"));
    });
    vec![
        of("every-object-has-an-unlisted-property", Class::Shape, additions),
        of("list-has-a-registry-of-an-older-slug", Class::List, older),
        of("times-with-an-offset", Class::RegistryToken, times),
        of("numbers-with-a-fraction-of-zero", Class::Organization, fractions),
        of("type-is-composite", Class::Shape, composite),
    ]
}

/// Gives every object in a value a property that no document lists.
fn add_to_each(value: &mut Value) {
    match value {
        Value::Object(object) => {
            object.values_mut().for_each(add_to_each);
            object.insert("x_added_later".into(), json!({"at": [1]}));
        }
        Value::Array(list) => list.iter_mut().for_each(add_to_each),
        _ => {}
    }
}

/// The registry of another user, from before slugs were made as they are today.
fn older(mut registry: Value) -> Value {
    const SLUG: &str = "Their_Registry";
    let url = |registry: &Value, name: &str| {
        let url = registry[name].as_str().and_then(|url| url.rsplit_once('/'));
        json!(url.map(|(collection, _)| format!("{collection}/{SLUG}")))
    };
    let (own, web) = (url(&registry, "url"), url(&registry, "web_url"));
    let id = "0191df84-85e4-77aa-83ba-aaaaaaaaaaaa";
    for (name, value) in [
        ("id", json!(id)),
        ("graphql_id", json!(super::lists::graphql(id))),
        ("slug", json!(SLUG)),
        ("name", json!(SLUG)),
        ("url", own),
        ("web_url", web),
        ("description", Value::Null),
    ] {
        registry[name] = value;
    }
    registry
}

fn limits() -> Vec<Deviation> {
    // The windows begin anew at once, so that a run does not wait.
    let sent = AtomicI64::new(0);
    let negative = answer(move |_, outgoing| {
        let left = -14 - sent.fetch_add(1, Ordering::Relaxed);
        for name in ["ratelimit-remaining", "ratelimit-user-remaining"] {
            outgoing.headers.insert(name, HeaderValue::from(left));
        }
        for name in ["ratelimit-reset", "ratelimit-user-reset"] {
            outgoing.set_header(name, "0");
        }
        outgoing.each("scopes", |limits| {
            if let Some(rest) = limits.pointer_mut("/scopes/rest")
                && let Some(limit) = rest["limit"].as_i64()
            {
                rest["current"] = json!(limit - left);
            }
        });
    });
    let mcp = answer(|_, outgoing| {
        let kept = |name: &str| !name.starts_with("ratelimit-user-");
        let all = std::mem::take(&mut outgoing.headers);
        let all = all.iter().filter(|(name, _)| kept(name.as_str()));
        outgoing.headers = all.map(|(name, value)| (name.clone(), value.clone())).collect();
        if outgoing.headers.contains_key("ratelimit-scope") {
            outgoing.set_header("ratelimit-scope", "mcp");
        }
    });
    let turned = answer(|_, outgoing| {
        let all: Vec<_> = outgoing.headers.drain().collect();
        let names = all.into_iter().filter_map(|(name, value)| Some((name?, value)));
        let turned: Vec<_> = names.collect();
        outgoing.headers = turned.into_iter().rev().collect();
    });
    vec![
        of("remaining-is-negative", Class::RateLimit, negative),
        of("limits-are-those-of-the-scope-mcp", Class::RateLimit, mcp),
        of("headers-in-another-order", Class::Header, turned),
    ]
}

fn policies() -> Vec<Deviation> {
    fn lacks_scopes(request: &Incoming) -> bool {
        let body = request.json().filter(|_| request.is_create() || request.is_update());
        body.is_some_and(|body| match &body["oidc_policy"] {
            Value::String(text) => !text.is_empty() && !text.contains("scopes"),
            Value::Array(statements) => statements.iter().any(|it| it.get("scopes").is_none()),
            _ => false,
        })
    }
    let statements = registries(any, |registry| {
        if registry["oidc_policy"].is_string() {
            let policy = json!([{"iss": "https://agent.buildkite.com", "claims": {"a": "b"}}]);
            registry.insert("oidc_policy".into(), policy);
        }
    });
    vec![
        of(
            "policy-without-scopes-is-refused",
            Class::Validation,
            Refused(lacks_scopes, StatusCode::UNPROCESSABLE_ENTITY),
        ),
        of("policy-is-answered-as-statements", Class::Shape, statements),
    ]
}

/// What an update clears with an empty value, or with null.
const CLEARED: [&str; 4] = ["description", "emoji", "color", "oidc_policy"];

/// Text that is empty or, for a policy, no statements.
fn is_empty(name: &str, value: &Value) -> bool {
    *value == json!("") || name == "oidc_policy" && *value == json!([])
}

fn clears_with(request: &Incoming, is_cleared: fn(&str, &Value) -> bool) -> bool {
    let body = request.json().filter(|_| request.is_update());
    let body = body.unwrap_or_default();
    CLEARED.iter().any(|name| body.get(*name).is_some_and(|value| is_cleared(name, value)))
}

fn clearing() -> Vec<Deviation> {
    let refused = StatusCode::UNPROCESSABLE_ENTITY;
    let by_empty = Refused(|request| clears_with(request, is_empty), refused);
    let by_null = Refused(|request| clears_with(request, |_, value| value.is_null()), refused);
    vec![
        of("cleared-is-answered-as-null", Class::Update, Cleared(Value::Null)),
        of("cleared-is-answered-as-it-was-sent", Class::Update, Cleared(json!(""))),
        of("empty-values-clear-nothing", Class::Update, by_empty),
        of("null-clears-nothing", Class::Update, by_null),
    ]
}

/// Takes an empty value for null, and answers the update with another value in its place.
struct Cleared(Value);

impl Behaviour for Cleared {
    fn answer<'a>(&'a self, mut request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let mut cleared = Vec::new();
            if request.is_update() {
                request.change(|body: &mut Map<String, Value>| {
                    for name in CLEARED {
                        if let Some(value) =
                            body.get_mut(name).filter(|value| is_empty(name, value))
                        {
                            *value = Value::Null;
                            cleared.push(name);
                        }
                    }
                });
            }
            let mut outgoing = upstream.send(&request).await;
            outgoing.each_registry(|registry| {
                for name in &cleared {
                    registry[*name] = self.0.clone();
                }
            });
            outgoing
        })
    }
}

/// Never gives the slug of a registry that is deleted, or had another one, to another.
#[derive(Default)]
struct Reserved(Mutex<BTreeSet<String>>);

impl Behaviour for Reserved {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let named = request.json().filter(|_| request.is_create() || request.is_update());
            let named = named.and_then(|body| body["name"].as_str().map(slug));
            if named.is_some_and(|slug| lock(&self.0).contains(&slug)) {
                let mut outgoing = upstream.send(&as_get(&request)).await;
                outgoing.status = StatusCode::UNPROCESSABLE_ENTITY;
                outgoing.set_json(&json!({"message": "Name has already been taken"}));
                return outgoing;
            }
            let outgoing = upstream.send(&request).await;
            let changes = request.is_delete() || request.is_update();
            if changes && outgoing.status.is_success() {
                let before = request.last_segment().to_owned();
                let after = outgoing.json().and_then(|it| it["slug"].as_str().map(str::to_owned));
                if request.is_delete() || after.is_some_and(|after| after != before) {
                    lock(&self.0).insert(before);
                }
            }
            outgoing
        })
    }
}

fn slug(name: &str) -> String {
    name.to_lowercase().replace(' ', "-")
}

/// Returns the teams in another order each time, with one more each time.
fn teams() -> impl Behaviour {
    let count = AtomicUsize::new(0);
    registries(any, move |registry| {
        let count = count.fetch_add(1, Ordering::Relaxed);
        if let Some(Value::Array(teams)) = registry.get_mut("team_ids") {
            teams.extend(
                (0..count % 4).map(|it| json!(format!("0191df84-85e4-77aa-83ba-{it:012}"))),
            );
            let turned = count % teams.len().max(1);
            teams.rotate_left(turned);
        }
    })
}
