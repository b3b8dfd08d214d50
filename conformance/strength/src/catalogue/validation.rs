//! Validation: invalid requests that are accepted, or rejected in another way.

use http::StatusCode;
use serde_json::{Value, json};

use super::Which;
use crate::{
    deviation::{Class, Deviation, Refused, answer, bodies, request},
    faulty_proxy::{Answering, Behaviour, Incoming, Upstream},
};

/// Takes a property away when it is not as it must be, as a server does that ignores what it cannot
/// use.
fn dropped(property: &'static str, is_right: fn(&Value) -> bool) -> impl Behaviour {
    bodies(
        |request| request.is_create() || request.is_update(),
        move |body| {
            if body.get(property).is_some_and(|value| !value.is_null() && !is_right(value)) {
                body.remove(property);
            }
        },
    )
}

/// Makes text of a value, as a server does in a language that is lenient about types.
fn coerced(of_interest: fn(&Incoming) -> bool, property: &'static str) -> impl Behaviour {
    bodies(of_interest, move |body| {
        if let Some(value) = body.get_mut(property)
            && !value.is_string()
            && !value.is_null()
        {
            *value = match &value {
                Value::Array(list) => list.first().cloned().unwrap_or_default(),
                other => json!(other.to_string()),
            };
        }
    })
}

fn is_hex(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.starts_with('#'))
}

#[expect(clippy::too_many_lines, reason = "a catalogue")]
pub(super) fn deviations() -> Vec<Deviation> {
    fn of(name: impl Into<String>, behaviour: impl Behaviour + 'static) -> Deviation {
        Deviation::new(Class::Validation, name, behaviour)
    }
    let made_up = |property: &'static str, value: &'static str| {
        bodies(Incoming::is_create, move |body| {
            if body.get(property).is_none_or(Value::is_null) {
                body.insert(property.into(), json!(value));
            }
        })
    };
    let mut all = Vec::new();
    let places: [(&str, Which); 2] =
        [("create", Incoming::is_create), ("update", Incoming::is_update)];
    for (place, of_interest) in places {
        for property in ["name", "ecosystem", "description", "emoji", "color"] {
            if place == "update" && property == "ecosystem" {
                continue;
            }
            let deviation =
                of(format!("{place}-coerces-{property}"), coerced(of_interest, property));
            let is_observed = place == "update" && matches!(property, "emoji" | "color");
            all.push(if is_observed { deviation.should() } else { deviation });
        }
    }
    all.extend(vec![
        of("missing-name-is-made-up", made_up("name", "untitled")),
        of("missing-ecosystem-is-made-up", made_up("ecosystem", "files")),
        of(
            "missing-name-is-an-empty-name",
            Stored { of_interest: |body| body.get("name").is_none() },
        ),
        of("description-of-another-type-is-ignored", dropped("description", Value::is_string)),
        of("color-that-is-none-is-ignored", dropped("color", is_hex)),
        of(
            "color-that-is-none-is-stored",
            Stored { of_interest: |body| body.get("color").is_some_and(|color| !is_hex(color)) },
        ),
        of(
            "policy-with-an-unknown-issuer-is-ignored",
            bodies(Incoming::is_create, |body| {
                if body
                    .get("oidc_policy")
                    .is_some_and(|policy| policy.to_string().contains(".invalid"))
                {
                    body.remove("oidc_policy");
                }
            }),
        ),
        of(
            "malformed-json-is-completed",
            request(|request| {
                if request.is_create() && request.json().is_none() {
                    request.body.extend(b"\"ruby\"}");
                }
            }),
        ),
        of(
            "malformed-json-is-an-empty-body",
            request(|request| {
                if request.is_create() && request.json().is_none() {
                    request.set_json(&json!({"name": "untitled", "ecosystem": "ruby"}));
                }
            }),
        ),
        of("nothing-is-validated", Stored { of_interest: |_| true }),
        of("invalid-body-is-refused-and-stored", HalfWritten),
        of(
            "validation-error-is-text",
            answer(|_, outgoing| {
                if outgoing.status == StatusCode::UNPROCESSABLE_ENTITY {
                    outgoing.set_header("content-type", "text/plain");
                    outgoing.body = b"Validation Failed".to_vec();
                }
            }),
        ),
        of(
            "problems-one-at-a-time",
            answer(|_, outgoing| {
                if let Some(Value::Object(mut body)) = outgoing.json()
                    && let Some(Value::Array(errors)) = body.get_mut("errors")
                {
                    errors.truncate(1);
                    outgoing.set_json(&Value::Object(body));
                }
            }),
        )
        .may(),
        of(
            "policy-as-statements-is-refused",
            Refused(
                |request| {
                    let body = request.json().filter(|_| request.is_create());
                    body.is_some_and(|body| body["oidc_policy"].is_array())
                },
                StatusCode::UNPROCESSABLE_ENTITY,
            ),
        ),
        of(
            "policy-as-text-is-refused",
            Refused(
                |request| {
                    let body = request.json().filter(|_| request.is_create());
                    body.is_some_and(|body| body["oidc_policy"].is_string())
                },
                StatusCode::UNPROCESSABLE_ENTITY,
            ),
        ),
        of("policy-for-github-is-refused", refused_policy("githubusercontent")),
        of("policy-for-circleci-is-refused", refused_policy("circleci")),
        of("policy-with-scopes-is-refused", refused_policy("delete_packages")),
        of(
            "policy-with-an-anchor-is-taken",
            bodies(Incoming::is_create, |body| {
                let policy = body.get("oidc_policy").and_then(Value::as_str);
                if let Some(plain) = policy.map(|policy| policy.replace("&issuer ", "")) {
                    body.insert("oidc_policy".into(), json!(plain));
                }
            }),
        ),
        of(
            "emoji-as-a-character-is-refused",
            Refused(
                |request| {
                    let body = request.json().filter(|_| request.is_create());
                    body.is_some_and(|body| body["emoji"] == "🌻")
                },
                StatusCode::UNPROCESSABLE_ENTITY,
            ),
        )
        .should(),
        of(
            "emoji-as-a-character-is-ignored",
            bodies(Incoming::is_create, |body| {
                if body.get("emoji").is_some_and(|emoji| emoji == "🌻") {
                    body.remove("emoji");
                }
            }),
        )
        .should(),
        of("team-ids-of-another-type-are-ignored", dropped("team_ids", Value::is_array)),
        of(
            "color-of-five-digits-is-ignored",
            dropped("color", |color| color.as_str().is_some_and(|text| text.len() == 7)),
        ),
    ]);
    all
}

/// Refuses to set a policy with this word in it, as if it were invalid.
fn refused_policy(word: &'static str) -> impl Behaviour {
    request(move |request| {
        request.change(|body| {
            if body.get("oidc_policy").is_some_and(|policy| policy.to_string().contains(word)) {
                body.insert("oidc_policy".into(), json!(7));
            }
        });
    })
}

/// Answers an invalid create as if the registry had been created.
struct Stored {
    of_interest: fn(&Value) -> bool,
}

impl Behaviour for Stored {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let mut outgoing = upstream.send(&request).await;
            let Some(body) =
                request.json().filter(|body| request.is_create() && (self.of_interest)(body))
            else {
                return outgoing;
            };
            if outgoing.status.is_client_error() && outgoing.status != StatusCode::UNAUTHORIZED {
                outgoing.status = StatusCode::OK;
                outgoing.set_json(&json!({
                    "id": "0191df84-85e4-77aa-83ba-6579084728eb",
                    "graphql_id": "UmVnaXN0cnktLS0wMTkxZGY4NC04NWU0LTc3YWEtODNiYS02NTc5MDg0NzI4ZWI=",
                    "slug": "stored",
                    "url": "https://api.example.com/v2/packages/organizations/example-org/registries/stored",
                    "web_url": "https://example.com/organizations/example-org/registries/stored",
                    "name": body["name"].as_str().unwrap_or_default(),
                    "ecosystem": body["ecosystem"].as_str().unwrap_or("ruby"),
                    "description": null,
                    "emoji": null,
                    "color": body["color"].as_str(),
                    "public": false,
                    "oidc_policy": null,
                }));
            }
            outgoing
        })
    }
}

/// Refuses an invalid create, but creates what is right about it.
struct HalfWritten;

impl Behaviour for HalfWritten {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let outgoing = upstream.send(&request).await;
            if request.is_create() && outgoing.status == StatusCode::UNPROCESSABLE_ENTITY {
                let mut valid = request.clone();
                valid.change(|body| {
                    body.retain(|name, _| name == "name");
                    body.insert("ecosystem".into(), json!("ruby"));
                });
                upstream.send(&valid).await;
            }
            outgoing
        })
    }
}
