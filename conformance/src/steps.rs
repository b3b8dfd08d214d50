//! The exchanges of a run, in the order in which they happen. Cases share them: each says which
//! ones it looks at, and a run sends those that its cases need, once.

use serde_json::{Value, json};

use crate::{
    exchange::Credential,
    observed::{Observed, Unmet},
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

/// Text that does not survive a wrong encoding, a wrong escape or a filter.
pub(crate) const DESCRIPTION: &str = "Größe, 日本語, 🌻, \"quoted\" \\ & <b>bold</b>";

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
pub(crate) struct Draft {
    /// The registry's slug, for operations on one registry.
    pub(crate) slug: Option<String>,
    /// The body.
    pub(crate) body: Option<String>,
}

steps! {
    /// What is there before the run; also tells whether the token is accepted.
    ListBefore = "list-before", "list_registries", Main, needs [], |_| nothing();
    GetToken = "get-token", "get_access_token", Main, needs [], |_| nothing();

    // Three registries: with as little as possible, with everything, with a policy as statements.
    CreateMinimal = "create-minimal", "create_registry", Main, needs [],
        |run| create(&json!({"name": run.name("alpha"), "ecosystem": "ruby"}));
    GetMinimal = "get-minimal", "get_registry", Main, needs [CreateMinimal],
        |run| get(run.slug(Step::CreateMinimal)?);
    CreateFull = "create-full", "create_registry", Main, needs [],
        |run| create(&json!({
            "name": run.name("beta"),
            "ecosystem": "ruby",
            "description": DESCRIPTION,
            "emoji": ":sunflower:",
            "color": "#f0ccff",
            "oidc_policy": POLICY_TEXT,
        }));
    GetFull = "get-full", "get_registry", Main, needs [CreateFull],
        |run| get(run.slug(Step::CreateFull)?);
    CreateStatements = "create-statements", "create_registry", Main, needs [],
        |run| create(&json!({
            "name": run.name("gamma"),
            "ecosystem": "python",
            "description": long_description(),
            "oidc_policy": [{
                "iss": "https://agent.buildkite.com",
                "claims": {"organization_slug": "my-org", "pipeline_slug": {"in": ["my-pipeline"]}},
            }],
        }));
    ListCreated = "list-created", "list_registries", Main, needs [], |_| nothing();

    UpdateDescription = "update-description", "update_registry", Main, needs [CreateFull],
        |run| update(run.slug(Step::CreateFull)?, &json!({"description": "changed"}));
    GetUpdated = "get-updated", "get_registry", Main, needs [CreateFull, UpdateDescription],
        |run| get(run.slug(Step::CreateFull)?);
    UpdateClear = "update-clear", "update_registry", Main, needs [CreateFull],
        |run| update(run.slug(Step::CreateFull)?, &json!({
            "description": null, "emoji": null, "color": null, "oidc_policy": null,
        }));
    UpdatePolicy = "update-policy", "update_registry", Main, needs [CreateStatements],
        |run| update(run.slug(Step::CreateStatements)?, &json!({"oidc_policy": POLICY_TEXT}));
    UpdateName = "update-name", "update_registry", Main, needs [CreateMinimal],
        |run| update(run.slug(Step::CreateMinimal)?, &json!({"name": run.name("Renamed")}));
    GetRenamed = "get-renamed", "get_registry", Main, needs [UpdateName],
        |run| get(run.slug(Step::UpdateName)?);
    GetOldSlug = "get-old-slug", "get_registry", Main, needs [CreateMinimal, UpdateName],
        |run| get(run.replaced_slug(Step::CreateMinimal, Step::UpdateName)?);
    UpdateWithPatch = "update-with-patch", "update_registry_with_patch", Main,
        needs [CreateStatements],
        |run| update(run.slug(Step::CreateStatements)?, &json!({"emoji": ":gem:"}));
    UpdateWithPut = "update-with-put", "update_registry_with_put", Main, needs [CreateStatements],
        |run| update(run.slug(Step::CreateStatements)?, &json!({"color": "#00ff00"}));
    UpdateEcosystem = "update-ecosystem", "update_registry", Main, needs [CreateStatements],
        |run| update(run.slug(Step::CreateStatements)?, &json!({"ecosystem": "java"}));

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
    CreateDuplicate = "create-duplicate", "create_registry", Main, needs [CreateFull],
        |run| create(&json!({"name": run.name("beta"), "ecosystem": "ruby"}));
    UpdateWrongType = "update-wrong-type", "update_registry", Main, needs [CreateFull],
        |run| update(run.slug(Step::CreateFull)?, &json!({"description": {"not": "text"}}));
    ListWithoutToken = "list-without-token", "list_registries", None, needs [], |_| nothing();
    ListUnknownToken = "list-unknown-token", "list_registries", Unknown, needs [], |_| nothing();
    CreateWithoutToken = "create-without-token", "create_registry", None, needs [],
        |run| create(&json!({"name": run.name("iota"), "ecosystem": "ruby"}));
    /// Tells whether the limited token is what it has to be.
    GetLimitedToken = "get-limited-token", "get_access_token", Limited, needs [], |_| nothing();
    LimitedGet = "limited-get", "get_registry", Limited, needs [GetLimitedToken, CreateFull],
        |run| get(run.slug(Step::CreateFull)?);
    LimitedCreate = "limited-create", "create_registry", Limited, needs [LimitedGet],
        |run| {
            run.limited_token_is_fit()?;
            create(&json!({"name": run.name("kappa"), "ecosystem": "ruby"}))
        };
    LimitedUpdate = "limited-update", "update_registry", Limited, needs [LimitedGet],
        |run| {
            run.limited_token_is_fit()?;
            update(run.slug(Step::CreateFull)?, &json!({"description": "by the wrong token"}))
        };
    LimitedDelete = "limited-delete", "delete_registry", Limited, needs [LimitedGet],
        |run| {
            run.limited_token_is_fit()?;
            get(run.slug(Step::CreateFull)?)
        };
    ListUpdated = "list-updated", "list_registries", Main, needs [], |_| nothing();

    DeleteRenamed = "delete-renamed", "delete_registry", Main, needs [CreateMinimal],
        |run| get(run.current_slug(Step::CreateMinimal, Step::UpdateName)?);
    GetDeleted = "get-deleted", "get_registry", Main, needs [CreateMinimal, DeleteRenamed],
        |run| get(run.current_slug(Step::CreateMinimal, Step::UpdateName)?);
    DeleteFull = "delete-full", "delete_registry", Main, needs [CreateFull],
        |run| get(run.slug(Step::CreateFull)?);
    DeleteStatements = "delete-statements", "delete_registry", Main, needs [CreateStatements],
        |run| get(run.slug(Step::CreateStatements)?);
    ListAfter = "list-after", "list_registries", Main, needs [], |_| nothing();

    RevokeToken = "revoke-token", "revoke_access_token", Revocable, needs [], |_| nothing();
    GetRevokedToken = "get-revoked-token", "get_access_token", Revocable, needs [RevokeToken],
        |_| nothing();
}

impl Step {
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
    Ok(Draft { slug: None, body: None })
}

#[expect(clippy::unnecessary_wraps, reason = "every draft has this type")]
fn raw(body: String) -> Result<Draft, Unmet> {
    Ok(Draft { slug: None, body: Some(body) })
}

fn create(body: &Value) -> Result<Draft, Unmet> {
    raw(body.to_string())
}

#[expect(clippy::unnecessary_wraps, reason = "every draft has this type")]
fn get(slug: String) -> Result<Draft, Unmet> {
    Ok(Draft { slug: Some(slug), body: None })
}

#[expect(clippy::unnecessary_wraps, reason = "every draft has this type")]
fn update(slug: String, body: &Value) -> Result<Draft, Unmet> {
    Ok(Draft { slug: Some(slug), body: Some(body.to_string()) })
}
