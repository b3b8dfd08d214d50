//! Every operation with every wrong credential.

use super::Case;

pub(super) const CASES: &[Case] = &[
    refused!(
        "token-is-required-for-the-token",
        "Without a token, there is no token to describe.",
        ["access-token.token-needed"],
        "there is no token",
        [TokenWithoutToken]
    ),
    refused!(
        "token-is-required-everywhere",
        "Without a token, nothing is got, updated or deleted.",
        ["access.bearer-token"],
        "there is no token",
        [GetWithoutToken, UpdateWithoutToken, DeleteWithoutToken]
    ),
    refused!(
        "token-is-required-for-patch-and-put",
        "Without a token, nothing is updated with PATCH or PUT.",
        ["registry.update.patch-and-put-access"],
        "there is no token",
        [PatchWithoutToken, PutWithoutToken]
    ),
    refused!(
        "unknown-token-changes-nothing",
        "With a token that the deployment does not know, nothing is updated or deleted.",
        ["access.bearer-token"],
        "the token is unknown",
        [UpdateUnknownToken, DeleteUnknownToken]
    ),
    refused!(
        "unknown-token-is-refused-everywhere",
        "With a token that the deployment does not know, nothing is created, got or described.",
        ["access.bearer-token"],
        "the token is unknown",
        [CreateUnknownToken, GetUnknownToken, TokenUnknownToken]
    ),
    refused!(
        "unknown-token-is-refused-for-patch-and-put",
        "With a token that the deployment does not know, nothing is updated with PATCH or PUT.",
        ["registry.update.patch-and-put-access"],
        "the token is unknown",
        [PatchUnknownToken, PutUnknownToken]
    ),
    refused!(
        "token-is-required-for-revoking",
        "Neither without a token nor with an unknown one there is anything to revoke.",
        ["access.bearer-token"],
        "there is no token that is known",
        [RevokeWithoutToken, RevokeUnknownToken]
    ),
    refused!(
        "basic-authentication-is-refused",
        "A token that is sent as a password is refused.",
        ["access.no-basic"],
        "the scheme is Basic",
        [ListWithBasic, CreateWithBasic]
    ),
    refused!(
        "unknown-organization-is-refused",
        "In an organization that is not there, nothing is listed.",
        ["common.organization"],
        "there is no such organization",
        [ListUnknownOrganization]
    ),
    refused!(
        "unknown-organization-gets-nothing",
        "In an organization that is not there, nothing is created.",
        ["common.organization"],
        "there is no such organization",
        [CreateUnknownOrganization]
    ),
    refused!(
        "reading-needs-its-scope",
        "A token that may only write can neither list nor get registries and their tokens.",
        [
            "registry.list.scope",
            "registry.get.scope-required",
            "registry-token.list",
            "registry-token.get",
            "access.token-scopes"
        ],
        "the scope is missing",
        [
            ListWithoutScope,
            GetWithoutScope,
            ListRegistryTokensWithoutScope,
            GetRegistryTokenWithoutScope
        ]
    ),
    refused!(
        "patch-and-put-need-their-scope",
        "A token without its scope cannot update a registry with PATCH or PUT.",
        ["registry.update.patch-and-put-access"],
        "the scope is missing",
        [LimitedPatch, LimitedPut]
    ),
];
