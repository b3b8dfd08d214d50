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
};
use serde_json::{Value, json};

use super::{Failure, no_such_case};

#[derive(Args)]
#[command(after_help = "Examples:\n  conformance list\n  conformance list update\n  \
                        conformance list --json | jq '.[] | select(.level == \"must\") | .name'")]
pub(crate) struct ListArgs {
    /// Only cases with one of these texts in their name
    #[arg(value_name = "TEXT")]
    filters: Vec<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn execute(args: &ListArgs) -> Result<ExitCode, Failure> {
    let cases = cases::selected(&args.filters, Profile::Deep);
    if cases.is_empty() {
        return Err(no_such_case(&args.filters));
    }
    let text = if args.json { as_json(&cases) } else { as_table(&cases) };
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
            })
        })
        .collect();
    format!("{:#}\n", Value::Array(cases))
}
