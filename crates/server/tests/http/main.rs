//! The server over real sockets, with a real database.

mod access_token;
mod auth;
mod concurrency;
mod embedded;
mod harness;
mod http;
mod rate_limits;
mod registries;
mod robustness;
mod validation;
