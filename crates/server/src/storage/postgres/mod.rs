//! Storage in `PostgreSQL`, which any number of server processes share.

mod condition;
mod database;
mod open;

pub(crate) use condition::{Condition, Writes, condition};
pub(super) use database::Postgres;
pub(crate) use open::inspect;
pub(super) use open::place;
