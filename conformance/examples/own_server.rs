//! Every case as a test of one's own server, and a case of one's own beside them.
//!
//! In a project of your own this file is an integration test with `harness = false`; here it looks at
//! the reference server.
//!
//! ```text
//! cargo run --example own_server -- --list
//! cargo run --example own_server -- update
//! ```

use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};
use registries_conformance::{
    Options, OwnCase, Status,
    level::{Citation, Grade},
    report::CaseReport,
};
use registries_strength::reference::Reference;
use serde_json::json;

fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::from_args();
    let runtime = tokio::runtime::Runtime::new()?;
    // Start your server here, and make a `Deployment` of its base URL, organization and tokens.
    let reference = runtime.block_on(Reference::start())?;
    // One run serves all cases: they share requests, and their registries are removed at its end.
    let options = Options { own: vec![words_are_kept()], ..Options::default() };
    let report =
        runtime.block_on(registries_conformance::run(reference.deployment.clone(), options))?;

    let trials: Vec<Trial> = report.cases.into_iter().map(trial).collect();
    Ok(libtest_mimic::run(&arguments, trials).exit_code())
}

/// What only this deployment promises. The citation says where, and how binding it is.
fn words_are_kept() -> OwnCase {
    OwnCase::new(
        "words-of-a-name-are-kept-in-the-slug",
        "The slug of a registry has every word of its name.",
        Citation { grade: Grade::Documented, cite: "our handbook, names".into() },
        |session| {
            Box::pin(async move {
                let body = json!({"name": session.name("Fruit 7"), "ecosystem": "ruby"});
                let request = session.request("create_registry", None, Some(&body))?;
                let created = session.send(request).await?;
                let registry = created.answer.json.clone().unwrap_or_default();
                let slug = registry["slug"].as_str().unwrap_or_default();
                if slug.ends_with("-fruit-7") {
                    return Ok(Vec::new());
                }
                Ok(vec![session.found(&created, Some("/slug"), "…-fruit-7", slug)])
            })
        },
    )
}

/// A case as a test: skipped ones are ignored, warnings are not failures.
fn trial(case: CaseReport) -> Trial {
    let is_skipped = case.status == Status::Skip;
    let kind = if case.own { "own" } else { "conformance" };
    let name = case.name.clone();
    Trial::test(name, move || match case.status {
        Status::Pass | Status::Warn | Status::Skip => Ok(()),
        Status::Fail | Status::Error => Err(why(&case)),
    })
    .with_kind(kind)
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
