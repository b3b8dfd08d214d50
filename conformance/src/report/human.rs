//! The report for a person at a terminal.

use std::{collections::BTreeMap, fmt::Write as _};

use anstyle::{AnsiColor, Style};

use super::{
    CaseReport, DeploymentReport, Report, Status, Styled, Verdict,
    causes::{Cause, causes},
    reach::{NOT_SHOWN, WHOLE, ids},
    visible::all_visible,
    words::COUNTED,
};
use crate::{contract::Contract, level::Level};

/// How many causes are shown as whole blocks.
const BLOCKS: usize = 3;

/// How many further causes are shown, each in a line.
const LINES: usize = 8;

/// How many reasons are shown for which cases were skipped or not judged.
const REASONS: usize = 10;

/// How many characters a line of names has at most.
const WIDTH: usize = 100;

/// The report as text that fits a screen: what is wrong, each cause once, or what was checked.
#[must_use]
pub fn human(report: &Report) -> Styled {
    Styled(written(report, false))
}

/// The same with every cause, every case and all that the run shows beside.
#[must_use]
pub fn verbose(report: &Report) -> Styled {
    Styled(written(report, true))
}

fn written(report: &Report, is_verbose: bool) -> String {
    let report = &all_visible(report);
    let mut text = String::new();
    if report.is_void() {
        write_conclusion(&mut text, report);
        return text;
    }
    if is_verbose {
        write_cases(&mut text, report);
    }
    write_causes(&mut text, report, is_verbose);
    write_known(&mut text, report);
    if is_verbose {
        write_readings(&mut text, report);
        write_differences(&mut text, report);
        write_reach(&mut text, report);
    }
    let has_failures = write_failures(&mut text, report);
    if !has_failures {
        write_areas(&mut text, report);
        write_reasons(&mut text, report, Status::Skip, "skipped");
    }
    write_reasons(&mut text, report, Status::Error, "not judged");
    text.extend(report.losses().map(|losses| losses + "\n"));
    write_tally(&mut text, report);
    write_conclusion(&mut text, report);
    text
}

/// What is wrong. What does not touch the verdict is for those who ask for everything.
fn write_causes(text: &mut String, report: &Report, is_verbose: bool) {
    let mut causes = causes(&report.cases);
    causes.retain(|cause| is_verbose || cause.level() < Level::May);
    let blocks = if is_verbose { causes.len() } else { BLOCKS.min(causes.len()) };
    for cause in &causes[..blocks] {
        write_block(text, cause);
        text.push('\n');
    }
    let rest = &causes[blocks..];
    for cause in rest.iter().take(LINES) {
        write_line(text, cause);
    }
    if rest.len() > LINES {
        let _ = writeln!(text, "and {} more", rest.len() - LINES);
    }
    if !rest.is_empty() {
        text.push_str("--verbose shows all of this, and so does --report html=FILE\n\n");
    }
}

/// A cause with what shows it.
fn write_block(text: &mut String, cause: &Cause<'_>) {
    write_line(text, cause);
    for (name, value) in cause.rows() {
        let _ = writeln!(text, "  {name:<8}  {value}");
    }
}

/// A cause in one line.
fn write_line(text: &mut String, cause: &Cause<'_>) {
    let color = match cause.level() {
        Level::Must => AnsiColor::Red,
        Level::Should => AnsiColor::Yellow,
        Level::May => AnsiColor::BrightBlack,
    };
    let style = Style::new().bold().fg_color(Some(color.into()));
    let (level, bold) = (cause.level(), Style::new().bold());
    let _ = writeln!(text, "{style}{level:<6}{style:#}  {bold}{}{bold:#}", cause.title());
}

/// The names of the cases that failed, and of those that warn.
fn write_failures(text: &mut String, report: &Report) -> bool {
    let statuses = [(Status::Fail, "failed"), (Status::Warn, "warned")];
    for (status, word) in statuses {
        let names = |is_excused: bool| {
            let cases = report.cases.iter().filter(|case| case.status == status);
            let cases = cases.filter(|case| case.is_excused() == is_excused);
            cases.map(|case| case.name.as_str()).collect::<Vec<_>>()
        };
        let style = style(status);
        for (names, word) in
            [(names(false), word.to_owned()), (names(true), format!("{word} as expected"))]
        {
            if !names.is_empty() {
                let _ =
                    writeln!(text, "{style}{word}{style:#} {}: {}", names.len(), listed(&names));
            }
        }
    }
    report.cases.iter().any(|case| matches!(case.counts_as(), Status::Fail | Status::Warn))
}

/// Names on lines of a usual length, as many as fit on a few of them.
fn listed(names: &[&str]) -> String {
    const LINES: usize = 4;
    let mut lines = vec![String::new()];
    for (index, name) in names.iter().enumerate() {
        let comma = if index + 1 < names.len() { ", " } else { "" };
        let line = lines.last().map_or(0, String::len);
        if line > 0 && line + name.len() + 2 > WIDTH - 16 {
            if lines.len() == LINES {
                let _ = write!(lines[LINES - 1], "and {} more", names.len() - index);
                break;
            }
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            line.push_str(name);
            line.push_str(comma);
        }
    }
    let lines: Vec<&str> = lines.iter().map(|line| line.trim_end()).collect();
    lines.join("\n  ")
}

/// A line for each part of the API, with what became of its cases.
fn write_areas(text: &mut String, report: &Report) {
    let mut areas: Vec<(&str, Vec<&CaseReport>)> = Vec::new();
    for case in &report.cases {
        let area = area(case);
        match areas.iter_mut().find(|(name, _)| *name == area) {
            Some((_, cases)) => cases.push(case),
            None => areas.push((area, vec![case])),
        }
    }
    areas.sort_by_key(|(name, _)| [ALL, ADDED].contains(name));
    let width = areas.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    for (name, cases) in areas {
        let counts: Vec<String> = COUNTED
            .into_iter()
            .map(|(status, word)| (cases.iter().filter(|it| it.status == status).count(), word))
            .filter(|(count, _)| *count > 0)
            .map(|(count, word)| format!("{count} {word}"))
            .collect();
        let _ = writeln!(text, "{name:<width$}  {}", counts.join(", "));
    }
}

/// What cases about several parts of the API are called together.
const ALL: &str = "All operations";

/// The same of those that were added.
const ADDED: &str = "Added cases";

/// The part of the API that a case is about.
fn area(case: &CaseReport) -> &str {
    if case.own {
        return ADDED;
    }
    let tag = |id: &String| Some(Contract::built_in().operation(id)?.tag.as_str());
    let mut tags = case.operations.iter().map(tag);
    match tags.next().flatten() {
        Some(first) if tags.all(|tag| tag == Some(first)) => first,
        _ => ALL,
    }
}

/// How many cases have a status, by the reason.
fn write_reasons(text: &mut String, report: &Report, status: Status, word: &str) {
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for case in report.cases.iter().filter(|case| case.status == status) {
        *reasons.entry(case.reason.as_deref().unwrap_or_default()).or_default() += 1;
    }
    let mut reasons: Vec<(&str, usize)> = reasons.into_iter().collect();
    reasons.sort_by_key(|(_, count)| usize::MAX - count);
    let style = style(status);
    for (reason, count) in reasons.iter().take(REASONS) {
        let is_stop = report.stopped.as_deref() == Some(*reason);
        let reason = if is_stop { "the run ended before" } else { reason };
        let _ = writeln!(text, "{style}{word}{style:#} {count}: {reason}");
    }
    let others: usize = reasons.iter().skip(REASONS).map(|(_, count)| count).sum();
    if others > 0 {
        let _ = writeln!(text, "{style}{word}{style:#} {others} more for other reasons");
    }
}

/// Every case, in the order of the report.
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
    text.push('\n');
}

fn write_known(text: &mut String, report: &Report) {
    let mut news = report.known.iter().filter_map(|it| Some((it, it.news()?))).peekable();
    if news.peek().is_some() {
        text.push_str("Expected failures that need a look:\n");
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
    let _ = writeln!(text, "Where the sources disagree, this deployment follows:");
    let width = shown.iter().map(|(reading, _)| reading.id.len()).max().unwrap_or_default();
    for (reading, follows) in shown {
        let _ = writeln!(text, "  {:<width$}  {follows}", reading.id);
    }
    if !others.is_empty() {
        let _ = writeln!(text, "  {NOT_SHOWN} by this run: {}", ids(&others));
    }
    text.push('\n');
}

fn write_differences(text: &mut String, report: &Report) {
    if report.differences.is_empty() {
        return;
    }
    let _ = writeln!(
        text,
        "Differences from the reference transcripts (not deviations by themselves):"
    );
    for difference in &report.differences {
        let _ = writeln!(text, "  {} ({})", difference.exchange, difference.operation);
        for line in difference.diff.lines().skip(2) {
            let _ = writeln!(text, "    {line}");
        }
    }
    text.push('\n');
}

/// How far the run reached.
fn write_reach(text: &mut String, report: &Report) {
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
    text.push('\n');
}

fn write_tally(text: &mut String, report: &Report) {
    let (tally, requests, duration) = (report.tally(), report.requests, report.duration());
    let _ = writeln!(text, "{tally}; {requests} requests in {duration}");
}

/// What is left, and the verdict.
fn write_conclusion(text: &mut String, report: &Report) {
    if !report.left_behind.is_empty() {
        let slugs = report.left_behind.join(", ");
        let _ = writeln!(text, "could not be removed: {slugs}");
    }
    if report.left_behind_uncertain {
        let _ =
            writeln!(text, "could not list registries, so some that this run created may remain");
    }
    let style = style(match report.verdict {
        Verdict::Conforms => Status::Pass,
        Verdict::Deviates => Status::Fail,
        Verdict::Incomplete => Status::Error,
    });
    let style = style.bold();
    let DeploymentReport { base_url, embedded, .. } = &report.deployment;
    let embedded = if *embedded { " (the embedded reference server)" } else { "" };
    let _ = writeln!(text, "{style}{base_url}{embedded} {}{style:#}", report.conclusion());
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
