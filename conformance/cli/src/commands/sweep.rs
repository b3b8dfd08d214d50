//! `conformance sweep`.

use std::{fmt::Write as _, process::ExitCode, time::Duration};

use chrono::Utc;
use clap::Args;
use registries_command_line::{Status, print, visible::visible};
use registries_conformance::sweep::{self, Doubt, Leftover, Removal, Sweep};

use super::{
    Failure,
    deployment::{DeploymentArgs, unusable},
    values,
};

/// What `--help` says after the options.
const MANUAL: &str = "Examples:
  List what earlier runs left behind:
    conformance sweep --base-url https://api.example.com/v2 --org my-org
  Remove it:
    conformance sweep --deployment staging --remove
  Remove old-one as well, which sweep has listed as uncertain:
    conformance sweep --deployment staging --remove --also old-one

A run removes what it creates, unless it is killed or the deployment goes away.
Its registries are recognised by name and slug: both carry the tag of the run,
which no other registry has by chance. A registry that only resembles one of a
run is uncertain. It is removed only when --also names it.

With --remove, a registry younger than --older-than is kept: a run may still use
it. After the last run has ended, --older-than 0s removes it.";

fn exit_status() -> String {
    Status::help(&[
        (Status::Success, "nothing is left (uncertain registries do not count)"),
        (Status::Negative, "something is left (young registries count)"),
    ])
}

#[derive(Args)]
#[command(
    after_help = "Examples:
  conformance sweep --base-url https://api.example.com/v2 --org my-org
  conformance sweep --deployment staging --remove
The token is read from REGISTRIES_TOKEN.",
    after_long_help = format!("{MANUAL}\n\n{}", exit_status())
)]
pub(crate) struct SweepArgs {
    #[command(flatten)]
    pub(super) deployment: DeploymentArgs,
    /// Remove the leftovers instead of listing them
    #[arg(long)]
    remove: bool,
    /// Remove this registry too; repeat it, or separate by commas
    #[arg(long, value_name = "SLUG", requires = "remove", value_delimiter = ',')]
    also: Vec<String>,
    /// Keep registries younger than this, which a run may still use
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = values::duration)]
    older_than: Duration,
}

pub(crate) async fn execute(args: SweepArgs) -> Result<ExitCode, Failure> {
    let chosen = args.deployment.require()?;
    let Some(deployment) = chosen.deployment else { return Ok(ExitCode::SUCCESS) };
    let removal = Removal { older_than: args.older_than, remove: args.remove, also: args.also };
    let sweep = sweep::sweep(deployment, chosen.pace, &removal).await;
    let sweep = sweep.map_err(|error| match error {
        sweep::SweepError::Deployment(error) => unusable(&error),
        sweep::SweepError::NoLeftover(_) => Failure::Usage(error.to_string()),
        other => Failure::NotCarriedOut(other.to_string()),
    })?;
    print(&human(&sweep, removal.older_than))?;
    Ok(if !sweep.failed.is_empty() {
        Status::NotCarriedOut.into()
    } else if !sweep.left.is_empty() || !sweep.young.is_empty() {
        Status::Negative.into()
    } else {
        ExitCode::SUCCESS
    })
}

/// What became of it, for people. Names, slugs and messages are the deployment's.
fn human(sweep: &Sweep, older_than: Duration) -> String {
    let mut text = String::new();
    for leftover in &sweep.removed {
        let _ = writeln!(text, "removed: {}", outline(leftover));
    }
    for (leftover, why) in &sweep.failed {
        let why = visible(why);
        let _ = writeln!(text, "could not be removed: {}: the delete {why}", outline(leftover));
    }
    for (what, leftovers) in [("left behind", &sweep.left), ("too young", &sweep.young)] {
        for leftover in leftovers {
            let _ = writeln!(text, "{what}: {}", outline(leftover));
        }
    }
    if text.is_empty() {
        text.push_str("nothing was left behind\n");
    }
    for leftover in &sweep.doubtful {
        let why = match leftover.doubt {
            Some(Doubt::TagOnly) => "a run's tag is in it, but its name and slug are not a run's",
            _ => "an earlier version named registries so, and so may anyone",
        };
        let name = visible(&leftover.name);
        let _ = writeln!(text, "uncertain: {}, named \"{name}\": {why}", outline(leftover));
    }
    if !sweep.left.is_empty() {
        text.push_str("--remove deletes what was left behind\n");
    }
    if !sweep.doubtful.is_empty() {
        text.push_str("uncertain registries are kept; --remove --also SLUG deletes one\n");
    }
    if !sweep.young.is_empty() {
        let age = humantime::format_duration(older_than);
        let _ = writeln!(
            text,
            "registries younger than {age} are kept, because a run may still use them; after the last \
             run, --older-than 0s includes them"
        );
    }
    text
}

/// Its slug and age.
fn outline(leftover: &Leftover) -> String {
    let age = leftover.created_at.and_then(|at| (Utc::now() - at).to_std().ok());
    let age = age.map_or("of unknown age".to_owned(), |age| {
        format!("{} old", humantime::format_duration(Duration::from_secs(age.as_secs())))
    });
    format!("{}, {age}", visible(&leftover.slug))
}
