//! `conformance check`.

use std::{io::Write, path::PathBuf, process::ExitCode};

use clap::Args;
use registries_conformance::{
    deployment,
    traffic::{self, CheckReport},
};

use super::{
    Failure, archive,
    target::{CheckForm, ReportTarget},
};

#[derive(Args)]
#[command(after_help = "Examples:
  conformance check traffic.har
      every exchange of this API in the file, whatever its host
  conformance check traffic.har --base-url https://api.example.com/v2 --report json=check.json
      only those below that API root, with a report for machines

A browser's developer tools save such a file, and mitmdump does (--set hardump=traffic.har).
What is not of this API is counted, and not looked at. A request that does not fit the contract
is told, and concerns the client: it does not touch the exit status. Tokens are not printed.

The schema of the report is conformance/check.schema.json.

Exit status: 0 nothing deviates, 1 something does, 2 wrong usage, 3 the file cannot be read, or
has no answer of this API, or not one body of an operation that was seen.")]
pub(crate) struct CheckArgs {
    /// The recorded traffic
    #[arg(value_name = "FILE.har")]
    file: PathBuf,
    /// The API root, including /v2; without it any path that ends in /v2
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
    /// Write a report as well; may be given more than once
    #[arg(long, value_name = "json=PATH")]
    report: Vec<ReportTarget<CheckForm>>,
}

pub(crate) fn execute(args: &CheckArgs) -> Result<ExitCode, Failure> {
    ReportTarget::check_all(&args.report)?;
    let base_url = args.base_url.as_deref().map(deployment::base_url).transpose();
    let base_url = base_url.map_err(|error| Failure::Usage(error.to_string()))?;
    let har = archive::read(&args.file)?;
    let looked_at = args.file.display().to_string();
    conclude(&traffic::check(&har, base_url.as_deref(), &looked_at), &args.report)
}

/// Tells the report, and its verdict as the exit status.
pub(super) fn conclude(
    report: &CheckReport,
    targets: &[ReportTarget<CheckForm>],
) -> Result<ExitCode, Failure> {
    for target in targets {
        target.write(report)?;
    }
    // Whoever reads it may stop early; the exit status still tells the verdict.
    let _ = anstream::stdout().write_all(traffic::human(report).as_bytes());
    Ok(report.verdict.into())
}
