//! `cargo xtask bench server`: what the reference server takes, against what it stands on.

pub(super) mod bare;
mod beside;
mod creates;
mod deployment;
mod load;
mod million;
mod pace;
pub(super) mod process;
mod registries;
pub(super) mod start;

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::{Args, ValueEnum};

use super::report::Measurement;

pub(super) const AFTER_HELP: &str = "Examples:
  cargo xtask bench server
  cargo xtask bench server --only get --only list --json server.json

It builds the server with optimizations and runs it as a process of its own, on SQLite, on loopback, \
with its defaults but for rate limits, which count and are never reached. What is compared is measured \
in turns, by the same load: connections that each send a request as soon as the last one was answered. \
The load takes half of the cores. Memory is read from /proc, which Linux has.";

#[derive(Args)]
pub(crate) struct ServerArgs {
    /// Only this; repeat it, or separate by commas
    #[arg(long, value_enum, value_name = "WHAT", value_delimiter = ',')]
    only: Vec<Part>,
    #[command(flatten)]
    pub(super) json: crate::JsonReport,
    /// Rewrite the table of the server in this page, such as docs/speed.md
    #[arg(long, value_name = "FILE.md")]
    pub(super) page: Option<PathBuf>,
}

/// What can be measured.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Requests a second for one registry, against a bare handler
    Get,
    /// Requests a second for a list of 100, against a bare handler
    List,
    /// Durable creates a second, against a plain loop
    Create,
    /// What 1,000,000 registries cost, against 1,000
    Million,
    /// What others wait while 50,000 registry tokens are listed
    Beside,
    /// Resident memory when idle
    Idle,
    /// From the start to the first response, against only opening the database
    Start,
}

pub(super) async fn measure(args: ServerArgs, root: &Path) -> Result<Measurement> {
    let wanted = |part| args.only.is_empty() || args.only.contains(&part);
    process::build(root, &["registries-server"]).await?;
    let mut figures = Vec::new();
    if wanted(Part::Get) {
        figures.push(pace::get().await?);
    }
    if wanted(Part::List) {
        figures.push(pace::list().await?);
    }
    if wanted(Part::Create) {
        figures.push(creates::measure().await?);
    }
    if wanted(Part::Million) {
        figures.extend(million::measure().await?);
    }
    if wanted(Part::Beside) {
        figures.extend(beside::measure().await?);
    }
    if wanted(Part::Idle) {
        figures.push(start::idle().await?);
    }
    if wanted(Part::Start) {
        figures.push(start::measure().await?);
    }
    Ok(Measurement::new(figures))
}
