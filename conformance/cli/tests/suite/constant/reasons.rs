//! Why a case may pass with a response that does not depend on what is asked.

/// The reason, if there is one.
pub(super) fn reason(case: &str) -> Option<&'static str> {
    let is_of = |pattern: &&str| match pattern.split_once('*') {
        Some((start, end)) => case.starts_with(start) && case.ends_with(end),
        None => case == *pattern,
    };
    let of_case = |(_, cases): &&(&str, &[&str])| cases.iter().any(is_of);
    REASONS.iter().find(of_case).map(|(reason, _)| *reason)
}

const REASONS: &[(&str, &[&str])] = &[
    ("it is about connections, whatever is answered", &["responses-end-where-they-say"]),
    (
        "the list and the token that are answered first are all that it is about",
        &[
            "access-token-is-described",
            "access-token-tells-its-scopes",
            "get-access-token-fits-the-contract",
            "secrets-are-not-returned",
        ],
    ),
    (
        "headers of any answers show it, and some have them",
        &[
            "any-origin-may-read",
            "rate-limit-remaining-counts-down",
            "rate-limit-remaining-does-not-grow",
            "rate-limit-remaining-is-within-its-limit",
            "rate-limit-resets-within-its-window",
        ],
    ),
    (
        "the list and the token were answered before, to who may, so that this is a refusal",
        &[
            "token-is-required-for-the-token",
            "unknown-organization-is-refused",
            "unknown-token-is-refused",
        ],
    ),
    (
        "the status is all that is documented; other cases look whether it was done",
        &[
            "access-token-can-be-revoked",
            "revoke-access-token-fits-the-contract",
            "delete-succeeds",
            "delete-*-fits-the-contract",
            "registry-token-delete-succeeds",
        ],
    ),
    (
        "an empty list is a list; other cases look for what has to be in it",
        &[
            "list-succeeds",
            "list-registries-fits-the-contract",
            "list-organizations-fits-the-contract",
        ],
    ),
    (
        "JSON that says so is all that is asked; other cases look at what it says",
        &["errors-are-json", "successes-are-json"],
    ),
    (
        "errors with a message are as documented, whatever was asked",
        &["errors-have-the-documented-body"],
    ),
    (
        "a choice: what is found is told, and fails nothing",
        &["missing-token-is-unauthorized", "preflight-is-answered"],
    ),
];
