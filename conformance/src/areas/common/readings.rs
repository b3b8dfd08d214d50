//! Which reading of what the sources disagree about a deployment follows, as every response shows it.

use super::super::Reads;
use crate::{observed::Observed, steps::Step};

pub(in crate::areas) const READINGS: &[(&str, Reads)] = &[("cors-header", cors)];

fn cors(run: &Observed) -> Option<String> {
    let answer = run.success(Step::ListBefore).ok()?;
    ["Access-Control-Allow-Origin", "Access-Controller-Allow-Origin"]
        .into_iter()
        .find(|name| answer.header(name).is_some())
        .map(str::to_owned)
}
