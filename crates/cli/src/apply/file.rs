//! The file of declared registries.

use std::collections::BTreeSet;

use registries_client::{Field, types};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::failure::Failure;

/// Declared registries
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    /// The registries, each by its name
    pub(crate) registries: Vec<Declared>,
}

/// A declared registry. A property that is left out stays as it is; one that is null is cleared.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Declared {
    /// The name, by which the registry is found
    pub(crate) name: String,
    /// The package ecosystem, such as ruby; it cannot change
    pub(crate) ecosystem: String,
    /// What the registry is for
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    #[schemars(with = "Option<String>")]
    pub(crate) description: Field<String>,
    /// An emoji, such as :sunflower:
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    #[schemars(with = "Option<String>")]
    pub(crate) emoji: Field<String>,
    /// A colour, such as #f0ccff
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    #[schemars(with = "Option<String>")]
    pub(crate) color: Field<String>,
    /// The policy by which OIDC tokens are accepted: YAML text or a list of statements
    #[serde(default, skip_serializing_if = "Field::is_absent")]
    #[schemars(with = "Option<Value>")]
    pub(crate) policy: Field<Value>,
    /// The ids of the teams that a new registry is created with; later they cannot change
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) team_ids: Vec<String>,
    /// The descriptions of the registry's tokens; left out, tokens stay as they are
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tokens: Option<BTreeSet<String>>,
}

impl File {
    /// Reads a file, of which each registry has a name of its own.
    pub(crate) fn parse(text: &str, place: &str) -> Result<Self, Failure> {
        // As policies are read: `no` is a word, as in YAML 1.2.
        let options = serde_saphyr::options! {
            strict_booleans: true,
            merge_keys: serde_saphyr::options::MergeKeyPolicy::AsOrdinary,
            budget: serde_saphyr::budget! { max_anchors: 0, max_aliases: 0 },
        };
        let file: Self = serde_saphyr::from_str_with_options(text, options)
            .map_err(|error| Failure::Usage(format!("{place}: {error}")))?;
        let mut names = BTreeSet::new();
        match file.registries.iter().find(|it| !names.insert(it.name.as_str())) {
            Some(twice) => {
                let name = &twice.name;
                Err(Failure::Usage(format!("{place}: two registries have the name {name:?}")))
            }
            None => Ok(file),
        }
    }
}

impl Declared {
    /// A registry as it is, without its tokens.
    pub(crate) fn of(registry: &types::Registry) -> Self {
        let field = |text: &Option<String>| text.clone().map_or(Field::Absent, Field::Value);
        let policy = serde_json::to_value(&registry.oidc_policy).unwrap_or_default();
        Self {
            name: registry.name.clone(),
            ecosystem: registry.ecosystem.to_string(),
            description: field(&registry.description),
            emoji: field(&registry.emoji),
            color: field(&registry.color),
            policy: if policy.is_null() { Field::Absent } else { Field::Value(policy) },
            team_ids: registry.team_ids.clone().unwrap_or_default(),
            tokens: None,
        }
    }
}
