//! What was measured, for people and for machines.

use std::{collections::BTreeMap, fmt, fmt::Write as _};

use registries_conformance::strength::Class;
use serde::Serialize;

use super::{float, schemathesis::Failure};

/// What a benchmark has measured.
pub(super) trait Measured: Serialize {
    /// The cores of the machine.
    fn cores(&self) -> usize;

    fn figures(&self) -> &[Figure];

    /// The report for people.
    fn human(&self) -> String;

    /// Whether every target is met.
    fn is_met(&self) -> bool {
        self.figures().iter().all(Figure::is_met)
    }
}

/// Everything that was measured.
#[derive(Serialize)]
pub(super) struct Report {
    pub(super) format_version: u32,
    /// The cores of the machine.
    pub(super) cores: usize,
    /// The version of Schemathesis, if it was measured.
    pub(super) schemathesis_version: Option<&'static str>,
    pub(super) figures: Vec<Figure>,
    /// The deviations that both were run against, in the order of the catalogue.
    pub(super) deviations: Vec<Compared>,
    /// How many deviations there are in the catalogue.
    pub(super) catalogue: usize,
}

/// The figures of a benchmark that compares nothing but figures.
#[derive(Serialize)]
pub(super) struct Measurement {
    format_version: u32,
    /// The cores of the machine.
    pub(super) cores: usize,
    pub(super) figures: Vec<Figure>,
}

impl Measurement {
    /// Figures that were measured on this machine.
    pub(super) fn new(figures: Vec<Figure>) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self { format_version: 1, cores, figures }
    }
}

impl Measured for Measurement {
    fn cores(&self) -> usize {
        self.cores
    }

    fn figures(&self) -> &[Figure] {
        &self.figures
    }

    fn human(&self) -> String {
        table(self.cores, &self.figures)
    }
}

/// Something measured: mostly a ratio to something else that was measured in the same run.
#[derive(Serialize)]
pub(super) struct Figure {
    pub(super) name: &'static str,
    pub(super) value: f64,
    pub(super) target: Bound,
    /// What the value was made of, such as the two that the ratio is of.
    pub(super) made_of: String,
}

/// What a value has to be.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Bound {
    AtMost(f64),
    AtLeast(f64),
    MoreThan(f64),
}

/// What became of a deviation.
#[derive(Serialize)]
pub(super) struct Compared {
    pub(super) name: String,
    pub(super) class: Class,
    pub(super) core: Found,
    pub(super) schemathesis: Found,
    /// Whether Schemathesis did not end within the time limit.
    pub(super) timed_out: bool,
    /// What Schemathesis says of it and not of the reference server.
    pub(super) failures: Vec<Failure>,
}

/// Whether one of the two found it, and with how many requests.
#[derive(Clone, Copy, Serialize)]
pub(super) struct Found {
    pub(super) found: bool,
    pub(super) requests: usize,
}

impl Report {
    /// A report without anything measured.
    pub(super) fn new(cores: usize, catalogue: usize) -> Self {
        Self {
            format_version: 2,
            cores,
            schemathesis_version: None,
            figures: Vec::new(),
            deviations: Vec::new(),
            catalogue,
        }
    }

    /// Adds what became of deviations, and the two figures that follow from it.
    pub(super) fn compared(&mut self, deviations: Vec<Compared>) {
        let core = Sum::of(deviations.iter().map(|it| it.core));
        let theirs = Sum::of(deviations.iter().map(|it| it.schemathesis));
        let all = deviations.len();
        self.figures.push(Figure {
            name: "deviations found by core, to Schemathesis",
            value: float(core.found) / float(theirs.found),
            target: Bound::MoreThan(1.0),
            made_of: format!("{} to {}, of {all}", core.found, theirs.found),
        });
        self.figures.push(Figure {
            name: "requests of Schemathesis for that, to core",
            value: float(theirs.requests) / float(core.requests),
            target: Bound::AtLeast(20.0),
            made_of: format!("{} to {}", theirs.requests, core.requests),
        });
        self.deviations = deviations;
    }

    fn write_classes(&self, text: &mut String) {
        let mut classes: BTreeMap<Class, Vec<&Compared>> = BTreeMap::new();
        for compared in &self.deviations {
            classes.entry(compared.class).or_default().push(compared);
        }
        let _ = writeln!(
            text,
            "{:<11}  {:>10}  {:>5} {:>9} {:>8}  {:>12} {:>9} {:>8}",
            "class", "deviations", "core", "requests", "a run", "Schemathesis", "requests", "a run"
        );
        let named = classes.iter().map(|(class, of)| (class.to_string(), of.clone()));
        let all = ("all".to_owned(), self.deviations.iter().collect());
        for (name, of) in named.chain([all]) {
            let core = Sum::of(of.iter().map(|it| it.core));
            let theirs = Sum::of(of.iter().map(|it| it.schemathesis));
            let runs = of.len();
            let _ = writeln!(
                text,
                "{name:<11}  {runs:>10}  {:>5} {:>9} {:>8}  {:>12} {:>9} {:>8}",
                core.found,
                core.requests,
                core.requests / runs.max(1),
                theirs.found,
                theirs.requests,
                theirs.requests / runs.max(1),
            );
        }
        for late in self.deviations.iter().filter(|it| it.timed_out) {
            let _ = writeln!(text, "Schemathesis did not end within the time limit: {}", late.name);
        }
    }
}

impl Measured for Report {
    fn cores(&self) -> usize {
        self.cores
    }

    fn figures(&self) -> &[Figure] {
        &self.figures
    }

    fn human(&self) -> String {
        let mut text = table(self.cores, &self.figures);
        if let (Some(version), false) = (self.schemathesis_version, self.deviations.is_empty()) {
            let (all, catalogue) = (self.deviations.len(), self.catalogue);
            let _ = writeln!(text, "\n{all} of {catalogue} deviations; Schemathesis {version}\n");
            self.write_classes(&mut text);
        }
        text
    }
}

/// Figures for people, and on what they were measured.
pub(super) fn table(cores: usize, figures: &[Figure]) -> String {
    let mut text = format!("on {cores} cores, dist build\n\n");
    for figure in figures {
        let outcome = if figure.is_met() { "met" } else { "MISSED" };
        let Figure { name, value, target, made_of } = figure;
        let _ = writeln!(text, "{name:<46}  {value:>7.2}  {target:<14}  {outcome:<6}  {made_of}");
    }
    text
}

impl Figure {
    pub(super) fn is_met(&self) -> bool {
        match self.target {
            Bound::AtMost(bound) => self.value <= bound,
            Bound::AtLeast(bound) => self.value >= bound,
            Bound::MoreThan(bound) => self.value > bound,
        }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&match self {
            Self::AtMost(bound) => format!("at most {bound}"),
            Self::AtLeast(bound) => format!("at least {bound}"),
            Self::MoreThan(bound) => format!("more than {bound}"),
        })
    }
}

/// Several runs together.
#[derive(Default)]
struct Sum {
    found: usize,
    requests: usize,
}

impl Sum {
    fn of(runs: impl Iterator<Item = Found>) -> Self {
        runs.fold(Self::default(), |sum, run| Self {
            found: sum.found + usize::from(run.found),
            requests: sum.requests + run.requests,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compared(class: Class, core: bool, schemathesis: bool, timed_out: bool) -> Compared {
        Compared {
            name: "a deviation".into(),
            class,
            core: Found { found: core, requests: 40 },
            schemathesis: Found { found: schemathesis, requests: 1000 },
            timed_out,
            failures: Vec::new(),
        }
    }

    #[test]
    fn a_target_is_met_or_missed() {
        let figure = |target| Figure { name: "", value: 2.0, target, made_of: String::new() };
        for met in [Bound::AtMost(2.0), Bound::AtLeast(2.0), Bound::MoreThan(1.9)] {
            assert!(figure(met).is_met(), "{met}");
        }
        for missed in [Bound::AtMost(1.9), Bound::AtLeast(2.1), Bound::MoreThan(2.0)] {
            assert!(!figure(missed).is_met(), "{missed}");
        }
    }

    #[test]
    fn finding_more_with_a_twentieth_of_the_requests_is_met() {
        let mut report = Report::new(2, 3);
        report.schemathesis_version = Some("4.0.0");
        report.compared(vec![
            compared(Class::Shape, true, true, false),
            compared(Class::Shape, true, false, false),
        ]);
        assert!(report.is_met());
        report.compared(vec![compared(Class::List, true, true, true)]);
        assert!(!report.is_met(), "one each is not more");
        let text = report.human();
        for said in ["1 of 3 deviations", "MISSED", "25.00", "did not end within the time limit"] {
            assert!(text.contains(said), "{text}");
        }
    }

    #[test]
    fn a_tool_that_finds_nothing_is_surpassed_by_one_that_finds_something() {
        let mut report = Report::new(2, 1);
        report.compared(vec![compared(Class::Shape, true, false, false)]);
        assert!(report.is_met());
        report = Report::new(2, 1);
        report.compared(vec![compared(Class::Shape, false, false, false)]);
        assert!(!report.is_met(), "nothing is not more than nothing");
    }
}
