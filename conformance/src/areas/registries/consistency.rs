//! What every registry of the run has in every response that shows it.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};

use super::history::{About, History};
use crate::{
    case::{Case, Check, Closeness, Looks, Steps},
    exchange::shown,
    observed::{NotJudged, Observed},
    steps::Step,
};

/// What shows registries of the run, one way or another.
const SHOWS: [Step; 5] =
    [Step::CreateMinimal, Step::CreateFull, Step::UpdateName, Step::GetUpdated, Step::ListUpdated];

pub(super) const CASES: &[Case] = &[
    Case {
        name: "texts-are-returned-unchanged",
        requirement: "Name, description, emoji, color and policy are returned byte for byte as they \
                      were sent.",
        verifies: &["registry.text.exact"],
        looks: Looks::At(&Steps(
            [
                Step::CreateFull,
                Step::UpdateDescription,
                Step::UpdateWithPut,
                Step::GetUpdated,
                Step::ListUpdated,
            ],
            |check, [create_full, update_description, _, _, _]| {
                let run = check.run;
                run.object(create_full).or_else(|_| run.object(update_description))?;
                let history = History::of(run);
                history.saw(About::Sent)?;
                check.saw();
                for it in history.differences.iter().filter(|it| it.closeness == Closeness::Close) {
                    check.find(it.step, Some(&it.place), &*it.expected, &*it.received);
                }
                Ok(())
            },
        )),
    },
    Case {
        name: "graphql-id-encodes-id",
        requirement: "graphql_id is the base64 form of `Registry---` and the id, in every response.",
        verifies: &["registry.object.graphql-id"],
        looks: Looks::At(&Steps(SHOWS, |check, _| {
            each(check, "graphql_id", |_, registry| {
                let id = registry.get("id")?.as_str()?;
                Some(vec![STANDARD.encode(format!("Registry---{id}"))])
            })
        })),
    },
    Case {
        name: "url-names-the-registry",
        requirement: "The path of url ends with the organization and the slug of the registry, in every \
                      response.",
        verifies: &["registry.object.url"],
        looks: Looks::At(&Steps(SHOWS, |check, _| {
            each(check, "url", |run, registry| {
                let (org, slug) = (&run.organization, registry.get("slug")?.as_str()?);
                Some(vec![format!("/packages/organizations/{org}/registries/{slug}")])
            })
        })),
    },
    Case {
        name: "web-url-names-the-registry",
        requirement: "The path of web_url ends with the organization and the slug, in every response.",
        verifies: &["registry.object.web-url"],
        looks: Looks::At(&Steps(SHOWS, |check, _| {
            each(check, "web_url", |run, registry| {
                let (org, slug) = (&run.organization, registry.get("slug")?.as_str()?);
                Some(vec![
                    format!("/organizations/{org}/registries/{slug}"),
                    format!("/organizations/{org}/packages/registries/{slug}"),
                ])
            })
        })),
    },
];

/// Requires that a property of every registry of the run ends with one of these texts, in every response
/// of a step. A registry that lacks what they are made of is for the contract to find.
fn each(
    check: &mut Check<'_>,
    name: &str,
    ends: fn(&Observed, &Map<String, Value>) -> Option<Vec<String>>,
) -> Result<(), NotJudged> {
    let run = check.run;
    let shown_in = shown_registries(run);
    if shown_in.is_empty() {
        return Err(NotJudged::Skip("no response has a registry of this run".into()));
    }
    for (step, place, registry) in shown_in {
        let Some(ends) = ends(run, registry) else { continue };
        check.saw();
        let value = registry.get(name);
        let text = value.and_then(Value::as_str).unwrap_or_default();
        if !ends.iter().any(|end| text.ends_with(end.as_str())) {
            let expected = match name {
                "graphql_id" => json!(ends[0]).to_string(),
                _ => format!("a URL that ends with {}", ends.join(" or ")),
            };
            check.find(step, Some(&format!("{place}/{name}")), expected, shown(value));
        }
    }
    Ok(())
}

/// Every registry of the run in every response to a step, and its place there.
fn shown_registries(run: &Observed) -> Vec<(Step, String, &Map<String, Value>)> {
    let is_own = |registry: &Map<String, Value>| {
        let has_tag = |name: &str| registry.get(name)?.as_str().map(|it| it.contains(&run.tag));
        ["name", "slug"].iter().any(|name| has_tag(name) == Some(true))
    };
    let mut found = Vec::new();
    for (step, exchange) in run.all().filter(|(_, exchange)| exchange.answer.is_success()) {
        if exchange.request.operation.contains("registry_token") {
            continue;
        }
        match &exchange.answer.json {
            Some(Value::Array(list)) => {
                for (index, entry) in list.iter().enumerate() {
                    let own = entry.as_object().filter(|it| is_own(it));
                    found.extend(own.map(|it| (step, format!("/{index}"), it)));
                }
            }
            Some(Value::Object(one)) if is_own(one) => found.push((step, String::new(), one)),
            _ => {}
        }
    }
    found
}
