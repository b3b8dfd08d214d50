//! Updating a registry.

use serde_json::{Value, json};

use super::{Case, Check, Looks, history::About};
use crate::{
    exchange::shown,
    observed::Unmet,
    steps::{CHANGED, OTHER_COLOR, Step, long_description},
};

const CLEARED: [&str; 4] = ["description", "emoji", "color", "oidc_policy"];
/// What a new name changes.
const RENAMED: [&str; 3] = ["name", "slug", "url"];
/// What the full registry was answered to be, one after the other, before it was cleared.
const STATES: [Step; 4] =
    [Step::CreateFull, Step::UpdateName, Step::UpdateWithPatch, Step::UpdateWithPut];

pub(super) const CASES: &[Case] = &[
    Case {
        name: "update-succeeds",
        requirement: "Updating a registry with POST answers 200.",
        verifies: &["registry.update.success"],
        looks: Looks::At(&[Step::UpdateName]),
        check: |check| check.status(Step::UpdateName, 200),
    },
    Case {
        name: "update-changes-what-it-names",
        requirement: "The answer to an update has the new value, whatever characters it has.",
        verifies: &["registry.update.description"],
        looks: Looks::At(&[Step::UpdateDescription]),
        check: |check| check.property(Step::UpdateDescription, "description", &[json!(CHANGED)]),
    },
    Case {
        name: "long-text-is-stored-whole",
        requirement: "A long description is refused, or stored to its end.",
        verifies: &["registry.update.description", "registry.update.stored"],
        looks: Looks::At(&[Step::UpdateLong, Step::GetLong, Step::DeletePolicyText]),
        check: |check| {
            check.run.success(Step::UpdateLong)?;
            let description = json!(long_description());
            for step in [Step::UpdateLong, Step::GetLong] {
                check.property(step, "description", std::slice::from_ref(&description))?;
            }
            Ok(())
        },
    },
    Case {
        name: "update-keeps-what-it-does-not-name",
        requirement: "An update leaves every property that it does not name as it was.",
        verifies: &["registry.update.absent"],
        looks: Looks::At(&[
            Step::UpdateDescription,
            Step::CreateMinimal,
            Step::UpdateClear,
            Step::CreateFull,
        ]),
        check: |check| {
            let run = check.run;
            run.object(Step::UpdateDescription).or_else(|_| run.object(Step::UpdateClear))?;
            check.differing(&[About::Kept])
        },
    },
    Case {
        name: "update-with-null-clears",
        requirement: "An update with null clears description, emoji, color and oidc_policy.",
        verifies: &["registry.update.null"],
        looks: Looks::At(&[Step::UpdateClear]),
        check: |check| {
            check.status(Step::UpdateClear, 200)?;
            CLEARED
                .iter()
                .try_for_each(|name| check.property(Step::UpdateClear, name, &[Value::Null]))
        },
    },
    Case {
        name: "update-with-empty-values-clears",
        requirement: "An update with empty values clears description, emoji, color and oidc_policy.",
        verifies: &["registry.update.empty"],
        looks: Looks::At(&[Step::UpdateWithEmptyValues, Step::DeletePolicyText]),
        check: |check| {
            let step = Step::UpdateWithEmptyValues;
            check.accepted(step, "it clears with empty values")?;
            let cleared = [Value::Null, json!(""), json!([]), json!("[]")];
            CLEARED.iter().try_for_each(|name| {
                let printed = if *name == "oidc_policy" { &cleared[..] } else { &cleared[..2] };
                check.property(step, name, printed)
            })
        },
    },
    Case {
        name: "update-with-null-is-stored",
        requirement: "What an update cleared stays cleared.",
        verifies: &["registry.update.null"],
        looks: Looks::At(&[Step::ListUpdated, Step::UpdateClear]),
        check: |check| {
            let cleared = check.run.object(Step::UpdateClear)?;
            let (place, listed) = check.entry(Step::ListUpdated, cleared.get("id"))?;
            CLEARED.iter().try_for_each(|name| {
                let place = format!("{place}/{name}");
                check.stays(Step::ListUpdated, &place, listed.get(*name), cleared.get(*name))
            })
        },
    },
    Case {
        name: "update-changes-the-name",
        requirement: "A registry can be renamed.",
        verifies: &["registry.update.name"],
        looks: Looks::At(&[Step::UpdateName]),
        check: |check| {
            let name = check.run.name("Beta Renamed");
            check.property(Step::UpdateName, "name", &[json!(name)])
        },
    },
    Case {
        name: "rename-changes-the-slug",
        requirement: "A new name changes the slug and the URL with it.",
        verifies: &["registry.update.rename"],
        looks: Looks::At(&[Step::UpdateName]),
        check: |check| {
            let slug = format!("conformance-{}-beta-renamed", check.run.tag);
            check.property(Step::UpdateName, "slug", &[json!(slug)])?;
            let url = check.run.object(Step::UpdateName)?.get("url");
            let named = url.and_then(Value::as_str).is_some_and(|url| url.ends_with(&slug));
            if !named {
                let expected = format!("a URL that ends with {slug}");
                check.find(Step::UpdateName, Some("/url"), expected, shown(url));
            }
            Ok(())
        },
    },
    Case {
        name: "rename-keeps-the-registry",
        requirement: "A renamed registry has the id and every other property that it had.",
        verifies: &["registry.update.rename-keeps"],
        looks: Looks::At(&[Step::UpdateName, Step::CreateFull]),
        check: |check| keeps(check, Step::UpdateName, &STATES[..1], &RENAMED),
    },
    Case {
        name: "update-keeps-the-policy",
        requirement: "A policy that a create was answered with is not lost by updates that do not name it.",
        verifies: &["oidc.policy.response"],
        looks: Looks::At(&[Step::GetUpdated, Step::CreateFull, Step::UpdateName]),
        check: |check| {
            check.run.success(Step::UpdateName)?;
            let set = check.run.object(Step::CreateFull)?.get("oidc_policy");
            let got = check.run.object(Step::GetUpdated)?.get("oidc_policy");
            if !set.is_some_and(Value::is_string) || got.is_none() {
                let why = "create-full or get-updated returned no policy, which may be kept back";
                return Err(Unmet::Skip(why.into()));
            }
            check.saw();
            if got == Some(&Value::Null) {
                let place = Some("/oidc_policy");
                check.find(Step::GetUpdated, place, shown(set), shown(got));
            }
            Ok(())
        },
    },
    Case {
        name: "rename-moves-the-registry",
        requirement: "A renamed registry is found under its new slug.",
        verifies: &["registry.update.old-slug"],
        looks: Looks::At(&[Step::GetUpdated, Step::UpdateName]),
        check: |check| {
            check.run.success(Step::UpdateName)?;
            check.status(Step::GetUpdated, 200)?;
            keeps(check, Step::GetUpdated, &[Step::UpdateName], &["emoji", "color"])
        },
    },
    Case {
        name: "rename-retires-the-old-slug",
        requirement: "A renamed registry is no longer found under its old slug.",
        verifies: &["registry.update.old-slug"],
        looks: Looks::AtRefusals(&[Step::GetOldSlug]),
        check: |check| {
            check.refused(Step::GetOldSlug, &[403, 404, 410], "the slug is no longer used")
        },
    },
    Case {
        name: "update-sets-a-policy",
        requirement: "An update with a policy is accepted.",
        verifies: &["registry.update.policy", "oidc.policy.forms"],
        looks: Looks::At(&[Step::UpdateDescription, Step::UpdateName]),
        check: |check| {
            // A deployment that takes no update at all does not refuse the policy.
            check.run.success(Step::UpdateName)?;
            check.accepted(Step::UpdateDescription, "it sets the description and the policy")
        },
    },
    Case {
        name: "update-takes-a-policy",
        requirement: "A policy that an update sets is returned as text.",
        verifies: &["oidc.policy.response-form"],
        looks: Looks::At(&[Step::UpdateDescription]),
        check: |check| {
            let policy = check.run.object(Step::UpdateDescription)?.get("oidc_policy");
            check.saw();
            if !policy.is_some_and(Value::is_string) {
                let place = Some("/oidc_policy");
                check.find(Step::UpdateDescription, place, "the policy as text", shown(policy));
            }
            Ok(())
        },
    },
    Case {
        name: "update-with-patch",
        requirement: "An update with PATCH does the same as one with POST: it sets one property, clears another \
                      and leaves the rest.",
        verifies: &["registry.update.patch"],
        looks: Looks::At(&[Step::UpdateWithPatch, Step::UpdateName]),
        check: |check| {
            check.status(Step::UpdateWithPatch, 200)?;
            check.property(Step::UpdateWithPatch, "emoji", &[json!(":gem:"), json!("💎")])?;
            check.property(Step::UpdateWithPatch, "color", &[Value::Null])?;
            keeps(check, Step::UpdateWithPatch, &STATES[..2], &["emoji", "color"])
        },
    },
    Case {
        name: "update-with-put",
        requirement: "An update with PUT changes what it names and replaces nothing else; the name that the \
                      registry has already changes nothing.",
        verifies: &["registry.update.put"],
        looks: Looks::At(&[Step::UpdateWithPut, Step::UpdateName]),
        check: |check| {
            check.status(Step::UpdateWithPut, 200)?;
            check.property(Step::UpdateWithPut, "color", &[json!(OTHER_COLOR)])?;
            keeps(check, Step::UpdateWithPut, &STATES[..3], &["color"])
        },
    },
    Case {
        name: "update-with-patch-and-put-is-stored",
        requirement: "What PATCH and PUT changed is found again.",
        verifies: &[
            "registry.update.patch",
            "registry.update.put",
            "registry.update.emoji",
            "registry.update.color",
        ],
        looks: Looks::At(&[Step::GetUpdated, Step::UpdateWithPatch, Step::UpdateWithPut]),
        check: |check| {
            let patched = check.run.object(Step::UpdateWithPatch)?;
            let put = check.run.object(Step::UpdateWithPut)?;
            let got = check.run.object(Step::GetUpdated)?;
            [("emoji", patched), ("color", put)].into_iter().try_for_each(|(name, set)| {
                let place = format!("/{name}");
                check.stays(Step::GetUpdated, &place, got.get(name), set.get(name))
            })
        },
    },
    Case {
        name: "ecosystem-cannot-change",
        requirement: "An update cannot change the ecosystem: it is refused, or changes nothing.",
        verifies: &["registry.update.ecosystem"],
        looks: Looks::AtRefusals(&[Step::UpdateEcosystem, Step::ListUpdated, Step::CreateMinimal]),
        check: |check| {
            let created = check.run.object(Step::CreateMinimal)?;
            let expected = created.get("ecosystem");
            let answered = check.answer_to_invalid(Step::UpdateEcosystem)?;
            if !answered.is_success() && !answered.refuses_what_is_asked() {
                let why = format!("update-ecosystem returned {}", answered.outline());
                return Err(Unmet::Skip(why));
            }
            let told = answered.json.as_ref().and_then(|body| body.get("ecosystem"));
            if answered.is_success() && told != expected {
                let place = Some("/ecosystem");
                check.find(Step::UpdateEcosystem, place, shown(expected), shown(told));
            }
            let (place, found) = check.entry(Step::ListUpdated, created.get("id"))?;
            let place = format!("{place}/ecosystem");
            check.stays(Step::ListUpdated, &place, found.get("ecosystem"), expected)
        },
    },
];

/// Requires that the registry answered to `step` is the last one answered to `before`, but for
/// `except`.
fn keeps(check: &mut Check<'_>, step: Step, before: &[Step], except: &[&str]) -> Result<(), Unmet> {
    let (received, expected) = (check.run.object(step)?, check.last(before)?);
    let except: Vec<&str> = except.iter().copied().chain(["web_url"]).collect();
    check.same_properties(step, "", received, expected, &except)
}
