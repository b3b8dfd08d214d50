//! Checks whether a server conforms to the Registries API.
//!
//! [`run`] sends the exchanges that the [`cases`] look at, validates each against the [`contract`],
//! removes what it created and returns a [`Report`]. The `conformance` command is this library with
//! options. A project runs the cases in its own tests, and adds to them with [`OwnCase`].

mod areas;
mod case;
mod coverage;
mod engine;
mod exchange;
mod explore;
pub mod group;
mod ledger;
mod observed;
mod outcome;
mod ownership;
mod plan;
pub mod profile;
mod readings;
pub mod report;
mod run;
mod steps;
pub mod strength;
pub mod sweep;
mod tag;
mod text;
pub mod traffic;
mod transcript;
mod verified;
mod wire;

pub use self::engine::{deployment, har};
pub use registries_contract::{self as contract, level, requirements};

/// What is required of a deployment: the cases, and which a run judges.
pub mod cases {
    pub use crate::{
        case::{Case, Closeness, closeness},
        outcome::Found,
        plan::{all, requests, selected},
        verified::{check_requirements, verifying},
    };
}

/// What a run sends and how it compares it, for the catalogue of defects that the suite is measured with.
#[doc(hidden)]
pub mod internals {
    pub use crate::{
        case::{Closeness, closeness},
        engine::deployment::{BODY_LIMIT, client_for},
        explore::DESCRIPTIONS,
        run::run_as,
        steps::{
            CHANGED, COLOR, DESCRIPTION, OTHER_COLOR, POLICY_TEXT, TOKEN_CHANGED, TOKEN_DESCRIPTION,
        },
        tag::new as new_tag,
    };
}

/// The examples of READMEs are compiled with those of the documentation.
#[cfg(doctest)]
mod readmes {
    #[doc = include_str!("../../README.md")]
    struct Project;
    #[doc = include_str!("../README.md")]
    struct Crate;
}

pub use self::{
    deployment::Deployment,
    exchange::Exchange,
    observed::NotJudged,
    profile::Profile,
    report::{Report, Status, Verdict},
    run::{Checking, Listener, Options, OwnCase, Progress, Session, replay, run, transcripts},
    wire::{Answer, Credential, Request, Unrecorded},
};
