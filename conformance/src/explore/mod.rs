//! What `deep` looks at beyond the steps: requests that are generated from the contract, random
//! sequences of operations compared with a model of the API, clients that race, and teams.

mod invalid;
mod invalid_tokens;
mod limits;
mod lists;
mod model;
mod preflight;
mod properties;
mod race;
mod teams;

use std::{collections::BTreeSet, sync::Arc, time::Instant};

use rand::{SeedableRng, rngs::StdRng};
use serde_json::{Map, Value, json};

pub(crate) use self::limits::exhaust;
pub use self::race::DESCRIPTIONS;
use crate::{
    contract::Problem,
    exchange::{Credential, Exchange, PREFLIGHT, Purpose, Request},
    observed::{NotJudged, Stop, foreign_below_500, why_not_judged},
    outcome::{Exploration, Explored},
    run::{Again, Asking, Limits, Permission, Runner},
    steps::Draft,
    tag,
};

/// Explores what is wanted until everything was tried or the budget is used up. What it creates it
/// removes, or leaves to the run's clean-up.
pub(crate) async fn explore(runner: &mut Runner, wanted: &BTreeSet<Exploration>) -> Explored {
    let seed = runner.options.seed.unwrap_or_else(rand::random);
    let mut explorer = Explorer {
        rng: StdRng::seed_from_u64(seed),
        runner,
        current: Exploration::Races,
        tried: (0, 0),
        names: 0,
        explored: Explored::nothing(Some(seed)),
    };
    for exploration in [
        Exploration::Preflight,
        Exploration::Races,
        Exploration::Invalid,
        Exploration::InvalidTokens,
        Exploration::Teams,
        Exploration::Properties,
        Exploration::Lists,
        Exploration::Sequences,
    ] {
        if wanted.contains(&exploration) {
            explorer.one(exploration).await;
        }
    }
    explorer.explored
}

struct Explorer<'a> {
    runner: &'a mut Runner,
    rng: StdRng,
    current: Exploration,
    /// How much of the current exploration was tried, of how much.
    tried: (usize, usize),
    /// How many names the current exploration has given.
    names: usize,
    explored: Explored,
}

impl Explorer<'_> {
    async fn one(&mut self, exploration: Exploration) {
        (self.current, self.tried, self.names) = (exploration, (0, 0), 0);
        let begun = Instant::now();
        let outcome = match exploration {
            Exploration::Preflight => preflight::explore(self).await,
            Exploration::Races => race::explore(self).await,
            Exploration::Invalid => invalid::explore(self).await,
            Exploration::InvalidTokens => invalid_tokens::explore(self).await,
            Exploration::Teams => teams::explore(self).await,
            Exploration::Properties => properties::explore(self).await,
            Exploration::Lists => lists::explore(self).await,
            Exploration::Sequences => model::explore(self).await,
            Exploration::Limits => Ok(()),
        };
        self.explored.took.insert(exploration, begun.elapsed());
        let not_judged = match outcome {
            Ok(()) => return,
            Err(NotJudged::Skip(why)) => {
                let (tried, all) = self.tried;
                NotJudged::Skip(format!("{why}, after {tried} of {all} {}", exploration.units()))
            }
            Err(error) => error,
        };
        self.explored.not_judged.insert(exploration, not_judged);
    }

    /// Sends a request with the run's token.
    async fn send(
        &mut self,
        operation: &'static str,
        slug: Option<&str>,
        body: Option<&Value>,
    ) -> Result<Exchange, NotJudged> {
        let draft = slug.map_or_else(Draft::default, Draft::registry);
        self.send_to(operation, Draft { body: body.map(ToString::to_string), ..draft }).await
    }

    /// The same, to whatever the operation is about.
    async fn send_to(&mut self, operation: &'static str, to: Draft) -> Result<Exchange, NotJudged> {
        within_budget(self.runner, 1)?;
        let request = self.runner.request_of(operation, Credential::Main, to)?;
        let before = self.runner.requests();
        let outcome = self.runner.send(&Purpose::Explored, request, Permission::OwnOnly).await;
        self.count(before);
        let exchange = outcome.map_err(|not_judged| or_late(self.runner, not_judged))?;
        if let Some(why) = foreign_below_500(&exchange.answer) {
            return Err(NotJudged::Error(format!("{operation} {why}")));
        }
        if let Some(why) = self.runner.observed().team_is_unfit(&exchange) {
            self.runner.observed_mut().stopped = Some(Stop::Void(why.clone()));
            return Err(NotJudged::Error(why));
        }
        match why_not_judged(exchange.answer.status) {
            Some(why) => Err(NotJudged::Error(why)),
            None => Ok(exchange),
        }
    }

    /// Sends a request that reads, again as long as what was written before may not show yet. What
    /// never `is_right` keeps its last response; what could not be repeated is not judged.
    async fn read(
        &mut self,
        operation: &'static str,
        to: Draft,
        is_right: impl Fn(&Exchange) -> bool,
    ) -> Result<Exchange, NotJudged> {
        let mut exchange = self.send_to(operation, to).await?;
        let mut asking = Asking::of(operation);
        while !is_right(&exchange) {
            let before = self.runner.requests();
            let request = exchange.request.clone();
            let again = self.runner.ask_again(&Purpose::Explored, &request, &mut asking).await;
            self.count(before);
            exchange = match again {
                Again::Answered(again) => *again,
                Again::Never => {
                    self.runner.note_never(&asking);
                    return Ok(exchange);
                }
                Again::Unknown(not_judged) => {
                    within_budget(self.runner, 1)?;
                    return Err(not_judged);
                }
            };
        }
        if asking.was_repeated() {
            self.runner.note_late(&asking, exchange.clone().into());
        }
        Ok(exchange)
    }

    /// The same of a registry.
    async fn get(
        &mut self,
        slug: &str,
        is_right: impl Fn(&Exchange) -> bool,
    ) -> Result<Exchange, NotJudged> {
        let to = Draft::registry(slug);
        self.read("get_registry", to, is_right).await
    }

    /// Sends what a browser sends before a request to an operation. It is none of the API's own, so
    /// that nothing but this exploration looks at the response.
    async fn preflight(&mut self, operation: &'static str) -> Result<Exchange, NotJudged> {
        within_budget(self.runner, 1)?;
        let request = self.runner.request_to(operation, Credential::None, None, None)?;
        let request = Request { method: PREFLIGHT.into(), ..request };
        let before = self.runner.requests();
        let outcome = self.runner.send(&Purpose::Explored, request, Permission::OwnOnly).await;
        self.count(before);
        let exchange = outcome.map_err(|not_judged| or_late(self.runner, not_judged))?;
        match why_not_judged(exchange.answer.status) {
            Some(why) => Err(NotJudged::Error(why)),
            None => Ok(exchange),
        }
    }

    /// Sends requests to an operation at once, one for each body. Unless each of them got a
    /// response that can be judged, they were no race.
    async fn send_at_once(
        &mut self,
        operation: &'static str,
        slug: Option<&str>,
        bodies: &[Option<Value>],
    ) -> Result<Vec<Exchange>, NotJudged> {
        within_budget(self.runner, bodies.len())?;
        let request = |body: &Option<Value>| {
            let body = body.as_ref().map(ToString::to_string);
            self.runner.request_to(operation, Credential::Main, slug, body)
        };
        let requests = bodies.iter().map(request).collect::<Result<Vec<_>, _>>()?;
        let before = self.runner.requests();
        let outcomes = self.runner.send_at_once(&requests, Limits::Heeded).await;
        self.count(before);
        let outcomes = outcomes.map_err(|not_judged| or_late(self.runner, not_judged))?;
        let exchanges = outcomes.into_iter().collect::<Result<Vec<_>, _>>()?;
        for Exchange { answer, .. } in &exchanges {
            if let Some(why) = foreign_below_500(answer) {
                return Err(NotJudged::Error(format!("{operation} {why}")));
            }
            match why_not_judged(answer.status) {
                Some(why) if answer.status == 429 => return Err(NotJudged::Skip(why)),
                Some(why) => return Err(NotJudged::Error(why)),
                None => {}
            }
        }
        Ok(exchanges)
    }

    /// Counts the requests that were sent since there were so many.
    fn count(&mut self, before: usize) {
        let sent = self.runner.requests() - before;
        *self.explored.requests.entry(self.current).or_default() += sent;
    }

    /// A name that nothing has yet.
    fn name(&mut self) -> String {
        self.names += 1;
        // Each exploration counts its own, so that it is the same whatever else is explored.
        let name = format!("{}{} {}", tag::EXPLORED, self.current.word(), self.names);
        self.runner.observed().name(&name)
    }

    /// Creates a registry to work with; its slug, and all of it.
    async fn create(&mut self) -> Result<(String, Map<String, Value>), NotJudged> {
        let (slug, created) = self.create_exchange().await?;
        let registry = created.answer.json.as_ref().and_then(Value::as_object).cloned();
        Ok((slug, registry.unwrap_or_default()))
    }

    /// The same; its slug, and the exchange that created it.
    async fn create_exchange(&mut self) -> Result<(String, Exchange), NotJudged> {
        let body = json!({"name": self.name(), "ecosystem": "ruby"});
        let exchange = self.send("create_registry", None, Some(&body)).await?;
        match exchange.answer.slug() {
            Some(slug) if exchange.answer.is_success() => Ok((slug.to_owned(), exchange)),
            _ => Err(NotJudged::Error(format!(
                "a registry to explore with could not be created: {}",
                exchange.answer.outline()
            ))),
        }
    }

    /// Removes what a create has created that should have been refused; not what is returned
    /// instead and belongs to another client.
    async fn remove_created(&mut self, exchange: &Exchange) -> Result<(), NotJudged> {
        let Some(slug) = exchange.answer.slug() else { return Ok(()) };
        let (operation, credential) = ("delete_registry", Credential::Main);
        let request = self.runner.request_to(operation, credential, Some(slug), None)?;
        match self.runner.is_permitted(&request) {
            Ok(()) => self.send(operation, Some(slug), None).await.map(drop),
            Err(_) => Ok(()),
        }
    }

    /// Notes that a response showed something of what is explored, be it right or wrong. An
    /// exploration without that has shown nothing.
    fn judged(&mut self) {
        *self.explored.judged.entry(self.current).or_default() += 1;
    }

    /// Notes that what is explored does not show this requirement.
    fn leaves_open(&mut self, requirement: &'static str) {
        self.explored.open.entry(self.current).or_default().push(requirement);
    }

    /// The list that an exchange returned, if it has the registry, or whatever it is of, with this
    /// value of a property: one that has not even that shows nothing of others.
    fn list_with<'e>(
        exchange: &'e Exchange,
        property: &str,
        value: &str,
    ) -> Result<&'e [Value], NotJudged> {
        let entries = exchange.answer.json.as_ref().and_then(Value::as_array);
        let entries = entries.filter(|_| exchange.answer.is_success());
        let has_it = |entry: &Value| {
            entry.get(property).and_then(crate::wire::id_text).as_deref() == Some(value)
        };
        match entries {
            Some(entries) if entries.iter().any(has_it) => Ok(entries),
            Some(_) => Err(NotJudged::Skip(format!(
                "{} does not return {value}, which was created",
                exchange.request.operation
            ))),
            None => Err(NotJudged::Skip(format!(
                "{} returned {}, not a list",
                exchange.request.operation,
                exchange.answer.outline()
            ))),
        }
    }

    fn find(&mut self, exchange: Exchange, problem: Problem) {
        self.explored.found.push((self.current, Arc::new(exchange), problem));
    }
}

/// The object that a request returned, if it succeeded.
fn object(exchange: &Exchange) -> Option<&Map<String, Value>> {
    let Exchange { answer, .. } = exchange;
    answer.json.as_ref().and_then(Value::as_object).filter(|_| answer.is_success())
}

/// Whether so many more requests may be sent.
fn within_budget(runner: &Runner, count: usize) -> Result<(), NotJudged> {
    if runner.is_interrupted() {
        return Err(NotJudged::Error("the run was interrupted".into()));
    }
    if let Some(Stop::Void(why)) = &runner.observed().stopped {
        return Err(NotJudged::Error(why.clone()));
    }
    let limit = runner.options.max_requests;
    if runner.requests() + count > limit {
        let why = format!("the budget of {limit} requests was used up (--max-requests)");
        return Err(NotJudged::Skip(why));
    }
    if runner.is_late() {
        return Err(NotJudged::Skip("the time was used up (--max-time)".into()));
    }
    Ok(())
}

/// Why a request got no response, when it may be that there was no time left to wait for sending it.
fn or_late(runner: &Runner, not_judged: NotJudged) -> NotJudged {
    within_budget(runner, 0).err().unwrap_or(not_judged)
}
