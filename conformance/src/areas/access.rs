//! Every operation with every credential that must be refused, and in an organization that is not there:
//! derived from the contract, so that a new operation is looked at without a word here.

use std::{collections::BTreeSet, sync::LazyLock};

use super::{
    operation::{Operation, Wrong},
    operations,
};
use crate::{
    case::{Case, Check, Judge, Looks},
    contract::Contract,
    group::Group,
    observed::{NotJudged, Observed},
    profile::Profile,
    steps::{Definition, Draft, Phase, Step},
};

/// How a request that may not be made can be refused; which of these, no document prints.
pub(super) const REFUSALS: [u16; 3] = [401, 403, 404];

/// What `core` and `smoke` have room for; `deep` sends all of it.
const SMALLER_PROFILES: &[(Profile, Wrong, &[&str])] = &[
    (Profile::Smoke, Wrong::NoToken, &["list_registries", "get_access_token"]),
    (Profile::Smoke, Wrong::UnknownToken, &["list_registries"]),
    (
        Profile::Core,
        Wrong::NoToken,
        &[
            "create_registry",
            "get_registry",
            "update_registry",
            "delete_registry",
            "create_registry_token",
            "get_registry_token",
            "get_organization",
        ],
    ),
    (Profile::Core, Wrong::UnknownToken, &["update_registry", "delete_registry"]),
    (Profile::Core, Wrong::UnknownOrganization, &["get_organization", "list_registries"]),
    (
        Profile::Core,
        Wrong::MissingReadScope,
        &["list_registries", "get_registry", "list_registry_tokens", "get_registry_token"],
    ),
    (
        Profile::Core,
        Wrong::MissingScope,
        &["create_registry", "update_registry", "delete_registry", "create_registry_token"],
    ),
];

/// The cases that look at several of them, or rest on more than what is required of all. What none of
/// them has gets a case of its own.
const NAMED: &[Named] = &[
    Named {
        name: "token-is-required",
        requirement: "Without a token, nothing is listed or created.",
        verifies: &["access.bearer-token"],
        looks_at: &[(Wrong::NoToken, &["list_registries", "create_registry"])],
    },
    Named {
        name: "unknown-token-is-refused",
        requirement: "An unknown token is rejected.",
        verifies: &["access.bearer-token"],
        looks_at: &[(Wrong::UnknownToken, &["list_registries"])],
    },
    Named {
        name: "token-is-required-for-the-token",
        requirement: "Without a token, no token is returned.",
        verifies: &["access-token.token-needed"],
        looks_at: &[(Wrong::NoToken, &["get_access_token"])],
    },
    Named {
        name: "token-is-required-everywhere",
        requirement: "Without a token, nothing is read, updated or deleted.",
        verifies: &["access.bearer-token"],
        looks_at: &[(Wrong::NoToken, &["get_registry", "update_registry", "delete_registry"])],
    },
    Named {
        name: "token-is-required-for-patch-and-put",
        requirement: "Without a token, nothing is updated with PATCH or PUT.",
        verifies: &["registry.update.patch-and-put-access"],
        looks_at: &[(Wrong::NoToken, &["update_registry_with_patch", "update_registry_with_put"])],
    },
    Named {
        name: "unknown-token-changes-nothing",
        requirement: "With an unknown token, nothing is updated or deleted.",
        verifies: &["access.bearer-token"],
        looks_at: &[(Wrong::UnknownToken, &["update_registry", "delete_registry"])],
    },
    Named {
        name: "unknown-token-is-refused-everywhere",
        requirement: "With an unknown token, nothing is created or read.",
        verifies: &["access.bearer-token"],
        looks_at: &[(
            Wrong::UnknownToken,
            &["create_registry", "get_registry", "get_access_token"],
        )],
    },
    Named {
        name: "unknown-token-is-refused-for-patch-and-put",
        requirement: "With an unknown token, nothing is updated with PATCH or PUT.",
        verifies: &["registry.update.patch-and-put-access"],
        looks_at: &[(
            Wrong::UnknownToken,
            &["update_registry_with_patch", "update_registry_with_put"],
        )],
    },
    Named {
        name: "token-is-required-for-revoking",
        requirement: "Without a token or with an unknown one, nothing is revoked.",
        verifies: &["access.bearer-token"],
        looks_at: &[
            (Wrong::NoToken, &["revoke_access_token"]),
            (Wrong::UnknownToken, &["revoke_access_token"]),
        ],
    },
    Named {
        name: "basic-authentication-is-refused",
        requirement: "A token that is sent as a password is rejected.",
        verifies: &["access.no-basic"],
        looks_at: &[(Wrong::Password, &["list_registries", "create_registry"])],
    },
    Named {
        name: "unknown-organization-is-refused",
        requirement: "In an unknown organization, nothing is listed.",
        verifies: &["common.organization"],
        looks_at: &[(Wrong::UnknownOrganization, &["list_registries"])],
    },
    Named {
        name: "unknown-organization-gets-nothing",
        requirement: "In an unknown organization, nothing is created.",
        verifies: &["common.organization"],
        looks_at: &[(Wrong::UnknownOrganization, &["create_registry"])],
    },
    Named {
        name: "reading-needs-its-scope",
        requirement: "A token with the scope for writing only can neither list nor read registries and their tokens.",
        verifies: &[
            "registry.list.scope",
            "registry.get.scope-required",
            "registry-token.list",
            "registry-token.get",
            "access.token-scopes",
        ],
        looks_at: &[(
            Wrong::MissingReadScope,
            &["list_registries", "get_registry", "list_registry_tokens", "get_registry_token"],
        )],
    },
    Named {
        name: "patch-and-put-need-their-scope",
        requirement: "A token without the scope cannot update a registry with PATCH or PUT.",
        verifies: &["registry.update.patch-and-put-access"],
        looks_at: &[(
            Wrong::MissingScope,
            &["update_registry_with_patch", "update_registry_with_put"],
        )],
    },
    Named {
        name: "token-is-required-for-registry-tokens",
        requirement: "Without a token, no registry token is created or read.",
        verifies: &["access.bearer-token"],
        looks_at: &[(Wrong::NoToken, &["create_registry_token", "get_registry_token"])],
    },
    Named {
        name: "token-is-required-for-every-registry-token",
        requirement: "Without a token, no registry token is listed, updated or deleted.",
        verifies: &["access.bearer-token"],
        looks_at: &[(
            Wrong::NoToken,
            &["list_registry_tokens", "update_registry_token", "delete_registry_token"],
        )],
    },
    Named {
        name: "unknown-token-is-refused-for-registry-tokens",
        requirement: "With an unknown token, no registry token is read or changed.",
        verifies: &["access.bearer-token"],
        looks_at: &[(
            Wrong::UnknownToken,
            &[
                "list_registry_tokens",
                "create_registry_token",
                "get_registry_token",
                "update_registry_token",
                "delete_registry_token",
            ],
        )],
    },
    Named {
        name: "registry-token-create-needs-its-scope",
        requirement: "A token without the scope cannot create a registry token.",
        verifies: &["registry-token.create", "access.token-scopes"],
        looks_at: &[(Wrong::MissingScope, &["create_registry_token"])],
    },
    Named {
        name: "registry-token-changes-need-their-scope",
        requirement: "A token without the scope cannot update or delete a registry token.",
        verifies: &["registry-token.update", "registry-token.delete", "access.token-scopes"],
        looks_at: &[(Wrong::MissingScope, &["update_registry_token", "delete_registry_token"])],
    },
    Named {
        name: "unknown-organization-is-not-got",
        requirement: "An unknown organization is not returned.",
        verifies: &["organization.get", "common.organization"],
        looks_at: &[(Wrong::UnknownOrganization, &["get_organization"])],
    },
    Named {
        name: "unknown-organization-has-no-limits",
        requirement: "The limits of an unknown organization are not returned.",
        verifies: &["rate-limit.operation", "common.organization"],
        looks_at: &[(Wrong::UnknownOrganization, &["get_rate_limit"])],
    },
    Named {
        name: "token-is-required-for-the-organization",
        requirement: "Without a token, no organization is returned.",
        verifies: &["access.bearer-token"],
        looks_at: &[(Wrong::NoToken, &["get_organization"])],
    },
    Named {
        name: "token-is-required-for-organizations",
        requirement: "Without a token, organizations and their limits are not returned.",
        verifies: &["access.bearer-token"],
        looks_at: &[(Wrong::NoToken, &["list_organizations", "get_rate_limit"])],
    },
    Named {
        name: "unknown-token-is-refused-for-organizations",
        requirement: "With an unknown token, organizations and their limits are not returned.",
        verifies: &["access.bearer-token"],
        looks_at: &[(
            Wrong::UnknownToken,
            &["list_organizations", "get_organization", "get_rate_limit"],
        )],
    },
    Named {
        name: "organizations-need-their-scope",
        requirement: "A token without the scope can neither list organizations nor get one.",
        verifies: &["organization.list", "organization.get", "access.token-scopes"],
        looks_at: &[(Wrong::MissingScope, &["list_organizations", "get_organization"])],
    },
    Named {
        name: "rate-limit-needs-its-scope",
        requirement: "A token without the scope cannot read an organization's limits.",
        verifies: &["rate-limit.scope", "access.token-scopes"],
        looks_at: &[(Wrong::MissingScope, &["get_rate_limit"])],
    },
    Named {
        name: "create-needs-its-scope",
        requirement: "A token without the scope cannot create a registry.",
        verifies: &["registry.create.scope", "access.token-scopes"],
        looks_at: &[(Wrong::MissingScope, &["create_registry"])],
    },
    Named {
        name: "update-needs-its-scope",
        requirement: "A token without the scope cannot update a registry.",
        verifies: &["registry.update.scope", "access.token-scopes"],
        looks_at: &[(Wrong::MissingScope, &["update_registry"])],
    },
    Named {
        name: "delete-needs-its-scope",
        requirement: "A token without the scope cannot delete a registry.",
        verifies: &["registry.delete.scope", "access.token-scopes"],
        looks_at: &[(Wrong::MissingScope, &["delete_registry"])],
    },
    Named {
        name: "unknown-organization-has-none-of-it",
        requirement: "In an unknown organization, no registry and none of its tokens is returned or \
                      changed.",
        verifies: &["common.organization"],
        looks_at: &[(
            Wrong::UnknownOrganization,
            &[
                "get_registry",
                "update_registry",
                "update_registry_with_patch",
                "update_registry_with_put",
                "delete_registry",
                "list_registry_tokens",
                "create_registry_token",
                "get_registry_token",
                "update_registry_token",
                "delete_registry_token",
            ],
        )],
    },
];

/// A case with a name of its own, for some mistakes and operations.
struct Named {
    name: &'static str,
    requirement: &'static str,
    verifies: &'static [&'static str],
    /// Mistakes, each with the operations whose refusals the case looks at.
    looks_at: &'static [(Wrong, &'static [&'static str])],
}

/// What is to be refused, and the step that sends it.
struct Cell {
    wrong: Wrong,
    operation: &'static str,
    step: Step,
}

/// All of them, in the order of what is wrong.
static CELLS: LazyLock<Vec<Cell>> = LazyLock::new(|| {
    let cells = Wrong::ALL.into_iter().flat_map(|wrong| {
        let operations = operations().filter(move |it| is_possible(wrong, it.id));
        operations.map(move |operation| (wrong, operation))
    });
    (0..).zip(cells).map(|(index, (wrong, operation))| cell(index, wrong, operation)).collect()
});

/// The steps that are derived, in the order in which they are sent.
pub(super) fn steps() -> impl Iterator<Item = Step> {
    CELLS.iter().map(|cell| cell.step)
}

/// Whether this can be wrong with a request to the operation, by the contract.
fn is_possible(wrong: Wrong, operation: &str) -> bool {
    let Some(known) = Contract::built_in().operation(operation) else { return false };
    let may_read = known.scopes.iter().any(|scope| scope == READ);
    match wrong {
        Wrong::NoToken | Wrong::UnknownToken => known.needs_token,
        // A read and a write: the scheme is looked at before the operation.
        Wrong::Password => matches!(operation, "list_registries" | "create_registry"),
        Wrong::MissingReadScope => may_read,
        Wrong::MissingScope => !known.scopes.is_empty() && !may_read,
        Wrong::UnknownOrganization => known.path_parameters.iter().any(|name| name == "org_slug"),
    }
}

/// The scope that the limited token has.
const READ: &str = "read_registries";

/// The cell of a mistake and an operation, with its step; `index` orders the steps.
fn cell(index: u16, wrong: Wrong, operation: &'static Operation) -> Cell {
    let mut needs = operation.needs.to_vec();
    match wrong {
        Wrong::MissingScope => needs.push(Step::LimitedGet),
        Wrong::MissingReadScope => needs.push(Step::GetRevocableToken),
        _ => {}
    }
    let known = Contract::built_in().operation(operation.id);
    let is_read = known.is_some_and(|known| known.method == "GET");
    let phase = if is_read { Phase::RefusedReads } else { Phase::RefusedWrites };
    let mut smaller = SMALLER_PROFILES.iter();
    let smaller = smaller.find(|(_, of, some)| *of == wrong && some.contains(&operation.id));
    // With a token that may only write, registries and their tokens are looked at together.
    let is_of_registries = Group::of(operation.id) == Group::Registries;
    let group =
        (wrong == Wrong::MissingReadScope && is_of_registries).then_some(Group::RegistryTokens);
    let definition = Definition {
        name: wrong.step(operation.word).leak(),
        operation: operation.id,
        profile: smaller.map_or(Profile::Deep, |(profile, ..)| *profile),
        group,
        credential: wrong.credential(),
        needs: needs.leak(),
        draft: Box::leak(Box::new(move |run: &Observed| draft(run, wrong, operation))),
        order: (phase, 0, index),
    };
    Cell { wrong, operation: operation.id, step: Step(Box::leak(Box::new(definition))) }
}

fn draft(run: &Observed, wrong: Wrong, operation: &Operation) -> Result<Draft, NotJudged> {
    match wrong {
        Wrong::MissingScope => run.limited_token_lacks_scope_for(operation.id)?,
        Wrong::MissingReadScope => run.revocable_token_may_not_read()?,
        _ => {}
    }
    let draft = (operation.attempt)(run, wrong)?;
    Ok(match wrong {
        Wrong::UnknownOrganization => draft.organization(run.unknown_organization()),
        _ => draft,
    })
}

/// The cases about all of them.
pub(super) fn cases() -> Vec<Case> {
    let mut rest: BTreeSet<Step> = steps().collect();
    let mut cases = Vec::new();
    for Named { name, requirement, verifies, looks_at } in NAMED {
        let refused = Refused::of(looks_at, &REFUSALS);
        rest.retain(|step| !refused.steps.contains(step));
        cases.push(Case { name, requirement, verifies, looks: refused.looks() });
    }
    cases.push(Case {
        name: "missing-token-is-unauthorized",
        requirement: "A request without a known token is rejected with 401.",
        verifies: &["access.refusal-status"],
        looks: Refused::of(
            &[
                (Wrong::NoToken, &["list_registries", "create_registry"]),
                (Wrong::UnknownToken, &["list_registries"]),
            ],
            &[401],
        )
        .looks(),
    });
    for cell in CELLS.iter().filter(|cell| rest.contains(&cell.step)) {
        let Cell { wrong, operation, step } = *cell;
        let requirement = format!("{operation} is rejected if {}.", wrong.reason());
        cases.push(Case {
            name: format!("{}-is-refused", step.definition().name).leak(),
            requirement: requirement.leak(),
            verifies: vec![wrong.requirement()].leak(),
            looks: Refused::new(vec![cell], &REFUSALS).looks(),
        });
    }
    cases
}

/// Requires that requests are refused, each for its own reason.
struct Refused {
    cells: Vec<&'static Cell>,
    steps: Vec<Step>,
    statuses: &'static [u16],
}

impl Refused {
    fn of(looks_at: &[(Wrong, &[&str])], statuses: &'static [u16]) -> Self {
        let is_one = |cell: &&Cell| {
            looks_at
                .iter()
                .any(|(wrong, some)| cell.wrong == *wrong && some.contains(&cell.operation))
        };
        Self::new(CELLS.iter().filter(is_one).collect(), statuses)
    }

    fn new(cells: Vec<&'static Cell>, statuses: &'static [u16]) -> Self {
        let steps = cells.iter().map(|cell| cell.step).collect();
        Self { cells, steps, statuses }
    }

    fn looks(self) -> Looks {
        Looks::AtRefusals(Box::leak(Box::new(self)))
    }
}

impl Judge for Refused {
    fn steps(&self) -> &[Step] {
        &self.steps
    }

    fn judge(&self, check: &mut Check<'_>) -> Result<(), NotJudged> {
        // Each of them is looked at, whatever becomes of the others.
        let refused = |cell: &&Cell| check.refused(cell.step, self.statuses, cell.wrong.reason());
        let outcomes: Vec<_> = self.cells.iter().map(refused).collect();
        outcomes.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A name in a table that leads to nothing would take a check away.
    #[test]
    fn every_operation_that_is_named_here_is_one_that_is_derived() {
        let is_derived = |wrong: Wrong, operation: &str| {
            CELLS.iter().any(|cell| cell.wrong == wrong && cell.operation == operation)
        };
        let smaller = SMALLER_PROFILES.iter().map(|(_, wrong, some)| (wrong, some));
        let named =
            NAMED.iter().flat_map(|named| named.looks_at).map(|(wrong, some)| (wrong, some));
        for (wrong, operations) in smaller.chain(named) {
            for operation in *operations {
                assert!(is_derived(*wrong, operation), "{wrong:?} {operation}");
            }
        }
    }

    /// What the contract says has to be enough for a new operation.
    #[test]
    fn every_operation_is_looked_at_without_a_token_and_with_one_that_is_wrong() {
        let cases = cases();
        for operation in Contract::built_in().operations() {
            for wrong in Wrong::ALL.into_iter().filter(|wrong| is_possible(*wrong, &operation.id)) {
                let cell =
                    CELLS.iter().find(|it| it.wrong == wrong && it.operation == operation.id);
                let cell = cell.unwrap_or_else(|| panic!("{wrong:?} {}", operation.id));
                let is_of_case = |case: &Case| {
                    case.named_steps().is_some_and(|steps| steps.contains(&cell.step))
                };
                assert!(cases.iter().any(is_of_case), "{wrong:?} {}", operation.id);
            }
        }
    }
}
