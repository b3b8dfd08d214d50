#![doc = include_str!("../README.md")]
#![deny(missing_docs, clippy::missing_errors_doc)]

#[cfg(feature = "blocking")]
mod blocking;
mod call;
mod client;
mod clock;
mod error;
mod field;
mod handles;
mod link;
mod pacing;
mod pages;
#[cfg_attr(all(target_arch = "wasm32", target_os = "unknown"), path = "browser.rs")]
mod platform;
mod policy;
mod printed;
mod rate_limit;
mod raw;
mod response;
mod retry;
mod runtime;
mod spans;
mod testing;
#[cfg(feature = "jiff")]
mod times;
mod token;

pub use call::{Call, CallFuture};
pub use client::{Client, ClientBuilder, DEFAULT_BASE_URL, Exchange};
pub use clock::{Clock, TestClock};
pub use error::{
    ApiError, DeadlineError, DecodeError, Error, ErrorKind, Problem, Resource, TooLargeError,
    TransportError, WaitedFor,
};
pub use field::Field;
pub use generated::{
    builder,
    types::{self, Ecosystem},
};
pub use handles::{
    AccessTokenHandle, CreatedToken, OrganizationHandle, RegistryHandle, RegistryTokenHandle,
    Rename,
};
/// The crate of the times that types return, in the version that fits.
#[cfg(feature = "jiff")]
pub use jiff;
pub use pacing::Pacing;
pub use pages::Pages;
pub use policy::{
    Matcher, Matchers, Policy, PolicyError, PolicyScope, Scalar, Statement, StatementBuilder,
};
pub use rate_limit::{RateLimits, Window};
pub use raw::RawRequest;
/// The HTTP client that [`ClientBuilder::http_client`] takes, in the version that fits.
pub use reqwest;
pub use reqwest::{Method, StatusCode, header::HeaderMap};
pub use response::{RawResponse, Response};
pub use retry::{RetryPolicy, Wait, WaitCause};
#[cfg(feature = "jiff")]
pub use times::TimeError;
pub use token::{Secret, Token};

#[cfg(feature = "generate")]
#[expect(clippy::all, clippy::pedantic, reason = "generated code is not written to be read")]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/client.rs"));
}

#[cfg(not(feature = "generate"))]
#[expect(clippy::all, clippy::pedantic, reason = "generated code is not written to be read")]
#[rustfmt::skip]
mod generated;
