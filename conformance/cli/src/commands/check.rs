//! `conformance check`.

use std::{path::PathBuf, process::ExitCode};

use clap::Args;
use registries_command_line::Status;
use registries_conformance::{
    deployment,
    traffic::{self, CheckReport},
};

use super::{
    Failure, archive,
    target::{CheckForm, ReportTarget},
    verdict,
};

/// What `--help` says after the options.
const MANUAL: &str = "Examples:
  Validate every exchange of this API in a file, whatever its host:
    conformance check traffic.har
  Only those below an API root, with a report for machines:
    conformance check traffic.har --base-url https://api.example.com/v2 \\
      --report json=check.json

A browser's developer tools save such a file, and so does mitmdump
(--set hardump=traffic.har). Other traffic in it is counted, and not validated.
A request that does not fit the contract concerns the client. It is reported,
and does not change the exit status. Tokens are not printed.

The schema of the report is conformance/check.schema.json.";

fn exit_status() -> String {
    Status::help(&[
        (Status::Success, "no response deviates"),
        (Status::Negative, "a response deviates"),
        (Status::NotCarriedOut, "the file has no response of this API, or no response body"),
    ])
}

#[derive(Args)]
#[command(
    after_help = "Examples:
  conformance check traffic.har
  conformance check traffic.har --base-url https://api.example.com/v2",
    after_long_help = format!("{MANUAL}\n\n{}", exit_status())
)]
pub(crate) struct CheckArgs {
    /// Recorded traffic
    #[arg(value_name = "FILE.har")]
    file: PathBuf,
    /// API root, including /v2; without it, any path that ends in /v2
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
    /// Write a report as well; repeat it for more
    #[arg(long, value_name = "json=PATH")]
    report: Vec<ReportTarget<CheckForm>>,
    /// Print the verdict and errors only
    #[arg(short, long)]
    quiet: bool,
}

pub(crate) fn execute(args: &CheckArgs) -> Result<ExitCode, Failure> {
    ReportTarget::check_all(&args.report)?;
    let base_url = args.base_url.as_deref().map(deployment::base_url).transpose();
    let base_url = base_url.map_err(|error| Failure::Usage(format!("--base-url: {error}")))?;
    let har = archive::read(&args.file)?;
    let looked_at = args.file.display().to_string();
    conclude(&traffic::check(&har, base_url.as_deref(), &looked_at), &args.report, args.quiet)
}

/// Prints the report, and returns its verdict as the exit status.
pub(super) fn conclude(
    report: &CheckReport,
    targets: &[ReportTarget<CheckForm>],
    quiet: bool,
) -> Result<ExitCode, Failure> {
    let human = traffic::human(report);
    let human = if quiet { verdict(human.ansi()) } else { human.ansi().to_owned() };
    ReportTarget::write_all(targets, report, &human)?;
    Ok(report.verdict.into())
}
