//! A comparison of two runs, for a person at a terminal.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::{
    CaseChange, Change, Comparison, FindingChange, ReadingChange, RequirementChange,
    RequirementStatus, Run, Status,
};
use crate::report::{Styled, visible::all_visible};

/// The comparison as text.
#[must_use]
pub fn human(comparison: &Comparison) -> Styled {
    let comparison = &all_visible(comparison);
    let mut text = String::new();
    let [before, after] = &comparison.runs;
    for (word, run) in [("before", before), ("after", after)] {
        let Run { base_url, started_at, profile, verdict, .. } = run;
        let Run { suite_version, contract_version, .. } = run;
        let verdict = format!("{verdict:?}").to_lowercase();
        let _ = writeln!(
            text,
            "{word:<6}  {base_url}  {started_at}  {verdict}  ({profile}, suite {suite_version}, contract \
             {contract_version})"
        );
    }
    write_cases(&mut text, comparison);
    write_findings(&mut text, "appeared", &comparison.appeared);
    write_findings(&mut text, "vanished", &comparison.vanished);
    write_requirements(&mut text, comparison);
    if !comparison.readings.is_empty() {
        text.push_str("\nInterpretations that changed:\n");
    }
    for ReadingChange { id, before, after } in &comparison.readings {
        let shown = |it: &Option<String>| it.clone().unwrap_or_else(|| "not shown".into());
        let _ = writeln!(text, "  {id}: {} → {}", shown(before), shown(after));
    }
    let (style, conclusion) = match comparison {
        Comparison { regressed: true, .. } => (style(Change::Worse), "something became worse"),
        it if it.is_empty() => (style(Change::Unclear), "nothing changed"),
        _ => (style(Change::Better), "nothing became worse"),
    };
    let _ = writeln!(text, "\n{style}{conclusion}{style:#}");
    Styled(text)
}

impl Comparison {
    fn is_empty(&self) -> bool {
        self.cases.is_empty()
            && self.appeared.is_empty()
            && self.vanished.is_empty()
            && self.requirements.is_empty()
            && self.readings.is_empty()
    }
}

fn write_cases(text: &mut String, comparison: &Comparison) {
    let (both, one): (Vec<_>, Vec<_>) =
        comparison.cases.iter().partition(|it| it.before.is_some() && it.after.is_some());
    if !both.is_empty() {
        text.push_str("\nCases that changed:\n");
    }
    let width = both.iter().map(|it| it.case.len()).max().unwrap_or_default();
    for CaseChange { case, before, after, change, reason } in both {
        let style = style(*change);
        let word = word(*change);
        let shown = |it: &Option<Status>| it.map(|status| status.to_string()).unwrap_or_default();
        let (before, after) = (shown(before), shown(after));
        let reason = reason.as_deref().unwrap_or_default();
        let line = format!(
            "  {style}{word:<7}{style:#}  {case:<width$}  {before:<5} → {after:<5}  {reason}"
        );
        let _ = writeln!(text, "{}", line.trim_end());
    }
    if !one.is_empty() {
        let _ = writeln!(text, "\n{} cases that only one of the runs looked at", one.len());
    }
}

fn write_findings(text: &mut String, what: &str, findings: &[FindingChange]) {
    if !findings.is_empty() {
        let _ = writeln!(text, "\nFindings that {what}:");
    }
    for FindingChange { finding, change } in findings {
        let style = style(*change);
        let word = word(*change);
        let (case, place) = (&finding.case, finding.whereabouts());
        let _ = writeln!(text, "  {style}{word:<7}{style:#}  {case}: {place}");
        let _ = writeln!(text, "           expected: {}", finding.expected);
        let _ = writeln!(text, "           received: {}", finding.received);
    }
}

fn write_requirements(text: &mut String, comparison: &Comparison) {
    let (one, both): (Vec<_>, Vec<_>) = comparison
        .requirements
        .iter()
        .partition(|it| [it.before, it.after].contains(&RequirementStatus::NotCovered));
    if !both.is_empty() {
        text.push_str("\nRequirements that changed:\n");
    }
    for RequirementChange { id, before, after, change, .. } in both {
        let style = style(*change);
        let word = word(*change);
        let _ = writeln!(text, "  {style}{word:<7}{style:#}  {id}: {before} → {after}");
    }
    if !one.is_empty() {
        let _ = writeln!(text, "\n{} requirements that only one of the runs covered", one.len());
    }
}

fn word(change: Change) -> &'static str {
    match change {
        Change::Worse => "worse",
        Change::Better => "better",
        Change::Unclear => "unclear",
    }
}

fn style(change: Change) -> Style {
    let color = match change {
        Change::Worse => AnsiColor::Red,
        Change::Better => AnsiColor::Green,
        Change::Unclear => AnsiColor::BrightBlack,
    };
    Style::new().fg_color(Some(color.into()))
}
