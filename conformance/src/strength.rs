//! What the suite was measured to detect: a report of its own, which `conformance strength` makes.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::{self, Write as _},
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{level::Level, profile::Profile, report::Verdict};

/// The version of the form of [`Strength`].
pub const FORMAT_VERSION: u32 = 1;

/// The defects that the suite detects, and the legal variations that it accepts.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub struct Strength {
    /// The version of this form.
    pub format_version: u32,
    /// The version of the suite.
    pub suite_version: String,
    /// The profile that was measured.
    pub profile: Profile,
    /// How the reports of detected defects are grouped into causes.
    pub grouping: Grouping,
    /// The result of each defect.
    pub deviations: Vec<Measured>,
    /// The result of each legal variation.
    pub variations: Vec<Measured>,
}

/// The result of a run against a defect or a variation.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub struct Measured {
    /// Its name.
    pub name: String,
    /// The part of the exchange that it is about.
    pub class: Class,
    /// The level of what it breaks: `must` is detected by a failing case, `should` by one that at
    /// least warns, `may` by one with a finding. Without meaning for a variation.
    pub level: Level,
    /// Whether it was detected.
    pub caught: bool,
    /// The cases that detected it.
    pub by: Vec<String>,
    /// The verdict of the run.
    pub verdict: Verdict,
    /// The number of requests of the run.
    pub requests: usize,
    /// How the report of a detected defect is grouped into causes.
    pub grouped: Option<Grouped>,
}

/// How the report of one defect is grouped into causes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct Grouped {
    /// The title of each cause; one is right.
    pub causes: Vec<String>,
    /// Whether the first names the operation and the place that were changed.
    pub is_named: bool,
}

/// How reports of single defects are grouped into causes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
pub struct Grouping {
    /// The number of detected defects.
    pub deviations: usize,
    /// The average number of causes of a report.
    pub mean_causes: f64,
    /// The number of reports whose first cause names the changed operation and place.
    pub named: usize,
    /// The result of two defects at once.
    pub pairs: Pairs,
}

/// Two defects at once, in different operations: the findings of the runs against both, together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct Pairs {
    /// Their number.
    pub all: usize,
    /// The number of pairs of which each defect has a cause of its own.
    pub apart: usize,
}

impl Pairs {
    /// Of how many in a hundred each deviation is named by a cause of its own.
    #[must_use]
    pub fn apart_percent(&self) -> f64 {
        100.0 * ratio(self.apart, self.all)
    }
}

impl Grouping {
    fn of(deviations: &[Measured], pairs: Pairs) -> Self {
        let grouped: Vec<&Grouped> =
            deviations.iter().filter_map(|it| it.grouped.as_ref()).collect();
        let causes: usize = grouped.iter().map(|it| it.causes.len()).sum();
        let named = grouped.iter().filter(|it| it.is_named).count();
        Self { deviations: grouped.len(), mean_causes: ratio(causes, grouped.len()), named, pairs }
    }

    /// How many causes the report of a deviation may have, on average.
    pub const MOST_CAUSES: f64 = 1.5;

    /// In how many of a hundred reports the first cause should name what was changed.
    pub const NAMED_PERCENT: f64 = 95.0;

    /// Whether both goals are met. They are for the whole catalogue; of a few deviations, chance decides.
    #[must_use]
    pub fn meets_goals(&self) -> bool {
        self.mean_causes <= Self::MOST_CAUSES && self.named_percent() >= Self::NAMED_PERCENT
    }

    /// In how many of a hundred reports the first cause names what was changed.
    #[must_use]
    pub fn named_percent(&self) -> f64 {
        100.0 * ratio(self.named, self.deviations)
    }
}

fn ratio(part: usize, whole: usize) -> f64 {
    let number = |it: usize| u32::try_from(it).map_or(f64::INFINITY, f64::from);
    if whole == 0 { 0.0 } else { number(part) / number(whole) }
}

/// How many runs came out as they should, of how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Total {
    /// Those that did.
    pub right: usize,
    /// All of them.
    pub all: usize,
}

impl Total {
    fn of(runs: impl Iterator<Item = bool>) -> Self {
        runs.fold(Self::default(), |total, is_right| Self {
            right: total.right + usize::from(is_right),
            all: total.all + 1,
        })
    }
}

impl Strength {
    /// What was measured.
    #[must_use]
    pub fn of(
        profile: Profile,
        deviations: Vec<Measured>,
        variations: Vec<Measured>,
        pairs: Pairs,
    ) -> Self {
        Self {
            format_version: FORMAT_VERSION,
            suite_version: env!("CARGO_PKG_VERSION").into(),
            profile,
            grouping: Grouping::of(&deviations, pairs),
            deviations,
            variations,
        }
    }

    /// The deviations of each class that were caught.
    #[must_use]
    pub fn by_class(&self) -> BTreeMap<Class, Total> {
        let of_class = |class| self.deviations.iter().filter(move |it| it.class == class);
        let classes: BTreeSet<Class> = self.deviations.iter().map(|it| it.class).collect();
        classes
            .into_iter()
            .map(|class| (class, Total::of(of_class(class).map(|it| it.caught))))
            .collect()
    }

    /// The deviations of each level that were caught.
    #[must_use]
    pub fn by_level(&self) -> [(Level, Total); 3] {
        [Level::Must, Level::Should, Level::May].map(|level| {
            let of_level = self.deviations.iter().filter(|it| it.level == level);
            (level, Total::of(of_level.map(|it| it.caught)))
        })
    }

    /// The variations that the suite let pass.
    #[must_use]
    pub fn passed(&self) -> Total {
        Total::of(self.variations.iter().map(|it| !it.is_false_alarm()))
    }

    /// The deviations of this level that nothing caught.
    pub fn missed(&self, level: Level) -> impl Iterator<Item = &Measured> {
        self.deviations.iter().filter(move |it| it.level == level && !it.caught)
    }

    /// The variations that the suite did not let pass.
    pub fn false_alarms(&self) -> impl Iterator<Item = &Measured> {
        self.variations.iter().filter(|it| it.is_false_alarm())
    }

    /// Whether every defect is detected and every variation passes.
    #[must_use]
    pub fn passes(&self) -> bool {
        self.deviations.iter().all(|it| it.caught) && self.false_alarms().next().is_none()
    }
}

impl Measured {
    /// Whether the run took a legal variation for wrong.
    #[must_use]
    pub fn is_false_alarm(&self) -> bool {
        self.verdict != Verdict::Conforms || self.caught
    }
}

/// The JSON Schema of [`Strength`].
#[must_use]
pub fn json_schema() -> serde_json::Value {
    schemars::schema_for!(Strength).to_value()
}

/// A Markdown table of how many deviations of each class and level `core` and `deep` catch.
#[must_use]
pub fn table(core: &Strength, deep: &Strength) -> String {
    let mut text = String::from("| defects | all | `core` detects | `deep` detects |\n");
    text.push_str("|---|---|---|---|\n");
    let mut row = |name: String, core: Total, deep: Total| {
        let _ = writeln!(text, "| {name} | {} | {} | {} |", core.all, core.right, deep.right);
    };
    for ((class, core), deep) in core.by_class().into_iter().zip(deep.by_class().into_values()) {
        row(class.to_string(), core, deep);
    }
    for ((level, core), (_, deep)) in core.by_level().into_iter().zip(deep.by_level()) {
        row(format!("**{level}**"), core, deep);
    }
    let grouping = deep.grouping;
    let (core, deep) = (core.passed(), deep.passed());
    let _ = writeln!(
        text,
        "\nLegal variations: {}, of which `core` lets {} pass and `deep` {}.",
        core.all, core.right, deep.right
    );
    let _ = writeln!(
        text,
        "\nThe report of a detected defect has {:.2} causes on average (goal: at most {:.1}). In {:.1} of \
         100, the\nfirst names what was changed (goal: {:.0}). Of two defects in different operations at \
         once, each has a\ncause that names it in {:.1} of 100.",
        grouping.mean_causes,
        Grouping::MOST_CAUSES,
        grouping.named_percent(),
        Grouping::NAMED_PERCENT,
        grouping.pairs.apart_percent()
    );
    text
}

/// The part of the API that a defect is about.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// The form of responses.
    Shape,
    /// Their statuses.
    Status,
    /// Their headers.
    Header,
    /// Validation: invalid requests that are accepted, or rejected in another way.
    Validation,
    /// Access.
    Access,
    /// Persistence.
    Persistence,
    /// Updates.
    Update,
    /// The identity of registries.
    Identity,
    /// Lists.
    List,
    /// Text values.
    Text,
    /// What responses say of the rate limits.
    RateLimit,
    /// Access tokens.
    Token,
    /// The tokens of registries.
    RegistryToken,
    /// Organizations.
    Organization,
}

impl Class {
    /// Every class, in the order in which reports list them.
    pub const ALL: [Self; 14] = [
        Self::Shape,
        Self::Status,
        Self::Header,
        Self::Validation,
        Self::Access,
        Self::Persistence,
        Self::Update,
        Self::Identity,
        Self::List,
        Self::Text,
        Self::RateLimit,
        Self::Token,
        Self::RegistryToken,
        Self::Organization,
    ];
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Shape => "shape",
            Self::Status => "status",
            Self::Header => "header",
            Self::Validation => "validation",
            Self::Access => "access",
            Self::Persistence => "persistence",
            Self::Update => "update",
            Self::Identity => "identity",
            Self::List => "list",
            Self::Text => "text",
            Self::RateLimit => "rate-limit",
            Self::Token => "token",
            Self::RegistryToken => "registry-token",
            Self::Organization => "organization",
        })
    }
}
