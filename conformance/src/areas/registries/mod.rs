//! Registries: what a run sends about them, and what is required of the responses.

mod consistency;
mod creating;
mod deleting;
mod history;
mod late;
mod policies;
mod reading;
mod readings;
mod refusing;
mod updating;

pub(super) use self::readings::READINGS;
use serde_json::json;

use super::operation::{Operation, Wrong};
use crate::{
    case::Case,
    observed::{NotJudged, Observed},
    steps::{
        ANCHORED_POLICY, CHANGED, COLOR, DESCRIPTION, Draft, MARKED_NAME, OTHER_COLOR, POLICY_TEXT,
        Step, UNICODE_NAME, UNICODE_NEW_NAME, create, get, long_description, nothing, steps,
        update,
    },
};

pub(super) const CASES: &[&[Case]] = &[
    creating::CASES,
    reading::CASES,
    updating::CASES,
    late::CASES,
    refusing::CASES,
    policies::CASES,
    deleting::CASES,
    consistency::CASES,
];

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        id: "list_registries",
        word: "list",
        fits: (
            "list-registries-fits-the-contract",
            &["registry.list.response", "registry.object.properties"],
        ),
        served_by: Some(Step::ListBefore),
        needs: &[],
        attempt: |_, _| nothing(),
    },
    Operation {
        id: "create_registry",
        word: "create",
        fits: (
            "create-registry-fits-the-contract",
            &["registry.create.response", "registry.object.properties", "oidc.policy.response"],
        ),
        served_by: Some(Step::CreateMinimal),
        needs: &[],
        attempt: |run, wrong| create(&json!({"name": run.name(wrong.word()), "ecosystem": "ruby"})),
    },
    Operation {
        id: "get_registry",
        word: "get",
        fits: (
            "get-registry-fits-the-contract",
            &["registry.get.response", "registry.object.properties", "oidc.policy.response"],
        ),
        served_by: Some(Step::GetUpdated),
        needs: &[Step::CreateMinimal, Step::CreateFull, Step::UpdateName],
        attempt: |run, wrong| match wrong {
            // The one that was got before, in case that a cache does not look at who asks.
            Wrong::NoToken => get(run.current_slug(Step::CreateFull, Step::UpdateName)?),
            _ => get(run.slug(Step::CreateMinimal)?),
        },
    },
    Operation {
        id: "update_registry",
        word: "update",
        fits: ("update-registry-fits-the-contract", &["registry.update.response"]),
        served_by: Some(Step::UpdateName),
        needs: &[Step::CreateMinimal],
        attempt: changed,
    },
    Operation {
        id: "update_registry_with_patch",
        word: "patch",
        fits: ("update-with-patch-fits-the-contract", &["registry.update.patch"]),
        served_by: Some(Step::UpdateWithPatch),
        needs: &[Step::CreateMinimal],
        attempt: changed,
    },
    Operation {
        id: "update_registry_with_put",
        word: "put",
        fits: ("update-with-put-fits-the-contract", &["registry.update.put"]),
        served_by: Some(Step::UpdateWithPut),
        needs: &[Step::CreateMinimal],
        attempt: changed,
    },
    Operation {
        id: "delete_registry",
        word: "delete",
        fits: ("delete-registry-fits-the-contract", &["registry.delete.success"]),
        served_by: Some(Step::DeleteMinimal),
        needs: &[Step::CreateMinimal],
        attempt: |run, _| get(run.slug(Step::CreateMinimal)?),
    },
];

fn changed(run: &Observed, wrong: Wrong) -> Result<Draft, NotJudged> {
    update(run.slug(Step::CreateMinimal)?, &json!({"description": wrong.text()}))
}

steps! { 0;
    Begin {
        // What is there before the run. It also shows whether the token is accepted.
        ListBefore = "list-before", "list_registries", Smoke, Main, needs [],
            |_| nothing();
    }
    Create {
        // Two registries: with as little as possible, with everything.
        CreateMinimal = "create-minimal", "create_registry", Core, Main, needs [],
            |run| create(&json!({"name": run.name("alpha"), "ecosystem": "ruby"}));
        CreateFull = "create-full", "create_registry", Core, Main, needs [],
            |run| create(&json!({
                "name": run.name("beta"),
                "ecosystem": "ruby",
                "description": DESCRIPTION,
                "emoji": ":sunflower:",
                "color": COLOR,
                "oidc_policy": [{
                    "iss": "https://agent.buildkite.com",
                    "scopes": ["read_packages"],
                    "claims": {"organization_slug": "my-org", "pipeline_slug": {"in": ["another"]}},
                }],
            }));
        // With a policy as text, and of another ecosystem: what fails for that fails alone.
        CreatePolicyText = "create-policy-text", "create_registry", Deep, Main, needs [],
            |run| create(&json!({
                "name": run.name("gamma"), "ecosystem": "ruby", "oidc_policy": POLICY_TEXT,
            }));
        CreatePython = "create-python", "create_registry", Deep, Main, needs [],
            |run| create(&json!({"name": run.name("pi"), "ecosystem": "python"}));
        // With a name that not every deployment takes.
        CreateUnicodeName = "create-unicode-name", "create_registry", Deep, Main, needs [],
            |run| create(&json!({"name": run.name(UNICODE_NAME), "ecosystem": "ruby"}));
        CreateMarkedName = "create-marked-name", "create_registry", Deep, Main, needs [],
            |run| create(&json!({"name": run.name(MARKED_NAME), "ecosystem": "ruby"}));
        // What else may be said of a registry, or may not.
        CreateEmoji = "create-emoji", "create_registry", Deep, Main, needs [],
            |run| create(&json!({"name": run.name("nu"), "ecosystem": "ruby", "emoji": "🌻"}));
    }
    Change {
        // The full one is updated, read, and cleared, which the list shows.
        UpdateName = "update-name", "update_registry", Core, Main, needs [CreateFull],
            |run| update(run.slug(Step::CreateFull)?, &json!({"name": run.name("Beta Renamed")}));
        GetOldSlug = "get-old-slug", "get_registry", Core, Main, needs [CreateFull, UpdateName],
            |run| get(run.replaced_slug(Step::CreateFull, Step::UpdateName)?);
        // The minimal one, so that it shows in what follows if an update changes others as well.
        UpdateDescription = "update-description", "update_registry", Core, Main,
            needs [CreateMinimal],
            |run| update(run.slug(Step::CreateMinimal)?, &json!({
                "description": CHANGED, "oidc_policy": POLICY_TEXT,
            }));
        UpdateWithPatch = "update-with-patch", "update_registry_with_patch", Core, Main,
            needs [CreateFull, UpdateName],
            |run| update(run.current_slug(Step::CreateFull, Step::UpdateName)?, &json!({
                "emoji": ":gem:", "color": null,
            }));
        UpdateWithPut = "update-with-put", "update_registry_with_put", Core, Main,
            needs [CreateFull, UpdateName],
            |run| update(run.current_slug(Step::CreateFull, Step::UpdateName)?, &json!({
                "name": run.current_name(Step::CreateFull, Step::UpdateName)?, "color": OTHER_COLOR,
            }));
        GetUpdated = "get-updated", "get_registry", Core, Main, needs [CreateFull, UpdateName],
            |run| get(run.current_slug(Step::CreateFull, Step::UpdateName)?);
        UpdateClear = "update-clear", "update_registry", Core, Main, needs [CreateFull, UpdateName],
            |run| update(run.current_slug(Step::CreateFull, Step::UpdateName)?, &json!({
                "description": null, "emoji": null, "color": null, "oidc_policy": null,
            }));
        UpdateEcosystem = "update-ecosystem", "update_registry", Deep, Main, needs [CreateMinimal],
            |run| update(run.slug(Step::CreateMinimal)?, &json!({"ecosystem": "java"}));
        // A text of this length may be refused.
        UpdateLong = "update-long", "update_registry", Deep, Main, needs [CreatePolicyText],
            |run| update(run.slug(Step::CreatePolicyText)?, &json!({"description": long_description()}));
        GetLong = "get-long", "get_registry", Deep, Main, needs [CreatePolicyText, UpdateLong],
            |run| get(run.slug(Step::CreatePolicyText)?);
        GetUnicodeName = "get-unicode-name", "get_registry", Deep, Main, needs [CreateUnicodeName],
            |run| get(run.slug(Step::CreateUnicodeName)?);
        GetMarkedName = "get-marked-name", "get_registry", Deep, Main, needs [CreateMarkedName],
            |run| get(run.slug(Step::CreateMarkedName)?);
        UpdateIssuers = "update-issuers", "update_registry", Deep, Main, needs [CreatePolicyText],
            |run| update(run.slug(Step::CreatePolicyText)?, &json!({"oidc_policy": [
                {
                    "iss": "https://token.actions.githubusercontent.com",
                    "scopes": ["read_packages"],
                    "claims": {"repository": "a/b"},
                },
                {
                    "iss": "https://oidc.circleci.com/org/0191df84-85e4-77aa-83ba-6579084728eb",
                    "scopes": ["read_packages"],
                    "claims": {"oidc.circleci.com/project-id": "a"},
                },
            ]}));
        UpdateScopes = "update-scopes", "update_registry", Deep, Main, needs [CreatePolicyText],
            |run| update(run.slug(Step::CreatePolicyText)?, &json!({"oidc_policy": [{
                "iss": "https://agent.buildkite.com",
                "scopes": ["read_packages", "write_packages", "delete_packages"],
                "claims": {"organization_slug": "my-org"},
            }]}));
        // What may be left out of a policy, or of all of them, by one reading of the sources.
        UpdateWithoutScopes = "update-without-scopes", "update_registry", Deep, Main,
            needs [CreatePolicyText],
            |run| update(run.slug(Step::CreatePolicyText)?, &json!({"oidc_policy": [{
                "iss": "https://agent.buildkite.com", "claims": {"organization_slug": "my-org"},
            }]}));
        // As a client does that cannot send null.
        UpdateWithEmptyValues = "update-with-empty-values", "update_registry", Deep, Main,
            needs [CreatePolicyText],
            |run| update(run.slug(Step::CreatePolicyText)?, &json!({
                "description": "", "emoji": "", "color": "", "oidc_policy": [],
            }));
    }
    Refuse {
        // What must be refused, and must leave no trace.
        GetUnknown = "get-unknown", "get_registry", Smoke, Main, needs [],
            |run| get(run.unknown_slug());
        UpdateUnknown = "update-unknown", "update_registry", Core, Main, needs [],
            |run| update(run.unknown_slug(), &json!({"description": "of nothing"}));
        DeleteUnknown = "delete-unknown", "delete_registry", Core, Main, needs [],
            |run| get(run.unknown_slug());
        CreateWithoutName = "create-without-name", "create_registry", Core, Main, needs [],
            |run| create(&json!({"ecosystem": "ruby", "description": run.name("without a name")}));
        CreateWithoutEcosystem = "create-without-ecosystem", "create_registry", Core, Main,
            needs [],
            |run| create(&json!({"name": run.name("delta")}));
        CreateWrongType = "create-wrong-type", "create_registry", Core, Main, needs [],
            |run| create(&json!({"name": [run.name("epsilon")], "ecosystem": "ruby"}));
        CreateMalformed = "create-malformed", "create_registry", Core, Main, needs [],
            |run| Ok(Draft::default().raw(format!("{{\"name\": \"{}\", \"ecosystem\": ", run.name("zeta"))));
        CreateBadColor = "create-bad-color", "create_registry", Core, Main, needs [],
            |run| create(&json!({
                "name": run.name("eta"), "ecosystem": "ruby", "color": "mostly blue",
            }));
        CreateBadPolicy = "create-bad-policy", "create_registry", Core, Main, needs [],
            |run| create(&json!({
                "name": run.name("theta"), "ecosystem": "ruby",
                "oidc_policy": [{
                    "iss": "https://issuer.invalid",
                    "scopes": ["read_packages"],
                    "claims": {"sub": "anyone"},
                }],
            }));
        CreateDuplicate = "create-duplicate", "create_registry", Core, Main, needs [CreateMinimal],
            |run| create(&json!({"name": run.name("alpha"), "ecosystem": "ruby"}));
        UpdateWrongType = "update-wrong-type", "update_registry", Core, Main, needs [CreateMinimal],
            |run| update(run.slug(Step::CreateMinimal)?, &json!({"description": {"not": "text"}}));
        LimitedGet = "limited-get", "get_registry", Core, Limited,
            needs [GetLimitedToken, CreateMinimal],
            |run| get(run.slug(Step::CreateMinimal)?);
        // Two ways to a slug that is taken.
        CreateSameSlug = "create-same-slug", "create_registry", Deep, Main, needs [CreateMinimal],
            |run| create(&json!({"name": run.name("ALPHA"), "ecosystem": "ruby"}));
        UpdateTakenName = "update-taken-name", "update_registry", Deep, Main,
            needs [CreateMinimal, CreateMarkedName],
            |run| update(run.slug(Step::CreateMarkedName)?, &json!({"name": run.name("alpha")}));
        GetUpperCaseSlug = "get-upper-case-slug", "get_registry", Deep, Main, needs [CreateMinimal],
            |run| get(run.slug(Step::CreateMinimal)?.to_uppercase());
        CreateNothing = "create-nothing", "create_registry", Deep, Main, needs [],
            |run| create(&json!({"description": run.name("nothing")}));
        CreateAnchoredPolicy = "create-anchored-policy", "create_registry", Deep, Main, needs [],
            |run| create(&json!({
                "name": run.name("xi"), "ecosystem": "ruby", "oidc_policy": ANCHORED_POLICY,
            }));
    }
    List {
        ListUpdated = "list-updated", "list_registries", Core, Main, needs [],
            |_| nothing();
    }
    Delete {
        // The last thing that becomes of it, because not every deployment takes such a name.
        UpdateUnicodeName = "update-unicode-name", "update_registry", Core, Main,
            needs [CreateFull, UpdateName],
            |run| update(run.current_slug(Step::CreateFull, Step::UpdateName)?, &json!({
                "name": run.name(UNICODE_NEW_NAME),
            }));
        DeleteRenamed = "delete-renamed", "delete_registry", Core, Main,
            needs [CreateFull, UpdateName],
            |run| get(run.last_slug(Step::CreateFull, Step::UpdateName, Step::UpdateUnicodeName)?);
        GetDeleted = "get-deleted", "get_registry", Core, Main, needs [CreateFull, DeleteRenamed],
            |run| get(run.last_slug(Step::CreateFull, Step::UpdateName, Step::UpdateUnicodeName)?);
        DeleteMinimal = "delete-minimal", "delete_registry", Core, Main, needs [CreateMinimal],
            |run| get(run.slug(Step::CreateMinimal)?);
    }
    Again {
        // Another registry of that name has none of the tokens.
        CreateAgain = "create-again", "create_registry", Deep, Main,
            needs [CreateMinimal, DeleteMinimal],
            |run| {
                run.success(Step::DeleteMinimal)?;
                create(&json!({"name": run.name("alpha"), "ecosystem": "ruby"}))
            };
    }
    End {
        DeleteWithWriteScope = "delete-with-write-scope", "delete_registry", Deep, Revocable,
            needs [GetRevocableToken, CreateAgain],
            |run| run.revocable_token_may_not_delete().and_then(|()| get(run.slug(Step::CreateAgain)?));
        DeleteAgain = "delete-again", "delete_registry", Deep, Main, needs [CreateAgain],
            |run| get(run.slug(Step::CreateAgain)?);
        DeletePolicyText = "delete-policy-text", "delete_registry", Deep, Main,
            needs [CreatePolicyText],
            |run| get(run.slug(Step::CreatePolicyText)?);
        DeletePython = "delete-python", "delete_registry", Deep, Main, needs [CreatePython],
            |run| get(run.slug(Step::CreatePython)?);
        DeleteEmoji = "delete-emoji", "delete_registry", Deep, Main, needs [CreateEmoji],
            |run| get(run.slug(Step::CreateEmoji)?);
        ListAfter = "list-after", "list_registries", Core, Main, needs [],
            |_| nothing();
    }
}
