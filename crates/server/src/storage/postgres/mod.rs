//! Storage in `PostgreSQL`, which any number of server processes share.

mod condition;
mod database;
mod failure;
mod open;
mod url;

pub(crate) use condition::{Condition, Writes, condition};
pub(crate) use failure::Failure;
pub(super) use failure::{obstacle, said};
pub(crate) use open::inspect;
pub(super) use open::{open, open_to_read, place};
pub(crate) use url::Options;
pub(super) use url::parse;
