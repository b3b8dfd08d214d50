//! `conformance sweep`.

use std::{fmt::Write as _, io::Write, process::ExitCode, time::Duration};

use chrono::Utc;
use clap::Args;
use registries_conformance::sweep::{self, Leftover, Sweep};

use super::{
    Failure,
    deployment::{DeploymentArgs, unusable},
};

#[derive(Args)]
#[command(after_help = "Examples:
  conformance sweep --base-url https://api.example.com/v2 --org my-org
      shows what earlier runs left behind
  conformance sweep --base-url https://api.example.com/v2 --org my-org --remove
      and removes it

Only registries that a run of this suite has named are looked at. A run removes what it creates;
it cannot when it is killed, or when the deployment goes away. What is younger than
--older-than, one hour unless it is given, stays with --remove too: it may be of a run that goes
on. After a run that has ended, --older-than 0s takes it as well.

Exit status: 0 nothing is left, 1 something is, be it too young, 2 wrong usage, 3 could not be
carried out.")]
pub(crate) struct SweepArgs {
    #[command(flatten)]
    deployment: DeploymentArgs,
    /// Remove them; without it they are only shown
    #[arg(long)]
    remove: bool,
    /// Only those created longer ago than this, so that no run that goes on is disturbed
    #[arg(long, value_name = "AGE", default_value = "1h", value_parser = humantime::parse_duration)]
    older_than: Duration,
}

pub(crate) async fn execute(args: SweepArgs) -> Result<ExitCode, Failure> {
    let chosen = args.deployment.require()?;
    let Some(deployment) = chosen.deployment else { return Ok(ExitCode::SUCCESS) };
    let sweep = sweep::sweep(deployment, chosen.pace, args.older_than, args.remove).await;
    let sweep = sweep.map_err(|error| match error {
        sweep::SweepError::Deployment(error) => unusable(&error),
        other => Failure::NotCarriedOut(other.to_string()),
    })?;
    // Whoever reads it may stop early; the exit status still tells the outcome.
    let _ = anstream::stdout().write_all(human(&sweep, args.older_than).as_bytes());
    Ok(if !sweep.failed.is_empty() {
        ExitCode::from(3)
    } else if !sweep.left.is_empty() || !sweep.young.is_empty() {
        ExitCode::from(1)
    } else {
        ExitCode::SUCCESS
    })
}

fn human(sweep: &Sweep, older_than: Duration) -> String {
    let mut text = String::new();
    let groups = [
        ("removed", &sweep.removed),
        ("could not be removed", &sweep.failed),
        ("left behind", &sweep.left),
        ("too young", &sweep.young),
    ];
    for (what, leftovers) in groups {
        for Leftover { slug, created_at } in leftovers {
            let age = created_at.and_then(|at| (Utc::now() - at).to_std().ok());
            let age = age.map_or("of unknown age".to_owned(), |age| {
                format!("{} old", humantime::format_duration(Duration::from_secs(age.as_secs())))
            });
            let _ = writeln!(text, "{what}: {slug}, {age}");
        }
    }
    if text.is_empty() {
        text.push_str("nothing was left behind\n");
    }
    if !sweep.left.is_empty() {
        text.push_str("--remove removes what is left behind\n");
    }
    if !sweep.young.is_empty() {
        let age = humantime::format_duration(older_than);
        let _ = writeln!(
            text,
            "what is younger than {age} stays, since a run may go on; when none does, --older-than 0s \
             takes it too"
        );
    }
    text
}
