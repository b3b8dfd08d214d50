//! The identity of registries.

use std::sync::atomic::{AtomicUsize, Ordering};

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::{Which, as_list, collection};
use crate::{
    deviation::{Class, Deviation, as_get, registries},
    faulty_proxy::{Answering, Behaviour, Incoming, Outgoing, Upstream},
};

/// The properties whose value in one place can differ from that in another.
const COMPARED: [(&str, &str); 9] = [
    ("id", "0191df84-85e4-77aa-83ba-6579084728eb"),
    ("graphql_id", "UmVnaXN0cnktLS0wMTkxZGY4NC04NWU0LTc3YWEtODNiYS02NTc5MDg0NzI4ZWI="),
    ("slug", "another-slug"),
    ("url", "https://api.example.com/v2/packages/organizations/example-org/registries/another"),
    ("name", "another name"),
    ("ecosystem", "java"),
    ("description", "another description"),
    ("emoji", ":zap:"),
    ("color", "#123456"),
];

#[expect(clippy::too_many_lines, reason = "a catalogue")]
pub(super) fn deviations() -> Vec<Deviation> {
    fn of(name: impl Into<String>, behaviour: impl Behaviour + 'static) -> Deviation {
        Deviation::new(Class::Identity, name, behaviour)
    }
    let places: [(&str, Which); 3] =
        [("get", Incoming::is_get), ("list", Incoming::is_list), ("update", Incoming::is_update)];
    let mut all = Vec::new();
    for (place, of_interest) in places {
        for (property, value) in COMPARED {
            all.push(of(
                format!("{place}-tells-another-{property}"),
                registries(of_interest, move |registry| {
                    registry.insert(property.into(), json!(value));
                }),
            ));
        }
        all.push(of(
            format!("{place}-tells-another-public"),
            registries(of_interest, |registry| {
                registry.insert("public".into(), json!(true));
            }),
        ));
    }
    let everywhere = |change: fn(&mut Map<String, Value>)| registries(|_| true, change);
    all.extend([
        of(
            "all-have-one-id",
            everywhere(|registry| {
                registry.insert("id".into(), json!("0191df84-85e4-77aa-83ba-6579084728eb"));
            }),
        ),
        of(
            "new-registry-is-public",
            everywhere(|registry| drop(registry.insert("public".into(), json!(true)))),
        ),
        of(
            "slug-is-the-id",
            everywhere(|registry| {
                let id = registry["id"].clone();
                registry.insert("slug".into(), id);
            }),
        ),
        of(
            "slug-is-the-name",
            everywhere(|registry| {
                let name = registry["name"].clone();
                registry.insert("slug".into(), name);
            }),
        ),
        of(
            "slug-has-underscores",
            everywhere(|registry| {
                let slug = registry["slug"].as_str().unwrap_or_default().replace('-', "_");
                registry.insert("slug".into(), json!(slug));
            }),
        ),
        of(
            "url-is-of-another-organization",
            everywhere(|registry| {
                let url = registry["url"]
                    .as_str()
                    .unwrap_or_default()
                    .replace("example-org", "other-org");
                registry.insert("url".into(), json!(url));
            }),
        ),
        of(
            "url-is-of-another-registry",
            everywhere(|registry| {
                let url = registry["url"].as_str().unwrap_or_default();
                registry.insert("url".into(), json!(format!("{url}-2")));
            }),
        ),
        of(
            "url-has-no-slug",
            everywhere(|registry| {
                let url = collection(registry["url"].as_str().unwrap_or_default());
                registry.insert("url".into(), json!(url));
            }),
        ),
        of(
            "web-url-has-no-slug",
            everywhere(|registry| {
                let url = collection(registry["web_url"].as_str().unwrap_or_default());
                registry.insert("web_url".into(), json!(url));
            }),
        ),
        of("get-answers-another-registry", Another),
        of("create-answers-the-first-registry", FirstForCreate),
        of("update-answers-the-first-registry", FirstForUpdate),
        of("urls-in-lists-are-on-another-host", elsewhere(Incoming::is_list, |_| 1)),
        of(
            "urls-of-reads-are-on-another-host",
            elsewhere(|request| request.is_get() || request.is_list(), |_| 1),
        ),
        of("urls-are-on-another-host-each-time", {
            let count = AtomicUsize::new(0);
            elsewhere(|_| true, move |_| count.fetch_add(1, Ordering::SeqCst))
        }),
        of("get-answers-the-first-for-an-unknown-slug", FirstForUnknown),
        of("second-registry-of-a-name-has-the-same-slug", SameSlug),
        of("id-changes-with-every-answer", {
            let count = AtomicUsize::new(0);
            registries(
                |_| true,
                move |registry| {
                    let count = count.fetch_add(1, Ordering::SeqCst);
                    registry
                        .insert("id".into(), json!(format!("0191df84-85e4-77aa-83ba-{count:012}")));
                },
            )
        }),
    ]);
    all
}

/// Returns URLs on a host with this number.
fn elsewhere(
    of_interest: Which,
    number: impl Fn(&Map<String, Value>) -> usize + Send + Sync + 'static,
) -> impl Behaviour {
    registries(of_interest, move |registry| {
        let number = number(registry);
        let path = registry["url"].as_str().and_then(|url| url.splitn(4, '/').nth(3));
        let url = path.map(|path| format!("https://registries-{number}.example/{path}"));
        registry.insert("url".into(), json!(url));
    })
}

/// Answers a create with the first registry of the list, and creates one only where there is none.
struct FirstForCreate;

impl Behaviour for FirstForCreate {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let list = Incoming { path: request.path.clone(), ..as_get(&request) };
            let list = upstream.send(&list).await;
            let first = list.json().and_then(|list| list.get(0).cloned());
            match first.filter(|_| request.is_create() && list.status.is_success()) {
                Some(first) => {
                    let mut outgoing = list;
                    outgoing.set_json(&first);
                    outgoing
                }
                None => upstream.send(&request).await,
            }
        })
    }
}

/// Carries out an update, and answers with the first registry of the list.
struct FirstForUpdate;

impl Behaviour for FirstForUpdate {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let outgoing = upstream.send(&request).await;
            if request.is_update() && outgoing.status.is_success() {
                return first(&request, upstream, outgoing).await;
            }
            outgoing
        })
    }
}

/// Answers a get with the first registry of the list.
struct Another;

impl Behaviour for Another {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let outgoing = upstream.send(&request).await;
            if request.is_get() && outgoing.status.is_success() {
                first(&request, upstream, outgoing).await
            } else {
                outgoing
            }
        })
    }
}

/// Answers a get of what is not there with the first registry of the list.
struct FirstForUnknown;

impl Behaviour for FirstForUnknown {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let outgoing = upstream.send(&request).await;
            if request.is_get() && outgoing.status == StatusCode::NOT_FOUND {
                return first(&request, upstream, outgoing).await;
            }
            outgoing
        })
    }
}

async fn first(request: &Incoming, upstream: &Upstream, instead_of: Outgoing) -> Outgoing {
    let mut outgoing = upstream.send(&as_list(request)).await;
    match outgoing.json().and_then(|list| list.get(0).cloned()) {
        Some(registry) => {
            outgoing.set_json(&registry);
            outgoing
        }
        None => instead_of,
    }
}

/// Answers a create whose slug is taken as if there were two registries of that slug.
struct SameSlug;

impl Behaviour for SameSlug {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let mut outgoing = upstream.send(&request).await;
            let name = request.json().and_then(|body| body["name"].as_str().map(str::to_owned));
            if let Some(name) = name.filter(|_| request.is_create())
                && outgoing.status == StatusCode::UNPROCESSABLE_ENTITY
            {
                let mut get = as_get(&request);
                get.path = format!("{}/{}", request.path, name.replace(' ', "-"));
                let mut known = upstream.send(&get).await;
                known.each_registry(|registry| {
                    registry["id"] = json!("0191df84-85e4-77aa-83ba-6579084728eb");
                    registry["graphql_id"] =
                        json!("UmVnaXN0cnktLS0wMTkxZGY4NC04NWU0LTc3YWEtODNiYS02NTc5MDg0NzI4ZWI=");
                });
                outgoing = known;
            }
            outgoing
        })
    }
}
