//! A reference server of the Registries API.
//!
//! The binary `registries-server` serves it from the command line. Tests start it in their own
//! process with [`Embedded`].

#![cfg_attr(
    test,
    expect(
        clippy::disallowed_methods,
        reason = "a test has the time and identifiers that it likes"
    )
)]
#![cfg_attr(
    not(feature = "program"),
    expect(dead_code, unused_imports, reason = "what the program does with a server is more")
)]

mod admin;
mod app;
mod auth;
mod body;
#[cfg(feature = "program")]
pub mod cli;
mod clock;
mod config;
#[expect(clippy::disallowed_methods, reason = "a grace period ends by the machine's clock")]
mod connections;
mod description;
mod domain;
mod embedded;
mod error;
mod gate;
mod head;
mod ids;
mod limits;
#[cfg_attr(not(feature = "program"), path = "without/metrics.rs")]
mod metrics;
mod monitoring;
mod network;
#[expect(clippy::disallowed_methods, reason = "how long an answer took is measured")]
mod observe;
mod refusals;
mod router;
mod routes;
mod server;
mod small_file;
mod storage;
mod timed_body;
#[expect(clippy::disallowed_methods, reason = "time limits run by the machine's clock")]
mod timed_stream;
#[cfg_attr(not(feature = "tls"), path = "without/tls.rs")]
mod tls;

pub use admin::{AdministrationError, TokenRequest};
pub use clock::{Clock, ManualClock, SystemClock};
pub use config::{InvalidRateLimit, RateLimit};
pub use domain::scope::{Scope, UnknownScope};
pub use embedded::{Embedded, EmbeddedOptions, StartError, TlsFiles};
