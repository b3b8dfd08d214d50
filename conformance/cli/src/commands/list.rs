//! `conformance list`.

use std::{
    fmt::Write as _,
    io::{self, Write},
    process::ExitCode,
};

use clap::Args;
use registries_conformance::{
    Profile,
    cases::{self, Case},
    requirements::{self, Requirement},
};
use serde_json::{Value, json};

use super::{Failure, each_matches};

#[derive(Args)]
#[command(after_help = "Examples:\n  conformance list\n  conformance list update\n  \
                        conformance list --json | jq '.[] | select(.level == \"must\") | .name'\n  \
                        conformance list --requirements oidc\n      \
                        which case verifies what, and what none does")]
pub(crate) struct ListArgs {
    /// Only cases, or requirements, with one of these texts in their name
    #[arg(value_name = "TEXT")]
    filters: Vec<String>,
    /// Print the requirements instead, each with the cases that verify it
    #[arg(long)]
    requirements: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn execute(args: &ListArgs) -> Result<ExitCode, Failure> {
    let text = if args.requirements {
        listed_requirements(args)?
    } else {
        each_matches(&args.filters, "case", "conformance list", |text| {
            cases::all().any(|case| case.name.contains(text))
        })?;
        let cases = cases::selected(&args.filters, Profile::Deep, None);
        if args.json { as_json(&cases) } else { as_table(&cases) }
    };
    match anstream::stdout().write_all(text.as_bytes()) {
        // Whoever reads the list may stop early, as `head` does.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::NotCarriedOut(format!("the list cannot be printed: {error}")))
        }
        _ => Ok(ExitCode::SUCCESS),
    }
}

fn as_table(cases: &[&Case]) -> String {
    let width = cases.iter().map(|case| case.name.len()).max().unwrap_or_default();
    let mut text = format!("PROFILE  LEVEL   REQUESTS  {:<width$}  REQUIREMENT\n", "CASE");
    for case in cases {
        let (profile, level) = (case.profile(), case.level());
        let (requests, name) = (case.requests(), case.name);
        let requirement = format!("{} ({})", case.requirement, case.citation());
        let _ = writeln!(
            text,
            "{profile:<7}  {level:<6}  {requests:>8}  {name:<width$}  {requirement}"
        );
    }
    text
}

fn as_json(cases: &[&Case]) -> String {
    let cases: Vec<Value> = cases
        .iter()
        .map(|case| {
            json!({
                "name": case.name,
                "profile": case.profile(),
                "level": case.level(),
                "requests": case.requests(),
                "requirement": case.requirement,
                "citation": case.citation(),
                "verifies": case.verifies,
            })
        })
        .collect();
    format!("{:#}\n", Value::Array(cases))
}

fn listed_requirements(args: &ListArgs) -> Result<String, Failure> {
    each_matches(&args.filters, "requirement", "conformance list --requirements", |text| {
        requirements::all().iter().any(|it| it.id.contains(text))
    })?;
    let is_wanted = |it: &&Requirement| {
        args.filters.is_empty() || args.filters.iter().any(|filter| it.id.contains(filter.as_str()))
    };
    let wanted: Vec<&Requirement> = requirements::all().iter().filter(is_wanted).collect();
    Ok(if args.json { requirements_as_json(&wanted) } else { requirements_as_table(&wanted) })
}

fn requirements_as_table(requirements: &[&Requirement]) -> String {
    let width = requirements.iter().map(|it| it.id.len()).max().unwrap_or_default();
    let mut text = format!("{:<width$}  LEVEL   CASES\n", "REQUIREMENT");
    for requirement in requirements {
        let cases: Vec<&str> = cases::verifying(requirement).map(|case| case.name).collect();
        let by = match (&requirement.uncovered, &requirement.disagreement) {
            (Some(why), _) => format!("none: {why}"),
            (None, Some(id)) => {
                let reading = format!("the reading {id}");
                [&[reading.as_str()], cases.as_slice()].concat().join(", ")
            }
            (None, None) => cases.join(", "),
        };
        let _ = writeln!(text, "{:<width$}  {:<6}  {by}", requirement.id, requirement.level());
    }
    text
}

fn requirements_as_json(requirements: &[&Requirement]) -> String {
    let requirements: Vec<Value> = requirements
        .iter()
        .map(|requirement| {
            json!({
                "id": requirement.id,
                "area": requirement.area,
                "kind": requirement.kind,
                "level": requirement.level(),
                "text": requirement.text,
                "citation": requirement.citation,
                "cases": cases::verifying(requirement).map(|case| case.name).collect::<Vec<_>>(),
                "disagreement": requirement.disagreement,
                "uncovered": requirement.uncovered,
            })
        })
        .collect();
    format!("{:#}\n", Value::Array(requirements))
}
