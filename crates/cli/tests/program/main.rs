//! The program against the reference server, over real sockets.

#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod api;
mod apply;
mod apply_output;
mod asking;
mod auth;
mod connection;
mod deleting;
mod errors;
mod help;
mod keyring;
mod output;
mod policy;
mod redaction;
mod registries;
mod support;
mod tokens;
