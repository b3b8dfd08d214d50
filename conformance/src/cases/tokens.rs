//! Who may do what: tokens and scopes.

use std::collections::BTreeSet;

use super::{Case, Looks};
use crate::{
    exchange::{Credential, Exchange, shown},
    observed::Unmet,
    steps::Step,
};

/// How a credential that is none can be refused; which of these, no document prints.
pub(super) const REFUSALS: [u16; 3] = [401, 403, 404];
const NO_TOKEN: &str = "there is no token";
/// The scopes for registries, as they are documented.
const REGISTRY_SCOPES: [&str; 3] = ["read_registries", "write_registries", "delete_registries"];

/// A case about a request with a token that lacks the scope for it.
macro_rules! needs_scope {
    ($name:literal, $requirement:literal, [$($id:literal),+], $step:ident) => {
        Case {
            name: $name,
            requirement: $requirement,
            verifies: &[$($id),+],
            looks: Looks::AtRefusals(&[Step::$step]),
            check: |check| check.refused(Step::$step, &REFUSALS, "the scope is missing"),
        }
    };
}

pub(super) const CASES: &[Case] = &[
    Case {
        name: "token-is-required",
        requirement: "Without a token, nothing is listed or created.",
        verifies: &["access.bearer-token"],
        looks: Looks::AtRefusals(&[Step::ListWithoutToken, Step::CreateWithoutToken]),
        check: |check| {
            check.refused(Step::ListWithoutToken, &REFUSALS, NO_TOKEN)?;
            check.refused(Step::CreateWithoutToken, &REFUSALS, NO_TOKEN)
        },
    },
    Case {
        name: "unknown-token-is-refused",
        requirement: "A token that the deployment does not know is refused.",
        verifies: &["access.bearer-token"],
        looks: Looks::AtRefusals(&[Step::ListUnknownToken]),
        check: |check| check.refused(Step::ListUnknownToken, &REFUSALS, "the token is unknown"),
    },
    Case {
        name: "missing-token-is-unauthorized",
        requirement: "A request without a token that is known is answered with 401.",
        verifies: &["access.refusal-status"],
        looks: Looks::AtRefusals(&[
            Step::ListWithoutToken,
            Step::CreateWithoutToken,
            Step::ListUnknownToken,
        ]),
        check: |check| {
            check.refused(Step::ListWithoutToken, &[401], NO_TOKEN)?;
            check.refused(Step::CreateWithoutToken, &[401], NO_TOKEN)?;
            check.refused(Step::ListUnknownToken, &[401], "the token is unknown")
        },
    },
    Case {
        name: "read-scope-is-enough-to-read",
        requirement: "A token with the scope read_registries can get a registry.",
        verifies: &["registry.get.scope"],
        looks: Looks::At(&[Step::LimitedGet]),
        check: |check| check.status(Step::LimitedGet, 200),
    },
    needs_scope!(
        "create-needs-its-scope",
        "A token without its scope cannot create a registry.",
        ["registry.create.scope", "access.token-scopes"],
        LimitedCreate
    ),
    needs_scope!(
        "update-needs-its-scope",
        "A token without its scope cannot update a registry.",
        ["registry.update.scope", "access.token-scopes"],
        LimitedUpdate
    ),
    needs_scope!(
        "delete-needs-its-scope",
        "A token without its scope cannot delete a registry.",
        ["registry.delete.scope", "access.token-scopes"],
        LimitedDelete
    ),
    needs_scope!(
        "delete-needs-a-scope-of-its-own",
        "A token that may write registries, and not delete them, deletes none.",
        ["registry.delete.scope", "access.token-scopes"],
        DeleteWithWriteScope
    ),
    Case {
        name: "access-token-is-described",
        requirement: "Getting the current token answers 200 with any token.",
        verifies: &["access-token.get-scope"],
        looks: Looks::At(&[Step::GetToken]),
        check: |check| check.status(Step::GetToken, 200),
    },
    Case {
        name: "access-token-stays-the-same",
        requirement: "A token is told to be the same whenever it is asked about.",
        verifies: &["access-token.get"],
        looks: Looks::At(&[Step::GetTokenAgain, Step::GetToken]),
        check: |check| {
            let first = check.run.object(Step::GetToken)?;
            let again = check.run.object(Step::GetTokenAgain)?;
            // When it expires may move on as it is used, and its scopes have no order.
            let except = ["expires_at", "scopes"];
            check.same_properties(Step::GetTokenAgain, "", again, first, &except)?;
            let scopes = |step| check.run.scopes(step).map(BTreeSet::from_iter);
            let [first, again] = [Step::GetToken, Step::GetTokenAgain].map(scopes);
            if first != again {
                let [first, again] =
                    [first, again].map(|it| format!("{:?}", it.unwrap_or_default()));
                check.find(Step::GetTokenAgain, Some("/scopes"), first, again);
            }
            Ok(())
        },
    },
    Case {
        name: "access-tokens-are-told-apart",
        requirement: "Two tokens are not described as one.",
        verifies: &["access-token.get"],
        looks: Looks::At(&[Step::GetLimitedToken, Step::GetToken]),
        check: |check| {
            let run = check.run;
            let other = run.object(Step::GetToken)?.get("uuid");
            // What is said of the limited token is not looked at here: it may be unfit for that.
            let limited = &run.sent(Step::GetLimitedToken)?.answer;
            let told = limited.json.as_ref().and_then(|it| it.get("uuid"));
            if !run.limited_is_another || told.is_none() || other.is_none() {
                return Err(Unmet::Skip("there are no two tokens to tell apart".into()));
            }
            check.saw();
            if told == other {
                let expected = "another id than that of the run's token";
                check.find(Step::GetLimitedToken, Some("/uuid"), expected, shown(told));
            }
            Ok(())
        },
    },
    Case {
        name: "access-token-tells-its-scopes",
        requirement: "The current token is told to have the scopes of what it was used for.",
        verifies: &["access-token.scopes", "access.scope-names.registries"],
        looks: Looks::At(&[Step::GetToken, Step::ListBefore]),
        check: |check| {
            let run = check.run;
            run.success(Step::GetToken)?;
            let scopes = run.scopes(Step::GetToken);
            let scopes = scopes.ok_or_else(|| Unmet::Skip("the token has no scopes".into()))?;
            if !REGISTRY_SCOPES.iter().all(|known| scopes.iter().any(|scope| scope == known)) {
                check.leaves_open("access.scope-names.registries");
            }
            for (step, exchange) in run.all() {
                let operation = run.contract.operation(exchange.request.operation);
                let Some(needed) = operation.map(|operation| &operation.scopes) else { continue };
                let is_used =
                    exchange.request.credential == Credential::Main && run.is_carried_out(exchange);
                if !is_used || needed.is_empty() {
                    continue;
                }
                check.saw();
                if !needed.iter().any(|it| scopes.contains(it)) {
                    let used = step.definition().name;
                    let expected = format!("{}, which {used} needs", needed.join(" or "));
                    check.find(Step::GetToken, Some("/scopes"), expected, format!("{scopes:?}"));
                    return Ok(());
                }
            }
            Ok(())
        },
    },
    Case {
        name: "access-token-can-be-revoked",
        requirement: "Revoking the current token answers 204.",
        verifies: &["access-token.revoke"],
        looks: Looks::At(&[Step::RevokeToken]),
        check: |check| check.status(Step::RevokeToken, 204),
    },
    Case {
        name: "revoked-token-stops-working",
        requirement: "A revoked token is refused.",
        verifies: &["access-token.revoked", "access.token-revocation"],
        looks: Looks::At(&[Step::GetRevokedToken, Step::RevokeToken]),
        check: |check| {
            check.run.success(Step::RevokeToken)?;
            check.refused(Step::GetRevokedToken, &REFUSALS, "the token is revoked")
        },
    },
    Case {
        name: "revoked-token-creates-nothing",
        requirement: "A revoked token is refused for what it was allowed before.",
        verifies: &["access-token.revoked", "access.token-revocation"],
        looks: Looks::AtRefusals(&[Step::CreateWithRevokedToken]),
        check: |check| {
            check.run.success(Step::RevokeToken)?;
            check.refused(Step::CreateWithRevokedToken, &REFUSALS, "the token is revoked")
        },
    },
    Case {
        name: "secrets-are-not-returned",
        requirement: "No answer has the secret of a token in it.",
        verifies: &["access-token.no-secret"],
        looks: Looks::Everything,
        check: |check| {
            let run = check.run;
            run.exchange(Step::ListBefore)?;
            // Where it would be is the description of the token.
            let description = run.success(Step::GetToken).map(drop);
            let received = |exchange: &Exchange| {
                format!("a secret, in an answer with {}", exchange.answer.status)
            };
            for (step, exchange) in run.all().filter(|(_, exchange)| exchange.answer.leaked_secret)
            {
                check.find(step, None, "no secret", received(exchange));
            }
            // What is explored is many times the same.
            let mut known = BTreeSet::new();
            for exchange in run.beside().filter(|exchange| exchange.answer.leaked_secret) {
                if known.insert((exchange.request.operation, exchange.answer.status)) {
                    check.find_in(exchange, None, "no secret", received(exchange));
                }
            }
            description?;
            check.saw();
            Ok(())
        },
    },
];
