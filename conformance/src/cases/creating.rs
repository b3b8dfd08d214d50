//! Creating a registry.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::{Case, Check, Looks, check::sunflower};
use crate::{
    exchange::shown,
    observed::Unmet,
    steps::{DESCRIPTION, Step},
};

pub(super) const CASES: &[Case] = &[
    Case {
        name: "create-succeeds",
        requirement: "Creating a registry answers 200, with a minimal body and with a full one.",
        verifies: &[
            "registry.create.success",
            "registry.create.policy",
            "oidc.statement.issuer-and-claims",
            "oidc.claim.rule-forms",
            "oidc.issuer.buildkite",
        ],
        looks: Looks::At(&[Step::CreateMinimal, Step::CreateFull]),
        check: |check| {
            check.status(Step::CreateMinimal, 200)?;
            check.status(Step::CreateFull, 200)
        },
    },
    Case {
        name: "create-stores-name-and-ecosystem",
        requirement: "The new registry has the name and the ecosystem that were sent.",
        verifies: &["registry.create.name", "registry.create.ecosystem"],
        looks: Looks::At(&[Step::CreateMinimal, Step::CreateFull]),
        check: |check| {
            let run = check.run;
            check.property(Step::CreateMinimal, "name", &[json!(run.name("alpha"))])?;
            check.property(Step::CreateMinimal, "ecosystem", &[json!("ruby")])?;
            check.property(Step::CreateFull, "name", &[json!(run.name("beta"))])
        },
    },
    Case {
        name: "create-takes-other-ecosystems",
        requirement: "An ecosystem that official clients use is stored as it was sent.",
        verifies: &["registry.ecosystem.python"],
        looks: Looks::At(&[Step::CreatePython, Step::DeletePython, Step::CreateMinimal]),
        check: |check| {
            check.run.success(Step::CreateMinimal)?;
            check.accepted(Step::CreatePython, "the ecosystem is python")?;
            check.property(Step::CreatePython, "ecosystem", &[json!("python")])
        },
    },
    Case {
        name: "create-stores-description",
        requirement: "The description is stored as it was sent, whatever characters it has.",
        verifies: &["registry.create.description"],
        looks: Looks::At(&[Step::CreateFull]),
        check: |check| check.property(Step::CreateFull, "description", &[json!(DESCRIPTION)]),
    },
    Case {
        name: "create-stores-emoji-and-color",
        requirement: "The emoji and the colour are stored as they were sent.",
        verifies: &["registry.create.emoji", "registry.create.color"],
        looks: Looks::At(&[Step::CreateFull]),
        check: |check| {
            check.property(Step::CreateFull, "emoji", &sunflower())?;
            check.property(Step::CreateFull, "color", &[json!("#f0ccff")])
        },
    },
    Case {
        name: "create-takes-an-emoji-as-a-character",
        requirement: "An emoji that is sent as the character itself is stored.",
        verifies: &["registry.create.emoji-character"],
        looks: Looks::At(&[Step::CreateEmoji, Step::DeleteEmoji, Step::CreateMinimal]),
        check: |check| {
            check.run.success(Step::CreateMinimal)?;
            check.accepted(Step::CreateEmoji, "the emoji is a character")?;
            check.property(Step::CreateEmoji, "emoji", &sunflower())
        },
    },
    Case {
        name: "create-defaults-to-null",
        requirement: "Without them, description, emoji, color and oidc_policy are null.",
        verifies: &["registry.create.defaults"],
        looks: Looks::At(&[Step::CreateMinimal]),
        check: |check| {
            for name in ["description", "emoji", "color", "oidc_policy"] {
                check.property(Step::CreateMinimal, name, &[Value::Null])?;
            }
            Ok(())
        },
    },
    Case {
        name: "create-is-private",
        requirement: "A new registry is private.",
        verifies: &[
            "registry.create.not-public",
            "registry.create.private",
            "registry.object.public",
        ],
        looks: Looks::At(&[Step::CreateMinimal, Step::CreateFull]),
        check: |check| {
            check.property(Step::CreateMinimal, "public", &[json!(false)])?;
            check.property(Step::CreateFull, "public", &[json!(false)])
        },
    },
    Case {
        name: "slug-is-kebab-case-of-name",
        requirement: "The slug is the kebab-case form of the name.",
        verifies: &["registry.object.slug"],
        looks: Looks::At(&[Step::CreateMinimal, Step::CreateFull]),
        check: |check| {
            let slug = |word| json!(format!("conformance-{}-{word}", check.run.tag));
            let (alpha, beta) = (slug("alpha"), slug("beta"));
            check.property(Step::CreateMinimal, "slug", &[alpha])?;
            check.property(Step::CreateFull, "slug", &[beta])
        },
    },
    Case {
        name: "graphql-id-encodes-id",
        requirement: "graphql_id is the base64 form of `Registry---` and the id.",
        verifies: &["registry.object.graphql-id"],
        looks: Looks::At(&[Step::CreateMinimal]),
        check: |check| {
            let id = check.run.object(Step::CreateMinimal)?.get("id").and_then(Value::as_str);
            let id = id.ok_or_else(|| Unmet::Skip("the registry has no id".into()))?;
            let expected = STANDARD.encode(format!("Registry---{id}"));
            check.property(Step::CreateMinimal, "graphql_id", &[json!(expected)])
        },
    },
    Case {
        name: "url-names-the-registry",
        requirement: "The path of url ends with the organization and the slug of the registry.",
        verifies: &["registry.object.url"],
        looks: Looks::At(&[Step::CreateMinimal]),
        check: |check| {
            let slug = check.run.slug(Step::CreateMinimal)?;
            let org = &check.run.organization;
            let end = format!("/packages/organizations/{org}/registries/{slug}");
            ends_with(check, Step::CreateMinimal, "url", &[end])
        },
    },
    Case {
        name: "urls-have-one-origin",
        requirement: "The URL of a registry has the same scheme, host and port in every answer.",
        verifies: &["registry.object.url"],
        looks: Looks::At(&[
            Step::CreateMinimal,
            Step::UpdateDescription,
            Step::GetUpdated,
            Step::ListUpdated,
        ]),
        check: |check| urls_have_one_origin(check),
    },
    Case {
        name: "web-url-names-the-registry",
        requirement: "The path of web_url ends with the organization and the slug.",
        verifies: &["registry.object.web-url"],
        looks: Looks::At(&[Step::CreateMinimal]),
        check: |check| {
            let slug = check.run.slug(Step::CreateMinimal)?;
            let org = &check.run.organization;
            let ends = [
                format!("/organizations/{org}/registries/{slug}"),
                format!("/organizations/{org}/packages/registries/{slug}"),
            ];
            ends_with(check, Step::CreateMinimal, "web_url", &ends)
        },
    },
    Case {
        name: "registries-are-not-confused",
        requirement: "Two registries have their own id, slug and URLs.",
        verifies: &["registry.object.identity"],
        looks: Looks::At(&[Step::CreateMinimal, Step::CreateFull]),
        check: |check| {
            let (one, two) =
                (check.run.object(Step::CreateMinimal)?, check.run.object(Step::CreateFull)?);
            for name in ["id", "graphql_id", "slug", "url", "web_url", "name"] {
                if let (Some(one), Some(two)) = (one.get(name), two.get(name))
                    && one == two
                {
                    let place = format!("/{name}");
                    let expected = format!("another {name} than that of the first registry");
                    check.find(Step::CreateFull, Some(&place), expected, two.to_string());
                }
            }
            Ok(())
        },
    },
    Case {
        name: "create-takes-a-policy",
        requirement: "A policy is accepted as text, and as an array of statements.",
        verifies: &["registry.create.policy", "oidc.policy.forms"],
        looks: Looks::At(&[
            Step::CreatePolicyText,
            Step::DeletePolicyText,
            Step::CreateFull,
            Step::CreateMinimal,
        ]),
        check: |check| {
            check.run.success(Step::CreateMinimal)?;
            check.accepted(Step::CreateFull, "the policy is an array of statements")?;
            check.accepted(Step::CreatePolicyText, "the policy is text")
        },
    },
    Case {
        name: "create-stores-policy-text",
        requirement: "A policy that was sent is returned as text.",
        verifies: &["oidc.policy.response-form"],
        looks: Looks::At(&[Step::CreateFull]),
        check: |check| {
            let policy = check.run.object(Step::CreateFull)?.get("oidc_policy");
            if !policy.is_some_and(Value::is_string) {
                let place = Some("/oidc_policy");
                check.find(Step::CreateFull, place, "the policy as text", shown(policy));
            }
            Ok(())
        },
    },
];

/// Tells the first URL of a registry of the run that has another origin than the first one of all.
fn urls_have_one_origin(check: &mut Check<'_>) -> Result<(), Unmet> {
    let run = check.run;
    let first = run.object(Step::CreateMinimal)?.get("url").and_then(origin);
    let first = first.ok_or_else(|| Unmet::Skip("the first registry has no URL".into()))?;
    for exchange in run.every().filter(|exchange| exchange.answer.is_success()) {
        let registries = match &exchange.answer.json {
            Some(Value::Array(entries)) => entries.as_slice(),
            Some(registry) => std::slice::from_ref(registry),
            None => continue,
        };
        let is_other = |registry: &Value| {
            let is_own = registry.get("name").and_then(Value::as_str);
            let is_own = is_own.is_some_and(|name| name.contains(&run.tag));
            is_own && registry.get("url").and_then(origin).is_some_and(|it| it != first)
        };
        if let Some(index) = registries.iter().position(is_other) {
            let is_list = exchange.answer.json.as_ref().is_some_and(Value::is_array);
            let place = if is_list { format!("/{index}/url") } else { "/url".to_owned() };
            let expected = format!("a URL that begins with {first}");
            check.find_in(exchange, Some(&place), expected, shown(registries[index].get("url")));
            return Ok(());
        }
    }
    Ok(())
}

/// The scheme, the host and the port of a URL.
fn origin(url: &Value) -> Option<String> {
    let url = url::Url::parse(url.as_str()?).ok()?;
    Some(url.origin().ascii_serialization())
}

fn ends_with(
    check: &mut Check<'_>,
    step: Step,
    name: &str,
    expected: &[String],
) -> Result<(), Unmet> {
    let value = check.run.object(step)?.get(name);
    let text = value.and_then(Value::as_str).unwrap_or_default();
    if !expected.iter().any(|end| text.ends_with(end.as_str())) {
        let expected = format!("a URL that ends with {}", expected.join(" or "));
        check.find(step, Some(&format!("/{name}")), expected, shown(value));
    }
    Ok(())
}
