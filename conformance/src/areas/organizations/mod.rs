//! Organizations and their limits: what a run sends about them.

mod cases;
mod readings;

pub(super) use self::readings::READINGS;
use super::operation::Operation;
use crate::{
    case::Case,
    observed::NotJudged,
    steps::{Draft, Step, nothing, steps},
};

pub(super) const CASES: &[&[Case]] = &[cases::CASES];

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        id: "list_organizations",
        word: "list-organizations",
        fits: ("list-organizations-fits-the-contract", &["organization.list"]),
        served_by: Some(Step::ListOrganizations),
        needs: &[],
        attempt: |_, _| nothing(),
    },
    Operation {
        id: "get_organization",
        word: "get-organization",
        fits: ("get-organization-fits-the-contract", &["organization.get"]),
        served_by: Some(Step::GetOrganization),
        needs: &[],
        attempt: |_, _| nothing(),
    },
    Operation {
        id: "get_rate_limit",
        word: "get-rate-limit",
        fits: ("get-rate-limit-fits-the-contract", &["rate-limit.operation"]),
        served_by: Some(Step::GetRateLimit),
        needs: &[],
        attempt: |_, _| nothing(),
    },
];

#[expect(clippy::unnecessary_wraps, reason = "every draft has this type")]
fn page(query: &'static str) -> Result<Draft, NotJudged> {
    Ok(Draft { query: Some(query), ..Draft::default() })
}

steps! { 3;
    Begin {
        GetOrganization = "get-organization", "get_organization", Smoke, Main, needs [],
            |_| nothing();
        ListOrganizations = "list-organizations", "list_organizations", Core, Main, needs [],
            |_| nothing();
    }
    Change {
        ListOrganizationsOnPage = "list-organizations-on-page", "list_organizations", Deep, Main,
            needs [ListOrganizations],
            |_| page("page=2&per_page=1");
    }
    // Beside requests with the same token: their headers show how much is used meanwhile.
    Less {
        // After many other requests: a response that says nothing was used is then far from the truth.
        GetRateLimit = "get-rate-limit", "get_rate_limit", Smoke, Main, needs [],
            |_| nothing();
    }
}
