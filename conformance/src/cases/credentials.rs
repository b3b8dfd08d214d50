//! Every operation with every wrong credential.

use super::{Case, Looks, tokens::REFUSALS};
use crate::{level::Grade, steps::Step};

/// A case about requests that are all to be refused, for one reason.
macro_rules! refused {
    ($name:literal, $requirement:literal, $grade:ident, $cite:literal, $what:literal,
        [$($step:ident),+]) => {
        Case {
            name: $name,
            requirement: $requirement,
            grade: Grade::$grade,
            cite: $cite,
            looks: Looks::At(&[$(Step::$step),+]),
            check: |check| {
                [$(Step::$step),+]
                    .into_iter()
                    .try_for_each(|step| check.refused(step, &REFUSALS, $what))
            },
        }
    };
}

pub(super) const CASES: &[Case] = &[
    refused!(
        "token-is-required-for-the-token",
        "Without a token, there is no token to describe.",
        Documented,
        "Access token, Get the current token",
        "there is no token",
        [TokenWithoutToken]
    ),
    refused!(
        "token-is-required-everywhere",
        "Without a token, nothing is got, updated or deleted.",
        Seed,
        "Get a registry, Authorization header of the example",
        "there is no token",
        [GetWithoutToken, UpdateWithoutToken, DeleteWithoutToken]
    ),
    refused!(
        "token-is-required-for-patch-and-put",
        "Without a token, nothing is updated with PATCH or PUT.",
        ClientObserved,
        "go-buildkite v5 and the Terraform provider, update",
        "there is no token",
        [PatchWithoutToken, PutWithoutToken]
    ),
    refused!(
        "unknown-token-is-refused-everywhere",
        "With a token that the deployment does not know, nothing is created, got, updated, deleted \
         or described.",
        Seed,
        "Create a registry; Get a registry, Authorization header of the examples",
        "the token is unknown",
        [
            CreateUnknownToken,
            GetUnknownToken,
            UpdateUnknownToken,
            DeleteUnknownToken,
            TokenUnknownToken
        ]
    ),
    refused!(
        "unknown-token-is-refused-for-patch-and-put",
        "With a token that the deployment does not know, nothing is updated with PATCH or PUT.",
        ClientObserved,
        "go-buildkite v5 and the Terraform provider, update",
        "the token is unknown",
        [PatchUnknownToken, PutUnknownToken]
    ),
    refused!(
        "token-is-a-bearer-token",
        "A token that is not sent as a bearer token is refused.",
        Seed,
        "Create a registry; List all registries, Authorization header of the examples",
        "the scheme is not Bearer",
        [ListOtherScheme, CreateOtherScheme]
    ),
    refused!(
        "unknown-organization-is-refused",
        "In an organization that is not there, nothing is listed or created.",
        Seed,
        "Create a registry; List all registries, the organization in the path",
        "there is no such organization",
        [ListUnknownOrganization, CreateUnknownOrganization]
    ),
    refused!(
        "list-needs-its-scope",
        "A token without its scope cannot list registries.",
        Seed,
        "List all registries, Required scope",
        "the scope is missing",
        [ListWithoutScope]
    ),
    refused!(
        "get-needs-its-scope",
        "A token without its scope cannot get a registry.",
        Documented,
        "Get a registry, Required scope",
        "the scope is missing",
        [GetWithoutScope]
    ),
    refused!(
        "patch-and-put-need-their-scope",
        "A token without its scope cannot update a registry with PATCH or PUT.",
        ClientObserved,
        "go-buildkite v5 and the Terraform provider, update",
        "the scope is missing",
        [LimitedPatch, LimitedPut]
    ),
];
