//! The report as one HTML file for people.

use askama::Template;

use super::{
    BodyExcerpt, CaseReport, Finding, Reading, Report, RequirementStatus, Status, StatusCoverage,
    ValueCoverage, Verdict, visible::all_visible, words::STATUSES,
};

/// The report as an HTML file that needs nothing beside it. Nothing in it can run.
pub fn html(report: &Report) -> Result<String, askama::Error> {
    Page { report: &all_visible(report) }.render()
}

#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    report: &'a Report,
}

/// The cases that look at the same operations.
struct Group<'a> {
    name: String,
    cases: Vec<&'a CaseReport>,
}

impl<'a> Page<'a> {
    fn class(&self) -> &'static str {
        match self.report.verdict {
            Verdict::Conforms => "pass",
            Verdict::Deviates => "fail",
            Verdict::Incomplete => "error",
        }
    }

    fn counts(&self) -> Vec<(Status, usize)> {
        STATUSES.into_iter().map(|status| (status, self.report.count(status))).collect()
    }

    /// How many cases would touch the verdict, were it not for findings that are known.
    fn excused(&self) -> usize {
        self.report.cases.iter().filter(|case| case.is_excused()).count()
    }

    /// What there is to say beside a case. Whatever stopped the run is said once, at the top.
    fn note(&self, case: &CaseReport) -> String {
        if case.reason.is_some() && case.reason == self.report.stopped {
            return "not reached".into();
        }
        case.note()
    }

    /// The cases by the operation that they look at, in the order in which operations first occur;
    /// those that look at several come last.
    fn groups(&self) -> Vec<Group<'a>> {
        let mut groups: Vec<Group<'a>> = Vec::new();
        let mut several = Group { name: "several operations".into(), cases: Vec::new() };
        for case in &self.report.cases {
            let [operation] = case.operations.as_slice() else {
                several.cases.push(case);
                continue;
            };
            match groups.iter_mut().find(|group| group.name == *operation) {
                Some(group) => group.cases.push(case),
                None => groups.push(Group { name: operation.clone(), cases: vec![case] }),
            }
        }
        groups.extend((!several.cases.is_empty()).then_some(several));
        groups
    }

    /// The statuses by operation.
    fn statuses(&self) -> Vec<&'a [StatusCoverage]> {
        self.report.coverage.statuses.chunk_by(|a, b| a.operation == b.operation).collect()
    }

    /// The enumerated values by place.
    fn values(&self) -> Vec<&'a [ValueCoverage]> {
        self.report.coverage.values.chunk_by(|a, b| a.place == b.place).collect()
    }

    fn with_findings(&self) -> impl Iterator<Item = &'a CaseReport> {
        self.report.cases.iter().filter(|case| !case.findings.is_empty())
    }

    /// The readings that the run shows first.
    fn readings(&self) -> Vec<&'a Reading> {
        let mut readings: Vec<&Reading> = self.report.readings.iter().collect();
        readings.sort_by_key(|reading| reading.follows.is_none());
        readings
    }
}

impl RequirementStatus {
    /// The status of a case that looks the same.
    fn class(self) -> Status {
        match self {
            Self::Verified => Status::Pass,
            Self::Failed => Status::Fail,
            Self::NotCovered => Status::Skip,
        }
    }
}

/// A line of a unified diff, and how it is to look.
fn diff_lines(diff: &str) -> impl Iterator<Item = (&'static str, &str)> {
    diff.lines().skip(2).map(|line| match line.as_bytes().first() {
        Some(b'+') => ("ins", line),
        Some(b'-') => ("del", line),
        Some(b'@') => ("at", line),
        _ => ("", line),
    })
}

/// Whether a finding is shown without being asked for.
fn is_open(case: &CaseReport, finding: &Finding) -> bool {
    matches!(case.counts_as(), Status::Fail | Status::Warn) && !finding.is_excused()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_of_a_difference_are_told_apart() {
        let diff = "--- a\n+++ b\n@@ -1 +1 @@\n-x\n+y\n z";
        let lines: Vec<_> = diff_lines(diff).collect();
        assert_eq!(lines, [("at", "@@ -1 +1 @@"), ("del", "-x"), ("ins", "+y"), ("", " z")]);
    }
}
