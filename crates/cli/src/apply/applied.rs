//! What becomes of a change, for programs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Change, Difference,
    plan::{OldToken, What},
};
use crate::views::View;

/// A change of `registries apply`
#[derive(Serialize, Deserialize, JsonSchema)]
pub(crate) struct Applied {
    /// The name of the registry
    pub(crate) name: String,
    /// The slug; null before the registry is created
    pub(crate) slug: Option<String>,
    /// What is done about the registry
    action: Action,
    /// The properties that change; of a new registry those that it gets
    properties: Vec<Difference>,
    /// The tokens that are created
    pub(crate) new_tokens: Vec<NewToken>,
    /// The tokens that are revoked
    revoked_tokens: Vec<OldToken>,
    /// What became of it
    pub(crate) outcome: Progress,
    /// Why it failed
    pub(crate) error: Option<String>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Action {
    Create,
    Update,
    Delete,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Progress {
    Planned,
    Done,
    Failed,
    NotBegun,
}

/// A token that is created.
#[derive(Serialize, Deserialize, JsonSchema)]
pub(crate) struct NewToken {
    /// What the token is for
    pub(crate) description: String,
    /// The id; null until it is created
    pub(crate) id: Option<String>,
    /// The secret, which most deployments never show again; null until it is created
    pub(crate) token: Option<String>,
}

impl Applied {
    /// A change that is planned.
    pub(crate) fn planned(change: &Change) -> Self {
        let (action, slug, properties) = match &change.what {
            What::Create(declared) => (Action::Create, None, declared.properties()),
            What::Update { slug, differences, .. } => {
                (Action::Update, Some(slug.clone()), differences.clone())
            }
            What::Delete { slug } => (Action::Delete, Some(slug.clone()), Vec::new()),
        };
        let new_token = |description: &String| NewToken {
            description: description.clone(),
            id: None,
            token: None,
        };
        Self {
            name: change.name.clone(),
            slug,
            action,
            properties,
            new_tokens: change.new_tokens.iter().map(new_token).collect(),
            revoked_tokens: change.old_tokens.clone(),
            outcome: Progress::Planned,
            error: None,
        }
    }
}

impl View for Applied {
    const COLUMNS: &[&str] = &["name", "action", "outcome"];
}
