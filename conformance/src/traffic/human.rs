//! The report of traffic, for a terminal.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::{CheckReport, Finding, NearMiss, Party, SkippedEntry};
use crate::{
    level::Level,
    report::{Styled, Verdict, visible::all_visible},
};

/// The report as text.
#[must_use]
pub fn human(report: &CheckReport) -> Styled {
    let report = &all_visible(report);
    let mut text = String::new();
    for finding in &report.findings {
        text.push_str(human_finding(finding).ansi());
        text.push('\n');
    }
    for seen in &report.operations {
        let _ = writeln!(text, "{:>5}  {}", seen.exchanges, seen.operation);
    }
    for SkippedEntry { entry, why } in &report.skipped_entries {
        let _ = writeln!(text, "skipped entry {entry}: {why}");
    }
    for NearMiss { request, why, times } in &report.near_misses {
        let times = if *times == 1 { String::new() } else { format!(" ({times} requests)") };
        let _ = writeln!(text, "not checked: {request} is not of this API: {why}{times}");
    }
    let CheckReport { exchanges, checked, ignored, unanswered, .. } = report;
    let _ = write!(
        text,
        "{exchanges} exchange{}: {checked} checked, {ignored} not of this API, {unanswered} without \
         a response",
        if *exchanges == 1 { "" } else { "s" }
    );
    if report.skipped > 0 {
        let _ = write!(text, ", {} broken and skipped", report.skipped);
    }
    if report.without_body > 0 {
        let _ = write!(text, "; {} without a recorded, readable body", report.without_body);
    }
    if report.without_headers > 0 {
        let _ = write!(text, "; {} without recorded headers", report.without_headers);
    }
    if report.invalid_tests > 0 {
        let tests = report.invalid_tests;
        let _ = write!(text, "; {tests} invalid requests, which the suite sent as tests");
    }
    let (verdict, color) = match report.verdict {
        Verdict::Conforms => ("conforms to the contract in what was seen", AnsiColor::Green),
        Verdict::Deviates => ("deviates from the contract", AnsiColor::Red),
        Verdict::Incomplete if report.checked > 0 => {
            ("could not be checked: some operations have no recorded body", AnsiColor::Yellow)
        }
        Verdict::Incomplete => ("has no response of this API", AnsiColor::Yellow),
    };
    let style = Style::new().bold().fg_color(Some(color.into()));
    let _ = writeln!(text, "\n{style}{} {verdict}{style:#}", report.looked_at);
    Styled(text)
}

/// One finding as text.
#[must_use]
pub fn human_finding(finding: &Finding) -> Styled {
    let finding = &all_visible(finding);
    let (word, color) = match (finding.about, finding.level) {
        (Party::Client, _) => ("client", AnsiColor::BrightBlack),
        (_, Level::Must) => ("fail", AnsiColor::Red),
        (_, Level::Should) => ("warn", AnsiColor::Yellow),
        (_, Level::May) => ("note", AnsiColor::BrightBlack),
    };
    let style = Style::new().fg_color(Some(color.into()));
    let bold = Style::new().bold();
    let place = match finding.place.as_deref() {
        Some("") | None => String::new(),
        Some(place) => format!(" at {place}"),
    };
    let times = match finding.times {
        1 => String::new(),
        times => format!(" ({times} times)"),
    };
    let received = if finding.about == Party::Client { "sent:    " } else { "received:" };
    let Finding { operation, exchange, request, status, expected, .. } = finding;
    let mut text = format!("{style}{word}{style:#} {bold}{operation}{bold:#}{place}{times}\n");
    let _ = writeln!(text, "  exchange {exchange}: {request} → {status}");
    let _ = writeln!(text, "    expected: {expected}\n    {received} {}", finding.received);
    if finding.about == Party::Client {
        text.push_str("    concerns: the client that sent this, not the deployment\n");
    }
    let path = finding.schema_path.as_deref().unwrap_or("openapi.yaml");
    let _ = writeln!(text, "    contract: {path} ({})", finding.citation);
    Styled(text)
}
