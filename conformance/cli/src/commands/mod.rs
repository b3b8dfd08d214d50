//! The commands, their options, and their exit statuses.

mod archive;
mod check;
mod deep;
mod deployment;
mod diff;
mod list;
mod named;
mod progress;
mod proxy;
mod run;
mod signals;
mod strength;
mod sweep;
mod target;
mod values;

use std::process::ExitCode;

use clap::{Args, Subcommand};
use registries_command_line::{Completions, Failure, man};

use self::deployment::DeploymentArgs;
use crate::Cli;

/// What the command is to do.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Test a deployment, or the embedded reference server
    Run(Box<run::RunArgs>),
    /// Validate recorded traffic (a HAR file) against the contract
    Check(check::CheckArgs),
    /// Forward requests to a deployment and validate every exchange
    Proxy(proxy::ProxyArgs),
    /// Print the cases, explain one, or print the requirements
    List(list::ListArgs),
    /// Compare the reports of two runs
    Diff(diff::DiffArgs),
    /// Inject known defects, and report which ones are detected
    Strength(strength::StrengthArgs),
    /// List leftovers of interrupted runs (--remove deletes them)
    Sweep(Box<sweep::SweepArgs>),
    /// Print shell completions
    #[command(after_help = COMPLETIONS)]
    Completions(Completions),
    /// Print the manual page
    Man,
}

const COMPLETIONS: &str = "Examples:
  conformance completions bash > /etc/bash_completion.d/conformance
  conformance completions fish > ~/.config/fish/completions/conformance.fish";

impl Command {
    pub(crate) async fn execute(mut self) -> Result<ExitCode, Failure> {
        if let Self::Run(args) = &mut self {
            args.deployment.run = Some(std::mem::take(&mut args.run_deployment));
        }
        self.check_variables()?;
        match self {
            Self::Run(args) => run::execute(*args).await,
            Self::Check(args) => check::execute(&args),
            Self::Proxy(args) => proxy::execute(args).await,
            Self::List(args) => list::execute(&args),
            Self::Diff(args) => diff::execute(&args),
            Self::Strength(args) => strength::execute(args).await,
            Self::Sweep(args) => sweep::execute(*args).await,
            Self::Completions(it) => it.print::<Cli>().map(|()| ExitCode::SUCCESS),
            Self::Man => man::<Cli>().map(|()| ExitCode::SUCCESS),
        }
    }

    /// Refuses variables of the environment that nothing reads. What shells and packages are made
    /// with works in any environment.
    fn check_variables(&self) -> Result<(), Failure> {
        match self {
            Self::Completions(_) | Self::Man => Ok(()),
            Self::Run(args) => args.deployment.check_variables(),
            Self::Sweep(args) => args.deployment.check_variables(),
            _ => DeploymentArgs::default().check_variables(),
        }
    }
}

/// How much is printed.
#[derive(Clone, Copy, Debug, Default, Args)]
pub(crate) struct Verbosity {
    /// Print the verdict and errors only
    #[arg(short, long, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Print passes, coverage and transcripts as well
    #[arg(short, long)]
    pub(crate) verbose: bool,
}

/// The last line of a report for people, which is its verdict.
fn verdict(human: &str) -> String {
    human.trim_end().lines().last().map(|line| format!("{line}\n")).unwrap_or_default()
}

/// Refuses filters of which one matches nothing: what it was to select would silently be left out.
/// `kind` is what they select from, and `command` prints all of it.
pub(crate) fn each_matches(
    filters: &[String],
    kind: &str,
    command: &str,
    matches: impl Fn(&str) -> bool,
) -> Result<(), Failure> {
    let without: Vec<String> =
        filters.iter().filter(|it| !matches(it)).map(|it| format!("{it:?}")).collect();
    if without.is_empty() {
        return Ok(());
    }
    let without = without.join(" or ");
    Err(Failure::Usage(format!("no {kind} has {without} in its name; `{command}` prints them")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Help is wrapped at 80 columns, and longer lines would be torn.
    #[test]
    fn what_follows_the_options_fits_into_the_columns_of_help() {
        assert_eq!(registries_command_line::torn_lines::<Cli>(), [""; 0]);
    }
}
