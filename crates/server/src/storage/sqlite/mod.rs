//! Storage in `SQLite`, in a file or in memory.

mod backup;
mod backup_error;
mod connection;
mod database;
mod inspect;
mod migrations;
mod open;
mod place;
mod reader;
mod side_files;
mod writer;

pub(crate) use backup::{backup, restore};
pub(crate) use backup_error::BackupError;
pub(super) use database::Sqlite;
pub(crate) use inspect::{creatable, inspect, writable};
pub(crate) use side_files::present as side_files;
