//! Who may do what: tokens and scopes.

use super::{Case, Looks};
use crate::{level::Grade, steps::Step};

const NO_TOKEN: &str = "there is no token";

pub(super) const CASES: &[Case] = &[
    Case {
        name: "token-is-required",
        requirement: "Without a token, nothing is listed or created.",
        grade: Grade::Seed,
        cite: "Create a registry; List all registries, Authorization header of the examples",
        looks: Looks::At(&[Step::ListWithoutToken, Step::CreateWithoutToken]),
        check: |check| {
            check.refused(Step::ListWithoutToken, &[401], NO_TOKEN)?;
            check.refused(Step::CreateWithoutToken, &[401], NO_TOKEN)
        },
    },
    Case {
        name: "unknown-token-is-refused",
        requirement: "A token that the deployment does not know is refused.",
        grade: Grade::Seed,
        cite: "List all registries, Authorization header of the example",
        looks: Looks::At(&[Step::ListUnknownToken]),
        check: |check| check.refused(Step::ListUnknownToken, &[401], "the token is unknown"),
    },
    Case {
        name: "create-needs-its-scope",
        requirement: "A token without its scope cannot create a registry.",
        grade: Grade::Seed,
        cite: "Create a registry, Required scope",
        looks: Looks::At(&[Step::LimitedCreate]),
        check: |check| check.refused(Step::LimitedCreate, &[403, 404], "the scope is missing"),
    },
    Case {
        name: "update-needs-its-scope",
        requirement: "A token without its scope cannot update a registry.",
        grade: Grade::Documented,
        cite: "Update a registry, Required scope",
        looks: Looks::At(&[Step::LimitedUpdate]),
        check: |check| check.refused(Step::LimitedUpdate, &[403, 404], "the scope is missing"),
    },
    Case {
        name: "delete-needs-its-scope",
        requirement: "A token without its scope cannot delete a registry.",
        grade: Grade::Documented,
        cite: "Delete a registry, Required scope",
        looks: Looks::At(&[Step::LimitedDelete]),
        check: |check| check.refused(Step::LimitedDelete, &[403, 404], "the scope is missing"),
    },
    Case {
        name: "access-token-is-described",
        requirement: "Getting the current token answers 200 with any token.",
        grade: Grade::Documented,
        cite: "Access token, Get the current token",
        looks: Looks::At(&[Step::GetToken]),
        check: |check| check.status(Step::GetToken, 200),
    },
    Case {
        name: "access-token-can-be-revoked",
        requirement: "Revoking the current token answers 204.",
        grade: Grade::Documented,
        cite: "Access token, Revoke the current token",
        looks: Looks::At(&[Step::RevokeToken]),
        check: |check| check.status(Step::RevokeToken, 204),
    },
    Case {
        name: "revoked-token-stops-working",
        requirement: "A revoked token is refused.",
        grade: Grade::Documented,
        cite: "Access token, Revoke the current token",
        looks: Looks::At(&[Step::GetRevokedToken, Step::RevokeToken]),
        check: |check| {
            check.run.success(Step::RevokeToken)?;
            check.refused(Step::GetRevokedToken, &[401], "the token is revoked")
        },
    },
    Case {
        name: "secrets-are-not-returned",
        requirement: "No answer has the secret of a token in it.",
        grade: Grade::Documented,
        cite: "Access token, Get the current token, response example",
        looks: Looks::Everything,
        check: |check| {
            let run = check.run;
            run.exchange(Step::ListBefore)?;
            for (step, exchange) in run.all().filter(|(_, exchange)| exchange.answer.leaked_secret)
            {
                let status = exchange.answer.status.to_string();
                check.find(
                    step,
                    None,
                    "no secret",
                    format!("a secret, in an answer with {status}"),
                );
            }
            Ok(())
        },
    },
];
