//! `conformance list`.

use std::{fmt::Write as _, process::ExitCode};

use clap::Args;
use registries_command_line::{Status, print};
use registries_conformance::{
    Profile,
    cases::{self, Case},
    level::Level,
    requirements::{self, Requirement},
};
use serde_json::{Value, json};

use super::{Failure, each_matches};

/// What `--help` says after the options.
const MANUAL: &str = "Examples:
  Print every case:
    conformance list
  Only those with \"update\" in their name:
    conformance list update
  Explain one case:
    conformance list create-succeeds
  Print which case verifies which requirement, and what none verifies:
    conformance list --requirements oidc
  For machines:
    conformance list --json | jq '.[] | select(.level == \"must\") | .name'";

fn exit_status() -> String {
    Status::help(&[
        (Status::Success, "printed"),
        (Status::Negative, ""),
        (Status::Usage, "wrong usage, or nothing has the text in its name"),
    ])
}

#[derive(Args)]
#[command(
    after_help = "Examples:
  conformance list update
  conformance list create-succeeds
  conformance list --requirements oidc",
    after_long_help = format!("{MANUAL}\n\n{}", exit_status())
)]
pub(crate) struct ListArgs {
    /// Select by a part of the name
    #[arg(value_name = "TEXT", value_delimiter = ',')]
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
        let named = args.filters.as_slice();
        if let ([name], false) = (named, args.json)
            && let Some(case) = cases.iter().find(|case| case.name == name)
        {
            print(&explained(case))?;
            return Ok(ExitCode::SUCCESS);
        }
        if args.json { as_json(&cases) } else { as_table(&cases) }
    };
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// Everything about one case.
fn explained(case: &Case) -> String {
    let mut text = format!("{}\n\n{}\n\n", case.name, case.requirement);
    let (level, profile) = (case.level(), case.profile());
    let effect = match level {
        Level::Must => "a deviation fails the deployment",
        Level::Should => "a deviation is a warning",
        Level::May => "a deviation is only reported",
    };
    let _ = writeln!(text, "level     {level}: {effect}");
    let _ = writeln!(text, "source    {}", case.citation());
    let _ = writeln!(text, "profile   {profile}, {} requests when run alone", case.requests());
    text.push_str("\nIt verifies:\n");
    for id in case.verifies {
        let stated = requirements::all().iter().find(|it| it.id == *id);
        let stated = stated.map(|it| it.text.as_str()).unwrap_or_default();
        let _ = writeln!(text, "  {id}\n      {stated}");
    }
    let exchanges = case.exchanges();
    match exchanges.as_slice() {
        [] => text.push_str("\nIt checks stateful and property-based tests of `deep`.\n"),
        exchanges => {
            text.push_str("\nIt checks the responses to:\n");
            let width = exchanges.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
            for (name, operation) in exchanges {
                let _ = writeln!(text, "  {name:<width$}  {operation}");
            }
        }
    }
    let profile = if profile == Profile::Deep { " --profile deep" } else { "" };
    let _ = writeln!(text, "\nRun it:\n  conformance run --filter {}{profile}", case.name);
    text
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
                let reading = format!("the interpretation {id}");
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
