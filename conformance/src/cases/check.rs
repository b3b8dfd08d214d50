//! What cases say about exchanges.

use serde_json::{Map, Value, json};

use super::{
    Case,
    compare::{Closeness, closeness},
    history::{About, History},
};
use crate::{
    contract::{Kind, Problem},
    exchange::{Answer, Exchange, abridged, shown},
    observed::{Observed, Unmet},
    steps::{Definition, Step},
};

/// Something that is not as a case requires, and the exchange that shows it.
#[derive(Clone, Debug)]
pub struct Found {
    pub(crate) origin: Origin,
    pub(crate) problem: Problem,
}

/// Which exchange shows a problem.
#[derive(Clone, Debug)]
pub(crate) enum Origin {
    /// That of a step.
    Step(Step),
    /// One beyond the steps: explored, or of a case of one's own.
    Other(Box<Exchange>),
}

impl Found {
    pub(crate) fn at(step: Step, problem: Problem) -> Self {
        Self { origin: Origin::Step(step), problem }
    }

    pub(crate) fn in_exchange(exchange: Exchange, problem: Problem) -> Self {
        Self { origin: Origin::Other(Box::new(exchange)), problem }
    }
}

/// A case being looked at: the exchanges of the run, and what has been found so far.
pub(crate) struct Check<'a> {
    pub(crate) case: &'a Case,
    pub(crate) run: &'a Observed,
    pub(crate) found: Vec<Found>,
}

impl<'a> Check<'a> {
    pub(crate) fn new(case: &'a Case, run: &'a Observed) -> Self {
        Self { case, run, found: Vec::new() }
    }

    /// Notes that an answer is not as the case requires.
    pub(super) fn find(
        &mut self,
        step: Step,
        place: Option<&str>,
        expected: impl Into<String>,
        received: impl Into<String>,
    ) {
        self.found.push(Found::at(step, self.problem(place, expected.into(), received.into())));
    }

    /// Notes that the answer of an exchange beyond the steps is not as the case requires.
    pub(super) fn find_in(
        &mut self,
        exchange: &Exchange,
        place: Option<&str>,
        expected: impl Into<String>,
        received: impl Into<String>,
    ) {
        let problem = self.problem(place, expected.into(), received.into());
        self.found.push(Found::in_exchange(exchange.clone(), problem));
    }

    fn problem(&self, place: Option<&str>, expected: String, received: String) -> Problem {
        Problem {
            kind: Kind::Behaviour,
            level: self.case.level(),
            citation: self.case.citation(),
            place: place.map(str::to_owned),
            schema_path: None,
            expected,
            received,
        }
    }

    /// The answer to a step, whatever it is.
    pub(super) fn answer(&self, step: Step) -> Result<&'a Answer, Unmet> {
        Ok(&self.run.exchange(step)?.answer)
    }

    /// Requires one status of an answer.
    pub(super) fn status(&mut self, step: Step, expected: u16) -> Result<(), Unmet> {
        let answer = self.answer(step)?;
        if answer.status != expected {
            self.find(step, None, format!("status {expected}"), answer.outline());
        }
        Ok(())
    }

    /// Requires that a request is accepted, with whatever status of success.
    pub(super) fn accepted(&mut self, step: Step, what: &str) -> Result<(), Unmet> {
        let answer = self.answer(step)?;
        if !answer.is_success() {
            self.find(step, None, format!("a success, {what}"), answer.outline());
        }
        Ok(())
    }

    /// Requires that a property of what was answered is one of `expected`.
    pub(super) fn property(
        &mut self,
        step: Step,
        name: &str,
        expected: &[Value],
    ) -> Result<(), Unmet> {
        let received = self.run.object(step)?.get(name);
        if !received
            .is_some_and(|received| expected.iter().any(|value| same(name, received, value)))
        {
            let expected: Vec<String> = expected.iter().map(abridged).collect();
            self.find(step, Some(&format!("/{name}")), expected.join(" or "), shown(received));
        }
        Ok(())
    }

    /// Requires that what is at `place` of an answer has the properties of something else, but
    /// for those in `except`. Whether a property is there at all is the contract's business, and whether
    /// an answer tells a policy or null, a reading: what a write keeps back, or all do, is no other
    /// policy.
    pub(super) fn same_properties(
        &mut self,
        step: Step,
        place: &str,
        received: &Map<String, Value>,
        expected: &Map<String, Value>,
        except: &[&str],
    ) {
        let operation = self.run.contract.operation(step.definition().operation);
        let is_write = operation.is_some_and(|operation| operation.method != "GET");
        for (name, expected) in expected {
            let Some(received) = received.get(name) else { continue };
            let is_kept_back =
                name == "oidc_policy" && (expected.is_null() || received.is_null() && is_write);
            if !is_kept_back && !except.contains(&name.as_str()) && !same(name, received, expected)
            {
                let place = format!("{place}/{name}");
                self.find(step, Some(&place), abridged(expected), abridged(received));
            }
        }
    }

    /// Requires that no answer of the run differs in one of these respects from what the writes before it
    /// have left. What only an official client relies on is for another case to say.
    pub(super) fn differing(&mut self, about: &[About]) -> Result<(), Unmet> {
        let history = History::of(self.run);
        about.iter().try_for_each(|about| history.saw(*about))?;
        for it in history.differences.iter().filter(|it| about.contains(&it.about)) {
            if it.is_binding() {
                let place = Some(&*it.place).filter(|place| !place.is_empty());
                self.find(it.step, place, &*it.expected, &*it.received);
            }
        }
        Ok(())
    }

    /// What the last one of these steps was answered with which was carried out with
    /// success.
    pub(super) fn last(&self, steps: &[Step]) -> Result<&'a Map<String, Value>, Unmet> {
        let mut answered = steps.iter().rev().map(|step| self.run.object(*step));
        let last = answered.next().unwrap_or_else(|| Err(Unmet::Skip("nothing was sent".into())));
        last.or_else(|unmet| answered.find_map(Result::ok).ok_or(unmet))
    }

    /// The list's entry with this id, and its place. Whether it is there at all is looked at by the
    /// cases about lists.
    pub(super) fn entry(
        &self,
        list: Step,
        id: Option<&Value>,
    ) -> Result<(String, &'a Map<String, Value>), Unmet> {
        let mut entries = self.run.entries(list)?.iter().enumerate();
        entries
            .find(|(_, entry)| entry.get("id") == id)
            .and_then(|(index, entry)| Some((format!("/{index}"), entry.as_object()?)))
            .ok_or_else(|| Unmet::Skip("it is not in the list".into()))
    }

    /// The answer to an invalid request, if it tells how the deployment takes it: what is refused for
    /// another reason than its body, want of access or of the route, was perhaps not looked at, unless a
    /// valid request of the kind succeeds.
    pub(super) fn answer_to_invalid(&self, step: Step) -> Result<&'a Answer, Unmet> {
        let answer = self.answer(step)?;
        if answer.may_be_about_the_request() && !self.run.is_allowed(step) {
            let (name, outline) = (step.definition().name, answer.outline());
            return Err(Unmet::Error(format!(
                "{name} was answered with {outline}, which tells nothing"
            )));
        }
        Ok(answer)
    }

    /// Requires that an invalid request is refused as such. Neither a refusal for any other reason
    /// nor a failure is that.
    pub(super) fn refused_as_invalid(&mut self, step: Step, what: &str) -> Result<(), Unmet> {
        let answer = self.answer_to_invalid(step)?;
        if !answer.refuses_what_is_asked() {
            self.find(step, None, format!("a refusal (422), {what}"), answer.outline());
        }
        Ok(())
    }

    /// Requires that a request for something that is not there, or may not be done, is refused.
    pub(super) fn refused(
        &mut self,
        step: Step,
        statuses: &[u16],
        what: &str,
    ) -> Result<(), Unmet> {
        let answer = self.answer(step)?;
        if !statuses.contains(&answer.status) {
            let listed: Vec<String> = statuses.iter().map(u16::to_string).collect();
            let expected = format!("a refusal ({}), {what}", listed.join(" or "));
            self.find(step, None, expected, answer.outline());
        }
        Ok(())
    }

    /// The same, where a 404 tells nothing unless the operation is there: a deployment without the
    /// route answers so, too.
    pub(super) fn refused_if_served(
        &mut self,
        step: Step,
        statuses: &[u16],
        what: &str,
    ) -> Result<(), Unmet> {
        if self.answer(step)?.status == 404 && !self.run.is_served(step) {
            let Definition { name, operation, .. } = step.definition();
            return Err(Unmet::Skip(format!(
                "{name} was answered with 404, and no {operation} with success, so that it may not \
                 be there at all"
            )));
        }
        self.refused(step, statuses, what)
    }
}

/// Whether two values of a property are the same, but for what only an official client relies on.
fn same(name: &str, received: &Value, expected: &Value) -> bool {
    closeness(name, received, expected) != Closeness::Other
}

/// Both spellings of the emoji that the run uses.
pub(super) fn sunflower() -> [Value; 2] {
    [json!(":sunflower:"), json!("🌻")]
}
