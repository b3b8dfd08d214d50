//! What is known of the API, statement by statement.

use std::{collections::BTreeMap, sync::LazyLock};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::level::{Citation, Grade, Level};

/// The text of the requirements that this crate was built with.
pub const TEXT: &str = include_str!("../requirements.yaml");

/// The same as JSON.
const JSON: &str = include_str!(concat!(env!("OUT_DIR"), "/requirements.json"));

/// The text is not a list of requirements.
#[derive(Debug, thiserror::Error)]
#[error("the requirements cannot be read: {0}")]
pub struct RequirementsError(String);

/// A statement about the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// Its stable id.
    pub id: String,
    /// The area of the API that it is about.
    pub area: String,
    /// Whether it is required or disputed.
    pub kind: RequirementKind,
    /// The statement, in a sentence.
    pub text: String,
    /// The source.
    pub citation: Citation,
    /// The entry of a disputed point in the contract's `x-disagreements`.
    pub disagreement: Option<String>,
    /// Why no case verifies it, when none does.
    pub uncovered: Option<String>,
}

/// What kind of statement a requirement is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RequirementKind {
    /// A deployment has to meet it.
    #[default]
    Required,
    /// The sources disagree: reports say which interpretation a deployment follows.
    Disputed,
}

impl Requirement {
    /// Its level.
    #[must_use]
    pub fn level(&self) -> Level {
        self.citation.grade.level()
    }
}

/// The requirements that this crate was built with, in the order of the file.
///
/// # Panics
///
/// When they cannot be read, which the project's tests rule out.
#[must_use]
pub fn all() -> &'static [Requirement] {
    static ALL: LazyLock<Vec<Requirement>> = LazyLock::new(|| {
        let areas = serde_json::from_str(JSON);
        listed(areas.unwrap_or_else(|error| panic!("this is a bug in the build: {error}")))
    });
    &ALL
}

/// The requirement of this id.
#[must_use]
pub fn get(id: &str) -> Option<&'static Requirement> {
    static BY_ID: LazyLock<BTreeMap<&str, &Requirement>> =
        LazyLock::new(|| all().iter().map(|it| (it.id.as_str(), it)).collect());
    BY_ID.get(id).copied()
}

/// Reads requirements from their YAML text.
pub fn parse(text: &str) -> Result<Vec<Requirement>, RequirementsError> {
    let areas = serde_saphyr::from_str(text);
    Ok(listed(areas.map_err(|error| RequirementsError(error.to_string()))?))
}

fn listed(areas: Vec<Area>) -> Vec<Requirement> {
    let of_area = |Area { area, requirements }| {
        requirements.into_iter().map(move |entry: Entry| Requirement {
            id: entry.id,
            area: String::clone(&area),
            kind: entry.kind,
            text: entry.text,
            citation: Citation { grade: entry.grade, cite: entry.cite },
            disagreement: entry.disagreement,
            uncovered: entry.uncovered,
        })
    };
    areas.into_iter().flat_map(of_area).collect()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Area {
    area: String,
    requirements: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: String,
    #[serde(default)]
    kind: RequirementKind,
    text: String,
    grade: Grade,
    cite: String,
    disagreement: Option<String>,
    uncovered: Option<String>,
}
