//! The report as one HTML file for people.

mod grid;

use askama::Template;

use self::grid::Row;
use super::{
    BodyExcerpt, CaseReport, Cause, Finding, Reading, Report, RequirementStatus, Status,
    StatusCoverage, ValueCoverage, Verdict, causes, topic::Topic, visible::all_visible,
    words::COUNTED,
};
use crate::level::Level;

/// How many causes are shown without being asked for.
const OPEN: usize = 5;

/// The report as an HTML file that needs nothing beside it. Nothing in it can run.
pub fn html(report: &Report) -> Result<String, askama::Error> {
    let report = &all_visible(report);
    Page { report, causes: causes(&report.cases) }.render()
}

#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    report: &'a Report,
    causes: Vec<Cause<'a>>,
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

    fn counts(&self) -> Vec<(Status, &'static str, usize)> {
        let counts = COUNTED.map(|(status, word)| (status, word, self.report.count(status)));
        counts.into_iter().filter(|(.., count)| *count > 0).collect()
    }

    fn rows(&self) -> Vec<Row<'a>> {
        grid::rows(self.report, &self.causes)
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

    /// The causes, each with whether it is shown without being asked for.
    fn wrong(&self) -> impl Iterator<Item = (bool, &Cause<'a>)> {
        let numbered = self.causes.iter().enumerate();
        numbered.map(|(index, it)| (index < OPEN && it.level() < Level::May, it))
    }

    /// The findings that are known, which are not among the causes.
    fn known(&self) -> Vec<&'a Finding> {
        self.report.findings().filter(|finding| finding.is_excused()).collect()
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

/// The rows of a cause beside those that the page shows in another form.
fn rows(cause: &Cause<'_>) -> Vec<(&'static str, String)> {
    const OTHERWISE: [&str; 4] = ["exchange", "body", "repeat", "cases"];
    cause.rows().into_iter().filter(|(name, _)| !OTHERWISE.contains(name)).collect()
}

/// How many cases of a group have each status.
fn tally(cases: &[&CaseReport]) -> String {
    let count = |status| cases.iter().filter(|case| case.status == status).count();
    let counts = COUNTED.map(|(status, word)| (count(status), word));
    let counts = counts.into_iter().filter(|(count, _)| *count > 0);
    counts.map(|(count, word)| format!("{count} {word}")).collect::<Vec<_>>().join(", ")
}

/// Whether a header is missing that a finding is about.
fn lacks_header(finding: &Finding) -> bool {
    finding.received == "no such header"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_of_a_difference_are_distinguished() {
        let diff = "--- a\n+++ b\n@@ -1 +1 @@\n-x\n+y\n z";
        let lines: Vec<_> = diff_lines(diff).collect();
        assert_eq!(lines, [("at", "@@ -1 +1 @@"), ("del", "-x"), ("ins", "+y"), ("", " z")]);
    }
}
