//! The access token: what a run sends about it, and which tokens may do what.

mod cases;
mod readings;

pub(super) use self::readings::READINGS;
use serde_json::json;

use super::operation::Operation;
use crate::{
    case::Case,
    steps::{Step, create, nothing, steps},
};

pub(super) const CASES: &[&[Case]] = &[cases::CASES];

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        id: "get_access_token",
        word: "token",
        fits: (
            "get-access-token-fits-the-contract",
            &["access-token.get", "access.token-of-a-user"],
        ),
        served_by: Some(Step::GetToken),
        needs: &[],
        attempt: |_, _| nothing(),
    },
    Operation {
        id: "revoke_access_token",
        word: "revoke",
        fits: ("revoke-access-token-fits-the-contract", &["access-token.revoke"]),
        // A run without a token to revoke has none, and sends none for this.
        served_by: None,
        needs: &[],
        attempt: |_, _| nothing(),
    },
];

steps! { 1;
    Begin {
        GetToken = "get-token", "get_access_token", Smoke, Main, needs [],
            |_| nothing();
    }
    Create {
        // It shows whether the limited token is what it has to be.
        GetLimitedToken = "get-limited-token", "get_access_token", Core, Limited, needs [],
            |_| nothing();
        // A token that may not even read: the one that is revoked at the end, if it is such a one.
        GetRevocableToken = "get-revocable-token",
            "get_access_token", Core, Revocable, for RegistryTokens, needs [],
            |_| nothing();
    }
    End {
        GetTokenAgain = "get-token-again", "get_access_token", Deep, Main, needs [GetToken],
            |_| nothing();
        RevokeToken = "revoke-token", "revoke_access_token", Core, Revocable, needs [],
            |_| nothing();
        GetRevokedToken = "get-revoked-token", "get_access_token", Core, Revocable,
            needs [RevokeToken],
            |_| nothing();
        CreateWithRevokedToken = "create-with-revoked-token", "create_registry", Deep, Revocable,
            needs [RevokeToken],
            |run| {
                run.success(Step::RevokeToken)?;
                create(&json!({"name": run.name("upsilon"), "ecosystem": "ruby"}))
            };
    }
}
