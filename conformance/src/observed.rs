//! What a run has seen: every exchange by its step, and what can be said of it.

use std::{collections::BTreeMap, ptr, sync::Arc, time::Duration};

use serde_json::{Map, Value, json};

use crate::{
    contract::Contract,
    engine::connections::Overlong,
    engine::deployment::Deployment,
    engine::origin,
    exchange::{Answer, Credential, Exchange, Purpose, id_text, is_segment},
    group::Group,
    outcome::{Explored, OwnOutcome},
    profile::Profile,
    steps::{Step, UNKNOWN_TOKEN_ID},
    tag,
};

pub use crate::outcome::NotJudged;
pub(crate) use crate::outcome::Stop;

/// A read that showed a write late.
#[derive(Clone, Debug)]
pub(crate) struct Late {
    /// The exchange that showed it.
    pub(crate) exchange: Arc<Exchange>,
    /// How long after the write it was sent.
    pub(crate) delay: Duration,
    /// How often the read was repeated until then.
    pub(crate) times: usize,
}

/// A request whose first response was lost.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    /// Its name.
    pub(crate) exchange: String,
    /// The status, or why there was none.
    pub(crate) reason: String,
    /// Whether a repetition got a response.
    pub(crate) is_answered: bool,
}

/// Everything that a run has seen.
pub(crate) struct Observed {
    pub(crate) contract: &'static Contract,
    pub(crate) profile: Profile,
    pub(crate) organization: String,
    /// The team that registries are created for.
    pub(crate) team: Option<String>,
    /// Whether the limited token is another one than the run's.
    pub(crate) limited_is_another: bool,
    /// Names everything that this run creates.
    pub(crate) tag: String,
    /// Why the run was stopped before its end.
    pub(crate) stopped: Option<Stop>,
    /// What was explored beyond the steps, if anything was.
    pub(crate) explored: Option<Explored>,
    /// What became of the cases that were added.
    pub(crate) own: Vec<OwnOutcome>,
    /// A response that did not end where it said, and has spoilt the next exchange.
    pub(crate) overlong: Option<Overlong>,
    /// The exchanges beyond the steps.
    pub(crate) beyond: Vec<Arc<Exchange>>,
    /// Reads of steps that were sent again since they showed a write late. The step has the last one.
    pub(crate) replaced: Vec<Arc<Exchange>>,
    /// The reads that showed a write late.
    pub(crate) late: Vec<Late>,
    /// The requests whose first response was lost.
    pub(crate) faults: Vec<Fault>,
    /// How long each step took, with what it waited for.
    pub(crate) took: BTreeMap<Step, Duration>,
    exchanges: BTreeMap<Step, Result<Exchange, NotJudged>>,
}

impl Observed {
    pub(crate) fn new(
        contract: &'static Contract,
        profile: Profile,
        deployment: &Deployment,
        tag: String,
    ) -> Self {
        Self {
            contract,
            profile,
            organization: deployment.organization.clone(),
            team: deployment.team.clone(),
            limited_is_another: deployment
                .limited_token
                .as_ref()
                .is_some_and(|token| *token != deployment.token),
            tag,
            stopped: None,
            explored: None,
            own: Vec::new(),
            overlong: None,
            beyond: Vec::new(),
            replaced: Vec::new(),
            late: Vec::new(),
            faults: Vec::new(),
            took: BTreeMap::new(),
            exchanges: BTreeMap::new(),
        }
    }

    pub(crate) fn record(&mut self, step: Step, outcome: Result<Exchange, NotJudged>) {
        if let Some(Ok(replaced)) = self.exchanges.insert(step, outcome) {
            self.replaced.push(Arc::new(replaced));
        }
    }

    /// What became of every step that was dealt with, in order.
    pub(crate) fn outcomes(&self) -> impl Iterator<Item = (Step, &Result<Exchange, NotJudged>)> {
        self.exchanges.iter().map(|(step, outcome)| (*step, outcome))
    }

    /// Whether a step was dealt with already.
    pub(crate) fn has(&self, step: Step) -> bool {
        self.exchanges.contains_key(&step)
    }

    /// Validates the newest responses, so that this is not left to the end of the run.
    pub(crate) fn look_at_newest(&self) {
        let step = self.exchanges.last_key_value().and_then(|(_, outcome)| outcome.as_ref().ok());
        let explored = self.beyond.last().filter(|exchange| exchange.purpose == Purpose::Explored);
        let explored = explored.map(|exchange| &**exchange);
        for exchange in step.into_iter().chain(explored) {
            exchange.problems(self.contract);
        }
    }

    /// Every exchange that took place, in order.
    pub(crate) fn all(&self) -> impl Iterator<Item = (Step, &Exchange)> {
        self.exchanges.iter().filter_map(|(step, outcome)| Some((*step, outcome.as_ref().ok()?)))
    }

    /// Every exchange that took place: those that others have replaced, those of the steps in order,
    /// then those beyond them. The last response about something is the last of them.
    pub(crate) fn every(&self) -> impl Iterator<Item = &Exchange> {
        let replaced = self.replaced.iter().map(|exchange| &**exchange);
        let steps = self.all().map(|(_, exchange)| exchange);
        replaced.chain(steps).chain(self.beyond.iter().map(|exchange| &**exchange))
    }

    /// The exchanges that no step has: replaced ones, and those beyond the steps.
    pub(crate) fn beside(&self) -> impl Iterator<Item = &Exchange> {
        self.replaced.iter().chain(&self.beyond).map(|exchange| &**exchange)
    }

    /// Exchanges that were replaced or explored, and can be judged.
    pub(crate) fn beside_the_cases(&self) -> impl Iterator<Item = &Exchange> {
        let explored = self.beyond.iter().filter(|exchange| exchange.purpose == Purpose::Explored);
        let all = self.replaced.iter().chain(explored).map(|exchange| &**exchange);
        all.filter(|exchange| why_not_judged(exchange.answer.status).is_none())
    }

    /// An exchange of the run to keep with a finding. Many findings may be about one, which may be
    /// large.
    pub(crate) fn shared(&self, exchange: &Exchange) -> Arc<Exchange> {
        let mut all = self.replaced.iter().chain(&self.beyond);
        let same = all.find(|it| ptr::eq(&raw const ***it, exchange));
        same.map_or_else(|| Arc::new(exchange.clone()), Arc::clone)
    }

    /// Why nothing can be created, when a create is refused for its teams and the suite is to blame.
    /// Where the organization has teams enabled, it has to name some (documented, Create a registry).
    pub(crate) fn team_is_unfit(&self, exchange: &Exchange) -> Option<String> {
        let Exchange { request, answer, .. } = exchange;
        let errors = answer.json.as_ref()?["errors"].as_array()?;
        if request.operation != CREATE || !errors.iter().any(|error| error["field"] == "team_ids") {
            return None;
        }
        let body: Option<Value> = serde_json::from_str(request.body.as_deref()?).ok();
        let named = body.as_ref().and_then(|body| body.get("team_ids"));
        match (&self.team, named) {
            (None, None) => Some(
                "the organization has teams, and a registry needs one; give its id with --team"
                    .into(),
            ),
            (Some(team), Some(named)) if *named == json!([team]) => {
                Some(format!("the organization rejects the team {team}, which --team names"))
            }
            _ => None,
        }
    }

    /// The team that registries are created for.
    pub(crate) fn team(&self) -> Result<&str, NotJudged> {
        self.team.as_deref().ok_or_else(|| NotJudged::Skip("no team was given (--team)".into()))
    }

    /// The status of the response to a step, even if it cannot be judged.
    pub(crate) fn status(&self, step: Step) -> Result<u16, NotJudged> {
        Ok(self.sent(step)?.answer.status)
    }

    /// The exchange of a step, if it took place, even if it cannot be judged.
    pub(crate) fn sent(&self, step: Step) -> Result<&Exchange, NotJudged> {
        match self.exchanges.get(&step) {
            Some(outcome) => outcome.as_ref().map_err(Clone::clone),
            None if let Some(stop) = &self.stopped => Err(NotJudged::Error(stop.reason().into())),
            None => Err(NotJudged::Skip(format!("{} was not sent", step.definition().name))),
        }
    }

    /// The exchange of a step, if it can be judged: an exchange that failed for want of allowance,
    /// of a token that is fit for it, or of the deployment itself does not.
    pub(crate) fn exchange(&self, step: Step) -> Result<&Exchange, NotJudged> {
        let exchange = self.exchange_or_text(step)?;
        match foreign_below_500(&exchange.answer) {
            Some(why) => Err(not_of_the_api(step, &why)),
            None => Ok(exchange),
        }
    }

    /// The same, where a page or a text counts as a response of the API as well if none of its errors is
    /// JSON.
    pub(crate) fn exchange_or_text(&self, step: Step) -> Result<&Exchange, NotJudged> {
        if let Some(Stop::Void(reason)) = &self.stopped {
            return Err(NotJudged::Error(reason.clone()));
        }
        let name = step.definition().name;
        let exchange = self.sent(step)?;
        if let Some(why) = why_not_judged(exchange.answer.status) {
            return Err(NotJudged::Error(format!("{name}: {why}")));
        }
        if let Some(why) = foreign_below_500(&exchange.answer) {
            let is_error = exchange.answer.status >= 400;
            let is_its_own =
                exchange.answer.is_success() || (is_error && !self.has_errors_in_json());
            return if is_its_own { Ok(exchange) } else { Err(not_of_the_api(step, &why)) };
        }
        match (exchange.answer.status, step.definition().credential) {
            (401, Credential::Main) if !self.token_works_after(step) => {
                Err(NotJudged::Error(format!("{name}: the deployment rejects the token")))
            }
            (401, Credential::Revocable) if step == Step::RevokeToken => {
                Err(NotJudged::Error(format!(
                    "{name}: the deployment rejects the revocable token; each run revokes it, and needs a \
                     new one"
                )))
            }
            (403, Credential::Main) => match self.missing_scope(step) {
                // What is around registries is looked at where the token allows it.
                Some(why) if step.group() == Group::Organizations => {
                    Err(NotJudged::Skip(format!("{name}: {why}")))
                }
                Some(why) => Err(NotJudged::Error(format!("{name}: {why}"))),
                None => Ok(exchange),
            },
            (422, _) if let Some(why) = self.team_is_unfit(exchange) => {
                Err(NotJudged::Error(format!("{name}: {why}")))
            }
            (_, Credential::Limited) if step != Step::GetLimitedToken => {
                self.limited_token_is_fit().map(|()| exchange)
            }
            _ => Ok(exchange),
        }
    }

    /// Whether the limited token is what it has to be: one that may read the organization's
    /// registries, and nothing else, by the scopes that the deployment reports.
    pub(crate) fn limited_token_is_fit(&self) -> Result<(), NotJudged> {
        const ADVICE: &str =
            "give one of the same organization with the scope read_registries only";
        let unfit =
            |why: String| Err(NotJudged::Error(format!("the limited token {why}; {ADVICE}")));
        let scopes = self.scopes(Step::GetLimitedToken).unwrap_or_default();
        if let Some(scope) = scopes.iter().find(|scope| WRITE_SCOPES.contains(&scope.as_str())) {
            return unfit(format!("has the scope {scope}"));
        }
        let read = &self.sent(Step::LimitedGet)?.answer;
        if read.is_success() {
            return Ok(());
        }
        unfit(format!("cannot get a registry ({})", read.outline()))
    }

    /// Whether the limited token is fit for showing that a scope is needed which it lacks. If the
    /// deployment does not report its scopes, it lacks all but `read_registries`: such a token is
    /// what the suite is to be given, unlike the revocable one, which may have any.
    pub(crate) fn limited_token_lacks_scope_for(&self, operation: &str) -> Result<(), NotJudged> {
        self.limited_token_is_fit()?;
        let held = self.scopes(Step::GetLimitedToken).unwrap_or_default();
        let needed = self.contract.operation(operation).map(|it| it.scopes.as_slice());
        match needed.unwrap_or_default().iter().find(|scope| held.contains(scope)) {
            Some(scope) => Err(NotJudged::Skip(format!("the limited token has the scope {scope}"))),
            None => Ok(()),
        }
    }

    /// Whether a request like that of a step was carried out with success. It has the same
    /// operation and the same credential, so a refusal of this one is not for want of access.
    pub(crate) fn is_allowed(&self, step: Step) -> bool {
        let (operation, credential) = (step.definition().operation, step.definition().credential);
        self.all().any(|(other, exchange)| {
            other.definition().operation == operation
                && other.definition().credential == credential
                && self.is_carried_out(exchange)
        })
    }

    /// Whether anything that the token may do was done with the operation of a step.
    fn is_served(&self, step: Step) -> bool {
        let operation = step.definition().operation;
        self.all().any(|(other, exchange)| {
            other.definition().operation == operation && self.is_carried_out(exchange)
        })
    }

    /// Whether an exchange returned success, and with what the contract has for that. The
    /// success of what had to be refused shows no operation.
    pub(crate) fn is_carried_out(&self, exchange: &Exchange) -> bool {
        let Exchange { request, answer, .. } = exchange;
        answer.is_success()
            && request.credential.is_known()
            && !self.is_of_nothing(&request.path)
            && self.contract.recognizes(request.operation, answer)
    }

    /// Whether a path names what is not there.
    fn is_of_nothing(&self, path: &str) -> bool {
        let segments = path.split(['/', '?']);
        let (registry, organization) = (self.unknown_slug(), self.unknown_organization());
        segments
            .into_iter()
            .any(|it| it == registry || it == organization || it == UNKNOWN_TOKEN_ID)
    }

    /// Whether the refusal of a step is one of what was asked for. A deployment that refuses
    /// everything, a route that is not there and a page from something in between show nothing.
    pub(crate) fn is_specific_rejection(&self, step: Step) -> Result<(), NotJudged> {
        let (name, operation) = (step.definition().name, step.definition().operation);
        let answer = &self.exchange(step)?.answer;
        let status = answer.status;
        if answer.is_page() {
            let why = format!("{name} returned {status} with HTML, which the API does not send");
            return Err(NotJudged::Skip(why));
        }
        if self.is_served(step) || self.is_known_to_need_a_token(step, status) {
            return Ok(());
        }
        Err(NotJudged::Skip(format!(
            "{name} returned {status}, and no {operation} succeeded, so that it may be rejected for \
             another reason"
        )))
    }

    /// Whether a token is asked for what only a token of its own could show to be there: the one
    /// that is to be revoked, when there is none.
    fn is_known_to_need_a_token(&self, step: Step, status: u16) -> bool {
        status == 401
            && step.definition().operation == REVOKE
            && !self.exchanges.get(&Step::RevokeToken).is_some_and(Result::is_ok)
            && self.is_served(Step::GetToken)
    }

    /// The response to a step that was carried out with success; without it the steps that build on
    /// it say nothing, and the case about the step itself says why.
    pub(crate) fn success(&self, step: Step) -> Result<&Answer, NotJudged> {
        let exchange = self.exchange(step)?;
        let (name, answer) = (step.definition().name, &exchange.answer);
        if self.is_carried_out(exchange) {
            return Ok(answer);
        }
        if answer.is_success() && answer.is_json_beyond() {
            return Err(beyond(name));
        }
        Err(NotJudged::Skip(if answer.is_success() {
            let body = answer.body_outline();
            format!("{name} returned {} with {body}, not with the documented body", answer.status)
        } else {
            format!("{name} returned {}", answer.outline())
        }))
    }

    /// The registry, or whatever the operation is about, that a step returned.
    pub(crate) fn object(&self, step: Step) -> Result<&Map<String, Value>, NotJudged> {
        let body = self.success(step)?.json.as_ref();
        body.and_then(Value::as_object).ok_or_else(|| {
            NotJudged::Skip(format!("{} did not return an object", step.definition().name))
        })
    }

    /// The entries that a list returned.
    pub(crate) fn entries(&self, step: Step) -> Result<&[Value], NotJudged> {
        let body = self.success(step)?.json.as_ref();
        body.and_then(Value::as_array).map(Vec::as_slice).ok_or_else(|| {
            NotJudged::Skip(format!("{} did not return a list", step.definition().name))
        })
    }

    /// The slug of the registry that a step returned.
    pub(crate) fn slug(&self, step: Step) -> Result<String, NotJudged> {
        let slug = self.object(step)?.get("slug").and_then(Value::as_str).unwrap_or_default();
        if is_segment(slug) {
            return Ok(slug.to_owned());
        }
        let name = step.definition().name;
        Err(NotJudged::Skip(format!("{name} returned a registry that has no usable slug")))
    }

    /// The id of the registry token that a step returned.
    pub(crate) fn token_id(&self, step: Step) -> Result<String, NotJudged> {
        if let Some(id) = self.object(step)?.get("id").and_then(id_text).filter(|id| is_segment(id))
        {
            return Ok(id);
        }
        let name = step.definition().name;
        Err(NotJudged::Skip(format!("{name} returned a registry token that has no usable id")))
    }

    /// The slug after an update that renames, or the one before where that was refused. Without the
    /// outcome of the update, the slug is unknown.
    pub(crate) fn current_slug(&self, created: Step, renamed: Step) -> Result<String, NotJudged> {
        match self.slug(renamed) {
            Err(NotJudged::Skip(_)) => self.slug(created),
            outcome => outcome,
        }
    }

    /// The slug after two updates that rename. The second one may not have been sent.
    pub(crate) fn last_slug(
        &self,
        created: Step,
        renamed: Step,
        again: Step,
    ) -> Result<String, NotJudged> {
        match self.slug(again) {
            Err(NotJudged::Skip(_)) => self.current_slug(created, renamed),
            outcome => outcome,
        }
    }

    /// The name after an update that renames, or the one before where that was refused.
    pub(crate) fn current_name(&self, created: Step, renamed: Step) -> Result<Value, NotJudged> {
        let last = match self.object(renamed) {
            Err(NotJudged::Skip(_)) => self.object(created)?,
            outcome => outcome?,
        };
        let name = last.get("name").filter(|name| name.is_string()).cloned();
        name.ok_or_else(|| NotJudged::Skip("the registry has no name".into()))
    }

    /// The slug that a renaming update has replaced.
    pub(crate) fn replaced_slug(&self, created: Step, renamed: Step) -> Result<String, NotJudged> {
        let (old, new) = (self.slug(created)?, self.slug(renamed)?);
        if old == new {
            return Err(NotJudged::Skip("the update did not change the slug".into()));
        }
        Ok(old)
    }

    /// The name that this run gives to one of its registries.
    pub(crate) fn name(&self, word: &str) -> String {
        tag::name(&self.tag, word)
    }

    /// A slug that no registry has, and that one of them begins with.
    pub(crate) fn unknown_slug(&self) -> String {
        tag::slug(&self.tag, "alph")
    }

    /// An organization that is not there.
    pub(crate) fn unknown_organization(&self) -> String {
        format!("conformance-{}", self.tag)
    }

    /// Whether the revocable token lacks the scope for reading, by the scopes that the deployment
    /// reports.
    pub(crate) fn revocable_token_may_not_read(&self) -> Result<(), NotJudged> {
        let skipped = |why: &str| Err(NotJudged::Skip(why.into()));
        match self.scopes(Step::GetRevocableToken) {
            None => skipped("the deployment does not report the scopes of the revocable token"),
            Some(scopes) if scopes.iter().any(|scope| scope == "read_registries") => skipped(
                "the revocable token has the scope read_registries; give one without it to see \
                 that it is needed",
            ),
            Some(_) => Ok(()),
        }
    }

    /// Whether the revocable token may write registries and not delete any, by the scopes that the
    /// deployment reports.
    pub(crate) fn revocable_token_may_not_delete(&self) -> Result<(), NotJudged> {
        let scopes = self.scopes(Step::GetRevocableToken).unwrap_or_default();
        let has = |scope: &str| scopes.iter().any(|held| held == scope);
        if has("write_registries") && !has("delete_registries") {
            return Ok(());
        }
        let why = "the revocable token is not known to have write_registries without \
                   delete_registries; give one with that scope only";
        Err(NotJudged::Skip(why.into()))
    }

    /// Whether the run's token was accepted in a later exchange, so that its refusal in an earlier
    /// one is the deployment's doing.
    fn token_works_after(&self, step: Step) -> bool {
        self.all().any(|(later, exchange)| {
            later > step
                && exchange.request.credential == Credential::Main
                && exchange.answer.is_success()
        })
    }

    /// Which scope the token lacks for a step, by the scopes that the deployment reports.
    fn missing_scope(&self, step: Step) -> Option<String> {
        let operation = self.contract.operation(step.definition().operation)?;
        if operation.scopes.is_empty() {
            return None;
        }
        let needed = operation.scopes.join(" or ");
        let Some(held) = self.scopes(Step::GetToken) else {
            return Some(format!(
                "the token may lack the scope {needed}; the deployment does not report its scopes"
            ));
        };
        let is_held = operation.scopes.iter().any(|scope| held.contains(scope));
        (!is_held).then(|| format!("the token lacks the scope {needed}"))
    }

    /// Whether any error of the run is JSON: then pages and texts come from something in front of the API.
    fn has_errors_in_json(&self) -> bool {
        self.every().any(|it| it.answer.status >= 400 && it.answer.json.is_some())
    }

    /// The scopes of the token that a step requested, if the deployment reports them.
    pub(crate) fn scopes(&self, step: Step) -> Option<Vec<String>> {
        let answer = &self.sent(step).ok()?.answer;
        let scopes = answer.json.as_ref()?.get("scopes")?.as_array()?;
        Some(scopes.iter().filter_map(Value::as_str).map(str::to_owned).collect())
    }
}

/// The operation that is refused for its teams.
const CREATE: &str = "create_registry";

/// The operation that takes a token of its own.
const REVOKE: &str = "revoke_access_token";

/// The scopes that a token for the cases about missing scopes must not have.
const WRITE_SCOPES: [&str; 3] = ["create_registries", "write_registries", "delete_registries"];

/// Why a response with this status cannot be judged, if that is so.
pub(crate) fn why_not_judged(status: u16) -> Option<String> {
    match status {
        429 => Some("the rate limit rejected it (429)".into()),
        _ if is_unavailable(status) => Some(format!("the deployment was not available ({status})")),
        _ => None,
    }
}

/// Why a response is not one of the API, as in "X {}". A failure may be the API's own, whatever it looks
/// like.
pub(crate) fn foreign_below_500(answer: &Answer) -> Option<String> {
    let foreign = origin::foreign(answer).filter(|_| answer.status < 500)?;
    Some(format!("returned {foreign}, which does not come from the API"))
}

fn not_of_the_api(step: Step, why: &str) -> NotJudged {
    NotJudged::Error(format!("{} {why}", step.definition().name))
}

/// What is said of an exchange whose body cannot be read, though nothing is wrong with it.
pub(crate) fn beyond(exchange: &str) -> NotJudged {
    NotJudged::Error(format!(
        "{exchange} returned JSON that this program cannot read, so this could not be judged"
    ))
}

/// Whether a status says that the deployment was not there, as opposed to what it does.
pub(crate) fn is_unavailable(status: u16) -> bool {
    matches!(status, 502..=504)
}
