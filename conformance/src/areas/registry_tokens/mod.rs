//! The tokens of registries: what a run sends about them, and what is required of the responses.

mod answers;
mod lifecycle;
mod readings;

pub(super) use self::readings::READINGS;
use serde_json::{Value, json};

use super::operation::Operation;
use crate::{
    case::Case,
    observed::{NotJudged, Observed},
    steps::{Draft, Step, TOKEN_CHANGED, TOKEN_DESCRIPTION, UNKNOWN_TOKEN_ID, get, steps, update},
};

pub(super) const CASES: &[&[Case]] = &[lifecycle::CASES, answers::CASES];

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        id: "list_registry_tokens",
        word: "list-registry-tokens",
        fits: (
            "list-registry-tokens-fits-the-contract",
            &["registry-token.object", "registry-token.list"],
        ),
        served_by: Some(Step::ListRegistryTokens),
        needs: &[Step::CreateMinimal],
        attempt: |run, _| get(run.slug(Step::CreateMinimal)?),
    },
    Operation {
        id: "create_registry_token",
        word: "create-registry-token",
        fits: (
            "create-registry-token-fits-the-contract",
            &["registry-token.object", "registry-token.create"],
        ),
        served_by: Some(Step::CreateRegistryToken),
        needs: &[Step::CreateMinimal],
        attempt: |run, _| update(run.slug(Step::CreateMinimal)?, &json!({"description": "none"})),
    },
    Operation {
        id: "get_registry_token",
        word: "get-registry-token",
        fits: (
            "get-registry-token-fits-the-contract",
            &["registry-token.object", "registry-token.get"],
        ),
        served_by: Some(Step::GetRegistryToken),
        needs: &[Step::CreateRegistryToken],
        attempt: |run, _| first_token(run, None),
    },
    Operation {
        id: "update_registry_token",
        word: "update-registry-token",
        fits: (
            "update-registry-token-fits-the-contract",
            &["registry-token.object", "registry-token.update"],
        ),
        served_by: Some(Step::UpdateRegistryToken),
        needs: &[Step::CreateRegistryToken],
        attempt: |run, _| first_token(run, Some(&json!({"description": "none"}))),
    },
    Operation {
        id: "delete_registry_token",
        word: "delete-registry-token",
        fits: ("delete-registry-token-fits-the-contract", &["registry-token.delete"]),
        served_by: Some(Step::DeleteRegistryToken),
        needs: &[Step::CreateRegistryToken],
        attempt: |run, _| first_token(run, None),
    },
];

/// To a registry's tokens, or to one of them.
#[expect(clippy::unnecessary_wraps, reason = "every draft has this type")]
fn token(slug: String, id: Option<String>, body: Option<&Value>) -> Result<Draft, NotJudged> {
    let mut draft = Draft::registry(slug);
    if let Some(id) = id {
        draft = draft.token(id);
    }
    Ok(match body {
        Some(body) => draft.body(body),
        None => draft,
    })
}

/// To the first of the tokens that the run creates.
fn first_token(run: &Observed, body: Option<&Value>) -> Result<Draft, NotJudged> {
    token(run.slug(Step::CreateMinimal)?, Some(run.token_id(Step::CreateRegistryToken)?), body)
}

/// To a token that the registry does not have.
fn unknown_token(run: &Observed, body: Option<&Value>) -> Result<Draft, NotJudged> {
    token(run.slug(Step::CreateMinimal)?, Some(UNKNOWN_TOKEN_ID.into()), body)
}

steps! { 2;
    Change {
        // Two tokens of the minimal registry, of which one is updated.
        CreateRegistryToken = "create-registry-token", "create_registry_token", Core, Main,
            needs [CreateMinimal],
            |run| token(run.slug(Step::CreateMinimal)?, None, Some(&json!({
                "description": TOKEN_DESCRIPTION,
            })));
        CreateOtherRegistryToken = "create-other-registry-token",
            "create_registry_token", Core, Main, needs [CreateMinimal],
            |run| token(run.slug(Step::CreateMinimal)?, None, Some(&json!({
                "description": run.name("other"),
            })));
        UpdateRegistryToken = "update-registry-token", "update_registry_token", Core, Main,
            needs [CreateRegistryToken],
            |run| first_token(run, Some(&json!({"description": TOKEN_CHANGED})));
    }
    Refuse {
        CreateRegistryTokenWithoutDescription = "create-registry-token-without-description",
            "create_registry_token", Core, Main, needs [CreateMinimal],
            |run| token(run.slug(Step::CreateMinimal)?, None, Some(&json!({})));
        GetUnknownRegistryToken = "get-unknown-registry-token", "get_registry_token", Core, Main,
            needs [CreateMinimal],
            |run| unknown_token(run, None);
        CreateRegistryTokenWrongType = "create-registry-token-wrong-type",
            "create_registry_token", Deep, Main, needs [CreateMinimal],
            |run| token(run.slug(Step::CreateMinimal)?, None, Some(&json!({"description": ["no text"]})));
        UpdateRegistryTokenWrongType = "update-registry-token-wrong-type",
            "update_registry_token", Deep, Main, needs [CreateRegistryToken],
            |run| first_token(run, Some(&json!({"description": {"not": "text"}})));
        UpdateUnknownRegistryToken = "update-unknown-registry-token",
            "update_registry_token", Deep, Main, needs [CreateMinimal],
            |run| unknown_token(run, Some(&json!({"description": "none"})));
        DeleteUnknownRegistryToken = "delete-unknown-registry-token",
            "delete_registry_token", Deep, Main, needs [CreateMinimal],
            |run| unknown_token(run, None);
    }
    Read {
        // What there is of registry tokens after all that, here and elsewhere, and without one of them.
        GetRegistryToken = "get-registry-token", "get_registry_token", Core, Main,
            needs [CreateRegistryToken],
            |run| first_token(run, None);
        GetRegistryTokenElsewhere = "get-registry-token-elsewhere",
            "get_registry_token", Core, Main, needs [CreateRegistryToken, CreateFull, UpdateName],
            |run| {
                let elsewhere = run.current_slug(Step::CreateFull, Step::UpdateName)?;
                token(elsewhere, Some(run.token_id(Step::CreateRegistryToken)?), None)
            };
    }
    List {
        ListRegistryTokens = "list-registry-tokens", "list_registry_tokens", Core, Main,
            needs [CreateMinimal],
            |run| get(run.slug(Step::CreateMinimal)?);
        ListRegistryTokensElsewhere = "list-registry-tokens-elsewhere",
            "list_registry_tokens", Core, Main, needs [CreateFull, UpdateName],
            |run| get(run.current_slug(Step::CreateFull, Step::UpdateName)?);
    }
    Less {
        DeleteRegistryToken = "delete-registry-token", "delete_registry_token", Core, Main,
            needs [CreateRegistryToken],
            |run| first_token(run, None);
        GetDeletedRegistryToken = "get-deleted-registry-token", "get_registry_token", Core, Main,
            needs [CreateRegistryToken, DeleteRegistryToken],
            |run| first_token(run, None);
        ListRegistryTokensLeft = "list-registry-tokens-left", "list_registry_tokens", Core, Main,
            needs [CreateMinimal],
            |run| get(run.slug(Step::CreateMinimal)?);
    }
    Delete {
        GetRegistryTokenOfDeleted = "get-registry-token-of-deleted",
            "get_registry_token", Core, Main, needs [CreateMinimal, CreateOtherRegistryToken, DeleteMinimal],
            |run| {
                let other = run.token_id(Step::CreateOtherRegistryToken)?;
                token(run.slug(Step::CreateMinimal)?, Some(other), None)
            };
    }
    Again {
        ListRegistryTokensAgain = "list-registry-tokens-again", "list_registry_tokens", Deep, Main,
            needs [CreateAgain],
            |run| get(run.slug(Step::CreateAgain)?);
    }
}
