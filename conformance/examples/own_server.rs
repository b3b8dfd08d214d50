//! Every case as a test of one's own server, and a case of one's own beside them.
//!
//! In a project of your own this file is an integration test with `harness = false`; here it looks at
//! the reference server.
//!
//! ```text
//! cargo run -p registries-conformance --example own_server -- --list
//! cargo run -p registries-conformance --example own_server -- update
//! ```

use std::{process::ExitCode, sync::Arc};

use libtest_mimic::{Arguments, Failed, Trial};
use registries_conformance::{Options, Report, Status, reference::Reference, report::CaseReport};

fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::from_args();
    let runtime = tokio::runtime::Runtime::new()?;
    // Start your server here, and make a `Deployment` of its base URL, organization and tokens.
    let reference = runtime.block_on(Reference::start())?;
    // One run serves all cases: they share requests, and their registries are removed at its end.
    let run = registries_conformance::run(reference.deployment.clone(), Options::default());
    let report = Arc::new(runtime.block_on(run)?);

    let mut trials: Vec<Trial> = report.cases.iter().cloned().map(trial).collect();
    trials.push(own_case(Arc::clone(&report)));
    Ok(libtest_mimic::run(&arguments, trials).exit_code())
}

/// A case of the suite: skipped ones are ignored, warnings are not failures.
fn trial(case: CaseReport) -> Trial {
    let is_skipped = case.status == Status::Skip;
    let name = case.name.clone();
    Trial::test(name, move || match case.status {
        Status::Pass | Status::Warn | Status::Skip => Ok(()),
        Status::Fail | Status::Error => Err(why(&case)),
    })
    .with_kind("conformance")
    .with_ignored_flag(is_skipped)
}

fn why(case: &CaseReport) -> Failed {
    let findings = case.findings.iter().map(|finding| {
        format!("expected: {}\nreceived: {}\n{}", finding.expected, finding.received, finding.curl)
    });
    let reason = case.reason.clone();
    let lines: Vec<String> =
        std::iter::once(case.requirement.clone()).chain(reason).chain(findings).collect();
    Failed::from(lines.join("\n"))
}

/// What only this deployment promises: a run takes less than the allowance of a minute.
fn own_case(report: Arc<Report>) -> Trial {
    Trial::test("a-run-fits-into-a-minute", move || match report.requests {
        0..=50 => Ok(()),
        more => Err(Failed::from(format!("{more} requests"))),
    })
    .with_kind("own")
}
