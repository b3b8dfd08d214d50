//! The server over real sockets, with a real database.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::disallowed_methods, reason = "a test has the time and identifiers that it likes")]

/// An example of the vendor's documentation.
macro_rules! documented {
    ($name:literal) => {
        include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../conformance/data/doc-examples/",
            $name
        ))
    };
}

mod access_token;
mod auth;
mod browser;
mod concurrency;
mod description;
mod embedded;
mod harness;
mod http;
mod organizations;
mod outage;
#[path = "../postgres/mod.rs"]
mod postgres;
mod rate_limits;
mod registries;
mod registry_tokens;
mod robustness;
#[path = "../shared/slow.rs"]
mod slow;
#[path = "../shared/snapshots.rs"]
mod snapshots;
mod teams;
mod transcript;
mod validation;
