//! A case: something that is required of a deployment, by whom, and how that is seen. The cases
//! themselves are in the areas (`areas/`).

mod check;
mod compare;
mod macros;

use std::fmt;

pub(crate) use self::check::{Check, anywhere, sunflower};
pub use self::compare::{Closeness, closeness};
pub(crate) use self::{
    compare::{comparable, repeated},
    macros::{invalid, refused},
};
use crate::{
    level::{Citation, Level},
    observed::NotJudged,
    outcome::Exploration,
    requirements::{self, Requirement},
    steps::Step,
};

/// Something that is required of a deployment.
pub struct Case {
    /// Its stable name.
    pub name: &'static str,
    /// What is required, in a sentence.
    pub requirement: &'static str,
    /// The ids of the requirements that it verifies. The first is the one that it rests on: the case
    /// is as binding, and cites the same.
    pub verifies: &'static [&'static str],
    pub(crate) looks: Looks,
}

/// What a case looks at, and how it judges that.
#[derive(Clone, Copy)]
pub(crate) enum Looks {
    /// At these exchanges.
    At(&'static dyn Judge),
    /// At requests that are to be refused, and at what shows that their operations are there.
    AtRefusals(&'static dyn Judge),
    /// At every exchange of an operation.
    Operation(&'static str, fn(&mut Check<'_>) -> Result<(), NotJudged>),
    /// At what was explored.
    Explored(Exploration),
    /// At every exchange of the run.
    Everything(fn(&mut Check<'_>) -> Result<(), NotJudged>),
}

/// Judges the exchanges of certain steps.
pub(crate) trait Judge: Sync {
    /// The steps that it looks at.
    fn steps(&self) -> &[Step];

    /// Looks at their responses.
    fn judge(&self, check: &mut Check<'_>) -> Result<(), NotJudged>;
}

/// Steps, and a function that gets them and judges their responses.
pub(crate) struct Steps<const N: usize>(
    pub(crate) [Step; N],
    pub(crate) fn(&mut Check<'_>, [Step; N]) -> Result<(), NotJudged>,
);

impl<const N: usize> Judge for Steps<N> {
    fn steps(&self) -> &[Step] {
        &self.0
    }

    fn judge(&self, check: &mut Check<'_>) -> Result<(), NotJudged> {
        (self.1)(check, self.0)
    }
}

impl Case {
    /// Its level.
    #[must_use]
    pub fn level(&self) -> Level {
        self.rests_on().level()
    }

    /// The source.
    #[must_use]
    pub fn citation(&self) -> Citation {
        self.rests_on().citation.clone()
    }

    fn rests_on(&self) -> &'static Requirement {
        let first = self.verifies.first().and_then(|id| requirements::get(id));
        first.expect("`check_requirements` finds every case without a requirement")
    }

    /// The steps that it names itself, whatever group those are of.
    pub(crate) fn named_steps(&self) -> Option<&[Step]> {
        match self.looks {
            Looks::At(judge) | Looks::AtRefusals(judge) => Some(judge.steps()),
            Looks::Operation(..) | Looks::Everything(_) | Looks::Explored(_) => None,
        }
    }

    /// Whether the case looks at every response of an operation.
    pub(crate) fn looks_at(&self, operation: &str) -> bool {
        match self.looks {
            Looks::Operation(id, _) => id == operation,
            Looks::Everything(_) => true,
            Looks::At(_) | Looks::AtRefusals(_) | Looks::Explored(_) => false,
        }
    }

    /// What is to be explored for the case, beside its steps.
    pub(crate) fn exploration(&self) -> Option<Exploration> {
        match self.looks {
            Looks::Explored(exploration) => Some(exploration),
            _ => None,
        }
    }

    /// Looks at the run. A case that comes to its end and saw nothing of what it is about has not
    /// passed.
    pub(crate) fn check(&self, check: &mut Check<'_>) -> Result<(), NotJudged> {
        match self.looks {
            Looks::At(judge) | Looks::AtRefusals(judge) => judge.judge(check)?,
            Looks::Operation(_, judge) | Looks::Everything(judge) => judge(check)?,
            Looks::Explored(what) => check.explored(what)?,
        }
        check.has_seen_something()
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Case").field("name", &self.name).finish_non_exhaustive()
    }
}
