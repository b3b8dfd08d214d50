//! How far a run reached, in words: requirements, the contract, and the disputed points.

use std::collections::BTreeMap;

use super::{Aspect, Reading, Report, RequirementStatus};

/// How many characters a list may have for people in a hurry.
const BRIEF: usize = 100;

/// The same for what is wrong.
const LESS_BRIEF: usize = 1000;

/// What is said of a reading that the run does not show.
pub(super) const NOT_SHOWN: &str = "not shown";

/// Where a cut list stands whole.
pub(super) const WHOLE: &str = "the HTML, JSON and JUnit reports name all of them";

/// What a run leaves open: what that is about, and the names.
pub(super) struct Gap {
    pub(super) about: String,
    names: Vec<String>,
    limit: usize,
}

impl Report {
    /// What became of the requirements, as a list.
    #[must_use]
    pub fn requirements_reach(&self) -> String {
        let count = |status| self.count_requirements(status);
        format!(
            "{} verified, {} failed, {} not covered",
            count(RequirementStatus::Verified),
            count(RequirementStatus::Failed),
            count(RequirementStatus::NotCovered)
        )
    }

    /// How much of the requirements and of the contract the run has seen, and what was lost on the way,
    /// a line each.
    #[must_use]
    pub fn reach(&self) -> Vec<String> {
        let requirements = format!("requirements: {}", self.requirements_reach());
        let seen = |it: Aspect| format!("{} of {} {}", it.seen.len(), it.all(), it.name);
        let coverage = self.coverage.aspects().map(seen).join(", ");
        let mut lines = vec![requirements, format!("coverage: {coverage}")];
        lines.extend(self.losses());
        lines
    }

    /// How many responses were lost and why, if any were.
    pub(super) fn losses(&self) -> Option<String> {
        let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
        for lost in &self.lost_responses {
            *reasons.entry(&lost.reason).or_default() += 1;
        }
        let reasons: Vec<String> =
            reasons.into_iter().map(|(reason, times)| format!("{times} × {reason}")).collect();
        if reasons.is_empty() {
            return None;
        }
        let unanswered = self.lost_responses.iter().filter(|it| !it.answered);
        let mut names: Vec<&str> = unanswered.map(|it| it.exchange.as_str()).collect();
        names.dedup();
        let outcome = match names.as_slice() {
            [] => "all of them got a response when they were sent again".to_owned(),
            names => format!("without a response in the end: {}", names.join(", ")),
        };
        Some(format!("lost responses: {}; {outcome}", reasons.join(", ")))
    }

    /// The requirements that failed or were not covered, and what was not seen of the contract. Of a
    /// run that was stopped there is no more to say than that.
    pub(super) fn gaps(&self) -> Vec<Gap> {
        if self.stopped.is_some() {
            return Vec::new();
        }
        let requirements =
            [(RequirementStatus::Failed, LESS_BRIEF), (RequirementStatus::NotCovered, BRIEF)];
        let requirements = requirements.into_iter().map(|(status, limit)| {
            let are = self.requirements.iter().filter(|it| it.status == status);
            let names = are.map(|it| it.id.clone()).collect();
            Gap { about: format!("requirements {status}"), names, limit }
        });
        let unseen = self.coverage.aspects().map(|it| Gap {
            about: format!("{} not seen", it.name),
            names: it.unseen,
            limit: BRIEF,
        });
        requirements.chain(unseen).filter(|gap| !gap.names.is_empty()).collect()
    }

    /// The readings that the run shows, and those that it does not.
    pub(super) fn readings(&self) -> (Vec<(&Reading, &str)>, Vec<&Reading>) {
        let shown = self.readings.iter().filter_map(|it| Some((it, it.follows.as_deref()?)));
        let others = self.readings.iter().filter(|it| it.follows.is_none());
        (shown.collect(), others.collect())
    }
}

impl Gap {
    /// As many of the names as fit, each as it is to be written, and how many more there are.
    pub(super) fn brief(&self, written: impl Fn(&str) -> String) -> String {
        let mut length = 0;
        let fits = |name: &&String| {
            length += name.chars().count() + 2;
            length <= self.limit
        };
        let fitting = self.names.iter().take_while(fits).count().max(1);
        let (listed, rest) = self.names.split_at(fitting.min(self.names.len()));
        let mut listed: Vec<String> = listed.iter().map(|name| written(name)).collect();
        listed.extend((!rest.is_empty()).then(|| format!("… {} more", rest.len())));
        listed.join(", ")
    }
}

/// Ids on one line.
pub(super) fn ids(readings: &[&Reading]) -> String {
    readings.iter().map(|it| it.id.as_str()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_cut_where_it_gets_long() {
        let gap = |names: Vec<String>, limit| Gap { about: String::new(), names, limit };
        let written = |name: &str| format!("<{name}>");
        let few = gap(vec!["a".into(), "b".into()], 100);
        assert_eq!(few.brief(written), "<a>, <b>");
        let many = gap((10..40).map(|it| it.to_string()).collect(), 12);
        assert_eq!(many.brief(written), "<10>, <11>, <12>, … 27 more");
        assert_eq!(gap(vec!["long".repeat(99)], 12).brief(str::to_owned), "long".repeat(99));
    }
}
