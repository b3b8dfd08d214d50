//! A request of a run and its response.

use std::sync::OnceLock;

use crate::contract::{Contract, Problem};
pub(crate) use crate::wire::*;

/// What an exchange is sent for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A step, by its name.
    Step(&'static str),
    /// A case that a project adds, by its name.
    Own(String),
    /// Exploring.
    Explored,
}

impl Purpose {
    /// What reports and recordings call such an exchange.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Step(name) => name,
            Self::Own(name) => name,
            Self::Explored => "explored",
        }
    }
}

/// A request and what became of it.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// What reports and recordings call it: the step, or the case that it was sent for.
    pub name: String,
    /// What was sent.
    pub request: Request,
    /// The response.
    pub answer: Answer,
    pub(crate) purpose: Purpose,
    problems: OnceLock<Vec<Problem>>,
}

impl Exchange {
    pub(crate) fn new(purpose: Purpose, request: Request, answer: Answer) -> Self {
        let name = purpose.name().to_owned();
        Self { name, request, answer, purpose, problems: OnceLock::new() }
    }

    /// In what the response is not as the contract says. It is validated once, however many cases
    /// look at it.
    pub(crate) fn problems(&self, contract: &Contract) -> &[Problem] {
        self.problems.get_or_init(|| contract.validate(self.request.operation, &self.answer))
    }
}
