//! Every property of the contract, with every small change, in the response to every operation that shows
//! it. A change that would be a reading of the sources, or none at all, is left out; one that only
//! an official client would notice is as binding as that.

mod changes;
mod lists;
mod reads;
pub(super) mod refusals;
mod updates;

use std::{collections::HashMap, sync::Mutex};

use http::Method;
use serde_json::{Map, Value, json};

use self::changes::{Change, TEXT, TYPE};
use super::Which;
use crate::{
    deviation::{Class, Deviation, answer, lock},
    faulty_proxy::{Answering, Behaviour, Incoming, Outgoing, Upstream},
};
use registries_conformance::{
    contract::Contract,
    internals::{
        CHANGED, COLOR, DESCRIPTION, OTHER_COLOR, POLICY_TEXT, TOKEN_CHANGED, TOKEN_DESCRIPTION,
    },
    internals::{Closeness, closeness},
    level::Level,
};

const UUID: &str = "0191df84-85e4-77aa-83ba-6579084728eb";
const TIME: &str = "2026-01-02T03:04:05.678Z";

pub(super) fn deviations() -> Vec<Deviation> {
    let mut all = Vec::new();
    for (place, of_interest) in REGISTRY_PLACES {
        for property in Contract::built_in().required_properties("Registry") {
            all.extend(small_changes("registry", place, of_interest, "ecosystem", &property));
            all.extend(whole_changes("registry", place, of_interest, "ecosystem", &property));
        }
    }
    for (place, of_interest) in TOKEN_PLACES {
        for property in token_properties() {
            all.extend(small_changes(
                "registry-token",
                place,
                of_interest,
                "created_by",
                &property,
            ));
            all.extend(whole_changes(
                "registry-token",
                place,
                of_interest,
                "created_by",
                &property,
            ));
        }
    }
    for (place, of_interest) in ORGANIZATION_PLACES {
        for property in Contract::built_in().required_properties("Organization") {
            all.extend(small_changes("organization", place, of_interest, "agents_url", &property));
        }
    }
    for part in [updates::deviations, refusals::deviations, lists::deviations, reads::deviations] {
        all.extend(part());
    }
    all
}

/// The operations that show registries.
const REGISTRY_PLACES: [(&str, Which); 6] = [
    ("create", Incoming::is_create),
    ("get", Incoming::is_get),
    ("list", Incoming::is_list),
    ("update", |request| request.is_update() && request.method == Method::POST),
    ("patch", |request| request.is_update() && request.method == Method::PATCH),
    ("put", |request| request.is_update() && request.method == Method::PUT),
];

/// The operations that show registry tokens.
const TOKEN_PLACES: [(&str, Which); 4] = [
    ("create", |request| request.is("POST", "/tokens")),
    ("list", |request| request.is("GET", "/tokens")),
    ("get", |request| request.method == Method::GET && request.path.contains("/tokens/")),
    ("update", |request| request.method == Method::POST && request.path.contains("/tokens/")),
];

const ORGANIZATION_PLACES: [(&str, Which); 2] =
    [("get", Incoming::is_organization), ("list", |request| request.is("GET", "/organizations"))];

/// The properties of a registry token, those of its parts as paths.
fn token_properties() -> Vec<String> {
    let contract = Contract::built_in();
    let parts = [
        ("created_by", "User"),
        ("organization", "OrganizationReference"),
        ("registry", "RegistryReference"),
    ];
    let own = contract.required_properties("RegistryToken").into_iter();
    let own = own.filter(|name| !parts.iter().any(|(part, _)| part == name));
    let of_parts = parts.into_iter().flat_map(|(part, schema)| {
        let names = contract.required_properties(schema).into_iter();
        names.map(move |name| format!("{part}/{name}"))
    });
    own.chain(of_parts).collect()
}

/// Values as a run meets them in the response to an operation, in which a change shows or does not.
fn samples(kind: &str, place: &str, property: &str) -> Vec<Value> {
    let last = property.rsplit('/').next().unwrap_or_default();
    let texts: &[&str] = match (kind, property, last) {
        ("registry", "name", _) if matches!(place, "create" | "list" | "update") => &[
            "conformance abcdefgh Beta Renamed",
            "conformance abcdefgh mu Größe cafe\u{301} 日本語",
        ],
        ("registry", "name", _) => &["conformance abcdefgh Beta Renamed"],
        ("registry", "description", _) => match place {
            "list" => &[CHANGED],
            "update" => &[DESCRIPTION, CHANGED],
            _ => &[DESCRIPTION],
        },
        ("registry-token", "description", _) => match place {
            "create" => &[TOKEN_DESCRIPTION],
            _ => &[TOKEN_CHANGED],
        },
        (_, "emoji", _) => &[":gem:"],
        (_, "color", _) => &[COLOR, OTHER_COLOR],
        (_, "oidc_policy", _) => &[POLICY_TEXT],
        (_, "ecosystem", _) => &["ruby"],
        (_, "public", _) => return vec![json!(false)],
        (_, _, "id") => &[UUID],
        (_, _, "graphql_id") => {
            &["UmVnaXN0cnktLS0wMTkxZGY4NC04NWU0LTc3YWEtODNiYS02NTc5MDg0NzI4ZWI="]
        }
        (_, _, "created_at") => &[TIME],
        (_, _, "slug") => &["conformance-abcdefgh-beta-renamed"],
        (_, _, "email") => &["conformance@example.com"],
        (_, _, "name") => &["Conformance"],
        // The reference server has none.
        (_, _, "avatar_url") => &[],
        (_, _, url) if url.ends_with("url") => {
            &["http://127.0.0.1:1/v2/organizations/example-org/registries/a-b"]
        }
        _ => &[],
    };
    texts.iter().map(|text| json!(text)).collect()
}

/// How binding a change is: the most that it is for any value of a run; `None` when it shows in none of
/// them, or when the sources have the changed value as well.
fn level_of(kind: &str, place: &str, property: &str, change: Change) -> Option<Level> {
    let mut level = None;
    for sample in samples(kind, place, property) {
        let Some(changed) = change.of(&sample) else { continue };
        let is_close = match closeness(property, &changed, &sample) {
            Closeness::Same => continue,
            Closeness::Close => true,
            Closeness::Other => false,
        };
        // Only a client looks at what is close, and at the responses to PATCH and PUT.
        let is_observed = kind == "registry" && (is_close || matches!(place, "patch" | "put"));
        let it = if is_observed { Level::Should } else { Level::Must };
        level = Some(level.map_or(it, |level: Level| level.min(it)));
    }
    level
}

/// The changes that are tried of everything.
const FEW: [&str; 6] =
    ["in-upper-case", "cut-by-one", "with-one-more-line-break", "empty", "in-ascii", "in-a-list"];

/// The changes that are tried of ids, addresses, slugs and times as well.
const OF_NAMES: [&str; 12] = [
    "padded",
    "without-its-first-character",
    "twice",
    "as-json",
    "without-hyphens",
    "with-underscores",
    "with-a-slash-at-its-end",
    "with-a-query",
    "without-a-scheme",
    "without-padding",
    "as-a-boolean",
    "as-text",
];

/// Every change of a property in the response to an operation.
fn small_changes(
    kind: &'static str,
    place: &'static str,
    of_interest: Which,
    mark: &'static str,
    property: &str,
) -> Vec<Deviation> {
    let mut all = Vec::new();
    let is_of_part = property.contains('/') || kind == "organization";
    let is_text = matches!(property, "name" | "description" | "oidc_policy" | "emoji" | "color");
    let is_alias = matches!(place, "patch" | "put");
    let is_tried = |change: &Change| match (is_of_part || is_alias, is_text) {
        (true, _) => FEW.contains(&change.name),
        (_, true) => true,
        // What an address or an id has none of cannot change.
        (_, false) => FEW.contains(&change.name) || OF_NAMES.contains(&change.name),
    };
    for change in TEXT.iter().chain(TYPE).copied().filter(is_tried) {
        let Some(level) = level_of(kind, place, property, change) else { continue };
        let pointer = format!("/{property}");
        let behaviour = answer(move |request, outgoing| {
            if of_interest(request) {
                outgoing.each(mark, |whole| {
                    if let Some(value) = whole.pointer_mut(&pointer)
                        && let Some(changed) = change.of(value)
                    {
                        *value = changed;
                    }
                });
            }
        });
        let name = format!("{kind}-{}-{}-in-{place}", property.replace('/', "-"), change.name);
        all.push(Deviation::new(class(kind), name, behaviour).at(level));
    }
    all
}

fn class(kind: &str) -> Class {
    match kind {
        "registry-token" => Class::RegistryToken,
        "organization" => Class::Organization,
        _ => Class::Text,
    }
}

/// What a property can be instead that another answer had: that of a sibling, or the one before the
/// last write.
fn whole_changes(
    kind: &'static str,
    place: &'static str,
    of_interest: Which,
    mark: &'static str,
    property: &str,
) -> Vec<Deviation> {
    // Everything of a run has these in common.
    let is_common = matches!(property, "public" | "ecosystem" | "oidc_policy" | "created_at")
        || property.contains('/');
    if is_common {
        return Vec::new();
    }
    let by_level = |deviation: Deviation| {
        if matches!(place, "patch" | "put") { deviation.should() } else { deviation }
    };
    let remembered = |make: Recall| Remembered {
        of_interest,
        mark,
        property: property.to_owned(),
        make,
        seen: Mutex::default(),
    };
    let name = |what: &str| format!("{kind}-{}-{what}-in-{place}", property.replace('/', "-"));
    let mut all = vec![by_level(Deviation::new(
        Class::Identity,
        name("of-a-sibling"),
        remembered(Recall::Sibling),
    ))];
    // Only these change, and then only what comes after it can be behind.
    let changes = matches!(property, "name" | "slug" | "url" | "web_url" | "description");
    if changes && kind == "registry" && place == "update" {
        all.push(Deviation::new(
            Class::Update,
            name("of-before-the-write"),
            remembered(Recall::Before),
        ));
    }
    all
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Recall {
    /// The value that the first other one of its kind has.
    Sibling,
    /// The value that it returned last.
    Before,
}

/// Returns a property with the value of an earlier response.
struct Remembered {
    of_interest: Which,
    mark: &'static str,
    property: String,
    make: Recall,
    /// The values by id, in the order in which they were seen first.
    seen: Mutex<(Vec<String>, HashMap<String, Value>)>,
}

impl Remembered {
    fn note(&self, outgoing: &Outgoing) {
        let body = outgoing.json().filter(|_| outgoing.status.is_success()).unwrap_or_default();
        let all = match &body {
            Value::Array(list) => list.as_slice(),
            one => std::slice::from_ref(one),
        };
        let mut seen = lock(&self.seen);
        for it in all.iter().filter(|it| it.get(self.mark).is_some()) {
            let id = it["id"].to_string();
            if !seen.0.contains(&id) {
                seen.0.push(id.clone());
            }
            seen.1.insert(id, it[self.property.as_str()].clone());
        }
    }

    fn recall(&self, it: &mut Map<String, Value>) {
        let seen = lock(&self.seen);
        let id = it["id"].to_string();
        let other = match self.make {
            Recall::Sibling => seen.0.iter().find(|other| **other != id),
            Recall::Before => seen.0.iter().find(|other| **other == id),
        };
        if let Some(value) = other.and_then(|other| seen.1.get(other)) {
            it.insert(self.property.clone(), value.clone());
        }
    }
}

impl Behaviour for Remembered {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let mut outgoing = upstream.send(&request).await;
            let as_it_is = outgoing.clone();
            if (self.of_interest)(&request) {
                outgoing.each(self.mark, |it| {
                    if let Value::Object(it) = it {
                        self.recall(it);
                    }
                });
            }
            self.note(&as_it_is);
            outgoing
        })
    }
}
