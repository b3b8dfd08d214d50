//! Lists.

use std::sync::Mutex;

use serde_json::{Value, json};

use crate::{
    deviation::{Class, Deviation, answer, lock},
    faulty_proxy::Behaviour,
};

pub(super) fn deviations() -> Vec<Deviation> {
    fn of(name: &str, behaviour: impl Behaviour + 'static) -> Deviation {
        Deviation::new(Class::List, name, behaviour)
    }
    fn list(change: fn(Vec<Value>) -> Vec<Value>) -> impl Behaviour {
        answer(move |request, outgoing| {
            if let Some(Value::Array(list)) = outgoing.json()
                && request.is_list()
            {
                outgoing.set_json(&Value::Array(change(list)));
            }
        })
    }
    vec![
        of("list-is-empty", list(|_| Vec::new())),
        of("list-has-only-the-first", list(|list| list.into_iter().take(1).collect())),
        of("list-has-only-the-last", list(|list| list.into_iter().last().into_iter().collect())),
        of("list-lacks-the-first", list(|list| list.into_iter().skip(1).collect())),
        of(
            "list-lacks-the-last",
            list(|mut list| {
                list.pop();
                list
            }),
        ),
        of("list-is-limited-to-two", list(|list| list.into_iter().take(2).collect())),
        of(
            "list-has-everything-twice",
            list(|list| list.clone().into_iter().chain(list).collect()),
        ),
        of(
            "list-has-the-last-twice",
            list(|mut list| {
                list.extend(list.last().cloned());
                list
            }),
        ),
        of(
            "list-has-another-organizations-registry",
            list(|mut list| {
                let foreign = list.first().cloned().map(|mut foreign| {
                foreign["id"] = json!("0191df84-85e4-77aa-83ba-6579084728eb");
                foreign["graphql_id"] =
                    json!("UmVnaXN0cnktLS0wMTkxZGY4NC04NWU0LTc3YWEtODNiYS02NTc5MDg0NzI4ZWI=");
                foreign["slug"] = json!("theirs");
                foreign["name"] = json!("theirs");
                foreign["url"] = json!("https://api.example.com/v2/packages/organizations/other-org/registries/theirs");
                foreign["web_url"] = json!("https://example.com/organizations/other-org/registries/theirs");
                foreign
            });
                list.extend(foreign);
                list
            }),
        ),
        of(
            "list-entries-are-all-the-first",
            list(|list| {
                let first = list.first().cloned();
                list.iter().filter_map(|_| first.clone()).collect()
            }),
        ),
        of(
            "list-has-null",
            list(|mut list| {
                list.push(Value::Null);
                list
            }),
        ),
        of(
            "list-is-public-ones-only",
            list(|list| list.into_iter().filter(|entry| entry["public"] == json!(true)).collect()),
        ),
        of(
            "list-is-of-ruby-only",
            list(|list| {
                list.into_iter().filter(|entry| entry["ecosystem"] == json!("ruby")).collect()
            }),
        ),
        of(
            "list-lacks-those-without-description",
            list(|list| list.into_iter().filter(|entry| !entry["description"].is_null()).collect()),
        ),
        of("list-is-empty-after-a-delete", {
            let deleted = Mutex::new(false);
            answer(move |request, outgoing| {
                let mut deleted = lock(&deleted);
                *deleted |= request.is_update();
                if *deleted && request.is_list() {
                    outgoing.set_json(&json!([]));
                }
            })
        }),
    ]
}
