//! Which reading of what the sources disagree about a deployment follows, as organizations show it.

use super::super::Reads;
use crate::{observed::Observed, steps::Step};

pub(in crate::areas) const READINGS: &[(&str, Reads)] = &[("organization-slug", organization_slug)];

fn organization_slug(run: &Observed) -> Option<String> {
    run.success(Step::ListBefore).ok()?;
    match run.organization.as_str() {
        slug if slug.contains('_') => Some("with underscores".into()),
        slug if slug.contains('-') => Some("kebab-case".into()),
        _ => None,
    }
}
