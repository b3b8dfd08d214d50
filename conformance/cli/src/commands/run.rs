//! `conformance run`.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use chrono::Utc;
use clap::Args;
use registries_command_line::{Status, say, text};
use registries_conformance::{
    Deployment, Options, Profile, Report, cases,
    group::Group,
    har::Recorder,
    report::{
        self,
        known::{self, Known},
    },
};
use registries_strength::reference::Reference;
use tokio::sync::watch;

use super::{
    Failure, Verbosity,
    archive::{self, ArchiveArgs},
    deep::DeepArgs,
    deployment::{DeploymentArgs, RunDeploymentArgs, unusable},
    each_matches, progress,
    signals::Signals,
    target::{ReportTarget, RunForm},
    values, verdict,
};

/// What `-h` says after the options.
const EXAMPLES: &str = "Examples:
  conformance run --embedded
  conformance run --base-url https://api.example.com/v2 --org my-org
  conformance run --deployment staging --report html=report.html
The token is read from REGISTRIES_TOKEN. `conformance run --help` has the rest.";

/// What `--help` says after the options, with a place for what only `deep` tests.
const MANUAL: &str = "Examples:
  Test the embedded reference server:
    conformance run --embedded
  Test a deployment; the token is in REGISTRIES_TOKEN:
    conformance run --base-url https://api.example.com/v2 --org my-org
  Only read, for example in production:
    conformance run --deployment production --profile smoke
  Run some cases only, with a report for machines:
    conformance run --deployment staging --filter update --report json=a.json
  Test registries and the access token only:
    conformance run --deployment staging --group registries
  Record the exchanges, without the tokens, and re-evaluate them:
    conformance run --deployment staging --record run.har
    conformance run --replay run.har
  Write several reports:
    conformance run --embedded --report html=a.html --report junit=a.xml
  Accept expected failures:
    conformance run --deployment staging --known known.toml

Formats of reports: json, junit, html, markdown (a comment on a pull request),
github (annotations of a workflow). The schema of the json report is
conformance/report.schema.json.

Expected failures are entries of a TOML file. place (a JSON pointer, * for any
segment, or a header's name) and expected are optional:
  [[known]]
  case = \"create-succeeds\"
  reason = \"fixed in the next release\"
  until = 2027-01-31

The token needs the scopes read_registries, write_registries and
delete_registries, and create_registries where the deployment has it. Without
read_organizations and read_accounts, cases about organizations and their limits
are skipped.

A run creates a few registries whose names begin with \"conformance\". It
changes no others, and removes its own, also after a failure. Without an option,
a variable or a conformance.toml that names a deployment, it tests the embedded
reference server.

A read that does not show the last write is repeated for --consistency-wait:
late is a warning, never is a failure. After 502, 503, 504 or a lost response,
reads are sent again. A write is sent again once it is known whether it was
carried out. The report counts both.

core leaves out what takes many requests. deep also tests:
{ONLY_DEEP}`conformance list` prints the profile of each case. deep creates and removes
more registries than core, sends several requests at once, and may wait for the
rate limit. It uses up the user's limit only with --exhaust-user-limit.

conformance.toml names deployments:
  [deployment.staging]
  base-url = \"https://api.example.com/v2\"
  org = \"my-org\"
  token-env = \"STAGING_TOKEN\"
  # and team, limited-token-env, revocable-token-env, timeout,
  # ca-certificate, pace
Options override such a deployment. With --deployment, REGISTRIES_BASE_URL,
_ORG, _TEAM, _TIMEOUT, _CA_CERTIFICATE and _PACE are not read.

Durations are written as 90s, 5m or 1h; a number alone is seconds.";

fn manual() -> String {
    let text = MANUAL.replace("{ONLY_DEEP}", &only_deep());
    let status = Status::help(&[
        (Status::Success, "the deployment conforms"),
        (Status::Negative, "it does not"),
        (Status::NotCarriedOut, "it could not be tested, or not all of it"),
    ]);
    format!("{text}\n\n{status}")
}

/// What only `deep` tests, a line each.
fn only_deep() -> String {
    Profile::ONLY_DEEP.map(|what| format!("  - {what}\n")).concat()
}

#[derive(Args)]
#[command(
    after_help = EXAMPLES,
    after_long_help = manual(),
)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(super) deployment: DeploymentArgs,
    #[command(flatten)]
    pub(super) run_deployment: RunDeploymentArgs,
    /// Test the embedded reference server
    #[arg(long, conflicts_with_all = [
        "base_url", "org", "team", "token_env", "limited_token_env", "revocable_token_env",
        "ca_certificate", "deployment", "config",
    ])]
    embedded: bool,
    #[arg(
        long,
        help = "Test depth",
        long_help = "Test depth; each profile includes the one before",
        value_enum,
        default_value_t,
        env = "REGISTRIES_PROFILE",
        hide_env_values = true
    )]
    profile: Profile,
    /// Test one part of the API only
    #[arg(long, value_enum, hide_short_help = true)]
    group: Option<Group>,
    /// Run only cases with this text in their name
    #[arg(
        long,
        value_name = "TEXT",
        value_delimiter = ',',
        long_help = "Run only cases with this text in their name; repeat it, or separate by commas"
    )]
    filter: Vec<String>,
    #[command(flatten)]
    deep: DeepArgs,
    /// Repeat reads that do not show the last write for this long
    #[arg(
        long,
        value_name = "DURATION",
        default_value = "5s",
        value_parser = values::duration,
        hide_short_help = true
    )]
    consistency_wait: Duration,
    /// Write a report as well; repeat it for more
    #[arg(long, value_name = "FORMAT=PATH")]
    report: Vec<ReportTarget<RunForm>>,
    /// Expected failures, each with an expiry date
    #[arg(long, value_name = "FILE.toml", env = "REGISTRIES_KNOWN", hide_env_values = true)]
    known: Option<PathBuf>,
    /// Fail on warnings
    #[arg(
        long,
        env = "REGISTRIES_STRICT",
        hide_env_values = true,
        value_parser = values::switch
    )]
    strict: bool,
    #[command(flatten)]
    archive: ArchiveArgs,
    #[command(flatten)]
    verbosity: Verbosity,
}

pub(crate) async fn execute(args: RunArgs) -> Result<ExitCode, Failure> {
    let of = args.group.map(|group| format!(" and the group {group}")).unwrap_or_default();
    let kind = format!("case of the profile {}{of}", args.profile);
    each_matches(&args.filter, &kind, "conformance list", |text| {
        !cases::selected(&[text.to_owned()], args.profile, args.group).is_empty()
    })?;
    args.deep.check(args.profile, cases::requests(&args.filter, args.profile, args.group))?;
    ReportTarget::check_all(&args.report)?;
    let known = args.known.as_deref().map(known).transpose()?;
    if let Some(path) = &args.archive.replay {
        let options = Options {
            filters: args.filter.clone(),
            profile: args.profile,
            group: args.group,
            seed: args.deep.seed,
            ..Options::default()
        };
        let report = archive::replayed(path, options).await?;
        return conclude(report, &args, known.as_deref());
    }
    archive::check_target(args.archive.record.as_ref())?;
    let recorder = args.archive.record.as_ref().map(|_| Recorder::default());
    let chosen = args.deployment.choose(args.embedded)?;
    let (embedded, deployment) = if let Some(deployment) = chosen.deployment {
        (None, deployment)
    } else {
        let reference = Reference::start().await;
        let Reference { server, deployment, .. } =
            reference.map_err(|error| Failure::NotCarriedOut(error.to_string()))?;
        (Some(server), Deployment { timeout: chosen.timeout, ..deployment })
    };
    let signals = Signals::listen()?;
    let (bar, listener) = progress::listener();
    let options = Options {
        filters: args.filter.clone(),
        profile: args.profile,
        group: args.group,
        pace: chosen.pace,
        max_requests: args.deep.max_requests(),
        max_time: args.deep.max_time,
        consistency_wait: args.consistency_wait,
        seed: args.deep.seed,
        exhaust_user_limit: args.deep.exhaust_user_limit,
        embedded: embedded.is_some(),
        interrupt: Some(interruption(signals, chosen.sweep.clone())),
        progress: Some(listener),
        recorder: recorder.clone(),
        own: Vec::new(),
    };
    let report = registries_conformance::run(deployment, options).await;
    bar.finish_and_clear();
    if let Some(server) = embedded {
        server.shutdown().await;
    }
    let report = report.map_err(|error| unusable(&error))?;
    if let (Some(recorder), Some(path)) = (&recorder, &args.archive.record) {
        // A run that saw next to nothing does not take the place of one that did.
        if report.stopped.is_some() && path.exists() {
            say(&format!("{} was not changed, since the run was stopped", path.display()));
        } else {
            archive::write(recorder, path)?;
        }
    }
    let is_left = !report.left_behind.is_empty() || report.left_behind_uncertain;
    let concluded = conclude(report, &args, known.as_deref())?;
    if let Some(command) = chosen.sweep.filter(|_| is_left) {
        say(&lists_what_is_left(&command));
    }
    Ok(concluded)
}

/// What a command is for that lists, and removes, what a run has left.
fn lists_what_is_left(command: &str) -> String {
    format!("this shows what is left, and with --remove removes it:\n  {command}")
}

/// Prints the report, and returns its verdict as the exit status.
fn conclude(report: Report, args: &RunArgs, known: Option<&[Known]>) -> Result<ExitCode, Failure> {
    let report = if args.strict { report.strict() } else { report };
    let today = Utc::now().date_naive();
    let report = known.into_iter().fold(report, |report, known| report.knowing(known, today));
    publish(&report, &args.report, args.verbosity)?;
    Ok(report.verdict.into())
}

/// The expected failures in a file.
fn known(path: &Path) -> Result<Vec<Known>, Failure> {
    let shown = path.display();
    let text = text::read(path);
    let text = text.map_err(|error| Failure::Usage(format!("cannot read {shown}: {error}")))?;
    known::read(&text, &[]).map_err(|error| {
        Failure::Usage(format!("{shown} has no list of expected failures: {error}"))
    })
}

/// Becomes true on Ctrl-C or SIGTERM; the second time the process ends at once.
fn interruption(mut signals: Signals, sweep: Option<String>) -> watch::Receiver<bool> {
    let (sender, receiver) = watch::channel(false);
    tokio::spawn(async move {
        signals.next().await;
        // The run may be over already; then the channel is closed.
        let _ = sender.send(true);
        say("stopping; removing what was created (once more to leave it there)");
        signals.next().await;
        // What the embedded reference server has goes with it.
        let left = sweep.map(|command| format!("; {}", lists_what_is_left(&command)));
        say(&format!("stopped{}", left.unwrap_or_default()));
        std::process::exit(Status::NotCarriedOut as i32);
    });
    receiver
}

fn publish(
    report: &Report,
    targets: &[ReportTarget<RunForm>],
    verbosity: Verbosity,
) -> Result<(), Failure> {
    let human = if verbosity.verbose { report::verbose(report) } else { report::human(report) };
    let human = if verbosity.quiet { verdict(human.ansi()) } else { human.ansi().to_owned() };
    ReportTarget::write_all(targets, report, &human)
}
