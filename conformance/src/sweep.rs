//! Removing what an earlier run left behind: it was killed, or the deployment went away.

use std::{
    collections::{BTreeSet, HashSet},
    hash::{DefaultHasher, Hash, Hasher},
    num::NonZeroU32,
    sync::LazyLock,
    time::Duration,
};

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::{
    engine::deployment::{Deployment, DeploymentError},
    engine::origin,
    exchange::{Answer, Credential},
    observed::foreign_below_500,
    plan,
    run::{Options, Runner},
    tag::{self, Origin},
    wire::is_segment,
};

pub use crate::tag::Doubt;

/// A registry that an earlier run has created, or may have created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leftover {
    /// Its slug.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// When it was created, if its id has the time: ids of version 7 do.
    pub created_at: Option<DateTime<Utc>>,
    /// Why it is not certain that a run created it, if it is not.
    pub doubt: Option<Doubt>,
}

/// What is to be removed.
#[derive(Clone, Debug, Default)]
pub struct Removal {
    /// What is younger than this, or of unknown age, may belong to a run that goes on: it stays,
    /// unless this is zero.
    pub older_than: Duration,
    /// Whether anything is removed; otherwise it is only listed.
    pub remove: bool,
    /// The slugs of leftovers to remove whatever their age, also those that are doubtful.
    pub also: Vec<String>,
}

/// What became of everything that earlier runs left behind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sweep {
    /// What was removed.
    pub removed: Vec<Leftover>,
    /// What the deployment did not remove, and why.
    pub failed: Vec<(Leftover, String)>,
    /// What would be removed.
    pub left: Vec<Leftover>,
    /// What may belong to a run that goes on.
    pub young: Vec<Leftover>,
    /// What may belong to another client. It is removed only when its slug is given.
    pub doubtful: Vec<Leftover>,
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
    /// A slug was given that no leftover has.
    #[error(
        "no run has left a registry {0:?}; nothing was removed; without --remove, sweep lists the \
         registries that --also takes"
    )]
    NoLeftover(String),
}

/// Looks for what earlier runs of this suite have created and not removed, and removes it when
/// `removal` says so. Only what a run has created beyond doubt is removed without being named.
pub async fn sweep(
    deployment: Deployment,
    pace: Option<NonZeroU32>,
    removal: &Removal,
) -> Result<Sweep, SweepError> {
    let mut runner = Runner::new(deployment, Options { pace, ..Options::default() })?;
    let list = listed(&mut runner).await?;
    let leftovers: Vec<Leftover> = list.iter().filter_map(leftover).collect();
    let is_there = |slug: &&String| leftovers.iter().any(|it| it.slug == **slug);
    if let Some(unknown) = removal.also.iter().find(|slug| !is_there(slug)) {
        return Err(SweepError::NoLeftover(unknown.clone()));
    }
    let mut sweep = Sweep::default();
    for leftover in leftovers {
        if let Some(list) = list_of(&mut sweep, &leftover, removal) {
            list.push(leftover);
            continue;
        }
        match send(&mut runner, "delete_registry", Some(&leftover.slug), None).await {
            Ok(answer) if origin::is_gone(&answer) => sweep.removed.push(leftover),
            Ok(answer) => {
                let why = foreign_below_500(&answer);
                let why = why.unwrap_or_else(|| format!("returned {}", answer.outline()));
                sweep.failed.push((leftover, why));
            }
            Err(reason) => sweep.failed.push((leftover, format!("got no response: {reason}"))),
        }
    }
    Ok(sweep)
}

/// Where a leftover belongs that is not removed; `None` when it is to be.
fn list_of<'s>(
    sweep: &'s mut Sweep,
    leftover: &Leftover,
    removal: &Removal,
) -> Option<&'s mut Vec<Leftover>> {
    let is_old = || {
        let age = leftover.created_at.and_then(|at| (Utc::now() - at).to_std().ok());
        removal.older_than.is_zero() || age.is_some_and(|age| age >= removal.older_than)
    };
    if removal.remove && removal.also.contains(&leftover.slug) {
        None
    } else if leftover.doubt.is_some() {
        Some(&mut sweep.doubtful)
    } else if !is_old() {
        Some(&mut sweep.young)
    } else if !removal.remove {
        Some(&mut sweep.left)
    } else {
        None
    }
}

/// How many pages a list may have. With a hundred registries on each, more than any organization has.
const MAX_PAGES: usize = 1_000;

/// Every registry, on all the pages on which they are listed.
async fn listed(runner: &mut Runner) -> Result<Vec<Value>, SweepError> {
    let mut registries: Vec<Value> = Vec::new();
    let mut seen = HashSet::new();
    let mut asked = BTreeSet::new();
    let mut page: Option<String> = None;
    loop {
        let answer = send(runner, "list_registries", None, page.as_deref()).await;
        let answer = match answer {
            Ok(answer) => answer,
            Err(reason) => return Err(SweepError::List(runner.unreachable(&reason).await)),
        };
        if let Some(why) = runner.not_the_api(&answer) {
            return Err(SweepError::List(why));
        }
        let list = answer.json.as_ref().and_then(Value::as_array);
        let Some(list) = list.filter(|_| answer.is_success()) else {
            let hint = match answer.status {
                401 => runner.advice_on_the_token(),
                403 => "the token needs the scope read_registries".to_owned(),
                404 => "check the base URL, the organization and the token".to_owned(),
                _ => return Err(SweepError::List(format!("it returned {}", answer.outline()))),
            };
            return Err(SweepError::List(format!("it returned {}; {hint}", answer.outline())));
        };
        let new = list.iter().filter(|it| seen.insert(hash(it)));
        let before = registries.len();
        registries.extend(new.cloned());
        let goes_on = registries.len() > before;
        let Some(next) = answer.next_page() else { return Ok(registries) };
        // Whatever address it names, nothing is asked of another deployment than the one given.
        let query = next.split_once('?').map(|(_, query)| query.to_owned());
        let query = query.filter(|query| goes_on && asked.insert(query.clone()));
        let Some(query) = query else {
            let reason =
                format!("the next page of the list is {next}, which does not follow the last one");
            return Err(SweepError::List(reason));
        };
        if asked.len() == MAX_PAGES {
            let (count, pages) = (registries.len(), MAX_PAGES);
            let reason = format!("the list does not end: {pages} pages have {count} registries");
            return Err(SweepError::List(reason));
        }
        page = Some(query);
    }
}

/// What stands for a registry among those that were seen, and is short however long that is.
fn hash(registry: &Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    registry.to_string().hash(&mut hasher);
    hasher.finish()
}

async fn send(
    runner: &mut Runner,
    operation: &'static str,
    slug: Option<&str>,
    query: Option<&str>,
) -> Result<Answer, String> {
    let request = runner.request_to(operation, Credential::Main, slug, None);
    let mut request = request.map_err(|not_judged| format!("{not_judged:?}"))?;
    if let Some(query) = query {
        request.path = format!("{}?{query}", request.path);
    }
    runner.exchange(None, &request).await.map_err(|error| error.to_string())
}

/// The words by which the requests of a run name registries.
static WORDS: LazyLock<BTreeSet<String>> = LazyLock::new(plan::words);

/// The registry, if a run of this suite has created it or may have.
fn leftover(registry: &Value) -> Option<Leftover> {
    let text = |key| registry.get(key).and_then(Value::as_str);
    let slug = text("slug").filter(|slug| is_segment(slug))?;
    let name = text("name").unwrap_or_default();
    let doubt = match tag::origin(name, slug, text("description").unwrap_or_default(), &WORDS) {
        Origin::Run => None,
        Origin::Doubtful(doubt) => Some(doubt),
        Origin::Other => return None,
    };
    let id = text("id").and_then(|id| uuid::Uuid::parse_str(id).ok());
    let seconds = id.and_then(|id| id.get_timestamp()).map(|at| at.to_unix().0);
    let created_at =
        seconds.and_then(|seconds| DateTime::from_timestamp(i64::try_from(seconds).ok()?, 0));
    Some(Leftover { slug: slug.to_owned(), name: name.to_owned(), created_at, doubt })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_a_run_has_named_is_left_over() {
        let tag = tag::new();
        let named = |name: &str, slug: &str| leftover(&json!({"slug": slug, "name": name}));
        let (name, slug) = (tag::name(&tag, "alpha"), tag::slug(&tag, "alpha"));
        assert_eq!(named(&name, &slug).unwrap().doubt, None);
        assert_eq!(named(&name, "17").unwrap().doubt, Some(Doubt::TagOnly));
        let old = named("conformance registry python", "conformance-registry-python");
        assert_eq!(old.unwrap().doubt, Some(Doubt::OldName));
        assert_eq!(named("conformance of mine", "conformance-of-mine"), None);
        // What cannot be addressed is not touched.
        assert_eq!(named(&name, "../a"), None);
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
