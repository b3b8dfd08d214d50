//! Processes that are measured.

use std::{
    env,
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::{Context, Result, ensure};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, ChildStdin, Command},
};

use crate::progress;

/// Builds programs as they are shipped.
pub(crate) async fn build(root: &Path, programs: &[&str]) -> Result<()> {
    progress(&format!("building {}", programs.join(" and ")));
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--quiet", "--profile", "dist"]);
    for program in programs {
        command.args(["--bin", program]);
    }
    command.arg("--manifest-path").arg(root.join("Cargo.toml"));
    let status = command.status().await.context("starting cargo")?;
    ensure!(status.success(), "{} could not be built", programs.join(" and "));
    Ok(())
}

/// Where this program is, and the server beside it.
pub(crate) fn directory() -> Result<PathBuf> {
    let program = env::current_exe().context("finding this program")?;
    Ok(program.parent().context("this program is nowhere")?.to_owned())
}

/// The server with these arguments. It says nothing of what it logs.
pub(super) fn server(args: &[&str]) -> Result<Command> {
    let mut command = Command::new(directory()?.join("registries-server"));
    command.args(args).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    Ok(command)
}

/// This program, as one of the processes that `bench` can be.
pub(super) fn own(args: &[&str]) -> Result<(Child, ChildStdin)> {
    let mut process = Command::new(env::current_exe().context("finding this program")?)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .context("starting this program again")?;
    let stdin = process.stdin.take().context("the process has no input")?;
    Ok((process, stdin))
}

/// The first line that a process prints, which shows that it has started.
pub(super) async fn first_line(process: &mut Child) -> Result<String> {
    let stdout = process.stdout.as_mut().context("the process has no output")?;
    let line = BufReader::new(stdout).lines().next_line().await?;
    line.context("the process ended before it listened")
}

/// How much of a process is in memory, in MiB: now (`VmRSS`) or at most so far (`VmHWM`).
pub(super) fn resident(process: &Child, field: &str) -> Result<f64> {
    let id = process.id().context("the process has ended")?;
    let path = format!("/proc/{id}/status");
    let status = std::fs::read_to_string(&path)
        .with_context(|| format!("reading {path}, where Linux reports the memory of a process"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
    let kilobytes: f64 = kilobytes.with_context(|| format!("{path} has no {field}"))?.parse()?;
    Ok(kilobytes / 1024.0)
}
