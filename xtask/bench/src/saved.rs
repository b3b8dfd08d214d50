//! The runs of Schemathesis against deviations. Each is saved in a file when it ends, so that an
//! interrupted measurement continues where it was.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File, OpenOptions},
    io::{ErrorKind, Write},
    path::Path,
};

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use super::schemathesis::{Failure, Findings};

/// A run against a deviation.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Run {
    /// The deviation.
    pub(super) name: String,
    pub(super) requests: usize,
    /// What it reported, unless it did not end in time.
    pub(super) findings: Option<Findings>,
}

impl Run {
    /// What it reported beyond what is reported of the reference server.
    pub(super) fn beyond<'a>(
        &'a self,
        known: &'a BTreeSet<Failure>,
    ) -> impl Iterator<Item = &'a Failure> {
        self.findings
            .iter()
            .flat_map(|findings| &findings.failures)
            .filter(|it| !known.contains(*it))
    }

    pub(super) fn finds(&self, known: &BTreeSet<Failure>) -> bool {
        self.beyond(known).next().is_some()
    }

    /// The run in a line.
    pub(super) fn outline(&self, known: &BTreeSet<Failure>) -> String {
        let outcome = match &self.findings {
            Some(_) if self.finds(known) => "found",
            Some(_) => "not found",
            None => "did not end in time",
        };
        format!("{} {outcome} in {} requests", self.name, self.requests)
    }
}

/// The runs that there are.
pub(super) struct Cache {
    runs: BTreeMap<String, Run>,
    file: Option<File>,
}

/// What a run depends on beside the deviation. It is the first line of the file.
#[derive(PartialEq, Deserialize, Serialize)]
pub(super) struct Of {
    pub(super) schemathesis: String,
    /// Which contract, as a hash of its text.
    pub(super) contract: u64,
}

impl Cache {
    /// Those that a file has, which is made when there is none; without one, none.
    pub(super) fn open(path: Option<&Path>, of: &Of) -> Result<Self> {
        let Some(path) = path else { return Ok(Self { runs: BTreeMap::new(), file: None }) };
        let text = match fs::read_to_string(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
            read => read.with_context(|| format!("reading {}", path.display()))?,
        };
        let file = OpenOptions::new().append(true).create(true).open(path);
        let mut file = file.with_context(|| format!("opening {}", path.display()))?;
        let unusable = || format!("{} has no runs of this measurement", path.display());
        let mut lines = text.lines();
        match lines.next() {
            Some(first) => {
                let first: Of = serde_json::from_str(first).with_context(unusable)?;
                ensure!(first == *of, "{}, but of another version", unusable());
            }
            None => write_line(&mut file, of)?,
        }
        let runs = lines.map(|line| {
            let run: Run = serde_json::from_str(line).with_context(unusable)?;
            Ok((run.name.clone(), run))
        });
        Ok(Self { runs: runs.collect::<Result<_>>()?, file: Some(file) })
    }

    pub(super) fn run(&self, name: &str) -> Option<&Run> {
        self.runs.get(name)
    }

    pub(super) fn add(&mut self, run: Run) -> Result<()> {
        if let Some(file) = &mut self.file {
            write_line(file, &run)?;
        }
        self.runs.insert(run.name.clone(), run);
        Ok(())
    }
}

/// Writes a whole line at once: a measurement may be broken off at any time.
fn write_line(file: &mut File, value: &impl Serialize) -> Result<()> {
    let line = serde_json::to_string(value)? + "\n";
    file.write_all(line.as_bytes()).context("keeping a run")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(contract: u64) -> Of {
        Of { schemathesis: "4.0.0".into(), contract }
    }

    fn failure(operation: &str, signature: &str) -> Failure {
        Failure {
            operation: operation.into(),
            check: "status_code_conformance".into(),
            kind: "UndefinedStatusCode".into(),
            signature: signature.into(),
        }
    }

    fn run(failures: &[Failure]) -> Run {
        let findings = Findings { failures: failures.iter().cloned().collect(), seconds: 1.0 };
        Run { name: "a deviation".into(), requests: 7, findings: Some(findings) }
    }

    #[test]
    fn only_what_is_not_said_of_the_reference_server_finds_a_deviation() {
        let known = BTreeSet::from([failure("GET /a", "400"), failure("GET /b", "500")]);
        assert!(!run(&[]).finds(&known));
        assert!(!run(&[failure("GET /a", "400")]).finds(&known));
        let both = run(&[failure("GET /a", "400"), failure("GET /b", "400")]);
        assert!(both.finds(&known), "the operation and the status are known, but not together");
        assert_eq!(both.beyond(&known).collect::<Vec<_>>(), [&failure("GET /b", "400")]);
        let late = Run { findings: None, ..both };
        assert!(!late.finds(&known));
        assert_eq!(late.outline(&known), "a deviation did not end in time in 7 requests");
    }

    #[test]
    fn runs_are_kept_for_the_same_measurement_only() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("runs");
        let mut kept = Cache::open(Some(&path), &of(1)).unwrap();
        assert!(kept.run("a deviation").is_none());
        kept.add(run(&[failure("GET /a", "400")])).unwrap();
        let kept = Cache::open(Some(&path), &of(1)).unwrap();
        assert!(kept.run("a deviation").unwrap().finds(&BTreeSet::new()));
        let error = Cache::open(Some(&path), &of(2)).err().unwrap();
        assert!(error.to_string().ends_with("but of another version"), "{error}");
        fs::write(&path, "something else\n").unwrap();
        assert!(Cache::open(Some(&path), &of(1)).is_err());
    }
}
