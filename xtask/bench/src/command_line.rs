//! What the command line takes: to start, and to create many registries.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::Instant,
};

use anyhow::{Context, Result, ensure};
use futures_util::{StreamExt, TryStreamExt, stream};
use reqwest::Client;
use serde_json::{Value, json};
use tokio::process::Command;

use super::{
    median, progress,
    reference::Server,
    report::{Bound, Figure},
    server::process,
};

/// How often a program is started.
const STARTS: usize = 200;

/// How many registries are created, how often, and how many at a time, as `apply` does it.
const REGISTRIES: usize = 1000;
const ROUNDS: usize = 15;
const AT_A_TIME: usize = 16;

/// The programs that are built for it.
pub(super) const PROGRAMS: [&str; 2] = ["registries", "one_command"];

/// What `registries --help` takes, to that of a program with one command.
pub(super) async fn start() -> Result<Figure> {
    progress("the start of registries, to that of a program with one command");
    // Copies, as installed programs are: a file as the linker wrote it takes more page faults.
    let folder = tempfile::tempdir()?;
    for program in PROGRAMS {
        fs::copy(path(program)?, folder.path().join(program))?;
    }
    let (mut programs, mut smalls) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        programs.push(help(&folder.path().join(PROGRAMS[0])).await?);
        smalls.push(help(&folder.path().join(PROGRAMS[1])).await?);
    }
    let (program, small) = (median(&mut programs), median(&mut smalls));
    Ok(Figure {
        name: "registries --help, to one command's",
        value: program / small,
        target: Bound::AtMost(1.5),
        made_of: format!("{program:.2} to {small:.2} ms, medians of {STARTS}"),
    })
}

/// How many milliseconds the help of a program takes.
async fn help(program: &Path) -> Result<f64> {
    let mut command = Command::new(program);
    command.arg("--help").stdout(Stdio::null());
    let begun = Instant::now();
    let status =
        command.status().await.with_context(|| format!("starting {}", program.display()))?;
    let took = begun.elapsed();
    ensure!(status.success(), "{} --help failed", program.display());
    Ok(took.as_secs_f64() * 1e3)
}

fn path(program: &str) -> Result<PathBuf> {
    Ok(process::directory()?.join(program))
}

/// How fast `apply` creates registries, to a loop that only sends the requests. Each has a server of
/// its own, without limits.
pub(super) async fn apply() -> Result<Figure> {
    progress("apply of registries, to a bare loop");
    let (mut applied, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        applied.push(by_apply().await?);
        bare.push(by_loop().await?);
    }
    let (apply, bare) = (median(&mut applied), median(&mut bare));
    Ok(Figure {
        name: "registries applied, to those of a bare loop",
        value: bare / apply,
        target: Bound::AtLeast(0.8),
        made_of: format!(
            "{REGISTRIES} in {apply:.2} to {bare:.2} s, {AT_A_TIME} at a time, medians of {ROUNDS}"
        ),
    })
}

fn registry(number: usize) -> Value {
    json!({
        "name": format!("Registry number {number:04}"),
        "ecosystem": "ruby",
        "description": "Packages of one team",
    })
}

/// How many seconds `registries apply` takes, from its start to its end.
async fn by_apply() -> Result<f64> {
    let server = Server::start().await?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("registries.json");
    let registries: Vec<Value> = (0..REGISTRIES).map(registry).collect();
    fs::write(&file, json!({ "registries": registries }).to_string())?;
    let mut command = Command::new(path("registries")?);
    command
        .args(["apply", "--file"])
        .arg(&file)
        .env("REGISTRIES_BASE_URL", &server.reached.base_url)
        .env("REGISTRIES_ORG", &server.reached.organization)
        .env("REGISTRIES_TOKEN", &server.reached.secrets[0])
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let begun = Instant::now();
    let output = command.output().await.context("starting registries")?;
    let took = begun.elapsed();
    ensure!(output.status.success(), "apply failed: {}", String::from_utf8_lossy(&output.stderr));
    Ok(took.as_secs_f64())
}

/// How many seconds it takes to send the same requests bare.
async fn by_loop() -> Result<f64> {
    let server = Server::start().await?;
    let reached = &server.reached;
    let url =
        format!("{}/packages/organizations/{}/registries", reached.base_url, reached.organization);
    let begun = Instant::now();
    let client = Client::builder().no_proxy().build()?;
    let create = |number| {
        let request = client.post(&url).bearer_auth(&reached.secrets[0]).json(&registry(number));
        async move {
            let created: Value = request.send().await?.error_for_status()?.json().await?;
            ensure!(created["slug"].is_string(), "nothing was created");
            Ok(())
        }
    };
    let all = stream::iter((0..REGISTRIES).map(create)).buffer_unordered(AT_A_TIME);
    all.try_collect::<()>().await?;
    Ok(begun.elapsed().as_secs_f64())
}
