//! The command `registries-server`, run as a user runs it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod administration;
mod deployment;
mod harness;
mod kill;
mod serving;
mod usage;
