//! The failing run that the README shows: a server that leaves out a property of a response.

use std::{process::Command, sync::Arc};

use libtest_mimic::Failed;
use regex::Regex;
use registries_strength::{deviations, faulty_proxy::FaultyProxy, reference::Reference};

use crate::pages::Page;

/// The defect of the catalogue that the server has.
const DEFECT: &str = "get-ecosystem-missing";

/// Every line that the README shows is printed, in this order; only the duration may differ. `…` stands
/// for any text, and on a line of its own for lines that are left out.
pub(crate) fn the_readme_shows_a_failing_run() -> Result<(), Failed> {
    let printed = printed()?;
    let duration = Regex::new(r"in \d+\.\d s").unwrap();
    let timeless = duration.replace_all(&printed, "in 0.0 s");
    let mut lines = timeless.lines();
    for shown in shown().lines().filter(|line| line.trim() != "…") {
        let pattern = duration.replace_all(shown, "in 0.0 s");
        if !lines.by_ref().any(|line| fits(&pattern, line)) {
            return Err(format!("not printed, or not at this place: {shown}\n\n{printed}").into());
        }
    }
    Ok(())
}

/// What the README shows.
fn shown() -> String {
    let readme = Page::read("README.md").text;
    let (_, rest) = readme.split_once("<!-- failing run -->\n```text\n").unwrap();
    let (shown, _) = rest.split_once("```\n<!-- end of the failing run -->").unwrap();
    shown.to_owned()
}

/// What `conformance run` prints of the server, with the address that the README has.
fn printed() -> Result<String, Failed> {
    let runtime = tokio::runtime::Runtime::new()?;
    let reference = runtime.block_on(Reference::start())?;
    let defect = deviations().into_iter().find(|it| it.name == DEFECT).unwrap();
    let upstream = reference.server.base_url();
    let front = runtime.block_on(FaultyProxy::start(upstream, Arc::clone(&defect.behaviour)))?;
    let folder = tempfile::tempdir()?;
    let mut command = Command::new(env!("CARGO_BIN_EXE_conformance"));
    command.args(["run", "--base-url", &front.base_url, "--org", reference.server.organization()]);
    command.env_clear().env("REGISTRIES_TOKEN", &reference.secrets[0]).current_dir(&folder);
    let output = command.output()?;
    let printed = String::from_utf8(output.stdout)?;
    assert_eq!(output.status.code(), Some(1), "{printed}");
    Ok(printed.replace(&front.base_url, "http://127.0.0.1:8080/v2"))
}

/// Whether a line is one that is shown so.
fn fits(shown: &str, line: &str) -> bool {
    let mut parts = shown.split('…');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = line.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        let Some((_, after)) = rest.split_once(part) else { return false };
        rest = after;
    }
    rest.ends_with(last)
}
