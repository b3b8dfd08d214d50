//! The report as annotations of a GitHub workflow: commands that the runner looks for in a log.

use super::{
    CaseReport, Report, RequirementStatus, Status,
    known::KnownState,
    reach::{NOT_SHOWN, WHOLE, ids},
    visible::all_visible,
};

/// The report as workflow commands, a line for each case that there is something to say about.
#[must_use]
pub fn github(report: &Report) -> String {
    let report = &all_visible(report);
    let mut lines = Vec::new();
    if let Some(reason) = &report.stopped {
        lines.push(command("error", "the run was stopped", reason));
    }
    for case in &report.cases {
        let was_not_reached = case.reason.is_some() && case.reason == report.stopped;
        if let Some(severity) = severity(report, case).filter(|_| !was_not_reached) {
            let known = if case.is_excused() { ", known" } else { "" };
            let title = format!("{} {}{known}: {}", case.level, case.status, case.name);
            lines.push(command(severity, &title, &message(report, case)));
        }
    }
    for known in &report.known {
        let severity = if known.state == KnownState::Expired { "error" } else { "warning" };
        if let Some(news) = known.news() {
            let title = format!("known deviation: {}", known.case);
            lines.push(command(severity, &title, &format!("{news} ({})", known.reason)));
        }
    }
    let summary = format!("{} {}", report.deployment.base_url, report.conclusion());
    let summary = [vec![summary, report.tally()], report.reach()].concat().join("\n");
    lines.push(command("notice", "conformance", &summary));
    lines.extend(readings(report));
    lines.extend(gaps(report));
    lines.concat()
}

/// Which readings the deployment follows.
fn readings(report: &Report) -> Option<String> {
    let (shown, others) = report.readings();
    if shown.is_empty() && (others.is_empty() || report.stopped.is_some()) {
        return None;
    }
    let shown = shown.iter().map(|(reading, follows)| format!("{}: {follows}", reading.id));
    let mut lines: Vec<String> = shown.collect();
    if !others.is_empty() {
        lines.push(format!("{NOT_SHOWN}: {}", ids(&others)));
    }
    let title = "conformance: where the sources disagree, it follows";
    Some(command("notice", title, &lines.join("\n")))
}

/// What the run leaves open of the requirements and of the contract.
fn gaps(report: &Report) -> Option<String> {
    let gaps = report.gaps();
    let lines = gaps.iter().map(|gap| format!("{}: {}", gap.about, gap.brief(str::to_owned)));
    let lines: Vec<String> = lines.chain([WHOLE.to_owned()]).collect();
    let title = "conformance: what is not covered, or was not seen";
    (!gaps.is_empty()).then(|| command("notice", title, &lines.join("\n")))
}

fn severity(report: &Report, case: &CaseReport) -> Option<&'static str> {
    match (case.status, case.counts_as()) {
        (Status::Fail, Status::Fail) => Some("error"),
        (_, Status::Warn) if report.strict => Some("error"),
        (_, Status::Warn) | (Status::Error, _) => Some("warning"),
        (Status::Fail | Status::Warn, _) => Some("notice"),
        (Status::Pass | Status::Skip, _) => None,
    }
}

fn message(report: &Report, case: &CaseReport) -> String {
    let mut lines = vec![format!("{} ({})", case.requirement, case.citation)];
    lines.extend(case.reason.clone());
    let failed = report.verified_by(case).filter(|it| it.status == RequirementStatus::Failed);
    let failed: Vec<&str> = failed.map(|it| it.id.as_str()).collect();
    if !failed.is_empty() {
        lines.push(format!("breaks {}", failed.join(", ")));
    }
    for finding in &case.findings {
        lines.push(format!("{}:", finding.whereabouts()));
        lines.push(format!("  expected: {}", finding.expected));
        lines.push(format!("  received: {}", finding.received));
        lines.extend(finding.known.as_ref().map(|known| format!("  {known}")));
    }
    lines.join("\n")
}

/// One command. What stands in it cannot end it, and so cannot begin another.
fn command(severity: &str, title: &str, message: &str) -> String {
    let message = message.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let title = title.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let title = title.replace(':', "%3A").replace(',', "%2C");
    format!("::{severity} title={title}::{message}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_cannot_become_a_command() {
        assert_eq!(
            command("error", "a: b, c", "100%\r\n::stop-commands::x"),
            "::error title=a%3A b%2C c::100%25%0D%0A::stop-commands::x\n"
        );
    }
}
