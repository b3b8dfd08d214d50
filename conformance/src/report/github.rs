//! The report as annotations of a GitHub workflow: commands that the runner looks for in a log.

use super::{
    Report, Verdict,
    causes::{Cause, causes},
    known::KnownState,
    visible::all_visible,
};
use crate::level::Level;

/// How many annotations of a kind GitHub shows of a step.
const LIMIT: usize = 10;

/// The report as workflow commands: an annotation for each cause, the most severe first, and no more of
/// them than GitHub shows. There is none for a run in which nothing is wrong.
#[must_use]
pub fn github(report: &Report) -> String {
    let report = &all_visible(report);
    let mut annotations: Vec<(Severity, String, String)> = Vec::new();
    if report.verdict == Verdict::Incomplete {
        let title = "conformance: not judged".to_owned();
        annotations.push((Severity::Error, title, report.conclusion()));
    }
    let wrong = causes(&report.cases).into_iter().filter(|cause| cause.level() < Level::May);
    annotations.extend(wrong.map(|cause| {
        let title = format!("conformance ({}): {}", cause.level(), cause.title());
        (severity(report, &cause), title, message(&cause))
    }));
    for known in &report.known {
        let is_expired = known.state == KnownState::Expired;
        let severity = if is_expired { Severity::Error } else { Severity::Warning };
        if let Some(news) = known.news() {
            let title = format!("expected failure: {}", known.case);
            annotations.push((severity, title, format!("{news} ({})", known.reason)));
        }
    }
    annotations.sort_by_key(|(severity, ..)| *severity);
    if annotations.len() > LIMIT {
        let rest = annotations.split_off(LIMIT - 1);
        let titles: Vec<&str> = rest.iter().map(|(_, title, _)| title.as_str()).collect();
        let title = format!("conformance: {} more", rest.len());
        annotations.push((rest[0].0, title, titles.join("\n")));
    }
    let lines = annotations.iter().map(|(severity, title, it)| command(*severity, title, it));
    lines.collect()
}

/// How severe an annotation is, as GitHub calls it; from the most severe to the least.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Severity {
    Error,
    Warning,
}

impl Severity {
    fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

fn severity(report: &Report, cause: &Cause<'_>) -> Severity {
    if cause.level() == Level::Must || report.strict { Severity::Error } else { Severity::Warning }
}

fn message(cause: &Cause<'_>) -> String {
    let rows = cause.rows().into_iter().map(|(name, value)| format!("{name}: {value}"));
    rows.collect::<Vec<_>>().join("\n")
}

/// One command. What stands in it cannot end it, and so cannot begin another.
fn command(severity: Severity, title: &str, message: &str) -> String {
    let message = message.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let title = title.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let title = title.replace(':', "%3A").replace(',', "%2C");
    format!("::{} title={title}::{message}\n", severity.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_cannot_become_a_command() {
        assert_eq!(
            command(Severity::Error, "a: b, c", "100%\r\n::stop-commands::x"),
            "::error title=a%3A b%2C c::100%25%0D%0A::stop-commands::x\n"
        );
    }
}
