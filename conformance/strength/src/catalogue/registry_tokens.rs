//! The tokens of registries.

mod behaviours;

use http::{Method, StatusCode};
use serde_json::{Value, json};

use self::behaviours::{
    DeletesAll, Everywhere, Ghosts, HalfWritten, Inherited, NotStored, Outliving, Remembered,
    Revealed,
};
use super::{Which, schemas::misshapen};
use crate::{
    deviation::{Cached, Class, Deviation, answer, bodies, status},
    faulty_proxy::{Behaviour, Incoming},
};

const OPERATIONS: [(&str, Which); 4] =
    [("create", is_create), ("list", is_list), ("get", is_get), ("update", is_update)];

fn of(name: impl Into<String>, behaviour: impl Behaviour + 'static) -> Deviation {
    Deviation::new(Class::RegistryToken, name, behaviour)
}

pub(super) fn deviations() -> Vec<Deviation> {
    let mut all = Vec::new();
    for (place, of_interest) in OPERATIONS {
        let name = format!("registry-token-{place}");
        all.extend(misshapen(&name, of_interest, "RegistryToken", "created_by", ""));
        let another = of(
            format!("registry-token-{place}-has-another-property"),
            answer(move |request, outgoing| {
                if of_interest(request) {
                    outgoing.each("created_by", |token| token["hash"] = json!("5e884898"));
                }
            }),
        );
        all.push(another.should());
    }
    for (part, schema) in [
        ("created_by", "User"),
        ("organization", "OrganizationReference"),
        ("registry", "RegistryReference"),
    ] {
        let name = format!("registry-token-{}", part.replace('_', "-"));
        all.extend(misshapen(
            &name,
            Incoming::is_about_registry_tokens,
            schema,
            "created_by",
            part,
        ));
    }
    all.extend(statuses());
    all.extend(secrets());
    all.extend(stored());
    all.extend(identity());
    all
}

fn is_create(request: &Incoming) -> bool {
    request.is("POST", "/tokens")
}

fn is_list(request: &Incoming) -> bool {
    request.is("GET", "/tokens")
}

fn is_one(request: &Incoming, method: &Method) -> bool {
    request.method == *method && request.path.contains("/tokens/")
}

fn is_get(request: &Incoming) -> bool {
    is_one(request, &Method::GET)
}

fn is_update(request: &Incoming) -> bool {
    is_one(request, &Method::POST)
}

fn is_delete(request: &Incoming) -> bool {
    is_one(request, &Method::DELETE)
}

fn statuses() -> Vec<Deviation> {
    let ok = |status: StatusCode| status == StatusCode::OK;
    let unknown = |status: StatusCode| status == StatusCode::NOT_FOUND;
    let failure = StatusCode::INTERNAL_SERVER_ERROR;
    vec![
        of("registry-token-create-answers-201", status(is_create, ok, StatusCode::CREATED)),
        of("registry-token-update-answers-202", status(is_update, ok, StatusCode::ACCEPTED)),
        of("registry-token-delete-answers-204", status(is_delete, ok, StatusCode::NO_CONTENT)),
        of("registry-token-list-answers-206", status(is_list, ok, StatusCode::PARTIAL_CONTENT)),
        of("unknown-registry-token-answers-200", status(is_get, unknown, StatusCode::OK)),
        of("unknown-registry-token-answers-500", status(is_get, unknown, failure)),
        of(
            "update-of-unknown-registry-token-answers-200",
            status(is_update, unknown, StatusCode::OK),
        ),
        of("delete-of-unknown-registry-token-answers-500", status(is_delete, unknown, failure)),
    ]
}

fn secrets() -> Vec<Deviation> {
    let mut all: Vec<Deviation> =
        [("list", is_list as Which), ("get", is_get), ("update", is_update)]
            .into_iter()
            .flat_map(|(place, of_interest)| {
                let by_itself = Remembered {
                    of_interest,
                    show: |token, secret| token["token"] = json!(secret),
                };
                let within = Remembered {
                    of_interest,
                    show: |token, secret| {
                        token["url"] = json!(format!("https://example.com/{secret}"));
                    },
                };
                // One that the run has not seen before.
                let fresh = answer(move |request, outgoing| {
                    if of_interest(request) {
                        outgoing.each("created_by", |token| {
                            token["token"] = json!(format!("bkpt_made_anew_{}", token["id"]));
                        });
                    }
                });
                [
                    of(format!("registry-token-{place}-tells-a-secret"), fresh).should(),
                    of(
                        format!("registry-token-{place}-returns-the-secret"),
                        Revealed::new(by_itself),
                    )
                    .should(),
                    of(
                        format!("registry-token-{place}-has-the-secret-in-its-url"),
                        Revealed::new(within),
                    ),
                ]
            })
            .collect();
    all.push(
        of(
            "registry-token-has-no-secret",
            answer(|request, outgoing| {
                if is_create(request) {
                    outgoing.each("created_by", |token| {
                        drop(token.as_object_mut().map(|it| it.remove("token")));
                    });
                }
            }),
        )
        .should(),
    );
    all.push(
        of(
            "registry-tokens-have-the-same-secret",
            answer(|request, outgoing| {
                if is_create(request) {
                    outgoing.each("created_by", |token| {
                        token["token"] = json!("bkpt_the_same_for_all");
                    });
                }
            }),
        )
        .should(),
    );
    all
}

fn stored() -> Vec<Deviation> {
    vec![
        of("registry-token-create-is-not-stored", NotStored { of_interest: is_create }),
        of("registry-token-update-is-not-stored", NotStored { of_interest: is_update }),
        of("registry-token-delete-does-nothing", NotStored { of_interest: is_delete }),
        of(
            "registry-token-update-is-answered-as-before",
            NotStored { of_interest: is_update }.stale(),
        ),
        of("registry-token-gets-are-cached", Cached::new(is_get)),
        of("registry-token-lists-are-cached", Cached::new(is_list)),
        of("deleted-registry-token-is-still-listed", Ghosts::new(is_list)),
        of("deleted-registry-token-is-still-got", Ghosts::new(is_get)),
        of("registry-token-delete-removes-all-of-them", DeletesAll),
        of("registry-tokens-outlive-their-registry", Outliving::default()),
        of("registry-tokens-come-back-with-a-registry-of-the-name", Inherited::default()),
        of(
            "registry-token-description-is-cut",
            bodies(
                |request| is_create(request) || is_update(request),
                |body| {
                    if let Some(text) = body.get("description").and_then(Value::as_str) {
                        let cut: String = text.chars().take(20).collect();
                        body.insert("description".into(), json!(cut));
                    }
                },
            ),
        ),
        of(
            "registry-token-without-description-is-created",
            bodies(is_create, |body| {
                body.entry("description").or_insert_with(|| json!("untitled"));
            }),
        ),
        of("registry-token-description-is-coerced-on-create", coerced(is_create)),
        of("registry-token-description-is-coerced-on-update", coerced(is_update)),
        of("registry-token-numbers-are-text-on-create", numbers_as_text(is_create)),
        of("registry-token-numbers-are-text-on-update", numbers_as_text(is_update)),
        of("refused-registry-token-is-stored", HalfWritten),
    ]
}

fn coerced(of_interest: Which) -> impl Behaviour {
    bodies(of_interest, |body| {
        if let Some(value) = body.get_mut("description").filter(|it| !it.is_string()) {
            *value = json!(value.to_string());
        }
    })
}

/// Takes what is no text only where it has a form of its own as text.
fn numbers_as_text(of_interest: Which) -> impl Behaviour {
    bodies(of_interest, |body| {
        if let Some(value) = body.get_mut("description").filter(|it| it.is_number()) {
            *value = json!(value.to_string());
        }
    })
}

fn identity() -> Vec<Deviation> {
    const OTHER: &str = "0191df84-85e4-77aa-83ba-6579084728eb";
    let set = |of_interest: Which, change: fn(&mut Value)| {
        answer(move |request, outgoing| {
            if of_interest(request) {
                outgoing.each("created_by", change);
            }
        })
    };
    vec![
        of(
            "registry-tokens-have-one-id",
            set(Incoming::is_about_registry_tokens, |it| it["id"] = json!(OTHER)),
        ),
        of("updated-registry-token-has-another-id", set(is_update, |it| it["id"] = json!(OTHER))),
        of("listed-registry-token-has-another-id", set(is_list, |it| it["id"] = json!(OTHER))),
        of(
            "registry-token-names-another-registry",
            set(is_create, |it| it["registry"]["id"] = json!(OTHER)),
        ),
        of(
            "registry-token-names-another-slug",
            set(is_create, |it| it["registry"]["slug"] = json!("theirs")),
        ),
        of(
            "registry-token-names-another-organization",
            set(is_create, |it| it["organization"]["slug"] = json!("their-org")),
        ),
        of(
            "got-registry-token-was-created-by-another",
            set(is_get, |it| it["created_by"]["id"] = json!(OTHER)),
        ),
        of(
            "listed-registry-token-was-created-at-another-time",
            set(is_list, |it| {
                it["created_at"] = json!("2020-01-01T00:00:00Z");
            }),
        ),
        of("registry-tokens-of-every-registry-are-listed", Everywhere { of_interest: is_list }),
        of("registry-tokens-of-every-registry-are-got", Everywhere { of_interest: is_get }),
        of("registry-token-list-is-empty", listed(|_| Vec::new())),
        of(
            "registry-token-list-has-the-first-only",
            listed(|list| list.into_iter().take(1).collect()),
        ),
        of(
            "registry-token-list-has-the-last-only",
            listed(|list| list.into_iter().last().into_iter().collect()),
        ),
        of(
            "registry-token-list-has-everything-twice",
            listed(|list| list.clone().into_iter().chain(list).collect()),
        ),
        of(
            "registry-token-list-is-wrapped",
            answer(|request, outgoing| {
                if let Some(list) = outgoing.json().filter(|_| is_list(request)) {
                    outgoing.set_json(&json!({"items": list}));
                }
            }),
        ),
    ]
}

fn listed(change: fn(Vec<Value>) -> Vec<Value>) -> impl Behaviour {
    answer(move |request, outgoing| {
        if let Some(Value::Array(list)) = outgoing.json()
            && is_list(request)
        {
            outgoing.set_json(&Value::Array(change(list)));
        }
    })
}
