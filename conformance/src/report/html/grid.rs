//! The grid of operations by topics at the top of the report.

use super::super::{CaseReport, Cause, Report, Status, causes::BROAD, topic::Topic};

/// A row of the grid.
pub(super) struct Row<'a> {
    pub(super) operation: &'a str,
    pub(super) cells: Vec<Cell>,
}

/// What became of the cases about a topic of an operation.
pub(super) struct Cell {
    /// The status that counts; none where no case looks at it.
    pub(super) status: Option<Status>,
    pub(super) symbol: &'static str,
    /// Where more is said of it.
    pub(super) target: String,
    /// The same in words.
    pub(super) label: String,
}

/// A row for each operation that cases look at, those first that cases about a few are about.
pub(super) fn rows<'a>(report: &'a Report, all: &[Cause<'a>]) -> Vec<Row<'a>> {
    let mut operations: Vec<&str> = Vec::new();
    let narrow = report.cases.iter().filter(|case| case.operations.len() < BROAD);
    for operation in narrow.chain(&report.cases).flat_map(|case| &case.operations) {
        if !operations.contains(&operation.as_str()) {
            operations.push(operation);
        }
    }
    let row = |operation| {
        let cells = Topic::ALL.map(|topic| cell(report, all, operation, topic));
        Row { operation, cells: cells.into() }
    };
    operations.into_iter().map(row).collect()
}

fn cell(report: &Report, all: &[Cause<'_>], operation: &str, topic: Topic) -> Cell {
    let is_of = |case: &&CaseReport| case.topic == topic && shows(case, operation);
    let cases: Vec<&CaseReport> = report.cases.iter().filter(is_of).collect();
    let is_unseen = is_unseen(report, operation);
    let status_of = |case: &CaseReport| match status(case, operation) {
        // A case about many operations passes for those that it saw.
        Status::Pass if is_unseen => Status::Skip,
        status => status,
    };
    let worst = cases.iter().map(|case| status_of(case)).min_by_key(|it| severity(*it));
    let count = cases.iter().filter(|case| Some(status_of(case)) == worst).count();
    let label = match worst {
        None => format!("{operation}, {topic}: no case"),
        Some(status) => format!("{operation}, {topic}: {count} of {} {status}", cases.len()),
    };
    let is_wrong = matches!(worst, Some(Status::Fail | Status::Warn));
    let is_it = |cause: &Cause<'_>| {
        let mut findings = cause.findings();
        findings
            .any(|it| it.operation == operation && cases.iter().any(|case| case.name == it.case))
    };
    let wrong = all.iter().position(is_it).filter(|_| is_wrong);
    let shown = cases.iter().find(|case| Some(status_of(case)) == worst);
    let target = match (wrong, shown) {
        (Some(index), _) => format!("cause-{}", index + 1),
        (None, Some(case)) => format!("case-{}", case.name),
        (None, None) => String::new(),
    };
    Cell { status: worst, symbol: worst.map_or("", symbol), target, label }
}

/// Whether no response to an operation was one that is documented.
fn is_unseen(report: &Report, operation: &str) -> bool {
    report.coverage.statuses.iter().all(|it| it.operation != operation || it.times == 0)
}

/// Whether a case looks at an operation, or has found something there.
fn shows(case: &CaseReport, operation: &str) -> bool {
    case.operations.iter().any(|it| it == operation)
}

/// What became of a case, as far as this operation is concerned.
fn status(case: &CaseReport, operation: &str) -> Status {
    let counts_as = case.counts_as();
    let is_found_here = case.findings.iter().any(|it| it.operation == operation);
    let is_found_in_others =
        case.findings.iter().any(|it| case.operations.contains(&it.operation)) && !is_found_here;
    match counts_as {
        Status::Fail | Status::Warn if is_found_in_others => Status::Pass,
        _ => counts_as,
    }
}

/// The most severe first.
fn severity(status: Status) -> u8 {
    match status {
        Status::Fail => 0,
        Status::Warn => 1,
        Status::Error => 2,
        Status::Pass => 3,
        Status::Skip => 4,
    }
}

fn symbol(status: Status) -> &'static str {
    match status {
        Status::Fail => "✗",
        Status::Warn => "!",
        Status::Error => "?",
        Status::Pass => "✓",
        Status::Skip => "–",
    }
}
