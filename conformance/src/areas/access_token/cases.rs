//! Who may do what: tokens and scopes.

use std::collections::BTreeSet;

use super::super::access::REFUSALS;
use crate::{
    case::{Case, Looks, Steps, refused},
    exchange::{Credential, Exchange, shown},
    observed::NotJudged,
    steps::Step,
};

/// The scopes for registries, as they are documented.
const REGISTRY_SCOPES: [&str; 3] = ["read_registries", "write_registries", "delete_registries"];

pub(super) const CASES: &[Case] = &[
    Case {
        name: "read-scope-is-enough-to-read",
        requirement: "A token with the scope read_registries can get a registry.",
        verifies: &["registry.get.scope"],
        looks: Looks::At(&Steps([Step::LimitedGet], |check, [limited_get]| {
            check.status(limited_get, 200)
        })),
    },
    refused!(
        "delete-needs-a-scope-of-its-own",
        "A token that may write registries, and not delete them, deletes none.",
        ["registry.delete.scope", "access.token-scopes"],
        "the scope is missing",
        REFUSALS,
        [DeleteWithWriteScope]
    ),
    Case {
        name: "access-token-is-described",
        requirement: "Getting the current token returns 200 for any token.",
        verifies: &["access-token.get-scope"],
        looks: Looks::At(&Steps([Step::GetToken], |check, [get_token]| {
            check.status(get_token, 200)
        })),
    },
    Case {
        name: "access-token-stays-the-same",
        requirement: "Two reads of the current token return the same.",
        verifies: &["access-token.get"],
        looks: Looks::At(&Steps(
            [Step::GetTokenAgain, Step::GetToken],
            |check, [get_token_again, get_token]| {
                let first = check.run.object(get_token)?;
                let again = check.run.object(get_token_again)?;
                // When it expires may move on as it is used, and its scopes have no order.
                let except = ["expires_at", "scopes"];
                check.same_properties(get_token_again, "", again, first, &except)?;
                let scopes = |step| check.run.scopes(step).map(BTreeSet::from_iter);
                let [first, again] = [get_token, get_token_again].map(scopes);
                if first != again {
                    let [first, again] =
                        [first, again].map(|it| format!("{:?}", it.unwrap_or_default()));
                    check.find(get_token_again, Some("/scopes"), first, again);
                }
                Ok(())
            },
        )),
    },
    Case {
        name: "access-tokens-are-told-apart",
        requirement: "Two tokens have different ids.",
        verifies: &["access-token.get"],
        looks: Looks::At(&Steps(
            [Step::GetLimitedToken, Step::GetToken],
            |check, [get_limited_token, get_token]| {
                let run = check.run;
                let other = run.object(get_token)?.get("uuid");
                // What is said of the limited token is not looked at here: it may be unfit for that.
                let limited = &run.sent(get_limited_token)?.answer;
                let uuid = limited.json.as_ref().and_then(|it| it.get("uuid"));
                if !run.limited_is_another || uuid.is_none() || other.is_none() {
                    return Err(NotJudged::Skip("there are no two tokens to compare".into()));
                }
                check.saw();
                if uuid == other {
                    let expected = "another id than that of the run's token";
                    check.find(get_limited_token, Some("/uuid"), expected, shown(uuid));
                }
                Ok(())
            },
        )),
    },
    Case {
        name: "access-token-tells-its-scopes",
        requirement: "The returned scopes of the current token include those that it was used for.",
        verifies: &["access-token.scopes", "access.scope-names.registries"],
        looks: Looks::At(&Steps([Step::GetToken, Step::ListBefore], |check, [get_token, _]| {
            let run = check.run;
            run.success(get_token)?;
            let scopes = run.scopes(get_token);
            let scopes = scopes.ok_or_else(|| NotJudged::Skip("the token has no scopes".into()))?;
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
                    check.find(get_token, Some("/scopes"), expected, format!("{scopes:?}"));
                    return Ok(());
                }
            }
            Ok(())
        })),
    },
    Case {
        name: "access-token-can-be-revoked",
        requirement: "Revoking the current token returns 204.",
        verifies: &["access-token.revoke"],
        looks: Looks::At(&Steps([Step::RevokeToken], |check, [revoke_token]| {
            check.status(revoke_token, 204)
        })),
    },
    Case {
        name: "revoked-token-stops-working",
        requirement: "A revoked token is rejected.",
        verifies: &["access-token.revoked", "access.token-revocation"],
        looks: Looks::At(&Steps(
            [Step::GetRevokedToken, Step::RevokeToken],
            |check, [get_revoked_token, revoke_token]| {
                check.run.success(revoke_token)?;
                check.refused(get_revoked_token, &REFUSALS, "the token is revoked")
            },
        )),
    },
    Case {
        name: "revoked-token-creates-nothing",
        requirement: "A revoked token is rejected for what it was allowed before.",
        verifies: &["access-token.revoked", "access.token-revocation"],
        looks: Looks::AtRefusals(&Steps(
            [Step::CreateWithRevokedToken],
            |check, [create_with_revoked_token]| {
                check.run.success(Step::RevokeToken)?;
                check.refused(create_with_revoked_token, &REFUSALS, "the token is revoked")
            },
        )),
    },
    Case {
        name: "secrets-are-not-returned",
        requirement: "No response has the secret of a token.",
        verifies: &["access-token.no-secret"],
        looks: Looks::Everything(|check| {
            let run = check.run;
            run.exchange(Step::ListBefore)?;
            // Where it would be is the description of the token.
            let description = run.success(Step::GetToken).map(drop);
            let received = |exchange: &Exchange| {
                format!("a secret, in a response with {}", exchange.answer.status)
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
        }),
    },
];
