//! Storage in `SQLite`, in a file or in memory.

#[cfg(feature = "program")]
mod backup;
mod connection;
mod database;
mod inspect;
mod migrations;
mod open;
mod path;
mod reader;
mod writer;

#[cfg(feature = "program")]
pub(crate) use backup::{BackupError, backup, creatable, restore, side_files};
pub(super) use database::Sqlite;
pub(crate) use inspect::{inspect, writable};
