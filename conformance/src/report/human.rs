//! The report for a person at a terminal.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::{
    CaseReport, Finding, Report, Status, Verdict,
    reach::{NOT_SHOWN, WHOLE, ids},
    visible::all_visible,
};

/// The report as text, with colours; whoever prints it strips them where they are not wanted.
#[must_use]
pub fn human(report: &Report) -> String {
    let report = &all_visible(report);
    let mut text = String::new();
    if report.is_void() {
        write_conclusion(&mut text, report);
        return text;
    }
    write_cases(&mut text, report);
    write_findings(&mut text, report);
    write_known(&mut text, report);
    write_readings(&mut text, report);
    write_differences(&mut text, report);
    write_verdict(&mut text, report);
    text
}

fn write_cases(text: &mut String, report: &Report) {
    let width = report.cases.iter().map(|case| case.name.len()).max().unwrap_or_default();
    let bold = Style::new().bold();
    let _ = writeln!(text, "{bold}STATUS  LEVEL   REQUESTS  CASE{bold:#}");
    let (unsent, cases): (Vec<_>, Vec<_>) = report
        .cases
        .iter()
        .partition(|case| case.reason.is_some() && case.reason == report.stopped);
    for case in cases {
        let CaseReport { name, level, status, requests, .. } = case;
        let style = style(*status);
        let note = case.note();
        let line = format!(
            "{style}{status:<6}{style:#}  {level:<6}  {requests:>8}  {name:<width$}  {note}"
        );
        let _ = writeln!(text, "{}", line.trim_end());
    }
    // Whatever stopped the run is said once, at the end.
    if !unsent.is_empty() {
        let style = style(Status::Error);
        let _ =
            writeln!(text, "{style}error {style:#}  {} cases that were not reached", unsent.len());
    }
}

fn write_findings(text: &mut String, report: &Report) {
    let bold = Style::new().bold();
    for case in report.cases.iter().filter(|case| !case.findings.is_empty()) {
        let style = style(case.status);
        let status = case.status;
        let _ = writeln!(text, "\n{style}{status}{style:#} {bold}{}{bold:#}", case.name);
        let _ = writeln!(text, "  {} ({})", case.requirement, case.citation);
        for finding in &case.findings {
            write_finding(text, finding);
        }
    }
}

fn write_finding(text: &mut String, finding: &Finding) {
    let Finding { expected, received, .. } = finding;
    let _ = writeln!(text, "  - {}", finding.whereabouts());
    let _ = writeln!(text, "    expected: {expected}\n    received: {received}");
    if let Some(path) = &finding.schema_path {
        let _ = writeln!(text, "    contract: {path} ({})", finding.citation);
    }
    if let Some(known) = &finding.known {
        let _ = writeln!(text, "    {known}");
    }
    let _ = writeln!(text, "    {}", finding.curl);
}

fn write_known(text: &mut String, report: &Report) {
    let mut news = report.known.iter().filter_map(|it| Some((it, it.news()?))).peekable();
    if news.peek().is_some() {
        text.push_str("\nKnown deviations that need a look:\n");
    }
    for (known, news) in news {
        let place = known.place.as_ref().map(|place| format!(" at {place}")).unwrap_or_default();
        let _ = writeln!(text, "  {}{place} {news} ({})", known.case, known.reason);
    }
}

fn write_readings(text: &mut String, report: &Report) {
    let (shown, others) = report.readings();
    // Of a run that was stopped that is evident.
    if shown.is_empty() && (others.is_empty() || report.stopped.is_some()) {
        return;
    }
    let _ = writeln!(text, "\nWhere the sources disagree, this deployment follows:");
    let width = shown.iter().map(|(reading, _)| reading.id.len()).max().unwrap_or_default();
    for (reading, follows) in shown {
        let _ = writeln!(text, "  {:<width$}  {follows}", reading.id);
    }
    if !others.is_empty() {
        let _ = writeln!(text, "  {NOT_SHOWN} by this run: {}", ids(&others));
    }
}

fn write_differences(text: &mut String, report: &Report) {
    if report.differences.is_empty() {
        return;
    }
    let _ = writeln!(
        text,
        "\nDifferences from the reference transcripts (not deviations by themselves):"
    );
    for difference in &report.differences {
        let _ = writeln!(text, "  {} ({})", difference.exchange, difference.operation);
        for line in difference.diff.lines().skip(2) {
            let _ = writeln!(text, "    {line}");
        }
    }
}

fn write_verdict(text: &mut String, report: &Report) {
    let (tally, requests, duration) = (report.tally(), report.requests, report.duration());
    let _ = writeln!(text, "\n{tally}; {requests} requests in {duration}");
    for line in report.reach() {
        let _ = writeln!(text, "{line}");
    }
    let gaps = report.gaps();
    for gap in &gaps {
        let _ = writeln!(text, "  {}: {}", gap.about, gap.brief(str::to_owned));
    }
    if !gaps.is_empty() {
        let _ = writeln!(text, "  {WHOLE}");
    }
    write_conclusion(text, report);
}

/// What is left, and the verdict.
fn write_conclusion(text: &mut String, report: &Report) {
    if !report.left_behind.is_empty() {
        let slugs = report.left_behind.join(", ");
        let _ = writeln!(text, "could not be removed: {slugs}");
    }
    if report.left_behind_uncertain {
        let _ =
            writeln!(text, "there may be registries left that the list could not be searched for");
    }
    if !report.left_behind.is_empty() || report.left_behind_uncertain {
        text.push_str("`conformance sweep --older-than 0s` shows what is left, and removes it with --remove\n");
    }
    let style = style(match report.verdict {
        Verdict::Conforms => Status::Pass,
        Verdict::Deviates => Status::Fail,
        Verdict::Incomplete => Status::Error,
    });
    let style = style.bold();
    let _ =
        writeln!(text, "{style}{} {}{style:#}", report.deployment.base_url, report.conclusion());
}

fn style(status: Status) -> Style {
    let color = match status {
        Status::Pass => AnsiColor::Green,
        Status::Fail => AnsiColor::Red,
        Status::Warn | Status::Error => AnsiColor::Yellow,
        Status::Skip => AnsiColor::BrightBlack,
    };
    Style::new().fg_color(Some(color.into()))
}
