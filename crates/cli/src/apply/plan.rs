//! What differs between the file and the organization.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use registries_client::{Field, types};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Declared, Difference, File,
    difference::{is_none, is_same_policy},
    valid,
};
use crate::{failure::Failure, visible::visible};

/// What is there: the registries, and the tokens of those whose tokens are declared, by slug.
pub(crate) struct Found {
    pub(crate) registries: Vec<types::Registry>,
    pub(crate) tokens: BTreeMap<String, Vec<types::RegistryToken>>,
}

/// What is to change.
pub(crate) struct Plan {
    pub(crate) changes: Vec<Change>,
}

/// What is to change about one registry.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub(crate) name: String,
    pub(crate) what: What,
    /// Descriptions of tokens that are missing.
    pub(crate) new_tokens: Vec<String>,
    /// Tokens that are not declared.
    pub(crate) old_tokens: Vec<OldToken>,
}

/// A token that is revoked.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct OldToken {
    /// The id
    pub(crate) id: String,
    /// What the token was for
    pub(crate) description: String,
}

/// What is to become of a registry.
#[derive(Clone, Debug)]
pub(crate) enum What {
    Create(Box<Declared>),
    /// Only what differs is in it.
    Update {
        slug: String,
        set: Box<Set>,
        differences: Vec<Difference>,
    },
    Delete {
        slug: String,
    },
}

/// Properties to set or to clear.
#[derive(Clone, Debug, Default)]
pub(crate) struct Set {
    pub(crate) description: Field<String>,
    pub(crate) emoji: Field<String>,
    pub(crate) color: Field<String>,
    pub(crate) policy: Field<Value>,
}

impl Plan {
    /// Compares them. What is not declared is deleted with `prune`, and stays otherwise.
    ///
    /// # Errors
    ///
    /// Everything that cannot be carried out as it is declared.
    pub(crate) fn new(file: File, found: &Found, prune: bool) -> Result<Self, Failure> {
        check_names(&found.registries, file.registries.iter().map(|it| it.name.as_str()))?;
        let names: BTreeSet<String> = file.registries.iter().map(|it| it.name.clone()).collect();
        let (existing, mut new_slugs) = (Existing::of(&found.registries), BTreeMap::new());
        let (mut changes, mut wrong, mut conflicts) = (Vec::new(), Vec::new(), Vec::new());
        for (index, declared) in file.registries.into_iter().enumerate() {
            let at = |said: String| format!("{}: {said}", file.source.at(index));
            let change = match existing.by_name.get(declared.name.as_str()) {
                None => {
                    let name = &declared.name;
                    if let Some(slug) = valid::slug(name) {
                        conflicts.extend(existing.holder(&slug, name).map(at));
                        let other = new_slugs.insert(slug.clone(), name.clone());
                        wrong.extend(other.map(|other| {
                            at(format!(
                                "{other:?} and {name:?} lead to the same slug, {slug}; choose another name"
                            ))
                        }));
                    }
                    Some(Change::creation(declared))
                }
                Some(registry) => {
                    conflicts.extend(other_ecosystem(&declared, registry).map(at));
                    let tokens = found.tokens.get(&registry.slug);
                    let tokens = tokens.map(Vec::as_slice).unwrap_or_default();
                    Change::update(declared, registry, tokens, prune)
                }
            };
            if let Some(change) = change {
                let problems = valid::problems(&change).into_iter();
                wrong.extend(problems.map(|it| at(format!("{:?}: {it}", change.name))));
                changes.push(change);
            }
        }
        if !wrong.is_empty() {
            wrong.append(&mut conflicts);
            return Err(Failure::Usage(listed(&wrong)));
        }
        if !conflicts.is_empty() {
            return Err(Failure::Refused(listed(&conflicts)));
        }
        if prune {
            let undeclared = found.registries.iter().filter(|it| !names.contains(&it.name));
            changes.extend(undeclared.map(|registry| Change {
                name: registry.name.clone(),
                what: What::Delete { slug: registry.slug.clone() },
                new_tokens: Vec::new(),
                old_tokens: Vec::new(),
            }));
        }
        Ok(Self { changes })
    }

    /// What is created and changed; and what is deleted and revoked, once all of that succeeded.
    pub(crate) fn in_order(self) -> (Vec<Change>, Vec<Change>) {
        let is_deletion = |change: &Change| matches!(change.what, What::Delete { .. });
        let (mut removals, mut changes): (Vec<_>, Vec<_>) =
            self.changes.into_iter().partition(is_deletion);
        for change in &mut changes {
            let old_tokens = std::mem::take(&mut change.old_tokens);
            if let (What::Update { slug, .. }, false) = (&change.what, old_tokens.is_empty()) {
                let (slug, set) = (slug.clone(), Box::default());
                let what = What::Update { slug, set, differences: Vec::new() };
                let name = change.name.clone();
                removals.push(Change { name, what, new_tokens: Vec::new(), old_tokens });
            }
        }
        changes.retain(|change| !change.is_empty());
        (changes, removals)
    }

    /// Whether something is deleted or revoked.
    pub(crate) fn is_destructive(&self) -> bool {
        self.changes.iter().any(|change| {
            matches!(change.what, What::Delete { .. }) || !change.old_tokens.is_empty()
        })
    }
}

impl Change {
    fn creation(declared: Declared) -> Self {
        Self {
            name: declared.name.clone(),
            new_tokens: declared.tokens.clone().into_iter().flatten().collect(),
            what: What::Create(Box::new(declared)),
            old_tokens: Vec::new(),
        }
    }

    fn update(
        declared: Declared,
        registry: &types::Registry,
        tokens: &[types::RegistryToken],
        prune: bool,
    ) -> Option<Self> {
        let Declared { name, description, emoji, color, policy, tokens: wanted, .. } = declared;
        let mut differences = Vec::new();
        let mut text = |property: &str, wanted: Field<String>, is: &Option<String>| {
            let new = wanted.value().map(String::as_str).filter(|new| !new.is_empty());
            let old = is.as_deref().filter(|old| !old.is_empty());
            if wanted.is_absent() || new == old {
                return Field::Absent;
            }
            differences.push(Difference::new(property, old, new));
            new.map_or(Field::Null, |new| Field::Value(new.to_owned()))
        };
        let mut set = Set {
            description: text("description", description, &registry.description),
            emoji: text("emoji", emoji, &registry.emoji),
            color: text("color", color, &registry.color),
            policy: Field::Absent,
        };
        let is = serde_json::to_value(&registry.oidc_policy).unwrap_or_default();
        let new = policy.value().cloned().unwrap_or_default();
        if !policy.is_absent() && !is_same_policy(&new, &is) {
            differences.push(Difference::new("policy", is, new.clone()));
            set.policy = if is_none(&new) { Field::Null } else { Field::Value(new) };
        }
        let described =
            |token: &types::RegistryToken| token.description.clone().unwrap_or_default();
        let is: BTreeSet<String> = tokens.iter().map(described).collect();
        let new_tokens: Vec<String> =
            wanted.iter().flat_map(|it| it.difference(&is)).cloned().collect();
        // A token without a description cannot be declared, and stays.
        let is_old = |token: &OldToken| {
            let is_undeclared = wanted.as_ref().is_some_and(|it| !it.contains(&token.description));
            prune && !token.description.is_empty() && is_undeclared
        };
        let tokens = tokens
            .iter()
            .map(|token| OldToken { id: token.id.clone(), description: described(token) });
        let old_tokens = tokens.filter(is_old).collect();
        let what = What::Update { slug: registry.slug.clone(), set: Box::new(set), differences };
        let change = Self { name, what, new_tokens, old_tokens };
        (!change.is_empty()).then_some(change)
    }

    /// Whether nothing is to change.
    fn is_empty(&self) -> bool {
        let is_as_it_was =
            matches!(&self.what, What::Update { differences, .. } if differences.is_empty());
        is_as_it_was && self.new_tokens.is_empty() && self.old_tokens.is_empty()
    }
}

/// Several problems, or the one.
fn listed(problems: &[String]) -> String {
    match problems {
        [only] => only.clone(),
        all => format!("nothing can be changed as it is declared:\n  - {}", all.join("\n  - ")),
    }
}

/// That a registry has another ecosystem than is declared.
fn other_ecosystem(declared: &Declared, registry: &types::Registry) -> Option<String> {
    let Declared { name, ecosystem, .. } = declared;
    let is = registry.ecosystem.as_str();
    (is != ecosystem).then(|| {
        format!(
            "the ecosystem of {name:?} is {}, and cannot change to {}; delete the registry first, or \
             declare what it is",
            visible(is),
            visible(ecosystem)
        )
    })
}

/// The registries that are there.
struct Existing<'a> {
    by_name: BTreeMap<&'a str, &'a types::Registry>,
    by_slug: BTreeMap<&'a str, &'a types::Registry>,
}

impl<'a> Existing<'a> {
    fn of(registries: &'a [types::Registry]) -> Self {
        Self {
            by_name: registries.iter().map(|it| (it.name.as_str(), it)).collect(),
            by_slug: registries.iter().map(|it| (it.slug.as_str(), it)).collect(),
        }
    }

    /// Which of them has the slug that a new name leads to, and so is in its way.
    fn holder(&self, slug: &str, name: &str) -> Option<String> {
        let other = self.by_slug.get(slug)?;
        Some(format!(
            "{name:?} leads to the slug {slug}, which {:?} has; declare that name, or rename the registry \
             with `registries rename {} {name:?}`",
            other.name,
            visible(&other.slug)
        ))
    }
}

/// Fails if two registries have one of these names: then it does not say which one is meant.
pub(crate) fn check_names<'a>(
    registries: &[types::Registry],
    names: impl IntoIterator<Item = &'a str>,
) -> Result<(), Failure> {
    let names: BTreeSet<&str> = names.into_iter().collect();
    let mut slugs: BTreeMap<&str, &str> = BTreeMap::new();
    for registry in registries.iter().filter(|it| names.contains(it.name.as_str())) {
        if let Some(other) = slugs.insert(&registry.name, &registry.slug) {
            return Err(Failure::Refused(format!(
                "two registries have the name {:?}, with the slugs {} and {}; rename one of them, since a \
                 file finds a registry by its name",
                registry.name,
                visible(other),
                visible(&registry.slug)
            )));
        }
    }
    Ok(())
}

impl fmt::Display for Plan {
    /// A line for each registry, with what changes about it below. What was given shows itself only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [mut created, mut changed, mut deleted] = [0; 3];
        for change in &self.changes {
            let name = visible(&change.name);
            let differences = match &change.what {
                What::Create(declared) => {
                    created += 1;
                    writeln!(f, "+ {name} ({})", visible(&declared.ecosystem))?;
                    if let Some(unlisted) = valid::unlisted(&declared.ecosystem) {
                        writeln!(f, "    warning: unknown ecosystem: {unlisted}")?;
                    }
                    declared.properties()
                }
                What::Update { differences, .. } => {
                    changed += 1;
                    writeln!(f, "~ {name}")?;
                    differences.clone()
                }
                What::Delete { .. } => {
                    deleted += 1;
                    writeln!(f, "- {name}, with its packages and tokens")?;
                    Vec::new()
                }
            };
            for line in differences.iter().flat_map(Difference::lines) {
                writeln!(f, "    {line}")?;
            }
            change.new_tokens.iter().try_for_each(|it| writeln!(f, "    + token {it:?}"))?;
            let mut revoked = change.old_tokens.iter();
            revoked.try_for_each(|it| writeln!(f, "    - token {:?}", it.description))?;
        }
        match self.changes.len() {
            0 => f.write_str("nothing to change"),
            _ => write!(f, "{created} to create, {changed} to change, {deleted} to delete"),
        }
    }
}
