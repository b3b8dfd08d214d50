//! The report as `JUnit` XML, which every CI system reads.

use std::time::Duration;

use chrono::DateTime;
use quick_junit::{NonSuccessKind, SerializeError, TestCase, TestCaseStatus, TestSuite};

use super::{CaseReport, Report, Status, reach::NOT_SHOWN, visible::all_visible};

/// The report as `JUnit` XML: one suite with a test for each case. What became of each requirement,
/// the readings and the coverage are properties of the suite, since not every reader takes properties
/// of a test. An expected failure is a skipped test, a warning a passed one, unless warnings fail the
/// deployment.
pub fn junit(report: &Report) -> Result<String, SerializeError> {
    let report = &all_visible(report);
    let mut suite = TestSuite::new("conformance");
    let duration = Duration::from_millis(report.duration_ms);
    suite.set_time(duration);
    if let Ok(started_at) = DateTime::parse_from_rfc3339(&report.started_at) {
        suite.set_timestamp(started_at);
    }
    suite.add_properties([
        ("base-url", report.deployment.base_url.as_str()),
        ("organization", &report.deployment.organization),
        ("conclusion", &report.conclusion()),
        ("requirements", &report.requirements_reach()),
        ("suite-version", &report.suite_version),
        ("contract-version", &report.contract_version),
    ]);
    suite.add_properties(reached(report));
    suite.add_test_cases(report.cases.iter().map(|case| test(report, case)));
    let news = report.known.iter().filter_map(|it| Some(format!("{}: {}", it.case, it.news()?)));
    let news: Vec<String> = news.collect();
    if !news.is_empty() {
        suite.set_system_out(news.join("\n"));
    }
    let mut junit = quick_junit::Report::new("conformance");
    junit.set_time(duration);
    junit.add_test_suite(suite);
    // Jenkins' xUnit plugin refuses this number of the root, where it stands first.
    let skipped =
        format!(" skipped=\"{}\"", junit.test_suites.iter().map(|it| it.skipped).sum::<usize>());
    Ok(junit.to_string()?.replacen(&skipped, "", 1))
}

/// The readings, the requirements, and what was seen of the contract, as names and values.
fn reached(report: &Report) -> Vec<(String, String)> {
    let readings = report.readings.iter().map(|reading| {
        let follows = reading.follows.as_deref().unwrap_or(NOT_SHOWN);
        (format!("reading.{}", reading.id), follows.to_owned())
    });
    let requirements = report.requirements.iter().map(|it| {
        let by = it.reason.clone().unwrap_or_else(|| it.cases.join(", "));
        (format!("requirement.{}", it.id), format!("{}: {by}", it.status))
    });
    let coverage = report.coverage.aspects().into_iter().flat_map(|aspect| {
        let name = |what| format!("coverage.{}.{what}", aspect.name.replace(' ', "-"));
        [(name("seen"), aspect.seen.join(", ")), (name("not-seen"), aspect.unseen.join(", "))]
    });
    readings.chain(requirements).chain(coverage).collect()
}

fn test(report: &Report, case: &CaseReport) -> TestCase {
    let described = |mut status: TestCaseStatus, message: String| {
        status.set_message(message).set_type(case.level.to_string());
        status.set_description(description(case));
        status
    };
    let message = || match case.findings.first() {
        Some(first) => format!("expected {}, received {}", first.expected, first.received),
        None => case.reason.clone().unwrap_or_default(),
    };
    let failure = || TestCaseStatus::non_success(NonSuccessKind::Failure);
    let status = match (case.status, case.counts_as()) {
        (_, Status::Fail) => described(failure(), message()),
        (_, Status::Warn) if report.strict => described(failure(), message()),
        (Status::Error, _) => {
            described(TestCaseStatus::non_success(NonSuccessKind::Error), message())
        }
        (Status::Skip, _) => described(TestCaseStatus::skipped(), message()),
        (Status::Fail, _) => {
            described(TestCaseStatus::skipped(), format!("an expected failure: {}", message()))
        }
        (Status::Warn | Status::Pass, _) => TestCaseStatus::success(),
    };
    let is_success = matches!(status, TestCaseStatus::Success { .. });
    let mut test = TestCase::new(case.name.as_str(), status);
    test.set_time(Duration::from_millis(case.duration_ms));
    test.set_classname(format!("conformance.{}", case.level));
    if is_success && !case.findings.is_empty() {
        test.set_system_out(format!("{}\n{}", case.status, description(case)));
    }
    test
}

fn description(case: &CaseReport) -> String {
    let mut lines = vec![format!("{} ({})", case.requirement, case.citation)];
    for finding in &case.findings {
        lines.push(finding.whereabouts());
        lines.push(format!("  expected: {}", finding.expected));
        lines.push(format!("  received: {}", finding.received));
        let path = finding.schema_path.as_ref();
        lines.extend(path.map(|path| format!("  contract: {path} ({})", finding.citation)));
        lines.extend(finding.known.as_ref().map(|known| format!("  {known}")));
        lines.push(format!("  {}", finding.curl));
    }
    lines.join("\n")
}
