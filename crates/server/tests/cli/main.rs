//! The command `registries-server`, run as a user runs it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::print_stdout, reason = "a test prints what it measured")]
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

mod administration;
mod backup;
mod configuration;
mod deployment;
mod disk;
mod doctor;
mod harness;
mod help;
mod kill;
mod linearizable;
mod lists;
mod logs;
mod monitoring;
mod outage;
mod policy;
#[path = "../postgres/mod.rs"]
mod postgres;
mod processes;
mod rows;
mod serving;
mod side_files;
#[path = "../shared/slow.rs"]
mod slow;
mod slow_clients;
mod slow_http2;
#[path = "../shared/snapshots.rs"]
mod snapshots;
mod tls;
mod upgrade;
mod usage;
