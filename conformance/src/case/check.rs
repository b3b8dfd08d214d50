//! What cases say about exchanges.
//!
//! A case passes only if it saw something of what it is about: every way of requiring something notes
//! that it was there to be looked at ([`Check::saw`]). One that comes to its end without that is
//! skipped, so that a case whose conditions are never met cannot pass.

use std::{collections::BTreeSet, sync::Arc};

use serde_json::{Map, Value, json};

use super::{
    Case,
    compare::{Closeness, closeness, comparable, innermost},
};
use crate::{
    contract::{Kind, Problem},
    exchange::{Answer, Exchange, abridged, shown},
    observed::{NotJudged, Observed},
    outcome::{Exploration, Found},
    steps::Step,
};

/// A case being looked at: the exchanges of the run, and what has been found so far.
pub(crate) struct Check<'a> {
    pub(crate) case: &'a Case,
    pub(crate) run: &'a Observed,
    pub(crate) found: Vec<Found>,
    /// The requirements of the case that this run does not show.
    pub(crate) open: BTreeSet<&'static str>,
    /// How often the run showed something of what the case is about.
    seen: usize,
    /// How much was found that is not listed.
    more: usize,
}

impl<'a> Check<'a> {
    pub(crate) fn new(case: &'a Case, run: &'a Observed) -> Self {
        Self { case, run, found: Vec::new(), open: BTreeSet::new(), seen: 0, more: 0 }
    }

    /// Whether the run showed anything of what the case is about: otherwise it has not passed.
    pub(crate) fn has_seen_something(&self) -> Result<(), NotJudged> {
        if self.seen == 0 && self.found.is_empty() {
            return Err(NotJudged::Skip("no response of this run shows whether it is met".into()));
        }
        Ok(())
    }

    /// Notes that the run shows something of what the case is about, be it right or wrong.
    pub(crate) fn saw(&mut self) {
        self.seen += 1;
    }

    /// Notes that a run in which the case passes does not show this one of its requirements.
    pub(crate) fn leaves_open(&mut self, requirement: &'static str) {
        self.open.insert(requirement);
    }

    /// Notes that a response is not as the case requires.
    pub(crate) fn find(
        &mut self,
        step: Step,
        place: Option<&str>,
        expected: impl Into<String>,
        received: impl Into<String>,
    ) {
        self.note(Found::at(step, self.problem(place, expected.into(), received.into())));
    }

    /// Notes that the response of an exchange beyond the steps is not as the case requires.
    pub(crate) fn find_in(
        &mut self,
        exchange: &Exchange,
        place: Option<&str>,
        expected: impl Into<String>,
        received: impl Into<String>,
    ) {
        let problem = self.problem(place, expected.into(), received.into());
        self.note(Found::in_exchange(self.run.shared(exchange), problem));
    }

    /// Adds what was found, or where that is too much to list counts it.
    fn note(&mut self, found: Found) {
        const LISTED: usize = 50;
        match self.found.len() {
            0..LISTED => self.found.push(found),
            LISTED => {
                let received = "1 more, which is not listed".to_owned();
                self.more = 1;
                self.found.push(Found { problem: Problem { received, ..found.problem }, ..found });
            }
            _ => {
                self.more += 1;
                if let Some(last) = self.found.last_mut() {
                    last.problem.received = format!("{} more, which are not listed", self.more);
                }
            }
        }
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

    /// The response to a step, whatever it is.
    pub(crate) fn answer(&self, step: Step) -> Result<&'a Answer, NotJudged> {
        Ok(&self.run.exchange(step)?.answer)
    }

    /// Requires one status of a response.
    pub(crate) fn status(&mut self, step: Step, expected: u16) -> Result<(), NotJudged> {
        let answer = self.answer(step)?;
        if answer.status != expected {
            self.find(step, None, format!("status {expected}"), answer.outline());
        } else if answer.is_success() {
            self.run.success(step)?;
        }
        self.saw();
        Ok(())
    }

    /// Requires that a request is accepted, with whatever status of success.
    pub(crate) fn accepted(&mut self, step: Step, what: &str) -> Result<(), NotJudged> {
        let answer = self.answer(step)?;
        if answer.is_success() {
            self.run.success(step)?;
        } else {
            self.find(step, None, format!("a success, {what}"), answer.outline());
        }
        self.saw();
        Ok(())
    }

    /// Requires that a property of the response is one of `expected`.
    pub(crate) fn property(
        &mut self,
        step: Step,
        name: &str,
        expected: &[Value],
    ) -> Result<(), NotJudged> {
        let received = self.run.object(step)?.get(name);
        if !received
            .is_some_and(|received| expected.iter().any(|value| same(name, received, value)))
        {
            let expected: Vec<String> = expected.iter().map(abridged).collect();
            self.find(step, Some(&format!("/{name}")), expected.join(" or "), shown(received));
        }
        self.saw();
        Ok(())
    }

    /// Requires that a property is what it was before. Without the one before, there is nothing to
    /// compare.
    pub(crate) fn stays(
        &mut self,
        step: Step,
        place: &str,
        received: Option<&Value>,
        before: Option<&Value>,
    ) -> Result<(), NotJudged> {
        let Some(before) = before else {
            return Err(NotJudged::Skip(format!(
                "no earlier response has {place} to compare with"
            )));
        };
        if received != Some(before) {
            self.find(step, Some(place), abridged(before), shown(received));
        }
        self.saw();
        Ok(())
    }

    /// Requires that what is at `place` of a response has the properties of something else, but
    /// for those in `except`. Whether a property is there at all is the contract's business: without one
    /// that must be there, this shows nothing.
    pub(crate) fn same_properties(
        &mut self,
        step: Step,
        place: &str,
        received: &Map<String, Value>,
        expected: &Map<String, Value>,
        except: &[&str],
    ) -> Result<(), NotJudged> {
        let status = self.answer(step)?.status;
        let (id, contract) = (step.definition().operation, self.run.contract);
        let is_missing = |name: &&str| {
            !received.contains_key(*name)
                && contract.requires(id, status, name)
                && !except.contains(name)
        };
        let missing: Vec<&str> = expected.keys().map(String::as_str).filter(is_missing).collect();
        let is_write = contract.operation(id).is_some_and(|operation| operation.method != "GET");
        // Another case says what only an official client relies on, of registries.
        let is_registry = expected.contains_key("ecosystem");
        let mut compared = 0;
        for (name, received, expected) in comparable(received, expected, is_write, except) {
            compared += 1;
            let closeness = closeness(name, received, expected);
            if closeness == Closeness::Other || (closeness == Closeness::Close && !is_registry) {
                let (place, received, expected) =
                    innermost(format!("{place}/{name}"), received, expected);
                self.find(step, Some(&place), abridged(expected), abridged(received));
            }
        }
        if compared == 0 || !missing.is_empty() {
            let name = step.definition().name;
            let what = match missing.as_slice() {
                [] => "nothing to compare".to_owned(),
                missing => format!("no {}", missing.join(", ")),
            };
            return Err(NotJudged::Skip(format!("{name} returned {what}")));
        }
        self.saw();
        Ok(())
    }

    /// The response to the last of these steps that succeeded.
    pub(crate) fn last(&self, steps: &[Step]) -> Result<&'a Map<String, Value>, NotJudged> {
        let mut answered = steps.iter().rev().map(|step| self.run.object(*step));
        let last =
            answered.next().unwrap_or_else(|| Err(NotJudged::Skip("nothing was sent".into())));
        last.or_else(|not_judged| answered.find_map(Result::ok).ok_or(not_judged))
    }

    /// The list's entry with this id, and its place. Whether it is there at all is looked at by the
    /// cases about lists.
    pub(crate) fn entry(
        &self,
        list: Step,
        id: Option<&Value>,
    ) -> Result<(String, &'a Map<String, Value>), NotJudged> {
        if id.is_none_or(Value::is_null) {
            return Err(NotJudged::Skip("the entry to look for in the list has no id".into()));
        }
        let mut entries = self.run.entries(list)?.iter().enumerate();
        entries
            .find(|(_, entry)| entry.get("id") == id)
            .and_then(|(index, entry)| Some((format!("/{index}"), entry.as_object()?)))
            .ok_or_else(|| NotJudged::Skip("the entry is not in the list".into()))
    }

    /// The response to an invalid request, if it shows how the deployment takes it. A request may be
    /// refused for want of access or of the route, before its body is looked at. A deployment may
    /// refuse every body without looking. Only a valid request of the kind that succeeds shows
    /// otherwise.
    pub(crate) fn answer_to_invalid(&self, step: Step) -> Result<&'a Answer, NotJudged> {
        let answer = self.answer(step)?;
        let is_refusal = (400..500).contains(&answer.status);
        if is_refusal && !self.run.is_allowed(step) {
            let (name, outline) = (step.definition().name, answer.outline());
            return Err(if answer.may_be_about_the_request() {
                NotJudged::Error(format!("{name} returned {outline}, so this could not be judged"))
            } else {
                let operation = step.definition().operation;
                NotJudged::Skip(format!(
                    "{name} returned {outline}, and no valid {operation} succeeded, so it may \
                     have been rejected for another reason"
                ))
            });
        }
        if is_refusal {
            self.run.is_specific_rejection(step)?;
        }
        Ok(answer)
    }

    /// Requires that an invalid request is refused as such. Neither a refusal for any other reason
    /// nor a failure is that.
    pub(crate) fn refused_as_invalid(&mut self, step: Step, what: &str) -> Result<(), NotJudged> {
        let answer = self.answer_to_invalid(step)?;
        if !answer.refuses_what_is_asked() {
            self.find(step, None, format!("a rejection (422), {what}"), answer.outline());
        }
        self.saw();
        Ok(())
    }

    /// Requires that a request for something that is not there, or may not be done, is refused. A
    /// refusal shows something only where the operation is carried out for who may.
    pub(crate) fn refused(
        &mut self,
        step: Step,
        statuses: &[u16],
        what: &str,
    ) -> Result<(), NotJudged> {
        let answer = self.answer(step)?;
        if (400..500).contains(&answer.status) {
            self.run.is_specific_rejection(step)?;
        }
        if !statuses.contains(&answer.status) {
            let listed: Vec<String> = statuses.iter().map(u16::to_string).collect();
            let expected = format!("a rejection ({}), {what}", listed.join(" or "));
            self.find(step, None, expected, answer.outline());
        }
        self.saw();
        Ok(())
    }

    /// Takes over what an exploration has found, if it was carried out.
    pub(super) fn explored(&mut self, what: Exploration) -> Result<(), NotJudged> {
        let Some(explored) = &self.run.explored else {
            if let Some(stop) = &self.run.stopped {
                return Err(NotJudged::Error(stop.reason().to_owned()));
            }
            return Err(NotJudged::Skip(
                "the stateful and property-based tests were not run".into(),
            ));
        };
        let found = explored.found.iter().filter(|(exploration, ..)| *exploration == what);
        self.found.extend(found.map(|(_, exchange, problem)| {
            Found::in_exchange(Arc::clone(exchange), problem.clone())
        }));
        for requirement in explored.open.get(&what).into_iter().flatten() {
            self.leaves_open(requirement);
        }
        for _ in 0..explored.judged.get(&what).copied().unwrap_or_default() {
            self.saw();
        }
        match explored.not_judged.get(&what) {
            Some(not_judged) => Err(not_judged.clone()),
            None if explored.requests.contains_key(&what) => Ok(()),
            None => Err(NotJudged::Skip("this test was not run".into())),
        }
    }
}

/// Whether two values of a property are the same, but for what only an official client relies on.
fn same(name: &str, received: &Value, expected: &Value) -> bool {
    closeness(name, received, expected) != Closeness::Other
}

/// Both spellings of the emoji that the run uses.
pub(crate) fn sunflower() -> [Value; 2] {
    [json!(":sunflower:"), json!("🌻")]
}

/// A place in whichever entry of a list.
pub(crate) fn anywhere(place: Option<&str>) -> Option<String> {
    let is_index = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit());
    let part = |part| if is_index(part) { "*" } else { part };
    Some(place?.split('/').map(part).collect::<Vec<_>>().join("/"))
}
