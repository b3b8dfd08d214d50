//! A request of a run and what it was answered.

use std::sync::OnceLock;

use crate::contract::{Contract, Problem};
pub(crate) use crate::wire::*;

/// What reports and recordings call an exchange of an exploration.
pub(crate) const EXPLORED: &str = "explored";

/// A request and what became of it.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// What reports and recordings call it: the step, or the case that it was sent for.
    pub name: String,
    /// What was sent.
    pub request: Request,
    /// What came back.
    pub answer: Answer,
    problems: OnceLock<Vec<Problem>>,
}

impl Exchange {
    pub(crate) fn new(name: &str, request: Request, answer: Answer) -> Self {
        Self { name: name.to_owned(), request, answer, problems: OnceLock::new() }
    }

    /// In what the answer is not as the contract says. It is held against it once, however many cases
    /// look at it.
    pub(crate) fn problems(&self, contract: &Contract) -> &[Problem] {
        self.problems.get_or_init(|| contract.hold(self.request.operation, &self.answer))
    }
}
