//! The suite against the reference server, against deployments that deviate, and as a command.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod archives;
mod browser;
mod canary;
mod cli;
mod comparing;
mod constant;
mod deployments;
mod deviations;
mod endless;
mod escaping;
mod examples;
mod exploring;
mod faults;
mod first;
mod generators;
mod help;
mod html;
mod https;
mod human;
mod interruption;
mod junit;
mod known;
mod late;
mod own;
mod patience;
#[path = "../../../../crates/server/tests/postgres/mod.rs"]
mod postgres;
mod proxy;
mod rate_limits;
mod reach;
mod recording;
mod reference;
mod reports;
mod requirements;
mod safety;
mod settings;
mod support;
mod sweep;
mod tolerance;
mod traffic;
