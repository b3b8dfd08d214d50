//! Every property set alone and cleared alone, and what that does to every other one.

use http::Method;
use serde_json::{Map, Value, json};

use super::super::{OPTIONAL, Which};
use crate::deviation::{Class, Deviation, bodies};

const SET: [&str; 5] = ["name", "description", "emoji", "color", "oidc_policy"];

const METHODS: [(&str, Which); 3] = [
    ("post", |request| request.is_update() && request.method == Method::POST),
    ("patch", |request| request.is_update() && request.method == Method::PATCH),
    ("put", |request| request.is_update() && request.method == Method::PUT),
];

pub(super) fn deviations() -> Vec<Deviation> {
    let mut all = Vec::new();
    for (method, of_interest) in METHODS {
        for property in SET {
            for other in OPTIONAL.into_iter().filter(|other| *other != property) {
                let mut add = |how: &str, is_it: fn(&Value) -> bool| {
                    let name = format!("{how}-{property}-with-{method}-clears-{other}");
                    let behaviour = bodies(of_interest, clearing(property, other, is_it));
                    let deviation = Deviation::new(Class::Update, name, behaviour);
                    // Whether a policy is returned at all, the sources leave open.
                    let is_observed = method != "post" || other == "oidc_policy";
                    all.push(if is_observed { deviation.should() } else { deviation });
                };
                add("setting", |value| !value.is_null());
                if property != "name" {
                    add("clearing", Value::is_null);
                }
            }
        }
        for property in OPTIONAL {
            let ignored = move |body: &mut Map<String, Value>| {
                if body.len() == 1 {
                    body.remove(property);
                }
            };
            all.push(
                Deviation::new(
                    Class::Update,
                    format!("{property}-alone-is-ignored-by-{method}"),
                    bodies(of_interest, ignored),
                )
                .should(),
            );
            let emptied = move |body: &mut Map<String, Value>| {
                if body.get(property).is_some_and(Value::is_null) {
                    body.insert(property.into(), json!("null"));
                }
            };
            if property == "description" {
                all.push(
                    Deviation::new(
                        Class::Update,
                        format!("null-is-a-word-for-{property}-with-{method}"),
                        bodies(of_interest, emptied),
                    )
                    .should(),
                );
            }
        }
    }
    all
}

/// Clears one property when another one is named.
fn clearing(
    property: &'static str,
    other: &'static str,
    is_it: fn(&Value) -> bool,
) -> impl Fn(&mut Map<String, Value>) + Send + Sync + 'static {
    move |body| {
        if body.get(property).is_some_and(is_it) {
            body.entry(other).or_insert(Value::Null);
        }
    }
}
