//! What every registry token of the run has in every response that shows it.

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use serde_json::Value;

use crate::{
    case::{Case, Check, Looks, Steps, repeated},
    exchange::{Exchange, abridged, shown},
    observed::{NotJudged, Observed},
    steps::Step,
};

/// What shows registry tokens.
const SHOWS: [Step; 5] = [
    Step::CreateRegistryToken,
    Step::CreateOtherRegistryToken,
    Step::UpdateRegistryToken,
    Step::GetRegistryToken,
    Step::ListRegistryTokens,
];

/// How far two clocks may be apart. Time zones differ by 15 minutes at least.
const APART: TimeDelta = TimeDelta::minutes(14);

pub(super) const CASES: &[Case] = &[
    Case {
        name: "registry-token-graphql-ids-encode-ids",
        requirement: "graphql_id is the base64 form of the type and the id, of a registry token, its \
                      registry and its user.",
        verifies: &["registry-token.object"],
        looks: Looks::At(&Steps(SHOWS, |check, _| {
            each(check, |_, token| {
                let parts =
                    [("", "RegistryToken"), ("/registry", "Registry"), ("/created_by", "User")];
                let judged = parts.into_iter().filter_map(|(part, kind)| {
                    let part_of = token.pointer(part)?;
                    let id = part_of.get("id")?.as_str()?;
                    let expected = STANDARD.encode(format!("{kind}---{id}"));
                    let received = part_of.get("graphql_id")?;
                    let is_wrong = received.as_str() != Some(&*expected);
                    let place = format!("{part}/graphql_id");
                    Some(if is_wrong { Err([place, expected, abridged(received)]) } else { Ok(()) })
                });
                // The first that is wrong, or else that one is right.
                judged.reduce(Result::and)
            })
        })),
    },
    Case {
        name: "registry-token-url-names-it",
        requirement: "The path of url ends with the organization, the registry and the id of a registry \
                      token.",
        verifies: &["registry-token.object"],
        looks: Looks::At(&Steps(SHOWS, |check, _| {
            each(check, |run, token| {
                let slug = token.pointer("/registry/slug")?.as_str()?;
                let (org, id) = (&run.organization, token.get("id")?.as_str()?);
                let end = format!("/packages/organizations/{org}/registries/{slug}/tokens/{id}");
                let url = token.get("url");
                let is_right = url?.as_str()?.ends_with(&end);
                let expected = format!("a URL that ends with {end}");
                Some(if is_right { Ok(()) } else { Err(["/url".to_owned(), expected, shown(url)]) })
            })
        })),
    },
    Case {
        name: "registry-token-list-has-nothing-twice",
        requirement: "No two entries of a list of registry tokens have the same id or URL.",
        verifies: &["registry-token.list"],
        looks: Looks::At(&Steps(
            [Step::CreateRegistryToken, Step::CreateOtherRegistryToken, Step::ListRegistryTokens],
            |check, [_, _, list_registry_tokens]| {
                let run = check.run;
                for step in [list_registry_tokens, Step::ListRegistryTokensLeft] {
                    let Ok(list) = run.entries(step) else { continue };
                    if list.len() > 1 {
                        check.saw();
                    }
                    for (place, value) in repeated(list, &["id", "graphql_id", "url"]) {
                        let expected = "a value that no other entry has";
                        check.find(step, Some(&place), expected, abridged(value));
                    }
                }
                run.entries(list_registry_tokens).map(drop)
            },
        )),
    },
    Case {
        name: "registry-token-tells-when-it-was-created",
        requirement: "created_at of a new registry token is the time of the response that shows it.",
        verifies: &["registry-token.object"],
        looks: Looks::At(&Steps(
            [Step::CreateRegistryToken, Step::CreateOtherRegistryToken],
            |check, [create_registry_token, create_other_registry_token]| {
                let run = check.run;
                let mut before: Option<DateTime<Utc>> = None;
                for step in [create_registry_token, create_other_registry_token] {
                    let value = run.object(step)?.get("created_at");
                    let (Some(created), Some(now)) =
                        (value.and_then(time), date(run.exchange(step)?))
                    else {
                        return Err(NotJudged::Skip(
                            "no response has a time to compare with".into(),
                        ));
                    };
                    check.saw();
                    let place = Some("/created_at");
                    if (created - now).abs() > APART {
                        let expected = format!("about {now}, as the header Date says");
                        check.find(step, place, expected, shown(value));
                    } else if let Some(before) =
                        before.filter(|it| created + TimeDelta::seconds(1) < *it)
                    {
                        let expected = format!("not before {before}: it was created later");
                        check.find(step, place, expected, shown(value));
                    }
                    before = Some(created);
                }
                Ok(())
            },
        )),
    },
];

/// Whether it is right; the place, and what was expected and received there.
type Judged = Result<(), [String; 3]>;

/// Looks at every registry token in every response to a step that has what it is judged by.
fn each(
    check: &mut Check<'_>,
    judged: fn(&Observed, &Value) -> Option<Judged>,
) -> Result<(), NotJudged> {
    let run = check.run;
    run.object(Step::CreateRegistryToken)?;
    for (step, exchange) in run.all().filter(|(_, exchange)| exchange.answer.is_success()) {
        if !exchange.request.operation.contains("registry_token") {
            continue;
        }
        let (tokens, is_list) = match &exchange.answer.json {
            Some(Value::Array(list)) => (list.as_slice(), true),
            Some(one) => (std::slice::from_ref(one), false),
            None => continue,
        };
        for (index, token) in tokens.iter().enumerate() {
            let Some(judged) = judged(run, token) else { continue };
            check.saw();
            if let Err([place, expected, received]) = judged {
                let place = if is_list { format!("/{index}{place}") } else { place };
                check.find(step, Some(&place), expected, received);
            }
        }
    }
    Ok(())
}

/// A time in either form that the documents print.
fn time(value: &Value) -> Option<DateTime<Utc>> {
    let text = value.as_str()?;
    let rfc3339 = DateTime::parse_from_rfc3339(text).ok().map(|it| it.to_utc());
    rfc3339.or_else(|| {
        let time = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S UTC").ok()?;
        Some(time.and_utc())
    })
}

/// When a response was made, as its header says.
fn date(exchange: &Exchange) -> Option<DateTime<Utc>> {
    let date = DateTime::parse_from_rfc2822(exchange.answer.header("date")?).ok()?;
    Some(date.to_utc())
}
