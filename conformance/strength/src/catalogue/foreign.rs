//! What other servers are known to get wrong: the habits of frameworks, databases, caches and clients.

use std::{
    collections::HashMap,
    sync::{
        Mutex,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, Duration};
use http::{HeaderValue, Method, StatusCode};
use serde_json::{Map, Value, json};

use super::{OPTIONAL, Which, as_delete, as_list, collection, slug};
use crate::{
    deviation::{Class, Deviation, answer, as_get, bodies, lock, registries, request},
    faulty_proxy::{Answering, Behaviour, Incoming, Outgoing, Upstream},
};

pub(super) fn deviations() -> Vec<Deviation> {
    [slugs, lives, values, tokens, limits, updates].into_iter().flat_map(|part| part()).collect()
}

fn of(class: Class, name: &str, behaviour: impl Behaviour + 'static) -> Deviation {
    Deviation::new(class, name, behaviour)
}

/// How a registry is found, beside by its slug.
fn slugs() -> Vec<Deviation> {
    let class = Class::Identity;
    let is_prefix = |entry: &Value, asked: &str| starts(entry, "slug", asked);
    let is_get: Which = |request| request.method == Method::GET;
    let is_update: Which = Incoming::is_update;
    let is_delete: Which = Incoming::is_delete;
    let about = |way: &'static str, is_it: Found| {
        [("get", is_get), ("update", is_update), ("delete", is_delete)].map(|(operation, which)| {
            let name = format!("{operation}-finds-by-{way}");
            of(class, &name, Finds { which, is_it })
        })
    };
    let mut all = Vec::new();
    all.extend(about("the-beginning-of-the-slug", is_prefix));
    all.extend(
        about("the-slug-in-any-case", |entry, asked| {
            entry["slug"].as_str().is_some_and(|slug| slug.eq_ignore_ascii_case(asked))
        })
        .map(Deviation::may)
        // Nothing is written to a slug in another case.
        .into_iter()
        .take(1),
    );
    all.extend([
        of(class, "delete-removes-what-begins-with-the-slug", DeletesPrefixed),
        of(class, "names-in-another-case-share-a-slug", Taken { is_it: is_upper_case_create }),
        of(class, "rename-takes-a-slug-that-is-taken", Taken { is_it: is_rename }),
        of(
            class,
            "slug-is-numbered-from-the-first",
            renamed(|slug| format!("{slug}-1"), Mutex::default()),
        ),
        of(
            class,
            "slug-has-only-its-first-30-characters",
            renamed(|slug| slug.chars().take(30).collect(), Mutex::default()),
        ),
        of(class, "slug-keeps-dots-and-underscores", marked("x-y-z", "x.y_z")),
        of(class, "slug-keeps-consecutive-hyphens", marked("z-", "z--")),
        of(
            class,
            "slug-ends-with-a-hyphen",
            set(|it| {
                if is_marked(it) {
                    it["slug"] = json!(format!("{}-", it["slug"].as_str().unwrap_or_default()));
                }
            }),
        ),
        of(
            class,
            "slug-keeps-what-is-beyond-ascii",
            set(|it| {
                let name = it["name"].as_str().unwrap_or_default();
                if !name.is_ascii() {
                    it["slug"] = json!(name.to_lowercase().replace(' ', "-"));
                }
            }),
        ),
        of(class, "new-registry-of-an-old-slug-has-the-old-id", OldId::default()),
    ]);
    all
}

type Found = fn(&Value, &str) -> bool;

fn starts(entry: &Value, name: &str, with: &str) -> bool {
    entry[name].as_str().is_some_and(|text| text.starts_with(with))
}

fn is_marked(registry: &Value) -> bool {
    registry["name"].as_str().is_some_and(|name| name.contains("phi <b>"))
}

fn set(change: fn(&mut Value)) -> impl Behaviour {
    answer(move |_, outgoing| outgoing.each_registry(change))
}

/// Another slug for the name with marks.
fn marked(from: &'static str, to: &'static str) -> impl Behaviour {
    answer(move |_, outgoing| {
        outgoing.each_registry(|it| {
            if is_marked(it) {
                let slug = it["slug"].as_str().unwrap_or_default().replace(from, to);
                it["slug"] = json!(slug);
            }
        });
    })
}

/// Returns other slugs than those of the server behind it, and accepts them.
fn renamed(change: fn(&str) -> String, known: Mutex<HashMap<String, String>>) -> impl Behaviour {
    OtherSlugs { change, known }
}

struct OtherSlugs {
    change: fn(&str) -> String,
    /// The slugs of the server behind it, by those that are returned.
    known: Mutex<HashMap<String, String>>,
}

impl Behaviour for OtherSlugs {
    fn answer<'a>(&'a self, mut request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let shown = request.path.split('/').nth(5).unwrap_or_default().to_owned();
            if let Some(slug) = lock(&self.known).get(&shown) {
                request.path = request.path.replacen(&shown, slug, 1);
            }
            let mut outgoing = upstream.send(&request).await;
            outgoing.each_registry(|it| {
                let slug = it["slug"].as_str().unwrap_or_default().to_owned();
                let shown = (self.change)(&slug);
                for name in ["url", "web_url"] {
                    let url = it[name].as_str().unwrap_or_default().replace(&slug, &shown);
                    it[name] = json!(url);
                }
                it["slug"] = json!(shown);
                lock(&self.known).insert(shown, slug);
            });
            outgoing
        })
    }
}

fn is_upper_case_create(request: &Incoming) -> bool {
    let name = request.json().and_then(|body| body["name"].as_str().map(str::to_owned));
    request.is_create() && name.is_some_and(|name| name.ends_with("ALPHA"))
}

fn is_rename(request: &Incoming) -> bool {
    request.is_update() && request.json().is_some_and(|body| body["name"].is_string())
}

/// Answers a write whose name is taken as if there were two registries of its slug.
struct Taken {
    is_it: Which,
}

impl Behaviour for Taken {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let outgoing = upstream.send(&request).await;
            if !(self.is_it)(&request) || outgoing.status != StatusCode::UNPROCESSABLE_ENTITY {
                return outgoing;
            }
            let name = request.json().unwrap_or_default()["name"].clone();
            let slug = name.as_str().unwrap_or_default().to_lowercase().replace(' ', "-");
            let list =
                if request.is_create() { request.path.clone() } else { collection(&request.path) };
            let path = format!("{list}/{slug}");
            let mut first = upstream.send(&Incoming { path, ..as_get(&request) }).await;
            first.each_registry(|it| {
                it["name"] = name.clone();
                it["id"] = json!("0191df84-85e4-77aa-83ba-6579084728eb");
                it["graphql_id"] =
                    json!("UmVnaXN0cnktLS0wMTkxZGY4NC04NWU0LTc3YWEtODNiYS02NTc5MDg0NzI4ZWI=");
            });
            first
        })
    }
}

/// Finds a registry for a slug that none has.
struct Finds {
    which: Which,
    is_it: Found,
}

impl Behaviour for Finds {
    fn answer<'a>(&'a self, mut request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let outgoing = upstream.send(&request).await;
            let is_lost = outgoing.status == StatusCode::NOT_FOUND;
            if !is_lost || !request.is_about_one_registry() || !(self.which)(&request) {
                return outgoing;
            }
            let list = upstream.send(&as_list(&request)).await.json().unwrap_or_default();
            let asked = request.last_segment();
            let mut entries = list.as_array().into_iter().flatten();
            match entries.find(|entry| (self.is_it)(entry, asked)) {
                Some(found) => {
                    let slug = found["slug"].as_str().unwrap_or_default();
                    request.path = format!("{}/{slug}", collection(&request.path));
                    upstream.send(&request).await
                }
                None => outgoing,
            }
        })
    }
}

/// Removes every registry whose slug begins with that of the one to delete.
struct DeletesPrefixed;

impl Behaviour for DeletesPrefixed {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let outgoing = upstream.send(&request).await;
            if request.is_delete() && outgoing.status.is_success() {
                let list = as_list(&request);
                let all = upstream.send(&list).await.json().unwrap_or_default();
                for entry in all.as_array().into_iter().flatten() {
                    if starts(entry, "slug", request.last_segment()) {
                        let slug = entry["slug"].as_str().unwrap_or_default();
                        let path = format!("{}/{slug}", list.path);
                        upstream.send(&as_delete(&request, path)).await;
                    }
                }
            }
            outgoing
        })
    }
}

/// A registry that is created where one was deleted has its id.
#[derive(Default)]
struct OldId(Mutex<HashMap<String, Value>>);

impl Behaviour for OldId {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let mut outgoing = upstream.send(&request).await;
            outgoing.each_registry(|it| {
                let slug = it["slug"].to_string();
                let mut known = lock(&self.0);
                let first = known.entry(slug).or_insert_with(|| it["id"].clone()).clone();
                let id = first.as_str().unwrap_or_default();
                it["graphql_id"] = json!(STANDARD.encode(format!("Registry---{id}")));
                it["id"] = first;
            });
            outgoing
        })
    }
}

/// What comes of creating and deleting.
fn lives() -> Vec<Deviation> {
    let class = Class::Persistence;
    vec![
        of(class, "update-of-a-deleted-registry-succeeds", Lingering::default()),
        of(class, "create-is-carried-out-twice", Twice),
        of(class, "new-registry-of-an-old-name-has-its-description", Inheriting::default()),
        of(class, "deleted-registry-is-listed-with-a-mark", Tombstones::default()),
        of(
            class,
            "list-has-one-id-twice",
            answer(|request, outgoing| {
                if let Some(Value::Array(mut list)) = outgoing.json()
                    && request.is_list()
                    && list.len() > 1
                {
                    let id = list[0]["id"].clone();
                    if let Some(last) = list.last_mut() {
                        last["id"] = id;
                    }
                    outgoing.set_json(&Value::Array(list));
                }
            }),
        ),
        of(
            class,
            "unchanged-get-is-not-modified",
            answer(|request, outgoing| {
                if request.is_get() && outgoing.status == StatusCode::OK {
                    outgoing.status = StatusCode::NOT_MODIFIED;
                    outgoing.body.clear();
                }
            }),
        ),
        of(
            class,
            "get-is-moved-to-another-address",
            answer(|request, outgoing| {
                if request.is_get() && outgoing.status == StatusCode::OK {
                    outgoing.status = StatusCode::PERMANENT_REDIRECT;
                    outgoing.set_header("location", "/v2/elsewhere/");
                }
            }),
        ),
    ]
}

/// Updates what is deleted as if it were there.
#[derive(Default)]
struct Lingering(Mutex<HashMap<String, Outgoing>>);

impl Behaviour for Lingering {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            if request.is_delete() {
                let last = upstream.send(&as_get(&request)).await;
                if last.status.is_success() {
                    lock(&self.0).insert(request.path.clone(), last);
                }
            }
            let outgoing = upstream.send(&request).await;
            let last = lock(&self.0).get(&request.path).cloned();
            last.filter(|_| request.is_update() && !outgoing.status.is_success())
                .unwrap_or(outgoing)
        })
    }
}

/// Creates what it was asked for, and another one with a number.
struct Twice;

impl Behaviour for Twice {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let outgoing = upstream.send(&request).await;
            if request.is_create() && outgoing.status.is_success() {
                let mut again = request.clone();
                again.change(|body| {
                    let name = body["name"].as_str().unwrap_or_default();
                    body["name"] = json!(format!("{name} copy"));
                });
                upstream.send(&again).await;
            }
            outgoing
        })
    }
}

/// Revives what a deleted registry of the name had.
#[derive(Default)]
struct Inheriting(Mutex<HashMap<String, Value>>);

impl Behaviour for Inheriting {
    fn answer<'a>(&'a self, mut request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            if request.is_delete() {
                let last = upstream.send(&as_get(&request)).await.json().unwrap_or_default();
                let name = last["name"].to_string();
                lock(&self.0).insert(name, last["description"].clone());
            }
            if request.is_create() {
                let kept = lock(&self.0).clone();
                request.change(|body| {
                    if let Some(old) =
                        kept.get(&body.get("name").cloned().unwrap_or_default().to_string())
                    {
                        body.entry("description").or_insert_with(|| old.clone());
                    }
                });
            }
            upstream.send(&request).await
        })
    }
}

/// Goes on to list what is deleted, under another name.
#[derive(Default)]
struct Tombstones(Mutex<Vec<Value>>);

impl Behaviour for Tombstones {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            if request.is_delete() {
                let last = upstream.send(&as_get(&request)).await;
                if let Some(mut last) = last.json().filter(|_| last.status.is_success()) {
                    let name = last["name"].as_str().unwrap_or_default();
                    last["name"] = json!(format!("{name} (deleted)"));
                    lock(&self.0).push(last);
                }
            }
            let mut outgoing = upstream.send(&request).await;
            if let Some(Value::Array(mut list)) = outgoing.json().filter(|_| request.is_list()) {
                list.extend(lock(&self.0).iter().cloned());
                outgoing.set_json(&Value::Array(list));
            }
            outgoing
        })
    }
}

/// What is stored otherwise than it was sent, and then shown so everywhere.
fn values() -> Vec<Deviation> {
    fn stored(name: &str, property: &'static str, change: fn(&str) -> String) -> Deviation {
        let behaviour = bodies(
            |request| request.is_create() || request.is_update(),
            move |body: &mut Map<String, Value>| {
                if let Some(text) = body.get(property).and_then(Value::as_str).map(change) {
                    body.insert(property.into(), json!(text));
                }
            },
        );
        of(Class::Text, &format!("{property}-is-stored-{name}"), behaviour)
    }
    let shown = |name: &str, property: &'static str, change: fn(&str) -> String| {
        let behaviour = registries(
            |_| true,
            move |registry| {
                if let Some(text) = registry.get(property).and_then(Value::as_str).map(change) {
                    registry.insert(property.into(), json!(text));
                }
            },
        );
        of(Class::Text, &format!("{property}-is-shown-{name}"), behaviour)
    };
    vec![
        stored("in-ascii", "name", |it| it.replace(|c: char| !c.is_ascii(), "?")),
        stored("without-accents", "name", |it| it.replace('ö', "o").replace('\u{301}', "")),
        stored("composed", "name", |it| it.replace("e\u{301}", "é")),
        stored("in-upper-case", "name", str::to_uppercase),
        stored("in-lower-case", "name", str::to_lowercase),
        shown("html-escaped", "name", |it| it.replace('&', "&amp;").replace('<', "&lt;")),
        shown("without-marks", "name", |it| it.replace(['<', '>', '"', '\\'], "")),
        shown("with-white-space-collapsed", "name", |it| {
            it.split_whitespace().collect::<Vec<_>>().join(" ")
        }),
        shown("in-lower-case", "color", str::to_lowercase).should(),
        shown("in-upper-case", "color", str::to_uppercase).should(),
        shown("with-an-alpha", "color", |it| format!("{it}ff")),
        shown("without-its-last-line-break", "oidc_policy", |it| it.trim_end().to_owned()).should(),
        shown("html-escaped", "oidc_policy", |it| it.replace('<', "&lt;")).should(),
        shown("in-ascii", "oidc_policy", |it| it.replace(|c: char| !c.is_ascii(), "?")).should(),
        shown("without-colons", "emoji", |it| it.replace(':', "")),
        stored("trimmed", "description", |it| it.trim().to_owned()).should(),
        stored("as-markdown", "description", |it| format!("<p>{it}</p>")),
        stored("with-line-breaks-of-windows", "description", |it| it.replace('\n', "\r\n")),
        stored("with-curly-quotes", "description", |it| it.replace('"', "”")),
        stored("with-shortcodes", "description", |it| it.replace('🌻', ":sunflower:")),
        stored("with-escapes-read", "description", |it| {
            it.replace("\\n", "\n").replace("\\ ", " ")
        }),
        of(
            Class::Text,
            "absent-description-is-empty-in-reads",
            registries(
                |request| request.is_get() || request.is_list(),
                |registry| {
                    if registry["description"].is_null() {
                        registry.insert("description".into(), json!(""));
                    }
                },
            ),
        ),
    ]
}

/// Registry tokens and access tokens.
#[expect(clippy::too_many_lines, reason = "a catalogue")]
fn tokens() -> Vec<Deviation> {
    let class = Class::RegistryToken;
    let is_update: Which =
        |request| request.method == Method::POST && request.path.contains("/tokens/");
    let is_read: Which =
        |request| request.method == Method::GET && request.is_about_registry_tokens();
    let each = |which: Which, change: fn(&mut Value)| {
        answer(move |request, outgoing| {
            if which(request) {
                outgoing.each("created_by", change);
            }
        })
    };
    let all_tokens: Which = Incoming::is_about_registry_tokens;
    let created = AtomicUsize::new(0);
    vec![
        of(
            class,
            "registry-token-is-created-anew-by-an-update",
            each(is_update, |it| {
                shift(it, Duration::seconds(1));
            }),
        ),
        of(
            class,
            "registry-token-is-as-old-as-its-read",
            each(is_read, |it| {
                shift(it, Duration::milliseconds(3));
            }),
        ),
        of(
            class,
            "registry-token-times-are-of-another-zone",
            each(all_tokens, |it| {
                shift(it, Duration::hours(2));
            }),
        ),
        of(
            class,
            "registry-token-times-are-in-the-future",
            each(all_tokens, |it| {
                shift(it, Duration::days(365));
            }),
        ),
        of(
            class,
            "registry-token-times-have-whole-seconds-in-lists",
            each(
                |request| request.is("GET", "/tokens"),
                |it| {
                    let text = it["created_at"].as_str().unwrap_or_default();
                    let whole = text.split('.').next().unwrap_or_default().trim_end_matches('Z');
                    it["created_at"] = json!(format!("{whole}Z"));
                },
            ),
        ),
        of(class, "registry-tokens-are-created-backwards", {
            answer(move |request, outgoing| {
                if request.is("POST", "/tokens") && outgoing.status.is_success() {
                    let earlier = created.fetch_add(1, Ordering::SeqCst);
                    outgoing.each("created_by", |it| {
                        shift(it, Duration::seconds(-(i64::try_from(earlier).unwrap_or(0) * 60)));
                    });
                }
            })
        }),
        of(
            class,
            "registry-token-graphql-id-is-of-its-registry",
            each(all_tokens, |it| {
                it["graphql_id"] = it["registry"]["graphql_id"].clone();
            }),
        ),
        of(
            class,
            "registry-token-graphql-id-is-of-another-type",
            each(all_tokens, |it| {
                let id = it["id"].as_str().unwrap_or_default();
                it["graphql_id"] = json!(STANDARD.encode(format!("Registry---{id}")));
            }),
        ),
        of(
            class,
            "registry-token-url-is-of-its-registry",
            each(all_tokens, |it| {
                it["url"] = it["registry"]["url"].clone();
            }),
        ),
        of(
            class,
            "registry-token-url-is-of-another-organization",
            each(all_tokens, |it| {
                let url =
                    it["url"].as_str().unwrap_or_default().replace("example-org", "other-org");
                it["url"] = json!(url);
            }),
        ),
        of(
            class,
            "registry-token-has-the-id-of-its-registry",
            each(all_tokens, |it| {
                it["id"] = it["registry"]["id"].clone();
            }),
        ),
        of(
            class,
            "registry-token-list-has-one-id-twice",
            answer(|request, outgoing| {
                if let Some(Value::Array(mut list)) = outgoing.json()
                    && request.is("GET", "/tokens")
                    && list.len() > 1
                {
                    list[1]["id"] = list[0]["id"].clone();
                    outgoing.set_json(&Value::Array(list));
                }
            }),
        ),
        of(Class::Token, "revoked-token-may-still-write", StillWriting::default()),
        of(Class::Token, "every-token-is-described-as-the-first", FirstToken::default()),
        of(Class::Access, "list-is-open-to-a-token-that-may-only-write", open(Incoming::is_list)),
        of(Class::Access, "get-is-open-to-a-token-that-may-only-write", open(Incoming::is_get)),
        of(
            Class::Access,
            "registry-tokens-are-open-to-a-token-that-may-only-write",
            open(|it| it.is("GET", "/tokens")),
        ),
        of(
            Class::Access,
            "registry-token-is-open-to-a-token-that-may-only-write",
            open(|it| it.method == Method::GET && it.path.contains("/tokens/")),
        ),
    ]
}

fn open(which: Which) -> impl Behaviour {
    use crate::deviation::{Intruder, Unguarded};
    Unguarded::new(Intruder::Writer, which)
}

/// Returns another time of creation.
fn shift(token: &mut Value, by: Duration) {
    let text = token["created_at"].as_str().unwrap_or_default();
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        let time = (time + by).to_utc();
        token["created_at"] = json!(time.to_rfc3339_opts(chrono::SecondsFormat::Millis, true));
    }
}

/// Lets a revoked token create registries.
#[derive(Default)]
struct StillWriting(Mutex<Option<HeaderValue>>);

impl Behaviour for StillWriting {
    fn answer<'a>(&'a self, mut request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let sent = request.headers.get(http::header::AUTHORIZATION).cloned();
            let main = sent.map(|sent| lock(&self.0).get_or_insert(sent).clone());
            let outgoing = upstream.send(&request).await;
            let body = request.json().unwrap_or_default();
            let is_revoked = body["name"].as_str().is_some_and(|name| name.ends_with("upsilon"));
            match main {
                Some(main) if is_revoked && outgoing.status == StatusCode::UNAUTHORIZED => {
                    request.headers.insert(http::header::AUTHORIZATION, main);
                    upstream.send(&request).await
                }
                _ => outgoing,
            }
        })
    }
}

/// Describes the token that was asked about first, whichever asks.
#[derive(Default)]
struct FirstToken(Mutex<Option<Outgoing>>);

impl Behaviour for FirstToken {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let outgoing = upstream.send(&request).await;
            if request.is("GET", "/access-token") && outgoing.status.is_success() {
                return lock(&self.0).get_or_insert(outgoing).clone();
            }
            outgoing
        })
    }
}

const REMAINING: &str = "ratelimit-user-remaining";
const LIMIT: &str = "ratelimit-user-limit";

/// Says that so much is left of a thousand.
fn counted(left: impl Fn() -> u64 + Send + Sync + 'static) -> impl Behaviour {
    answer(move |_, outgoing| {
        outgoing.headers.insert(LIMIT, HeaderValue::from(1000));
        outgoing.headers.insert(REMAINING, HeaderValue::from(left()));
    })
}

/// Rate limits.
fn limits() -> Vec<Deviation> {
    let class = Class::RateLimit;
    let swapped = |one: &'static str, other: &'static str| {
        answer(move |_, outgoing| {
            let values = (outgoing.headers.remove(one), outgoing.headers.remove(other));
            if let (Some(first), Some(second)) = values {
                outgoing.headers.insert(one, second);
                outgoing.headers.insert(other, first);
            }
        })
    };
    let (turns, growing) = (AtomicU64::new(0), AtomicU64::new(0));
    vec![
        of(
            class,
            "every-process-counts-for-itself",
            counted(move || {
                let sent = turns.fetch_add(1, Ordering::SeqCst);
                let left: u64 = if sent.is_multiple_of(2) { 900 } else { 400 };
                left.saturating_sub(sent / 2)
            }),
        )
        .may(),
        of(
            class,
            "remaining-grows-again-and-again",
            counted(move || {
                let sent = growing.fetch_add(1, Ordering::SeqCst);
                900 - 5 * (sent % 4) + sent % 90
            }),
        )
        .may(),
        of(class, "scopes-are-swapped", swapped("ratelimit-scope", "ratelimit-user-scope")),
        of(
            class,
            "reset-is-in-milliseconds",
            answer(|_, outgoing| outgoing.set_header("ratelimit-reset", "42000")),
        ),
        of(
            class,
            "remaining-is-what-was-used",
            answer(|_, outgoing| {
                let used = |name: &str| {
                    let number =
                        |name: &str| outgoing.headers.get(name)?.to_str().ok()?.parse::<u64>().ok();
                    number(name)
                };
                if let (Some(limit), Some(left)) = (used(LIMIT), used(REMAINING)) {
                    let used = HeaderValue::from(limit.saturating_sub(left));
                    outgoing.headers.insert(REMAINING, used);
                }
            }),
        )
        .limited(),
    ]
}

/// What else an update changes.
fn updates() -> Vec<Deviation> {
    let class = Class::Update;
    let with = |which: Which, change: fn(&mut Map<String, Value>)| bodies(which, change);
    vec![
        of(
            class,
            "update-with-the-same-name-is-refused",
            crate::deviation::Refused(
                |request| {
                    request.method == Method::PUT
                        && request.json().is_some_and(|it| it["name"].is_string())
                },
                StatusCode::UNPROCESSABLE_ENTITY,
            ),
        )
        .should(),
        of(
            class,
            "update-with-the-same-name-changes-the-slug",
            request(|request| {
                if request.method == Method::PUT {
                    request.change(|body| {
                        if let Some(name) = body.get("name").and_then(Value::as_str) {
                            let name = format!("{name} 2");
                            body.insert("name".into(), json!(name));
                        }
                    });
                }
            }),
        )
        .should(),
        of(
            class,
            "update-clears-all-when-one-is-null",
            with(Incoming::is_update, |body| {
                if body.values().any(Value::is_null) {
                    for property in OPTIONAL {
                        body.insert(property.into(), Value::Null);
                    }
                }
            }),
        ),
        of(
            class,
            "update-of-the-description-trims-the-policy",
            with(Incoming::is_update, |body| {
                if let Some(policy) = body.get("oidc_policy").and_then(Value::as_str) {
                    let policy = policy.trim().to_owned();
                    body.insert("oidc_policy".into(), json!(policy));
                }
            }),
        )
        .should(),
        of(class, "rename-changes-a-second-registry", RenamesAnother),
    ]
}

/// Gives the description that it updates to another registry when it is renamed.
struct RenamesAnother;

impl Behaviour for RenamesAnother {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let outgoing = upstream.send(&request).await;
            let is_rename = request.json().is_some_and(|it| it["name"].is_string());
            if let Some(slug) = slug(&outgoing).filter(|_| request.is_update() && is_rename) {
                let list = as_list(&request);
                let all = upstream.send(&list).await.json().unwrap_or_default();
                let mut others = all.as_array().into_iter().flatten();
                if let Some(other) = others.find(|it| it["slug"] != json!(slug)) {
                    let mut more = request.clone();
                    more.method = Method::POST;
                    let other = other["slug"].as_str().unwrap_or_default();
                    more.path = format!("{}/{other}", list.path);
                    more.set_json(&json!({"color": "#abcdef"}));
                    upstream.send(&more).await;
                }
            }
            outgoing
        })
    }
}
