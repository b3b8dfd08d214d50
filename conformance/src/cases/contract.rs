//! Every exchange held against the contract: one case an operation, and four for what is common to
//! all of them, so that what goes wrong everywhere is said once.

use super::{Case, Check, Found, Looks};
use crate::{contract::Kind, observed::Unmet};

/// A case that holds the exchanges of one operation against the contract.
macro_rules! fits {
    ($name:literal, $operation:literal, [$($id:literal),+]) => {
        Case {
            name: $name,
            requirement: concat!(
                "Every answer to ",
                $operation,
                " has a documented status and the body that goes with it."
            ),
            verifies: &[$($id),+],
            looks: Looks::Operation($operation),
            check: |check| fits_the_contract(check),
        }
    };
}

pub(super) const CASES: &[Case] = &[
    fits!(
        "list-registries-fits-the-contract",
        "list_registries",
        ["registry.list.response", "registry.object.properties"]
    ),
    fits!(
        "create-registry-fits-the-contract",
        "create_registry",
        ["registry.create.response", "registry.object.properties", "oidc.policy.response"]
    ),
    fits!(
        "get-registry-fits-the-contract",
        "get_registry",
        ["registry.get.response", "registry.object.properties", "oidc.policy.response"]
    ),
    fits!("update-registry-fits-the-contract", "update_registry", ["registry.update.response"]),
    fits!(
        "update-with-patch-fits-the-contract",
        "update_registry_with_patch",
        ["registry.update.patch"]
    ),
    fits!("update-with-put-fits-the-contract", "update_registry_with_put", ["registry.update.put"]),
    fits!("delete-registry-fits-the-contract", "delete_registry", ["registry.delete.success"]),
    fits!(
        "get-access-token-fits-the-contract",
        "get_access_token",
        ["access-token.get", "access.token-of-a-user"]
    ),
    fits!("revoke-access-token-fits-the-contract", "revoke_access_token", ["access-token.revoke"]),
    Case {
        name: "successes-are-json",
        requirement: "Every success with a body is JSON, and says so.",
        verifies: &["common.json.successes"],
        looks: Looks::Everything,
        check: |check| held(check, |kind, status| kind == Kind::ContentType && status < 400),
    },
    Case {
        name: "errors-are-json",
        requirement: "Every error is JSON, and says so.",
        verifies: &["common.json.errors"],
        looks: Looks::Everything,
        check: |check| held(check, |kind, status| kind == Kind::ContentType && status >= 400),
    },
    Case {
        name: "errors-have-the-documented-body",
        requirement: "Every error is an object with a message.",
        verifies: &["common.error.validation-body", "common.error.message"],
        looks: Looks::Everything,
        check: |check| {
            held(check, |kind, status| {
                matches!(kind, Kind::Body | Kind::UndocumentedProperty) && status >= 400
            })
        },
    },
    Case {
        name: "rate-limit-headers-are-sent",
        requirement: "Every answer tells both rate limits in its headers.",
        verifies: &["rate-limit.headers"],
        looks: Looks::Everything,
        check: |check| held(check, |kind, _| kind == Kind::Header),
    },
];

fn fits_the_contract(check: &mut Check<'_>) -> Result<(), Unmet> {
    held(check, |kind, status| {
        let is_common = matches!(kind, Kind::Header | Kind::ContentType);
        kind == Kind::Status || (!is_common && status < 400)
    })
}

/// Holds the case's exchanges against the contract and keeps the problems that are `of_interest`,
/// by their kind and the answer's status. A problem that occurs several times is told once.
fn held(check: &mut Check<'_>, of_interest: fn(Kind, u16) -> bool) -> Result<(), Unmet> {
    let steps = check.case.steps(check.run.profile);
    let mut looked_at = 0;
    let mut unmet = None;
    let mut times: Vec<(Found, usize)> = Vec::new();
    for step in steps {
        let exchange = match check.run.exchange(step) {
            Ok(exchange) => exchange,
            Err(reason) => {
                unmet.get_or_insert(reason);
                continue;
            }
        };
        looked_at += 1;
        for problem in check.run.contract.hold(exchange.request.operation, &exchange.answer) {
            if !of_interest(problem.kind, exchange.answer.status) {
                continue;
            }
            let known = times.iter_mut().find(|(found, _)| {
                found.problem.place == problem.place && found.problem.expected == problem.expected
            });
            match known {
                Some((found, times)) => {
                    *times += 1;
                    // The exchange that binds most stands for all of them.
                    if problem.level < found.problem.level {
                        *found = Found::at(step, problem);
                    }
                }
                None => times.push((Found::at(step, problem), 1)),
            }
        }
    }
    for (mut found, times) in times {
        if times > 1 {
            found.problem.received =
                format!("{} ({times} of {looked_at} answers)", found.problem.received);
        }
        check.found.push(found);
    }
    match unmet {
        Some(reason) if looked_at == 0 => Err(reason),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::steps::Step;

    #[test]
    fn every_operation_of_the_contract_has_its_case() {
        let contract = crate::contract::Contract::built_in();
        for operation in contract.operations() {
            let id = operation.id.as_str();
            let covered =
                CASES.iter().any(|case| matches!(case.looks, Looks::Operation(it) if it == id));
            assert!(covered, "{id}");
            assert!(Step::ALL.iter().any(|step| step.definition().operation == id), "{id}");
        }
    }
}
