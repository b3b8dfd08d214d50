//! Getting and listing registries.

use serde_json::{Map, Value};

use super::{Case, Check, Looks, check::shown};
use crate::{observed::Unmet, steps::Step};

const CREATED: [Step; 3] = [Step::CreateMinimal, Step::CreateFull, Step::CreateStatements];

pub(super) const CASES: &[Case] = &[
    Case {
        name: "list-succeeds",
        requirement: "Listing registries answers 200.",
        verifies: &["registry.list.success"],
        looks: Looks::At(&[Step::ListBefore, Step::ListCreated]),
        check: |check| {
            check.status(Step::ListBefore, 200)?;
            check.status(Step::ListCreated, 200)
        },
    },
    Case {
        name: "get-succeeds",
        requirement: "Getting a registry by its slug answers 200.",
        verifies: &["registry.get.success"],
        looks: Looks::At(&[Step::GetFull, Step::GetUpdated]),
        check: |check| {
            check.status(Step::GetFull, 200)?;
            check.status(Step::GetUpdated, 200)
        },
    },
    Case {
        name: "get-returns-what-create-answered",
        requirement: "A registry that was just created is found, with every property that was set.",
        verifies: &["registry.get.response"],
        looks: Looks::At(&[Step::GetFull]),
        check: |check| {
            let got = check.run.registry(Step::GetFull)?;
            let created = check.run.registry(Step::CreateFull)?;
            // The documentation prints two forms of web_url; which one, and where, is a reading.
            check.same_registry(Step::GetFull, "", got, created, &["web_url"]);
            Ok(())
        },
    },
    Case {
        name: "list-contains-what-was-created",
        requirement: "The list has each new registry exactly once.",
        verifies: &["registry.list.whole"],
        looks: Looks::At(&[Step::ListCreated, CREATED[0], CREATED[1], CREATED[2]]),
        check: |check| {
            let run = check.run;
            let list = run.registries(Step::ListCreated)?;
            for registry in created(check)? {
                let Some(id) = registry.get("id") else { continue };
                let times = list.iter().filter(|entry| entry.get("id") == Some(id)).count();
                if times != 1 {
                    let expected = format!("the registry with the id {id} once");
                    check.find(Step::ListCreated, None, expected, format!("{times} times"));
                }
            }
            Ok(())
        },
    },
    Case {
        name: "list-entries-equal-their-registries",
        requirement: "In the list, a registry has the properties that it has by itself.",
        verifies: &["registry.list.response"],
        looks: Looks::At(&[Step::ListCreated, CREATED[0], CREATED[1], CREATED[2]]),
        check: |check| {
            for registry in created(check)? {
                let (place, entry) = check.entry(Step::ListCreated, registry.get("id"))?;
                check.same_registry(Step::ListCreated, &place, entry, registry, &["web_url"]);
            }
            Ok(())
        },
    },
    Case {
        name: "list-is-of-the-organization",
        requirement: "Every registry in the list is one of the organization that was asked for.",
        verifies: &["registry.list.organization"],
        looks: Looks::At(&[Step::ListCreated]),
        check: |check| {
            let run = check.run;
            let own = format!("/organizations/{}/", run.organization);
            for (index, entry) in run.registries(Step::ListCreated)?.iter().enumerate() {
                let url = entry.get("url");
                if !url.and_then(Value::as_str).is_some_and(|url| url.contains(&own)) {
                    let place = format!("/{index}/url");
                    let expected = format!("a URL with {own}");
                    check.find(Step::ListCreated, Some(&place), expected, shown(url));
                }
            }
            Ok(())
        },
    },
    Case {
        name: "list-shows-updates",
        requirement: "The list shows every registry as its last update left it.",
        verifies: &["registry.update.stored"],
        looks: Looks::At(&[Step::ListUpdated, Step::UpdateName, Step::UpdateClear]),
        check: |check| {
            for updated in [Step::UpdateName, Step::UpdateClear] {
                let registry = check.run.registry(updated)?;
                check.run.registries(Step::ListUpdated)?;
                if let Ok((place, entry)) = check.entry(Step::ListUpdated, registry.get("id")) {
                    check.same_registry(Step::ListUpdated, &place, entry, registry, &["web_url"]);
                } else {
                    let id = shown(registry.get("id"));
                    let expected = format!("the registry with the id {id}");
                    check.find(Step::ListUpdated, None, expected, "no such registry");
                }
            }
            Ok(())
        },
    },
];

/// The registries that the run created, as they were answered; there is at least one.
fn created<'a>(check: &Check<'a>) -> Result<Vec<&'a Map<String, Value>>, Unmet> {
    let (created, unmet): (Vec<_>, Vec<_>) =
        CREATED.iter().map(|step| check.run.registry(*step)).partition(Result::is_ok);
    match unmet.into_iter().next() {
        Some(Err(unmet)) if created.is_empty() => Err(unmet),
        _ => Ok(created.into_iter().flatten().collect()),
    }
}
