//! Schemathesis, installed and run.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};
use tempfile::TempDir;
use tokio::{process::Command, time::timeout};

/// The version that is measured, exactly.
pub(super) const VERSION: &str = "4.32.5";

/// The file with what it finds, in the directory of a run.
const FAILURES: &str = "failures.json";
const REPORT: &str = "report.json";

/// Its settings, beside which everything is as it is by default. They let it reach what a user would
/// let it reach: the organization, and registries with every scope. The operation that revokes its
/// token has one of its own, or nothing but refusals would be seen afterwards.
const SETTINGS: &str = r#"
headers = { Authorization = "Bearer ${REGISTRIES_TOKEN}" }

[parameters]
"path.org_slug" = "${REGISTRIES_ORG}"

[[operations]]
include-operation-id = "revoke_access_token"
headers = { Authorization = "Bearer ${REGISTRIES_REVOCABLE_TOKEN}" }
"#;

/// What stands for the check where it reports an error of its own, which is no failure of a check.
const ERROR: &str = "error";

/// A virtual environment that has it.
pub(super) struct Schemathesis {
    environment: PathBuf,
    _temporary: Option<TempDir>,
}

/// The deployment that it is pointed at.
pub(super) struct Target<'a> {
    pub(super) base_url: &'a str,
    pub(super) organization: &'a str,
    pub(super) token: &'a str,
    pub(super) revocable_token: &'a str,
}

/// What it reported of a deployment.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Findings {
    /// What it says is wrong, with what was known before.
    pub(super) failures: BTreeSet<Failure>,
    /// How long it took by its own account, which leaves out the start of the interpreter.
    pub(super) seconds: f64,
}

/// Something that it says is wrong, with its own notion of what makes two failures the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
pub(super) struct Failure {
    /// The operation; empty for an error that belongs to none.
    #[serde(default)]
    pub(super) operation: String,
    /// The check.
    pub(super) check: String,
    /// The kind of failure.
    #[serde(rename = "failure")]
    pub(super) kind: String,
    /// What else distinguishes it from others: a status, a place in a schema, the names of headers.
    #[serde(default)]
    pub(super) signature: String,
}

impl Schemathesis {
    /// Takes the virtual environment that is there, or makes one that is removed at the end.
    pub(super) async fn install(environment: Option<&Path>) -> Result<Self> {
        let installed = if let Some(environment) = environment {
            Self { environment: environment.to_owned(), _temporary: None }
        } else {
            let temporary = tempfile::tempdir()?;
            let environment = temporary.path().join("venv");
            let python = Command::new("python3").args(["-m", "venv"]).arg(&environment).output();
            let made = python.await.context("starting python3, which Schemathesis needs")?;
            ensure!(made.status.success(), "python3 makes no virtual environment: {}", said(&made));
            let installed = Self { environment, _temporary: Some(temporary) };
            let wanted = format!("schemathesis=={VERSION}");
            let pip = installed.program("pip").args(["install", "--quiet", &wanted]).output();
            let pip = pip.await.context("starting pip")?;
            ensure!(pip.status.success(), "pip does not install {wanted}: {}", said(&pip));
            installed
        };
        let version = installed.program("schemathesis").arg("--version").output();
        let version = version.await.context("starting schemathesis")?;
        let version = String::from_utf8_lossy(&version.stdout).trim().to_owned();
        ensure!(version.ends_with(&format!(" {VERSION}")), "{version:?} is not {VERSION}");
        Ok(installed)
    }

    /// Runs it, with every phase and check that it has by default; `None` when it did not end in
    /// time. A failure that is `known` is reported again. Unlike others, it does not end the tests
    /// of an operation.
    pub(super) async fn run(
        &self,
        contract: &Path,
        target: &Target<'_>,
        seed: u64,
        known: &BTreeSet<Failure>,
        limit: Duration,
    ) -> Result<Option<Findings>> {
        // What it learnt of another deployment is in another directory.
        let directory = tempfile::tempdir()?;
        fs::write(directory.path().join("schemathesis.toml"), SETTINGS)?;
        // Its own errors are not among the failures that it takes.
        let entries = known.iter().filter(|it| it.check != ERROR).cloned().collect();
        let known = serde_json::to_vec(&Failures { format_version: FORMAT_VERSION, entries })?;
        fs::write(directory.path().join(FAILURES), known)?;
        let run = self
            .program("schemathesis")
            .args(["--config-file", "schemathesis.toml", "run"])
            .arg(contract)
            .args(["--url", target.base_url, "--seed", &seed.to_string()])
            .args(["--baseline", FAILURES, "--baseline-update"])
            .args(["--report", "json", "--report-json-path", REPORT])
            .current_dir(directory.path())
            .env("REGISTRIES_ORG", target.organization)
            .env("REGISTRIES_TOKEN", target.token)
            .env("REGISTRIES_REVOCABLE_TOKEN", target.revocable_token)
            .env("NO_PROXY", "127.0.0.1")
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output();
        let Ok(ended) = timeout(limit, run).await else { return Ok(None) };
        let ended = ended.context("starting schemathesis")?;
        let read = |name| fs::read_to_string(directory.path().join(name));
        let Ok(report) = read(REPORT) else {
            bail!("schemathesis did not carry out its run: {}", said(&ended));
        };
        findings(&report, &read(FAILURES)?).map(Some)
    }

    fn program(&self, name: &str) -> Command {
        let programs = if cfg!(windows) { "Scripts" } else { "bin" };
        Command::new(self.environment.join(programs).join(name))
    }
}

/// The file of failures that a run knows and adds to (`--baseline`). It is the only place where each
/// has with it what makes it the same in another run.
#[derive(Deserialize, Serialize)]
struct Failures {
    format_version: u32,
    entries: Vec<Failure>,
}

/// The version of that form that is known here.
const FORMAT_VERSION: u32 = 1;

/// The findings of a run, from its report and its file of failures.
fn findings(report: &str, failures: &str) -> Result<Findings> {
    #[derive(Deserialize)]
    struct Report {
        running_time: f64,
        complete: bool,
        errors: Vec<Error>,
    }
    #[derive(Deserialize)]
    struct Error {
        title: String,
    }
    let report: Report = serde_json::from_str(report).context("reading Schemathesis's report")?;
    let found: Failures =
        serde_json::from_str(failures).context("reading the failures that Schemathesis found")?;
    ensure!(found.format_version == FORMAT_VERSION, "Schemathesis's failures have another form");
    ensure!(report.complete, "Schemathesis broke its run off");
    let mut failures: BTreeSet<Failure> = found.entries.into_iter().collect();
    failures.extend(report.errors.into_iter().map(|error| Failure {
        operation: String::new(),
        check: ERROR.into(),
        kind: error.title,
        signature: String::new(),
    }));
    Ok(Findings { failures, seconds: report.running_time })
}

/// The end of what a program printed.
fn said(output: &std::process::Output) -> String {
    let text = [&output.stdout[..], &output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(10)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A part of what Schemathesis 4.32.5 wrote after a run against the reference server, with the
    /// settings above and `--max-examples 5`.
    const WRITTEN_FAILURES: &str = r#"{
      "format_version": 1,
      "schemathesis_version": "4.32.5",
      "entries": [
        {
          "id": "f26517",
          "operation": "POST /packages/organizations/{org_slug}/registries",
          "check": "positive_data_acceptance",
          "failure": "RejectedPositiveData",
          "signature": "422",
          "first_seen": "2026-11-23",
          "last_seen": "2026-11-23"
        },
        {
          "id": "08b985",
          "operation": "POST /packages/organizations/{org_slug}/registries/{registry_slug}",
          "check": "positive_data_acceptance",
          "failure": "RejectedPositiveData",
          "signature": "422",
          "first_seen": "2026-11-23",
          "last_seen": "2026-11-23"
        }
      ]
    }"#;
    const WRITTEN_REPORT: &str = r#"{
      "schemathesis_version": "4.32.5",
      "seed": 0,
      "started_at": "2026-11-23T16:22:53.564846+00:00",
      "running_time": 25.674586468998314,
      "stop_reason": "completed",
      "complete": true,
      "exit_code": 1,
      "failures": [
        {
          "type": "RejectedPositiveData",
          "code": "ST202",
          "title": "Schema-valid request rejected",
          "severity": "medium",
          "count": 2,
          "operations": [
            "POST /packages/organizations/{org_slug}/registries",
            "POST /packages/organizations/{org_slug}/registries/{registry_slug}"
          ]
        }
      ],
      "errors": []
    }"#;

    #[test]
    fn what_it_writes_is_read() {
        let findings = findings(WRITTEN_REPORT, WRITTEN_FAILURES).unwrap();
        assert!((findings.seconds - 25.67).abs() < 0.01);
        let failure = Failure {
            operation: "POST /packages/organizations/{org_slug}/registries".into(),
            check: "positive_data_acceptance".into(),
            kind: "RejectedPositiveData".into(),
            signature: "422".into(),
        };
        assert_eq!(findings.failures.len(), 2);
        assert_eq!(findings.failures.first(), Some(&failure));
    }

    #[test]
    fn its_own_errors_count_as_failures() {
        let errors = r#""errors": [{"title": "Network Error", "count": 3}]"#;
        let report = WRITTEN_REPORT.replace(r#""errors": []"#, errors);
        let findings = findings(&report, WRITTEN_FAILURES).unwrap();
        assert_eq!(findings.failures.len(), 3);
        assert!(findings.failures.iter().any(|it| it.check == ERROR && it.kind == "Network Error"));
    }

    #[test]
    fn a_run_that_was_broken_off_or_is_written_in_another_form_is_none() {
        let broken_off = WRITTEN_REPORT.replace(r#""complete": true"#, r#""complete": false"#);
        assert!(findings(&broken_off, WRITTEN_FAILURES).is_err());
        let other = WRITTEN_FAILURES.replace(r#""format_version": 1"#, r#""format_version": 2"#);
        assert!(findings(WRITTEN_REPORT, &other).is_err());
        assert!(findings("", WRITTEN_FAILURES).is_err());
    }
}
