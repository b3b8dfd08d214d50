//! Getting and listing registries.

use serde_json::{Value, json};

use super::{Case, Looks};
use crate::{exchange::shown, steps::Step};

/// What is created and still there when the list is asked for; a part of it in `deep` only.
const CREATED: [Step; 4] =
    [Step::CreateMinimal, Step::CreateFull, Step::CreatePolicyText, Step::CreatePython];
/// What the full registry was answered to be before it was got, but for PATCH and PUT.
const STATES: [Step; 2] = [Step::CreateFull, Step::UpdateName];

pub(super) const CASES: &[Case] = &[
    Case {
        name: "list-succeeds",
        requirement: "Listing registries answers 200.",
        verifies: &["registry.list.success"],
        looks: Looks::At(&[Step::ListBefore, Step::ListUpdated]),
        check: |check| {
            check.status(Step::ListBefore, 200)?;
            check.status(Step::ListUpdated, 200)
        },
    },
    Case {
        name: "get-succeeds",
        requirement: "Getting a registry by its slug answers 200.",
        verifies: &["registry.get.success"],
        looks: Looks::At(&[Step::GetUpdated]),
        check: |check| check.status(Step::GetUpdated, 200),
    },
    Case {
        name: "get-returns-what-was-stored",
        requirement: "A registry is got with every property as it was last answered.",
        verifies: &["registry.get.response"],
        looks: Looks::At(&[Step::GetUpdated, Step::UpdateName]),
        check: |check| {
            let got = check.run.object(Step::GetUpdated)?;
            let expected = check.last(&STATES)?;
            // The documentation prints two forms of web_url; which one, and where, is a reading.
            let except = ["web_url", "emoji", "color"];
            check.same_properties(Step::GetUpdated, "", got, expected, &except);
            // Whether PATCH and PUT change these two is for other cases to say.
            let before = |name: &str| expected.get(name).cloned().unwrap_or_default();
            let emoji = [before("emoji"), json!(":gem:"), json!("💎")];
            check.property(Step::GetUpdated, "emoji", &emoji)?;
            check.property(Step::GetUpdated, "color", &[before("color"), json!("#00ff00")])
        },
    },
    Case {
        name: "list-contains-what-was-created",
        requirement: "The list has each new registry exactly once.",
        verifies: &["registry.list.whole"],
        looks: Looks::At(&[Step::ListUpdated, Step::CreateMinimal, Step::CreateFull]),
        check: |check| {
            let run = check.run;
            let list = run.entries(Step::ListUpdated)?;
            run.object(Step::CreateMinimal).or_else(|_| run.object(Step::CreateFull))?;
            for registry in CREATED.iter().filter_map(|step| run.object(*step).ok()) {
                let Some(id) = registry.get("id") else { continue };
                let times = list.iter().filter(|entry| entry.get("id") == Some(id)).count();
                if times != 1 {
                    let expected = format!("the registry with the id {id} once");
                    check.find(Step::ListUpdated, None, expected, format!("{times} times"));
                }
            }
            Ok(())
        },
    },
    Case {
        name: "list-entries-equal-their-registries",
        requirement: "In the list, a registry has the properties that it has by itself.",
        verifies: &["registry.list.response"],
        looks: Looks::At(&[Step::ListUpdated, Step::CreateMinimal, Step::UpdateEcosystem]),
        check: |check| {
            let registry = check.last(&[Step::CreateMinimal, Step::UpdateEcosystem])?;
            let (place, entry) = check.entry(Step::ListUpdated, registry.get("id"))?;
            // Whether the list shows what an update has set is for the next case but one to say.
            let except = ["web_url", "description", "oidc_policy"];
            check.same_properties(Step::ListUpdated, &place, entry, registry, &except);
            Ok(())
        },
    },
    Case {
        name: "list-is-of-the-organization",
        requirement: "Every registry in the list is one of the organization that was asked for.",
        verifies: &["registry.list.organization"],
        looks: Looks::At(&[Step::ListUpdated]),
        check: |check| {
            let run = check.run;
            let own = format!("/organizations/{}/", run.organization);
            for (index, entry) in run.entries(Step::ListUpdated)?.iter().enumerate() {
                let url = entry.get("url");
                if !url.and_then(Value::as_str).is_some_and(|url| url.contains(&own)) {
                    let place = format!("/{index}/url");
                    let expected = format!("a URL with {own}");
                    check.find(Step::ListUpdated, Some(&place), expected, shown(url));
                }
            }
            Ok(())
        },
    },
    Case {
        name: "list-shows-updates",
        requirement: "The list shows every registry as its last update left it.",
        verifies: &["registry.update.stored"],
        looks: Looks::At(&[Step::ListUpdated, Step::UpdateDescription]),
        check: |check| {
            check.run.entries(Step::ListUpdated)?;
            let registry = check.run.object(Step::UpdateDescription)?;
            if let Ok((place, entry)) = check.entry(Step::ListUpdated, registry.get("id")) {
                check.same_properties(Step::ListUpdated, &place, entry, registry, &["web_url"]);
            } else {
                let expected = format!("the registry with the id {}", shown(registry.get("id")));
                check.find(Step::ListUpdated, None, expected, "no such registry");
            }
            Ok(())
        },
    },
];
