//! Other lists that are right.

use serde_json::{Value, json};

use super::of;
use crate::{
    deviation::{Class, Deviation, answer},
    faulty_proxy::Behaviour,
};

pub(super) fn lists() -> Vec<Deviation> {
    vec![
        of("list-newest-first", Class::List, list(|list| list.reverse())),
        of("list-by-name", Class::List, list(|list| list.sort_by_key(|it| it["name"].to_string()))),
        of(
            "list-with-registries-of-others",
            Class::List,
            list(|list| {
                let mut others = list.clone();
                for (index, other) in others.iter_mut().enumerate() {
                    let slug = format!("theirs-{index}");
                    let id = format!("0191df84-85e4-77aa-83ba-{index:012}");
                    let url = other["url"].as_str().and_then(|url| url.rsplit_once('/'));
                    let web = other["web_url"].as_str().and_then(|url| url.rsplit_once('/'));
                    let (url, web) = (
                        url.map(|it| format!("{}/{slug}", it.0)),
                        web.map(|it| format!("{}/{slug}", it.0)),
                    );
                    *other = json!({
                        "id": id, "graphql_id": graphql(&id), "slug": slug, "url": url, "web_url": web,
                        "name": slug, "ecosystem": "helm-oci", "description": null, "emoji": null,
                        "color": null, "public": true, "oidc_policy": null,
                    });
                }
                list.extend(others);
            }),
        ),
    ]
}

fn list(change: fn(&mut Vec<Value>)) -> impl Behaviour {
    answer(move |request, outgoing| {
        if let Some(Value::Array(mut list)) = outgoing.json()
            && request.is_list()
        {
            change(&mut list);
            outgoing.set_json(&Value::Array(list));
        }
    })
}

pub(super) fn graphql(id: &str) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD};
    STANDARD.encode(format!("Registry---{id}"))
}
