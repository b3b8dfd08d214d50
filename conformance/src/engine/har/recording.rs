//! A recorded run, to be judged again without sending anything.

use std::{
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{Entry, Har, HarError, HarResponse, RunFacts};
use crate::{
    engine::deployment::{self, Deployment, Token},
    engine::secrets::Secrets,
    exchange::{Answer, Credential, NoAnswer, Request, UNKNOWN_TOKEN},
    tag::{is_old_tag, is_tag},
};

/// The recording of a run.
///
/// Entries that name their step are found by it. Those of another recorder are found by method,
/// path, credential and body, in the order in which they happened; it distinguishes steps that send
/// the same only if the whole run was recorded. What such a run explored beyond its steps is found
/// when the replay is given its seed.
#[derive(Debug)]
pub struct Recording {
    deployment: Deployment,
    facts: RunFacts,
    made_by: String,
    entries: Vec<Recorded>,
}

#[derive(Debug)]
struct Recorded {
    step: Option<String>,
    begun: Option<DateTime<Utc>>,
    method: String,
    path: String,
    credential: Credential,
    body: Option<String>,
    outcome: Result<Answer, NoAnswer>,
    taken: AtomicBool,
}

impl Recording {
    /// Reads the recording of a run from an archive.
    pub fn parse(bytes: &[u8]) -> Result<Self, HarError> {
        Self::of(Har::parse(bytes)?)
    }

    /// Reads the recording of a run from an archive in a file.
    pub fn read(path: &Path) -> Result<Self, HarError> {
        Self::of(Har::read(path)?)
    }

    fn of(har: Har) -> Result<Self, HarError> {
        let secrets = Secrets::of(&har.log.entries);
        let facts = har.log.conformance.clone().map_or_else(|| inferred(&har), Ok)?;
        if !is_tag(&facts.run_tag) && !is_old_tag(&facts.run_tag) {
            return Err(HarError::NoRun("it has no tag of a run".into()));
        }
        let unusable = |error: deployment::DeploymentError| HarError::NoRun(error.to_string());
        let token = |index: usize| Token::new(Secrets::PLACEHOLDERS[index]).map_err(unusable);
        let deployment = Deployment {
            base_url: deployment::base_url(&facts.base_url).map_err(unusable)?,
            organization: deployment::organization(&facts.organization).map_err(unusable)?,
            token: token(0)?,
            team: facts.team.as_deref().map(deployment::team).transpose().map_err(unusable)?,
            limited_token: facts.limited_token.then(|| token(1)).transpose()?,
            revocable_token: facts.revocable_token.then(|| token(2)).transpose()?,
            timeout: Duration::ZERO,
            ca_certificates: Vec::new(),
            ca_certificate_file: None,
        };
        let labelled = har.log.conformance.is_some();
        let known = KnownTokens::of(&har);
        let entries = har
            .log
            .entries
            .iter()
            .filter(|entry| entry.step.is_some() || !labelled)
            .filter_map(|entry| recorded(entry, &facts.base_url, &known, &secrets))
            .collect();
        Ok(Self { deployment, facts, made_by: har.log.creator.version, entries })
    }

    pub(crate) fn deployment(&self) -> &Deployment {
        &self.deployment
    }

    pub(crate) fn facts(&self) -> &RunFacts {
        &self.facts
    }

    /// When the run began, if the recorder said so.
    pub(crate) fn begun(&self) -> Option<DateTime<Utc>> {
        self.entries.first()?.begun
    }

    /// Why a step cannot be replayed, if it cannot.
    pub(crate) fn lacks(&self, step: &str, request: &Request) -> Option<String> {
        if self.find(step, request).is_some() {
            return None;
        }
        let is_there =
            self.entries.iter().any(|it| !it.is_taken() && it.step.as_deref() == Some(step));
        Some(if is_there {
            format!(
                "the recording has another request here; version {} of the suite made it",
                self.made_by
            )
        } else {
            "the recording does not have this exchange; replay it with the --profile, --group and \
             --filter that it was recorded with"
                .to_owned()
        })
    }

    /// Whether a request is in it under exactly this name.
    pub(crate) fn has_as(&self, step: &str, request: &Request) -> bool {
        self.find(step, request).is_some_and(|entry| entry.step.is_some())
    }

    /// When the next request of a step was sent, and what became of it.
    pub(crate) fn next(
        &self,
        step: &str,
        request: &Request,
    ) -> (Option<DateTime<Utc>>, Result<Answer, NoAnswer>) {
        let Some(entry) = self.find(step, request) else {
            return (None, Err(NoAnswer::new("the recording ends before that")));
        };
        entry.taken.store(true, Ordering::Relaxed);
        (entry.begun, entry.outcome.clone())
    }

    fn find(&self, step: &str, request: &Request) -> Option<&Recorded> {
        self.entries.iter().find(|entry| {
            let named = entry.step.as_deref().is_none_or(|it| it == step);
            !entry.is_taken() && named && entry.is(request)
        })
    }
}

impl Recorded {
    fn is_taken(&self) -> bool {
        self.taken.load(Ordering::Relaxed)
    }

    fn is(&self, request: &Request) -> bool {
        self.method == request.method
            && self.path == request.path
            && self.credential == request.credential
            && same_body(self.body.as_deref(), request.body.as_deref())
    }
}

/// Whether two bodies mean the same: another version may write the properties in another order.
fn same_body(one: Option<&str>, other: Option<&str>) -> bool {
    let json = |text: &str| serde_json::from_str::<Value>(text).ok();
    match (one.filter(|it| !it.is_empty()), other) {
        (Some(one), Some(other)) => {
            one == other || json(one).is_some_and(|it| Some(it) == json(other))
        }
        (one, other) => one == other,
    }
}

fn recorded(
    entry: &Entry,
    base_url: &str,
    known: &KnownTokens,
    secrets: &Secrets,
) -> Option<Recorded> {
    let request = &entry.request;
    let body = request.post_data.as_ref().and_then(super::PostData::bytes);
    let reason = || match &entry.response {
        HarResponse { error: Some(error), .. } => error.clone(),
        HarResponse { status: 0, .. } => "no response".into(),
        HarResponse { status: 100..200, .. } => {
            "the recording has only an interim response (1xx)".into()
        }
        _ => "the recording does not have the body of the response".into(),
    };
    let begun = DateTime::parse_from_rfc3339(&entry.started_date_time).ok();
    // A body that was not recorded cannot be judged. A response to HEAD has none.
    let outcome = entry.response.answer((&request.method, &request.url), secrets);
    let has_none = |status: u16| matches!(status, 204 | 205 | 304);
    let outcome = outcome.filter(|(answer, kept)| *kept || has_none(answer.status));
    // What a run of the suite took for the response was the last one that came.
    let outcome = outcome.filter(|(answer, _)| answer.status >= 200 || entry.step.is_some());
    let outcome = outcome.map(|(answer, _)| answer);
    Some(Recorded {
        step: entry.step.clone(),
        begun: begun.map(|it| it.with_timezone(&Utc)),
        method: request.method.to_ascii_uppercase(),
        path: request.url.strip_prefix(base_url)?.to_owned(),
        credential: known.credential(entry),
        body: body.map(|body| String::from_utf8_lossy(&body).into_owned()),
        outcome: outcome.ok_or_else(|| NoAnswer::new(reason())),
        taken: AtomicBool::new(false),
    })
}

/// Which token is which, in a run that something else recorded: the run's own comes first, and the
/// revocable one is used to revoke itself.
struct KnownTokens {
    main: Option<String>,
    revocable: Option<String>,
}

impl KnownTokens {
    fn of(har: &Har) -> Self {
        let mut known = har.log.entries.iter().filter_map(|entry| Some((entry, token(entry)?)));
        let main = known.next().map(|(_, token)| token.to_owned());
        let revokes = |entry: &Entry| {
            entry.request.method == "DELETE" && entry.request.url.ends_with("/access-token")
        };
        // Revoking is tried with no token that is known as well.
        let is_known = |token: &str| token != UNKNOWN_TOKEN;
        let revocable = known
            .find(|(entry, token)| revokes(entry) && is_known(token))
            .map(|(_, token)| token.to_owned());
        Self { main, revocable }
    }

    fn credential(&self, entry: &Entry) -> Credential {
        let Some(header) = authorization(entry) else { return Credential::None };
        let known = [
            Credential::Unknown,
            Credential::Main,
            Credential::Basic,
            Credential::Limited,
            Credential::Revocable,
        ];
        if let Some(known) = known.into_iter().find(|it| it.authorization() == Some(header.into()))
        {
            return known;
        }
        let is_bearer = header.get(..7).is_some_and(|it| it.eq_ignore_ascii_case("bearer "));
        match token(entry) {
            _ if !is_bearer => Credential::Basic,
            token if self.main.as_deref() == token => Credential::Main,
            token if self.revocable.as_deref() == token => Credential::Revocable,
            _ => Credential::Limited,
        }
    }
}

fn authorization(entry: &Entry) -> Option<&str> {
    let headers = &entry.request.headers;
    let header = headers.iter().find(|it| it.name.eq_ignore_ascii_case("authorization"))?;
    Some(header.value.trim())
}

fn token(entry: &Entry) -> Option<&str> {
    authorization(entry)?.split_once(' ').map(|(_, token)| token.trim())
}

/// What a run that something else recorded shows of itself.
fn inferred(har: &Har) -> Result<RunFacts, HarError> {
    const ORGANIZATIONS: &str = "/packages/organizations/";
    let entries = &har.log.entries;
    let (base_url, rest) = entries
        .iter()
        .find_map(|entry| entry.request.url.split_once(ORGANIZATIONS))
        .ok_or_else(|| HarError::NoRun("no request in it is about an organization".into()))?;
    let organization = rest.split('/').next().unwrap_or_default();
    let run_tag = entries
        .iter()
        .find_map(tag)
        .ok_or_else(|| HarError::NoRun("no registry in it has a name that a run gives".into()))?;
    let known = KnownTokens::of(har);
    let has = |credential| entries.iter().any(|entry| known.credential(entry) == credential);
    Ok(RunFacts {
        run_tag,
        organization: organization.to_owned(),
        base_url: base_url.to_owned(),
        contract_version: String::new(),
        seed: None,
        exhaust_user_limit: false,
        embedded: false,
        team: entries.iter().find_map(team),
        limited_token: has(Credential::Limited),
        revocable_token: has(Credential::Revocable),
        interrupted: false,
    })
}

/// The team that a run creates a registry for.
fn team(entry: &Entry) -> Option<String> {
    let body: Value = serde_json::from_slice(&entry.request.post_data.as_ref()?.bytes()?).ok()?;
    body["name"].as_str()?.strip_prefix("conformance ")?;
    body["team_ids"].get(0)?.as_str().map(str::to_owned)
}

/// The tag in the name of a registry that a run creates, or in the slug that no registry has.
fn tag(entry: &Entry) -> Option<String> {
    let body = entry.request.post_data.as_ref().and_then(|it| it.text.as_deref());
    let name = body.and_then(|body| body.split_once("\"conformance ")).map(|(_, rest)| rest);
    let slug = entry.request.url.split_once("/registries/conformance-").map(|(_, rest)| rest);
    let tag = name.or(slug)?.split([' ', '-']).next()?;
    (is_tag(tag) || is_old_tag(tag)).then(|| tag.to_owned())
}
