//! The file of declared registries.

use std::{
    cell::OnceCell,
    collections::{BTreeMap, BTreeSet},
};

use registries_client::{Field, types};
use registries_policy::{Json, OidcPolicy};
use schemars::JsonSchema;
use serde::{
    Deserialize, Serialize,
    de::{DeserializeOwned, IgnoredAny},
};
use serde_json::Value;
use serde_saphyr::{
    Location, MessageFormatter as _, Spanned, UserMessageFormatter, budget::BudgetBreach,
};

use super::{
    Difference,
    difference::is_none,
    shape::{self, Node, nowhere},
};
use crate::failure::Failure;

/// Declared registries
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    /// The registries, each by its name
    pub(crate) registries: Vec<Declared>,
    /// Where they come from.
    #[serde(skip)]
    pub(crate) source: Source,
}

/// The text of a file, and its name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Source {
    text: String,
    place: String,
    /// The lines on which registries begin, once they are needed; none if the text cannot be read as YAML.
    lines: OnceCell<Vec<u64>>,
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
    pub(crate) fn parse(text: String, place: String) -> Result<Self, Failure> {
        let source = Source { text, place, lines: OnceCell::new() };
        // JSON is YAML, and has a faster reader of its own.
        let file = match serde_json::from_str::<Self>(&source.text) {
            Ok(file) => file,
            Err(_) => read(&source.text).map_err(|error| source.mistake(&error))?,
        };
        let mut names = BTreeMap::new();
        for (index, Declared { name, policy, .. }) in file.registries.iter().enumerate() {
            if let Some(first) = names.insert(name, index) {
                let first = source.line(first).map(|line| format!(", the first on line {line}"));
                return Err(Failure::Usage(format!(
                    "{}: two registries have the name {name:?}{}",
                    source.at(index),
                    first.unwrap_or_default()
                )));
            }
            let problems = policy.value().map(policy_problems).unwrap_or_default();
            if !problems.is_empty() {
                return Err(Failure::Usage(format!(
                    "{}: the policy of {name:?} is not valid:\n  - {}",
                    source.at(index),
                    problems.join("\n  - ")
                )));
            }
        }
        Ok(Self { source, ..file })
    }
}

impl Source {
    /// Where a registry begins.
    pub(super) fn at(&self, index: usize) -> String {
        let line = self.line(index).map(|line| format!(":{line}"));
        format!("{}{}", self.place, line.unwrap_or_default())
    }

    /// The line on which a registry begins, if the text can be read as YAML.
    fn line(&self, index: usize) -> Option<u64> {
        let lines = self.lines.get_or_init(|| {
            let registries =
                read(&self.text).map_or_else(|_| Vec::new(), |it: Places| it.registries);
            registries.iter().map(|it| it.referenced.line()).collect()
        });
        lines.get(index).copied()
    }

    /// What is wrong with the text, where, and what is expected.
    fn mistake(&self, error: &serde_saphyr::Error) -> Failure {
        let json = || serde_json::from_str::<Value>(&self.text).ok().map(|it| nowhere(it.into()));
        let node: Result<Spanned<Node>, _> = read(&self.text);
        let (location, said) = match node {
            Ok(node) => shape::mistake(&node).unwrap_or_else(|| unreadable(error)),
            // Not all JSON is YAML, such as a text with the character DEL.
            Err(error) => {
                json().and_then(|it| shape::mistake(&it)).unwrap_or_else(|| unreadable(&error))
            }
        };
        let at = (location != Location::UNKNOWN)
            .then(|| format!(":{}:{}", location.line(), location.column()));
        Failure::Usage(format!("{}{}: {said}", self.place, at.unwrap_or_default()))
    }
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, serde_saphyr::Error> {
    // As policies are read: `no` is a word, as in YAML 1.2.
    let options = serde_saphyr::options! {
        strict_booleans: true,
        merge_keys: serde_saphyr::options::MergeKeyPolicy::AsOrdinary,
        budget: serde_saphyr::budget! { max_anchors: 0, max_aliases: 0 },
    };
    serde_saphyr::from_str_with_options(text, options)
}

/// Why a text cannot be read at all, and where.
fn unreadable(error: &serde_saphyr::Error) -> (Location, String) {
    use serde_saphyr::Error;
    let location = error.location().unwrap_or(Location::UNKNOWN);
    let said = match error.without_snippet() {
        Error::DuplicateMappingKey { key: Some(key), .. } => {
            format!("the property {key:?} is given twice")
        }
        Error::MultipleDocuments { .. } => {
            "a second document begins here; put all registries into one".to_owned()
        }
        Error::Budget {
            breach: BudgetBreach::Anchors { .. } | BudgetBreach::Aliases { .. },
            ..
        } => "anchors and aliases are not supported; write the value out".to_owned(),
        error => format!("this is not YAML: {}", UserMessageFormatter.format_message(error)),
    };
    (location, said)
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
