//! Creating a registry.

use serde_json::{Value, json};

use super::history::About;
use crate::{
    case::{Case, Check, Looks, Steps, sunflower},
    exchange::{Exchange, shown},
    observed::{NotJudged, Observed},
    steps::{COLOR, DESCRIPTION, MARKED_NAME, Step, UNICODE_NAME, UNICODE_NEW_NAME},
};

pub(super) const CASES: &[Case] = &[
    Case {
        name: "create-succeeds",
        requirement: "Creating a registry returns 200, with a minimal body and with a full one.",
        verifies: &[
            "registry.create.success",
            "registry.create.policy",
            "oidc.statement.issuer-and-claims",
            "oidc.claim.rule-forms",
            "oidc.issuer.buildkite",
        ],
        looks: Looks::At(&Steps(
            [Step::CreateMinimal, Step::CreateFull],
            |check, [create_minimal, create_full]| {
                check.status(create_minimal, 200)?;
                check.status(create_full, 200)
            },
        )),
    },
    Case {
        name: "create-stores-name-and-ecosystem",
        requirement: "The new registry has the name and the ecosystem that were sent.",
        verifies: &["registry.create.name", "registry.create.ecosystem"],
        looks: Looks::At(&Steps(
            [Step::CreateMinimal, Step::CreateFull],
            |check, [create_minimal, create_full]| {
                let run = check.run;
                run.success(create_minimal).or_else(|_| run.success(create_full))?;
                for step in accepted(run) {
                    let sent = sent(run, step);
                    for name in ["name", "ecosystem"] {
                        if let Some(value) = sent.get(name).filter(|it| it.is_string()) {
                            check.property(step, name, std::slice::from_ref(value))?;
                        }
                    }
                }
                Ok(())
            },
        )),
    },
    Case {
        name: "names-beyond-ascii-are-stored",
        requirement: "A non-ASCII name is rejected, or stored as it was sent.",
        verifies: &["registry.update.name"],
        looks: Looks::At(&Steps(
            [Step::UpdateUnicodeName, Step::UpdateName],
            |check, [update_unicode_name, update_name]| {
                check.run.success(update_name)?;
                let name = json!(check.run.name(UNICODE_NEW_NAME));
                check.property(update_unicode_name, "name", &[name])
            },
        )),
    },
    Case {
        name: "names-with-marks-are-stored",
        requirement: "A name with punctuation is rejected, or stored as it was sent, and returned at its \
                      slug.",
        verifies: &["registry.create.name", "registry.get.by-slug"],
        looks: Looks::At(&Steps(
            [
                Step::CreateMarkedName,
                Step::GetMarkedName,
                Step::GetUnicodeName,
                Step::CreateMinimal,
            ],
            |check, [create_marked_name, get_marked_name, get_unicode_name, create_minimal]| {
                let run = check.run;
                run.success(create_minimal)?;
                let stored = [
                    (create_marked_name, get_marked_name, MARKED_NAME),
                    (Step::CreateUnicodeName, get_unicode_name, UNICODE_NAME),
                ];
                let mut outcome = Err(NotJudged::Skip("both names were rejected".into()));
                for (created, got, name) in stored {
                    if run.success(created).is_ok() {
                        let name = json!(run.name(name));
                        check.property(created, "name", std::slice::from_ref(&name))?;
                        check.status(got, 200)?;
                        check.property(got, "name", &[name])?;
                        outcome = Ok(());
                    }
                }
                outcome
            },
        )),
    },
    Case {
        name: "create-takes-other-ecosystems",
        requirement: "An ecosystem that official clients use is stored as it was sent.",
        verifies: &["registry.ecosystem.python"],
        looks: Looks::At(&Steps(
            [Step::CreatePython, Step::DeletePython, Step::CreateMinimal],
            |check, [create_python, _, create_minimal]| {
                check.run.success(create_minimal)?;
                check.accepted(create_python, "the ecosystem is python")?;
                check.property(create_python, "ecosystem", &[json!("python")])
            },
        )),
    },
    Case {
        name: "create-stores-description",
        requirement: "The description is stored as it was sent, whatever characters it has.",
        verifies: &["registry.create.description"],
        looks: Looks::At(&Steps([Step::CreateFull], |check, [create_full]| {
            check.property(create_full, "description", &[json!(DESCRIPTION)])
        })),
    },
    Case {
        name: "create-stores-emoji-and-color",
        requirement: "The emoji and the color are stored as they were sent.",
        verifies: &["registry.create.emoji", "registry.create.color"],
        looks: Looks::At(&Steps([Step::CreateFull], |check, [create_full]| {
            check.property(create_full, "emoji", &sunflower())?;
            check.property(create_full, "color", &[json!(COLOR)])
        })),
    },
    Case {
        name: "create-takes-an-emoji-as-a-character",
        requirement: "An emoji that is sent as the character itself is stored.",
        verifies: &["registry.create.emoji-character"],
        looks: Looks::At(&Steps(
            [Step::CreateEmoji, Step::DeleteEmoji, Step::CreateMinimal],
            |check, [create_emoji, _, create_minimal]| {
                check.run.success(create_minimal)?;
                check.accepted(create_emoji, "the emoji is a character")?;
                check.property(create_emoji, "emoji", &sunflower())
            },
        )),
    },
    Case {
        name: "create-defaults-to-null",
        requirement: "Without them, description, emoji, color and oidc_policy are null.",
        verifies: &["registry.create.defaults"],
        looks: Looks::At(&Steps([Step::CreateMinimal], |check, [create_minimal]| {
            let run = check.run;
            run.success(create_minimal)?;
            for step in accepted(run) {
                let sent = sent(run, step);
                for name in ["description", "emoji", "color", "oidc_policy"] {
                    if sent.get(name).is_none() {
                        check.property(step, name, &[Value::Null])?;
                    }
                }
            }
            Ok(())
        })),
    },
    Case {
        name: "create-is-private",
        requirement: "A new registry is private.",
        verifies: &[
            "registry.create.not-public",
            "registry.create.private",
            "registry.object.public",
        ],
        looks: Looks::At(&Steps(
            [Step::CreateMinimal, Step::CreateFull],
            |check, [create_minimal, create_full]| {
                check.property(create_minimal, "public", &[json!(false)])?;
                check.property(create_full, "public", &[json!(false)])
            },
        )),
    },
    Case {
        name: "registry-tells-its-type",
        requirement: "A registry has its type, in every response with one registry.",
        verifies: &["registry.object.type"],
        looks: Looks::At(&Steps(
            [Step::CreateMinimal, Step::GetUpdated, Step::UpdateDescription],
            |check, [create_minimal, get_updated, update_description]| {
                for step in [create_minimal, get_updated, update_description] {
                    let kind = check.run.object(step)?.get("type");
                    check.saw();
                    if kind.and_then(Value::as_str).is_none_or(str::is_empty) {
                        check.find(step, Some("/type"), "text, such as source", shown(kind));
                    }
                }
                Ok(())
            },
        )),
    },
    Case {
        name: "slug-is-kebab-case-of-name",
        requirement: "The slug is the kebab-case form of the name.",
        verifies: &["registry.object.slug"],
        looks: Looks::At(&Steps(
            [Step::CreateMinimal, Step::CreateFull],
            |check, [create_minimal, create_full]| {
                let slug = |word| json!(format!("conformance-{}-{word}", check.run.tag));
                let (alpha, beta) = (slug("alpha"), slug("beta"));
                check.property(create_minimal, "slug", &[alpha])?;
                check.property(create_full, "slug", &[beta])
            },
        )),
    },
    Case {
        name: "urls-have-one-origin",
        requirement: "The URL of a registry has the same scheme, host and port in every response.",
        verifies: &["registry.object.url"],
        looks: Looks::At(&Steps(
            [Step::CreateMinimal, Step::UpdateDescription, Step::GetUpdated, Step::ListUpdated],
            |check, _| urls_have_one_origin(check),
        )),
    },
    Case {
        name: "registries-are-not-confused",
        requirement: "Two registries have different ids, slugs and URLs.",
        verifies: &["registry.object.identity"],
        looks: Looks::At(&Steps(
            [Step::CreateMinimal, Step::CreateFull],
            |check, [create_minimal, create_full]| {
                let run = check.run;
                run.object(create_minimal)?;
                run.object(create_full)?;
                check.differing(&[About::Reused])
            },
        )),
    },
    Case {
        name: "taken-slugs-stay-with-their-registry",
        requirement: "Neither a name in another case nor a new name takes the slug of another registry.",
        verifies: &["registry.get.by-slug", "registry.object.identity"],
        looks: Looks::At(&Steps(
            [Step::CreateSameSlug, Step::UpdateTakenName, Step::CreateMinimal],
            |check, [create_same_slug, update_taken_name, create_minimal]| {
                let taken = check.run.slug(create_minimal)?;
                let id = check.run.object(create_minimal)?.get("id");
                let mut outcome =
                    Err(NotJudged::Skip("neither request succeeded or was rejected".into()));
                for step in [create_same_slug, update_taken_name] {
                    let Ok(answer) = check.answer(step) else { continue };
                    let value = |name| answer.json.as_ref().and_then(|body| body.get(name));
                    let shows = if answer.is_success() {
                        value("slug").is_some()
                    } else {
                        answer.refuses_what_is_asked()
                    };
                    if !shows {
                        continue;
                    }
                    check.saw();
                    let is_same_slug = value("slug").and_then(Value::as_str) == Some(&*taken);
                    if answer.is_success() && is_same_slug && value("id") != id {
                        let expected =
                            "a rejection, or another slug than that of the first registry";
                        check.find(step, Some("/slug"), expected, format!("{taken:?} again"));
                    }
                    outcome = Ok(());
                }
                outcome
            },
        )),
    },
    Case {
        name: "create-takes-a-policy",
        requirement: "A policy is accepted as text, and as an array of statements.",
        verifies: &["registry.create.policy", "oidc.policy.forms"],
        looks: Looks::At(&Steps(
            [Step::CreatePolicyText, Step::DeletePolicyText, Step::CreateFull, Step::CreateMinimal],
            |check, [create_policy_text, _, create_full, create_minimal]| {
                check.run.success(create_minimal)?;
                check.accepted(create_full, "the policy is an array of statements")?;
                check.accepted(create_policy_text, "the policy is text")
            },
        )),
    },
    Case {
        name: "create-stores-policy-text",
        requirement: "A policy that was sent is returned as text.",
        verifies: &["oidc.policy.response-form"],
        looks: Looks::At(&Steps([Step::CreateFull], |check, [create_full]| {
            let policy = check.run.object(create_full)?.get("oidc_policy");
            check.saw();
            if !policy.is_some_and(Value::is_string) {
                let place = Some("/oidc_policy");
                check.find(create_full, place, "the policy as text", shown(policy));
            }
            Ok(())
        })),
    },
];

/// The creates that succeeded. What becomes of a name that is taken is for another case to say: it
/// may return the registry that has it.
fn accepted(run: &Observed) -> Vec<Step> {
    let is_create = |step: Step| {
        step != Step::CreateDuplicate && step.definition().operation == "create_registry"
    };
    let creates = run.all().filter(|(step, it)| is_create(*step) && it.answer.is_success());
    let mut ids = Vec::new();
    let mut is_new = |exchange: &Exchange| {
        let id = exchange.answer.json.as_ref().and_then(|created| created.get("id")).cloned();
        let is_new = id.is_none() || !ids.contains(&id);
        ids.push(id);
        is_new
    };
    creates.filter(|(_, exchange)| is_new(exchange)).map(|(step, _)| step).collect()
}

/// The body of a step's request.
fn sent(run: &Observed, step: Step) -> Value {
    let body = run.exchange(step).ok().and_then(|it| it.request.body.as_deref());
    body.and_then(|body| serde_json::from_str(body).ok()).unwrap_or_default()
}

/// Reports the first URL of a registry of the run whose origin is not that of the first URL.
fn urls_have_one_origin(check: &mut Check<'_>) -> Result<(), NotJudged> {
    let run = check.run;
    let first = run.object(Step::CreateMinimal)?.get("url").and_then(origin);
    let first = first.ok_or_else(|| NotJudged::Skip("the first registry has no URL".into()))?;
    let mut others = 0;
    for exchange in run.every().filter(|exchange| exchange.answer.is_success()) {
        let registries = match &exchange.answer.json {
            Some(Value::Array(entries)) => entries.as_slice(),
            Some(registry) => std::slice::from_ref(registry),
            None => continue,
        };
        let own_origin = |registry: &Value| {
            let name = registry.get("name").and_then(Value::as_str)?;
            registry.get("url").and_then(origin).filter(|_| name.contains(&run.tag))
        };
        others += registries.iter().filter_map(own_origin).count();
        let is_other = |registry: &Value| own_origin(registry).is_some_and(|it| it != first);
        if let Some(index) = registries.iter().position(is_other) {
            let is_list = exchange.answer.json.as_ref().is_some_and(Value::is_array);
            let place = if is_list { format!("/{index}/url") } else { "/url".to_owned() };
            let expected = format!("a URL that begins with {first}");
            check.find_in(exchange, Some(&place), expected, shown(registries[index].get("url")));
            return Ok(());
        }
    }
    // The first one is one of them.
    if others < 2 {
        return Err(NotJudged::Skip("no other response has a URL to compare with".into()));
    }
    check.saw();
    Ok(())
}

/// The scheme, the host and the port of a URL.
fn origin(url: &Value) -> Option<String> {
    let url = url::Url::parse(url.as_str()?).ok()?;
    Some(url.origin().ascii_serialization())
}
