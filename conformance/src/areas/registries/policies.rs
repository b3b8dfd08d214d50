//! What a policy can say.

use crate::{
    case::{Case, Check, Looks, Steps, invalid},
    observed::NotJudged,
    steps::Step,
};

pub(super) const CASES: &[Case] = &[
    invalid!(
        "policy-must-be-plain-yaml",
        "A policy with an anchor in its YAML is rejected.",
        ["oidc.policy.plain-yaml"],
        CreateAnchoredPolicy,
        "a scalar of the policy has an anchor"
    ),
    Case {
        name: "policy-takes-other-issuers",
        requirement: "GitHub Actions and an organization at CircleCI are accepted as issuers.",
        verifies: &["oidc.issuer.github-and-circleci"],
        looks: Looks::At(&Steps(
            [Step::UpdateIssuers, Step::UpdateName],
            |check, [update_issuers, _]| {
                taken(check, update_issuers, "the issuers are GitHub and CircleCI")
            },
        )),
    },
    Case {
        name: "policy-takes-scopes",
        requirement: "A statement may give each of the scopes for packages.",
        verifies: &["oidc.statement.scopes"],
        looks: Looks::At(&Steps(
            [Step::UpdateScopes, Step::UpdateName],
            |check, [update_scopes, _]| taken(check, update_scopes, "the statement gives scopes"),
        )),
    },
    Case {
        name: "policy-may-leave-out-scopes",
        requirement: "A statement without scopes is accepted.",
        verifies: &["oidc.statement.scopes-required"],
        looks: Looks::At(&Steps(
            [Step::UpdateWithoutScopes, Step::UpdateScopes],
            |check, [update_without_scopes, update_scopes]| {
                check.run.success(update_scopes)?;
                check.accepted(update_without_scopes, "the statement leaves out its scopes")
            },
        )),
    },
];

/// Requires that an update with a policy is accepted, where updates are.
fn taken(check: &mut Check<'_>, step: Step, what: &str) -> Result<(), NotJudged> {
    check.run.success(Step::UpdateName)?;
    check.accepted(step, what)
}
