//! The archives (HAR) that commands read and write.

use std::path::{Path, PathBuf};

use clap::Args;
use registries_command_line::text::plain;
use registries_conformance::{
    Options, Report,
    har::{Har, HarError, Recorder, Recording},
    replay,
};

use super::{Failure, progress};

/// What a replay, which sends nothing, has no use for.
const NOT_FOR_A_REPLAY: [&str; 17] = [
    "embedded",
    "consistency_wait",
    "base_url",
    "org",
    "team",
    "token_env",
    "limited_token_env",
    "revocable_token_env",
    "timeout",
    "ca_certificate",
    "pace",
    "deployment",
    "config",
    "max_requests",
    "max_time",
    "exhaust_user_limit",
    "record",
];

/// Where a run's exchanges are recorded, or come from.
#[derive(Args)]
pub(super) struct ArchiveArgs {
    /// Record every exchange in a HAR file, without the tokens
    #[arg(long, value_name = "FILE.har", hide_short_help = true)]
    pub(super) record: Option<PathBuf>,
    /// Re-evaluate a recorded run offline
    #[arg(
        long,
        value_name = "FILE.har",
        conflicts_with_all = NOT_FOR_A_REPLAY,
        hide_short_help = true
    )]
    pub(super) replay: Option<PathBuf>,
}

/// Reports before the run, not after it, that a recording could not be written.
pub(super) fn check_target(path: Option<&PathBuf>) -> Result<(), Failure> {
    let Some(path) = path else { return Ok(()) };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let why = match folder {
        _ if path.is_dir() => "it is a folder",
        Some(folder) if !folder.is_dir() => "there is no such folder",
        _ => return Ok(()),
    };
    Err(Failure::Usage(format!("cannot write the recording to {}: {why}", path.display())))
}

/// Writes a recording.
pub(super) fn write(recorder: &Recorder, path: &Path) -> Result<(), Failure> {
    recorder.write(path).map_err(|error| {
        let path = path.display();
        Failure::NotCarriedOut(format!("cannot write the recording to {path}: {error}"))
    })
}

/// Reads an archive.
pub(super) fn read(path: &Path) -> Result<Har, Failure> {
    Har::read(path).map_err(|error| unreadable(path, &error))
}

/// Runs the cases against a recording.
pub(super) async fn replayed(path: &Path, options: Options) -> Result<Report, Failure> {
    let recording = Recording::read(path).map_err(|error| unreadable(path, &error))?;
    let (bar, listener) = progress::listener();
    let report = replay(recording, Options { progress: Some(listener), ..options }).await;
    bar.finish_and_clear();
    Ok(report)
}

fn unreadable(path: &Path, error: &HarError) -> Failure {
    let path = path.display();
    Failure::Usage(match error {
        HarError::Read(error) => format!("cannot read {path}: {}", plain(error)),
        error => format!("{path} cannot be used: {error}"),
    })
}
