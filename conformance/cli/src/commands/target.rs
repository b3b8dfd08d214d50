//! Where reports are written, and in which form.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    str::FromStr,
};

use registries_command_line::{print, print_aside, text::plain};
use registries_conformance::{
    Profile, Report,
    report::{self, diff::Comparison},
    strength::{self, Strength},
    traffic::CheckReport,
};
use serde::Serialize;

use super::Failure;

/// The forms in which reports of a kind are written.
pub(super) trait Form: Copy + Send + Sync + 'static {
    /// The reports.
    type Report;

    /// Every form, by the name that it has on the command line.
    const ALL: &'static [(&'static str, Self)];

    /// Whether it may go to standard output; a page or a file for another program may not.
    fn is_for_standard_output(self) -> bool {
        true
    }

    /// The report in this form.
    fn write(self, report: &Self::Report) -> Result<String, Failure>;
}

/// The forms of what a run reports.
#[derive(Clone, Copy)]
pub(super) enum RunForm {
    Json,
    Junit,
    Html,
    Markdown,
    Github,
}

impl Form for RunForm {
    type Report = Report;

    const ALL: &'static [(&'static str, Self)] = &[
        ("json", Self::Json),
        ("junit", Self::Junit),
        ("html", Self::Html),
        ("markdown", Self::Markdown),
        ("github", Self::Github),
    ];

    fn is_for_standard_output(self) -> bool {
        matches!(self, Self::Json | Self::Markdown | Self::Github)
    }

    fn write(self, report: &Report) -> Result<String, Failure> {
        let formless = |error: &dyn std::error::Error| {
            Failure::NotCarriedOut(format!("the report cannot be put into its form: {error}"))
        };
        match self {
            Self::Json => json(report),
            Self::Junit => report::junit(report).map_err(|error| formless(&error)),
            Self::Html => report::html(report).map_err(|error| formless(&error)),
            Self::Markdown => Ok(report::markdown(report)),
            Self::Github => Ok(report::github(report)),
        }
    }
}

/// What `strength` measured, and what `core` alone catches of it where both profiles were measured.
pub(super) struct Measurement {
    pub(super) core: Option<Strength>,
    pub(super) strength: Strength,
}

/// The forms of what `strength` reports.
#[derive(Clone, Copy)]
pub(super) enum StrengthForm {
    Json,
    Markdown,
}

impl Form for StrengthForm {
    type Report = Measurement;

    const ALL: &'static [(&'static str, Self)] =
        &[("json", Self::Json), ("markdown", Self::Markdown)];

    fn write(self, Measurement { core, strength }: &Measurement) -> Result<String, Failure> {
        match (self, core) {
            (Self::Json, _) => json(strength),
            (Self::Markdown, Some(core)) => Ok(strength::table(core, strength)),
            (Self::Markdown, None) => Err(needs_both()),
        }
    }
}

impl ReportTarget<StrengthForm> {
    /// Refuses, before anything is measured, a report that one profile alone cannot fill.
    pub(super) fn check_profile(&self, profile: Option<Profile>) -> Result<(), Failure> {
        match (self.form, profile) {
            (StrengthForm::Markdown, Some(_)) => Err(needs_both()),
            _ => Ok(()),
        }
    }
}

fn needs_both() -> Failure {
    Failure::Usage("a Markdown report compares core and deep: leave out --profile".into())
}

/// The one form of what `diff` reports.
#[derive(Clone, Copy)]
pub(super) struct DiffForm;

impl Form for DiffForm {
    type Report = Comparison;

    const ALL: &'static [(&'static str, Self)] = &[("json", Self)];

    fn write(self, report: &Comparison) -> Result<String, Failure> {
        json(report)
    }
}

/// The one form of what `check` and `proxy` report.
#[derive(Clone, Copy)]
pub(super) struct CheckForm;

impl Form for CheckForm {
    type Report = CheckReport;

    const ALL: &'static [(&'static str, Self)] = &[("json", Self)];

    fn write(self, report: &CheckReport) -> Result<String, Failure> {
        json(report)
    }
}

fn json(report: &impl Serialize) -> Result<String, Failure> {
    report::json(report)
        .map_err(|error| Failure::NotCarriedOut(format!("the report has no JSON form: {error}")))
}

/// Where a report goes, and in which form.
#[derive(Clone)]
pub(super) struct ReportTarget<F> {
    form: F,
    /// The file; standard output when there is none.
    path: Option<PathBuf>,
}

impl<F: Form> FromStr for ReportTarget<F> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let names: Vec<&str> = F::ALL.iter().map(|(name, _)| *name).collect();
        let known = |name: &str| F::ALL.iter().find(|(known, _)| *known == name);
        let target = text.split_once('=').and_then(|(name, path)| Some((known(name)?, path)));
        let Some(((name, form), path)) = target else {
            let names = names.join(", ");
            return Err(format!("a report is written as FORMAT=PATH; the formats are: {names}"));
        };
        match path {
            "" => Err(format!("{name}= needs the path of a file")),
            "-" if form.is_for_standard_output() => Ok(Self { form: *form, path: None }),
            "-" => Err(format!("{name}= needs the path of a file, not standard output")),
            path => Ok(Self { form: *form, path: Some(path.into()) }),
        }
    }
}

impl<F: Form> ReportTarget<F> {
    /// Whether it is standard output.
    pub(super) fn is_standard_output(&self) -> bool {
        self.path.is_none()
    }

    /// JSON on standard output.
    pub(super) fn json() -> Option<Self> {
        let json = F::ALL.iter().find(|(name, _)| *name == "json");
        json.map(|(_, form)| Self { form: *form, path: None })
    }

    /// Reports before the run, not after it, that reports could not be written.
    pub(super) fn check_all(targets: &[Self]) -> Result<(), Failure> {
        let mut paths = BTreeSet::new();
        for target in targets {
            target.check()?;
            if !paths.insert(&target.path) {
                let path = target.path.as_ref().map(|path| path.display().to_string());
                let path = path.unwrap_or_else(|| "standard output".into());
                return Err(Failure::Usage(format!("two reports cannot both go to {path}")));
            }
        }
        Ok(())
    }

    /// Writes reports, and the text for people on standard output, unless a report goes there.
    pub(super) fn write_all(
        targets: &[Self],
        report: &F::Report,
        human: &str,
    ) -> Result<(), Failure> {
        for target in targets {
            target.write(report)?;
        }
        if targets.iter().any(Self::is_standard_output) {
            print_aside(human);
            return Ok(());
        }
        print(human)
    }

    fn check(&self) -> Result<(), Failure> {
        let Some(path) = &self.path else { return Ok(()) };
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let why = match folder {
            _ if path.is_dir() => "it is a folder",
            Some(folder) if !folder.is_dir() => "there is no such folder",
            _ => return Ok(()),
        };
        Err(Failure::Usage(format!("cannot write the report to {}: {why}", path.display())))
    }

    /// Writes a report there.
    pub(super) fn write(&self, report: &F::Report) -> Result<(), Failure> {
        let text = self.form.write(report)?;
        match &self.path {
            Some(path) => write_file(path, &text),
            None => print(&text),
        }
    }
}

fn write_file(path: &Path, text: &str) -> Result<(), Failure> {
    fs::write(path, text).map_err(|error| {
        let path = path.display();
        Failure::NotCarriedOut(format!("cannot write the report to {path}: {}", plain(&error)))
    })
}
