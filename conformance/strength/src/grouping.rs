//! How well reports group what they say of defects: whether one defect is one cause, and whether two
//! that have nothing to do with each other stay two.

use std::collections::BTreeSet;

use registries_conformance::{
    level::Level,
    report::{CaseReport, causes},
    strength::{Grouped, Pairs},
};

use super::broken::Broken;

/// What the run against a defect has found, and what the defect has changed.
pub(super) struct Evidence {
    cases: Vec<CaseReport>,
    broken: BTreeSet<Broken>,
    level: Level,
}

impl Evidence {
    /// Keeps of the cases of a run what their causes are found by.
    pub(super) fn new(cases: &[CaseReport], broken: BTreeSet<Broken>, level: Level) -> Self {
        let with_findings = cases.iter().filter(|case| !case.findings.is_empty());
        let mut cases: Vec<CaseReport> = with_findings.cloned().collect();
        for finding in cases.iter_mut().flat_map(|case| &mut case.findings) {
            finding.request = None;
            if let Some(response) = &mut finding.response {
                response.body = None;
                response.headers.clear();
            }
        }
        Self { cases, broken, level }
    }

    /// How the report of the defect alone is grouped.
    pub(super) fn grouped(&self) -> Grouped {
        let causes = titles(&self.cases, self.level);
        let is_named = causes.first().is_some_and(|first| self.is_named_by(first));
        Grouped { causes, is_named }
    }

    fn is_named_by(&self, title: &str) -> bool {
        self.broken.iter().any(|it| it.is_named_by(title))
    }

    /// Whether another defect changes other operations.
    fn is_unrelated(&self, other: &Self) -> bool {
        let operations = |evidence: &Self| -> BTreeSet<String> {
            evidence.broken.iter().map(|it| it.operation.clone()).collect()
        };
        operations(self).is_disjoint(&operations(other))
    }

    /// Whether each of two defects has a cause that names it, when what was found of them is put together.
    fn is_apart_from(&self, other: &Self) -> bool {
        let mut cases = self.cases.clone();
        for case in &other.cases {
            match cases.iter_mut().find(|it| it.name == case.name) {
                Some(known) => known.findings.extend(case.findings.iter().cloned()),
                None => cases.push(case.clone()),
            }
        }
        let titles = titles(&cases, self.level.max(other.level));
        let naming = |evidence: &Self| -> Vec<usize> {
            let named = titles.iter().enumerate().filter(|(_, it)| evidence.is_named_by(it));
            named.map(|(index, _)| index).collect()
        };
        let (one, two) = (naming(self), naming(other));
        one.iter().any(|index| two.iter().any(|other| other != index))
    }
}

/// The titles of the causes. What is only reported counts where the defect is no more than that.
fn titles(cases: &[CaseReport], level: Level) -> Vec<String> {
    let found = causes(cases).into_iter().filter(|it| it.level() <= level.max(Level::Should));
    found.map(|it| it.title()).collect()
}

/// Pairs each defect with the next one behind it, half of the list away, that changes other operations.
pub(super) fn pairs(all: &[Evidence]) -> Pairs {
    let mut pairs = Pairs::default();
    for (index, one) in all.iter().enumerate() {
        let half = all.len() / 2;
        let others = (half..all.len()).map(|distance| &all[(index + distance) % all.len()]);
        if let Some(other) = others.into_iter().find(|other| one.is_unrelated(other)) {
            pairs.all += 1;
            pairs.apart += usize::from(one.is_apart_from(other));
        }
    }
    pairs
}
