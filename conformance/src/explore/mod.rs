//! What `deep` looks at beyond the steps: requests that are generated from the contract, random
//! sequences of operations held against a model of the API, and clients that race.

mod invalid;
mod limits;
mod model;
mod race;

use std::{collections::BTreeMap, time::Instant};

use rand::{SeedableRng, rngs::StdRng};
use serde_json::{Value, json};

pub(crate) use self::limits::exhaust;
use crate::{
    contract::{Kind, Problem},
    exchange::{Credential, Exchange},
    level::{Citation, Grade},
    observed::Unmet,
    run::{EXPLORED, Runner},
};

/// What is explored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Exploration {
    /// Whether bodies are refused that do not fit the contract.
    Invalid,
    /// Whether sequences of operations do what the model says.
    Sequences,
    /// Whether requests at the same time keep out of each other's way.
    Races,
    /// Whether the user's limit is enforced.
    Limits,
}

/// What the exploration of a run has come to.
#[derive(Debug)]
pub(crate) struct Explored {
    /// What the random numbers came from; the same seed explores the same.
    pub(crate) seed: u64,
    /// How many requests each exploration has taken.
    pub(crate) requests: BTreeMap<Exploration, usize>,
    /// What is wrong, and the exchange that shows it.
    pub(crate) found: Vec<(Exploration, Exchange, Problem)>,
    /// Why an exploration could not be carried out at all.
    pub(crate) unmet: BTreeMap<Exploration, Unmet>,
    /// Why it ended early, if it did.
    pub(crate) stopped: Option<Unmet>,
}

impl Explored {
    fn nothing(seed: u64) -> Self {
        Self {
            seed,
            requests: BTreeMap::new(),
            found: Vec::new(),
            unmet: BTreeMap::new(),
            stopped: None,
        }
    }
}

/// Explores until everything was tried or the budget is used up. What it creates it removes, or
/// leaves to the run's clean-up.
pub(crate) async fn explore(runner: &mut Runner, deadline: Option<Instant>) -> Explored {
    let seed = runner.options.seed.unwrap_or_else(rand::random);
    let mut explorer = Explorer {
        rng: StdRng::seed_from_u64(seed),
        deadline,
        limit: runner.options.max_requests,
        runner,
        current: Exploration::Invalid,
        names: 0,
        explored: Explored::nothing(seed),
    };
    if let Err(unmet) = explorer.all().await {
        explorer.explored.stopped = Some(unmet);
    }
    explorer.explored
}

struct Explorer<'a> {
    runner: &'a mut Runner,
    rng: StdRng,
    deadline: Option<Instant>,
    limit: usize,
    current: Exploration,
    /// How many names have been given.
    names: usize,
    explored: Explored,
}

impl Explorer<'_> {
    async fn all(&mut self) -> Result<(), Unmet> {
        self.current = Exploration::Races;
        race::explore(self).await?;
        self.current = Exploration::Invalid;
        invalid::explore(self).await?;
        self.current = Exploration::Sequences;
        model::explore(self).await
    }

    /// Sends a request with the run's token.
    async fn send(
        &mut self,
        operation: &'static str,
        slug: Option<&str>,
        body: Option<&Value>,
    ) -> Result<Exchange, Unmet> {
        self.within_budget()?;
        let body = body.map(ToString::to_string);
        let request = self.runner.request_to(operation, Credential::Main, slug, body)?;
        let before = self.runner.requests();
        let outcome = self.runner.send_beyond(EXPLORED, request).await;
        let sent = self.runner.requests() - before;
        *self.explored.requests.entry(self.current).or_default() += sent;
        let exchange = outcome?;
        match exchange.answer.status {
            429 => Err(Unmet::Error("the rate limit ended the exploration".into())),
            status if crate::observed::is_unavailable(status) => {
                Err(Unmet::Error(format!("the deployment was not available ({status})")))
            }
            _ => Ok(exchange),
        }
    }

    /// Sends requests to an operation at once, one for each body.
    async fn send_at_once(
        &mut self,
        operation: &'static str,
        slug: Option<&str>,
        bodies: &[Option<Value>],
    ) -> Result<Vec<Exchange>, Unmet> {
        self.within_budget()?;
        let request = |body: &Option<Value>| {
            let body = body.as_ref().map(ToString::to_string);
            self.runner.request_to(operation, Credential::Main, slug, body)
        };
        let requests = bodies.iter().map(request).collect::<Result<Vec<_>, _>>()?;
        let exchanges = self.runner.send_at_once(&requests).await?;
        *self.explored.requests.entry(self.current).or_default() += requests.len();
        if exchanges.iter().any(|exchange| exchange.answer.status == 429) {
            return Err(Unmet::Error("the rate limit ended the exploration".into()));
        }
        Ok(exchanges)
    }

    fn within_budget(&self) -> Result<(), Unmet> {
        let is_late = self.deadline.is_some_and(|deadline| Instant::now() >= deadline);
        if self.runner.requests() >= self.limit || is_late {
            return Err(Unmet::Skip("the budget of requests or time was used up".into()));
        }
        if self.runner.is_interrupted() {
            return Err(Unmet::Error("the run was interrupted".into()));
        }
        Ok(())
    }

    /// A name that nothing has yet.
    fn name(&mut self) -> String {
        self.names += 1;
        self.runner.observed().name(&format!("explored {}", self.names))
    }

    /// Creates a registry to work with; its slug.
    async fn create(&mut self) -> Result<String, Unmet> {
        let body = json!({"name": self.name(), "ecosystem": "ruby"});
        let created = self.send("create_registry", None, Some(&body)).await?;
        let slug = created.answer.json.as_ref().and_then(|body| body.get("slug")?.as_str());
        match slug.filter(|slug| created.answer.is_success() && crate::observed::is_segment(slug)) {
            Some(slug) => Ok(slug.to_owned()),
            None => Err(Unmet::Error(format!(
                "a registry to explore with could not be created: {}",
                created.answer.outline()
            ))),
        }
    }

    fn find(&mut self, exchange: Exchange, wrong: Wrong) {
        self.explored.found.push((self.current, exchange, wrong.into()));
    }
}

/// In what an answer is not as it has to be.
#[derive(Clone, Debug)]
struct Wrong {
    citation: Citation,
    place: Option<String>,
    expected: String,
    received: String,
}

impl Wrong {
    fn new(grade: Grade, cite: &str, expected: String, received: String) -> Self {
        Self { citation: Citation { grade, cite: cite.into() }, place: None, expected, received }
    }

    fn at(mut self, place: impl Into<String>) -> Self {
        self.place = Some(place.into());
        self
    }
}

impl From<Wrong> for Problem {
    fn from(wrong: Wrong) -> Self {
        Self {
            kind: Kind::Behaviour,
            level: wrong.citation.grade.level(),
            citation: wrong.citation,
            place: wrong.place,
            schema_path: None,
            expected: wrong.expected,
            received: wrong.received,
        }
    }
}
