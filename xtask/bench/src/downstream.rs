//! What a crate that depends on the client takes to build, from nothing.

use std::{collections::BTreeSet, env, fs, path::Path, process::Stdio, time::Duration};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tokio::process::Command;

use super::{
    progress,
    report::{Bound, Figure},
};

/// What every way is compared with: the generated file of the package, with TLS by rustls.
const BASE: [&str; 1] = ["rustls"];

/// The other ways to build the client, by their features.
const WAYS: [(&str, &[&str], Bound); 4] = [
    ("a build with generation, to one without", &["generate", "rustls"], Bound::AtMost(1.4)),
    ("a build with ring, to one with aws-lc", &["rustls-ring"], Bound::AtMost(1.1)),
    ("a build with the system's TLS, to aws-lc", &["native-tls"], Bound::AtMost(1.0)),
    ("a build without TLS, to one with aws-lc", &[], Bound::AtMost(1.0)),
];

/// What a user's program is at least.
const PROGRAM: &str = "\
fn main() -> Result<(), registries_client::Error> {
    registries_client::Client::from_env().map(drop)
}
";

/// What a build took.
struct Built {
    cpu: Duration,
    crates: usize,
}

/// The processor time of builds of a crate outside of the workspace under `root`.
pub(super) async fn measure(root: &Path) -> Result<Vec<Figure>> {
    let reference = build(root, &BASE).await?;
    let mut figures = Vec::new();
    for (name, features, target) in WAYS {
        let built = build(root, features).await?;
        let (cpu, bare) = (built.cpu.as_secs_f64(), reference.cpu.as_secs_f64());
        let made_of = format!(
            "{cpu:.1} to {bare:.1} CPU seconds, {} to {} crates",
            built.crates, reference.crates
        );
        figures.push(Figure { name, value: cpu / bare, target, made_of });
    }
    Ok(figures)
}

async fn build(root: &Path, features: &[&str]) -> Result<Built> {
    progress(&format!("a crate that uses the client, with the features {features:?}"));
    let folder = tempfile::tempdir()?;
    let client = json!({
        "path": root.join("crates/client"),
        "default-features": false,
        "features": features,
    });
    let manifest = json!({
        "package": { "name": "downstream", "version": "0.1.0", "edition": "2024" },
        "dependencies": { "registries-client": client },
    });
    let manifest = toml::to_string(&manifest).context("writing a manifest")?;
    fs::write(folder.path().join("Cargo.toml"), manifest)?;
    // The versions of the workspace, so that every way has the same.
    fs::copy(root.join("Cargo.lock"), folder.path().join("Cargo.lock"))?;
    fs::create_dir(folder.path().join("src"))?;
    fs::write(folder.path().join("src/main.rs"), PROGRAM)?;
    let cargo = |subcommand: &str| {
        let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.arg(subcommand).current_dir(&folder).kill_on_drop(true);
        command.env("CARGO_TARGET_DIR", folder.path().join("target")).stderr(Stdio::piped());
        // cargo's defaults for packages from a registry, whatever this machine has.
        command.env("CARGO_INCREMENTAL", "0").env("CARGO_PROFILE_DEV_DEBUG", "true");
        command
    };
    let fetched = cargo("fetch").output().await.context("starting cargo")?;
    ensure!(fetched.status.success(), "{}", String::from_utf8_lossy(&fetched.stderr));
    let before = processor_time()?;
    let output = cargo("build").arg("--message-format=json").output().await?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(Built { cpu: processor_time()?.saturating_sub(before), crates: crates(&output.stdout) })
}

/// How many packages were compiled, by the messages of cargo, without the crate itself.
fn crates(messages: &[u8]) -> usize {
    let messages = serde_json::Deserializer::from_slice(messages).into_iter::<Value>();
    let packages: BTreeSet<String> = messages
        .filter_map(Result::ok)
        .filter(|message| message["reason"] == "compiler-artifact")
        .filter_map(|message| message["package_id"].as_str().map(str::to_owned))
        .collect();
    packages.len().saturating_sub(1)
}

/// What the processes that were started, and those that they started, have taken until now.
#[cfg(unix)]
fn processor_time() -> Result<Duration> {
    use nix::sys::{
        resource::{UsageWho, getrusage},
        time::TimeVal,
    };

    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let duration = |time: TimeVal| -> Result<Duration> {
        let seconds = Duration::from_secs(u64::try_from(time.tv_sec())?);
        Ok(seconds + Duration::from_micros(u64::try_from(time.tv_usec())?))
    };
    Ok(duration(usage.user_time())? + duration(usage.system_time())?)
}

#[cfg(not(unix))]
fn processor_time() -> Result<Duration> {
    anyhow::bail!("processor time is measured on Unix only")
}
