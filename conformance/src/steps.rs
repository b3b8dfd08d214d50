//! The exchanges of a run, in the order in which they happen. Cases share them: each says which
//! ones it looks at, and a run sends those that its cases need, once.

#[macro_use]
mod draft;
mod parts;
mod serving;
mod texts;
mod words;

use serde_json::json;

use self::draft::{
    create, first_token, get, nothing, of_organization, page, raw, token, unknown_token, update,
};
pub use self::texts::{
    CHANGED, COLOR, DESCRIPTION, OTHER_COLOR, POLICY_TEXT, TOKEN_CHANGED, TOKEN_DESCRIPTION,
};
pub(crate) use self::{
    draft::{Definition, Draft},
    texts::*,
    words::words,
};
use crate::exchange::Credential;

steps! {
    /// What is there before the run; also tells whether the token is accepted.
    ListBefore = "list-before", "list_registries", Main, needs [], |_| nothing();
    GetToken = "get-token", "get_access_token", Main, needs [], |_| nothing();
    GetOrganization = "get-organization", "get_organization", Main, needs [], |_| nothing();
    ListOrganizations = "list-organizations", "list_organizations", Main, needs [], |_| nothing();

    // Two registries: with as little as possible, with everything.
    CreateMinimal = "create-minimal", "create_registry", Main, needs [],
        |run| create(&json!({"name": run.name("alpha"), "ecosystem": "ruby"}));
    CreateFull = "create-full", "create_registry", Main, needs [],
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
    CreatePolicyText = "create-policy-text", "create_registry", Main, needs [],
        |run| create(&json!({
            "name": run.name("gamma"), "ecosystem": "ruby", "oidc_policy": POLICY_TEXT,
        }));
    CreatePython = "create-python", "create_registry", Main, needs [],
        |run| create(&json!({"name": run.name("pi"), "ecosystem": "python"}));

    // With a name that not every deployment takes.
    CreateUnicodeName = "create-unicode-name", "create_registry", Main, needs [],
        |run| create(&json!({"name": run.name(UNICODE_NAME), "ecosystem": "ruby"}));

    // The full one is updated, got, and cleared, which the list tells.
    UpdateName = "update-name", "update_registry", Main, needs [CreateFull],
        |run| update(run.slug(Step::CreateFull)?, &json!({"name": run.name("Beta Renamed")}));
    GetOldSlug = "get-old-slug", "get_registry", Main, needs [CreateFull, UpdateName],
        |run| get(run.replaced_slug(Step::CreateFull, Step::UpdateName)?);
    // The minimal one, so that it shows in what follows if an update changes others as well.
    UpdateDescription = "update-description", "update_registry", Main, needs [CreateMinimal],
        |run| update(run.slug(Step::CreateMinimal)?, &json!({
            "description": CHANGED, "oidc_policy": POLICY_TEXT,
        }));
    UpdateWithPatch = "update-with-patch", "update_registry_with_patch", Main,
        needs [CreateFull, UpdateName],
        |run| update(run.current_slug(Step::CreateFull, Step::UpdateName)?, &json!({
            "emoji": ":gem:", "color": null,
        }));
    UpdateWithPut = "update-with-put", "update_registry_with_put", Main,
        needs [CreateFull, UpdateName],
        |run| update(run.current_slug(Step::CreateFull, Step::UpdateName)?, &json!({
            "name": run.current_name(Step::CreateFull, Step::UpdateName)?, "color": OTHER_COLOR,
        }));
    GetUpdated = "get-updated", "get_registry", Main, needs [CreateFull, UpdateName],
        |run| get(run.current_slug(Step::CreateFull, Step::UpdateName)?);
    UpdateClear = "update-clear", "update_registry", Main, needs [CreateFull, UpdateName],
        |run| update(run.current_slug(Step::CreateFull, Step::UpdateName)?, &json!({
            "description": null, "emoji": null, "color": null, "oidc_policy": null,
        }));
    UpdateEcosystem = "update-ecosystem", "update_registry", Main, needs [CreateMinimal],
        |run| update(run.slug(Step::CreateMinimal)?, &json!({"ecosystem": "java"}));

    // Two tokens of the minimal registry, of which one is updated.
    CreateRegistryToken = "create-registry-token", "create_registry_token", Main,
        needs [CreateMinimal],
        |run| token(run.slug(Step::CreateMinimal)?, None, Some(&json!({
            "description": TOKEN_DESCRIPTION,
        })));
    CreateOtherRegistryToken = "create-other-registry-token", "create_registry_token", Main,
        needs [CreateMinimal],
        |run| token(run.slug(Step::CreateMinimal)?, None, Some(&json!({
            "description": run.name("other"),
        })));
    UpdateRegistryToken = "update-registry-token", "update_registry_token", Main,
        needs [CreateRegistryToken],
        |run| first_token(run, Some(&json!({"description": TOKEN_CHANGED})));

    // What must be refused, and must leave no trace.
    GetUnknown = "get-unknown", "get_registry", Main, needs [], |run| get(run.unknown_slug());
    UpdateUnknown = "update-unknown", "update_registry", Main, needs [],
        |run| update(run.unknown_slug(), &json!({"description": "of nothing"}));
    DeleteUnknown = "delete-unknown", "delete_registry", Main, needs [],
        |run| get(run.unknown_slug());
    CreateWithoutName = "create-without-name", "create_registry", Main, needs [],
        |run| create(&json!({"ecosystem": "ruby", "description": run.name("without a name")}));
    CreateWithoutEcosystem = "create-without-ecosystem", "create_registry", Main, needs [],
        |run| create(&json!({"name": run.name("delta")}));
    CreateWrongType = "create-wrong-type", "create_registry", Main, needs [],
        |run| create(&json!({"name": [run.name("epsilon")], "ecosystem": "ruby"}));
    CreateMalformed = "create-malformed", "create_registry", Main, needs [],
        |run| raw(format!("{{\"name\": \"{}\", \"ecosystem\": ", run.name("zeta")));
    CreateBadColor = "create-bad-color", "create_registry", Main, needs [],
        |run| create(&json!({
            "name": run.name("eta"), "ecosystem": "ruby", "color": "mostly blue",
        }));
    CreateBadPolicy = "create-bad-policy", "create_registry", Main, needs [],
        |run| create(&json!({
            "name": run.name("theta"), "ecosystem": "ruby",
            "oidc_policy": [{
                "iss": "https://issuer.invalid",
                "scopes": ["read_packages"],
                "claims": {"sub": "anyone"},
            }],
        }));
    CreateDuplicate = "create-duplicate", "create_registry", Main, needs [CreateMinimal],
        |run| create(&json!({"name": run.name("alpha"), "ecosystem": "ruby"}));
    UpdateWrongType = "update-wrong-type", "update_registry", Main, needs [CreateMinimal],
        |run| update(run.slug(Step::CreateMinimal)?, &json!({"description": {"not": "text"}}));
    ListWithoutToken = "list-without-token", "list_registries", None, needs [], |_| nothing();
    ListUnknownToken = "list-unknown-token", "list_registries", Unknown, needs [], |_| nothing();
    TokenWithoutToken = "token-without-token", "get_access_token", None, needs [], |_| nothing();
    CreateWithoutToken = "create-without-token", "create_registry", None, needs [],
        |run| create(&json!({"name": run.name("iota"), "ecosystem": "ruby"}));
    // The one that was got before, in case that a cache does not look at who asks.
    GetWithoutToken = "get-without-token", "get_registry", None, needs [CreateFull, UpdateName],
        |run| get(run.current_slug(Step::CreateFull, Step::UpdateName)?);
    UpdateWithoutToken = "update-without-token", "update_registry", None, needs [CreateMinimal],
        |run| update(run.slug(Step::CreateMinimal)?, &json!({"description": "by nobody"}));
    DeleteWithoutToken = "delete-without-token", "delete_registry", None, needs [CreateMinimal],
        |run| get(run.slug(Step::CreateMinimal)?);
    UpdateUnknownToken = "update-unknown-token", "update_registry", Unknown,
        needs [CreateMinimal],
        |run| update(run.slug(Step::CreateMinimal)?, &json!({"description": "by a stranger"}));
    DeleteUnknownToken = "delete-unknown-token", "delete_registry", Unknown,
        needs [CreateMinimal],
        |run| get(run.slug(Step::CreateMinimal)?);
    CreateRegistryTokenWithoutDescription = "create-registry-token-without-description",
        "create_registry_token", Main, needs [CreateMinimal],
        |run| token(run.slug(Step::CreateMinimal)?, None, Some(&json!({})));
    GetUnknownRegistryToken = "get-unknown-registry-token", "get_registry_token", Main,
        needs [CreateMinimal], |run| unknown_token(run, None);
    CreateRegistryTokenWithoutToken = "create-registry-token-without-token",
        "create_registry_token", None, needs [CreateMinimal],
        |run| token(run.slug(Step::CreateMinimal)?, None, Some(&json!({"description": "none"})));
    GetOrganizationWithoutToken = "get-organization-without-token", "get_organization", None,
        needs [], |_| nothing();
    GetUnknownOrganization = "get-unknown-organization", "get_organization", Main, needs [],
        |run| of_organization(run.unknown_organization(), None);
    ListUnknownOrganization = "list-unknown-organization", "list_registries", Main, needs [],
        |run| of_organization(run.unknown_organization(), None);
    /// Tells whether the limited token is what it has to be.
    GetLimitedToken = "get-limited-token", "get_access_token", Limited, needs [], |_| nothing();
    LimitedGet = "limited-get", "get_registry", Limited, needs [GetLimitedToken, CreateMinimal],
        |run| get(run.slug(Step::CreateMinimal)?);
    // The same with every other operation.
    PatchWithoutToken = "patch-without-token", "update_registry_with_patch", None,
        needs [CreateMinimal],
        |run| update(run.slug(Step::CreateMinimal)?, &json!({"description": "by nobody"}));
    PutWithoutToken = "put-without-token", "update_registry_with_put", None, needs [CreateMinimal],
        |run| update(run.slug(Step::CreateMinimal)?, &json!({"description": "by nobody"}));
    CreateUnknownToken = "create-unknown-token", "create_registry", Unknown, needs [],
        |run| create(&json!({"name": run.name("lambda"), "ecosystem": "ruby"}));
    GetUnknownToken = "get-unknown-token", "get_registry", Unknown, needs [CreateMinimal],
        |run| get(run.slug(Step::CreateMinimal)?);
    PatchUnknownToken = "patch-unknown-token", "update_registry_with_patch", Unknown,
        needs [CreateMinimal],
        |run| update(run.slug(Step::CreateMinimal)?, &json!({"description": "by a stranger"}));
    PutUnknownToken = "put-unknown-token", "update_registry_with_put", Unknown,
        needs [CreateMinimal],
        |run| update(run.slug(Step::CreateMinimal)?, &json!({"description": "by a stranger"}));
    TokenUnknownToken = "token-unknown-token", "get_access_token", Unknown, needs [],
        |_| nothing();
    ListWithBasic = "list-with-basic", "list_registries", Basic, needs [], |_| nothing();
    CreateWithBasic = "create-with-basic", "create_registry", Basic, needs [],
        |run| create(&json!({"name": run.name("omega"), "ecosystem": "ruby"}));
    CreateUnknownOrganization = "create-unknown-organization", "create_registry", Main, needs [],
        |run| of_organization(run.unknown_organization(), Some(&json!({
            "name": run.name("sigma"), "ecosystem": "ruby",
        })));
    // Registry tokens and organizations with every wrong credential, and what is wrong otherwise.
    UpdateRegistryTokenWithoutToken = "update-registry-token-without-token",
        "update_registry_token", None, needs [CreateRegistryToken],
        |run| first_token(run, Some(&json!({"description": "none"})));
    DeleteRegistryTokenWithoutToken = "delete-registry-token-without-token",
        "delete_registry_token", None, needs [CreateRegistryToken],
        |run| first_token(run, None);
    ListRegistryTokensUnknownToken = "list-registry-tokens-unknown-token",
        "list_registry_tokens", Unknown, needs [CreateMinimal],
        |run| token(run.slug(Step::CreateMinimal)?, None, None);
    CreateRegistryTokenUnknownToken = "create-registry-token-unknown-token",
        "create_registry_token", Unknown, needs [CreateMinimal],
        |run| token(run.slug(Step::CreateMinimal)?, None, Some(&json!({"description": "none"})));
    GetRegistryTokenUnknownToken = "get-registry-token-unknown-token",
        "get_registry_token", Unknown, needs [CreateRegistryToken],
        |run| first_token(run, None);
    UpdateRegistryTokenUnknownToken = "update-registry-token-unknown-token",
        "update_registry_token", Unknown, needs [CreateRegistryToken],
        |run| first_token(run, Some(&json!({"description": "none"})));
    DeleteRegistryTokenUnknownToken = "delete-registry-token-unknown-token",
        "delete_registry_token", Unknown, needs [CreateRegistryToken],
        |run| first_token(run, None);
    ListOrganizationsWithoutToken = "list-organizations-without-token",
        "list_organizations", None, needs [],
        |_| nothing();
    GetRateLimitWithoutToken = "get-rate-limit-without-token",
        "get_rate_limit", None, needs [],
        |_| nothing();
    ListOrganizationsUnknownToken = "list-organizations-unknown-token",
        "list_organizations", Unknown, needs [],
        |_| nothing();
    GetOrganizationUnknownToken = "get-organization-unknown-token",
        "get_organization", Unknown, needs [],
        |_| nothing();
    GetRateLimitUnknownToken = "get-rate-limit-unknown-token",
        "get_rate_limit", Unknown, needs [],
        |_| nothing();
    LimitedListOrganizations = "limited-list-organizations",
        "list_organizations", Limited, needs [LimitedGet],
        |run| run.limited_token_lacks("read_organizations").and_then(|()| nothing());
    LimitedGetOrganization = "limited-get-organization",
        "get_organization", Limited, needs [LimitedGet],
        |run| run.limited_token_lacks("read_organizations").and_then(|()| nothing());
    LimitedGetRateLimit = "limited-get-rate-limit",
        "get_rate_limit", Limited, needs [LimitedGet],
        |run| run.limited_token_lacks("read_accounts").and_then(|()| nothing());
    LimitedUpdateRegistryToken = "limited-update-registry-token",
        "update_registry_token", Limited, needs [LimitedGet, CreateRegistryToken],
        |run| run.limited_token_is_fit().and_then(|()| first_token(run, Some(&json!({"description": "none"}))));
    LimitedDeleteRegistryToken = "limited-delete-registry-token",
        "delete_registry_token", Limited, needs [LimitedGet, CreateRegistryToken],
        |run| run.limited_token_is_fit().and_then(|()| first_token(run, None));
    GetRateLimitOfUnknownOrganization = "get-rate-limit-of-unknown-organization",
        "get_rate_limit", Main, needs [],
        |run| of_organization(run.unknown_organization(), None);
    CreateRegistryTokenWrongType = "create-registry-token-wrong-type",
        "create_registry_token", Main, needs [CreateMinimal],
        |run| token(run.slug(Step::CreateMinimal)?, None, Some(&json!({"description": ["no text"]})));
    UpdateRegistryTokenWrongType = "update-registry-token-wrong-type",
        "update_registry_token", Main, needs [CreateRegistryToken],
        |run| first_token(run, Some(&json!({"description": {"not": "text"}})));
    UpdateUnknownRegistryToken = "update-unknown-registry-token",
        "update_registry_token", Main, needs [CreateMinimal],
        |run| unknown_token(run, Some(&json!({"description": "none"})));
    DeleteUnknownRegistryToken = "delete-unknown-registry-token",
        "delete_registry_token", Main, needs [CreateMinimal],
        |run| unknown_token(run, None);
    // A text of this length may be refused.
    UpdateLong = "update-long", "update_registry", Main, needs [CreatePolicyText],
        |run| update(run.slug(Step::CreatePolicyText)?, &json!({"description": long_description()}));
    GetLong = "get-long", "get_registry", Main, needs [CreatePolicyText, UpdateLong],
        |run| get(run.slug(Step::CreatePolicyText)?);
    GetUnicodeName = "get-unicode-name", "get_registry", Main, needs [CreateUnicodeName],
        |run| get(run.slug(Step::CreateUnicodeName)?);
    CreateMarkedName = "create-marked-name", "create_registry", Main, needs [],
        |run| create(&json!({"name": run.name(MARKED_NAME), "ecosystem": "ruby"}));
    GetMarkedName = "get-marked-name", "get_registry", Main, needs [CreateMarkedName],
        |run| get(run.slug(Step::CreateMarkedName)?);
    // Two ways to a slug that is taken.
    CreateSameSlug = "create-same-slug", "create_registry", Main, needs [CreateMinimal],
        |run| create(&json!({"name": run.name("ALPHA"), "ecosystem": "ruby"}));
    UpdateTakenName = "update-taken-name", "update_registry", Main,
        needs [CreateMinimal, CreateMarkedName],
        |run| update(run.slug(Step::CreateMarkedName)?, &json!({"name": run.name("alpha")}));
    GetUpperCaseSlug = "get-upper-case-slug", "get_registry", Main, needs [CreateMinimal],
        |run| get(run.slug(Step::CreateMinimal)?.to_uppercase());
    // What else may be said of a registry, or may not.
    CreateEmoji = "create-emoji", "create_registry", Main, needs [],
        |run| create(&json!({"name": run.name("nu"), "ecosystem": "ruby", "emoji": "🌻"}));
    CreateNothing = "create-nothing", "create_registry", Main, needs [],
        |run| create(&json!({"description": run.name("nothing")}));
    CreateAnchoredPolicy = "create-anchored-policy", "create_registry", Main, needs [],
        |run| create(&json!({
            "name": run.name("xi"), "ecosystem": "ruby", "oidc_policy": ANCHORED_POLICY,
        }));
    UpdateIssuers = "update-issuers", "update_registry", Main, needs [CreatePolicyText],
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
    UpdateScopes = "update-scopes", "update_registry", Main, needs [CreatePolicyText],
        |run| update(run.slug(Step::CreatePolicyText)?, &json!({"oidc_policy": [{
            "iss": "https://agent.buildkite.com",
            "scopes": ["read_packages", "write_packages", "delete_packages"],
            "claims": {"organization_slug": "my-org"},
        }]}));
    // What may be left out of a policy, or of all of them, by one reading of the sources.
    UpdateWithoutScopes = "update-without-scopes", "update_registry", Main,
        needs [CreatePolicyText],
        |run| update(run.slug(Step::CreatePolicyText)?, &json!({"oidc_policy": [{
            "iss": "https://agent.buildkite.com", "claims": {"organization_slug": "my-org"},
        }]}));
    // As a client does that cannot send null.
    UpdateWithEmptyValues = "update-with-empty-values", "update_registry", Main,
        needs [CreatePolicyText],
        |run| update(run.slug(Step::CreatePolicyText)?, &json!({
            "description": "", "emoji": "", "color": "", "oidc_policy": [],
        }));
    ListOrganizationsOnPage = "list-organizations-on-page", "list_organizations", Main,
        needs [ListOrganizations], |_| page("page=2&per_page=1");
    RevokeWithoutToken = "revoke-without-token", "revoke_access_token", None, needs [],
        |_| nothing();
    RevokeUnknownToken = "revoke-unknown-token", "revoke_access_token", Unknown, needs [],
        |_| nothing();
    // A token that may not even read: the one that is revoked at the end, if it is such a one.
    GetRevocableToken = "get-revocable-token", "get_access_token", Revocable, needs [],
        |_| nothing();
    ListWithoutScope = "list-without-scope", "list_registries", Revocable,
        needs [GetRevocableToken],
        |run| {
            run.revocable_token_may_not_read()?;
            nothing()
        };
    ListRegistryTokensWithoutScope = "list-registry-tokens-without-scope",
        "list_registry_tokens", Revocable, needs [GetRevocableToken, CreateMinimal],
        |run| run.revocable_token_may_not_read().and_then(|()| token(run.slug(Step::CreateMinimal)?, None, None));
    GetRegistryTokenWithoutScope = "get-registry-token-without-scope",
        "get_registry_token", Revocable, needs [GetRevocableToken, CreateRegistryToken],
        |run| run.revocable_token_may_not_read().and_then(|()| first_token(run, None));
    GetWithoutScope = "get-without-scope", "get_registry", Revocable,
        needs [GetRevocableToken, CreateMinimal],
        |run| {
            run.revocable_token_may_not_read()?;
            get(run.slug(Step::CreateMinimal)?)
        };
    LimitedCreate = "limited-create", "create_registry", Limited, needs [LimitedGet],
        |run| {
            run.limited_token_is_fit()?;
            create(&json!({"name": run.name("kappa"), "ecosystem": "ruby"}))
        };
    LimitedUpdate = "limited-update", "update_registry", Limited, needs [LimitedGet],
        |run| {
            run.limited_token_is_fit()?;
            update(run.slug(Step::CreateMinimal)?, &json!({"description": "by the wrong token"}))
        };
    LimitedPatch = "limited-patch", "update_registry_with_patch", Limited, needs [LimitedGet],
        |run| {
            run.limited_token_is_fit()?;
            update(run.slug(Step::CreateMinimal)?, &json!({"description": "by the wrong token"}))
        };
    LimitedPut = "limited-put", "update_registry_with_put", Limited, needs [LimitedGet],
        |run| {
            run.limited_token_is_fit()?;
            update(run.slug(Step::CreateMinimal)?, &json!({"description": "by the wrong token"}))
        };
    LimitedDelete = "limited-delete", "delete_registry", Limited, needs [LimitedGet],
        |run| {
            run.limited_token_is_fit()?;
            get(run.slug(Step::CreateMinimal)?)
        };
    LimitedCreateRegistryToken = "limited-create-registry-token", "create_registry_token", Limited,
        needs [LimitedGet],
        |run| {
            run.limited_token_is_fit()?;
            token(run.slug(Step::CreateMinimal)?, None, Some(&json!({"description": "none"})))
        };

    // What there is of registry tokens after all that, here and elsewhere, and without one of them.
    GetRegistryToken = "get-registry-token", "get_registry_token", Main,
        needs [CreateRegistryToken], |run| first_token(run, None);
    GetRegistryTokenWithoutToken = "get-registry-token-without-token", "get_registry_token", None,
        needs [CreateRegistryToken], |run| first_token(run, None);
    GetRegistryTokenElsewhere = "get-registry-token-elsewhere", "get_registry_token", Main,
        needs [CreateRegistryToken, CreateFull, UpdateName],
        |run| {
            let elsewhere = run.current_slug(Step::CreateFull, Step::UpdateName)?;
            token(elsewhere, Some(run.token_id(Step::CreateRegistryToken)?), None)
        };
    ListRegistryTokens = "list-registry-tokens", "list_registry_tokens", Main,
        needs [CreateMinimal], |run| get(run.slug(Step::CreateMinimal)?);
    ListRegistryTokensWithoutToken = "list-registry-tokens-without-token",
        "list_registry_tokens", None, needs [CreateMinimal],
        |run| token(run.slug(Step::CreateMinimal)?, None, None);
    ListRegistryTokensElsewhere = "list-registry-tokens-elsewhere", "list_registry_tokens", Main,
        needs [CreateFull, UpdateName],
        |run| get(run.current_slug(Step::CreateFull, Step::UpdateName)?);
    DeleteRegistryToken = "delete-registry-token", "delete_registry_token", Main,
        needs [CreateRegistryToken], |run| first_token(run, None);
    GetDeletedRegistryToken = "get-deleted-registry-token", "get_registry_token", Main,
        needs [CreateRegistryToken, DeleteRegistryToken], |run| first_token(run, None);
    ListRegistryTokensLeft = "list-registry-tokens-left", "list_registry_tokens", Main,
        needs [CreateMinimal], |run| get(run.slug(Step::CreateMinimal)?);
    /// After much else was sent, so that an answer that says nothing was used is far from what was.
    GetRateLimit = "get-rate-limit", "get_rate_limit", Main, needs [], |_| nothing();
    ListUpdated = "list-updated", "list_registries", Main, needs [], |_| nothing();

    // The last thing that becomes of it, because not every deployment takes such a name.
    UpdateUnicodeName = "update-unicode-name", "update_registry", Main,
        needs [CreateFull, UpdateName],
        |run| update(run.current_slug(Step::CreateFull, Step::UpdateName)?, &json!({
            "name": run.name(UNICODE_NEW_NAME),
        }));
    DeleteRenamed = "delete-renamed", "delete_registry", Main, needs [CreateFull, UpdateName],
        |run| get(run.last_slug(Step::CreateFull, Step::UpdateName, Step::UpdateUnicodeName)?);
    GetDeleted = "get-deleted", "get_registry", Main, needs [CreateFull, DeleteRenamed],
        |run| get(run.last_slug(Step::CreateFull, Step::UpdateName, Step::UpdateUnicodeName)?);
    DeleteMinimal = "delete-minimal", "delete_registry", Main, needs [CreateMinimal],
        |run| get(run.slug(Step::CreateMinimal)?);
    GetRegistryTokenOfDeleted = "get-registry-token-of-deleted", "get_registry_token", Main,
        needs [CreateMinimal, CreateOtherRegistryToken, DeleteMinimal],
        |run| {
            let other = run.token_id(Step::CreateOtherRegistryToken)?;
            token(run.slug(Step::CreateMinimal)?, Some(other), None)
        };
    // Another registry of that name has none of the tokens.
    CreateAgain = "create-again", "create_registry", Main, needs [CreateMinimal, DeleteMinimal],
        |run| {
            run.success(Step::DeleteMinimal)?;
            create(&json!({"name": run.name("alpha"), "ecosystem": "ruby"}))
        };
    ListRegistryTokensAgain = "list-registry-tokens-again", "list_registry_tokens", Main,
        needs [CreateAgain], |run| get(run.slug(Step::CreateAgain)?);
    DeleteWithWriteScope = "delete-with-write-scope", "delete_registry", Revocable,
        needs [GetRevocableToken, CreateAgain],
        |run| run.revocable_token_may_not_delete().and_then(|()| get(run.slug(Step::CreateAgain)?));
    DeleteAgain = "delete-again", "delete_registry", Main, needs [CreateAgain],
        |run| get(run.slug(Step::CreateAgain)?);
    DeletePolicyText = "delete-policy-text", "delete_registry", Main, needs [CreatePolicyText],
        |run| get(run.slug(Step::CreatePolicyText)?);
    DeletePython = "delete-python", "delete_registry", Main, needs [CreatePython],
        |run| get(run.slug(Step::CreatePython)?);
    DeleteEmoji = "delete-emoji", "delete_registry", Main, needs [CreateEmoji],
        |run| get(run.slug(Step::CreateEmoji)?);
    GetTokenAgain = "get-token-again", "get_access_token", Main, needs [GetToken], |_| nothing();
    ListAfter = "list-after", "list_registries", Main, needs [], |_| nothing();

    RevokeToken = "revoke-token", "revoke_access_token", Revocable, needs [], |_| nothing();
    GetRevokedToken = "get-revoked-token", "get_access_token", Revocable, needs [RevokeToken],
        |_| nothing();
    CreateWithRevokedToken = "create-with-revoked-token", "create_registry", Revocable,
        needs [RevokeToken],
        |run| {
            run.success(Step::RevokeToken)?;
            create(&json!({"name": run.name("upsilon"), "ecosystem": "ruby"}))
        };
}
