//! What is wrong with a deployment, each cause once. One fault shows in many cases: findings of the same
//! requirement and place are one cause, and findings that follow from another one join its cause.

mod facet;
mod rows;
mod title;

use std::collections::{BTreeMap, BTreeSet};

pub(super) use self::facet::BROAD;
use self::facet::{DERIVED, Facet, Fault};
use super::{CaseReport, Finding, Seen};
use crate::{case::anywhere, level::Level};

/// How many properties a body lacks at least that is another thing altogether.
const ANOTHER_BODY: usize = 3;

/// Something that is wrong, with the findings that show it.
#[derive(Debug)]
pub struct Cause<'a> {
    /// The findings, in the order of the report.
    facets: Vec<Facet<'a>>,
    /// Which of them shows it best.
    lead: usize,
}

/// What is wrong with a deployment, from the most binding and most specific to the least. Findings
/// that are known are left out.
#[must_use]
pub fn causes(cases: &[CaseReport]) -> Vec<Cause<'_>> {
    let mut facets: Vec<Facet<'_>> = Vec::new();
    for case in cases {
        let findings = case.findings.iter().filter(|finding| !finding.is_excused());
        facets.extend(findings.map(|finding| Facet::of(case, finding)));
    }
    find_other_bodies(&mut facets);
    let mut alike: Vec<Cause<'_>> = Vec::new();
    for facet in facets {
        let (same, mut others): (Vec<_>, Vec<_>) =
            alike.into_iter().partition(|it| it.facets.iter().any(|other| other.is_like(&facet)));
        let mut joined: Vec<Facet<'_>> = same.into_iter().flat_map(|it| it.facets).collect();
        joined.push(facet);
        others.push(Cause::of(joined));
        alike = others;
    }
    alike.sort_by_key(|it| (it.lead().fault, it.level()));
    let mut all: Vec<Cause<'_>> = Vec::new();
    for cause in alike {
        let origin = all.iter_mut().map(|it| (it.explains(cause.lead()), it));
        match origin.filter(|(strength, _)| *strength > 0).max_by_key(|(strength, _)| *strength) {
            Some((_, origin)) => origin.join(cause),
            None => all.push(cause),
        }
    }
    join_what_answers_all_alike(&mut all);
    all.sort_by_key(|it| (it.level(), it.lead().fault, usize::MAX - it.cases().len()));
    all
}

/// Where every response of an operation is void, the one to what must be refused is so too.
fn join_what_answers_all_alike(causes: &mut Vec<Cause<'_>>) {
    let is_void = |it: &Cause<'_>| matches!(it.lead().fault, Fault::NotJson | Fault::AnotherBody);
    let operation = |it: &Cause<'_>| it.finding().operation.clone();
    let voids: Vec<String> = causes.iter().filter(|it| is_void(it)).map(operation).collect();
    let follows =
        |it: &Cause<'_>| it.lead().fault == Fault::Accepted && voids.contains(&operation(it));
    let (following, rest) = std::mem::take(causes).into_iter().partition(follows);
    *causes = rest;
    let following: Vec<Cause<'_>> = following;
    for cause in following {
        let mut voids = causes.iter_mut().filter(|it| is_void(it));
        if let Some(void) = voids.find(|it| operation(it) == operation(&cause)) {
            // What it is about stays the same.
            void.facets.extend(cause.facets);
        }
    }
}

/// Marks what is missing in bodies that lack so much that they are another thing.
fn find_other_bodies(facets: &mut [Facet<'_>]) {
    let key = |it: &Facet<'_>| {
        let schema = it.finding.schema_path.clone().filter(|path| path.ends_with("/required"))?;
        Some((schema, it.finding.operation.clone()))
    };
    let mut missing: BTreeMap<(String, String), BTreeSet<&str>> = BTreeMap::new();
    for facet in facets.iter() {
        if let Some(key) = key(facet) {
            missing.entry(key).or_default().insert(&facet.finding.expected);
        }
    }
    for facet in facets.iter_mut() {
        let is_another = |key| missing.get(&key).is_some_and(|it| it.len() >= ANOTHER_BODY);
        if key(facet).is_some_and(is_another) {
            facet.fault = Fault::AnotherBody;
            facet.place = anywhere(facet.finding.place.as_deref());
            facet.property = None;
        }
    }
}

impl<'a> Cause<'a> {
    /// The cause that these show.
    fn of(facets: Vec<Facet<'a>>) -> Self {
        let mut cause = Self { facets, lead: 0 };
        cause.choose_lead();
        cause
    }

    fn join(&mut self, other: Self) {
        self.facets.extend(other.facets);
        self.choose_lead();
    }

    /// Chooses the finding that shows it best: of the most specific fault, and not one that expects
    /// what another response had wrong. Then the most binding level counts. Then the operation that
    /// most cases look at, and last the property that most findings are about.
    fn choose_lead(&mut self) {
        let cases: BTreeMap<&str, &[String]> =
            self.facets.iter().map(|it| (it.case.name.as_str(), it.operations())).collect();
        let looked_at = |operation: &String| {
            cases.values().filter(|operations| operations.contains(operation)).count()
        };
        let about = |property: &Option<String>| {
            self.facets
                .iter()
                .filter(|it| it.property.is_some() && it.property == *property)
                .count()
        };
        let key = |it: &Facet<'_>| {
            let is_derived = DERIVED.iter().any(|(name, _)| it.property.as_deref() == Some(name));
            let (cases, findings) = (looked_at(&it.finding.operation), about(&it.property));
            let is_taken_over = self.facets.iter().any(|other| it.expects_what_is_wrong_in(other));
            let rank = (it.fault, is_taken_over, it.finding.level);
            (rank, usize::MAX - cases, is_derived, usize::MAX - findings)
        };
        let best = self.facets.iter().enumerate().min_by_key(|(_, it)| key(it));
        self.lead = best.map_or(0, |(index, _)| index);
    }

    fn lead(&self) -> &Facet<'a> {
        &self.facets[self.lead]
    }

    /// How much says that a finding follows from this, of whatever fault; 0 when nothing does.
    fn explains(&self, facet: &Facet<'_>) -> u8 {
        if self.facets.iter().any(|it| facet.expects_what_is_wrong_in(it)) {
            return 9;
        }
        let fault = self.lead().fault;
        let core = self.facets.iter().filter(|it| it.fault == fault);
        core.map(|it| it.explains(facet)).max().unwrap_or_default()
    }

    /// How binding it is: as the most binding of its findings.
    #[must_use]
    pub fn level(&self) -> Level {
        let levels = self.facets.iter().map(|it| it.finding.level);
        levels.min().unwrap_or(Level::May)
    }

    /// The finding that shows it best.
    #[must_use]
    pub fn finding(&self) -> &'a Finding {
        self.lead().finding
    }

    /// The place in a response that is wrong, with `*` for any index; a missing property has one too.
    #[must_use]
    pub fn place(&self) -> Option<&str> {
        self.lead().place.as_deref().filter(|place| !place.is_empty())
    }

    /// The cases that show it, each once.
    #[must_use]
    pub fn cases(&self) -> Vec<&'a CaseReport> {
        let mut cases: Vec<&CaseReport> = Vec::new();
        for facet in &self.facets {
            if cases.iter().all(|case| case.name != facet.case.name) {
                cases.push(facet.case);
            }
        }
        cases
    }

    /// Every finding of it.
    pub fn findings(&self) -> impl Iterator<Item = &'a Finding> {
        self.facets.iter().map(|it| it.finding)
    }

    /// In how many responses of which operations it shows; that of the lead first.
    #[must_use]
    pub fn seen(&self) -> Vec<Seen> {
        let lead = self.lead();
        let mut seen: Vec<Seen> = Vec::new();
        let mut exchanges: BTreeSet<(&str, &str)> = BTreeSet::new();
        let others = self.facets.iter().filter(|it| it.fault == lead.fault);
        for facet in std::iter::once(lead).chain(others) {
            let Finding { operation, exchange, seen: counted, .. } = facet.finding;
            let counted = counted.iter().cloned().map(|it| (it, true));
            let one = Seen { operation: operation.clone(), responses: 1, of: None };
            let one = (one, exchanges.insert((operation, exchange)));
            let is_counted = facet.finding.seen.is_empty();
            for (it, is_new) in counted.chain(is_counted.then_some(one)) {
                match seen.iter_mut().find(|known| known.operation == it.operation) {
                    Some(known) if it.of.is_some() => {
                        known.responses = known.responses.max(it.responses);
                    }
                    Some(known) => known.responses += usize::from(is_new),
                    None => seen.push(it),
                }
            }
        }
        seen.sort_by_key(|it| it.operation != lead.finding.operation);
        seen
    }

    /// What is wrong elsewhere, or otherwise, by the same cause: operations with the place.
    fn others(&self) -> Vec<String> {
        let lead = self.lead();
        let is_reported = |operation: &str| self.seen().iter().any(|it| it.operation == operation);
        let mut others: Vec<String> = Vec::new();
        for it in &self.facets {
            let operation = &it.finding.operation;
            let is_listed = it.fault == lead.fault && self.lists_what_is_missing();
            let is_lead = it.place == lead.place || is_listed;
            if is_lead && is_reported(operation) {
                continue;
            }
            let place = it.place.as_deref().filter(|place| !place.is_empty());
            let place = place.map(|place| format!(" at {place}")).unwrap_or_default();
            let other = format!("{operation}{place}");
            if !others.contains(&other) {
                others.push(other);
            }
        }
        others
    }
}
