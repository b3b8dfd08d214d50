//! Organizations, and their rate limits.

use std::ops::RangeInclusive;

use serde_json::{Value, json};

use crate::{
    case::{Case, Check, Looks, Steps},
    exchange::{Answer, Credential, shown},
    observed::{NotJudged, Observed},
    steps::Step,
};

/// How many requests others of the organization may send during one of the run.
const OTHERS: i64 = 10;

/// How far two counts may be from each other because either may leave out the current request.
const UNCOUNTED: i64 = 2;

pub(super) const CASES: &[Case] = &[
    Case {
        name: "organization-is-got",
        requirement: "Getting an organization by its slug returns 200 and that organization.",
        verifies: &["organization.get", "access.scope-names.others"],
        looks: Looks::At(&Steps([Step::GetOrganization], |check, [get_organization]| {
            check.status(get_organization, 200)?;
            let slug = json!(check.run.organization);
            let scopes = check.run.scopes(Step::GetToken).unwrap_or_default();
            if !scopes.iter().any(|scope| scope == "read_organizations") {
                check.leaves_open("access.scope-names.others");
            }
            check.property(get_organization, "slug", &[slug])
        })),
    },
    Case {
        name: "organizations-are-listed",
        requirement: "The list has the organization of the run, with the properties that it has by itself.",
        verifies: &["organization.list"],
        looks: Looks::At(&Steps([Step::ListOrganizations, Step::GetOrganization], |check, _| {
            organization_is_listed(check)
        })),
    },
    Case {
        name: "organizations-are-listed-by-the-page",
        requirement: "A page of organizations has at most per_page entries, and other pages have others.",
        verifies: &["common.pagination.parameters", "organization.list"],
        looks: Looks::At(&Steps(
            [Step::ListOrganizationsOnPage, Step::ListOrganizations],
            |check, [list_organizations_on_page, list_organizations]| {
                let (step, run) = (list_organizations_on_page, check.run);
                let all = run.entries(list_organizations)?;
                if all.is_empty() {
                    return Err(NotJudged::Skip("the list is empty".into()));
                }
                if all.len() < 2 && !check.answer(step)?.is_success() {
                    let reason = "there is no second page, and a request for it may be rejected";
                    return Err(NotJudged::Skip(reason.into()));
                }
                check.status(step, 200)?;
                let page = run.entries(step)?;
                if page.len() > 1 {
                    let received = format!("{} organizations", page.len());
                    check.find(step, None, "one organization at most (per_page=1)", received);
                }
                let id = |entry: &'_ Value| entry.get("id").cloned();
                if page.first().is_some_and(|entry| all.first().and_then(id) == id(entry)) {
                    let expected = "another organization than the first, or none (page=2)";
                    check.find(step, Some("/0/id"), expected, shown(page[0].get("id")));
                }
                Ok(())
            },
        )),
    },
    Case {
        name: "rate-limit-is-told",
        requirement: "Getting an organization's limits returns 200.",
        verifies: &["rate-limit.operation"],
        looks: Looks::At(&Steps([Step::GetRateLimit], |check, [get_rate_limit]| {
            check.status(get_rate_limit, 200)
        })),
    },
    Case {
        name: "rate-limit-agrees-with-the-headers",
        requirement: "The returned limit of the REST API agrees with the headers of the response.",
        verifies: &["rate-limit.operation", "rate-limit.windows"],
        looks: Looks::At(&Steps([Step::GetRateLimit], |check, _| agrees_with_the_headers(check))),
    },
];

fn organization_is_listed(check: &mut Check<'_>) -> Result<(), NotJudged> {
    let step = Step::ListOrganizations;
    check.status(step, 200)?;
    let run = check.run;
    let own = json!(run.organization);
    let times = run.entries(step)?.iter().filter(|it| it.get("slug") == Some(&own)).count();
    if times == 0 && run.success(step)?.next_page().is_some() {
        return Err(NotJudged::Skip("the organization is not on the first page".into()));
    }
    if times != 1 {
        let expected = format!("the organization with the slug {own} once");
        check.find(step, None, expected, format!("{times} times"));
        return Ok(());
    }
    let entries = run.entries(step)?.iter().enumerate();
    let mut listed = entries.filter_map(|(index, entry)| Some((index, entry.as_object()?)));
    let own = listed.find(|(_, entry)| entry.get("slug") == Some(&own));
    let Some((index, entry)) = own else { return Ok(()) };
    let organization = run.object(Step::GetOrganization)?;
    check.same_properties(step, &format!("/{index}"), entry, organization, &[])
}

fn agrees_with_the_headers(check: &mut Check<'_>) -> Result<(), NotJudged> {
    let step = Step::GetRateLimit;
    let answer = check.run.success(step)?;
    let rest = answer.json.as_ref().and_then(|body| body.pointer("/scopes/rest"));
    let value = |name: &str| rest.and_then(|rest| rest.get(name));
    let limit = answer.number("RateLimit-Limit");
    let limit =
        limit.ok_or_else(|| NotJudged::Skip("the response has no RateLimit-Limit".into()))?;
    check.saw();
    if value("limit").and_then(whole) != Some(limit) {
        let expected = limit.to_string();
        check.find(step, Some("/scopes/rest/limit"), expected, shown(value("limit")));
    }
    if value("reset").and_then(whole).is_none_or(|reset| reset > 60) {
        let expected = "60 seconds at most, which is how long the window is";
        check.find(step, Some("/scopes/rest/reset"), expected, shown(value("reset")));
    }
    // A window that is not enforced always has its whole allowance left.
    if value("enforced") != Some(&Value::Bool(true)) || used(answer).is_none() {
        return Ok(());
    }
    let possible = used_meanwhile(check.run, check.run.success(step)?);
    let current = value("current");
    let is_possible = |it: i64| possible.iter().any(|range| range.contains(&it));
    if !current.and_then(whole).is_some_and(is_possible) {
        let ranges: Vec<String> =
            possible.iter().map(|range| format!("{} to {}", range.start(), range.end())).collect();
        let ranges = ranges.join(" or ");
        let expected = format!("{ranges}, by the headers of this response and those around it");
        check.find(step, Some("/scopes/rest/current"), expected, shown(current));
    }
    Ok(())
}

/// What can have been used of the organization's limit while the step was carried out: at least what
/// the response before says, and at most what the response after says. Without one, others may have
/// sent some requests, too. A window that ended before or after may have been the one that was counted.
fn used_meanwhile(run: &Observed, answer: &Answer) -> Vec<RangeInclusive<i64>> {
    let step = Step::GetRateLimit;
    let own = used(answer).unwrap_or_default();
    let of_organization = format!("/organizations/{}", run.organization);
    let around: Vec<(Step, i64)> = run
        .all()
        .filter(|(_, exchange)| {
            exchange.request.credential == Credential::Main
                && exchange.request.path.contains(&of_organization)
                && exchange.answer.is_success()
        })
        .filter_map(|(other, exchange)| Some((other, used(&exchange.answer)?)))
        .collect();
    let before = around.iter().rev().find(|(other, _)| *other < step).map(|(_, used)| *used);
    let after = around.iter().find(|(other, _)| *other > step).map(|(_, used)| *used);
    let range =
        |least: i64, most: i64| least.saturating_sub(UNCOUNTED)..=most.saturating_add(UNCOUNTED);
    let (fewer, more) = (own.saturating_sub(OTHERS), own.saturating_add(OTHERS));
    let least = before.filter(|it| *it <= own).unwrap_or(fewer);
    let most = after.filter(|it| *it >= own).unwrap_or(more);
    let ended = before.filter(|it| *it > own).map(|it| range(it, it.saturating_add(OTHERS)));
    let begun = after.filter(|it| *it < own).map(|it| range(0, it));
    [Some(range(least, most)), ended, begun].into_iter().flatten().collect()
}

/// What the headers of a response say was used of the organization's limit.
fn used(answer: &Answer) -> Option<i64> {
    let (limit, left) =
        answer.number("RateLimit-Limit").zip(answer.number("RateLimit-Remaining"))?;
    limit.checked_sub(left).filter(|used| *used >= 0)
}

/// A whole number, which JSON may write with a fraction of zero.
fn whole(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| {
        let text = format!("{:.0}", value.as_f64().filter(|number| number.fract() == 0.0)?);
        text.parse().ok()
    })
}
