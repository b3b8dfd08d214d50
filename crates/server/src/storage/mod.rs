//! What the server keeps.
//!
//! [`Storage`] has a method for whatever is read or written (`organizations.rs`, `registries.rs`,
//! `registry_tokens.rs`, `tokens.rs`). Each is some statements, which every database takes, and which
//! a [`backend::Backend`] carries out: `sqlite/` or `postgres/`. What every backend must do is
//! `contract.rs`, which runs on each.

mod backend;
#[cfg(test)]
mod contract;
mod counts;
mod database;
mod failure;
mod inspection;
mod opening;
mod organizations;
#[cfg_attr(not(feature = "postgres"), path = "../without/postgres.rs")]
pub(crate) mod postgres;
mod registries;
mod registry_tokens;
mod rows;
pub(crate) mod sqlite;
mod statement;
mod store;
#[cfg(test)]
#[path = "../../tests/postgres/mod.rs"]
mod test_postgres;
mod tokens;

pub(crate) use backend::PoolSize;
pub(crate) use counts::{CountedRequest, Counts, SharedCounts};
pub(crate) use database::DatabaseUrl;
pub(crate) use failure::{Obstacle, StorageError};
pub(crate) use inspection::{Inspection, Migrations};
pub(crate) use opening::{OpenError, WhenMissing};
pub(crate) use organizations::Belongings;
pub(crate) use store::{Page, Part, Storage};
