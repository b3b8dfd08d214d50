//! The file of declared registries.

use std::collections::{BTreeMap, BTreeSet};

use registries_client::{Field, types};
use registries_command_line::meant;
use registries_policy::{Json, OidcPolicy};
use schemars::JsonSchema;
use serde::{
    Deserialize, Serialize,
    de::{DeserializeOwned, IgnoredAny},
};
use serde_json::Value;
use serde_saphyr::{MessageFormatter as _, Spanned, UserMessageFormatter};

use super::{Difference, difference::is_none};
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
    /// A color, such as #f0ccff
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

/// Where the registries of a file stand.
#[derive(Deserialize)]
struct Places {
    registries: Vec<Spanned<IgnoredAny>>,
}

impl File {
    /// Reads a file, of which each registry has a name of its own, and a valid policy if it has one.
    pub(crate) fn parse(text: &str, place: &str) -> Result<Self, Failure> {
        // JSON is YAML, and has a faster reader of its own.
        let file: Self = match serde_json::from_str(text) {
            Ok(file) => file,
            // Not all JSON is YAML, such as a text with the character DEL.
            Err(error) if error.is_data() && read::<IgnoredAny>(text, place).is_err() => {
                return Err(Failure::Usage(format!("{place}: {error}")));
            }
            Err(_) => read(text, place)?,
        };
        let mut names = BTreeMap::new();
        for (index, Declared { name, policy, .. }) in file.registries.iter().enumerate() {
            if let Some(first) = names.insert(name, index) {
                let first =
                    line(text, place, first).map(|line| format!(", the first on line {line}"));
                return Err(Failure::Usage(format!(
                    "{}: two registries have the name {name:?}{}",
                    at(text, place, index),
                    first.unwrap_or_default()
                )));
            }
            let problems = policy.value().map(policy_problems).unwrap_or_default();
            if !problems.is_empty() {
                return Err(Failure::Usage(format!(
                    "{}: the policy of {name:?} is not valid:\n  - {}",
                    at(text, place, index),
                    problems.join("\n  - ")
                )));
            }
        }
        Ok(file)
    }
}

/// The line on which a registry of a file begins, if the file can be read as YAML.
fn line(text: &str, place: &str, index: usize) -> Option<u64> {
    let Places { registries } = read(text, place).ok()?;
    Some(registries.get(index)?.referenced.line())
}

/// Where a registry of a file begins.
fn at(text: &str, place: &str, index: usize) -> String {
    let line = line(text, place, index).map(|line| format!(":{line}"));
    format!("{place}{}", line.unwrap_or_default())
}

fn read<T: DeserializeOwned>(text: &str, place: &str) -> Result<T, Failure> {
    // As policies are read: `no` is a word, as in YAML 1.2.
    let options = serde_saphyr::options! {
        strict_booleans: true,
        merge_keys: serde_saphyr::options::MergeKeyPolicy::AsOrdinary,
        budget: serde_saphyr::budget! { max_anchors: 0, max_aliases: 0 },
    };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| mistake(place, &error))
}

/// What is wrong with a file, where, and which property was probably meant.
fn mistake(place: &str, error: &serde_saphyr::Error) -> Failure {
    let at = error.location().map(|at| format!(":{}:{}", at.line(), at.column()));
    let error = error.without_snippet();
    let text = match error {
        serde_saphyr::Error::SerdeUnknownField { field, expected, .. } => {
            let hint =
                meant(field, expected.iter().copied()).map(|it| format!(" (did you mean {it}?)"));
            let known = expected.join(", ");
            format!("unknown property {field:?}{}; known are {known}", hint.unwrap_or_default())
        }
        error => UserMessageFormatter.format_message(error).into_owned(),
    };
    Failure::Usage(format!("{place}{}: {text}", at.unwrap_or_default()))
}

/// What is wrong with a policy.
fn policy_problems(policy: &Value) -> Vec<String> {
    let checked = match policy {
        policy if is_none(policy) => return Vec::new(),
        Value::String(text) => OidcPolicy::from_yaml(text),
        policy => match Json::deserialize(policy) {
            Ok(Json::Array(statements)) => OidcPolicy::from_json(&statements),
            _ => return vec!["it must be YAML text, a list of statements or null".to_owned()],
        },
    };
    checked.err().into_iter().flatten().map(|problem| problem.message).collect()
}

impl Declared {
    /// The properties that a new registry gets.
    pub(crate) fn properties(&self) -> Vec<Difference> {
        let texts =
            [("description", &self.description), ("emoji", &self.emoji), ("color", &self.color)];
        let texts = texts.into_iter().filter_map(|(property, value)| {
            Some(Difference::new(property, Value::Null, value.value()?.as_str()))
        });
        let policy = self.policy.value().filter(|policy| !is_none(policy));
        let policy = policy.map(|policy| Difference::new("policy", Value::Null, policy.clone()));
        let teams = self.team_ids.clone();
        let teams = (!teams.is_empty()).then(|| Difference::new("team_ids", Value::Null, teams));
        texts.chain(policy).chain(teams).collect()
    }

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
