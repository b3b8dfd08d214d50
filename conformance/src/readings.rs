//! Which reading of a disputed point a deployment follows. Neither is wrong; users want to know.

use crate::{areas, observed::Observed};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A point that the sources disagree about.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct Reading {
    /// The disagreement, as the contract's `x-disagreements` calls it.
    pub id: String,
    /// The part of the exchange that it is about.
    pub subject: String,
    /// The interpretation that the deployment follows; `null` if the run does not show it.
    pub follows: Option<String>,
}

/// The reading of each disagreement that the contract records, as far as the run shows it.
pub(crate) fn readings(run: &Observed) -> Vec<Reading> {
    run.contract
        .disagreements()
        .map(|(id, subject)| Reading {
            id: id.to_owned(),
            subject: subject.to_owned(),
            follows: areas::follows(run, id),
        })
        .collect()
}
