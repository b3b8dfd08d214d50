//! What the first responses say: whether it is the API that answers, whether the token can do what the
//! run needs, and whether registries can be created.

use std::collections::BTreeSet;

use humantime::format_duration;

use super::{Runner, request::NO_RESPONSE};
use crate::{
    engine::deployment::has_advice,
    engine::origin,
    engine::pace,
    exchange::{Answer, Credential, Exchange},
    group::Group,
    observed::{NotJudged, Stop, is_unavailable},
    outcome::Exploration,
    steps::Step,
};

/// After so many requests in a row that the rate limit refused to the end, it is not waited for again.
const REFUSALS: usize = 2;

/// After so many requests in a row without a usable response, the deployment is taken to be away.
const LOST: usize = 5;

/// What an exploration does with registries.
const EXPLORED_WITH: [&str; 5] =
    ["create_registry", "get_registry", "list_registries", "update_registry", "delete_registry"];

impl Runner {
    /// Why it makes no sense to go on with `steps` after this one, if it does not.
    pub(super) async fn stop_after(&mut self, step: Step, steps: &[Step]) -> Option<Stop> {
        if let Some(stop) = self.is_refused_or_away() {
            return Some(stop);
        }
        let why = if step == Step::ListBefore {
            self.is_unreachable().await
        } else if step == Step::GetToken {
            match self.is_something_else(steps) {
                Some(why) => Some(why),
                None => self.lacks_scopes(steps).await,
            }
        } else {
            self.cannot_create(step)
        };
        why.map(Stop::Void)
    }

    /// Whether the rate limit refuses everything, or no response arrives any more.
    fn is_refused_or_away(&self) -> Option<Stop> {
        let was_answered = self.observed.all().any(|(_, it)| it.answer.status != 429);
        let gave_up = |reason| if was_answered { Stop::GaveUp(reason) } else { Stop::Void(reason) };
        if let Some(reason) = self.transport.is_full() {
            return Some(gave_up(reason));
        }
        if let Some(wait) = self.refused_for {
            let (wait, most) = (format_duration(wait), format_duration(pace::LONGEST));
            return Some(gave_up(format!(
                "the rate limit rejects the requests (429) for another {wait}, and a run waits at \
                 most {most}; run again then"
            )));
        }
        if self.refused_in_a_row.with_token >= REFUSALS {
            let reason =
                "the rate limit rejects the requests (429), also after the wait that it asks \
                          for; run again later, or with a smaller --pace"
                    .to_owned();
            return Some(gave_up(reason));
        }
        (self.lost_in_a_row >= LOST).then(|| {
            Stop::GaveUp(format!(
                "the last {LOST} requests got no usable response; check that the deployment is still \
                 available"
            ))
        })
    }

    async fn is_unreachable(&self) -> Option<String> {
        match self.observed.status(Step::ListBefore) {
            Ok(status) if is_unavailable(status) => {
                Some(format!("the deployment is not available ({status})"))
            }
            Ok(_) => None,
            Err(NotJudged::Error(reason)) if self.transport.recording().is_none() => {
                Some(self.unreachable(&reason).await)
            }
            Err(NotJudged::Error(reason) | NotJudged::Skip(reason)) => Some(reason),
        }
    }

    /// What to do about a deployment that cannot be reached.
    pub(crate) async fn unreachable(&self, reason: &str) -> String {
        // Which request it was makes no difference.
        let step = format!("{}: ", Step::ListBefore.definition().name);
        let reason = reason.strip_prefix(&*step).unwrap_or(reason);
        let reason = reason.strip_prefix(NO_RESPONSE).unwrap_or(reason);
        // It can be reached, and nothing can be said of it.
        if self.was_too_large {
            return reason.to_owned();
        }
        match self.transport.deployment().base_url.strip_prefix("http://") {
            Some(address) if self.transport.expects_tls().await => origin::expects_tls(address),
            _ if has_advice(reason) => format!("the deployment cannot be reached: {reason}"),
            _ => format!(
                "the deployment cannot be reached: {reason}; check the base URL, and that a server \
                 listens there"
            ),
        }
    }

    /// What to do about the run's token where it is refused.
    pub(crate) fn advice_on_the_token(&self) -> String {
        self.transport.deployment().token.advice()
    }

    /// Why a list is none of the API, if it is not.
    pub(crate) fn not_the_api(&self, list: &Answer) -> Option<String> {
        let base_url = &self.transport.deployment().base_url;
        let request = self.request_to("list_registries", Credential::Main, None, None).ok()?;
        origin::not_the_api(base_url, &request.path, list)
            .or_else(|| origin::no_such_path(base_url, list))
    }

    /// Whether something else than the API answers, or the API does not accept the token.
    fn is_something_else(&self, steps: &[Step]) -> Option<String> {
        let base_url = &self.transport.deployment().base_url;
        let about = |step| {
            let Exchange { request, answer, .. } = self.observed.sent(step).ok()?;
            origin::not_the_api(base_url, &request.path, answer)
        };
        let status = |step| self.observed.status(step);
        let (list, token) = (status(Step::ListBefore), status(Step::GetToken));
        // A failure may be the API's own, whatever it looks like.
        let is_failure = list.as_ref().is_ok_and(|status| *status >= 500);
        if let Some(why) = about(Step::ListBefore)
            && (!is_failure || about(Step::GetToken).is_some())
        {
            return Some(why);
        }
        if let (Ok(status @ 100..200), Ok(100..200)) = (&list, &token) {
            return Some(format!(
                "it returned {status}, not a final response; check the base URL, and any proxy in \
                 front of the API"
            ));
        }
        if list == Ok(403) && token == Ok(403) {
            let answer = self.observed.sent(Step::GetToken).ok()?.answer.outline();
            let advice = self.advice_on_the_token();
            return Some(format!(
                "the deployment rejects every operation ({answer}); {advice}, and whether this machine \
                 may use the API"
            ));
        }
        let is_accepted = token.as_ref().is_ok_and(|status| *status < 300);
        if list == Ok(401) && !is_accepted {
            let advice = self.advice_on_the_token();
            return Some(format!("the deployment rejects the token (401); {advice}"));
        }
        if list == Ok(404) && !is_accepted {
            let sent = self.observed.sent(Step::ListBefore).ok()?;
            if let Some(why) = origin::no_such_path(base_url, &sent.answer) {
                return Some(why);
            }
        }
        // A create would show whether the organization or the list is missing.
        let is_unknown = list == Ok(404) && !steps.contains(&Step::CreateMinimal);
        is_unknown.then(|| self.unknown_organization())
    }

    /// Which scopes the token lacks for the run, by the scopes that the deployment reports.
    async fn lacks_scopes(&mut self, steps: &[Step]) -> Option<String> {
        let held = self.observed.scopes(Step::GetToken)?;
        let operations = self.needed_operations(steps);
        let contract = self.observed.contract;
        let lacking = |operation: &&str| {
            let scopes = contract.operation(operation).map(|it| it.scopes.as_slice());
            scopes.is_some_and(|scopes| {
                !scopes.is_empty() && !scopes.iter().any(|scope| held.contains(scope))
            })
        };
        let lacking: BTreeSet<&str> = operations.into_iter().filter(lacking).collect();
        if lacking.is_empty() || !self.is_confirmed(&lacking, held.is_empty()).await {
            return None;
        }
        let scopes: BTreeSet<String> = lacking
            .iter()
            .filter_map(|it| Some(contract.operation(it)?.scopes.join(" or ")))
            .collect();
        let scopes: Vec<String> = scopes.into_iter().collect();
        let (word, all) = (if scopes.len() == 1 { "scope" } else { "scopes" }, scopes.join(", "));
        Some(format!(
            "the token lacks the {word} {all}, so nothing was created; give one that has them, or use \
             --profile smoke, which only reads"
        ))
    }

    /// The operations on registries and their tokens that the run carries out with its token.
    fn needed_operations(&self, steps: &[Step]) -> BTreeSet<&'static str> {
        let with_token = steps.iter().filter(|step| step.group() != Group::Organizations);
        let definitions = with_token.map(|step| step.definition());
        let own = definitions.filter(|definition| definition.credential == Credential::Main);
        let mut needed: BTreeSet<&'static str> = own.map(|it| it.operation).collect();
        let creates =
            |it: &Exploration| !matches!(it, Exploration::Limits | Exploration::Preflight);
        if self.explorations().iter().any(creates) {
            needed.extend(EXPLORED_WITH);
        }
        needed
    }

    /// Whether the deployment refuses what the token has no scope for. It may report scopes that
    /// the token does not have; nothing is created all the same, if it could not be deleted.
    async fn is_confirmed(&mut self, lacking: &BTreeSet<&str>, tells_none: bool) -> bool {
        let probe = if lacking.contains("delete_registry") {
            if !tells_none {
                return true;
            }
            Step::DeleteUnknown
        } else if lacking.contains("update_registry") || lacking.contains("create_registry") {
            Step::UpdateUnknown
        } else {
            Step::ListBefore
        };
        if !self.observed.has(probe) {
            let outcome = self.step(probe).await;
            self.observed.record(probe, outcome);
        }
        let probed = self.observed.sent(probe);
        probed.is_ok_and(|it| it.answer.status == 403 && origin::foreign(&it.answer).is_none())
    }

    /// Why no registry can be created, if the first attempt shows it.
    fn cannot_create(&self, step: Step) -> Option<String> {
        let definition = step.definition();
        if definition.operation != "create_registry" || definition.credential != Credential::Main {
            return None;
        }
        let mut creates =
            self.observed.all().filter(|(_, it)| it.request.operation == "create_registry");
        if creates.any(|(_, exchange)| exchange.answer.is_success()) {
            return None;
        }
        if let Some(why) =
            self.observed.sent(step).ok().and_then(|it| self.observed.team_is_unfit(it))
        {
            return Some(why);
        }
        let status = |step| self.observed.status(step);
        let is_unknown = step == Step::CreateMinimal
            && [Step::ListBefore, step].map(status) == [Ok(404), Ok(404)];
        is_unknown.then(|| self.unknown_organization())
    }

    fn unknown_organization(&self) -> String {
        let base_url = &self.transport.deployment().base_url;
        let hint = if base_url.ends_with("/v2") { "" } else { " (it usually ends in /v2)" };
        let of_list = self.observed.sent(Step::ListBefore);
        if of_list.is_ok_and(|it| it.answer.status == 404 && it.answer.json.is_none()) {
            return format!(
                "it returned 404 without JSON, which may not come from the API; check the base \
                 URL{hint}, the organization {} and the token",
                self.observed.organization
            );
        }
        format!(
            "the deployment does not know the organization {}, or hides it from the token (404); check \
             the base URL{hint}, the organization and the token",
            self.observed.organization
        )
    }
}
