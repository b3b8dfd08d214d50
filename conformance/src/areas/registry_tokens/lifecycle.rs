//! The tokens of registries.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{
    case::{Case, Check, Looks, Steps, invalid, refused},
    exchange::shown,
    observed::NotJudged,
    steps::{Step, TOKEN_CHANGED, TOKEN_DESCRIPTION},
    wire::id_text,
};

const CREATE: &str = "create_registry_token";
const CREATED: [Step; 2] = [Step::CreateRegistryToken, Step::CreateOtherRegistryToken];
/// The steps that return a registry token that was created before.
const LATER_READS: [Step; 3] =
    [Step::UpdateRegistryToken, Step::GetRegistryToken, Step::ListRegistryTokens];
const GONE: [u16; 3] = [403, 404, 410];

pub(super) const CASES: &[Case] = &[
    Case {
        name: "registry-token-create-succeeds",
        requirement: "Creating a registry token returns 200.",
        verifies: &["registry-token.success", "registry-token.create"],
        looks: Looks::At(&Steps(CREATED, |check, _| {
            CREATED.into_iter().try_for_each(|step| check.status(step, 200))
        })),
    },
    Case {
        name: "registry-token-is-answered-as-created",
        requirement: "A new registry token has the description that was sent, and names its registry.",
        verifies: &["registry-token.object", "registry-token.create"],
        looks: Looks::At(&Steps(
            [Step::CreateRegistryToken, Step::CreateMinimal],
            |check, [create_registry_token, create_minimal]| {
                let step = create_registry_token;
                check.property(step, "description", &[json!(TOKEN_DESCRIPTION)])?;
                let registry = check.run.object(create_minimal)?;
                let token = check.run.object(step)?;
                let organization = json!(check.run.organization);
                for (place, expected) in [
                    ("/registry/id", registry.get("id")),
                    ("/registry/graphql_id", registry.get("graphql_id")),
                    ("/registry/slug", registry.get("slug")),
                    ("/organization/slug", Some(&organization)),
                ] {
                    let mut way = place.trim_start_matches('/').split('/');
                    let (outer, inner) = (way.next().unwrap_or_default(), way.next());
                    let received = token.get(outer).and_then(|it| it.get(inner?));
                    check.stays(step, place, received, expected)?;
                }
                Ok(())
            },
        )),
    },
    Case {
        name: "registry-token-has-a-secret",
        requirement: "The response to its creation has a registry token's secret, which no other token has.",
        verifies: &["registry-token.secret", "registry-token.secret-again"],
        looks: Looks::At(&Steps(CREATED, |check, _| {
            let mut known = BTreeSet::new();
            for step in CREATED {
                let secret = check.run.object(step)?.get("token").and_then(Value::as_str);
                check.saw();
                match secret {
                    None | Some("") => {
                        check.find(step, Some("/token"), "a secret", "no secret");
                    }
                    Some(secret) if !known.insert(secret) => {
                        let expected = "another secret than that of the first one";
                        check.find(step, Some("/token"), expected, "the same");
                    }
                    Some(_) => {}
                }
            }
            Ok(())
        })),
    },
    Case {
        name: "registry-token-secret-is-shown-once",
        requirement: "Only the response to its creation has a registry token's secret.",
        verifies: &["registry-token.secret-once", "registry-token.secret-again"],
        looks: Looks::At(&Steps(LATER_READS, |check, _| {
            let has_secret = |token: &Value| token.get("token").is_some_and(|it| !it.is_null());
            let in_list = |index| format!("/{index}/token");
            for step in LATER_READS {
                let body = check.run.success(step)?.json.as_ref();
                if body.and_then(Value::as_array).is_some_and(Vec::is_empty) {
                    return Err(NotJudged::Skip("the list has no registry token".into()));
                }
                check.saw();
                let found = match body {
                    Some(Value::Array(list)) => list.iter().position(has_secret).map(in_list),
                    token => token.is_some_and(has_secret).then(|| "/token".to_owned()),
                };
                if let Some(place) = found {
                    check.find(step, Some(&place), "no secret", "a secret");
                }
            }
            Ok(())
        })),
    },
    Case {
        name: "registry-tokens-are-told-apart",
        requirement: "Each registry token has an id of its own.",
        verifies: &["registry-token.get"],
        looks: Looks::At(&Steps(CREATED, |check, _| {
            let [first, second] = CREATED.map(|step| check.run.object(step));
            let (first, second) = (first?.get("id"), second?.get("id"));
            check.saw();
            if first == second {
                let expected = "another id than that of the first one";
                check.find(CREATED[1], Some("/id"), expected, shown(second));
            }
            Ok(())
        })),
    },
    Case {
        name: "registry-token-update-succeeds",
        requirement: "Updating a registry token with POST returns 200.",
        verifies: &[
            "registry-token.success",
            "registry-token.update",
            "registry-token.update-by-clients",
        ],
        looks: Looks::At(&Steps([Step::UpdateRegistryToken], |check, [update_registry_token]| {
            check.status(update_registry_token, 200)
        })),
    },
    Case {
        name: "registry-token-update-changes-the-description-only",
        requirement: "An updated registry token has the new description, and is otherwise as it was.",
        verifies: &["registry-token.update"],
        looks: Looks::At(&Steps(
            [Step::UpdateRegistryToken, Step::CreateRegistryToken],
            |check, [update_registry_token, create_registry_token]| {
                let step = update_registry_token;
                check.property(step, "description", &[json!(TOKEN_CHANGED)])?;
                let (before, after) =
                    (check.run.object(create_registry_token)?, check.run.object(step)?);
                check.same_properties(step, "", after, before, &["description", "token"])
            },
        )),
    },
    Case {
        name: "registry-token-is-got-as-it-is",
        requirement: "Getting a registry token by its id shows its last update.",
        verifies: &["registry-token.get", "registry-token.update", "registry-token.success"],
        looks: Looks::At(&Steps(
            [Step::GetRegistryToken, Step::CreateRegistryToken, Step::UpdateRegistryToken],
            |check, [get_registry_token, create_registry_token, update_registry_token]| {
                check.status(get_registry_token, 200)?;
                let got = check.run.object(get_registry_token)?;
                let expected = check.last(&[create_registry_token, update_registry_token])?;
                check.same_properties(get_registry_token, "", got, expected, &["token"])
            },
        )),
    },
    Case {
        name: "registry-tokens-are-listed",
        requirement: "The list has each token of the registry once, with the properties that it has by itself.",
        verifies: &["registry-token.list", "registry-token.success"],
        looks: Looks::At(&Steps(
            [
                Step::ListRegistryTokens,
                Step::CreateRegistryToken,
                Step::CreateOtherRegistryToken,
                Step::UpdateRegistryToken,
            ],
            |check,
             [
                list_registry_tokens,
                create_registry_token,
                create_other_registry_token,
                update_registry_token,
            ]| {
                check.status(list_registry_tokens, 200)?;
                let first = check.last(&[create_registry_token, update_registry_token])?;
                let others = check.run.object(create_other_registry_token);
                for token in [Some(first), others.ok()].into_iter().flatten() {
                    listed_once(check, list_registry_tokens, token)?;
                }
                Ok(())
            },
        )),
    },
    Case {
        name: "registry-tokens-are-of-one-registry",
        requirement: "Another registry neither lists nor returns a registry's tokens.",
        verifies: &["registry-token.list", "registry-token.get"],
        looks: Looks::AtRefusals(&Steps(
            [
                Step::ListRegistryTokensElsewhere,
                Step::GetRegistryTokenElsewhere,
                Step::CreateRegistryToken,
                Step::CreateOtherRegistryToken,
            ],
            |check, [list_registry_tokens_elsewhere, get_registry_token_elsewhere, _, _]| {
                let what = "it is another registry's token";
                check.refused(get_registry_token_elsewhere, &GONE, what)?;
                check.status(list_registry_tokens_elsewhere, 200)?;
                not_listed(check, list_registry_tokens_elsewhere, &CREATED)?;
                are_listed_otherwise(check, &CREATED)
            },
        )),
    },
    refused!(
        "unknown-registry-token-is-refused",
        "A request for an unknown id does not return a registry token.",
        ["registry-token.get"],
        "there is no such registry token",
        GONE,
        [GetUnknownRegistryToken]
    ),
    refused!(
        "unknown-registry-token-cannot-be-changed",
        "An id that no registry token has cannot be updated or deleted.",
        ["registry-token.update", "registry-token.delete"],
        "there is no such registry token",
        [403, 404, 410, 422],
        [UpdateUnknownRegistryToken, DeleteUnknownRegistryToken]
    ),
    invalid!(
        "registry-token-description-is-required",
        "A registry token cannot be created without a description.",
        ["registry-token.create"],
        CreateRegistryTokenWithoutDescription,
        "the description is missing"
    ),
    invalid!(
        "registry-token-description-must-be-text",
        "A registry token cannot be created with a description that is a list.",
        ["registry-token.create"],
        CreateRegistryTokenWrongType,
        "the description is not a string"
    ),
    invalid!(
        "registry-token-description-stays-text",
        "The description of a registry token cannot become an object.",
        ["registry-token.update"],
        UpdateRegistryTokenWrongType,
        "the description is not a string"
    ),
    Case {
        name: "refused-requests-create-no-registry-token",
        requirement: "The list has no registry token whose creation was rejected.",
        verifies: &["registry-token.create"],
        looks: Looks::At(&Steps(
            [
                Step::ListRegistryTokens,
                Step::CreateRegistryToken,
                Step::CreateRegistryTokenWithoutDescription,
            ],
            |check, _| nothing_refused_is_listed(check),
        )),
    },
    Case {
        name: "registry-token-delete-succeeds",
        requirement: "Deleting a registry token returns 200.",
        verifies: &["registry-token.success", "registry-token.delete"],
        looks: Looks::At(&Steps([Step::DeleteRegistryToken], |check, [delete_registry_token]| {
            check.status(delete_registry_token, 200)
        })),
    },
    Case {
        name: "deleted-registry-token-is-gone",
        requirement: "A deleted registry token is neither returned nor listed; the others are.",
        verifies: &["registry-token.delete"],
        looks: Looks::AtRefusals(&Steps(
            [
                Step::GetDeletedRegistryToken,
                Step::ListRegistryTokensLeft,
                Step::DeleteRegistryToken,
                Step::CreateOtherRegistryToken,
            ],
            |check,
             [
                get_deleted_registry_token,
                list_registry_tokens_left,
                delete_registry_token,
                create_other_registry_token,
            ]| {
                check.run.success(delete_registry_token)?;
                check.refused(
                    get_deleted_registry_token,
                    &GONE,
                    "the registry token is deleted",
                )?;
                not_listed(check, list_registry_tokens_left, &[Step::CreateRegistryToken])?;
                let other = check.run.object(create_other_registry_token)?;
                listed_once(check, list_registry_tokens_left, other)
            },
        )),
    },
    Case {
        name: "registry-tokens-go-with-their-registry",
        requirement: "The tokens of a deleted registry are not returned any more.",
        verifies: &["registry-token.get", "registry.delete.gone"],
        looks: Looks::AtRefusals(&Steps(
            [Step::GetRegistryTokenOfDeleted, Step::DeleteMinimal],
            |check, [get_registry_token_of_deleted, delete_minimal]| {
                check.run.success(delete_minimal)?;
                check.refused(get_registry_token_of_deleted, &GONE, "its registry is deleted")
            },
        )),
    },
    Case {
        name: "registry-tokens-do-not-come-back",
        requirement: "A new registry with a deleted one's name has none of its tokens.",
        verifies: &["registry-token.list"],
        looks: Looks::AtRefusals(&Steps(
            [
                Step::ListRegistryTokensAgain,
                Step::CreateOtherRegistryToken,
                Step::CreateRegistryToken,
                Step::DeleteAgain,
            ],
            |check, [list_registry_tokens_again, _, _, _]| {
                // The first one is deleted long before: it is the other that would come back.
                let [deleted, other] = CREATED;
                not_listed(check, list_registry_tokens_again, &[other, deleted])?;
                are_listed_otherwise(check, &[other])
            },
        )),
    },
];

/// Requires that a list has a registry token once, and as it is by itself.
fn listed_once(
    check: &mut Check<'_>,
    list: Step,
    token: &serde_json::Map<String, Value>,
) -> Result<(), NotJudged> {
    let id = token.get("id");
    if id.is_none_or(Value::is_null) {
        return Err(NotJudged::Skip("the registry token has no id".into()));
    }
    let times = check.run.entries(list)?.iter().filter(|entry| entry.get("id") == id).count();
    if times != 1 {
        let expected = format!("the registry token with the id {} once", shown(id));
        check.find(list, None, expected, format!("{times} times"));
        return Ok(());
    }
    let (place, entry) = check.entry(list, id)?;
    check.same_properties(list, &place, entry, token, &["token"])
}

/// Requires nothing, but that another list does not have these registry tokens shows something only
/// where that of their own registry has them.
fn are_listed_otherwise(check: &mut Check<'_>, created: &[Step]) -> Result<(), NotJudged> {
    for step in created {
        let id = check.run.object(*step)?.get("id");
        check.entry(Step::ListRegistryTokens, id)?;
        check.saw();
    }
    Ok(())
}

/// Requires that a list has none of the registry tokens that these steps created, which takes the
/// ids of all.
fn not_listed(check: &mut Check<'_>, list: Step, created: &[Step]) -> Result<(), NotJudged> {
    let run = check.run;
    let entries = run.entries(list)?;
    for step in created {
        let id = run.token_id(*step)?;
        if entries.iter().any(|entry| entry.get("id").and_then(id_text).as_ref() == Some(&id)) {
            check.find(list, None, format!("no registry token with the id {id}"), "that one");
        }
    }
    Ok(())
}

/// Requires that everything in the list was created with success.
fn nothing_refused_is_listed(check: &mut Check<'_>) -> Result<(), NotJudged> {
    let run = check.run;
    // The outcome of a create without a response is unknown: it may well be listed.
    for (step, _) in run.outcomes().filter(|(step, _)| step.definition().operation == CREATE) {
        if let Err(not_judged @ NotJudged::Error(_)) = run.exchange(step) {
            return Err(not_judged);
        }
    }
    let creates = run.all().filter(|(step, _)| step.definition().operation == CREATE);
    let answered: BTreeSet<String> =
        creates.filter_map(|(step, _)| run.token_id(step).ok()).collect();
    let mut creates = run.all().filter(|(step, _)| step.definition().operation == CREATE);
    if !creates.any(|(_, exchange)| (400..500).contains(&exchange.answer.status)) {
        return Err(NotJudged::Skip("no create was rejected".into()));
    }
    for (index, entry) in run.entries(Step::ListRegistryTokens)?.iter().enumerate() {
        let id = entry.get("id").and_then(id_text).unwrap_or_default();
        if answered.contains(&id) {
            // The list has what was created, so that the rest shows in it as well.
            check.saw();
        } else {
            let expected = "only registry tokens whose creation succeeded";
            check.find(Step::ListRegistryTokens, Some(&format!("/{index}")), expected, id);
        }
    }
    Ok(())
}
