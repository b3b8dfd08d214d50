//! The exchanges of a run, in the order in which they happen. Cases share them: each says which
//! ones it looks at, and a run sends those that its cases need, once.

use serde_json::{Value, json};

use crate::{
    exchange::Credential,
    observed::{Observed, Unmet},
    profile::Profile,
};

/// A policy as text, as `oidc_policy` is documented to take it.
pub(crate) const POLICY_TEXT: &str = "\
- iss: https://agent.buildkite.com
  claims:
    organization_slug: my-org
    pipeline_slug:
      in:
        - my-pipeline
";

/// Text that does not survive a wrong encoding, a wrong escape, a filter or a normal form.
pub(crate) const DESCRIPTION: &str = "Größe, 日本語, 👩‍👩‍👧 🌻, \"quoted\" it's \\ & <b>bold</b>\n\
    \tsecond line, &amp; &lt;, %20 %2F, שלום مرحبا, cafe\u{301}, {{x}} ${y}";

/// What an update makes of it: as hard, and different from its beginning on.
pub(crate) const CHANGED: &str =
    "Ändern → ändert, \"🇯🇵\", <i>&nbsp;</i>\n\\n %41 'o\u{308}'\tעברית";

/// Text that is longer than what a column or a preview may hold.
pub(crate) fn long_description() -> String {
    "kept by what does not name it; ".repeat(40)
}

/// Declares the steps: each with its name, operation, credential, the steps before it that it
/// cannot do without, and how its request is made from what they were answered.
macro_rules! steps {
    ($($(#[doc = $doc:literal])* $step:ident = $name:literal, $operation:literal, $credential:ident,
        needs [$($need:ident),*], $draft:expr;)*) => {
        /// An exchange of a run.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(crate) enum Step {
            $($(#[doc = $doc])* $step,)*
        }

        impl Step {
            /// Every step, in the order in which they happen.
            pub(crate) const ALL: &[Step] = &[$(Step::$step),*];

            pub(crate) fn definition(self) -> Definition {
                match self {
                    $(Step::$step => Definition {
                        name: $name,
                        operation: $operation,
                        credential: Credential::$credential,
                        needs: &[$(Step::$need),*],
                        draft: $draft,
                    },)*
                }
            }
        }
    };
}

/// What is fixed about a step before the run.
pub(crate) struct Definition {
    /// Its name in snapshots and messages.
    pub(crate) name: &'static str,
    /// The operation that it exercises.
    pub(crate) operation: &'static str,
    /// The credential that it carries.
    pub(crate) credential: Credential,
    /// The steps that its request is made from.
    pub(crate) needs: &'static [Step],
    /// Makes the request from what the steps before it were answered.
    pub(crate) draft: fn(&Observed) -> Result<Draft, Unmet>,
}

/// What of a request depends on the run.
#[derive(Default)]
pub(crate) struct Draft {
    /// The organization, when it is another one than the run's.
    pub(crate) organization: Option<String>,
    /// The registry's slug, for operations on one registry.
    pub(crate) slug: Option<String>,
    /// The body.
    pub(crate) body: Option<String>,
}

steps! {
    /// What is there before the run; also tells whether the token is accepted.
    ListBefore = "list-before", "list_registries", Main, needs [], |_| nothing();
    GetToken = "get-token", "get_access_token", Main, needs [], |_| nothing();

    // Two registries: with as little as possible, with everything.
    CreateMinimal = "create-minimal", "create_registry", Main, needs [],
        |run| create(&json!({"name": run.name("alpha"), "ecosystem": "ruby"}));
    CreateFull = "create-full", "create_registry", Main, needs [],
        |run| create(&json!({
            "name": run.name("beta"),
            "ecosystem": "ruby",
            "description": DESCRIPTION.to_owned() + &long_description(),
            "emoji": ":sunflower:",
            "color": "#f0ccff",
            "oidc_policy": [{
                "iss": "https://agent.buildkite.com",
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

    // The full one is updated, got, and cleared, which the list tells.
    UpdateName = "update-name", "update_registry", Main, needs [CreateFull],
        |run| update(run.slug(Step::CreateFull)?, &json!({"name": run.name("Renamed")}));
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
            "emoji": ":gem:",
        }));
    UpdateWithPut = "update-with-put", "update_registry_with_put", Main,
        needs [CreateFull, UpdateName],
        |run| update(run.current_slug(Step::CreateFull, Step::UpdateName)?, &json!({
            "color": "#00ff00",
        }));
    GetUpdated = "get-updated", "get_registry", Main, needs [CreateFull, UpdateName],
        |run| get(run.current_slug(Step::CreateFull, Step::UpdateName)?);
    UpdateClear = "update-clear", "update_registry", Main, needs [CreateFull, UpdateName],
        |run| update(run.current_slug(Step::CreateFull, Step::UpdateName)?, &json!({
            "description": null, "emoji": null, "color": null, "oidc_policy": null,
        }));
    UpdateEcosystem = "update-ecosystem", "update_registry", Main, needs [CreateMinimal],
        |run| update(run.slug(Step::CreateMinimal)?, &json!({"ecosystem": "java"}));

    // What must be refused, and must leave no trace.
    GetUnknown = "get-unknown", "get_registry", Main, needs [], |run| get(run.unknown_slug());
    UpdateUnknown = "update-unknown", "update_registry", Main, needs [],
        |run| update(run.unknown_slug(), &json!({"description": "of nothing"}));
    DeleteUnknown = "delete-unknown", "delete_registry", Main, needs [],
        |run| get(run.unknown_slug());
    CreateWithoutName = "create-without-name", "create_registry", Main, needs [],
        |_| create(&json!({"ecosystem": "ruby"}));
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
            "oidc_policy": [{"iss": "https://issuer.invalid", "claims": {"sub": "anyone"}}],
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
    GetWithoutToken = "get-without-token", "get_registry", None, needs [CreateMinimal],
        |run| get(run.slug(Step::CreateMinimal)?);
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
    ListOtherScheme = "list-other-scheme", "list_registries", OtherScheme, needs [],
        |_| nothing();
    CreateOtherScheme = "create-other-scheme", "create_registry", OtherScheme, needs [],
        |run| create(&json!({"name": run.name("omega"), "ecosystem": "ruby"}));
    CreateUnknownOrganization = "create-unknown-organization", "create_registry", Main, needs [],
        |run| of_organization(run.unknown_organization(), Some(&json!({
            "name": run.name("sigma"), "ecosystem": "ruby",
        })));
    // A token that may not even read: the one that is revoked at the end, if it is such a one.
    GetRevocableToken = "get-revocable-token", "get_access_token", Revocable, needs [],
        |_| nothing();
    ListWithoutScope = "list-without-scope", "list_registries", Revocable,
        needs [GetRevocableToken],
        |run| {
            run.revocable_token_may_not_read()?;
            nothing()
        };
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
    ListUpdated = "list-updated", "list_registries", Main, needs [], |_| nothing();

    DeleteRenamed = "delete-renamed", "delete_registry", Main, needs [CreateFull, UpdateName],
        |run| get(run.current_slug(Step::CreateFull, Step::UpdateName)?);
    GetDeleted = "get-deleted", "get_registry", Main, needs [CreateFull, DeleteRenamed],
        |run| get(run.current_slug(Step::CreateFull, Step::UpdateName)?);
    DeleteMinimal = "delete-minimal", "delete_registry", Main, needs [CreateMinimal],
        |run| get(run.slug(Step::CreateMinimal)?);
    DeletePolicyText = "delete-policy-text", "delete_registry", Main, needs [CreatePolicyText],
        |run| get(run.slug(Step::CreatePolicyText)?);
    DeletePython = "delete-python", "delete_registry", Main, needs [CreatePython],
        |run| get(run.slug(Step::CreatePython)?);
    ListAfter = "list-after", "list_registries", Main, needs [], |_| nothing();

    RevokeToken = "revoke-token", "revoke_access_token", Revocable, needs [], |_| nothing();
    GetRevokedToken = "get-revoked-token", "get_access_token", Revocable, needs [RevokeToken],
        |_| nothing();
}

impl Step {
    /// The smallest profile that the step is part of.
    pub(crate) fn profile(self) -> Profile {
        match self {
            Step::ListBefore
            | Step::GetToken
            | Step::GetUnknown
            | Step::ListWithoutToken
            | Step::ListUnknownToken
            | Step::TokenWithoutToken => Profile::Smoke,
            step if Step::PatchWithoutToken <= step && step <= Step::GetWithoutScope => {
                Profile::Deep
            }
            Step::LimitedPatch
            | Step::LimitedPut
            | Step::CreatePolicyText
            | Step::CreatePython
            | Step::DeletePolicyText
            | Step::DeletePython => Profile::Deep,
            _ => Profile::Core,
        }
    }

    /// This step and every step that it cannot do without.
    pub(crate) fn with_needs(self) -> Vec<Step> {
        let mut steps: Vec<Step> =
            self.definition().needs.iter().flat_map(|need| need.with_needs()).collect();
        steps.push(self);
        steps
    }
}

#[expect(clippy::unnecessary_wraps, reason = "every draft has this type")]
fn nothing() -> Result<Draft, Unmet> {
    Ok(Draft::default())
}

#[expect(clippy::unnecessary_wraps, reason = "every draft has this type")]
fn raw(body: String) -> Result<Draft, Unmet> {
    Ok(Draft { body: Some(body), ..Draft::default() })
}

fn create(body: &Value) -> Result<Draft, Unmet> {
    raw(body.to_string())
}

#[expect(clippy::unnecessary_wraps, reason = "every draft has this type")]
fn get(slug: String) -> Result<Draft, Unmet> {
    Ok(Draft { slug: Some(slug), ..Draft::default() })
}

#[expect(clippy::unnecessary_wraps, reason = "every draft has this type")]
fn update(slug: String, body: &Value) -> Result<Draft, Unmet> {
    Ok(Draft { slug: Some(slug), body: Some(body.to_string()), ..Draft::default() })
}

#[expect(clippy::unnecessary_wraps, reason = "every draft has this type")]
fn of_organization(slug: String, body: Option<&Value>) -> Result<Draft, Unmet> {
    let body = body.map(ToString::to_string);
    Ok(Draft { organization: Some(slug), body, ..Draft::default() })
}
