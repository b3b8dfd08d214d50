//! The suite against the reference server, against deployments that deviate, and as a command.

mod cli;
mod deviations;
mod examples;
mod interruption;
mod rate_limits;
mod reference;
mod support;
