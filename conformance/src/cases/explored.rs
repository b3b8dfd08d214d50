//! What `deep` explores: a preflight, requests that are generated, sequences, races, and teams.

use std::sync::Arc;

use super::{Case, Check, Found, Looks};
use crate::{observed::Unmet, outcome::Exploration};

pub(super) const CASES: &[Case] = &[
    Case {
        name: "preflight-is-answered",
        requirement: "A browser that asks first is told that a script of any origin may send a token.",
        verifies: &["cors.preflight"],
        looks: Looks::Explored(Exploration::Preflight),
        check: |check| explored(check, Exploration::Preflight),
    },
    Case {
        name: "generated-invalid-bodies-are-refused",
        requirement: "A body in which one property has another type, form or size is refused, and one at its \
                      limits is not.",
        verifies: &["registry.body.types"],
        looks: Looks::Explored(Exploration::Invalid),
        check: |check| explored(check, Exploration::Invalid),
    },
    Case {
        name: "registry-token-descriptions-of-any-other-type-are-refused",
        requirement: "A registry token cannot be given a description that is no text, of whatever type.",
        verifies: &["registry-token.create", "registry-token.update"],
        looks: Looks::Explored(Exploration::InvalidTokens),
        check: |check| explored(check, Exploration::InvalidTokens),
    },
    Case {
        name: "teams-are-required-told-and-stay",
        requirement: "Where the organization has teams, no registry is created without one, a registry \
                      tells its own, and no update changes them.",
        verifies: &[
            "registry.create.team-ids",
            "registry.object.team-ids",
            "registry.update.team-ids",
        ],
        looks: Looks::Explored(Exploration::Teams),
        check: |check| explored(check, Exploration::Teams),
    },
    Case {
        name: "each-property-is-set-and-cleared-alone",
        requirement: "An update that sets or clears one property changes no other, whichever it is, and \
                      by whichever method.",
        verifies: &["registry.update.absent", "registry.update.stored"],
        looks: Looks::Explored(Exploration::Properties),
        check: |check| explored(check, Exploration::Properties),
    },
    Case {
        name: "long-lists-are-whole",
        requirement: "A list that is longer than a page of the API has every entry once, as it is by \
                      itself.",
        verifies: &["registry.list.whole", "registry-token.list"],
        looks: Looks::Explored(Exploration::Lists),
        check: |check| explored(check, Exploration::Lists),
    },
    Case {
        name: "sequences-do-what-the-model-says",
        requirement: "Whatever the order of operations, every answer is what they add up to.",
        verifies: &["registry.any-order"],
        looks: Looks::Explored(Exploration::Sequences),
        check: |check| explored(check, Exploration::Sequences),
    },
    Case {
        name: "races-have-one-winner",
        requirement: "Requests at the same time do not share a slug, and leave nothing half done.",
        verifies: &["registry.at-the-same-time"],
        looks: Looks::Explored(Exploration::Races),
        check: |check| explored(check, Exploration::Races),
    },
    Case {
        name: "user-limit-is-enforced",
        requirement: "When a user has no requests left, the next one is refused with 429, which \
                      says which window is exhausted and until when.",
        verifies: &[
            "rate-limit.exceeded-status",
            "rate-limit.exceeded-body",
            "rate-limit.warning-headers",
        ],
        looks: Looks::Explored(Exploration::Limits),
        check: |check| explored(check, Exploration::Limits),
    },
];

fn explored(check: &mut Check<'_>, what: Exploration) -> Result<(), Unmet> {
    let Some(explored) = &check.run.explored else {
        if let Some(stop) = &check.run.stopped {
            return Err(Unmet::Error(stop.reason().to_owned()));
        }
        return Err(Unmet::Skip("nothing was explored".into()));
    };
    let found = explored.found.iter().filter(|(exploration, ..)| *exploration == what);
    check.found.extend(
        found.map(|(_, exchange, problem)| {
            Found::in_exchange(Arc::clone(exchange), problem.clone())
        }),
    );
    for requirement in explored.open.get(&what).into_iter().flatten() {
        check.leaves_open(requirement);
    }
    for _ in 0..explored.judged.get(&what).copied().unwrap_or_default() {
        check.saw();
    }
    match explored.unmet.get(&what) {
        Some(unmet) => Err(unmet.clone()),
        None if explored.requests.contains_key(&what) => Ok(()),
        None => Err(Unmet::Skip("nothing of it was explored".into())),
    }
}
