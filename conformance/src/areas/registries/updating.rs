//! Updating a registry.

use serde_json::{Value, json};

use super::history::About;
use crate::{
    case::{Case, Check, Looks, Steps},
    exchange::shown,
    observed::NotJudged,
    steps::{CHANGED, OTHER_COLOR, Step, long_description},
};

const CLEARED: [&str; 4] = ["description", "emoji", "color", "oidc_policy"];
/// What a new name changes.
const RENAMED: [&str; 3] = ["name", "slug", "url"];
/// The steps that returned the full registry before it was cleared, in order.
const STATES: [Step; 4] =
    [Step::CreateFull, Step::UpdateName, Step::UpdateWithPatch, Step::UpdateWithPut];

pub(super) const CASES: &[Case] = &[
    Case {
        name: "update-succeeds",
        requirement: "Updating a registry with POST returns 200.",
        verifies: &["registry.update.success"],
        looks: Looks::At(&Steps([Step::UpdateName], |check, [update_name]| {
            check.status(update_name, 200)
        })),
    },
    Case {
        name: "update-changes-what-it-names",
        requirement: "The response to an update has the new value, whatever its characters.",
        verifies: &["registry.update.description"],
        looks: Looks::At(&Steps([Step::UpdateDescription], |check, [update_description]| {
            check.property(update_description, "description", &[json!(CHANGED)])
        })),
    },
    Case {
        name: "long-text-is-stored-whole",
        requirement: "A long description is rejected, or stored completely.",
        verifies: &["registry.update.description", "registry.update.stored"],
        looks: Looks::At(&Steps(
            [Step::UpdateLong, Step::GetLong, Step::DeletePolicyText],
            |check, [update_long, get_long, _]| {
                check.run.success(update_long)?;
                let description = json!(long_description());
                for step in [update_long, get_long] {
                    check.property(step, "description", std::slice::from_ref(&description))?;
                }
                Ok(())
            },
        )),
    },
    Case {
        name: "update-keeps-what-it-does-not-name",
        requirement: "An update leaves every property that it does not name as it was.",
        verifies: &["registry.update.absent"],
        looks: Looks::At(&Steps(
            [Step::UpdateDescription, Step::CreateMinimal, Step::UpdateClear, Step::CreateFull],
            |check, [update_description, _, update_clear, _]| {
                let run = check.run;
                run.object(update_description).or_else(|_| run.object(update_clear))?;
                check.differing(&[About::Changed])
            },
        )),
    },
    Case {
        name: "update-with-null-clears",
        requirement: "An update with null clears description, emoji, color and oidc_policy.",
        verifies: &["registry.update.null"],
        looks: Looks::At(&Steps([Step::UpdateClear], |check, [update_clear]| {
            check.status(update_clear, 200)?;
            CLEARED.iter().try_for_each(|name| check.property(update_clear, name, &[Value::Null]))
        })),
    },
    Case {
        name: "update-with-empty-values-clears",
        requirement: "An update with empty values clears description, emoji, color and oidc_policy.",
        verifies: &["registry.update.empty"],
        looks: Looks::At(&Steps(
            [Step::UpdateWithEmptyValues, Step::DeletePolicyText],
            |check, [update_with_empty_values, _]| {
                let step = update_with_empty_values;
                check.accepted(step, "it clears with empty values")?;
                let cleared = [Value::Null, json!(""), json!([]), json!("[]")];
                CLEARED.iter().try_for_each(|name| {
                    let printed = if *name == "oidc_policy" { &cleared[..] } else { &cleared[..2] };
                    check.property(step, name, printed)
                })
            },
        )),
    },
    Case {
        name: "update-with-null-is-stored",
        requirement: "What an update cleared stays cleared.",
        verifies: &["registry.update.null"],
        looks: Looks::At(&Steps(
            [Step::ListUpdated, Step::UpdateClear],
            |check, [list_updated, update_clear]| {
                let cleared = check.run.object(update_clear)?;
                let (place, listed) = check.entry(list_updated, cleared.get("id"))?;
                CLEARED.iter().try_for_each(|name| {
                    let place = format!("{place}/{name}");
                    check.stays(list_updated, &place, listed.get(*name), cleared.get(*name))
                })
            },
        )),
    },
    Case {
        name: "update-changes-the-name",
        requirement: "A registry can be renamed.",
        verifies: &["registry.update.name"],
        looks: Looks::At(&Steps([Step::UpdateName], |check, [update_name]| {
            let name = check.run.name("Beta Renamed");
            check.property(update_name, "name", &[json!(name)])
        })),
    },
    Case {
        name: "rename-changes-the-slug",
        requirement: "A new name changes the slug and the URL with it.",
        verifies: &["registry.update.rename"],
        looks: Looks::At(&Steps([Step::UpdateName], |check, [update_name]| {
            let slug = format!("conformance-{}-beta-renamed", check.run.tag);
            check.property(update_name, "slug", &[json!(slug)])?;
            let url = check.run.object(update_name)?.get("url");
            let named = url.and_then(Value::as_str).is_some_and(|url| url.ends_with(&slug));
            if !named {
                let expected = format!("a URL that ends with {slug}");
                check.find(update_name, Some("/url"), expected, shown(url));
            }
            Ok(())
        })),
    },
    Case {
        name: "rename-keeps-the-registry",
        requirement: "A renamed registry has the id and every other property that it had.",
        verifies: &["registry.update.rename-keeps"],
        looks: Looks::At(&Steps(
            [Step::UpdateName, Step::CreateFull],
            |check, [update_name, _]| leaves_unchanged(check, update_name, &STATES[..1], &RENAMED),
        )),
    },
    Case {
        name: "update-keeps-the-policy",
        requirement: "A policy in the response to a create is not lost by updates that do not name it.",
        verifies: &["oidc.policy.response"],
        looks: Looks::At(&Steps(
            [Step::GetUpdated, Step::CreateFull, Step::UpdateName],
            |check, [get_updated, create_full, update_name]| {
                check.run.success(update_name)?;
                let set = check.run.object(create_full)?.get("oidc_policy");
                let got = check.run.object(get_updated)?.get("oidc_policy");
                if !set.is_some_and(Value::is_string) || got.is_none() {
                    let why = "create-full or get-updated returned no policy; a deployment may leave it out";
                    return Err(NotJudged::Skip(why.into()));
                }
                check.saw();
                if got == Some(&Value::Null) {
                    let place = Some("/oidc_policy");
                    check.find(get_updated, place, shown(set), shown(got));
                }
                Ok(())
            },
        )),
    },
    Case {
        name: "rename-moves-the-registry",
        requirement: "A renamed registry is at its new slug.",
        verifies: &["registry.update.old-slug"],
        looks: Looks::At(&Steps(
            [Step::GetUpdated, Step::UpdateName],
            |check, [get_updated, update_name]| {
                check.run.success(update_name)?;
                check.status(get_updated, 200)?;
                leaves_unchanged(check, get_updated, &[update_name], &["emoji", "color"])
            },
        )),
    },
    Case {
        name: "rename-retires-the-old-slug",
        requirement: "A renamed registry is no longer at its old slug.",
        verifies: &["registry.update.old-slug"],
        looks: Looks::AtRefusals(&Steps([Step::GetOldSlug], |check, [get_old_slug]| {
            check.refused(get_old_slug, &[403, 404, 410], "the slug is no longer used")
        })),
    },
    Case {
        name: "update-sets-a-policy",
        requirement: "An update with a policy is accepted.",
        verifies: &["registry.update.policy", "oidc.policy.forms"],
        looks: Looks::At(&Steps(
            [Step::UpdateDescription, Step::UpdateName],
            |check, [update_description, update_name]| {
                // A deployment that takes no update at all does not refuse the policy.
                check.run.success(update_name)?;
                check.accepted(update_description, "it sets the description and the policy")
            },
        )),
    },
    Case {
        name: "update-takes-a-policy",
        requirement: "A policy that an update sets is returned as text.",
        verifies: &["oidc.policy.response-form"],
        looks: Looks::At(&Steps([Step::UpdateDescription], |check, [update_description]| {
            let policy = check.run.object(update_description)?.get("oidc_policy");
            check.saw();
            if !policy.is_some_and(Value::is_string) {
                let place = Some("/oidc_policy");
                check.find(update_description, place, "the policy as text", shown(policy));
            }
            Ok(())
        })),
    },
    Case {
        name: "update-with-patch",
        requirement: "An update with PATCH does the same as one with POST: it sets one property, clears another \
                      and leaves the rest.",
        verifies: &["registry.update.patch"],
        looks: Looks::At(&Steps(
            [Step::UpdateWithPatch, Step::UpdateName],
            |check, [update_with_patch, _]| {
                check.status(update_with_patch, 200)?;
                check.property(update_with_patch, "emoji", &[json!(":gem:"), json!("💎")])?;
                check.property(update_with_patch, "color", &[Value::Null])?;
                leaves_unchanged(check, update_with_patch, &STATES[..2], &["emoji", "color"])
            },
        )),
    },
    Case {
        name: "update-with-put",
        requirement: "An update with PUT changes what it names and replaces nothing else; the name that the \
                      registry has already changes nothing.",
        verifies: &["registry.update.put"],
        looks: Looks::At(&Steps(
            [Step::UpdateWithPut, Step::UpdateName],
            |check, [update_with_put, _]| {
                check.status(update_with_put, 200)?;
                check.property(update_with_put, "color", &[json!(OTHER_COLOR)])?;
                leaves_unchanged(check, update_with_put, &STATES[..3], &["color"])
            },
        )),
    },
    Case {
        name: "update-with-patch-and-put-is-stored",
        requirement: "Later reads show what PATCH and PUT changed.",
        verifies: &[
            "registry.update.patch",
            "registry.update.put",
            "registry.update.emoji",
            "registry.update.color",
        ],
        looks: Looks::At(&Steps(
            [Step::GetUpdated, Step::UpdateWithPatch, Step::UpdateWithPut],
            |check, [get_updated, update_with_patch, update_with_put]| {
                let patched = check.run.object(update_with_patch)?;
                let put = check.run.object(update_with_put)?;
                let got = check.run.object(get_updated)?;
                [("emoji", patched), ("color", put)].into_iter().try_for_each(|(name, set)| {
                    let place = format!("/{name}");
                    check.stays(get_updated, &place, got.get(name), set.get(name))
                })
            },
        )),
    },
    Case {
        name: "ecosystem-cannot-change",
        requirement: "An update cannot change the ecosystem: it is rejected, or changes nothing.",
        verifies: &["registry.update.ecosystem"],
        looks: Looks::AtRefusals(&Steps(
            [Step::UpdateEcosystem, Step::ListUpdated, Step::CreateMinimal],
            |check, [update_ecosystem, list_updated, create_minimal]| {
                let created = check.run.object(create_minimal)?;
                let expected = created.get("ecosystem");
                let answered = check.answer_to_invalid(update_ecosystem)?;
                if !answered.is_success() && !answered.refuses_what_is_asked() {
                    let why = format!("update-ecosystem returned {}", answered.outline());
                    return Err(NotJudged::Skip(why));
                }
                let ecosystem = answered.json.as_ref().and_then(|body| body.get("ecosystem"));
                if answered.is_success() && ecosystem != expected {
                    let place = Some("/ecosystem");
                    check.find(update_ecosystem, place, shown(expected), shown(ecosystem));
                }
                let (place, found) = check.entry(list_updated, created.get("id"))?;
                let place = format!("{place}/ecosystem");
                check.stays(list_updated, &place, found.get("ecosystem"), expected)
            },
        )),
    },
];

/// Requires that the registry that `step` returned is the last one that `before` returned, but for
/// `except`.
fn leaves_unchanged(
    check: &mut Check<'_>,
    step: Step,
    before: &[Step],
    except: &[&str],
) -> Result<(), NotJudged> {
    let (received, expected) = (check.run.object(step)?, check.last(before)?);
    let except: Vec<&str> = except.iter().copied().chain(["web_url"]).collect();
    check.same_properties(step, "", received, expected, &except)
}
