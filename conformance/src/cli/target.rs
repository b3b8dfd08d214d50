//! Where reports are written.

use std::{fs, path::PathBuf, str::FromStr};

use serde::Serialize;

use super::Failure;

/// Where a report goes, and in which form.
#[derive(Clone)]
pub(super) struct ReportTarget(PathBuf);

impl FromStr for ReportTarget {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some(("json", "" | "-")) => Err("json= needs the path of a file".into()),
            Some(("json", path)) => Ok(Self(path.into())),
            _ => Err("a report is written as json=PATH".into()),
        }
    }
}

impl ReportTarget {
    /// Tells before the run, not after it, that a report could not be written.
    pub(super) fn check(&self) -> Result<(), Failure> {
        let Self(path) = self;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let why = match folder {
            _ if path.is_dir() => "it is a folder",
            Some(folder) if !folder.is_dir() => "there is no such folder",
            _ => return Ok(()),
        };
        Err(Failure::Usage(format!("the report cannot be written to {}: {why}", path.display())))
    }

    pub(super) fn write(&self, report: &impl Serialize) -> Result<(), Failure> {
        let Self(path) = self;
        let text = serde_json::to_string_pretty(report).map_err(|error| {
            Failure::NotCarriedOut(format!("the report has no JSON form: {error}"))
        })?;
        fs::write(path, text + "\n").map_err(|error| {
            let path = path.display();
            Failure::NotCarriedOut(format!("the report cannot be written to {path}: {error}"))
        })
    }
}
