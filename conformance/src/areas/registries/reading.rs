//! Getting and listing registries.

use serde_json::Value;

use super::history::About;
use crate::{
    case::{Case, Looks, Steps},
    exchange::shown,
    steps::Step,
};

/// The steps that returned the full registry before it was read, except PATCH and PUT.
const STATES: [Step; 2] = [Step::CreateFull, Step::UpdateName];

pub(super) const CASES: &[Case] = &[
    Case {
        name: "list-succeeds",
        requirement: "Listing registries returns 200.",
        verifies: &["registry.list.success"],
        looks: Looks::At(&Steps(
            [Step::ListBefore, Step::ListUpdated],
            |check, [list_before, list_updated]| {
                check.status(list_before, 200)?;
                check.status(list_updated, 200)
            },
        )),
    },
    Case {
        name: "get-succeeds",
        requirement: "Getting a registry by its slug returns 200.",
        verifies: &["registry.get.success"],
        looks: Looks::At(&Steps([Step::GetUpdated], |check, [get_updated]| {
            check.status(get_updated, 200)
        })),
    },
    Case {
        name: "get-returns-what-was-stored",
        requirement: "Getting a registry returns every property as in the last response.",
        verifies: &["registry.get.response"],
        looks: Looks::At(&Steps(
            [Step::GetUpdated, Step::UpdateName],
            |check, [get_updated, _]| {
                check.run.object(get_updated)?;
                check.last(&STATES)?;
                check.differing(&[About::Got])
            },
        )),
    },
    Case {
        name: "list-contains-what-was-created",
        requirement: "The list has each new registry exactly once.",
        verifies: &["registry.list.whole"],
        looks: Looks::At(&Steps(
            [Step::ListUpdated, Step::CreateMinimal, Step::CreateFull],
            |check, [list_updated, create_minimal, create_full]| {
                let run = check.run;
                run.entries(list_updated)?;
                run.object(create_minimal).or_else(|_| run.object(create_full))?;
                check.differing(&[About::Missing])
            },
        )),
    },
    Case {
        name: "list-has-nothing-twice",
        requirement: "No two entries of a list have the same id, slug or URL.",
        verifies: &["registry.list.whole", "registry.object.identity"],
        looks: Looks::At(&Steps(
            [Step::ListUpdated, Step::CreateMinimal, Step::CreateFull],
            |check, [list_updated, _, _]| {
                check.run.entries(list_updated)?;
                check.differing(&[About::Repeated])
            },
        )),
    },
    Case {
        name: "list-entries-equal-their-registries",
        requirement: "In the list, a registry has the properties that it has by itself.",
        verifies: &["registry.list.response"],
        looks: Looks::At(&Steps(
            [Step::ListUpdated, Step::CreateMinimal],
            |check, [list_updated, create_minimal]| {
                let registry = check.run.object(create_minimal)?;
                let (place, entry) = check.entry(list_updated, registry.get("id"))?;
                // Whether the list shows what an update has set is for the next case but one to say.
                let except = ["web_url", "description", "oidc_policy"];
                check.same_properties(list_updated, &place, entry, registry, &except)
            },
        )),
    },
    Case {
        name: "slug-is-found-as-it-is-written",
        requirement: "A slug in upper case is not the slug of a registry.",
        verifies: &["registry.get.slug-case"],
        looks: Looks::AtRefusals(&Steps(
            [Step::GetUpperCaseSlug],
            |check, [get_upper_case_slug]| {
                let what = "no registry has this slug in upper case";
                check.refused(get_upper_case_slug, &[400, 403, 404, 410, 422], what)
            },
        )),
    },
    Case {
        name: "list-is-of-the-organization",
        requirement: "Every registry in the list belongs to the organization of the path.",
        verifies: &["registry.list.organization"],
        looks: Looks::At(&Steps(
            [Step::ListUpdated, Step::CreateMinimal],
            |check, [list_updated, _]| {
                let run = check.run;
                let own = format!("/organizations/{}/", run.organization);
                for (index, entry) in run.entries(list_updated)?.iter().enumerate() {
                    let url = entry.get("url");
                    check.saw();
                    if !url.and_then(Value::as_str).is_some_and(|url| url.contains(&own)) {
                        let place = format!("/{index}/url");
                        let expected = format!("a URL with {own}");
                        check.find(list_updated, Some(&place), expected, shown(url));
                    }
                }
                Ok(())
            },
        )),
    },
    Case {
        name: "list-shows-updates",
        requirement: "The list shows every registry as its last update left it.",
        verifies: &["registry.update.stored"],
        looks: Looks::At(&Steps(
            [Step::ListUpdated, Step::UpdateDescription],
            |check, [list_updated, update_description]| {
                check.run.entries(list_updated)?;
                check.run.object(update_description)?;
                check.differing(&[About::Listed])
            },
        )),
    },
];
