//! The client against real servers, over real sockets.

#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod blocking;
mod canary;
mod deadlines;
mod documented;
mod errors;
#[path = "../../examples/manage_registries.rs"]
#[expect(dead_code, reason = "its `main` is not called")]
mod example;
mod handles;
mod missing;
mod pacing;
mod pages;
mod policies;
mod queues;
mod raw;
mod reference;
mod requests;
mod responses;
mod retries;
mod spans;
mod support;
mod times;
