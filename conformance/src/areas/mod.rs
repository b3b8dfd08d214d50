//! What the suite knows of the API, a folder for each part of it: what a run sends about it, and what is
//! required of the responses. Nothing else has a list of operations: what can be derived from the
//! contract is.

pub(crate) mod access;
mod access_token;
mod common;
mod operation;
mod organizations;
mod registries;
mod registry_tokens;

use std::sync::LazyLock;

use self::operation::Operation;
use crate::{case::Case, observed::Observed, steps::Step};

/// Returns which interpretation a deployment follows, if the run shows it.
type Reads = fn(&Observed) -> Option<String>;

/// The operations that the areas declare, in their order.
pub(crate) fn operations() -> impl Iterator<Item = &'static Operation> {
    let areas = [
        registries::OPERATIONS,
        access_token::OPERATIONS,
        registry_tokens::OPERATIONS,
        organizations::OPERATIONS,
    ];
    areas.into_iter().flatten()
}

/// Every step, in the order in which they happen.
pub(crate) fn steps() -> &'static [Step] {
    static STEPS: LazyLock<Vec<Step>> = LazyLock::new(|| {
        let areas =
            [registries::STEPS, access_token::STEPS, registry_tokens::STEPS, organizations::STEPS];
        let declared = areas.into_iter().flatten().copied();
        let mut steps: Vec<Step> = declared.chain(access::steps()).collect();
        steps.sort_unstable();
        steps
    });
    &STEPS
}

/// Every case, in the order in which reports list them.
pub(crate) fn cases() -> impl Iterator<Item = &'static Case> {
    static DERIVED: LazyLock<[Vec<Case>; 2]> =
        LazyLock::new(|| [access::cases(), common::of_operations(operations())]);
    let [access, fits] = &*DERIVED;
    let areas = [
        registries::CASES,
        access_token::CASES,
        registry_tokens::CASES,
        organizations::CASES,
        common::CASES,
    ];
    let declared = areas.into_iter().flatten().copied().flatten();
    declared.chain(access).chain(fits)
}

/// The step that shows, when it succeeds, that a deployment serves the operation of this one: only
/// then a 404 is about the resource, and not about the route.
pub(crate) fn serving(step: Step) -> Option<Step> {
    operations().find(|it| it.id == step.definition().operation)?.served_by
}

/// The reading that a deployment follows of what the contract says the sources disagree about, by the id of
/// the disagreement; none when the run does not show it.
pub(crate) fn follows(run: &Observed, disagreement: &str) -> Option<String> {
    let areas = [
        registries::READINGS,
        access_token::READINGS,
        registry_tokens::READINGS,
        organizations::READINGS,
        common::READINGS,
    ];
    let mut all = areas.into_iter().flatten();
    let (_, reads) = all.find(|(id, _)| *id == disagreement)?;
    reads(run)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{contract::Contract, exchange::Credential};

    /// An operation that is added to the contract must be declared in an area.
    #[test]
    fn every_operation_of_the_contract_is_of_an_area_and_sent() {
        let known: Vec<&str> = operations().map(|it| it.id).collect();
        for operation in Contract::built_in().operations() {
            let id = operation.id.as_str();
            assert_eq!(known.iter().filter(|it| **it == id).count(), 1, "{id} is of one area");
            assert!(steps().iter().any(|step| step.definition().operation == id), "{id} is sent");
        }
        let contract = Contract::built_in();
        assert!(known.iter().all(|id| contract.operation(id).is_some()), "{known:?}");
    }

    #[test]
    fn steps_have_names_and_places_of_their_own() {
        let names: BTreeSet<&str> = steps().iter().map(|step| step.definition().name).collect();
        let places: BTreeSet<&Step> = steps().iter().collect();
        assert_eq!((names.len(), places.len()), (steps().len(), steps().len()));
    }

    #[test]
    fn what_shows_an_operation_is_the_same_operation_with_the_token_that_may() {
        for operation in operations() {
            let Some(serving) = operation.served_by else { continue };
            assert_eq!(serving.definition().operation, operation.id);
            assert_eq!(serving.definition().credential, Credential::Main, "{}", operation.id);
        }
    }

    #[test]
    fn a_step_comes_after_those_that_it_needs() {
        for step in steps() {
            for need in step.definition().needs {
                assert!(need < step, "{step:?} needs {need:?}");
            }
        }
    }
}
