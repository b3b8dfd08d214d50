//! `cargo xtask bench`: what the client, the suite and the server take, against something measured in the same run.

mod client;
mod command_line;
mod downstream;
mod overhead;
mod page;
mod reference;
mod report;
mod saved;
mod schemathesis;
mod server;
mod side_by_side;
mod validating;

use std::{
    collections::BTreeSet,
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    num::NonZeroUsize,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use chrono::Utc;
use clap::{Args, Parser, Subcommand, ValueEnum};
use registries_command_line::{Color, Failure, Status, duration, parse, print, say, say_error};
use registries_conformance::contract;
use registries_strength::{Deviation, deviations};
use tokio::runtime::Runtime;

use self::{
    client::ClientArgs,
    report::{Measured, Report},
    saved::{Cache, Of},
    schemathesis::Schemathesis,
    server::ServerArgs,
    side_by_side::Setting,
};

/// Measure the project's programs, each against something in the same run
#[derive(Parser)]
#[command(name = "cargo xtask bench", bin_name = "cargo xtask bench", max_term_width = 80)]
struct Cli {
    #[command(flatten)]
    color: Color,
    #[command(subcommand)]
    bench: Bench,
}

#[derive(Subcommand)]
enum Bench {
    /// Measure what the conformance suite takes and finds
    #[command(after_help = after_help(AFTER_HELP))]
    Conformance(ConformanceArgs),
    /// Measure what the reference server takes
    #[command(after_help = after_help(server::AFTER_HELP))]
    Server(ServerArgs),
    /// Measure what the client adds to the HTTP library
    #[command(after_help = after_help(client::AFTER_HELP))]
    Client(ClientArgs),
    /// Be the reference server that is measured against, until standard input ends
    #[command(hide = true)]
    Reference,
    /// Be the process that is measured, as standard input says
    #[command(hide = true)]
    Once,
    /// Be the bare handler that the server is measured against, until standard input ends
    #[command(hide = true)]
    Bare,
    /// Be the process that only opens a database
    #[command(hide = true)]
    Open { database: PathBuf },
}

/// What follows the options of a command.
fn after_help(text: &str) -> String {
    let status = Status::help(&[
        (Status::Success, "every target is met"),
        (Status::Negative, "a target is missed"),
    ]);
    format!("{text}\n\n{status}")
}

const AFTER_HELP: &str = "Examples:
  cargo xtask bench conformance --only core --only validating
  cargo xtask bench conformance --deviations 50 --json bench.json

It builds itself with optimizations first. Everything is measured against something else in the same \
run: `core` against its bare requests, validating a list of registries against \
parsing it, and the suite against Schemathesis, in exchanges a second against the reference server \
and in the deviations of `conformance strength` that each finds. Schemathesis is installed for that, \
which needs python3 and PyPI, and takes minutes for a deviation.";

#[derive(Args)]
pub(crate) struct ConformanceArgs {
    /// Only this; repeat it, or separate by commas
    #[arg(long, value_enum, value_name = "WHAT", value_delimiter = ',')]
    only: Vec<Part>,
    /// Leave out everything that needs Schemathesis
    #[arg(long)]
    no_schemathesis: bool,
    /// Virtual environment with Schemathesis [default: a temporary one]
    #[arg(long, value_name = "DIRECTORY")]
    schemathesis_venv: Option<PathBuf>,
    /// Only N deviations, spread evenly over the catalogue
    #[arg(long, value_name = "N")]
    deviations: Option<NonZeroUsize>,
    /// Time limit of Schemathesis for a deviation
    #[arg(long, value_name = "DURATION", default_value = "15m", value_parser = duration)]
    time_limit: Duration,
    /// Keep its runs in this file, and do not repeat those that it has
    #[arg(long, value_name = "FILE")]
    resume: Option<PathBuf>,
    #[command(flatten)]
    json: JsonReport,
    /// Rewrite the table of the suite in this page, such as docs/speed.md
    #[arg(long, value_name = "FILE.md")]
    page: Option<PathBuf>,
}

/// What can be measured.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// What a run of core takes, against its bare requests
    Core,
    /// What validating a response costs, against parsing it
    Validating,
    /// How many exchanges are checked in a second, against Schemathesis
    Pace,
    /// How many deviations are found, against Schemathesis; measures the pace as well
    Deviations,
}

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap_or(Path::new("."));
    let Cli { color, bench } = match parse() {
        Ok(cli) => cli,
        Err(status) => return status,
    };
    color.apply();
    let status = match execute(bench, root) {
        Ok(true) => Status::Success,
        Ok(false) => Status::Negative,
        Err(error) => {
            say_error(&format!("{error:#}"));
            error.downcast_ref().map_or(Status::NotCarriedOut, Failure::status)
        }
    };
    status.into()
}

/// Does what was asked for under `root`; whether every target is met.
fn execute(bench: Bench, root: &Path) -> Result<bool> {
    match bench {
        Bench::Conformance(args) => {
            let (json, page) = (args.json.clone(), args.page.clone());
            print_report("suite", &interruptible(measure(args, root))?, &json, page)
        }
        Bench::Server(args) => {
            let (json, page) = (args.json.clone(), args.page.clone());
            print_report("server", &interruptible(server::measure(args, root))?, &json, page)
        }
        Bench::Client(args) => {
            let report = interruptible(client::measure(args.only, root))?;
            print_report("client", &report, &args.json, args.page)
        }
        Bench::Reference => runtime()?.block_on(reference::serve()).map(|()| true),
        Bench::Once => runtime()?.block_on(overhead::once()).map(|()| true),
        Bench::Bare => runtime()?.block_on(server::bare::serve()).map(|()| true),
        Bench::Open { database } => server::start::open(&database).map(|()| true),
    }
}

/// Measures unless it is interrupted. What is dropped on Ctrl-C ends its processes and removes its
/// directories.
fn interruptible<T>(measuring: impl Future<Output = Result<T>>) -> Result<T> {
    runtime()?.block_on(async {
        tokio::select! {
            report = measuring => report,
            _ = tokio::signal::ctrl_c() => bail!("interrupted"),
        }
    })
}

/// Prints a report as text, as JSON, or both, and into the page, as that of `what`. Whether every target
/// is met.
fn print_report(
    what: &str,
    report: &impl Measured,
    json: &JsonReport,
    page: Option<PathBuf>,
) -> Result<bool> {
    let machines = || serde_json::to_string_pretty(report).map(|text| text + "\n");
    match &json.path {
        Some(path) if path == Path::new("-") => print(&machines()?)?,
        Some(path) => {
            print(&report.human())?;
            fs::write(path, machines()?).with_context(|| format!("writing {}", path.display()))?;
        }
        None => print(&report.human())?,
    }
    if let Some(page) = page {
        page::rewrite(&page, what, report.cores(), report.figures(), Utc::now())?;
    }
    Ok(report.is_met())
}

/// The report for machines.
#[derive(Clone, Args)]
pub(crate) struct JsonReport {
    /// Write a JSON report as well; - or no path is standard output
    #[arg(
        id = "json",
        long,
        visible_alias = "report",
        value_name = "json=PATH",
        num_args = 0..=1,
        default_missing_value = "-",
        value_parser = report_path
    )]
    path: Option<PathBuf>,
}

/// The path of a report: with or without its format, which is always the same.
fn report_path(text: &str) -> Result<PathBuf, &'static str> {
    match text.strip_prefix("json=").unwrap_or(text) {
        "" => Err("expected json=PATH, or json=- for standard output"),
        path => Ok(path.into()),
    }
}

fn runtime() -> Result<Runtime> {
    Runtime::new().context("starting")
}

async fn measure(args: ConformanceArgs, root: &Path) -> Result<Report> {
    let wanted = |part| args.only.is_empty() || args.only.contains(&part);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    // Where requests are limited, Schemathesis sees little but refusals.
    let catalogue: Vec<Deviation> =
        deviations().into_iter().filter(Deviation::shows_by_default).collect();
    let mut report = Report::new(cores, catalogue.len());
    if wanted(Part::Core) {
        report.figures.push(overhead::measure().await?);
    }
    if wanted(Part::Validating) {
        report.figures.push(validating::measure().await?);
    }
    if args.no_schemathesis || !(wanted(Part::Pace) || wanted(Part::Deviations)) {
        return Ok(report);
    }
    let mut kept = Cache::open(args.resume.as_deref(), &of())?;
    progress("installing Schemathesis");
    let setting = Setting {
        tool: Schemathesis::install(args.schemathesis_venv.as_deref()).await?,
        contract: root.join("openapi.yaml"),
        limit: args.time_limit,
    };
    report.schemathesis_version = Some(schemathesis::VERSION);
    let (figure, known) = side_by_side::pace(&setting).await?;
    report.figures.push(figure);
    if wanted(Part::Deviations) {
        let sample = sample(catalogue, args.deviations);
        let (setting, known) = (Arc::new(setting), Arc::new(known));
        report.compared(side_by_side::find(&setting, sample, &known, &mut kept).await?);
    }
    Ok(report)
}

/// What the runs against deviations depend on.
fn of() -> Of {
    let mut hasher = DefaultHasher::new();
    contract::TEXT.hash(&mut hasher);
    Of { schemathesis: schemathesis::VERSION.into(), contract: hasher.finish() }
}

/// As many, spread evenly.
fn sample(all: Vec<Deviation>, wanted: Option<NonZeroUsize>) -> Vec<Deviation> {
    let total = all.len();
    let wanted = wanted.map_or(total, NonZeroUsize::get).min(total);
    let chosen: BTreeSet<usize> = (0..wanted).map(|index| index * total / wanted).collect();
    let chosen_ones = all.into_iter().enumerate().filter(|(index, _)| chosen.contains(index));
    chosen_ones.map(|(_, deviation)| deviation).collect()
}

/// Prints progress to standard error, if that can be written.
fn progress(message: &str) {
    say(message);
}

/// A count as what ratios are made of.
#[expect(clippy::cast_precision_loss, reason = "no count here comes near 2 to the power of 52")]
fn float(count: usize) -> f64 {
    count as f64
}

/// The one in the middle.
fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_help() {
        insta::assert_snapshot!(registries_command_line::helps::<Cli>());
    }

    #[test]
    fn a_sample_is_spread_over_the_catalogue() {
        let names = |wanted: Option<usize>| -> Vec<String> {
            sample(deviations(), wanted.and_then(NonZeroUsize::new))
                .into_iter()
                .map(|it| it.name)
                .collect()
        };
        let all = names(None);
        assert_eq!(names(Some(all.len() + 1)), all);
        let some = names(Some(4));
        let expected: Vec<_> = (0..4).map(|quarter| all[quarter * all.len() / 4].clone()).collect();
        assert_eq!(some, expected);
    }

    #[test]
    fn the_median_is_not_moved_by_one_that_took_long() {
        assert!((median(&mut [3.0, 1.0, 1000.0]) - 3.0).abs() < f64::EPSILON);
    }
}
