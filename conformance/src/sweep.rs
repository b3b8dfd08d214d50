//! Removing what an earlier run left behind: it was killed, or the deployment went away.

use std::{collections::BTreeSet, num::NonZeroU32, time::Duration};

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::{
    deployment::{Deployment, DeploymentError},
    exchange::{Answer, Credential},
    observed::is_segment,
    run::{Options, Runner, TAG_LENGTH},
};

/// A registry that an earlier run has created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leftover {
    /// Its slug.
    pub slug: String,
    /// When it was created, if its id tells: ids of version 7 do.
    pub created_at: Option<DateTime<Utc>>,
}

/// What became of everything that earlier runs left behind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sweep {
    /// What was removed.
    pub removed: Vec<Leftover>,
    /// What the deployment did not remove.
    pub failed: Vec<Leftover>,
    /// What would be removed.
    pub left: Vec<Leftover>,
    /// What may belong to a run that goes on.
    pub young: Vec<Leftover>,
}

/// Why there was no sweeping.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SweepError {
    /// The deployment cannot be looked at.
    #[error(transparent)]
    Deployment(#[from] DeploymentError),
    /// The registries could not be listed.
    #[error("the registries cannot be listed: {0}")]
    List(String),
}

/// Looks for what earlier runs of this suite have created and not removed, by its name, and removes
/// it when `remove` says so. What is younger than `age`, or too young to tell, may belong to a run
/// that goes on: it stays, unless `age` is zero.
pub async fn sweep(
    deployment: Deployment,
    pace: Option<NonZeroU32>,
    age: Duration,
    remove: bool,
) -> Result<Sweep, SweepError> {
    let mut runner = Runner::new(deployment, Options { pace, ..Options::default() })?;
    let list = listed(&mut runner).await?;
    let mut sweep = Sweep::default();
    for leftover in list.iter().filter_map(leftover) {
        let is_old = match leftover.created_at {
            Some(created_at) => (Utc::now() - created_at).to_std().is_ok_and(|it| it >= age),
            None => false,
        };
        if !is_old && !age.is_zero() {
            sweep.young.push(leftover);
        } else if !remove {
            sweep.left.push(leftover);
        } else {
            let answer = send(&mut runner, "delete_registry", Some(&leftover.slug), None).await;
            match answer {
                Ok(answer) if answer.is_success() || answer.status == 404 => {
                    sweep.removed.push(leftover);
                }
                _ => sweep.failed.push(leftover),
            }
        }
    }
    Ok(sweep)
}

/// Every registry, on however many pages they are listed.
async fn listed(runner: &mut Runner) -> Result<Vec<Value>, SweepError> {
    let mut registries: Vec<Value> = Vec::new();
    let mut asked = BTreeSet::new();
    let mut page: Option<String> = None;
    loop {
        let answer = send(runner, "list_registries", None, page.as_deref()).await;
        let answer = answer.map_err(|reason| {
            let hint = "check the base URL, and that a server listens there";
            SweepError::List(format!("{reason}; {hint}"))
        })?;
        let list = answer.json.as_ref().and_then(Value::as_array);
        let Some(list) = list.filter(|_| answer.is_success()) else {
            let hint = match answer.status {
                401 => "; check the environment variable that the token comes from",
                404 => "; check the base URL, the organization and the token",
                _ => "",
            };
            return Err(SweepError::List(format!("the answer is {}{hint}", answer.outline())));
        };
        let new: Vec<Value> = list.iter().filter(|it| !registries.contains(it)).cloned().collect();
        let goes_on = !new.is_empty();
        registries.extend(new);
        let Some(next) = answer.next_page() else { return Ok(registries) };
        // Whatever address it names, nothing is asked of another deployment than the one given.
        let query = next.split_once('?').map(|(_, query)| query.to_owned());
        let query = query.filter(|query| goes_on && asked.insert(query.clone()));
        let Some(query) = query else {
            let reason = format!("the list goes on at {next}, which is no page after the last");
            return Err(SweepError::List(reason));
        };
        page = Some(query);
    }
}

async fn send(
    runner: &mut Runner,
    operation: &'static str,
    slug: Option<&str>,
    query: Option<&str>,
) -> Result<Answer, String> {
    let request = runner.request_to(operation, Credential::Main, slug, None);
    let mut request = request.map_err(|unmet| format!("{unmet:?}"))?;
    if let Some(query) = query {
        request.path = format!("{}?{query}", request.path);
    }
    runner.exchange(None, &request).await.map_err(|error| error.to_string())
}

/// The registry, if a run of this suite has named it.
fn leftover(registry: &Value) -> Option<Leftover> {
    let text = |key| registry.get(key).and_then(Value::as_str);
    let (slug, name) = (text("slug")?, text("name")?);
    let (tag, _) = name.strip_prefix("conformance ")?.split_once(' ')?;
    let is_tag = tag.len() == TAG_LENGTH && tag.bytes().all(|b| b.is_ascii_lowercase());
    if !is_tag || !is_segment(slug) {
        return None;
    }
    let id = text("id").and_then(|id| uuid::Uuid::parse_str(id).ok());
    let seconds = id.and_then(|id| id.get_timestamp()).map(|at| at.to_unix().0);
    let created_at =
        seconds.and_then(|seconds| DateTime::from_timestamp(i64::try_from(seconds).ok()?, 0));
    Some(Leftover { slug: slug.to_owned(), created_at })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_a_run_has_named_is_left_over() {
        let named = |name: &str| leftover(&json!({"slug": "s", "name": name, "id": "x"}));
        assert!(named("conformance abcdefgh alpha").is_some());
        for other in ["conformance of mine", "conformance abc alpha", "conformance ABCDEFGH a", "a"]
        {
            assert_eq!(named(other), None, "{other}");
        }
    }

    #[test]
    fn an_id_of_version_7_tells_the_age() {
        let registry = json!({
            "slug": "s",
            "name": "conformance abcdefgh alpha",
            "id": "0191df84-85e4-77aa-83ba-6579084728eb",
        });
        let created_at = leftover(&registry).unwrap().created_at.unwrap();
        assert_eq!(created_at.to_rfc3339(), "2024-09-11T05:18:09+00:00");
    }
}
