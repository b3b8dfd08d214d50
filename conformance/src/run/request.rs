//! Making requests, and sending them: with the run's pace, its ledger and, in a replay, its recording.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{Progress, Runner, again::lost};
use crate::{
    engine::pace::{Pace, REPEATS},
    exchange::{Answer, Credential, Exchange, NoAnswer, PREFLIGHT, Purpose, Request},
    observed::{Fault, NotJudged, Stop},
    ownership::addressed,
    steps::{Draft, Step},
};

/// To what a request may do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Permission {
    /// To what the run has created, and nothing else.
    OwnOnly,
    /// To whatever a project says in a case of its own.
    Anything,
}

/// Whether the deployment's rate limits are heeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limits {
    /// There is no request without an allowance for it.
    Heeded,
    /// They are what is looked at.
    Ignored,
}

impl Runner {
    /// Sends a request and keeps account of what it creates and removes.
    pub(crate) async fn send(
        &mut self,
        purpose: &Purpose,
        request: Request,
        permission: Permission,
    ) -> Result<Exchange, NotJudged> {
        if permission == Permission::OwnOnly {
            self.is_permitted(&request)?;
        }
        self.has_recorded(purpose, &request)?;
        let outcome = self.exchange(Some(purpose.name()), &request).await;
        self.account(purpose, request, outcome)
    }

    /// Sends requests at once, all with the same credential, to explore, and returns the outcome of
    /// each. The deployment's limits are heeded before, not between, or not at all: a refusal is
    /// left as it is.
    pub(crate) async fn send_at_once(
        &mut self,
        requests: &[Request],
        limits: Limits,
    ) -> Result<Vec<Result<Exchange, NotJudged>>, NotJudged> {
        let Some(first) = requests.first() else { return Ok(Vec::new()) };
        requests.iter().try_for_each(|request| self.is_permitted(request))?;
        if limits == Limits::Heeded
            && let Some(wait) = self.pace.wait_before_all(first.credential, requests.len())
        {
            self.wait(wait).await.map_err(|reason| no_answer(&reason))?;
        }
        let purpose = Purpose::Explored;
        for request in requests {
            self.has_recorded(&purpose, request)?;
        }
        let wait = self.pace.steps(requests.len());
        self.pause(wait).await.map_err(|reason| no_answer(&reason))?;
        self.report_exploring();
        self.requests += requests.len();
        let name = Some(purpose.name());
        let sent = requests
            .iter()
            .map(|request| bounded(self.deadline, self.transport.send(name, request)));
        let answers = futures_util::future::join_all(sent).await;
        let mut outcomes = Vec::new();
        for (request, (begun, answer)) in requests.iter().zip(answers) {
            self.begun = begun;
            if let Ok(answer) = &answer {
                self.pace.observe(request.credential, answer, false);
            }
            if let Some(reason) = lost(&answer) {
                let exchange = purpose.name().to_owned();
                self.observed.faults.push(Fault { exchange, reason, is_answered: false });
            }
            outcomes.push(self.account(&purpose, request.clone(), answer));
        }
        Ok(outcomes)
    }

    /// Whether a request leaves alone what the run has not created. Other cases than those that a
    /// project adds send none that does not.
    pub(crate) fn is_permitted(&self, request: &Request) -> Result<(), NotJudged> {
        if self.ledger.permits(request) {
            return Ok(());
        }
        let slug = addressed(request).unwrap_or_default();
        Err(NotJudged::Skip(format!(
            "the deployment returned {slug} as a registry of this run, but it may be another's, so it is \
             left unchanged"
        )))
    }

    /// Takes what became of a request into account. That of a step is kept with the step, and what a
    /// browser asks before a request is none of the API's own.
    pub(super) fn account(
        &mut self,
        purpose: &Purpose,
        request: Request,
        outcome: Result<Answer, NoAnswer>,
    ) -> Result<Exchange, NotJudged> {
        let answer = outcome.map_err(|reason| {
            self.observed.overlong = self.transport.overlong();
            self.ledger.unanswered(&request);
            no_answer(&reason)
        })?;
        self.ledger.observe(&request, &answer);
        if !matches!(&*request.method, "GET" | PREFLIGHT) && answer.is_success() {
            self.last_write = self.begun;
        }
        let exchange = Exchange::new(purpose.clone(), request, answer);
        let is_preflight = *purpose == Purpose::Explored && exchange.request.method == PREFLIGHT;
        if !matches!(purpose, Purpose::Step(_)) && !is_preflight {
            self.observed.beyond.push(Arc::new(exchange.clone()));
        }
        Ok(exchange)
    }

    /// The request of a step, made from what was observed so far.
    pub(super) fn request(&self, step: Step) -> Result<Request, NotJudged> {
        let definition = step.definition();
        self.has_credential(definition.credential)?;
        let draft = (definition.draft)(&self.observed)?;
        self.request_of(definition.operation, definition.credential, draft)
    }

    /// A request for an operation, for the registry with a slug if it is about one.
    pub(crate) fn request_to(
        &self,
        operation: &'static str,
        credential: Credential,
        slug: Option<&str>,
        body: Option<String>,
    ) -> Result<Request, NotJudged> {
        let draft = slug.map_or_else(Draft::default, Draft::registry);
        self.request_of(operation, credential, Draft { body, ..draft })
    }

    /// A request for an operation. A create names the team of the run, unless the draft names none.
    pub(crate) fn request_of(
        &self,
        operation: &'static str,
        credential: Credential,
        draft: Draft,
    ) -> Result<Request, NotJudged> {
        let known = self.observed.contract.operation(operation);
        let known =
            known.ok_or_else(|| NotJudged::Error(format!("the contract has no {operation}")))?;
        let mut path = known.path.clone();
        for parameter in &known.path_parameters {
            let own = (parameter == ORGANIZATION).then_some(&*self.observed.organization);
            let value = draft.value(parameter).or(own).ok_or_else(|| {
                NotJudged::Error(format!("{operation} needs a value for {parameter}"))
            })?;
            path = path.replace(&format!("{{{parameter}}}"), value);
        }
        let path = match draft.query {
            Some(query) => format!("{path}?{query}"),
            None => path,
        };
        let names_team = operation == "create_registry" && !draft.names_no_team;
        let team = self.observed.team.as_deref().filter(|_| names_team);
        let body = draft.body.map(|body| match team {
            Some(team) => with_team(body, team),
            None => body,
        });
        let method = known.method.clone();
        Ok(Request { operation, method, path, credential, body })
    }

    /// Skips what needs a token that was not given.
    pub(crate) fn has_credential(&self, credential: Credential) -> Result<(), NotJudged> {
        let deployment = self.transport.deployment();
        let missing = |what: &str, option: &str| {
            Err(NotJudged::Skip(format!("no {what} token was given ({option})")))
        };
        match credential {
            Credential::Limited if deployment.limited_token.is_none() => {
                missing("limited", "--limited-token-env")
            }
            Credential::Revocable if deployment.revocable_token.is_none() => {
                missing("revocable", "--revocable-token-env")
            }
            _ => Ok(()),
        }
    }

    /// Whether the recording, if one is replayed, has the outcome of a request.
    fn has_recorded(&mut self, purpose: &Purpose, request: &Request) -> Result<(), NotJudged> {
        let Some(recording) = self.transport.recording() else { return Ok(()) };
        let Some(reason) = recording.lacks(purpose.name(), request) else { return Ok(()) };
        // What was not recorded was not judged.
        if !recording.facts().interrupted {
            return Err(NotJudged::Error(reason));
        }
        // Exploring has no steps that would be missed.
        if *purpose != Purpose::Explored {
            self.observed.stopped = Some(Stop::Interrupted);
        }
        Err(NotJudged::Error(Stop::Interrupted.reason().to_owned()))
    }

    /// Sends a request, waiting for the rate limit before and, when it was exceeded, after it.
    pub(super) async fn exchange_once(
        &mut self,
        name: Option<&str>,
        request: &Request,
    ) -> Result<Answer, NoAnswer> {
        let mut repeat = 0;
        let mut waited = false;
        if let Some(wait) = self.pace.wait_before(request.credential) {
            self.wait(wait).await?;
            waited = true;
        }
        loop {
            let answer = self.send_now(name, request, waited).await?;
            let refused = self.refused_in_a_row.of(request.credential);
            if answer.status != 429 {
                *refused = 0;
                return Ok(answer);
            }
            if let Some(wait) = Pace::asks_too_much(&answer) {
                *refused += 1;
                let is_known = request.credential.is_known();
                self.refused_for = self.refused_for.or(is_known.then_some(wait));
                return Ok(answer);
            }
            // Where waiting was of no use for the request before, it is not repeated.
            let may_repeat = repeat < REPEATS
                && *refused == 0
                && (!is_explored(name) || self.requests < self.options.max_requests);
            if !may_repeat {
                *refused += 1;
                return Ok(answer);
            }
            self.wait(Pace::wait_after_refusal(&answer, repeat)).await?;
            repeat += 1;
        }
    }

    /// Sends a request at the pace that was asked for.
    async fn send_now(
        &mut self,
        name: Option<&str>,
        request: &Request,
        waited: bool,
    ) -> Result<Answer, NoAnswer> {
        if self.is_late() {
            return Err(NoAnswer::new(TIME_USED_UP));
        }
        let wait = self.pace.steps(1);
        self.pause(wait).await?;
        if is_explored(name) {
            self.report_exploring();
        }
        self.requests += 1;
        // While the deployment answers, the response before is looked at.
        let looking = async {
            tokio::task::yield_now().await;
            self.observed.look_at_newest();
        };
        let sent = bounded(self.deadline, self.transport.send(name, request));
        let ((begun, answer), ()) = tokio::join!(sent, looking);
        self.begun = begun;
        self.was_too_large = answer.as_ref().is_err_and(NoAnswer::is_too_large);
        let answer = answer?;
        self.pace.observe(request.credential, &answer, waited);
        Ok(answer)
    }

    /// Reports how many requests were sent to explore.
    fn report_exploring(&self) {
        self.report_progress(Progress::Exploring {
            sent: self.requests,
            limit: self.options.max_requests,
        });
    }

    /// Waits for the rate limit, which a replay does not.
    async fn wait(&mut self, wait: Duration) -> Result<(), NoAnswer> {
        if self.transport.recording().is_some() {
            return Ok(());
        }
        self.report_progress(Progress::Waiting { wait });
        self.pause(wait).await
    }

    /// Waits, until the deadline at most.
    pub(super) async fn pause(&mut self, wait: Duration) -> Result<(), NoAnswer> {
        if wait.is_zero() {
            return Ok(());
        }
        let until = Instant::now() + wait;
        let deadline = self.deadline.filter(|deadline| *deadline < until);
        let slept = tokio::time::sleep_until(deadline.unwrap_or(until));
        // Cleaning up takes the time it takes, after an interruption as well.
        if let Some(mut interrupt) = self.options.interrupt.clone().filter(|_| !self.cleaning_up) {
            tokio::select! {
                () = slept => {}
                _ = interrupt.wait_for(|stop| *stop) => {
                    return Err(NoAnswer::new("interrupted while waiting"));
                }
            }
        } else {
            slept.await;
        }
        match deadline {
            Some(_) => Err(NoAnswer::new(TIME_USED_UP)),
            None => Ok(()),
        }
    }
}

/// The path parameter that is the run's organization, where nothing else is said.
const ORGANIZATION: &str = "org_slug";

/// Why a request was not sent, or not waited for.
const TIME_USED_UP: &str = "the time was used up";

/// What becomes of a request until the deadline.
async fn bounded(
    deadline: Option<Instant>,
    sent: impl Future<Output = (Option<DateTime<Utc>>, Result<Answer, NoAnswer>)>,
) -> (Option<DateTime<Utc>>, Result<Answer, NoAnswer>) {
    let Some(deadline) = deadline else { return sent.await };
    let in_time = tokio::time::timeout_at(deadline, sent).await;
    in_time.unwrap_or_else(|_| (None, Err(NoAnswer::new(TIME_USED_UP))))
}

/// Whether a request is sent to explore, for the first time or again.
fn is_explored(name: Option<&str>) -> bool {
    name.is_some_and(|name| name.starts_with(Purpose::Explored.name()))
}

/// The body of a create with a team, unless it says something about teams, or is no JSON object. All
/// else stays as it is written.
fn with_team(body: String, team: &str) -> String {
    let Ok(Value::Object(properties)) = serde_json::from_str(&body) else { return body };
    let Some(before) = body.trim_end().strip_suffix('}') else { return body };
    if properties.contains_key("team_ids") {
        return body;
    }
    let comma = if properties.is_empty() { "" } else { "," };
    format!("{before}{comma}\"team_ids\":{}}}", json!([team]))
}

/// What precedes why a request got no response.
pub(super) const NO_RESPONSE: &str = "no response: ";

/// A request that got no response, as the reason for which a case is not judged.
fn no_answer(reason: &NoAnswer) -> NotJudged {
    let prefix = if reason.is_too_large() { "" } else { NO_RESPONSE };
    NotJudged::Error(format!("{prefix}{reason}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_create_names_the_team_unless_it_says_something_about_teams() {
        for (body, expected) in [
            ("{}", r#"{"team_ids":["\"a\""]}"#),
            (r#"{"name":"é","name": 1 } "#, r#"{"name":"é","name": 1 ,"team_ids":["\"a\""]}"#),
            (r#"{"team_ids":null}"#, r#"{"team_ids":null}"#),
            (r#"{"name":"#, r#"{"name":"#),
            ("[]", "[]"),
        ] {
            assert_eq!(with_team(body.to_owned(), "\"a\""), expected);
        }
    }
}
