//! What a run comes to: what was found, what was explored, and why something was not looked at.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use crate::{contract::Problem, exchange::Exchange, level::Citation, steps::Step};

/// Why something cannot be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotJudged {
    /// It is not the deployment's fault or another case says so: the case is skipped.
    Skip(String),
    /// It could not be carried out, so there is no verdict on it.
    Error(String),
}

/// Why a run was stopped before its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The requests until then cannot be judged.
    Void(String),
    /// What was sent until then can be judged.
    Interrupted,
    /// The same, where the run itself gave up.
    GaveUp(String),
}

impl Stop {
    pub(crate) fn reason(&self) -> &str {
        match self {
            Self::Void(reason) | Self::GaveUp(reason) => reason,
            Self::Interrupted => "the run was interrupted",
        }
    }
}

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
    Other(Arc<Exchange>),
}

impl Found {
    pub(crate) fn at(step: Step, problem: Problem) -> Self {
        Self { origin: Origin::Step(step), problem }
    }

    /// Whether a step shows it.
    pub(crate) fn is_at(&self, step: Step) -> bool {
        matches!(self.origin, Origin::Step(it) if it == step)
    }

    pub(crate) fn in_exchange(exchange: Arc<Exchange>, problem: Problem) -> Self {
        Self { origin: Origin::Other(exchange), problem }
    }
}

/// What became of a case of one's own.
pub(crate) struct OwnOutcome {
    pub(crate) name: String,
    pub(crate) requirement: String,
    pub(crate) citation: Citation,
    pub(crate) operations: Vec<String>,
    pub(crate) requests: usize,
    pub(crate) took: Duration,
    pub(crate) outcome: Result<Vec<Found>, NotJudged>,
}

/// What is explored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Exploration {
    /// Whether a browser would be let send a request of another origin.
    Preflight,
    /// Whether bodies are refused that do not fit the contract.
    Invalid,
    /// The same of registry tokens.
    InvalidTokens,
    /// Whether registries are created for teams, and stay theirs.
    Teams,
    /// Whether each property is set and cleared by itself.
    Properties,
    /// Whether long lists are whole.
    Lists,
    /// Whether sequences of operations do what the model says.
    Sequences,
    /// Whether requests at the same time keep out of each other's way.
    Races,
    /// Whether the user's limit is enforced.
    Limits,
}

impl Exploration {
    /// What it tries, one after another.
    pub(crate) fn units(self) -> &'static str {
        match self {
            Self::Preflight => "preflights",
            Self::Invalid | Self::InvalidTokens => "bodies",
            Self::Teams => "registries",
            Self::Properties => "methods",
            Self::Lists => "entries",
            Self::Sequences => "sequences",
            Self::Races => "races",
            Self::Limits => "requests",
        }
    }

    /// The word in the names of what it creates, which no other exploration has: a deployment may keep
    /// the names of what is deleted.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::InvalidTokens => "tokens",
            other => other.units(),
        }
    }
}

/// What the exploration of a run has come to.
#[derive(Debug)]
pub(crate) struct Explored {
    /// What the random numbers came from; the same seed explores the same. There is none when
    /// nothing was explored that needs one.
    pub(crate) seed: Option<u64>,
    /// How many requests each exploration has taken.
    pub(crate) requests: BTreeMap<Exploration, usize>,
    /// How long each exploration took.
    pub(crate) took: BTreeMap<Exploration, Duration>,
    /// What is wrong, and the exchange that shows it.
    pub(crate) found: Vec<(Exploration, Arc<Exchange>, Problem)>,
    /// How often each exploration could be judged.
    pub(crate) judged: BTreeMap<Exploration, usize>,
    /// The requirements that an exploration did not show, although it was carried out.
    pub(crate) open: BTreeMap<Exploration, Vec<&'static str>>,
    /// Why an exploration was not carried out to its end.
    pub(crate) not_judged: BTreeMap<Exploration, NotJudged>,
}

impl Explored {
    pub(crate) fn nothing(seed: Option<u64>) -> Self {
        Self {
            seed,
            requests: BTreeMap::new(),
            took: BTreeMap::new(),
            found: Vec::new(),
            judged: BTreeMap::new(),
            open: BTreeMap::new(),
            not_judged: BTreeMap::new(),
        }
    }
}
