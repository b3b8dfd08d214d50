//! What `deep` explores: a preflight, requests that are generated, sequences, races, and teams.

use crate::{
    case::{Case, Looks},
    outcome::Exploration,
};

pub(super) const CASES: &[Case] = &[
    Case {
        name: "preflight-is-answered",
        requirement: "A preflight allows a script of any origin to send a token.",
        verifies: &["cors.preflight"],
        looks: Looks::Explored(Exploration::Preflight),
    },
    Case {
        name: "generated-invalid-bodies-are-refused",
        requirement: "A body in which one property has another type, form or size is rejected, and one at its \
                      limits is not.",
        verifies: &["registry.body.types"],
        looks: Looks::Explored(Exploration::Invalid),
    },
    Case {
        name: "registry-token-descriptions-of-any-other-type-are-refused",
        requirement: "A description of a registry token that is not a string is rejected, whatever its type.",
        verifies: &["registry-token.create", "registry-token.update"],
        looks: Looks::Explored(Exploration::InvalidTokens),
    },
    Case {
        name: "teams-are-required-told-and-stay",
        requirement: "Where the organization has teams, no registry is created without one, a registry \
                      returns its own, and no update changes them.",
        verifies: &[
            "registry.create.team-ids",
            "registry.object.team-ids",
            "registry.update.team-ids",
        ],
        looks: Looks::Explored(Exploration::Teams),
    },
    Case {
        name: "each-property-is-set-and-cleared-alone",
        requirement: "An update that sets or clears one property changes no other, whichever it is, and \
                      by whichever method.",
        verifies: &["registry.update.absent", "registry.update.stored"],
        looks: Looks::Explored(Exploration::Properties),
    },
    Case {
        name: "long-lists-are-whole",
        requirement: "A list that is longer than a page of the API has every entry once, with the \
                      properties that it has by itself.",
        verifies: &["registry.list.whole", "registry-token.list"],
        looks: Looks::Explored(Exploration::Lists),
    },
    Case {
        name: "sequences-do-what-the-model-says",
        requirement: "In any order of operations, every response shows the results of those before it.",
        verifies: &["registry.any-order"],
        looks: Looks::Explored(Exploration::Sequences),
    },
    Case {
        name: "races-have-one-winner",
        requirement: "Concurrent requests do not share a slug, and leave nothing half done.",
        verifies: &["registry.at-the-same-time"],
        looks: Looks::Explored(Exploration::Races),
    },
    Case {
        name: "user-limit-is-enforced",
        requirement: "When a user has no requests left, the next one is rejected with 429, with the \
                      exhausted window and the time until its reset.",
        verifies: &[
            "rate-limit.exceeded-status",
            "rate-limit.exceeded-body",
            "rate-limit.warning-headers",
        ],
        looks: Looks::Explored(Exploration::Limits),
    },
];
