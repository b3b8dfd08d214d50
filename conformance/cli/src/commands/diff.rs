//! `conformance diff`.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Args;
use registries_command_line::{Status, text};
use registries_conformance::{Report, report::diff};

use super::{
    Failure,
    target::{DiffForm, ReportTarget},
};

/// What `--help` says after the options.
const MANUAL: &str = "Examples:
  What became better or worse since yesterday:
    conformance diff yesterday.json today.json
  Which disputed points two deployments interpret differently:
    conformance diff staging.json production.json --json | jq .readings

Both files are reports of `conformance run --report json=PATH`. Two findings are
the same when their case, exchange, kind and place are. An expected failure is
no regression. The schema of what --json prints is conformance/diff.schema.json.";

fn exit_status() -> String {
    Status::help(&[
        (Status::Success, "nothing became worse"),
        (Status::Negative, "something became worse"),
        (Status::Usage, "wrong usage, or a file that is not such a report"),
        (Status::NotCarriedOut, "a report has no cases"),
    ])
}

#[derive(Args)]
#[command(
    after_help = "Examples:
  conformance diff yesterday.json today.json
  conformance diff staging.json production.json --json",
    after_long_help = format!("{MANUAL}\n\n{}", exit_status())
)]
pub(crate) struct DiffArgs {
    /// The earlier report
    #[arg(value_name = "A.json")]
    before: PathBuf,
    /// The later report
    #[arg(value_name = "B.json")]
    after: PathBuf,
    /// Print JSON, as --report json=- does
    #[arg(long)]
    json: bool,
    /// Write a report as well
    #[arg(long, value_name = "json=PATH")]
    report: Vec<ReportTarget<DiffForm>>,
}

pub(crate) fn execute(args: &DiffArgs) -> Result<ExitCode, Failure> {
    let standard_output = args.json.then(ReportTarget::json).flatten();
    let targets: Vec<_> = args.report.iter().cloned().chain(standard_output).collect();
    ReportTarget::check_all(&targets)?;
    let (before, after) = (read(&args.before)?, read(&args.after)?);
    for (path, report) in [(&args.before, &before), (&args.after, &after)] {
        if report.cases.is_empty() {
            let path = path.display();
            let why = format!("{path} has no cases; there is nothing to compare");
            return Err(Failure::NotCarriedOut(why));
        }
    }
    let comparison = diff::compare(&before, &after);
    ReportTarget::write_all(&targets, &comparison, diff::human(&comparison).ansi())?;
    Ok(if comparison.regressed { Status::Negative.into() } else { ExitCode::SUCCESS })
}

fn read(path: &Path) -> Result<Report, Failure> {
    let shown = path.display();
    let text = text::read(path);
    let text = text.map_err(|error| Failure::Usage(format!("cannot read {shown}: {error}")))?;
    diff::read(&text)
        .map_err(|error| Failure::Usage(format!("{shown} cannot be compared: {error}")))
}
