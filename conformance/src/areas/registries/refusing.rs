//! What a deployment must refuse, and that a refusal leaves no trace.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{
    case::{Case, Looks, Steps, invalid, refused},
    exchange::{Exchange, abridged},
    observed::NotJudged,
    steps::Step,
    wire::id_text,
};

const CREATE: &str = "create_registry";
const NO_SUCH: &str = "there is no such registry";

pub(super) const CASES: &[Case] = &[
    Case {
        name: "unknown-slug-is-refused",
        requirement: "A request for an unknown slug does not return a registry.",
        verifies: &["registry.get.by-slug"],
        looks: Looks::AtRefusals(&Steps(
            [Step::GetUnknown, Step::UpdateUnknown],
            |check, [get_unknown, update_unknown]| {
                let got = check.refused(get_unknown, &[403, 404, 410], NO_SUCH);
                let statuses = [403, 404, 410, 422];
                got.and(check.refused(update_unknown, &statuses, NO_SUCH))
            },
        )),
    },
    refused!(
        "unknown-slug-is-not-found",
        "Getting or deleting an unknown slug returns 404.",
        ["registry.get.unknown", "registry.delete.unknown"],
        "there is no such registry",
        [404],
        [GetUnknown, DeleteUnknown]
    ),
    invalid!(
        "name-is-required",
        "A registry cannot be created without a name.",
        ["registry.create.name-required"],
        CreateWithoutName,
        "the name is missing"
    ),
    invalid!(
        "ecosystem-is-required",
        "A registry cannot be created without an ecosystem.",
        ["registry.create.ecosystem-required"],
        CreateWithoutEcosystem,
        "the ecosystem is missing"
    ),
    invalid!(
        "malformed-json-is-refused",
        "A body that is not JSON creates nothing.",
        ["registry.create.body"],
        CreateMalformed,
        "the body is not JSON"
    ),
    invalid!(
        "name-must-be-text",
        "A name that is a list is rejected.",
        ["registry.create.name"],
        CreateWrongType,
        "the name is not a string"
    ),
    invalid!(
        "description-must-be-text",
        "A description that is an object is rejected.",
        ["registry.update.description"],
        UpdateWrongType,
        "the description is not a string"
    ),
    invalid!(
        "color-must-be-hex",
        "A color that is not a hex code is rejected.",
        ["registry.create.color"],
        CreateBadColor,
        "the color is not a hex code"
    ),
    invalid!(
        "policy-issuer-must-be-supported",
        "A policy for an issuer that is not supported is rejected.",
        ["oidc.issuer.no-others"],
        CreateBadPolicy,
        "the issuer is not supported"
    ),
    Case {
        name: "validation-error-is-unprocessable",
        requirement: "A validation failure returns 422.",
        verifies: &["common.error.validation-status"],
        looks: Looks::AtRefusals(&Steps(
            [Step::CreateWithoutName, Step::CreateWithoutEcosystem],
            |check, [create_without_name, create_without_ecosystem]| {
                for step in [create_without_name, create_without_ecosystem] {
                    let answer = check.answer_to_invalid(step)?;
                    check.saw();
                    if answer.status != 422 {
                        check.find(step, None, "status 422", answer.outline());
                    }
                }
                Ok(())
            },
        )),
    },
    Case {
        name: "every-problem-is-told",
        requirement: "A list of validation errors is complete.",
        verifies: &["common.error.validation-whole"],
        looks: Looks::AtRefusals(&Steps([Step::CreateNothing], |check, [create_nothing]| {
            let step = create_nothing;
            let value = check.answer_to_invalid(step)?.json.as_ref();
            let errors = value.and_then(|body| body.get("errors"));
            let Some(errors) = errors.filter(|errors| errors.is_array()) else {
                return Err(NotJudged::Skip("what is wrong is not listed".into()));
            };
            check.saw();
            let text = errors.to_string().to_lowercase();
            if !["name", "ecosystem"].iter().all(|missing| text.contains(missing)) {
                let expected = "that the name and the ecosystem are missing";
                check.find(step, Some("/errors"), expected, abridged(errors));
            }
            Ok(())
        })),
    },
    Case {
        name: "slug-is-unique",
        requirement: "No two registries of an organization have the same slug.",
        verifies: &["registry.get.by-slug"],
        looks: Looks::At(&Steps(
            [Step::CreateDuplicate, Step::CreateMinimal],
            |check, [create_duplicate, create_minimal]| {
                let first = check.run.slug(create_minimal)?;
                let id = check.run.object(create_minimal)?.get("id");
                let answer = check.answer(create_duplicate)?;
                let value = |name| answer.json.as_ref().and_then(|body| body.get(name));
                let outline = answer.outline();
                let shows = if answer.is_success() {
                    value("slug").is_some()
                } else {
                    answer.refuses_what_is_asked()
                };
                if !shows {
                    return Err(NotJudged::Skip(format!("create-duplicate returned {outline}")));
                }
                check.saw();
                let is_same_slug = value("slug").and_then(Value::as_str) == Some(&*first);
                // If the first one is returned instead, it has its slug by right.
                if answer.is_success() && is_same_slug && value("id") != id {
                    let expected = "a rejection, or another slug than that of the first registry";
                    check.find(
                        create_duplicate,
                        Some("/slug"),
                        expected,
                        format!("{first:?} again"),
                    );
                }
                Ok(())
            },
        )),
    },
    Case {
        name: "refused-requests-create-nothing",
        requirement: "A rejected create has created nothing.",
        verifies: &["registry.create.refused"],
        looks: Looks::At(&Steps(
            [
                Step::ListUpdated,
                Step::CreateMinimal,
                Step::CreateWithoutEcosystem,
                Step::CreateMalformed,
                Step::CreateBadColor,
            ],
            |check, [list_updated, ..]| {
                let run = check.run;
                // The outcome of a create without a response is unknown: it may well be listed.
                for (step, _) in
                    run.outcomes().filter(|(step, _)| step.definition().operation == CREATE)
                {
                    if let Err(not_judged @ NotJudged::Error(_)) = run.exchange(step) {
                        return Err(not_judged);
                    }
                }
                let id = |registry: &Value| registry.get("id").and_then(id_text);
                let answered: BTreeSet<String> = run
                    .all()
                    .filter(|(_, exchange)| exchange.request.operation == CREATE)
                    .filter(|(_, exchange)| exchange.answer.is_success())
                    .filter_map(|(_, exchange)| id(exchange.answer.json.as_ref()?))
                    .collect();
                let is_refused = |it: &Exchange| (400..500).contains(&it.answer.status);
                let mut creates = run.all().filter(|(_, it)| it.request.operation == CREATE);
                if !creates.any(|(_, it)| is_refused(it)) {
                    return Err(NotJudged::Skip("no create was rejected".into()));
                }
                for entry in run.entries(list_updated)? {
                    let name = entry.get("name").and_then(Value::as_str).unwrap_or_default();
                    if id(entry).is_some_and(|id| answered.contains(&id)) {
                        // The list has what was created, so that the rest shows in it as well.
                        check.saw();
                    } else if name.contains(&run.tag) {
                        let expected = "only registries whose creation succeeded";
                        check.find(list_updated, None, expected, format!("{name:?} as well"));
                    }
                }
                Ok(())
            },
        )),
    },
];
