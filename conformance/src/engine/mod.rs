//! What sends, records and replays, and keeps secrets: it knows no registry.

pub mod deployment;
pub mod har;

pub(crate) mod compressed;
pub(crate) mod connections;
pub(crate) mod origin;
pub(crate) mod pace;
pub(crate) mod secrets;
pub(crate) mod transport;
