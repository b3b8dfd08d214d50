//! What answers look like: properties that are missing, null, of another type or form; bodies that
//! are wrapped, or of something else.

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::{Which, any};
use crate::{
    deviation::{Class, Deviation, answer, registries},
    faulty_proxy::{Behaviour, Incoming, Outgoing},
};

/// The properties that every registry has.
const REGISTRY: [&str; 12] = [
    "id",
    "graphql_id",
    "slug",
    "url",
    "web_url",
    "name",
    "ecosystem",
    "description",
    "emoji",
    "color",
    "public",
    "oidc_policy",
];
const NULLABLE: [&str; 4] = ["description", "emoji", "color", "oidc_policy"];
const TOKEN: [&str; 5] = ["uuid", "scopes", "description", "created_at", "user"];

fn shape(name: impl Into<String>, behaviour: impl Behaviour + 'static) -> Deviation {
    Deviation::new(Class::Shape, name, behaviour)
}

pub(super) fn deviations() -> Vec<Deviation> {
    let mut all = Vec::new();
    for (place, of_interest) in PLACES {
        for property in REGISTRY {
            all.push(shape(
                format!("{place}-{property}-missing"),
                registries(of_interest, move |registry| {
                    registry.remove(property);
                }),
            ));
            let wrong = registries(of_interest, move |registry| {
                let value = registry.get(property);
                let wrong =
                    if value.is_some_and(Value::is_boolean) { json!("no") } else { json!(7) };
                registry.insert(property.into(), wrong);
            });
            all.push(shape(format!("{place}-{property}-of-another-type"), wrong));
            if !NULLABLE.contains(&property) {
                all.push(shape(
                    format!("{place}-{property}-null"),
                    registries(of_interest, move |registry| {
                        registry.insert(property.into(), Value::Null);
                    }),
                ));
            }
        }
    }
    for property in TOKEN {
        all.push(shape(
            format!("token-{property}-missing"),
            token(move |token| {
                token.remove(property);
            }),
        ));
        all.push(shape(
            format!("token-{property}-null"),
            token(move |token| {
                token.insert(property.into(), Value::Null);
            }),
        ));
        all.push(shape(
            format!("token-{property}-of-another-type"),
            token(move |token| {
                token.insert(property.into(), json!(7));
            }),
        ));
    }
    all.extend(forms_of_addresses());
    all.extend(forms_of_registries());
    all.extend(forms_of_tokens());
    all.extend(other_lists());
    all.extend(other_bodies());
    all.extend(other_errors());
    all
}

/// Where a response with registries comes from.
const PLACES: [(&str, Which); 4] = [
    ("create", Incoming::is_create),
    ("get", Incoming::is_get),
    ("list", Incoming::is_list),
    ("update", Incoming::is_update),
];

/// Sets a property of every registry, wherever it is returned.
fn set(
    property: &'static str,
    value: impl Fn(&Value) -> Value + Send + Sync + 'static,
) -> impl Behaviour {
    registries(any, move |registry| {
        if let Some(known) = registry.get_mut(property)
            && !known.is_null()
        {
            *known = value(known);
        }
    })
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn token(change: impl Fn(&mut Map<String, Value>) + Send + Sync + 'static) -> impl Behaviour {
    answer(move |request, outgoing| {
        if let Some(Value::Object(mut body)) = outgoing.json()
            && request.is_about_token()
            && outgoing.status.is_success()
        {
            change(&mut body);
            outgoing.set_json(&Value::Object(body));
        }
    })
}

fn forms_of_addresses() -> Vec<Deviation> {
    vec![
        shape("id-is-a-number-in-text", set("id", |id| json!(text(id).len().to_string()))),
        shape("id-is-upper-case", set("id", |id| json!(text(id).to_uppercase()))).may(),
        shape("id-has-a-prefix", set("id", |id| json!(format!("reg_{}", text(id))))),
        shape("graphql-id-is-of-another-type", set("graphql_id", |_| json!("UGFja2FnZS0tLTE="))),
        shape("graphql-id-is-plain", set("graphql_id", |_| json!("Registry---1"))),
        shape(
            "graphql-id-is-the-same-for-all",
            set("graphql_id", |_| {
                json!("UmVnaXN0cnktLS0wMTkxZGY4NC04NWU0LTc3YWEtODNiYS02NTc5MDg0NzI4ZWI=")
            }),
        ),
        shape(
            "url-is-a-path",
            set("url", |url| {
                json!(format!("/{}", text(url).rsplit('/').next().unwrap_or_default()))
            }),
        ),
        shape("web-url-is-a-path", set("web_url", |_| json!("/organizations"))),
        shape("url-is-empty", set("url", |_| json!(""))),
    ]
}

fn forms_of_registries() -> Vec<Deviation> {
    vec![
        shape("color-is-a-name", set("color", |_| json!("lavender"))),
        shape(
            "color-is-without-hash",
            set("color", |color| json!(text(color).trim_start_matches('#'))),
        ),
        shape(
            "oidc-policy-is-a-structure",
            set("oidc_policy", |_| json!([{"iss": "https://agent.buildkite.com"}])),
        )
        .should(),
        shape("public-is-text", set("public", |_| json!("false"))),
        shape("public-is-a-number", set("public", |_| json!(0))),
        shape(
            "registry-has-another-property",
            registries(any, |registry| {
                registry.insert("internal_shard".into(), json!(7));
            }),
        )
        .should(),
        shape(
            "type-is-not-told",
            registries(any, |registry| {
                registry.remove("type");
            }),
        )
        .should(),
        shape(
            "type-is-empty",
            registries(any, |registry| {
                registry.insert("type".into(), json!(""));
            }),
        )
        .should(),
        shape(
            "list-entry-has-another-property",
            registries(Incoming::is_list, |registry| {
                registry.insert("rank".into(), json!(1));
            }),
        )
        .should(),
        shape(
            "names-are-camel-case",
            registries(any, |registry| {
                if let Some(value) = registry.remove("graphql_id") {
                    registry.insert("graphqlId".into(), value);
                }
            }),
        ),
    ]
}

fn forms_of_tokens() -> Vec<Deviation> {
    vec![
        shape(
            "token-user-has-no-email",
            token(|token| {
                token["user"].as_object_mut().map(|user| user.remove("email"));
            }),
        ),
        shape(
            "token-user-has-no-name",
            token(|token| {
                token["user"].as_object_mut().map(|user| user.remove("name"));
            }),
        ),
        shape(
            "token-scopes-are-text",
            token(|token| {
                token.insert("scopes".into(), json!("read_registries"));
            }),
        ),
        shape(
            "token-scopes-are-numbers",
            token(|token| {
                token.insert("scopes".into(), json!([1, 2]));
            }),
        ),
        shape(
            "token-uuid-is-no-uuid",
            token(|token| {
                token.insert("uuid".into(), json!("17"));
            }),
        ),
        shape(
            "token-created-at-is-a-number-in-text",
            token(|token| {
                token.insert("created_at".into(), json!("1752645600"));
            }),
        ),
        shape(
            "token-expires-at-is-a-number",
            token(|token| {
                token.insert("expires_at".into(), json!(1_752_645_600));
            }),
        ),
        shape(
            "token-expires-at-is-another-text",
            token(|token| {
                token.insert("expires_at".into(), json!("soon"));
            }),
        ),
        shape(
            "token-has-another-property",
            token(|token| {
                token.insert("hash".into(), json!("5e884898"));
            }),
        )
        .should(),
    ]
}

/// Replaces the body of successful answers of interest.
fn replaced(of_interest: fn(&Incoming) -> bool, body: fn(Value) -> Value) -> impl Behaviour {
    answer(move |request, outgoing: &mut Outgoing| {
        if let Some(json) = outgoing.json()
            && outgoing.status.is_success()
            && of_interest(request)
        {
            outgoing.set_json(&body(json));
        }
    })
}

/// Changes the bytes of successful answers of interest.
fn bytes(of_interest: fn(&Incoming) -> bool, change: fn(&mut Vec<u8>)) -> impl Behaviour {
    answer(move |request, outgoing: &mut Outgoing| {
        if outgoing.status.is_success() && of_interest(request) {
            change(&mut outgoing.body);
        }
    })
}

fn other_lists() -> Vec<Deviation> {
    vec![
        shape("list-is-wrapped", replaced(Incoming::is_list, |list| json!({"items": list}))),
        shape("list-is-keyed", replaced(Incoming::is_list, |list| json!({"0": list[0]}))),
        shape("list-is-of-lists", replaced(Incoming::is_list, |list| json!([list]))),
        shape(
            "list-of-slugs",
            replaced(Incoming::is_list, |list| {
                list.as_array()
                    .map(|list| list.iter().map(|entry| entry["slug"].clone()).collect())
                    .unwrap_or_default()
            }),
        ),
        shape(
            "list-is-lines",
            answer(|request, outgoing| {
                if let Some(Value::Array(list)) = outgoing.json()
                    && request.is_list()
                {
                    let lines: Vec<String> = list.iter().map(Value::to_string).collect();
                    outgoing.body = lines.join("\n").into_bytes();
                }
            }),
        ),
    ]
}

fn other_bodies() -> Vec<Deviation> {
    vec![
        shape(
            "created-registry-is-wrapped",
            replaced(Incoming::is_create, |body| json!({"registry": body})),
        ),
        shape("got-registry-is-wrapped", replaced(Incoming::is_get, |body| json!({"data": body}))),
        shape("got-registry-is-in-a-list", replaced(Incoming::is_get, |body| json!([body]))),
        shape(
            "updated-registry-is-wrapped",
            replaced(Incoming::is_update, |body| json!({"registry": body})),
        ),
        shape(
            "created-registry-is-only-its-id",
            replaced(Incoming::is_create, |body| json!({"id": body["id"]})),
        ),
        shape("update-answers-nothing", bytes(Incoming::is_update, Vec::clear)),
        shape("update-answers-null", replaced(Incoming::is_update, |_| Value::Null)),
        shape(
            "got-registry-is-a-token",
            replaced(Incoming::is_get, |body| json!({"uuid": body["id"], "scopes": []})),
        ),
        shape(
            "token-is-wrapped",
            replaced(Incoming::is_about_token, |body| json!({"access_token": body})),
        ),
        shape(
            "token-is-a-registry",
            replaced(Incoming::is_about_token, |_| json!({"slug": "token", "name": "token"})),
        ),
        shape(
            "json-is-cut-off",
            bytes(Incoming::is_get, |body| body.truncate(body.len().saturating_sub(1))),
        ),
        shape(
            "json-has-a-prefix",
            bytes(Incoming::is_get, |body| drop(body.splice(0..0, *b")]}',\n"))),
        ),
        shape("json-has-a-suffix", bytes(Incoming::is_get, |body| body.extend(b"}\n"))),
    ]
}

/// Replaces the body of refusals.
fn refused(body: impl Fn() -> Vec<u8> + Send + Sync + 'static) -> impl Behaviour {
    answer(move |_, outgoing| {
        if outgoing.status.is_client_error() {
            outgoing.body = body();
        }
    })
}

/// Replaces the body of answers with a status.
fn of_status(status: StatusCode, body: fn() -> Value) -> impl Behaviour {
    answer(move |_, outgoing| {
        if outgoing.status == status {
            outgoing.set_json(&body());
        }
    })
}

fn other_errors() -> Vec<Deviation> {
    let json = |value: fn() -> Value| refused(move || value().to_string().into_bytes());
    vec![
        shape("error-is-text", refused(|| b"no".to_vec())),
        shape("error-is-empty", refused(Vec::new)),
        shape("error-message-is-null", json(|| json!({"message": null}))),
        shape("error-message-is-a-structure", json(|| json!({"message": {"en": "no"}}))),
        shape("error-is-a-list", json(|| json!([{"message": "no"}]))),
        shape(
            "not-found-has-no-message",
            of_status(StatusCode::NOT_FOUND, || json!({"error": "no"})),
        )
        .should(),
        shape(
            "validation-error-has-no-message",
            of_status(StatusCode::UNPROCESSABLE_ENTITY, || json!({"errors": ["no"]})),
        ),
    ]
}
